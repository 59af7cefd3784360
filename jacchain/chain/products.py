"""A plan carried out: every product once, operands first.

Entries may leave the range of a double on the way to a total that does not.  A product of which that is true is kept as a
matrix times a power of two, which is exact; the power is given back as soon as the entries allow it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite
from typing import Protocol

import numpy as np

from jacchain.chain.plan import Building, Operand, Operation, Plan, PlannedProduct
from jacchain.frozen import Frozen
from jacchain.linear.map import LARGEST_EXPONENT, LinearMap, Numbers
from jacchain.linear.product import multiply

SMALLEST_EXPONENT = -969
"""Magnitudes in ``[2^-970, 2^1024)`` are doubles, and so are all digits of them that add to the largest of them."""


class Stage(Protocol):
    """A stage that can be multiplied with its Jacobian J without building it."""

    def tangent(self, columns: LinearMap) -> LinearMap:
        """``J @ columns``."""

    def adjoint(self, rows: LinearMap) -> LinearMap:
        """``rows @ J``."""


Factor = LinearMap | Stage
"""What stands for one factor of the chain: its matrix ``Jᵀ``, or the stage."""


class ProductResult(Frozen):
    """One product of the plan, multiplied out: ``linear`` times two to the ``exponent``.

    The exponent is zero unless the largest entry is no double by itself: too large, or so small that digits would be lost.
    ``vanished`` counts the entries that are zero only because they are smaller than any double.
    """

    planned: PlannedProduct
    linear: LinearMap
    exponent: int = 0
    vanished: int = 0


def carry_out(plan: Plan, factors: Sequence[Factor]) -> tuple[ProductResult, ...]:
    """The products of ``J₁ᵀ, …, J_qᵀ`` in the order of the plan, none for a chain of one factor.

    A plan of the matrix-free mode is carried out with the stages in place of their matrices; where a matrix stands all the
    same, it is multiplied.  Never raises for the numbers: the last product has an exponent above zero when the total is
    larger than any double.
    """
    results: list[ProductResult] = []
    built = {accumulation.stage: accumulation.operation for accumulation in plan.accumulations}

    def matrix(side: Operand) -> tuple[LinearMap, int]:
        if side.kind == "product":
            return results[side.number - 1].linear, results[side.number - 1].exponent
        shape = plan.dims[side.number - 1], plan.dims[side.number]
        return accumulated(factors[side.number - 1], built.get(side.number, "given"), shape), 0

    for planned in plan.products:
        vanished = 0
        stage = {"multiply": None, "tangent": planned.right, "adjoint": planned.left}[planned.operation]
        factor = None if stage is None else factors[stage.number - 1]
        if factor is None or isinstance(factor, LinearMap):
            (left, left_exponent), (right, right_exponent) = matrix(planned.left), matrix(planned.right)
            linear, exponent = scaled(multiply, (left, right), left_exponent + right_exponent)
            vanished = _vanished(left, right, linear)
        else:
            operand, exponent = matrix(planned.left if planned.operation == "tangent" else planned.right)
            linear, exponent = scaled(_eliminating(factor, planned.operation), (operand,), exponent)
        if exponent < 0 and planned is plan.products[-1]:
            present = np.count_nonzero(linear.values)
            linear, exponent = _shifted(linear, exponent), 0
            vanished += int(present - np.count_nonzero(linear.values))
        results.append(ProductResult(planned, linear, exponent, vanished))
    return tuple(results)


def _vanished(left: LinearMap, right: LinearMap, product: LinearMap) -> int:
    """Entries of a product that are zero although its terms are not, all of which are too small for a double."""
    if len(product.parts) == 1 and product.parts[0].all():
        return 0
    if sum(_least(part) for part in left.parts + right.parts) >= np.finfo(float).minexp:
        return 0
    sizes = [LinearMap(side.pattern, np.abs(side.values), side.unit) for side in (left, right)]
    ones = [LinearMap(side.pattern, np.sign(side.values), side.unit) for side in sizes]
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        terms, count = multiply(*sizes).values, multiply(*ones).values
    return int(((product.values == 0) & (count > 0) & (terms < np.finfo(float).tiny)).sum())


def accumulated(factor: Factor, building: Building, shape: tuple[int, int]) -> LinearMap:
    """The matrix ``Jᵀ`` of a factor, of a known shape: built column by column or row by row where only the stage is there."""
    if isinstance(factor, LinearMap):
        return factor
    if building == "adjoint":
        return factor.adjoint(LinearMap.identity(shape[1])).T
    return factor.tangent(LinearMap.identity(shape[0])).T


def _eliminating(stage: Stage, operation: Operation) -> Callable[[LinearMap], LinearMap]:
    """The product of a matrix with a stage that is not built, in the gradient chain: all transposed."""
    if operation == "tangent":
        return lambda matrix: stage.tangent(matrix.T).T
    return lambda matrix: stage.adjoint(matrix.T).T


def scaled(product: Callable[..., LinearMap], operands: tuple[LinearMap, ...], exponent: int = 0) -> tuple[LinearMap, int]:
    """A product of all operands, times two to the ``exponent``: a map, and the exponent left, zero where doubles suffice.

    What is too large for doubles has an exponent above zero, what is too small one below.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        linear = product(*operands)
        size = linear.magnitude
        if not SMALLEST_EXPONENT <= size <= LARGEST_EXPONENT:
            sizes = [operand.magnitude for operand in operands]
            if not all(map(isfinite, sizes)):
                return linear, 0
            linear = product(*(_shifted(operand, -int(size)) for operand, size in zip(operands, sizes, strict=True)))
            exponent += int(sum(sizes))
            size = linear.magnitude
        if size == -inf:
            return linear, 0
        if SMALLEST_EXPONENT <= size + exponent <= LARGEST_EXPONENT:
            return _shifted(linear, exponent), 0
        return _shifted(linear, -int(size)), exponent + int(size)


def _least(numbers: Numbers) -> float:
    """An e with all numbers but the zeros from 2^e up."""
    return float(np.log2(np.abs(numbers).min(where=numbers != 0, initial=1)))


def _shifted(linear: LinearMap, exponent: int) -> LinearMap:
    if exponent == 0:
        return linear
    return LinearMap(linear.pattern, np.ldexp(linear.values, exponent))
