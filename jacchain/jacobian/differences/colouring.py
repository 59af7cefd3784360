"""Columns of a Jacobian that can be differenced together: no two of one colour have an entry in the same row.

Curtis, Powell and Reid, J. Inst. Maths Applics 13 (1974): the columns in their order, each in the first group it fits.
"""

from __future__ import annotations

import numpy as np

from jacchain.linear.pattern import Integers, Pattern


def colour_count(colours: Integers) -> int:
    """How many colours there are."""
    return int(colours.max(initial=-1)) + 1


def colour_columns(pattern: Pattern) -> Integers:
    """The colour of each column, ``(n,)``, numbered from 0 without gaps; a column without entries shares the first."""
    n = pattern.shape[1]
    if n == 0 or pattern.is_full or int(pattern.row_counts.max(initial=0)) == n:
        return np.arange(n)
    transposed = pattern.T
    starts, rows = transposed.starts.tolist(), transposed.columns.tolist()
    taken = [0] * pattern.shape[0]
    colours = np.empty(n, np.int64)
    for column in range(n):
        entries = rows[starts[column] : starts[column + 1]]
        forbidden = 0
        for row in entries:
            forbidden |= taken[row]
        free = ~forbidden & (forbidden + 1)
        colours[column] = free.bit_length() - 1
        for row in entries:
            taken[row] |= free
    return colours
