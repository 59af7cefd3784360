"""Intervals: two numbers that an exact one lies between, for arrays of them, every operation rounded outwards.

The endpoints are the longest floats of the machine, so that what is proved is about as sharp as a double is.  An operation that
is not defined everywhere on its arguments gives ``[-inf, inf]``: nothing is known.  Source: Rump, Verification methods,
Acta Numerica 19 (2010).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.frozen import Frozen
from jacchain.linear.enclosure import Enclosure
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import meetings
from jacchain.linear.product import SMALL

Real = np.longdouble
EPSILON = np.finfo(np.longdouble).eps
LARGEST = np.finfo(np.longdouble).max

Booleans = npt.NDArray[np.bool_]


class Truth(Frozen):
    """A condition on intervals: whether it holds for all numbers in them, and whether it does for any."""

    always: Booleans
    ever: Booleans

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.always & other.always, self.ever & other.ever)

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.always | other.always, self.ever | other.ever)

    def __invert__(self) -> Truth:
        return Truth(~self.ever, ~self.always)


class Interval:
    """Arrays ``lower <= upper`` of one shape, in long doubles; where either was NaN, ``[-inf, inf]``.

    It has the operators of an array, and its comparisons give a :class:`Truth`.
    """

    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, lower: Any, upper: Any) -> None:
        lower, upper = np.asarray(lower, Real), np.asarray(upper, Real)
        if lower.shape != upper.shape:
            lower, upper = np.broadcast_arrays(lower, upper)
        unknown = np.isnan(lower) | np.isnan(upper)
        if unknown.any():
            lower, upper = np.where(unknown, -np.inf, lower), np.where(unknown, np.inf, upper)
        self.lower: Numbers = lower
        self.upper: Numbers = upper

    @classmethod
    def point(cls, values: Any) -> Interval:
        """Numbers that are known exactly."""
        return cls(values, values)

    @classmethod
    def zeros(cls, *shape: int) -> Interval:
        """Zeros of a shape, to be written over."""
        return cls(np.zeros(shape, Real), np.zeros(shape, Real))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the arrays."""
        return self.lower.shape

    @property
    def magnitude(self) -> Numbers:
        """The largest absolute value in each interval."""
        return np.asarray(np.maximum(np.abs(self.lower), np.abs(self.upper)))

    @property
    def mignitude(self) -> Numbers:
        """The smallest absolute value in each interval."""
        inside = (self.lower <= 0) & (self.upper >= 0)
        return np.where(inside, Real(0), np.minimum(np.abs(self.lower), np.abs(self.upper)))

    @property
    def exact_zero(self) -> Booleans:
        """Where nothing but zero is meant."""
        return np.asarray((self.lower == 0) & (self.upper == 0))

    @property
    def known(self) -> Booleans:
        """Where both ends are finite."""
        return np.asarray(np.isfinite(self.lower) & np.isfinite(self.upper))

    def __getitem__(self, index: Any) -> Interval:
        return Interval(self.lower[index], self.upper[index])

    def __setitem__(self, index: Any, value: Interval) -> None:
        self.lower[index], self.upper[index] = value.lower, value.upper

    def mapped(self, function: Callable[[Numbers], Numbers]) -> Interval:
        """Both ends under a function that never falls, or that only moves numbers to other places; not rounded outwards."""
        return Interval(function(self.lower), function(self.upper))

    def __neg__(self) -> Interval:
        return Interval(-self.upper, -self.lower)

    def __add__(self, other: Any) -> Interval:
        other = interval(other)
        with np.errstate(all="ignore"):
            return Interval(_sum(self.lower, other.lower, -1), _sum(self.upper, other.upper, 1))

    def __sub__(self, other: Any) -> Interval:
        return self + (-interval(other))

    def __rsub__(self, other: Any) -> Interval:
        return interval(other) + (-self)

    def __mul__(self, other: Any) -> Interval:
        other = interval(other)
        with np.errstate(all="ignore"):
            ends = [a * b for a in (self.lower, self.upper) for b in (other.lower, other.upper)]
            return outward(*extremes(ends), exact=self.exact_zero | other.exact_zero)

    def __truediv__(self, other: Any) -> Interval:
        other = interval(other)
        with np.errstate(all="ignore"):
            crosses = (other.lower <= 0) & (other.upper >= 0)
            ends = [a / b for a in (self.lower, self.upper) for b in (other.lower, other.upper)]
            return select(crosses, ANYTHING, outward(*extremes(ends), exact=self.exact_zero))

    def __rtruediv__(self, other: Any) -> Interval:
        return interval(other) / self

    def __lt__(self, other: Any) -> Truth:
        other = interval(other)
        return Truth(self.upper < other.lower, self.lower < other.upper)

    def __le__(self, other: Any) -> Truth:
        other = interval(other)
        return Truth(self.upper <= other.lower, self.lower <= other.upper)

    def __gt__(self, other: Any) -> Truth:
        other = interval(other)
        return Truth(self.lower > other.upper, self.upper > other.lower)

    def __ge__(self, other: Any) -> Truth:
        other = interval(other)
        return Truth(self.lower >= other.upper, self.upper >= other.lower)

    def __eq__(self, other: Any) -> Truth:  # type: ignore[override]
        other = interval(other)
        same = (self.lower == self.upper) & (self.lower == other.lower) & (self.upper == other.upper)
        return Truth(same, (self.lower <= other.upper) & (other.lower <= self.upper))

    def __ne__(self, other: Any) -> Truth:  # type: ignore[override]
        other = interval(other)
        return Truth((self.upper < other.lower) | (self.lower > other.upper), ~(self == other).always)

    __radd__ = __add__
    __rmul__ = __mul__


