"""The recurrence for long chains, a block of sub-chains at a time.

The table is cut into square blocks: block (I, J) holds the sub-chains that begin in the I-th run of B stages and end in the J-th.
Splits between the two runs are taken for all sub-chains of a block at once: for one k, ``C[i:k] + C[k+1:j] + split(i, k, j)`` is
the product of two thin matrices, with the costs of the parts as two more columns.  Splits inside the two runs need the
block itself; they are taken in the order of the lengths, in all blocks of one block diagonal together.

Costs are floats here, exact below 2^53.  What lies below the diagonal or is not known yet is infinite, so no split has to
be masked.  Stages and splits are counted from 0: split k makes ``i:j`` of ``i:k`` and ``k+1:j``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jacchain.chain.dynamic import Table, leaf_choices
from jacchain.chain.instance import Instance
from jacchain.chain.prices import Prices

Costs = npt.NDArray[np.float64]


class Panel(NamedTuple):
    """What the splits of one run cost: ``left[k, i] @ right[k, :, j]``, with k and j counted from the start of the run."""

    left: npt.NDArray[Any]
    right: npt.NDArray[Any]


def solve_blocked(instance: Instance, prices: Prices, *, worst: bool = False) -> Table:
    """The same table as that of :func:`jacchain.chain.dynamic.solve`, for costs below 2^53."""
    blocks = _Blocks(instance, prices, worst=worst)
    for distance in range(blocks.runs):
        blocks.solve_diagonal(distance)
    q = instance.length
    table = np.zeros((q + 2, q + 2), np.int64)
    table[1 : q + 1, 1 : q + 1] = np.triu(np.where(np.isfinite(blocks.costs), blocks.costs, 0)[:q, :q])
    return Table(instance, prices, table.tolist(), table.T.tolist())


class _Blocks:
    """The table in the making, padded with stages of size zero to whole runs; ``turned`` is its transpose."""

    def __init__(self, instance: Instance, prices: Prices, *, worst: bool) -> None:
        q = instance.length
        self.size = 16 if q < 160 else 24 if q < 700 else 40
        self.runs = -(-q // self.size)
        n = self.runs * self.size
        self.unknown = -np.inf if worst else np.inf
        self.better = np.maximum if worst else np.minimum
        self.costs: Costs = np.full((n + 1, n), self.unknown)
        self.turned: Costs = np.full((n, n + 1), self.unknown)
        leaves = np.zeros(n)
        leaves[:q] = [(max if worst else min)(leaf_choices(instance, i)).cost for i in range(1, q + 1)]
        self.costs[range(n), range(n)] = self.turned[range(n), range(n)] = leaves
        self.panels = [_panel(prices, run * self.size, self.size, n) for run in range(self.runs)]
        self.passes: tuple[Costs, Costs, Costs, Costs] | None = None
        if instance.costs is not None:
            self.passes = (
                self._padded(instance.dims[:-1], 1),
                self._padded(instance.dims[1:], 1),
                self._padded([cost.tangent for cost in instance.costs], self.unknown),
                self._padded([cost.adjoint for cost in instance.costs], self.unknown),
            )

    def _padded(self, numbers: Sequence[int | None], absent: float) -> Costs:
        padded = np.full(self.costs.shape[1], float(absent))
        padded[: len(numbers)] = [absent if number is None else number for number in numbers]
        return padded

    def solve_diagonal(self, distance: int) -> None:
        """All blocks whose runs lie ``distance`` apart."""
        size, count = self.size, self.runs - distance
        middle = np.full((count, size, size), self.unknown)
        near = [np.empty((count, size, size, size)) for _ in range(2 if distance else 1)]
        for run in range(count):
            last = run + distance
            for between in range(run + 1, last):
                self.better(middle[run], self._between(run, between, last), out=middle[run])
            for beyond, close in zip(near, (run, last), strict=False):
                beyond[run] = self._near(run, close, last)
        for shift in range(1 if distance == 0 else 1 - size, size):
            self._solve_length(distance, shift, middle, near)

    def _between(self, first: int, run: int, last: int) -> Costs:
        """The best of the splits in a run between the first and the last."""
        size, panel = self.size, self.panels[run]
        rows, splits = (slice(at * size, at * size + size) for at in (first, run))
        inner = panel.left.shape[2]
        left = np.empty((size, size, inner + 2))
        left[:, :, :inner] = panel.left[:, rows]
        left[:, :, inner] = self.costs[rows, splits].T
        left[:, :, inner + 1] = 1
        right = np.empty((size, inner + 2, size))
        right[:, :inner] = panel.right[:, :, (last - run) * size : (last - run + 1) * size]
        right[:, inner] = 1
        right[:, inner + 1] = self.costs[run * size + 1 : run * size + size + 1, last * size : last * size + size]
        return np.asarray(self.better.reduce(left @ right, axis=0))

    def _near(self, first: int, run: int, last: int) -> Costs:
        """What the splits in one of the two runs cost beyond their parts, the split in the last axis."""
        size, panel = self.size, self.panels[run]
        left = panel.left[:, first * size : first * size + size].astype(float)
        right = panel.right[:, :, (last - run) * size : (last - run + 1) * size].astype(float)
        return np.asarray((left @ right).transpose(1, 2, 0))

    def _solve_length(self, distance: int, shift: int, middle: Costs, near: list[Costs]) -> None:
        """The sub-chains from stage a of the first run to stage a + shift of the last, for all a, in all blocks."""
        size = self.size
        start, end = max(0, -shift), distance * size + max(0, shift)
        shape = self.runs - distance, size - abs(shift)
        inside = start, max(0, shift)
        best = _along(middle, shape, inside)
        for half, beyond in enumerate(near):
            splits = _along(beyond, shape, inside) + _rows(self.costs, shape, (start, half * distance * size), size)
            splits += _rows(self.turned, shape, (end, half * distance * size + 1), size)
            best = self.better(best, self.better.reduce(splits, axis=2))
        if self.passes is not None:
            inputs, outputs, tangents, adjoints = self.passes
            pushed = _run(inputs, shape, start, size) * _run(tangents, shape, end, size)
            pulled = _run(outputs, shape, end, size) * _run(adjoints, shape, start, size)
            best = self.better(best, _diagonal(self.costs, shape, (start, end - 1), size) + pushed)
            best = self.better(best, _diagonal(self.costs, shape, (start + 1, end), size) + pulled)
        _diagonal(self.costs, shape, (start, end), size)[...] = best
        _diagonal(self.turned, shape, (end, start), size)[...] = best


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


# The views below look at the same place of every block of one block diagonal: ``shape`` is (blocks, places).


def _diagonal(table: Costs, shape: tuple[int, int], corner: tuple[int, int], size: int) -> Costs:
    """Entries ``corner + (a, a)`` of a table, block after block ``size`` further down and right."""
    width = table.shape[1]
    return np.ndarray(shape, float, table, 8 * (corner[0] * width + corner[1]), (8 * size * (width + 1), 8 * (width + 1)))


def _rows(table: Costs, shape: tuple[int, int], corner: tuple[int, int], size: int) -> Costs:
    """Entries ``corner + (a, k)`` of a table, for the k of a run."""
    width = table.shape[1]
    strides = (8 * size * (width + 1), 8 * width, 8)
    return np.ndarray((*shape, size), float, table, 8 * (corner[0] * width + corner[1]), strides)


def _along(blocks: Costs, shape: tuple[int, int], corner: tuple[int, int]) -> Costs:
    """Entries ``corner + (a, a)`` of an array of blocks."""
    block, row, column = blocks.strides[:3]
    tail = blocks.shape[3:]
    strides = (block, row + column, *blocks.strides[3:])
    return np.ndarray((*shape, *tail), float, blocks, corner[0] * row + corner[1] * column, strides)


def _run(numbers: Costs, shape: tuple[int, int], start: int, size: int) -> Costs:
    """Entries ``start + a`` of a list of numbers, run after run."""
    return np.ndarray(shape, float, numbers, 8 * start, (8 * size, 8))
