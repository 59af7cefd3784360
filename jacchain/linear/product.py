"""The product of two linear maps, at the cost their patterns promise.

A selection picks rows, a diagonal scales them, sparse rows are added up row by row, and only full times full is a
matrix product.  The order of summation depends on shapes alone, never on threads.
"""

from __future__ import annotations

import numpy as np

from jacchain.linear.map import LinearMap, Numbers
from jacchain.linear.pattern import Pattern, matching_entries

SMALL = 32**3
"""Multiplications up to which a dense product is summed in a fixed order, with the longest floats the machine has."""


def multiply(left: LinearMap, right: LinearMap) -> LinearMap:
    """The product ``left @ right`` of an ``m x k`` and a ``k x n`` map, batches matched or broadcast."""
    a, b = left.pattern, right.pattern
    if a.count == 0 or b.count == 0:
        return LinearMap.zero(a.shape[0], b.shape[1])
    if left.unit and (a.row_counts == 1).all():
        return right.take(a.columns)
    if right.unit and (b.column_counts == 1).all():
        return left.T.take(b.T.columns).T
    if a.is_full and b.is_full and a.shape[1] > 1:
        return LinearMap.full(_dense_product(left.dense, right.dense))
    if b.is_full and not a.is_full:
        return _sparse_times_full(left, right)
    if a.is_full and not b.is_full:
        return _sparse_times_full(right.T, left.T).T
    return _sparse_product(left, right)


def _dense_product(left: Numbers, right: Numbers) -> Numbers:
    """Full times full, of shapes ``(batch, m, k)`` and ``(batch, k, n)``."""
    if left.shape[1] * left.shape[2] * right.shape[2] > SMALL:
        return np.asarray(np.matmul(left.astype(float), right.astype(float)))
    product = np.matmul(left.astype(np.longdouble), right.astype(np.longdouble))
    return np.asarray(product.astype(np.result_type(left, right)))


def _sparse_times_full(left: LinearMap, right: LinearMap) -> LinearMap:
    """The t-th entry of every row scales a row of ``right``; added up for t = 1, 2, ..."""
    pattern, rows = left.pattern, right.dense
    m, n = left.shape[0], right.shape[1]
    filled = np.flatnonzero(pattern.row_counts)
    total = np.zeros((max(left.batch, right.batch), m, n), np.result_type(left.values, right.values))
    for t in range(int(pattern.row_counts.max())):
        having = filled[pattern.row_counts[filled] > t]
        entry = pattern.starts[having] + t
        total[:, having] += left.values[:, entry, None] * rows[:, pattern.columns[entry]]
    if filled.size == m:
        return LinearMap.full(total)
    return LinearMap(Pattern.full(filled.size, n), total[:, filled].reshape(total.shape[0], -1)).placed(filled, m)


def _sparse_product(left: LinearMap, right: LinearMap) -> LinearMap:
    """Every pair of matching entries is multiplied once; pairs of the same result are added in the order of the inner index."""
    first, second = matching_entries(left.pattern, right.pattern)
    m, n = left.shape[0], right.shape[1]
    keys = left.pattern.rows[first] * n + right.pattern.columns[second]
    terms = left.values[:, first] * right.values[:, second]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    if not keys.size:
        return LinearMap.zero(m, n)
    heads = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    values = terms[:, order] if heads.size == keys.size else np.add.reduceat(terms[:, order], heads, axis=1)
    return LinearMap(Pattern.from_keys((m, n), keys[heads]), values)
