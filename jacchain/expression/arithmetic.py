"""Numbers by which the table of functions is evaluated: numpy arrays of any floating-point type.

Every value is an array ``(batch, n)``; a scalar has ``n = 1``, so that it broadcasts against vectors.  Rows of the table get an
arithmetic as ``o`` and use nothing else: another one with the same names evaluates them in intervals, or to fifty digits.
``matrix``, ``condition`` and ``choice`` are for what is no function of the table.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.expression.tree import COMPARISONS, CONNECTIVES

Array = npt.NDArray[Any]

_erf = np.frompyfunc(math.erf, 1, 1)
_erfc = np.frompyfunc(math.erfc, 1, 1)


class Arithmetic:
    """The operations on arrays of one floating-point type: double, the machine's long double, or complex double."""

    def __init__(self, dtype: npt.DTypeLike = float) -> None:
        self.dtype: np.dtype[Any] = np.dtype(dtype)

    @cached_property
    def pi(self) -> Any:
        """The circle constant, to all digits of the type."""
        return 4 * np.arctan(self.number(1.0))

    def number(self, value: float) -> Any:
        """A number in this arithmetic."""
        return np.asarray(value, self.dtype)[()]

    exp = staticmethod(np.exp)
    exp2 = staticmethod(np.exp2)
    expm1 = staticmethod(np.expm1)
    log = staticmethod(np.log)
    log2 = staticmethod(np.log2)
    log10 = staticmethod(np.log10)
    sin = staticmethod(np.sin)
    cos = staticmethod(np.cos)
    tan = staticmethod(np.tan)
    asin = staticmethod(np.arcsin)
    acos = staticmethod(np.arccos)
    atan = staticmethod(np.arctan)
    sinh = staticmethod(np.sinh)
    cosh = staticmethod(np.cosh)
    tanh = staticmethod(np.tanh)
    asinh = staticmethod(np.arcsinh)
    acosh = staticmethod(np.arccosh)
    atanh = staticmethod(np.arctanh)
    sqrt = staticmethod(np.sqrt)
    cbrt = staticmethod(np.cbrt)
    square = staticmethod(np.square)
    abs = staticmethod(np.abs)
    sign = staticmethod(np.sign)
    floor = staticmethod(np.floor)
    ceil = staticmethod(np.ceil)
    atan2 = staticmethod(np.arctan2)
    hypot = staticmethod(np.hypot)
    mod = staticmethod(np.mod)
    maximum = staticmethod(np.maximum)
    minimum = staticmethod(np.minimum)
    where = staticmethod(np.where)

    def matrix(self, matrix: Array, vectors: Array) -> Array:
        """``matrix @ v`` for each row v; in the longest floats ``dot`` makes the same sums as ``@`` in two thirds of the time."""
        if self.dtype == np.longdouble:
            return np.asarray(np.dot(np.ascontiguousarray(vectors), matrix.astype(self.dtype).T))
        return np.asarray((matrix @ vectors.T).T)

    def condition(self, operation: str, *arguments: Array) -> Array:
        """A comparison of numbers (by real part), or conditions joined: a number other than zero is true."""
        if operation in COMPARISONS:
            return np.asarray(COMPARISONS[operation](*(argument.real for argument in arguments)))
        return np.asarray(CONNECTIVES[operation](*(argument != 0 for argument in arguments)))

    def choice(self, condition: Array, a: Array, b: Array) -> Array:
        """``a`` where a condition that was worked out before is true, ``b`` elsewhere."""
        return np.where(condition != 0, a, b)

    def log1p(self, x: Array) -> Array:
        """``log(1 + x)``, accurate near zero also in complex numbers, where numpy adds the one first."""
        if self.dtype.kind == "f":
            return np.asarray(np.log1p(x))
        length = np.log1p(x.real * (2 + x.real) + np.square(x.imag)) / 2
        return np.where(np.abs(x.real) < 0.5, length + 1j * np.arctan2(x.imag, 1 + x.real), np.log1p(x))

    def erf(self, x: Array) -> Array:
        """The error function, to the digits of a double whatever the type."""
        nearest = x.astype(float)
        return np.asarray(_erf(nearest), self.dtype) + self._erf_slope(x, nearest)

    def erfc(self, x: Array) -> Array:
        """Its complement, to the digits of a double whatever the type."""
        nearest = x.astype(float)
        return np.asarray(_erfc(nearest), self.dtype) - self._erf_slope(x, nearest)

    def _erf_slope(self, x: Array, nearest: Array) -> Array:
        """What the rounding of x to a double leaves out: far out in the tail that is many times the last digit."""
        rest = x - nearest
        return np.where(rest == 0, rest, rest * 2 / np.sqrt(self.pi) * self.gauss(np.asarray(nearest, self.dtype), 1))

    def power(self, x: Array, y: Array) -> Array:
        """``x^y`` where a neighbourhood of x can be raised: x > 0, or x = 0 and y > 0; NaN elsewhere."""
        defined = (x > 0) | ((x == 0) & (y > 0)) if self.dtype.kind == "f" else np.True_
        return np.where(defined, np.power(x, y), np.nan)

    def raw_power(self, x: Array, n: Array) -> Array:
        """``x^n`` as the machine computes it: any sign of x for integers n; one exponent for all is cheaper."""
        if n.size and (n == n.flat[0]).all():
            return np.asarray(x ** n.flat[0])
        return np.asarray(np.power(x, n))

    def gauss(self, x: Array, rate: float) -> Array:
        """``exp(-rate x^2)`` for rate 1 or 1/2, without the error that squaring a large x would amplify."""
        high = x.astype(np.float32).astype(self.dtype) if self.dtype.kind == "f" else x
        near = np.abs(high) < 1e4
        high = np.where(near, high, x)
        rest = np.where(near, (x - high) * (x + high), 0)
        return np.asarray(np.exp(-rate * high * high) * np.exp(-rate * rest))

    def total(self, x: Array) -> Array:
        """The sum of the components."""
        return np.asarray(x.sum(-1, keepdims=True))

    def product(self, x: Array) -> Array:
        """The product of the components."""
        return np.asarray(x.prod(-1, keepdims=True))

    def peak(self, x: Array) -> Array:
        """The largest component (by real part)."""
        return np.asarray(x.max(-1, keepdims=True)) if self.dtype.kind == "f" else self._at(x, x.real.argmax(-1))

    def least(self, x: Array) -> Array:
        """The smallest component (by real part)."""
        return np.asarray(x.min(-1, keepdims=True)) if self.dtype.kind == "f" else self._at(x, x.real.argmin(-1))

    def _at(self, x: Array, places: Array) -> Array:
        """The component of each vector at a place of its own."""
        return np.take_along_axis(x, places[..., None], -1)

    def hits(self, x: Array) -> Array:
        """One for each component that is the largest, zero for the others."""
        return np.asarray(x.real >= self.peak(x).real, self.dtype)

    def count(self, x: Array) -> int:
        """How many components."""
        return int(x.shape[-1])

    def centred(self, x: Array) -> Array:
        """The components less their mean, and once more, since the mean of large components is rounded."""
        once = x - self.total(x) / self.count(x)
        return once - self.total(once) / self.count(x)

    def norm(self, x: Array) -> Array:
        """The Euclidean length, scaled so that nothing overflows or vanishes."""
        largest = self.peak(np.abs(x))
        safe = np.where(largest == 0, 1, largest)
        return largest * np.sqrt(self.total(np.square(x / safe)))

    def off_sum(self, x: Array) -> Array:
        """For each component, the sum of all others."""
        return self._others(x, np.add, 0.0)

    def off_product(self, x: Array) -> Array:
        """For each component, the product of all others."""
        return self._others(x, np.multiply, 1.0)

    def _others(self, x: Array, operation: np.ufunc, neutral: float) -> Array:
        """For each component, an operation on all others: on those before it, on those after it, and on both results."""
        edge = np.full((*x.shape[:-1], 1), neutral, x.dtype)
        before = operation.accumulate(np.concatenate([edge, x[..., :-1]], -1), axis=-1)
        after = operation.accumulate(np.concatenate([edge, x[..., :0:-1]], -1), axis=-1)[..., ::-1]
        return np.asarray(operation(before, after))

    def outer(self, x: Array, y: Array) -> Array:
        """All products of a component of x and one of y: ``(batch, n, n)``."""
        return np.asarray(x[..., :, None] * y[..., None, :])

    def full(self, diagonal: Array, others: Array) -> Array:
        """The matrix with the given diagonal and, off it, the given entries: ``(batch, n, n)``."""
        matrix = np.array(np.broadcast_to(others, (*diagonal.shape, diagonal.shape[-1])))
        index = np.arange(diagonal.shape[-1])
        matrix[..., index, index] = diagonal
        return matrix

    def columns(self, x: Array) -> Array:
        """Every row of a square matrix equal to x: ``(batch, n, n)``."""
        return np.broadcast_to(x[..., None, :], (*x.shape, x.shape[-1]))
