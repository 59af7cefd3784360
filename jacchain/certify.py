"""Certificates: bounds that hold the exact numbers of a chain, through every stage and every product of the plan."""

from __future__ import annotations

import platform
from collections.abc import Sequence

import numpy as np

from jacchain.chain.plan import Plan
from jacchain.expression.intervals import SLACK
from jacchain.jacobian.nonsmooth.enclosure import differentiate_enclosed
from jacchain.linear.enclosure import Enclosure
from jacchain.linear.interval import Interval, Real, hull, intersection, matrix_product, select, to_doubles, widened
from jacchain.linear.map import LinearMap, Numbers
from jacchain.pipeline.stage import Pipeline
from jacchain.results import Certificate, Report, StageResult

WORK = 1 << 20
"""Multiplications up to which the enclosure of the whole chain is sharpened."""


def certify(pipeline: Pipeline, report: Report) -> Certificate:
    """Enclosures of all values, Jacobians and products, and of the Jacobian of the chain, at the doubles of ``pipeline.at``.

    Every one holds the exact number and the number of the report.  Where a diagnostic of the report says that a number is used
    by convention, or was found from the surroundings of the point, that row is taken as it is.  Raises JacchainError (JC450)
    when a stage is too large.
    """
    x = Interval.point(np.asarray(pipeline.at, float))
    values, jacobians = [], []
    for stage, result in zip(pipeline.stages, report.stages, strict=True):
        derivative = differentiate_enclosed(stage.program, x)
        x = derivative.values
        values.append(x)
        jacobians.append(_with_settled_rows(derivative.jacobian, result))
    products = _products(report.plan, [_transposed(jacobian) for jacobian in jacobians])
    whole = _sharpened(_transposed(products[-1]), jacobians) if products else jacobians[0]
    return Certificate(
        tuple(_holding(value, result.value) for value, result in zip(values, report.stages, strict=True)),
        tuple(_holding(bounds, result.jacobian.linear.dense[0]) for bounds, result in zip(jacobians, report.stages, strict=True)),
        tuple(
            _holding(bounds, np.ldexp(result.linear.dense[0].astype(Real), result.exponent))
            for bounds, result in zip(products, report.products, strict=True)
        ),
        _holding(whole, report.jacobian.dense[0]),
        assumption(),
    )


def assumption() -> str:
    """What the bounds rest on, and what they were computed with."""
    digits = np.finfo(np.longdouble).nmant + 1
    found = np.show_config(mode="dicts") or {}
    features = ", ".join(found.get("SIMD Extensions", {}).get("found", [])) or "none"
    return (
        f"arithmetic is rounded to nearest in {digits} bits, library functions are within {SLACK} units in the last place; "
        f"numpy {np.__version__} on {platform.machine()}, CPU features: {features}"
    )


def _holding(bounds: Interval, shown: Numbers) -> Enclosure:
    """The enclosure in doubles of the exact numbers and of those that are shown."""
    return to_doubles(hull(bounds, Interval.point(shown)))


def _with_settled_rows(jacobian: Interval, result: StageResult) -> Interval:
    """The Jacobian of a stage, with the rows that were settled from the surroundings of the point as they are shown."""
    found = result.jacobian
    rows = np.isin(np.arange(len(result.outputs)), found.settled.outputs)
    shown = found.linear.dense[0]
    given = widened(shown, shown, np.finfo(float))
    if found.errors is not None:
        exact = LinearMap(found.linear.pattern, found.errors[None]).dense[0] == 0
        given = select(exact, Interval.point(shown), given)
    return select(rows[:, None], given, jacobian)


def _products(plan: Plan, factors: Sequence[Interval]) -> list[Interval]:
    """The products of a plan, in its order."""
    products: list[Interval] = []
    for planned in plan.products:
        sides = planned.left, planned.right
        left, right = ((factors if side.kind == "stage" else products)[side.number - 1] for side in sides)
        products.append(matrix_product(left, right))
    return products


def _sharpened(whole: Interval, jacobians: Sequence[Interval]) -> Interval:
    """The enclosure of ``J_q … J_1`` that was given, and another, as far as both agree.

    Products of intervals forget that errors shrink with what they are errors of.  With any numbers F_0 = I, F_1, F_2, … it is
    exactly ``J_q … J_1 - F_q``, the sum over k of ``(J_q … J_{k+1}) (J_k F_{k-1} - F_k)``: taken close to the products, these
    leave residuals that only true products amplify.
    """
    m, n = whole.shape
    if sum((m + n) * jacobian.lower.size for jacobian in jacobians) > WORK or not whole.known.all():
        return whole
    after = [Interval.point(np.eye(m))]
    for jacobian in jacobians[:0:-1]:
        after.append(matrix_product(after[-1], jacobian))
    product, error = Interval.point(np.eye(n)), Interval.point(np.zeros((m, n)))
    for jacobian, rest in zip(jacobians, after[::-1], strict=True):
        exact = matrix_product(jacobian, product)
        product = Interval.point(exact.lower + (exact.upper - exact.lower) / 2)
        residual = (exact - product).magnitude
        error = error + matrix_product(Interval.point(rest.magnitude), Interval.point(residual))
    return intersection(whole, product + Interval(-error.upper, error.upper))


def _transposed(x: Interval) -> Interval:
    """The transpose."""
    return x.mapped(np.transpose)