ZERO = Interval.point(0.0)
ANYTHING = Interval(-np.inf, np.inf)
"""The interval of which nothing is known."""


def interval(value: Any) -> Interval:
    """A number, or numbers, as intervals."""
    return value if isinstance(value, Interval) else Interval.point(value)


def extremes(ends: Sequence[Numbers]) -> tuple[Numbers, Numbers]:
    """The least and the greatest of several arrays; zero times infinity is zero, since the zero is exact."""
    known = [np.where(np.isnan(end), Real(0), end) for end in ends]
    return np.asarray(np.minimum.reduce(known)), np.asarray(np.maximum.reduce(known))


def outward(lower: Numbers, upper: Numbers, *, exact: Any = False) -> Interval:
    """Bounds rounded to nearest, moved outwards by one float each; where they are exact, as they are."""
    with np.errstate(all="ignore"):
        below, above = _within_range(lower, upper)
        below, above = np.nextafter(below, -np.inf), np.nextafter(above, np.inf)
    return Interval(np.where(exact, lower, below), np.where(exact, upper, above))


def widened(lower: Numbers, upper: Numbers, limits: Any, units: int = 4) -> Interval:
    """Bounds moved outwards by some units in the last place of the floats with the given limits."""
    ends = _within_range(lower, upper)
    with np.errstate(all="ignore"):
        slacks = [units * (limits.eps * np.abs(end) + Real(limits.smallest_subnormal)) for end in ends]
    return around(*ends, *slacks)


def around(lower: Numbers, upper: Numbers, slack_below: Any, slack_above: Any) -> Interval:
    """Bounds moved outwards by a slack each, and the rounding of that."""
    lower, upper = _within_range(lower, upper)
    with np.errstate(all="ignore"):
        return outward(lower - slack_below, upper + slack_above)


def _within_range(lower: Numbers, upper: Numbers) -> tuple[Numbers, Numbers]:
    """The bounds, a lower one that overflowed as the largest float and an upper one as its opposite: exact numbers are finite."""
    return np.where(lower == np.inf, LARGEST, lower), np.where(upper == -np.inf, -LARGEST, upper)


def hull(*intervals: Interval) -> Interval:
    """The smallest intervals that hold all the given ones."""
    return Interval(
        np.minimum.reduce(np.broadcast_arrays(*(part.lower for part in intervals))),
        np.maximum.reduce(np.broadcast_arrays(*(part.upper for part in intervals))),
    )


def intersection(a: Interval, b: Interval) -> Interval:
    """What two enclosures of the same numbers have in common."""
    return Interval(np.maximum(a.lower, b.lower), np.minimum(a.upper, b.upper))


def concatenated(parts: Sequence[Interval], axis: int) -> Interval:
    """Intervals one after the other along an axis."""
    return Interval(np.concatenate([part.lower for part in parts], axis), np.concatenate([part.upper for part in parts], axis))


def select(mask: Booleans, a: Interval, b: Interval) -> Interval:
    """``a`` where the mask is true, ``b`` elsewhere."""
    return Interval(np.where(mask, a.lower, b.lower), np.where(mask, a.upper, b.upper))


def choose(condition: Truth, a: Interval, b: Interval) -> Interval:
    """``a`` where the condition holds, ``b`` where it does not, the hull of both where that is open."""
    return select(condition.always, a, select(condition.ever, hull(a, b), b))


