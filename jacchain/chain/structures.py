"""Prices from zero patterns: exact multiplication counts for diagonal, banded, triangular, selecting, sparse … factors.

The pattern of a sub-chain does not depend on how it is bracketed, so it is enough to know, for every sub-chain, how many
entries each of its rows and columns has: ``split(i, k, j) = Σ_t columns of i:k [t] · rows of k+1:j [t]`` over the inner index.

No pattern of a sub-chain is formed for that.  One sweep through the chain carries the *reach* of every component of every
boundary, the set of components of the current boundary it can influence.  Many share one set, so each set is stored once
and pushed through the next factor once; a chain that fills up keeps a handful of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.chain.mixing import Mixing, find_mixing
from jacchain.chain.prices import Join
from jacchain.linear.pattern import Integers, Pattern, counted_structure, entries_of_rows, multiplications

Counts = npt.NDArray[Any]
Span = tuple[int, int]

FEW = 16
"""Components of a boundary that are counted one by one rather than looked through for those that are alike."""

NARROW = 64
"""Components of a boundary up to which a set of them is written out."""

SETS = 256
"""Sets written out beyond which equal ones are looked for."""

LARGEST_PUSH = 1 << 24
"""Pairs of entries that one step of the sweep may meet, half a second's work; and 32 times the sets it may carry."""


class TooLargeError(Exception):
    """The patterns of the sub-chains are too large to be worked with."""


