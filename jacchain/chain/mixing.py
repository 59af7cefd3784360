"""Chains that mix: from a few factors on, a product is full but for its empty rows and columns.

Let all products of F factors be such, ``rᵢ cⱼᵀ`` of two vectors of zeros and ones, and the whole chain not zero.  Then all longer
ones are, too: ``S(i:j) = rᵢ cⱼᵀ``, with r of the first F factors and c of the last, since another factor on the right leaves r
as it is, and another on the left leaves c.  What a split costs falls apart into numbers of its two ends and of the boundary
between them, and only parts of fewer than F factors are looked at singly.  Dense factors mix at once, F = 1.

Stages are counted from 0 here.
"""

from __future__ import annotations

from functools import cached_property
from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.frozen import Frozen

Numbers = npt.NDArray[Any]

LARGEST_NEAR = 1 << 21
"""Pairs of short parts, by components between them, that may be counted: bounds the factors within which a chain has to mix."""


class Mixing(Frozen):
    """What the splits of a chain of q factors cost; a part is long from F factors on.

    rows[i], columns[j]   the ones of ``rᵢ`` and of ``cⱼ``
    inner[k]              those that ``c[k]`` and ``r[k+1]`` have in common
    before[t, i]          the cost of multiplying the short part ``i:i+t`` by a long one, for each nonempty column of that
    behind[s, j]          the cost of multiplying a long part by the short one ``j-s:j``, for each nonempty row of that
    near[t, s, i]         the cost of multiplying the short parts of t + 1 factors from i on and of the s + 1 behind them
    """

    rows: Numbers
    columns: Numbers
    inner: Numbers
    before: Numbers
    behind: Numbers
    near: Numbers

    def astype(self, kind: npt.DTypeLike) -> Mixing:
        """The same numbers in another type."""
        numbers = self.rows, self.columns, self.inner, self.before, self.behind, self.near
        return Mixing(*(array.astype(kind) for array in numbers))

    def splits(self, apart: int) -> Numbers:
        """The costs of the splits of all ``i:i+apart`` behind the stages ``i+t``, of shape ``(apart, q - apart)``: by t and i."""
        short = len(self.before)
        rows, columns = self.rows[:-apart], self.columns[apart:]
        long_behind, long_before = max(0, apart - short), min(short, apart)
        first, last = sorted((long_behind, long_before))
        costs = np.empty((apart, rows.size), rows.dtype)
        if long_before <= long_behind:
            np.multiply(self.boundaries[first:last, : rows.size], rows * columns, out=costs[first:last])
        else:
            t = np.arange(first, last)
            costs[first:last] = self.near[t, apart - 1 - t, : rows.size]
        if short:
            np.multiply(self.before[:first, : rows.size], columns, out=costs[:first])
            np.multiply(self.behind[: apart - last, apart:][::-1], rows, out=costs[last:])
        return costs

    @cached_property
    def boundaries(self) -> Numbers:
        """``inner[i + t]`` by t and i, without copying it."""
        q = self.rows.size
        return np.lib.stride_tricks.sliding_window_view(np.pad(self.inner, (0, q)), q)


def find_mixing(rows: Numbers, columns: Numbers, dims: tuple[int, ...]) -> Mixing | None:
    """The mixing of a chain that is not zero as a whole; None when it does not mix within a few factors.

    ``rows`` and ``columns`` are the counts of :class:`jacchain.chain.structures.Structures`, zero where there is no sub-chain.
    """
    q = len(dims) - 1
    boundary = np.repeat(np.arange(q + 1), dims)
    component = np.arange(boundary.size)
    starts = np.flatnonzero(np.diff(boundary, prepend=-1))
    before: list[Numbers] = []
    behind: list[Numbers] = []
    for length in range(1, min(q, isqrt(LARGEST_NEAR // boundary.size)) + 1):
        first, last = boundary - length, boundary + length
        before.append(columns[np.maximum(first, -1), component].astype(np.int64))
        behind.append(rows[last * (last <= q), component].astype(np.int64))
        counts = np.array([behind[-1], behind[-1] > 0, before[-1] > 0])
        entries, matter, reached = np.add.reduceat(counts, starts, axis=1)
        if np.array_equal(entries[:-length], matter[:-length] * reached[length:]):
            return _mixing(np.array(before), np.array(behind), starts)
    return None


def _mixing(before: Numbers, behind: Numbers, starts: Numbers) -> Mixing:
    """From the counts of the columns before each component and of the rows behind it, in products of 1, 2, … F factors."""
    short, q = len(before) - 1, starts.size - 1
    reached, matter = before[-1] > 0, behind[-1] > 0
    before, behind = before[:-1], behind[:-1]
    into_long = np.add.reduceat(before * matter, starts, axis=1)
    out_of_long = np.add.reduceat(behind * reached, starts, axis=1)
    both = np.add.reduceat(before[:, None] * behind, starts, axis=2)
    found = Mixing(
        rows=np.add.reduceat(matter, starts, dtype=np.int64)[:-1],
        columns=np.add.reduceat(reached, starts, dtype=np.int64)[1:],
        inner=np.add.reduceat(reached & matter, starts, dtype=np.int64)[1:-1],
        before=np.zeros((short, q), np.int64),
        behind=np.zeros((short, q), np.int64),
        near=np.zeros((short, short, q), np.int64),
    )
    for t in range(short):
        found.before[t, : q - t], found.near[t, :, : q - t] = into_long[t, t + 1 :], both[t, :, t + 1 :]
        found.behind[t, t:] = out_of_long[t, : q - t]
    return found
