"""Prices from zero patterns: exact multiplication counts for diagonal, banded, triangular, selecting, sparse … factors.

The pattern of a sub-chain does not depend on how it is bracketed, so it is enough to know, for every sub-chain, how many
entries each of its rows and columns has: ``split(i, k, j) = Σ_t columns of i:k [t] · rows of k+1:j [t]`` over the inner index.

No pattern of a sub-chain is formed for that: ``reach`` counts what every component of every boundary can influence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.chain.mixing import Mixing, find_mixing
from jacchain.chain.prices import Chain, Join
from jacchain.chain.reach import reach_counts
from jacchain.linear.pattern import Integers, Pattern, counted_structure

Counts = npt.NDArray[Any]

FEW = 16
"""Components of a boundary that are counted one by one rather than looked through for those that are alike."""


class Structures:
    """Prices of structured matrices.  Making one raises TooLargeError where the patterns fill up beyond a limit.

    ``rows[j, o[b] + t]`` counts the entries in row ``t`` of the sub-chain ``b+1:j`` and ``columns[i - 1, o[b] + t]`` those
    in column ``t`` of ``i:b``, where ``o`` are the offsets of the boundaries ``0 … q``.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._known: dict[object, Pattern] = {}
        self.patterns = tuple(self._known.setdefault(pattern.key, pattern) for pattern in patterns)
        self.dims = (patterns[0].shape[0], *(pattern.shape[1] for pattern in patterns))
        self.offsets = np.concatenate([[0], np.cumsum(self.dims)])
        self.rows, self.columns = reach_counts(self.patterns)

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

    def all_entries(self) -> Counts:
        """The same for all ``i:j``, by i - 1 and j - 1; zero where there is no sub-chain."""
        return np.add.reduceat(self.rows[1:], self.offsets[:-1], axis=1, dtype=np.int64)[:, :-1].T

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

    def _products(self, joins: Sequence[Join], wanted: set[Chain]) -> dict[Chain, Pattern]:
        """The patterns of the wanted products: from the counts where they tell it, else from those of the operands."""
        patterns = {(i, i): pattern for i, pattern in enumerate(self.patterns, 1)}
        needed = set(wanted)
        for i, k, j in reversed(joins):
            if (i, j) in needed:
                if pattern := self._outer_product(i, j):
                    patterns[i, j] = pattern
                else:
                    needed |= {(i, k), (k + 1, j)}
        made: dict[tuple[Pattern, Pattern], Pattern] = {}
        for i, k, j in joins:
            if (i, j) in needed and (i, j) not in patterns:
                pair = patterns[i, k], patterns[k + 1, j]
                if pair not in made:
                    product = pair[0] @ pair[1]
                    made[pair] = self._known.setdefault(product.key, product)
                patterns[i, j] = made[pair]
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
