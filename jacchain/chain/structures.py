"""Prices from zero patterns: exact multiplication counts for diagonal, banded, triangular, selecting, sparse … factors.

The pattern of a sub-chain does not depend on how it is bracketed, so it is enough to know, for every sub-chain, how many
entries each of its rows and columns has: ``split(i, k, j) = Σ_t columns of i:k [t] · rows of k+1:j [t]`` over the inner index.

No pattern of a sub-chain is formed for that.  One sweep through the chain carries the *reach* of every component of every
boundary, the set of components of the current boundary it can influence.  Many share one set, so each set is stored once
and pushed through the next factor once; a chain that fills up keeps a handful of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.chain.prices import Join
from jacchain.linear.pattern import Pattern

Counts = npt.NDArray[Any]


class Structures:
    """Prices of structured matrices.

    ``rows[j, o[b] + t]`` counts the entries in row ``t`` of the sub-chain ``b+1:j`` and ``columns[i - 1, o[b] + t]`` those
    in column ``t`` of ``i:b``, where ``o`` are the offsets of the boundaries ``0 … q``.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.patterns = tuple(patterns)
        self.dims = (patterns[0].shape[0], *(pattern.shape[1] for pattern in patterns))
        self.offsets = np.concatenate([[0], np.cumsum(self.dims)])
        self.rows = _reach_sizes(self.patterns)
        turned = {pattern.key: _turned(pattern) for pattern in self.patterns}
        self.columns = _reach_sizes([turned[pattern.key] for pattern in reversed(self.patterns)])[::-1, ::-1]

    def split(self, i: int, k: int, j: int) -> int:
        """The cost of multiplying ``i:k`` by ``k+1:j``."""
        inner = slice(self.offsets[k], self.offsets[k + 1])
        return int(self.columns[i - 1, inner].astype(np.int64) @ self.rows[j, inner].astype(np.int64))

    def splits(self, i: int, j: int) -> list[int]:
        """The costs of multiplying ``i:k`` by ``k+1:j``, for ``k = i, …, j-1``."""
        inner = slice(self.offsets[i], self.offsets[j])
        products = self.columns[i - 1, inner].astype(np.int64) * self.rows[j, inner]
        return np.add.reduceat(products, self.offsets[i:j] - self.offsets[i]).tolist()  # type: ignore[no-any-return]

    def panel(self, k: int) -> tuple[Counts, Counts]:
        """The two arrays whose product holds ``split(i, k, j)``; components that are alike count together."""
        inner = slice(self.offsets[k], self.offsets[k + 1])
        before, behind = self.columns[:k, inner], self.rows[k + 1 :, inner]
        histories = np.ascontiguousarray(np.concatenate([before, behind]).T)
        keys = histories.view(np.dtype((np.void, histories.shape[1] * histories.itemsize)))
        _, kept, times = np.unique(keys, return_index=True, return_counts=True)
        return before[:, kept], (behind[:, kept].astype(np.int64) * times).T

    def entries(self, i: int, j: int) -> int:
        """How many entries the matrix of ``i:j`` stores: those that can be nonzero."""
        return int(self.rows[j, self.offsets[i - 1] : self.offsets[i]].sum(dtype=np.int64))

    def structures(self, joins: Sequence[Join]) -> list[str]:
        """The names of the structures of the products ``i:j`` of ``(i, k, j)``, operands before what is made of them."""
        patterns = {(i, i): pattern for i, pattern in enumerate(self.patterns, 1)}
        names = []
        for i, k, j in joins:
            patterns[i, j] = patterns.pop((i, k)) @ patterns.pop((k + 1, j))
            names.append(patterns[i, j].structure)
        return names


def bytes_needed(dims: tuple[int, ...]) -> int:
    """The memory that the counts of a chain of these dims take, at the most."""
    size = np.dtype(np.min_scalar_type(max(dims))).itemsize
    return size * sum((2 * i + 1) * d for i, d in enumerate(dims)) * 2


def _reach_sizes(patterns: Sequence[Pattern]) -> Counts:
    """The array ``rows`` of :class:`Structures`, of shape ``(q + 1, d₀ + … + d_q)``."""
    dims = (patterns[0].shape[0], *(pattern.shape[1] for pattern in patterns))
    offsets = np.concatenate([[0], np.cumsum(dims)])
    sizes = np.zeros((len(dims), int(offsets[-1])), np.min_scalar_type(max(dims)))
    member = np.zeros(0, np.int64)
    reached = Pattern.zero(0, dims[0])
    for j, pattern in enumerate(patterns, 1):
        reached, member = _through(reached, member, pattern)
        sizes[j, : offsets[j]] = reached.row_counts[member]
    return sizes


def _through(reached: Pattern, member: Counts, pattern: Pattern) -> tuple[Pattern, Counts]:
    """The sets reached behind one more factor, each once, and for every component so far the number of its set."""
    known: dict[bytes, int] = {}
    pushed, added = reached @ pattern, pattern
    renumbered = _numbers(pushed, known)
    new = _numbers(added, known)
    sets = [np.frombuffer(content, np.int64) for content in known]
    columns = np.concatenate(sets)
    rows = np.repeat(np.arange(len(sets)), [content.size for content in sets])
    table = Pattern.from_keys((len(sets), pattern.shape[1]), rows * pattern.shape[1] + columns)
    return table, np.concatenate([renumbered[member], new])


def _numbers(pattern: Pattern, known: dict[bytes, int]) -> Counts:
    """For every row of the pattern, the number of its set of columns in ``known``, which grows by those that are new."""
    if pattern.is_full:
        everything = np.arange(pattern.shape[1]).tobytes()
        return np.full(pattern.shape[0], known.setdefault(everything, len(known)))
    content, starts = pattern.columns.tobytes(), (8 * pattern.starts).tolist()
    rows = (content[start:end] for start, end in pairwise(starts))
    return np.fromiter((known.setdefault(row, len(known)) for row in rows), np.int64, pattern.shape[0])


def _turned(pattern: Pattern) -> Pattern:
    """The transpose with rows and columns counted from the other end: what the chain read backwards sees."""
    m, n = pattern.shape
    if pattern.is_full:
        return Pattern.full(n, m)
    return Pattern.of((n, m), n - 1 - pattern.columns, m - 1 - pattern.rows)
