"""The table of functions, and the programs made of them, read in intervals.

Library functions are taken to be within :data:`SLACK` units in the last place of the exact value; a test holds every one of them
to it over its whole range.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.program import Program, apply
from jacchain.expression.tree import COMPARISONS, CONNECTIVES
from jacchain.linear.interval import (
    ANYTHING,
    EPSILON,
    ZERO,
    Interval,
    Real,
    Truth,
    around,
    choose,
    concatenated,
    double_ends,
    extremes,
    intersection,
    interval,
    matrix_product,
    outward,
    select,
    total,
    widened,
)

SLACK = 4
"""Units in the last place by which a library function may be off."""

FAR = 1e9
"""Arguments of sine and cosine from which on the place in the period is no longer worked out, only the slope used."""

PUSH = 1e-9
"""Periods by which that place may be wrong."""

PI = 4 * np.arctan(Real(1))
LIMITS = np.finfo(Real)
DOUBLES = np.finfo(float)


def within_slack(lower: Array, upper: Array, limits: Any = LIMITS) -> Interval:
    """What the library returned for both ends, each moved outwards by its slack."""
    return widened(lower, upper, limits, SLACK)


def _rising(function: Callable[[Array], Array], least: float = -np.inf) -> Callable[[Interval], Interval]:
    """A function of the library that grows, never below ``least``; where it is zero at zero, exactly so."""

    def of_interval(x: Interval) -> Interval:
        with np.errstate(all="ignore"):
            lower, upper = function(x.lower), function(x.upper)
        y = within_slack(lower, upper)
        zero = x.exact_zero & (lower == 0) & (upper == 0)
        floor = np.where(np.isnan(lower), -np.inf, Real(least))
        return _kept(x, select(zero, ZERO, Interval(np.maximum(y.lower, floor), y.upper)))

    return of_interval


def _kept(x: Interval, y: Interval) -> Interval:
    """``y``, and nothing known where nothing is known about x: it may not even be defined."""
    return select(np.isinf(x.lower) & np.isinf(x.upper), ANYTHING, y)


class IntervalArithmetic:
    """The table's arithmetic on :class:`Interval` values ``(batch, n)``.

    A condition is the interval of 1 (true) or 0 (false), and ``[0, 1]`` where it is open.
    """

    exp = staticmethod(_rising(np.exp, 0))
    exp2 = staticmethod(_rising(np.exp2, 0))
    expm1 = staticmethod(_rising(np.expm1, -1))
    log = staticmethod(_rising(np.log))
    log1p = staticmethod(_rising(np.log1p))
    log2 = staticmethod(_rising(np.log2))
    log10 = staticmethod(_rising(np.log10))
    asin = staticmethod(_rising(np.arcsin))
    atan = staticmethod(_rising(np.arctan))
    sinh = staticmethod(_rising(np.sinh))
    tanh = staticmethod(_rising(np.tanh))
    asinh = staticmethod(_rising(np.arcsinh))
    acosh = staticmethod(_rising(np.arccosh))
    atanh = staticmethod(_rising(np.arctanh))
    cbrt = staticmethod(_rising(np.cbrt))

    def __init__(self) -> None:
        self.pi = outward(PI, PI)

    def number(self, value: float) -> Interval:
        """A double, exactly."""
        return Interval.point(Real(value))

    def count(self, x: Interval) -> int:
        """How many components."""
        return int(x.shape[-1])

    def where(self, condition: Truth, a: Any, b: Any) -> Interval:
        """``a`` or ``b``, and their hull where the condition is open."""
        return choose(condition, interval(a), interval(b))

    def choice(self, condition: Interval, a: Interval, b: Interval) -> Interval:
        """``a`` or ``b`` by a condition that was worked out before."""
        return choose(truth(condition), a, b)

    def condition(self, operation: str, *arguments: Interval) -> Interval:
        """A comparison of numbers, or conditions joined."""
        connective = CONNECTIVES.get(operation)
        found = connective(*map(truth, arguments)) if connective else COMPARISONS[operation](*arguments)
        return Interval(found.always, found.ever)

    def matrix(self, matrix: Array, vectors: Interval) -> Interval:
        """``matrix @ v`` for each row v."""
        return matrix_product(vectors, Interval.point(matrix.T))

    def abs(self, x: Interval) -> Interval:
        """The absolute value."""
        return Interval(x.mignitude, x.magnitude)

    def square(self, x: Interval) -> Interval:
        """``x^2``, never negative."""
        size = self.abs(x)
        y = size * size
        return Interval(np.maximum(y.lower, 0), y.upper)

    def sqrt(self, x: Interval) -> Interval:
        """The square root, which every machine rounds correctly."""
        with np.errstate(all="ignore"):
            lower, upper = np.sqrt(x.lower), np.sqrt(x.upper)
        y = outward(lower, upper)
        return _kept(x, Interval(np.where(lower == 0, 0, y.lower), np.where(upper == 0, 0, y.upper)))

    def hypot(self, x: Interval, y: Interval) -> Interval:
        """``sqrt(x^2 + y^2)``."""
        lower, upper = (np.stack(np.broadcast_arrays(*ends), -1) for ends in ((x.lower, y.lower), (x.upper, y.upper)))
        return self.norm(Interval(lower, upper))[..., 0]

    def norm(self, x: Interval) -> Interval:
        """The Euclidean length, scaled by a power of two."""
        with np.errstate(all="ignore"):
            largest = np.where(x.known, x.magnitude, 0).max(-1, keepdims=True)
            exponent = np.where(largest > 0, np.frexp(largest)[1], 0)
            scaled = x.mapped(lambda end: np.ldexp(end, -exponent))
            return self.sqrt(total(self.square(scaled))).mapped(lambda end: np.ldexp(end, exponent))

    def sign(self, x: Interval) -> Interval:
        """-1, 0 or 1."""
        return x.mapped(np.sign)

    def floor(self, x: Interval) -> Interval:
        """The largest whole number that is not above."""
        return x.mapped(np.floor)

    def ceil(self, x: Interval) -> Interval:
        """The smallest whole number that is not below."""
        return x.mapped(np.ceil)

    def maximum(self, a: Interval, b: Interval) -> Interval:
        """The larger."""
        return Interval(np.maximum(a.lower, b.lower), np.maximum(a.upper, b.upper))

    def minimum(self, a: Interval, b: Interval) -> Interval:
        """The smaller."""
        return Interval(np.minimum(a.lower, b.lower), np.minimum(a.upper, b.upper))

    def mod(self, x: Interval, y: Interval) -> Interval:
        """``x - y*floor(x/y)``, between zero and y."""
        with np.errstate(all="ignore"):
            z = x - y * self.floor(x / y)
            lower = np.maximum(z.lower, np.minimum(y.lower, 0))
            upper = np.minimum(z.upper, np.maximum(y.upper, 0))
        return Interval(lower, upper)

    def acos(self, x: Interval) -> Interval:
        """The arc cosine, which falls."""
        with np.errstate(all="ignore"):
            return _kept(x, within_slack(np.arccos(x.upper), np.arccos(x.lower)))

    def erf(self, x: Interval) -> Interval:
        """The error function, in doubles."""
        below, above = double_ends(x)
        return _kept(x, within_slack(_each(math.erf, below), _each(math.erf, above), DOUBLES))

    def erfc(self, x: Interval) -> Interval:
        """The complementary error function, which falls, in doubles."""
        below, above = double_ends(x)
        y = within_slack(_each(math.erfc, above), _each(math.erfc, below), DOUBLES)
        return _kept(x, Interval(np.maximum(y.lower, 0), y.upper))

    def cosh(self, x: Interval) -> Interval:
        """The hyperbolic cosine."""
        return _kept(x, _rising(np.cosh, 1)(self.abs(x)))

    def sin(self, x: Interval) -> Interval:
        """The sine."""
        return _wave(np.sin, x, PI / 2)

    def cos(self, x: Interval) -> Interval:
        """The cosine."""
        return _wave(np.cos, x, Real(0))

    def tan(self, x: Interval) -> Interval:
        """The tangent; nothing is known across a pole."""
        with np.errstate(all="ignore"):
            branch = np.floor(x.lower / PI + Real(0.5) - PUSH)
            same = (branch == np.floor(x.upper / PI + Real(0.5) + PUSH)) & (x.magnitude < FAR)
        return select(same | (x.lower == x.upper), _rising(np.tan)(x), ANYTHING)

    def atan2(self, y: Interval, x: Interval) -> Interval:
        """The angle: extreme at a corner of the box, unless the box meets the cut or the origin."""
        with np.errstate(all="ignore"):
            # adding zero turns -0 into 0: on the cut the angle is pi
            corners = [np.arctan2(a + Real(0), b + Real(0)) for a in (y.lower, y.upper) for b in (x.lower, x.upper)]
        angle = within_slack(*extremes(corners))
        on_cut = (y.lower == 0) & (x.upper < 0)
        meets = (x.lower <= 0) & (y.lower <= 0) & (y.upper >= 0) & ~on_cut
        limit = np.nextafter(PI, Real(4))
        return _kept(x, _kept(y, select(meets, Interval(-limit, limit), angle)))

    def power(self, x: Interval, y: Interval) -> Interval:
        """``x^y`` for x > 0, and for x = 0 where y > 0."""
        return select(((x > 0) | ((x >= 0) & (y > 0))).always, self.raw_power(x, y), ANYTHING)

    def raw_power(self, x: Interval, n: Interval) -> Interval:
        """``x^n`` for any sign of x and whole n, or for x >= 0."""
        with np.errstate(all="ignore"):
            whole = (n.lower == n.upper) & (n.lower == np.floor(n.lower))
            even = whole & (np.floor(n.lower / 2) * 2 == n.lower)
            base = select(even, self.abs(x), x)
            ends = [np.power(a, b) for a in (base.lower, base.upper) for b in (n.lower, n.upper)]
            z = within_slack(np.minimum.reduce(ends), np.maximum.reduce(ends))
            pole = (n.lower < 0) & (base.lower <= 0) & (base.upper >= 0)
        lost = pole | (~whole & (x.lower < 0))
        z = Interval(np.where(even, np.maximum(z.lower, 0), z.lower), z.upper)
        simple = (whole & (n.lower == 0)) | (base.exact_zero & (n.lower > 0))
        return _kept(x, select(simple, Interval.point(np.where(n.lower == 0, 1, 0)), select(lost, ANYTHING, z)))

    def gauss(self, x: Interval, rate: float) -> Interval:
        """``exp(-rate x^2)``."""
        return self.exp(self.square(x) * -rate)

    def total(self, x: Interval) -> Interval:
        """The sum of the components."""
        return total(x)

    def product(self, x: Interval) -> Interval:
        """The product of the components."""
        return self._running(x)[..., -1:]

    def peak(self, x: Interval) -> Interval:
        """The largest component."""
        return x.mapped(lambda end: end.max(-1, keepdims=True))

    def least(self, x: Interval) -> Interval:
        """The smallest component."""
        return x.mapped(lambda end: end.min(-1, keepdims=True))

    def hits(self, x: Interval) -> Interval:
        """One for a component that is the largest for certain, zero for one that is not, both where that is open."""
        others = np.sort(x.upper, -1)[..., [-2 if x.shape[-1] > 1 else -1]]
        leading = np.where(x.upper == x.upper.max(-1, keepdims=True), others, x.upper.max(-1, keepdims=True))
        certain = (x.lower >= leading) if x.shape[-1] > 1 else np.ones(x.shape, bool)
        return Interval(np.where(certain, 1, 0), np.where(x.upper >= x.lower.max(-1, keepdims=True), 1, 0))

    def centred(self, x: Interval) -> Interval:
        """The components less their mean."""
        return x - total(x) / interval(self.count(x))

    def off_sum(self, x: Interval) -> Interval:
        """For each component, the sum of all others."""
        with np.errstate(all="ignore"):
            slacks = [x.shape[-1] * EPSILON * _others(np.abs(end)) for end in (x.lower, x.upper)]
            sums = around(_others(x.lower), _others(x.upper), *slacks)
            return select(_others(x.magnitude) == 0, ZERO, sums)

    def off_product(self, x: Interval) -> Interval:
        """For each component, the product of all others."""
        one = Interval.point(np.ones((*x.shape[:-1], 1)))
        before = self._running(concatenated([one, x[..., :-1]], -1))
        after = self._running(concatenated([one, x[..., :0:-1]], -1))[..., ::-1]
        return before * after

    def _running(self, x: Interval) -> Interval:
        """The product of the first component, of the first two, and so on."""
        parts = (x[..., place : place + 1] for place in range(x.shape[-1]))
        return concatenated([*accumulate(parts, operator.mul)], -1)

    def outer(self, x: Interval, y: Interval) -> Interval:
        """All products of a component of x and one of y."""
        return x[..., :, None] * y[..., None, :]

    def full(self, diagonal: Interval, others: Interval) -> Interval:
        """The matrix with the given diagonal and, off it, the given entries."""
        return select(np.eye(diagonal.shape[-1], dtype=bool), diagonal[..., None], others)

    def columns(self, x: Interval) -> Interval:
        """Every row of a square matrix equal to x."""
        return x[..., None, :].mapped(lambda end: np.broadcast_to(end, (*x.shape, x.shape[-1])))


def enclose(program: Program, box: Interval) -> Interval:
    """Enclosures of every register for all x in each box: ``(batch, registers)`` for boxes ``(batch, inputs)``."""
    arithmetic = IntervalArithmetic()
    registers = starting_registers(program, box.shape[0])
    registers[:, : program.inputs] = box
    with np.errstate(all="ignore"):
        for instruction in program.constants + program.instructions:
            arguments = [registers[:, argument] for argument in instruction.arguments]
            registers[:, instruction.output] = apply(arithmetic, instruction, arguments)
    return registers


def starting_registers(program: Program, batch: int) -> Interval:
    """The constants of a program at their registers, everything else yet to be worked out: ``(batch, registers)``."""
    registers = Interval.zeros(batch, program.start.size)
    registers[:] = Interval.point(program.start)
    return registers


def truth(condition: Interval) -> Truth:
    """A condition that was worked out before."""
    return Truth(condition.lower != 0, condition.upper != 0)


def _wave(function: Callable[[Array], Array], x: Interval, peak: Any) -> Interval:
    """Sine or cosine, with its peaks at ``peak + 2k pi``: at the ends, or at a peak or a trough between them."""
    with np.errstate(all="ignore"):
        ends = [function(x.lower), function(x.upper)]
        y = within_slack(np.minimum(*ends), np.maximum(*ends))
        single = x.lower == x.upper
        places = [
            np.floor((x.upper - top) / (2 * PI) + PUSH) >= np.ceil((x.lower - top) / (2 * PI) - PUSH) for top in (peak, peak + PI)
        ]
        lower, upper = (
            np.where(place & ~single, bound, end)
            for place, bound, end in zip(places[::-1], (-1, 1), (y.lower, y.upper), strict=True)
        )
        width = np.nextafter(x.upper - x.lower, Real(np.inf))
        far = ~single & (x.magnitude >= FAR)
        found = select(far, outward(y.lower - width, y.upper + width), Interval(lower, upper))
    return _kept(x, intersection(found, Interval(-1.0, 1.0)))


def _each(function: Callable[[float], float], x: Array) -> Array:
    return np.asarray(np.frompyfunc(function, 1, 1)(x), Real)


def _others(x: Array) -> Array:
    """For each component, the sum of all others, without a difference."""
    edge = np.zeros((*x.shape[:-1], 1), Real)
    before = np.concatenate([edge, x[..., :-1]], -1).cumsum(-1)
    after = np.concatenate([edge, x[..., :0:-1]], -1).cumsum(-1)[..., ::-1]
    return np.asarray(before + after)
