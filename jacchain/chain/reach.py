"""The reach of every component of every boundary of a chain: how many components of each later boundary it can influence.

One sweep through the chain carries the sets of what can be reached at the current boundary.  Many components share one set, so
each set is stored once and pushed through the next factor once; a chain that fills up keeps a handful of them.  Where all
factors are stairs, as diagonal, banded, triangular and full ones are, sets are unbroken runs, and only their ends are carried.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from jacchain.linear.pattern import Integers, Pattern, Stairs, entries_of_rows, multiplications

Counts = npt.NDArray[Any]
T = TypeVar("T")

NARROW = 64
"""Components of a boundary up to which a set of them is written out."""

SETS = 256
"""Sets written out beyond which equal ones are looked for."""

LARGEST_PUSH = 1 << 24
"""Pairs of entries that one step of the sweep may meet, half a second's work; and 32 times the sets it may carry."""


class TooLargeError(Exception):
    """The patterns of the sub-chains are too large to be worked with."""


def reach_counts(patterns: Sequence[Pattern]) -> tuple[Counts, Counts]:
    """What can be reached forwards and backwards, both of shape ``(q + 1, d₀ + … + d_q)``, zero where there is no sub-chain.

    Row j of the first counts what each component reaches at the boundary j, row i of the second from where at the boundary i it
    is reached.

    Raises:
        TooLargeError: the sets fill up beyond a limit.

    """
    if all(pattern.stairs for pattern in patterns):
        stairs = _each(patterns, _both_ways)
        forwards = _stair_sizes([ahead for ahead, _ in stairs])
        backwards = _stair_sizes([back for _, back in reversed(stairs)])
    elif max(max(pattern.shape) for pattern in patterns) <= NARROW:
        matrices = _each(patterns, lambda pattern: (pattern.boolean().astype(np.float32), pattern.is_full))
        forwards = _narrow_sizes(matrices)
        backwards = _narrow_sizes([(matrix.T[::-1, ::-1], full) for matrix, full in reversed(matrices)])
    else:
        forwards = _wide_sizes(patterns)
        backwards = _wide_sizes(_each(patterns, _turned)[::-1])
    return forwards, backwards[::-1, ::-1]


def _each(patterns: Sequence[Pattern], change: Callable[[Pattern], T]) -> list[T]:
    """Something of every pattern, made once of equal ones."""
    changed = {key: change(pattern) for key, pattern in {pattern.key: pattern for pattern in patterns}.items()}
    return [changed[pattern.key] for pattern in patterns]


def _no_sizes(shapes: Sequence[tuple[int, int]]) -> Counts:
    """Zeros for the sizes of all sets, in the smallest type that holds them."""
    dims = (shapes[0][0], *(n for _, n in shapes))
    return np.zeros((len(dims), sum(dims)), np.min_scalar_type(max(dims)))


def _stair_sizes(stairs: Sequence[Stairs]) -> Counts:
    """The sizes of all sets by boundary and component, for stairs: of the run from a component's first to its last.

    Components before a full factor, the ``alike`` first ones, have one run from there on.
    """
    sizes = _no_sizes([(first.size, int(last[-1]) + 1) for first, last in stairs])
    lowest, highest = np.zeros((2, sizes.shape[1]), np.int64)
    alike = low = high = count = 0
    for j, (first, last) in enumerate(stairs, 1):
        low, high = first[low], last[high]
        lowest[alike:count], highest[alike:count] = first[lowest[alike:count]], last[highest[alike:count]]
        old, count = count, count + first.size
        lowest[old:count], highest[old:count] = first, last
        if first[-1] == 0 and last[0] == last[-1]:
            alike, low, high = count, 0, last[-1]
        sizes[j, :alike] = high - low + 1
        sizes[j, alike:count] = highest[alike:count] - lowest[alike:count] + 1
    return sizes


def _both_ways(pattern: Pattern) -> tuple[Stairs, Stairs]:
    """The stairs of a pattern, and those of its transpose with rows and columns counted from the other end."""
    assert pattern.stairs is not None
    first, last = pattern.stairs
    columns = np.arange(last[-1], -1, -1)
    turned = first.size - np.searchsorted(first, columns, side="right"), first.size - 1 - np.searchsorted(last, columns)
    return pattern.stairs, turned


