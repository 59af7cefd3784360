"""A linear map: the numbers on a zero pattern, for one point or for a batch of them.

Only possibly nonzero entries are stored, so a diagonal costs n numbers and an identity is known to be one.  A dense matrix whose
rows or columns are scaled keeps the factors beside it until somebody asks for the entries: the Jacobian ``diag(s) W`` of a layer
costs as many numbers as it has rows, and a product with a narrow matrix never writes it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from math import inf, isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.frozen import Frozen
from jacchain.linear.pattern import Integers, Pattern, entries_of_rows

Numbers = npt.NDArray[Any]

LARGEST_EXPONENT = 1024
"""Doubles are below two to this power."""

UNREMARKABLE = -500
"""A bound on entries from here up is taken for their magnitude."""


class Scaled(Frozen):
    """Dense matrices not written out: entry (i, j) is ``rows[i] * core[i, j] * columns[j]``.

    ``core`` is ``(batch, m, n)`` in any memory order, the factors are ``(batch, m)`` and ``(batch, n)``, or None for ones;
    each of the three may have a batch of one that serves all points.
    """

    core: Numbers
    rows: Numbers | None = None
    columns: Numbers | None = None

    @property
    def batch(self) -> int:
        """Points there are numbers for."""
        return max(map(len, self.parts))

    @property
    def parts(self) -> tuple[Numbers, ...]:
        """The matrices and the factors that are there."""
        return tuple(part for part in (self.core, self.rows, self.columns) if part is not None)

    @property
    def transposed(self) -> Scaled:
        """The transposes."""
        return Scaled(self.core.transpose(0, 2, 1), self.columns, self.rows)

    def take(self, rows: Integers) -> Scaled:
        """The matrices of the given rows, in the given order."""
        return Scaled(self.core[:, rows], None if self.rows is None else self.rows[:, rows], self.columns)

    def entries(self) -> Numbers:
        """All entries, ``(batch, m, n)``; where factors make the batch, each entry's batch is in one stretch of memory."""
        entries = self.core.transpose(1, 2, 0)
        with np.errstate(all="ignore"):
            if self.rows is not None:
                entries = self.rows.T[:, None] * entries
            if self.columns is not None:
                entries = entries * self.columns.T
        return entries.transpose(2, 0, 1)


