"""The recurrence for long chains, a block of sub-chains at a time.

The table is cut into square blocks: block (I, J) holds the sub-chains that begin in the I-th run of stages and end in the J-th.
Splits between the two runs are taken as soon as both blocks they join are known: ``C[i:k] + C[k+1:j] + split(i, k, j)`` is, for
one k, the product of two thin matrices, with the costs of the parts as two more columns.  Splits inside the two runs need
the block itself; they are taken in the order of the lengths, in all blocks of one block diagonal together.

A stage that is not built is a split like any other: pushing ``i:j-1`` through stage j costs ``C[i:j-1] + C[j:j]`` and what
``d[i-1] T[j]`` is more than ``C[j:j]``.

Costs are floats here, as exact as in ``lengths``.  What lies below the diagonal or is not known yet is infinite, so no split
has to be masked.  Stages and splits are counted from 0: split k makes ``i:j`` of ``i:k`` and ``k+1:j``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jacchain.chain.dynamic import leaf_costs
from jacchain.chain.instance import Instance
from jacchain.chain.lengths import Costs, Grid, exact_kind, passes_of
from jacchain.chain.prices import Prices

STEP = 8
"""Splits that are taken at a time, so that what they cost stays in the cache of the machine."""


class Panel(NamedTuple):
    """What the splits of one run cost: ``left[k, i] @ right[k, :, j]``, with k and j counted from the start of the run."""

    left: npt.NDArray[Any]
    right: npt.NDArray[Any]


class Passes(NamedTuple):
    """By run and stage: sizes, what a column through the stage or a row back through it costs, and what the stage costs built."""

    inputs: Costs
    outputs: Costs
    tangents: Costs
    adjoints: Costs
    leaves: Costs


def solve_blocked(instance: Instance, prices: Prices, *, worst: bool = False) -> Grid:
    """The same table as that of :func:`jacchain.chain.dynamic.solve`, for costs below 2^53."""
    blocks = _Blocks(instance, prices, worst=worst)
    for distance in range(blocks.runs):
        blocks.solve(distance)
        if distance:
            blocks.hand_on(distance)
    q = instance.length
    return Grid(instance, prices, blocks.costs[:q, :q])


class _Blocks:
    """The table in the making, padded with stages of size zero to whole runs; ``turned`` is its transpose.

    A block of ``costs`` that is not solved yet holds the best of the splits that have been handed on to it.
    """

    def __init__(self, instance: Instance, prices: Prices, *, worst: bool) -> None:
        q = instance.length
        self.size = -(-q // -(-q // 50)) if q < 160 else 24 if q < 700 else 40
        self.runs = -(-q // self.size)
        n = self.runs * self.size
        self.unknown = -np.inf if worst else np.inf
        self.better = np.maximum if worst else np.minimum
        self.kind = exact_kind(instance)
        self.costs: Costs = np.full((n + 1, n), self.unknown, self.kind)
        self.turned: Costs = np.full((n, n + 1), self.unknown, self.kind)
        leaves = np.zeros(n, self.kind)
        leaves[:q] = leaf_costs(instance, worst=worst)
        self.costs[range(n), range(n)] = self.turned[range(n), range(n)] = leaves
        self.panels = [_panel(prices, run * self.size, self.size, n) for run in range(self.runs)]
        self.passes: Passes | None = None
        if passes := passes_of(instance, self.unknown, self.kind):
            fillings = 1, 1, self.unknown, self.unknown
            padded = [np.append(numbers, np.full(n - q, filling)) for numbers, filling in zip(passes, fillings, strict=True)]
            self.passes = Passes(*(numbers.astype(self.kind).reshape(self.runs, self.size) for numbers in (*padded, leaves)))

    def solve(self, distance: int) -> None:
        """All blocks whose runs lie ``distance`` apart, sub-chain by sub-chain in the order of their lengths."""
        size, first = self.size, np.arange(self.runs - distance)
        last = first + distance
        blocks, behind, turned = (
            table.reshape(self.runs, size, self.runs, size)
            for table in (self.costs[:-1], self.turned[:, 1:], self.turned[:, :-1])
        )
        found = blocks[first, :, last]
        near = self._near(distance)
        if self.passes is not None:
            self._pass(self.passes, distance, near, found)
        left, right = np.full((2, first.size, size, near.shape[3]), self.unknown, self.kind)
        left[:, :, :size], right[:, :, :size] = blocks[first, :, first], behind[last, :, first]
        if distance:
            right[:, :, size:] = behind[last, :, last]
        flat = [table.reshape(first.size, -1) for table in (left, right, found)]
        near = near.reshape(first.size, -1, near.shape[3])
        for shift in range(1 if distance == 0 else 1 - size, size):
            self._solve_length(shift, near, (left, right), flat)
        solved = left[:, :, -size:]
        blocks[first, :, last], turned[last, :, first] = solved, solved.transpose(0, 2, 1)

    def _solve_length(self, shift: int, near: Costs, parts: tuple[Costs, Costs], flat: list[Costs]) -> None:
        """The sub-chains from stage a of the first run to stage a + shift of the last, for all a, in all blocks.

        ``flat`` are the two parts, and what has been found before, with a row for each block.
        """
        (left, right), (_, size, width) = parts, parts[0].shape
        a, c, length = max(0, -shift), max(0, shift), size - abs(shift)
        places = _stepping(a * size + c, size + 1, length)
        splits = near[:, places, a : width - a] + left[:, a : a + length, a : width - a]
        splits += right[:, c : c + length, a : width - a]
        best = self.better.reduce(splits, axis=2)
        if width > size:
            best = self.better(best, flat[2][:, places])
        flat[0][:, _stepping(a * width + width - size + c, width + 1, length)] = best
        skipped = int(a == 0)
        beginning = c * width + a - 1 + skipped * (width + 1)
        flat[1][:, _stepping(beginning, width + 1, length - skipped)] = best[:, skipped:]

    def _near(self, distance: int) -> Costs:
        """What the splits in the first or the last run of each block cost beyond their parts, the split in the last axis."""
        size, count = self.size, self.runs - distance
        width = 2 * size if distance else size
        near = np.empty((count, size, size, width), self.kind)
        for first in range(count):
            last = first + distance
            for half, run in enumerate((first, last) if distance else (first,)):
                left = self.panels[run].left[:, first * size : first * size + size].astype(self.kind)
                right = self.panels[run].right[:, :, (last - run) * size : (last - run + 1) * size].astype(self.kind)
                costs = near[first, :, :, half * size : half * size + size]
                if left.shape[2] == 1:
                    np.multiply(left[:, :, 0].T[:, None], right[:, 0].T, out=costs)
                else:
                    costs[...] = (left @ right).transpose(1, 2, 0)
        return near

    def _pass(self, passes: Passes, distance: int, near: Costs, found: Costs) -> None:
        """Enters where they are better what passes through the last and through the first stage cost: as splits beside them.

        In front of the last run the split belongs to another block, and the pass to what has been found.
        """
        (count, size, _, width), first, last = near.shape, slice(0, self.runs - distance), slice(distance, None)
        pushed = passes.inputs[first, :, None] * passes.tangents[last, None, :]
        pulled = passes.adjoints[first, :, None] * passes.outputs[last, None, :]
        places = np.einsum("bacc->bac", near[:, :, 1:, width - size : width - 1])
        self.better(places, pushed[:, :, 1:] - passes.leaves[last, None, 1:], out=places)
        places = np.einsum("baca->bac", near[:, :, :, :size])
        self.better(places, pulled - passes.leaves[first, :, None], out=places)
        if distance:
            runs = np.arange(count)
            before = self.costs[:-1].reshape(self.runs, size, self.runs, size)[runs, :, runs + distance - 1, -1]
            found[:, :, 0] = self.better(found[:, :, 0], before + pushed[:, :, 0])

    def hand_on(self, distance: int) -> None:
        """Takes all splits that join a block ``distance`` from the diagonal with one that is not further from it."""
        for run in range(1, self.runs - 1):
            if run >= distance:
                self._take(run, (run - distance, run - distance + 1), (run + 1, min(run + distance + 1, self.runs)))
            if distance > 1 and run + distance < self.runs:
                self._take(run, (max(run - distance + 1, 0), run), (run + distance, run + distance + 1))

    def _take(self, run: int, firsts: tuple[int, int], lasts: tuple[int, int]) -> None:
        """Takes the splits in a run for the sub-chains from some runs before it to some behind it."""
        size, panel = self.size, self.panels[run]
        start, inner = run * size, panel.left.shape[2]
        rows, columns = (slice(begin * size, end * size) for begin, end in (firsts, lasts))
        left = np.empty((size, rows.stop - rows.start, inner + 2), self.kind)
        left[:, :, :inner] = panel.left[:, rows]
        left[:, :, inner] = self.costs[rows, start : start + size].T
        left[:, :, inner + 1] = 1
        right = np.empty((size, inner + 2, columns.stop - columns.start), self.kind)
        right[:, :inner] = panel.right[:, :, columns.start - start : columns.stop - start]
        right[:, inner] = 1
        right[:, inner + 1] = self.costs[start + 1 : start + size + 1, columns]
        best = self.costs[rows, columns]
        for k in range(0, size, STEP):
            self.better(best, self.better.reduce(left[k : k + STEP] @ right[k : k + STEP], axis=0), out=best)


def _panel(prices: Prices, start: int, size: int, n: int) -> Panel:
    """The panel of the run that begins with stage ``start``, in the smallest type that holds it."""
    q = len(prices.dims) - 1
    parts = [prices.panel(k + 1) for k in range(start, min(start + size, q - 1))]
    inner = max((left.shape[1] for left, _ in parts), default=1)
    kinds = [np.result_type(*(part[side] for part in parts)) if parts else np.dtype(np.uint8) for side in (0, 1)]
    left = np.zeros((size, start + size, inner), kinds[0])
    right = np.zeros((size, inner, n - start), kinds[1])
    for k, (before, behind) in enumerate(parts):
        left[k, : start + k + 1, : before.shape[1]] = before
        right[k, : behind.shape[0], k + 1 : q - start] = behind
    return Panel(left, right)


def _stepping(start: int, step: int, length: int) -> slice:
    """``length`` places, ``step`` apart."""
    return slice(start, start + (length - 1) * step + 1, step)