class Structures:
    """Prices of structured matrices.  Making one raises TooLargeError where the patterns fill up beyond a limit.

    ``rows[j, o[b] + t]`` counts the entries in row ``t`` of the sub-chain ``b+1:j`` and ``columns[i - 1, o[b] + t]`` those
    in column ``t`` of ``i:b``, where ``o`` are the offsets of the boundaries ``0 … q``.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.patterns = tuple(patterns)
        self.dims = (patterns[0].shape[0], *(pattern.shape[1] for pattern in patterns))
        self.offsets = np.concatenate([[0], np.cumsum(self.dims)])
        if max(self.dims) <= NARROW:
            written = {pattern.key: (pattern.boolean().astype(np.float32), pattern.is_full) for pattern in self.patterns}
            matrices = [written[pattern.key] for pattern in self.patterns]
            backwards = [(matrix.T[::-1, ::-1], full) for matrix, full in reversed(matrices)]
            self.rows, self.columns = _narrow_reach_sizes(matrices), _narrow_reach_sizes(backwards)[::-1, ::-1]
        else:
            turned = {pattern.key: _turned(pattern) for pattern in self.patterns}
            self.rows = _reach_sizes(self.patterns)
            self.columns = _reach_sizes([turned[pattern.key] for pattern in reversed(self.patterns)])[::-1, ::-1]

    def split(self, i: int, k: int, j: int) -> int:
        """The cost of multiplying ``i:k`` by ``k+1:j``."""
        inner = slice(self.offsets[k], self.offsets[k + 1])
        return int(self.columns[i - 1, inner].astype(np.int64) @ self.rows[j, inner].astype(np.int64))

    def splits(self, i: int, j: int) -> list[int]:
        """The costs of multiplying ``i:k`` by ``k+1:j``, for ``k = i, …, j-1``."""
        return self.split_array(i, j).tolist()  # type: ignore[no-any-return]

    def split_array(self, i: int, j: int) -> Counts:
        """The same as an array."""
        inner = slice(self.offsets[i], self.offsets[j])
        products = self.columns[i - 1, inner].astype(np.int64) * self.rows[j, inner]
        return np.asarray(np.add.reduceat(products, self.offsets[i:j] - self.offsets[i]))

    def panel(self, k: int) -> tuple[Counts, Counts]:
        """The two arrays whose product holds ``split(i, k, j)``; components that are alike count together."""
        inner = slice(self.offsets[k], self.offsets[k + 1])
        before, behind = self.columns[:k, inner], self.rows[k + 1 :, inner]
        if self.dims[k] <= FEW:
            return before, behind.T
        histories = np.ascontiguousarray(np.concatenate([before, behind]).T)
        keys = histories.view(np.dtype((np.void, histories.shape[1] * histories.itemsize)))
        _, kept, times = np.unique(keys, return_index=True, return_counts=True)
        return before[:, kept], (behind[:, kept].astype(np.int64) * times).T

    def mixing(self) -> Mixing | None:
        """What splits cost by the parts they join; None where the chain does not mix within a few factors."""
        return find_mixing(self.rows, self.columns, self.dims) if self.entries(1, len(self.patterns)) else None

    def entries(self, i: int, j: int) -> int:
        """How many entries the matrix of ``i:j`` stores: those that can be nonzero."""
        return int(self.rows[j, self.offsets[i - 1] : self.offsets[i]].sum(dtype=np.int64))

    def costs(self, joins: Sequence[Join]) -> list[int]:
        """The costs of the products ``i:j`` of ``(i, k, j)``."""
        if not joins:
            return []
        first, split, last = np.array(joins).T
        columns, starts = self._counts(self.columns, first - 1, split)
        rows, _ = self._counts(self.rows, last, split)
        return np.add.reduceat(columns.astype(np.int64) * rows, starts).tolist()  # type: ignore[no-any-return]

    def matrices(self, joins: Sequence[Join]) -> list[tuple[str, int]]:
        """The structures and the entries of the products ``i:j`` of ``(i, k, j)``, operands before what is made of them."""
        if not joins:
            return []
        first, _, last = np.array(joins).T
        rows, starts = self._counts(self.rows, last, first - 1)
        entries = np.add.reduceat(rows, starts, dtype=np.int64).tolist()
        narrow = (np.maximum.reduceat(rows, starts) <= 1).tolist()
        shapes = [(self.dims[i - 1], self.dims[j]) for i, _, j in joins]
        square = {(i, j) for (i, _, j), (m, n), count in zip(joins, shapes, entries, strict=True) if m == n and 0 < count < m * n}
        names = {span: pattern.structure for span, pattern in self._products(joins, square).items()}
        return [
            (names.get((i, j)) or counted_structure(shape, count, one_per_row=one), count)
            for (i, _, j), shape, count, one in zip(joins, shapes, entries, narrow, strict=True)
        ]

    def _counts(self, table: Counts, places: Integers, boundaries: Integers) -> tuple[Counts, Integers]:
        """The counts of all components of some boundaries, each at its place of a table, and where those of each begin."""
        sizes = self.offsets[boundaries + 1] - self.offsets[boundaries]
        starts = np.cumsum(sizes) - sizes
        component = np.arange(sizes.sum()) + np.repeat(self.offsets[boundaries] - starts, sizes)
        return table[np.repeat(places, sizes), component], starts

    def _products(self, joins: Sequence[Join], wanted: set[Span]) -> dict[Span, Pattern]:
        """The patterns of the wanted products: from the counts where they tell it, else from those of the operands."""
        patterns = {(i, i): pattern for i, pattern in enumerate(self.patterns, 1)}
        needed = set(wanted)
        for i, k, j in reversed(joins):
            if (i, j) in needed:
                if pattern := self._outer_product(i, j):
                    patterns[i, j] = pattern
                else:
                    needed |= {(i, k), (k + 1, j)}
        for i, k, j in joins:
            if (i, j) in needed and (i, j) not in patterns:
                patterns[i, j] = patterns[i, k] @ patterns[k + 1, j]
        return {span: patterns[span] for span in wanted}

    def _outer_product(self, i: int, j: int) -> Pattern | None:
        """The pattern of ``i:j`` when it is full but for its empty rows and columns, which the counts tell."""
        rows = self.rows[j, self.offsets[i - 1] : self.offsets[i]] > 0
        columns = self.columns[i - 1, self.offsets[j] : self.offsets[j + 1]] > 0
        full = np.count_nonzero(rows) * np.count_nonzero(columns) == self.entries(i, j)
        return Pattern.from_boolean(np.outer(rows, columns)) if full else None


def bytes_needed(dims: tuple[int, ...]) -> int:
    """The memory that the counts of a chain of these dims take, at the most."""
    size = np.dtype(np.min_scalar_type(max(dims))).itemsize
    return size * sum((2 * i + 1) * d for i, d in enumerate(dims)) * 2


def _reach_sizes(patterns: Sequence[Pattern]) -> Counts:
    """The array ``rows`` of :class:`Structures`, of shape ``(q + 1, d₀ + … + d_q)``."""
    sizes = _no_sizes([pattern.shape for pattern in patterns])
    member = np.zeros(0, np.int64)
    reached = Pattern.zero(0, patterns[0].shape[0])
    for j, pattern in enumerate(patterns, 1):
        reached, member = _through(reached, member, pattern)
        sizes[j, : member.size] = reached.row_counts[member]
    return sizes


def _no_sizes(shapes: Sequence[tuple[int, int]]) -> Counts:
    """Zeros for the sizes of all sets, in the smallest type that holds them."""
    dims = (shapes[0][0], *(n for _, n in shapes))
    return np.zeros((len(dims), sum(dims)), np.min_scalar_type(max(dims)))


@np.errstate(invalid="ignore")  # BLAS may raise the flag over padding that it reads and does not use
def _narrow_reach_sizes(matrices: Sequence[tuple[npt.NDArray[np.float32], bool]]) -> Counts:
    """The same for narrow factors, of zeros and ones, and whether they are full: here a set is a row of zeros and ones.

    Equal sets are let be while they are few.
    """
    sizes = _no_sizes([matrix.shape for matrix, _ in matrices])
    reached = np.zeros((0, len(matrices[0][0])), np.float32)
    member, numbers = np.zeros(sizes.shape[1], np.int64), np.arange(sizes.shape[1])
    count = 0
    for j, (matrix, full) in enumerate(matrices, 1):
        (d, n), old, kept = matrix.shape, count, len(reached)
        count += d
        if full:
            member[:old] = sizes[j - 1, :old] == 0
            member[old:count] = 0
            reached = np.array([[1], [0]], np.float32).repeat(n, axis=1)
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
