"""Germs: how a quantity behaves as t goes to zero from above, as a sum of real powers of t.

These are the numbers of Levi-Civita, cut off after a few terms.  Evaluated along ``x + t d`` they tell the one-sided
derivative, a jump, an infinite slope and an exit from the domain apart without any step size, also where the chain rule says
infinity times zero.  Source: Shamseddine and Berz, Exception handling in derivative computation with nonarchimedean calculus, in:
Computational Differentiation, SIAM 1996.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from jacchain.frozen import Frozen

Real = np.longdouble
Term = tuple[float, Any]

NOISE = 64 * float(np.finfo(np.longdouble).eps)
"""A coefficient this small beside the terms that cancelled in it is rounding."""

NEAR = 1e-9
"""Exponents closer than this are the same."""

LOGARITHM = 1e-6
"""``log(1/t)`` grows more slowly than any power: it is carried as ``t`` to minus this, which is right for every limit."""


class Germ(Frozen):
    """``sum of c t^e`` over ``terms`` (e, c), with e increasing and no c zero, up to an unknown part ``o(t^e)``, ``e < order``.

    ``lost`` says why there is no such sum: ``domain`` (the function is not defined on that side) or ``unknown``.
    """

    __array_ufunc__ = None

    terms: tuple[Term, ...]
    order: float = np.inf
    lost: str = ""

    @property
    def lead(self) -> float:
        """The smallest exponent."""
        return self.terms[0][0] if self.terms else self.order

    @property
    def sign(self) -> int:
        """The sign for small t; zero when no term is known."""
        return int(np.sign(self.terms[0][1])) if self.terms else 0

    @property
    def limit(self) -> Any:
        """The value as t goes to zero: infinite at a pole, NaN when it is lost."""
        if self.lost or (self.order <= 0 and not self.terms):
            return Real(np.nan)
        if self.lead < -NEAR:
            return Real(self.sign * np.inf)
        return self.coefficient(0.0)

    def coefficient(self, exponent: float) -> Any:
        """The factor of ``t^exponent``, zero when there is no such term."""
        return next((c for e, c in self.terms if abs(e - exponent) < NEAR), Real(0))

    def without(self, exponent: float) -> Germ:
        """The germ without its term of that exponent."""
        return Germ(tuple(term for term in self.terms if abs(term[0] - exponent) >= NEAR), self.order, self.lost)

    def with_limit(self, value: Any) -> Germ:
        """The germ with another constant term."""
        others = self.without(0.0)
        return collected([*others.terms, (0.0, Real(value))], others.order) if not self.lost else self

    def shifted(self, exponent: float) -> Germ:
        """The germ times ``t^exponent``."""
        return Germ(tuple((e + exponent, c) for e, c in self.terms), self.order + exponent, self.lost)

    def derivative(self) -> Germ:
        """The derivative by t."""
        return Germ(tuple((e - 1, c * e) for e, c in self.terms if abs(e) >= NEAR), self.order - 1, self.lost)

    def integral(self) -> Germ:
        """The integral from zero to t; lost where there is none."""
        if self.lost or self.lead <= -1 + NEAR:
            return self if self.lost else UNKNOWN
        return Germ(tuple((e + 1, c / Real(e + 1)) for e, c in self.terms), self.order + 1)

    def __add__(self, other: Any) -> Any:
        other = germ(other)
        if self.lost or other.lost:
            return _lost(self, other)
        return collected([*self.terms, *other.terms], min(self.order, other.order))

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Germ) and other == 0 and not self.lost:
            return Real(0)
        other = germ(other)
        if self.lost or other.lost:
            return _lost(self, other)
        order = min(self.order + other.lead, other.order + self.lead)
        terms = []
        for e, c in self.terms:
            for f, d in other.terms:
                if e + f >= order - NEAR:
                    break
                terms.append((e + f, c * d))
        return collected(terms, order)

    def __neg__(self) -> Any:
        return Germ(tuple((e, -c) for e, c in self.terms), self.order, self.lost)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other

    def __truediv__(self, other: Any) -> Any:
        return _quotient(self, germ(other)) if isinstance(other, Germ) else self * (Real(1) / other if other else Real(np.nan))

    def __rtruediv__(self, other: Any) -> Any:
        return _quotient(germ(other), self)

    def __lt__(self, other: Any) -> bool:
        return germ(self - other).sign < 0

    def __le__(self, other: Any) -> bool:
        return germ(self - other).sign <= 0

    def __gt__(self, other: Any) -> bool:
        return germ(self - other).sign > 0

    def __ge__(self, other: Any) -> bool:
        return germ(self - other).sign >= 0

    __radd__ = __add__
    __rmul__ = __mul__


UNDEFINED = Germ((), lost="domain")
UNKNOWN = Germ((), lost="unknown")


def germ(value: Any) -> Germ:
    """A number as a germ that does not move; what is not finite is outside the domain of whatever made it."""
    if isinstance(value, Germ):
        return value
    if not np.isfinite(value):
        return UNDEFINED
    return Germ(((0.0, Real(value)),) if value else ())


def collected(terms: Iterable[Term], order: float) -> Germ:
    """The germ of terms in any order: equal exponents are added up, and what is only rounding is left out."""
    sums: list[list[Any]] = []
    for e, c in sorted(terms, key=lambda term: term[0]):
        if e >= order - NEAR:
            break
        if sums and e - sums[-1][0] < NEAR:
            sums[-1][1] += c
            sums[-1][2] += abs(c)
        else:
            sums.append([e, c, abs(c)])
    noise = [0.0 if abs(e) < NEAR else NOISE for e, _, _ in sums]
    kept = tuple((e, c) for (e, c, size), share in zip(sums, noise, strict=True) if c and abs(c) > share * size)
    if not all(np.isfinite(c) for _, c in kept):
        return UNKNOWN
    return Germ(kept, order)


def power(x: Germ, exponent: Any) -> Any:
    """``x^exponent`` for a number as exponent: any sign of x when that is whole."""
    p = float(exponent)
    if x.lost or not x.terms:
        if x.lost or p < 0:
            return x if x.lost else UNDEFINED
        return Germ((), x.order * p) if p else Real(1)
    e, c = x.terms[0]
    if c < 0 and not p.is_integer():
        return UNDEFINED
    rest = Germ(tuple((f - e, d / c) for f, d in x.terms[1:]), x.order - e)
    lead = np.power(c, Real(exponent))
    coefficients = [Real(1)]
    for k in range(_length(rest)):
        coefficients.append(coefficients[-1] * (Real(exponent) - k) / (k + 1))
    return (series(coefficients, rest) * lead).shifted(e * p) if rest.terms or np.isfinite(rest.order) else Germ(((e * p, lead),))


def _quotient(a: Germ, b: Germ) -> Any:
    """``a/b``; where both go to finite limits other than zero, with the limit rounded as a quotient of numbers is."""
    quotient = a * power(b, -1)
    if a.lost or b.lost or quotient.lost or abs(a.lead) > NEAR or abs(b.lead) > NEAR:
        return quotient
    return quotient.with_limit(a.limit / b.limit)


def series(coefficients: Sequence[Any], step: Germ) -> Any:
    """``sum of coefficients[k] step^k`` for a step that goes to zero."""
    total: Any = germ(coefficients[0])
    factor: Any = step
    for coefficient in coefficients[1:]:
        total = total + factor * coefficient
        factor = factor * step
    return total if np.isinf(step.order) else Germ(total.terms, min(total.order, step.order), total.lost)


def taylor(x: Germ, derivatives: Sequence[Any]) -> Any:
    """A function of x from its value and derivatives at the limit of x, the list of which repeats itself."""
    step = x.without(0.0)
    coefficients = [Real(derivatives[0])]
    factorial = Real(1)
    for k in range(1, _length(step) + 1):
        factorial *= k
        coefficients.append(Real(derivatives[k % len(derivatives)]) / factorial)
    return series(coefficients, step)


def exponential(x: Germ) -> Any:
    """``exp(x)``: zero where x falls like a power, lost where it grows like one."""
    if x.lost:
        return x
    if x.lead < -NEAR:
        return Real(0) if x.sign < 0 and x.lead < -2 * LOGARITHM else UNKNOWN
    return taylor(x, [np.exp(x.limit)])


def logarithm(x: Germ) -> Any:
    """``log(x)`` for x > 0; its own growth at x = 0 is that of a very small power."""
    if x.lost or x.sign <= 0:
        return x if x.lost else UNDEFINED
    e, c = x.terms[0]
    rest = Germ(tuple((f - e, d / c) for f, d in x.terms[1:]), x.order - e)
    coefficients = [np.log(c)] + [Real((-1) ** (k + 1)) / k for k in range(1, _length(rest) + 1)]
    growth = Germ(((-LOGARITHM, -Real(e)),)) if abs(e) >= NEAR else Germ(())
    return series(coefficients, rest) + growth


def _length(step: Germ) -> int:
    """How many powers of a step stand before its unknown part; of a step that is known whole, 24 at most."""
    if not step.terms:
        return 1
    return int(min(24, np.ceil(step.order / step.lead)))


def _lost(a: Germ, b: Germ) -> Germ:
    """What comes of two germs of which one is lost at least: outside of the domain if either is."""
    return UNDEFINED if "domain" in {a.lost, b.lost} else UNKNOWN
