"""Zero patterns: which entries of a matrix can be nonzero at all.

A pattern is a promise that holds for every x.  Names such as *diagonal* or *lower triangular* are labels read off it,
never types of their own: products, costs and printing ask the pattern.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.frozen import Frozen

Integers = npt.NDArray[np.int64]
Stairs = tuple[Integers, Integers]

PAIRS = 1 << 16
"""Pairs of matching entries looked at together."""

SMALL = 1 << 12
"""Multiplications up to which truth values are multiplied as matrices, one by one."""

CROWDED, DENSE = 1 << 10, 1 << 24
"""A product of truth values as matrices: worth it up to so many multiplications for each pair, and so many entries."""


class Pattern(Frozen):
    """The possibly nonzero entries of an ``m x n`` matrix, in row-major order; ``None`` for both when that is all of them.

    Make one with :meth:`full`, :meth:`of`, :meth:`selection` or :meth:`from_boolean`, which keep the entries sorted and unique.
    """

    shape: tuple[int, int]
    _rows: Integers | None = None
    _columns: Integers | None = None

    @classmethod
    def full(cls, m: int, n: int) -> Pattern:
        """Every entry may be nonzero."""
        return cls((m, n))

    @classmethod
    def of(cls, shape: tuple[int, int], rows: npt.ArrayLike, columns: npt.ArrayLike) -> Pattern:
        """The entries ``(rows[t], columns[t])``, in any order, repeats allowed."""
        n = shape[1]
        keys = distinct(np.asarray(rows, np.int64) * n + np.asarray(columns, np.int64))
        return cls.from_keys(shape, keys)

    @classmethod
    def from_keys(cls, shape: tuple[int, int], keys: Integers) -> Pattern:
        """The entries whose row-major positions ``row * n + column`` are ``keys``, sorted and unique."""
        m, n = shape
        if keys.size == m * n:
            return cls(shape)
        rows, columns = np.divmod(keys, n)
        return cls(shape, _frozen(rows), _frozen(columns))

    @classmethod
    def from_stairs(cls, n: int, first: Integers, last: Integers) -> Pattern:
        """The rows of ``n`` columns that are unbroken runs from their first to their last entries."""
        counts = last - first + 1
        ends = np.cumsum(counts)
        columns = np.arange(ends[-1]) + np.repeat(first - ends + counts, counts)
        return cls.from_keys((first.size, n), np.repeat(np.arange(first.size) * n, counts) + columns)

    @classmethod
    def zero(cls, m: int, n: int) -> Pattern:
        """No entry."""
        return cls.of((m, n), [], [])

    @classmethod
    def selection(cls, columns: npt.ArrayLike, n: int) -> Pattern:
        """Row ``i`` has its one entry in column ``columns[i]``."""
        columns = np.array(columns, np.int64)
        shape = (columns.size, n)
        return cls(shape) if n == 1 else cls(shape, _frozen(np.arange(columns.size)), _frozen(columns))

    @classmethod
    @lru_cache(maxsize=16)
    def diagonal(cls, n: int) -> Pattern:
        """The square diagonal pattern."""
        return cls.selection(np.arange(n), n)

    @classmethod
    def from_boolean(cls, entries: npt.ArrayLike) -> Pattern:
        """The true entries of a two-dimensional array."""
        array = np.asarray(entries, bool)
        return cls.from_keys((array.shape[0], array.shape[1]), np.flatnonzero(array))

    @property
    def is_full(self) -> bool:
        """Whether every entry may be nonzero."""
        return self._rows is None

    @cached_property
    def rows(self) -> Integers:
        """The row of each entry."""
        m, n = self.shape
        return _frozen(np.repeat(np.arange(m), n)) if self._rows is None else self._rows

    @cached_property
    def columns(self) -> Integers:
        """The column of each entry."""
        m, n = self.shape
        return _frozen(np.tile(np.arange(n), m)) if self._columns is None else self._columns

    @property
    def keys(self) -> Integers:
        """The row-major position of each entry."""
        return self.rows * self.shape[1] + self.columns

    @cached_property
    def starts(self) -> Integers:
        """Where each row begins among the entries, and the end: ``m + 1`` numbers."""
        return _frozen(np.concatenate([[0], np.cumsum(self.row_counts)]))

    @property
    def count(self) -> int:
        """How many entries may be nonzero."""
        return self.shape[0] * self.shape[1] if self._rows is None else self._rows.size

    @cached_property
    def row_counts(self) -> Integers:
        """Entries in each row."""
        m, n = self.shape
        return _frozen(np.full(m, n) if self._rows is None else np.bincount(self._rows, minlength=m))

    @cached_property
    def column_counts(self) -> Integers:
        """Entries in each column."""
        m, n = self.shape
        return _frozen(np.full(n, m) if self._columns is None else np.bincount(self._columns, minlength=n))

    @cached_property
    def T(self) -> Pattern:  # noqa: N802 - the name numpy gives it
        """The pattern of the transpose."""
        m, n = self.shape
        if self.is_full:
            return Pattern((n, m))
        return self if self.is_diagonal else Pattern.from_keys((n, m), np.sort(self.columns * m + self.rows))

    @cached_property
    def key(self) -> tuple[tuple[int, int], bytes]:
        """Equal for equal patterns: for dictionaries."""
        return self.shape, b"full" if self._rows is None else self.keys.tobytes()

    def boolean(self) -> npt.NDArray[np.bool_]:
        """The pattern as an ``m x n`` array of truth values."""
        if self.is_full:
            return np.ones(self.shape, bool)
        entries = np.zeros(self.shape, bool)
        entries[self.rows, self.columns] = True
        return entries

    @cached_property
    def is_diagonal(self) -> bool:
        """Square, with exactly the entries of the diagonal."""
        m, n = self.shape
        return m == n == self.count and bool((self.rows == self.columns).all())

    @property
    def one_per_row(self) -> bool:
        """Whether no row has two entries: the matrix then scales or picks rows of what it multiplies."""
        return bool(self.row_counts.max() <= 1)

    def union(self, other: Pattern) -> Pattern:
        """Entries of either: the pattern of a sum."""
        if self.is_full or other.is_full or self is other:
            return self if self.is_full else other
        return Pattern.from_keys(self.shape, distinct(np.concatenate([self.keys, other.keys])))

    def take(self, rows: Integers) -> Pattern:
        """The pattern of the given rows, in the given order."""
        n = self.shape[1]
        if self.is_full:
            return Pattern((rows.size, n))
        source = entries_of_rows(self, rows)
        return Pattern.from_keys(
            (rows.size, n), np.repeat(np.arange(rows.size), self.row_counts[rows]) * n + self.columns[source]
        )

    @cached_property
    def stairs(self) -> Stairs | None:
        """The first and the last entry of every row of a pattern without gaps that runs from the first corner to the last.

        None of any other pattern.  Every row is an unbroken run, which begins and ends no earlier than that of the row above and
        no later than right behind its end, so that the entries of neighbouring rows together are a run again.
        """
        m, n = self.shape
        if self.is_full:
            return np.zeros(m, np.int64), np.full(m, n - 1)
        if not self.row_counts.all():
            return None
        first, last = self.columns[self.starts[:-1]], self.columns[self.starts[1:] - 1]
        runs = first[0] == 0 and last[-1] == n - 1 and bool((last - first + 1 == self.row_counts).all())
        steady = (np.diff(first) >= 0) & (np.diff(last) >= 0) & (first[1:] <= last[:-1] + 1)
        return (first, last) if runs and steady.all() else None

    def __matmul__(self, other: Pattern) -> Pattern:
        """The boolean product: an entry may be nonzero when some term of its sum may."""
        (m, k), n = self.shape, other.shape[1]
        if self.is_full and other.is_full:
            return Pattern((m, n))
        if not self.count or not other.count:
            return Pattern.zero(m, n)
        if m * k * n <= SMALL:
            return Pattern.from_boolean(self.boolean() @ other.boolean())
        if self.stairs and other.stairs:
            return Pattern.from_stairs(n, other.stairs[0][self.stairs[0]], other.stairs[1][self.stairs[1]])
        if self.is_full or other.is_full:
            rows, columns = np.flatnonzero(self.row_counts), np.flatnonzero(other.column_counts)
            return Pattern.from_keys((m, n), np.add.outer(rows * n, columns).ravel())
        pairs = multiplications(self, other)
        if pairs > PAIRS and m * k * n <= CROWDED * pairs and max(m * k, k * n, m * n) <= DENSE:
            return Pattern.from_boolean(meetings(self.boolean(), other.boolean()) > 0)
        keys = []
        for rows in row_blocks(self, other, PAIRS):
            part = self if rows.size == m else self.take(rows)
            left, right = matching_entries(part, other)
            keys.append(distinct(rows[part.rows[left]] * n + other.columns[right]))
        return Pattern.from_keys((m, n), np.concatenate(keys))

    @cached_property
    def structure(self) -> str:
        """The most telling name of the pattern."""
        m, n = self.shape
        if m == n and 0 < self.count < m * n:
            offsets = self.columns - self.rows
            below, above = -int(offsets.min()), int(offsets.max())
            names: list[tuple[bool, str]] = [
                (below == above == 0, "diagonal"),
                (self.count == n and self.is_permutation, "permutation"),
                (below <= 1 and above <= 1 and n > 3, "tridiagonal"),
                (above <= 0, "lower triangular"),
                (below <= 0, "upper triangular"),
                (0 < below + above + 1 <= n // 2, "banded"),
            ]
            for holds, name in names:
                if holds:
                    return name
        return counted_structure(self.shape, self.count, one_per_row=self.one_per_row)

    @cached_property
    def is_permutation(self) -> bool:
        """Square, with exactly one entry in each row and each column."""
        m, n = self.shape
        return m == n and bool((self.row_counts == 1).all() and (self.column_counts == 1).all())


def counted_structure(shape: tuple[int, int], count: int, *, one_per_row: bool) -> str:
    """The name that the number of entries gives a pattern; where it is square there may be a more telling one."""
    m, n = shape
    if count == m * n:
        return "dense" if count > 1 else "scalar"
    if count == 0:
        return "zero"
    return "one entry per row" if one_per_row and m > 1 else "sparse"


def multiplications(left: Pattern, right: Pattern) -> int:
    """Scalar multiplications of the product ``left @ right``: the sum over the inner index of column count times row count."""
    if left.is_full and right.is_full:
        return left.shape[0] * left.shape[1] * right.shape[1]
    return int(left.column_counts @ right.row_counts)


def matching_entries(left: Pattern, right: Pattern) -> tuple[Integers, Integers]:
    """All pairs of entries ``(i, t)`` of ``left`` and ``(t, j)`` of ``right``, as positions in either's list of entries."""
    source = entries_of_rows(right, left.columns)
    return np.repeat(np.arange(left.count), right.row_counts[left.columns]), source


