"""The arithmetic of the table on germs: every operation that a row names, and the decisions that branches hinge on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.table import FUNCTIONS
from jacchain.expression.tree import COMPARISONS, CONNECTIVES
from jacchain.jacobian.nonsmooth.germ import (
    LOGARITHM,
    NEAR,
    NOISE,
    UNDEFINED,
    UNKNOWN,
    Germ,
    Real,
    collected,
    exponential,
    germ,
    logarithm,
    power,
    taylor,
)

CLOSE = 1e-13
"""Relative difference of a limit and the number at the point that rounding alone explains."""

ROUNDS = 16
"""Rounds of integrating a derivative along a germ at most; each yields at least one more term."""

THIRD = Real(1) / 3

PLAIN = Arithmetic(np.longdouble)


class GermArithmetic:
    """The table's arithmetic on arrays of germs and of numbers that do not move.

    ``decisions`` collects what the branches taken hinged on, while ``recording``: a germ that goes to zero, by its sign.
    """

    def __init__(self) -> None:
        self.pi = PLAIN.pi
        self.recording = False
        self.decisions: list[Germ] = []
        self.square = lambda x: x * x
        for name in ("exp2", "expm1", "log1p", "tan", "asin", "acos", "atan", "tanh", "asinh", "acosh", "atanh", "erf", "erfc"):
            setattr(self, name, lifted(self._integrated(name), 1))
        self.exp = _pinning(PLAIN.exp, exponential)
        self.log = _pinning(PLAIN.log, logarithm)
        self.log2 = lambda x: self.log(x) / np.log(Real(2))
        self.log10 = lambda x: self.log(x) / np.log(Real(10))
        self.sin = _pinning(PLAIN.sin, _smooth(lambda x: [np.sin(x), np.cos(x), -np.sin(x), -np.cos(x)]))
        self.cos = _pinning(PLAIN.cos, _smooth(lambda x: [np.cos(x), -np.sin(x), -np.cos(x), np.sin(x)]))
        self.sinh = _pinning(PLAIN.sinh, _smooth(lambda x: [np.sinh(x), np.cosh(x)]))
        self.cosh = _pinning(PLAIN.cosh, _smooth(lambda x: [np.cosh(x), np.sinh(x)]))
        self.sqrt = _pinning(PLAIN.sqrt, lambda x: power(x, 0.5))
        self.cbrt = _pinning(PLAIN.cbrt, lambda x: -power(-x, THIRD) if x.sign < 0 else power(x, THIRD))
        self.abs = lifted(lambda x: -x if self._sign(x) < 0 else x, 1)
        self.sign = lifted(lambda x: x if _is_lost(x) else Real(self._sign(x)), 1)
        self.floor = lifted(self._floor, 1)
        self.ceil = lifted(lambda x: -self._floor(-x), 1)
        self.maximum = lifted(lambda a, b: self._larger(a, b, a - b), 2)
        self.minimum = lifted(lambda a, b: self._larger(a, b, b - a), 2)
        self.where = self.choice = lifted(_choice, 3)
        self.matrix = combined
        self.power = lifted(self._power, 2)
        self.raw_power = lifted(self._power, 2)
        self.atan2 = lifted(self._angle, 2)
        self.hypot = lambda x, y: self.sqrt(x * x + y * y)
        self.mod = lambda x, y: x - y * self.floor(x / y)

    def number(self, value: float) -> Any:
        """A number that does not move."""
        return Real(value)

    def count(self, x: Array) -> int:
        """How many components."""
        return int(x.shape[-1])

    def condition(self, operation: str, *arguments: Array) -> Array:
        """The truth of a comparison, or of conditions joined, for small t; a lost germ where a lost operand decides."""
        if operation in CONNECTIVES:
            return np.asarray(lifted(_JOINED[operation], len(arguments))(*arguments))
        holds = COMPARISONS[operation]
        a, b = arguments
        return np.asarray(lifted(lambda d: d if _is_lost(d) else holds(self._sign(d), 0), 1)(a - b))

    def gauss(self, x: Any, rate: float) -> Any:
        """``exp(-rate x^2)``."""
        return self.exp(x * x * -rate)

    def total(self, x: Array) -> Array:
        """The sum of the components."""
        sums = combined(np.ones((1, x.shape[-1])), x)
        plain = PLAIN.total(_limits(x))
        return np.asarray(lifted(pinned, 2)(sums, plain))

    def off_sum(self, x: Array) -> Array:
        """For each component, the sum of all others."""
        return combined(1 - np.eye(x.shape[-1]), x)

    def centred(self, x: Array) -> Array:
        """The components less their mean."""
        return x - self.total(x) / self.count(x)

    def product(self, x: Array) -> Array:
        """The product of the components."""
        return np.asarray(np.multiply.reduce(x, axis=-1, keepdims=True))

    def peak(self, x: Array) -> Array:
        """The largest component."""
        return self._extreme(self.maximum, x, 1)

    def least(self, x: Array) -> Array:
        """The smallest component."""
        return self._extreme(self.minimum, x, -1)

    def norm(self, x: Array) -> Array:
        """The Euclidean length."""
        return np.asarray(self.sqrt(self.total(x * x)))

    def _extreme(self, operation: Callable[[Array, Array], Array], x: Array, sign: int) -> Array:
        """The winner of all components; what it hinges on is how it stands beside each, not how the others stand."""
        recording, self.recording = self.recording, False
        result = x[..., :1]
        for position in range(1, x.shape[-1]):
            result = operation(result, x[..., position : position + 1])
        self.recording = recording
        lifted(self._sign, 1)((result - x) * sign)
        return result

    def _sign(self, x: Any) -> int:
        """The sign for small t, noted when it is only for t > 0 that there is one."""
        if not isinstance(x, Germ):
            return 0 if np.isnan(x) else int(np.sign(x))
        if self.recording and x.terms and x.lead > 0:
            self.decisions.append(x)
        return x.sign

    def _larger(self, a: Any, b: Any, difference: Any) -> Any:
        """``a`` where the difference is positive for small t, else ``b``; the difference itself when it is lost."""
        if _is_lost(difference):
            return difference
        return a if self._sign(difference) >= 0 else b

    def _floor(self, x: Any) -> Any:
        """The largest whole number that is not above x for small t: one less than the limit when x falls from a whole one."""
        if not isinstance(x, Germ):
            return np.floor(x)
        limit = x.limit
        if not np.isfinite(limit):
            return x if x.lost else UNKNOWN
        whole = np.floor(limit)
        return whole - 1 if whole == limit and self._sign(x - whole) < 0 else whole

    def _power(self, x: Any, p: Any) -> Any:
        """``x^p``; where p moves, x has to be positive, and at x = 0 only the leading power is known."""
        if not isinstance(p, Germ) or not (p.lost or p.without(0.0).terms):
            exponent = p.limit if isinstance(p, Germ) else p
            return power(x, exponent) if isinstance(x, Germ) else PLAIN.raw_power(x, exponent)
        x = germ(x)
        if x.lost or p.lost or x.sign < 0:
            return x if x.lost else p if p.lost else UNDEFINED
        if not x.terms:
            return Real(0) if p.limit > 0 else UNDEFINED
        if abs(x.lead) < NEAR:
            return exponential(germ(p * logarithm(x)))
        whole = power(x, p.limit)
        return Germ(whole.terms[:1], whole.lead + 2 * LOGARITHM)

    def _angle(self, y: Any, x: Any) -> Any:
        """The angle of the point (x, y): its limit, both scaled by a power of t, plus the integral of its derivative."""
        if not isinstance(y, Germ) and not isinstance(x, Germ):
            return np.arctan2(y, x)
        y, x = germ(y), germ(x)
        if y.lost or x.lost or not (y.terms or x.terms):
            return UNDEFINED
        lead = min(y.lead, x.lead)
        y, x = y.shifted(-lead), x.shifted(-lead)
        if not np.isfinite(y.limit + x.limit):
            return UNKNOWN
        value = np.arctan2(y.limit, x.limit)
        if y.limit == 0 and x.limit < 0 and self._sign(y) < 0:
            value = -value
        square = x * x + y * y
        slope = (x * y.derivative() - y * x.derivative()) / square
        return germ(slope).integral() + value

    def _integrated(self, name: str) -> Callable[[Any], Any]:
        """A smooth function of a germ: the number at its limit, plus the integral of the table's derivative along it."""
        plain, rule = FUNCTIONS[name].value, FUNCTIONS[name].rule
        assert plain is not None
        assert rule is not None

        def value(x: Any) -> Any:
            if not isinstance(x, Germ):
                return plain(PLAIN, np.asarray(x, np.longdouble))[()]
            if x.lost:
                return x
            start = plain(PLAIN, np.asarray(x.limit, np.longdouble))[()]
            if not np.isfinite(start):
                return UNDEFINED if np.isnan(start) else UNKNOWN
            recording, self.recording = self.recording, False
            y: Any = start
            for _ in range(ROUNDS):
                slope = rule(self, np.array([y], object), np.array([x], object))[0][0]
                before, y = y, germ(x.derivative() * slope).integral() + start
                if _same(before, y):
                    break
            self.recording = recording
            return y

        return value


