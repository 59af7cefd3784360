"""The numbers of a matrix that are shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jacchain.linear.map import Numbers
from jacchain.linear.pattern import entries_of_rows
from jacchain.report.document import Matrix


def window(matrix: Matrix, rows: Sequence[int], columns: Sequence[int]) -> tuple[Numbers, Numbers]:
    """The numbers in the given rows and columns (increasing), and which of them may be nonzero at all."""
    linear = matrix.linear
    if linear.pattern.is_full:
        values = linear.take(np.asarray(rows, np.int64)).T.take(np.asarray(columns, np.int64)).T.dense[0]
        return values, np.ones(values.shape, bool)
    wanted, kept = np.asarray(columns, np.int64), np.asarray(rows, np.int64)
    source = entries_of_rows(linear.pattern, kept)
    row = np.repeat(np.arange(kept.size), linear.pattern.row_counts[kept])
    column = np.minimum(np.searchsorted(wanted, linear.pattern.columns[source]), wanted.size - 1)
    hit = wanted[column] == linear.pattern.columns[source]
    values, present = np.zeros((kept.size, wanted.size)), np.zeros((kept.size, wanted.size), bool)
    values[row[hit], column[hit]] = linear.values[0][source[hit]]
    present[row[hit], column[hit]] = True
    return values, present