def row_blocks(left: Pattern, right: Pattern, pairs: int) -> list[Integers]:
    """The rows of ``left`` in groups of neighbours, each with about ``pairs`` pairs of matching entries at most."""
    matches = np.bincount(left.rows, right.row_counts[left.columns], left.shape[0])
    if matches.sum() <= pairs:
        return [np.arange(left.shape[0])]
    group = np.cumsum(matches) // pairs
    return np.split(np.arange(left.shape[0]), np.flatnonzero(np.diff(group)) + 1)


def entries_of_rows(pattern: Pattern, rows: Integers) -> Integers:
    """The positions of the entries of the given rows, row after row."""
    counts = pattern.row_counts[rows]
    offsets = np.repeat(pattern.starts[rows] - (np.cumsum(counts) - counts), counts)
    return np.asarray(np.arange(offsets.size) + offsets, np.int64)


def distinct(numbers: Integers) -> Integers:
    """The numbers in order, each once.

    Not by numpy's own ``unique``: that loads masked arrays, which takes longer than a small run.
    """
    ordered = np.sort(numbers)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if ordered.size else ordered


def _frozen(array: npt.NDArray[Any]) -> Integers:
    """An array of integers that nobody can write to."""
    array = np.asarray(array, np.int64)
    array.flags.writeable = False
    return array


def meetings(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """How often an entry of a row of ``a`` meets one of a column of ``b``, both of zeros and ones: exact up to 2^24."""
    with np.errstate(invalid="ignore"):  # BLAS may raise the flag over padding that it reads and does not use
        return np.asarray(a.astype(np.float32, copy=False) @ b.astype(np.float32, copy=False))