def _pinning(plain: Callable[[Any], Any], of_germ: Callable[[Germ], Any]) -> Callable[..., Any]:
    """A function of arrays of numbers, as ``plain`` rounds them, and germs, whose limits are rounded just so."""

    def value(x: Any) -> Any:
        if not isinstance(x, Germ):
            return plain(x)
        y = of_germ(x)
        limit = x.limit
        if isinstance(y, Germ) and not y.lost and np.isfinite(limit) and np.isfinite(number := plain(limit)):
            return y.with_limit(number)
        return y

    return lifted(value, 1)


def _smooth(derivatives: Callable[[Any], list[Any]]) -> Callable[[Germ], Any]:
    """A function of germs by its Taylor series; ``derivatives`` are its value and its derivatives, which repeat themselves."""

    def value(x: Germ) -> Any:
        if x.lost or not np.isfinite(x.limit):
            return x if x.lost else UNKNOWN
        return taylor(x, derivatives(x.limit))

    return value


def _choice(condition: Any, a: Any, b: Any) -> Any:
    """What a condition chooses; a condition that is lost is what comes back itself."""
    if isinstance(condition, Germ):
        return condition
    return a if condition else b


def _joining(*, decided: bool) -> Callable[..., Any]:
    """The connective that is ``decided`` by one condition of that truth: ``and`` by a false one, ``or`` by a true one."""

    def value(*conditions: Any) -> Any:
        if any(not isinstance(condition, Germ) and bool(condition) == decided for condition in conditions):
            return decided
        lost = [condition for condition in conditions if isinstance(condition, Germ)]
        return lost[0] if lost else not decided

    return value