class LinearMap(Frozen):
    """An ``m x n`` matrix for every point of a batch.

    ``given`` are its numbers: of the shape ``(batch, pattern.count)``, in the order of the pattern's entries, or (where every
    entry may be nonzero) scaled matrices; a batch of one serves all points.
    ``unit`` says that every entry is exactly one for every x: such a map picks rows and multiplies nothing.
    """

    pattern: Pattern
    given: Numbers | Scaled
    unit: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.given, np.ndarray):
            self.given.flags.writeable = False

    @classmethod
    def zero(cls, m: int, n: int) -> LinearMap:
        """The zero map."""
        return cls(Pattern.zero(m, n), np.zeros((1, 0)))

    @classmethod
    @lru_cache(maxsize=16)
    def identity(cls, n: int) -> LinearMap:
        """The identity."""
        return cls.selection(np.arange(n), n)

    @classmethod
    def selection(cls, columns: npt.ArrayLike, n: int) -> LinearMap:
        """Row ``i`` picks component ``columns[i]`` of the n it is given."""
        pattern = Pattern.selection(columns, n)
        return cls(pattern, np.ones((1, pattern.count)), unit=True)

    @classmethod
    def diagonal(cls, values: Numbers) -> LinearMap:
        """A diagonal for each row of ``values``, of shape ``(batch, n)``."""
        return cls(Pattern.diagonal(values.shape[-1]), values)

    @classmethod
    def full(cls, entries: Numbers) -> LinearMap:
        """Dense matrices, of shape ``(batch, m, n)`` or ``(m, n)``, every entry possibly nonzero."""
        m, n = entries.shape[-2:]
        return cls(Pattern.full(m, n), Scaled(entries.reshape(-1, m, n)))

    @classmethod
    def on(cls, pattern: Pattern, entries: Numbers) -> LinearMap:
        """Dense matrices, of shape ``(batch, m, n)``, without the entries that a pattern has not."""
        return cls.full(entries) if pattern.is_full else cls(pattern, entries[:, pattern.rows, pattern.columns])

    @classmethod
    def constant(cls, matrix: Numbers) -> LinearMap:
        """A known matrix, of shape ``(m, n)``: its zeros are structural."""
        nonzero = matrix != 0
        return cls.full(matrix) if nonzero.all() else cls(Pattern.from_boolean(nonzero), matrix[nonzero][None])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.pattern.shape

    @property
    def batch(self) -> int:
        """Points it holds numbers for."""
        return self.given.batch if isinstance(self.given, Scaled) else int(self.given.shape[0])

    @property
    def parts(self) -> tuple[Numbers, ...]:
        """The numbers as they are kept, in any order: every entry is a product of one number of each part."""
        return self.given.parts if isinstance(self.given, Scaled) else (self.given,)

    @cached_property
    def values(self) -> Numbers:
        """The numbers in the order of the pattern's entries, of shape ``(batch, pattern.count)``."""
        if isinstance(self.given, Scaled):
            return self.dense.reshape(self.batch, -1)
        return self.given

    @cached_property
    def dense(self) -> Numbers:
        """All entries, of shape ``(batch, m, n)``, zeros written out."""
        if isinstance(self.given, Scaled):
            entries = self.given.entries().view()
        elif self.pattern.is_full:
            entries = self.given.reshape(self.batch, *self.shape)
        else:
            entries = np.zeros((self.batch, *self.shape), self.given.dtype)
            entries[:, self.pattern.rows, self.pattern.columns] = self.given
        entries.flags.writeable = False
        return entries

    @cached_property
    def magnitude(self) -> float:
        """The least e with all entries below 2^e: minus infinity for a zero, infinity or NaN when an entry is not finite.

        For a matrix with factors beside it the sum of their magnitudes, which it does not exceed, when that is unremarkable.
        """
        sizes = [_magnitude(part) for part in self.parts]
        bound = sum(sizes)
        overflows = sum(size for size in sizes if size > 0) > LARGEST_EXPONENT
        if len(sizes) == 1 or (not overflows and (bound == -inf or bound >= UNREMARKABLE)):
            return bound
        return _magnitude(self.values)

    @property
    def scaled(self) -> Scaled:
        """The dense matrices, factors still beside them where they are."""
        return self.given if isinstance(self.given, Scaled) else Scaled(self.dense)

    @cached_property
    def T(self) -> LinearMap:  # noqa: N802 - the name numpy gives it
        """The transpose."""
        if self.pattern.is_full:
            return LinearMap(self.pattern.T, self.scaled.transposed, self.unit)
        if self.pattern.is_diagonal:
            return self
        order = np.lexsort((self.pattern.rows, self.pattern.columns))
        return LinearMap(self.pattern.T, self.values[:, order], self.unit)

    def take(self, rows: Integers) -> LinearMap:
        """The given rows, in the given order."""
        if rows.size == self.shape[0] and np.array_equal(rows, np.arange(rows.size)):
            return self
        if self.pattern.is_full:
            return LinearMap(self.pattern.take(rows), self.scaled.take(rows), self.unit)
        return LinearMap(self.pattern.take(rows), self.values[:, entries_of_rows(self.pattern, rows)], self.unit)

    def window(self, rows: Sequence[int], columns: Sequence[int]) -> tuple[Numbers, Numbers]:
        """The numbers of the first point in the given rows and columns (increasing), and which of them may be nonzero at all."""
        wanted, kept = np.asarray(columns, np.int64), np.asarray(rows, np.int64)
        if self.pattern.is_full:
            values = self.take(kept).T.take(wanted).T.dense[0]
            return values, np.ones(values.shape, bool)
        source = entries_of_rows(self.pattern, kept)
        row = np.repeat(np.arange(kept.size), self.pattern.row_counts[kept])
        column = np.minimum(np.searchsorted(wanted, self.pattern.columns[source]), wanted.size - 1)
        hit = wanted[column] == self.pattern.columns[source]
        values, present = np.zeros((kept.size, wanted.size)), np.zeros((kept.size, wanted.size), bool)
        values[row[hit], column[hit]] = self.values[0][source[hit]]
        present[row[hit], column[hit]] = True
        return values, present

    def placed(self, rows: Integers, m: int) -> LinearMap:
        """The map whose rows ``rows`` (increasing) are those of this one, among ``m`` rows that are otherwise zero."""
        n = self.shape[1]
        keys = rows[self.pattern.rows] * n + self.pattern.columns
        return LinearMap(Pattern.from_keys((m, n), keys), self.values, self.unit)

    def astype(self, dtype: npt.DTypeLike) -> LinearMap:
        """The same map with its numbers rounded to another floating-point type."""
        if all(part.dtype == dtype for part in self.parts):
            return self
        return LinearMap(self.pattern, self.values.astype(dtype), self.unit)

    @property
    def structure(self) -> str:
        """The name of its pattern, or of what it is when all its entries are ones: an identity, a selection."""
        name = self.pattern.structure
        if not self.unit or name == "zero":
            return name
        if name == "diagonal" or self.shape == (1, 1):
            return "identity"
        return "selection" if self.pattern.one_per_row and name != "permutation" else name


def _magnitude(numbers: Numbers) -> float:
    """The least e with all numbers below 2^e: minus infinity for zeros, infinity or NaN when one is not finite."""
    largest = max(numbers.max(), -numbers.min()) if numbers.size else 0
    if largest == 0 or not isfinite(largest):
        return -inf if largest == 0 else float(largest)
    return int(np.frexp(largest)[1])


def add(left: LinearMap, right: LinearMap) -> LinearMap:
    """The sum of two maps of one shape."""
    if left.pattern.count == 0 or right.pattern.count == 0:
        return right if left.pattern.count == 0 else left
    if left.pattern is right.pattern or (left.pattern.is_full and right.pattern.is_full):
        return LinearMap(left.pattern, left.values + right.values)
    pattern = left.pattern.union(right.pattern)
    return LinearMap(pattern, spread(left, pattern) + spread(right, pattern))


def spread(linear: LinearMap, pattern: Pattern) -> Numbers:
    """The values of a map written on a larger pattern, zeros where it has no entry: shape ``(batch, pattern.count)``."""
    if linear.pattern is pattern or linear.pattern.count == pattern.count:
        return linear.values
    values = np.zeros((linear.batch, pattern.count), linear.values.dtype)
    positions = linear.pattern.keys if pattern.is_full else np.searchsorted(pattern.keys, linear.pattern.keys)
    values[:, positions] = linear.values
    return values


def stack(parts: list[LinearMap]) -> LinearMap:
    """Maps of the same width, one below the other."""
    if len(parts) == 1:
        return parts[0]
    height, width = sum(part.shape[0] for part in parts), parts[0].shape[1]
    batch = max(part.batch for part in parts)
    values = np.concatenate([np.broadcast_to(part.values, (batch, part.pattern.count)) for part in parts], axis=1)
    starts = np.cumsum([0] + [part.shape[0] for part in parts])
    keys = np.concatenate([part.pattern.keys + start * width for part, start in zip(parts, starts, strict=False)])
    return LinearMap(Pattern.from_keys((height, width), keys), values, all(part.unit for part in parts))