@np.errstate(invalid="ignore")  # BLAS may raise the flag over padding that it reads and does not use
def _narrow_sizes(matrices: Sequence[tuple[npt.NDArray[np.float32], bool]]) -> Counts:
    """The same for narrow factors, of zeros and ones, and whether they are full: a set is a row of zeros and ones.

    Equal sets are let be while they are few.
    """
    sizes = _no_sizes([matrix.shape for matrix, _ in matrices])
    reached = np.zeros((0, len(matrices[0][0])), np.float32)
    member, numbers = np.zeros(sizes.shape[1], np.int64), np.arange(sizes.shape[1])
    all_or_none = np.repeat(np.array([[1], [0]], np.float32), NARROW, axis=1)
    count = 0
    for j, (matrix, full) in enumerate(matrices, 1):
        (d, n), old, kept = matrix.shape, count, len(reached)
        count += d
        if full:
            member[:old] = sizes[j - 1, :old] == 0
            member[old:count] = 0
            reached = all_or_none[:, :n]
        else:
            member[old:count] = numbers[kept : kept + d]
            reached = np.concatenate([np.minimum(reached @ matrix, 1), matrix])
        if len(reached) > SETS:
            packed = np.packbits(reached.astype(bool), axis=1)
            kinds = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
            _, first, number = np.unique(kinds, return_index=True, return_inverse=True)
            reached, member[:count] = reached[first], number[member[:count]]
        sizes[j, :count] = np.add.reduce(reached, axis=1).astype(sizes.dtype)[member[:count]]
    return sizes


def _wide_sizes(patterns: Sequence[Pattern]) -> Counts:
    """The same for factors of any width and pattern."""
    sizes = _no_sizes([pattern.shape for pattern in patterns])
    member = np.zeros(0, np.int64)
    reached = Pattern.zero(0, patterns[0].shape[0])
    for j, pattern in enumerate(patterns, 1):
        reached, member = _through(reached, member, pattern)
        sizes[j, : member.size] = reached.row_counts[member]
    return sizes


def _through(reached: Pattern, member: Integers, pattern: Pattern) -> tuple[Pattern, Integers]:
    """The sets reached behind one more factor, each once, and for every component so far the number of its set."""
    d, n = pattern.shape
    if pattern.is_full:
        nothing = (reached.row_counts == 0).astype(np.int64)
        everything = Pattern.from_keys((1 + int(nothing.any()), n), np.arange(n))
        return everything, np.concatenate([nothing[member], np.zeros(d, np.int64)])
    count = reached.shape[0]
    if max(multiplications(reached, pattern), 32 * (count + d)) > LARGEST_PUSH:
        raise TooLargeError
    pushed = reached @ pattern
    sets = Pattern.from_keys((count + d, n), np.concatenate([pushed.keys, pattern.keys + count * n]))
    kept, number = np.unique(_first_equal(sets), return_inverse=True)
    return sets.take(kept), np.concatenate([number[:count][member], number[count:]])


def _first_equal(sets: Pattern) -> Integers:
    """For every row the number of a row, the same one for all that are equal to it.

    Rows are compared by sums of scrambled column numbers, and then entry by entry; should two different rows have one sum,
    the numbers are scrambled in another way.
    """
    starts, counts = sets.starts, sets.row_counts
    for salt in itertools.count(1):
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_scrambled(sets.columns, salt))])
        _, first, inverse = np.unique(sums[starts[1:]] - sums[starts[:-1]], return_index=True, return_inverse=True)
        like = first[inverse]
        if np.array_equal(counts[like], counts) and np.array_equal(sets.columns[entries_of_rows(sets, like)], sets.columns):
            return like
    raise AssertionError


def _scrambled(numbers: Integers, salt: int) -> npt.NDArray[np.uint64]:
    """Pseudo-random 64-bit numbers, the same for the same number (the finaliser of splitmix64)."""
    mixed = (numbers.astype(np.uint64) + np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _turned(pattern: Pattern) -> Pattern:
    """The transpose with rows and columns counted from the other end: what the chain read backwards sees."""
    m, n = pattern.shape
    if pattern.is_full:
        return Pattern.full(n, m)
    return Pattern.of((n, m), n - 1 - pattern.columns, m - 1 - pattern.rows)