_JOINED: dict[str, Callable[..., Any]] = {
    "and": _joining(decided=False),
    "or": _joining(decided=True),
    "not": lambda condition: condition if isinstance(condition, Germ) else not condition,
}


def _is_lost(x: Any) -> bool:
    """Whether a number or a germ has no value, not even for small t."""
    return bool(x.lost) if isinstance(x, Germ) else bool(np.isnan(x))


def _same(a: Any, b: Any) -> bool:
    """Whether two numbers or germs differ in nothing but the last digit."""
    a, b = germ(a), germ(b)
    return (
        len(a.terms) == len(b.terms)
        and bool(a.order == b.order)
        and all(e == f and abs(c - d) <= 1e-18 * abs(c) for (e, c), (f, d) in zip(a.terms, b.terms, strict=True))
    )


def lifted(function: Callable[..., Any], arguments: int) -> Callable[..., Any]:
    """A function of single germs or numbers as one of arrays of them."""
    lifted: Callable[..., Any] = np.frompyfunc(function, arguments, 1)
    return lifted


def combined(matrix: Array, vectors: Array) -> Array:
    """``matrix @ v`` for each row v of germs: power by power, so that it costs a few products of numbers."""
    result = np.empty((vectors.shape[0], matrix.shape[0]), object)
    for ray, vector in enumerate(vectors):
        germs = [germ(x) for x in vector]
        exponents = sorted({0.0, *(e for x in germs for e, _ in x.terms)})
        place = {e: position for position, e in enumerate(exponents)}
        coefficients = np.zeros((len(exponents), len(germs)), np.longdouble)
        for column, x in enumerate(germs):
            for e, c in x.terms:
                coefficients[place[e], column] += c
        sums = coefficients @ matrix.T.astype(np.longdouble)
        sizes = np.abs(coefficients) @ np.abs(matrix.T).astype(np.longdouble)
        orders = np.array([x.order for x in germs])
        lost = np.array([bool(x.lost) for x in germs])
        moving = np.array([isinstance(x, Germ) for x in vector])
        for row in range(matrix.shape[0]):
            used = matrix[row] != 0
            if (used & lost).any():
                reasons = {germs[column].lost for column in np.flatnonzero(used & lost)}
                result[ray, row] = UNDEFINED if "domain" in reasons else UNKNOWN
            elif (used & moving).any():
                significant = np.abs(sums[:, row]) > np.where(np.array(exponents) == 0, 0, NOISE) * sizes[:, row]
                kept = [(exponents[position], sums[position, row]) for position in np.flatnonzero(significant)]
                result[ray, row] = collected(kept, float(orders[used].min()))
            else:
                result[ray, row] = sums[0, row]
    return result


def pinned(x: Any, number: Any) -> Any:
    """A germ with the number at the point as its limit, when they differ by rounding only: ties there are ties here."""
    if not isinstance(x, Germ) or x.lost or x.order <= 0:
        return x
    limit = x.limit
    return x.with_limit(number) if 0 < abs(limit - number) <= CLOSE * abs(number) else x


def _limits(x: Array) -> Array:
    """The numbers that germs go to, in an array of germs and numbers."""
    return np.array([[y.limit if isinstance(y, Germ) else y for y in row] for row in x], np.longdouble)
