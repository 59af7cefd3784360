"""A plan carried out: every product once, operands first.

Entries may leave the range of a double on the way to a total that does not.  A product of which that is true is kept as a
matrix times a power of two, which is exact; the power is given back as soon as the entries allow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np

from jacchain.chain.plan import Operand, Plan, PlannedProduct
from jacchain.linear.map import LinearMap
from jacchain.linear.product import multiply

LARGEST_EXPONENT = 1024
SMALLEST_EXPONENT = -969
"""Magnitudes in ``[2^-970, 2^1024)`` are doubles, and so are all digits of them that add to the largest of them."""


@dataclass(frozen=True, eq=False)
class ProductResult:
    """One product of the plan, multiplied out: ``linear`` times two to the ``exponent``.

    The exponent is zero unless the largest entry is no double by itself: too large, or so small that digits would be lost.
    """

    planned: PlannedProduct
    linear: LinearMap
    exponent: int = 0


def carry_out(plan: Plan, factors: Sequence[LinearMap]) -> tuple[ProductResult, ...]:
    """The products of ``J₁ᵀ, …, J_qᵀ`` in the order of the plan, none for a chain of one factor.

    Never raises for the numbers: the last product has an exponent above zero when the total is larger than any double.
    """
    results: list[ProductResult] = []

    def operand(side: Operand) -> tuple[LinearMap, int]:
        if side.kind == "stage":
            return factors[side.number - 1], 0
        return results[side.number - 1].linear, results[side.number - 1].exponent

    for planned in plan.products:
        (left, left_exponent), (right, right_exponent) = operand(planned.left), operand(planned.right)
        linear, exponent = scaled_product(left, right, left_exponent + right_exponent)
        if exponent < 0 and planned is plan.products[-1]:
            linear, exponent = _shifted(linear, exponent), 0
        results.append(ProductResult(planned, linear, exponent))
    return tuple(results)


def scaled_product(left: LinearMap, right: LinearMap, exponent: int = 0) -> tuple[LinearMap, int]:
    """``left @ right`` times two to the ``exponent``, as a map and the exponent that is left: zero where doubles suffice."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        linear = multiply(left, right)
        size = magnitude(linear)
        if not SMALLEST_EXPONENT <= size <= LARGEST_EXPONENT:
            a, b = magnitude(left), magnitude(right)
            if not (isfinite(a) and isfinite(b)):
                return linear, 0
            linear = multiply(_shifted(left, -int(a)), _shifted(right, -int(b)))
            exponent += int(a + b)
            size = magnitude(linear)
        if size == -inf:
            return linear, 0
        if SMALLEST_EXPONENT <= size + exponent <= LARGEST_EXPONENT:
            return _shifted(linear, exponent), 0
    return linear, exponent


def magnitude(linear: LinearMap) -> float:
    """The least e with all entries below 2^e: minus infinity for a zero, infinity or NaN when an entry is not finite."""
    if not linear.values.size:
        return -inf
    largest = max(linear.values.max(), -linear.values.min())
    if largest == 0 or not np.isfinite(largest):
        return -inf if largest == 0 else float(largest)
    return int(np.frexp(largest)[1])


def _shifted(linear: LinearMap, exponent: int) -> LinearMap:
    if exponent == 0:
        return linear
    return LinearMap(linear.pattern, np.ldexp(linear.values, exponent))
