"""The product of two linear maps, at the cost their patterns promise.

A selection picks rows, a diagonal scales them (beside the matrix, until somebody asks for the entries), sparse rows are added up
row by row, and only full times full is a matrix product.  The order of summation depends on shapes alone, never on threads.
"""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt

from jacchain.linear.map import LinearMap, Numbers, Scaled, stack
from jacchain.linear.pattern import Pattern, matching_entries, multiplications, row_blocks

SMALL = 32**3
"""Multiplications up to which a dense product is summed in a fixed order, with the longest floats the machine has."""

SMALL_EACH = 2 * 8**3
"""The same of the products of a batch, at each of its points: beyond it they take several times as long as in doubles."""

TINY = 1 << 12
"""Multiplications up to which finite numbers are multiplied with the zeros as well: leaving those out takes longer."""

WRITTEN = 1 << 12
"""Entries up to which a scaled matrix is written out at once."""

PAIRS = 1 << 18
"""Pairs of matching entries held at a time while sparse maps are multiplied."""

MODERATE = 2.0**10
"""Outer factors up to this size may come last: their order then matters only beside the smallest doubles."""

RANGE = 2.0**-450
"""Numbers from here to its inverse may be multiplied by each other without a loss."""

CROWDED = 32
"""A dense product may make this many times the multiplications of a sparse one and is still the faster."""


def multiply(left: LinearMap, right: LinearMap) -> LinearMap:
    """The product ``left @ right`` of an ``m x k`` and a ``k x n`` map, batches matched or broadcast."""
    a, b = left.pattern, right.pattern
    if a.count == 0 or b.count == 0:
        return LinearMap.zero(a.shape[0], b.shape[1])
    if left.unit and a.is_diagonal:
        return right
    if right.unit and b.is_diagonal:
        return left
    if left.unit and (a.row_counts == 1).all():
        return right.take(a.columns)
    if right.unit and (b.column_counts == 1).all():
        return left.T.take(b.T.columns).T
    if a.is_diagonal:
        return scale_rows(left.values, right)
    if b.is_diagonal:
        return scale_rows(right.values, left.T).T
    work = a.shape[0] * a.shape[1] * b.shape[1]
    is_small = _is_small(left, right, work)
    if a.is_full and b.is_full and (is_small or a.shape[1] > 1):
        return LinearMap.full(_long_product(left, right) if is_small else _dense_product(left.scaled, right.scaled))
    if b.is_full and (a.row_counts == 1).all():
        return scale_rows(left.values, right.take(a.columns))
    if a.is_full and (b.column_counts == 1).all():
        return scale_rows(right.T.values, left.T.take(b.T.columns)).T
    if is_small and work <= TINY and np.isfinite(product := _long_product(left, right)).all():
        return LinearMap.on(a @ b, product)
    return _sparse_product(left, right)


def _long_product(left: LinearMap, right: LinearMap) -> Numbers:
    """All entries of a small product, zeros included, summed in a fixed order in the longest floats: shape ``(batch, m, n)``."""
    first, second = left.dense, right.dense
    product = _long_sums(first.astype(np.longdouble), second.astype(np.longdouble))
    return np.asarray(product.astype(np.result_type(first, second), copy=False))


def _long_sums(left: Numbers, right: Numbers) -> Numbers:
    """The product in the type of its factors; a matrix that serves all points is multiplied with all of them at once."""
    if left.shape[0] == 1 < right.shape[0]:
        return _long_sums(right.transpose(0, 2, 1), left.transpose(0, 2, 1)).transpose(0, 2, 1)
    if right.shape[0] > 1:
        return np.asarray(np.matmul(left, right))
    batch, m, k = left.shape
    return np.asarray(np.dot(left.reshape(batch * m, k), right[0]).reshape(batch, m, -1))


def scale_rows(factors: Numbers, linear: LinearMap) -> LinearMap:
    """``diag(factors) @ linear``, factors of shape ``(batch, m)``: on the pattern of the map, written out when that is small."""
    pattern = linear.pattern
    if not pattern.is_full:
        return LinearMap(pattern, factors[:, pattern.rows] * linear.values)
    given = linear.scaled
    product = Scaled(given.core, factors if given.rows is None else factors * given.rows, given.columns)
    m, n = pattern.shape
    if m * n <= WRITTEN and (1 in pattern.shape or product.batch == given.core.shape[0]):
        return LinearMap(pattern, Scaled(product.entries()))
    return LinearMap(pattern, product)


def _dense_product(left: Scaled, right: Scaled) -> Numbers:
    """Full times full, of shapes ``(batch, m, k)`` and ``(batch, k, n)``."""
    plain = all(factors is None for factors in (left.rows, left.columns, right.rows, right.columns))
    folded = None if plain else _folded_product(left, right)
    return _matmul(left.entries(), right.entries()) if folded is None else folded


def _folded_product(left: Scaled, right: Scaled) -> Numbers | None:
    """The product with the factors multiplied into the smaller sides; None where that could leave the range of doubles.

    Three numbers may be multiplied in any order as long as no product of two is too large or too small on the way.
    """
    m, k = left.core.shape[1:]
    n = right.core.shape[2]
    first, second = left.core, right.core
    inner = left.columns if right.rows is None else right.rows if left.columns is None else left.columns * right.rows
    before = left.rows if n < k else None
    after = right.columns if m < k else None
    if left.rows is not None and before is None:
        first = left.rows[:, :, None] * first
    if right.columns is not None and after is None:
        second = second * right.columns[:, None, :]
    if inner is not None:
        if not all(_is_moderate(part) for part in (inner, first if m <= n else second)):
            return None
        if m <= n:
            first = first * inner[:, None, :]
        else:
            second = inner[:, :, None] * second
    if not all(part is None or (np.abs(part) <= MODERATE).all() for part in (before, after)):
        return None
    product = Scaled(_matmul(first, second), before, after).entries()
    return product if np.isfinite(product).all() else None