def total(x: Interval) -> Interval:
    """The sums along the last axis, which is kept."""
    if x.shape[-1] == 1:
        return x
    with np.errstate(all="ignore"):
        slacks = [x.shape[-1] * EPSILON * np.abs(end).sum(-1, keepdims=True) for end in (x.lower, x.upper)]
        sums = around(x.lower.sum(-1, keepdims=True), x.upper.sum(-1, keepdims=True), *slacks)
    return select(np.asarray(x.exact_zero.all(-1, keepdims=True)), ZERO, sums)


def matrix_product(a: Interval, b: Interval) -> Interval:
    """``a @ b`` for matrices of intervals, from the product of the middles and a bound on everything else."""
    known_a, known_b = a.known, b.known
    with np.errstate(all="ignore"):
        (middle_a, radius_a), (middle_b, radius_b) = _ball(a, known_a), _ball(b, known_b)
        size_a, size_b = np.abs(middle_a) + radius_a, np.abs(middle_b) + radius_b
        multiply, format_ = _multiplier(a.shape[0] * a.shape[1] * b.shape[1])
        middle = multiply(middle_a, middle_b)
        spread = multiply(np.abs(middle_a), radius_b) + multiply(radius_a, size_b)
        size = multiply(size_a, size_b)
        terms = 4 * (a.shape[1] + 4)
        radius = spread * (1 + terms * format_.eps) + terms * (format_.eps * size + format_.smallest_subnormal)
        if _is_whole(a, b) and size.max(initial=0) < 2.0**format_.nmant:
            radius = np.zeros_like(radius)
    product = around(middle, middle, radius, radius) if radius.any() else Interval.point(middle)
    touched = meetings(~a.exact_zero, ~b.exact_zero) > 0
    unknown = (meetings(~known_a, ~b.exact_zero) > 0) | (meetings(~a.exact_zero, ~known_b) > 0)
    return select(unknown, ANYTHING, select(touched, product, ZERO))


def to_doubles(x: Interval) -> Enclosure:
    """The enclosure in doubles, times a power of two where one of them would not be finite."""
    largest = np.where(x.known, x.magnitude, 0).max(initial=0)
    exponent = max(0, int(np.frexp(largest)[1]) - 1023)
    with np.errstate(all="ignore"):
        return Enclosure(*double_ends(x.mapped(lambda end: np.ldexp(end, -exponent))), exponent)


def double_ends(x: Interval) -> tuple[Numbers, Numbers]:
    """Both ends as doubles, rounded outwards."""
    with np.errstate(all="ignore"):
        below, above = x.lower.astype(float), x.upper.astype(float)
        below = np.where(below > x.lower, np.nextafter(below, -np.inf), below)
        return below, np.where(above < x.upper, np.nextafter(above, np.inf), above)


def _sum(a: Numbers, b: Numbers, direction: int) -> Numbers:
    """``a + b`` rounded down or up; the rounding error is known exactly (Knuth), so what is exact stays so."""
    s = a + b
    t = s - a
    error = (a - (s - t)) + (b - t)
    moves = (error * direction > 0) | ~np.isfinite(error)
    bound = np.where(np.isinf(s) & np.isfinite(a) & np.isfinite(b) & (np.sign(s) != direction), -direction * LARGEST, s)
    return np.where(moves & np.isfinite(bound), np.nextafter(bound, direction * Real(np.inf)), bound)


def _ball(x: Interval, known: Booleans) -> tuple[Numbers, Numbers]:
    """Middle and radius, both zero where nothing is known."""
    lower, upper = np.where(known, x.lower, 0), np.where(known, x.upper, 0)
    middle = lower / 2 + upper / 2
    radius = np.maximum(upper - middle, middle - lower)
    return middle, np.where(radius > 0, np.nextafter(radius, np.inf), radius)


def _multiplier(multiplications: int) -> tuple[Callable[[Numbers, Numbers], Numbers], Any]:
    """The matrix product to be used, and the limits of the floats it is made in: doubles for large ones."""
    if multiplications <= 8 * SMALL:
        return np.matmul, np.finfo(Real)
    return (lambda a, b: (a.astype(float) @ b.astype(float)).astype(Real)), np.finfo(float)


def _is_whole(*intervals: Interval) -> bool:
    """Whether all are whole numbers, known exactly: small ones are multiplied and added without an error."""
    return all(bool((x.lower == x.upper).all() and (x.lower == np.rint(x.lower)).all()) for x in intervals)