def _is_moderate(numbers: Numbers) -> bool:
    """Whether the product of two such numbers is zero only where one of them is, and keeps all its digits."""
    size = np.abs(numbers)
    return bool(size.max() <= 1 / RANGE and (size.min() >= RANGE or ((size >= RANGE) | (size == 0)).all()))


def _matmul(left: Numbers, right: Numbers) -> Numbers:
    """The product in doubles; a matrix that serves all points is multiplied with all of them at once."""
    left, right = left.astype(float, copy=False), right.astype(float, copy=False)
    if left.shape[0] == 1 and (right.shape[0] > 1 or _is_better_second(left, right)):
        return _matmul(right.transpose(0, 2, 1), left.transpose(0, 2, 1)).transpose(0, 2, 1)
    if right.shape[0] > 1:
        return np.asarray(np.matmul(left, right))
    batch, m, k = left.shape
    if m == 1:
        return np.asarray((right[0].T @ left[:, 0].T).T[:, None])
    rows = left.reshape(batch * m, k) if batch > 1 else left[0]
    return np.asarray((rows @ right[0]).reshape(batch, m, -1))


def _is_better_second(left: Numbers, right: Numbers) -> bool:
    """Whether the first matrix is the larger and lies in memory column by column: BLAS is faster with its transpose behind."""
    return left.size > right.size and left.flags.f_contiguous and not left.flags.c_contiguous


def _sparse_product(left: LinearMap, right: LinearMap) -> LinearMap:
    """A product of which at least one side is sparse; what is infinite is never multiplied with a zero of a pattern."""
    a, b = left.pattern, right.pattern
    pairs = multiplications(a, b)
    if pairs > PAIRS and a.shape[0] * a.shape[1] * b.shape[1] <= CROWDED * pairs and left.magnitude + right.magnitude < inf:
        return LinearMap.on(a @ b, _matmul(left.dense, right.dense))  # sparse in name only: zeros are multiplied as well
    if b.is_full and a.row_counts.max() <= a.shape[1] ** 0.5 + 8:
        return _rows_times_full(left, right)
    if a.is_full and b.column_counts.max() <= b.shape[0] ** 0.5 + 8:
        return _rows_times_full(right.T, left.T).T
    return stack([_paired_product(left.take(rows), right) for rows in row_blocks(a, b, PAIRS)])


def _rows_times_full(left: LinearMap, right: LinearMap) -> LinearMap:
    """The t-th entry of every row scales a row of ``right``; added up for t = 1, 2, ..."""
    pattern, rows = left.pattern, right.dense
    m, n = left.shape[0], right.shape[1]
    filled = np.flatnonzero(pattern.row_counts)
    total = np.zeros((max(left.batch, right.batch), m, n), _sum_type(left, right, pattern.count * n))
    for t in range(int(pattern.row_counts.max())):
        having = filled[pattern.row_counts[filled] > t]
        entry = pattern.starts[having] + t
        total[:, having] += left.values[:, entry, None].astype(total.dtype) * rows[:, pattern.columns[entry]]
    total = total.astype(np.result_type(left.values, right.values))
    if filled.size == m:
        return LinearMap.full(total)
    return LinearMap(Pattern.full(filled.size, n), total[:, filled].reshape(total.shape[0], -1)).placed(filled, m)


def _paired_product(left: LinearMap, right: LinearMap) -> LinearMap:
    """Every pair of matching entries is multiplied once; pairs of the same result are added in the order of the inner index."""
    first, second = matching_entries(left.pattern, right.pattern)
    m, n = left.shape[0], right.shape[1]
    keys = left.pattern.rows[first] * n + right.pattern.columns[second]
    if not keys.size:
        return LinearMap.zero(m, n)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    heads = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    dtype = np.result_type(left.values, right.values)
    factors = left.values[:, first[order]].astype(_sum_type(left, right, keys.size))
    terms = factors * right.values[:, second[order]]
    values = terms if heads.size == keys.size else np.add.reduceat(terms, heads, axis=1)
    return LinearMap(Pattern.from_keys((m, n), keys[heads]), values.astype(dtype))


def _sum_type(left: LinearMap, right: LinearMap, pairs: int) -> npt.DTypeLike:
    """The type a product is summed in: the longest floats where that costs nothing worth mentioning."""
    if _is_small(left, right, pairs):
        return np.longdouble
    return np.result_type(left.values, right.values)


def _is_small(left: LinearMap, right: LinearMap, multiplications: int) -> bool:
    """Whether a product costs hardly more in the longest floats.

    In doubles it does where one matrix serves all points of a batch, which BLAS multiplies in one go.
    """
    if left.batch == right.batch == 1:
        return multiplications <= SMALL
    long = np.result_type(left.values, right.values) == np.longdouble
    return multiplications <= SMALL_EACH and (long or min(left.batch, right.batch) > 1)
