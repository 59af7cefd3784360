"""Certificates: bounds that hold the exact numbers of a chain, through every stage and every product of the plan."""

from __future__ import annotations

import platform
from collections.abc import Sequence

import numpy as np

from jacchain.chain.plan import Operand, Plan
from jacchain.expression.intervals import SLACK
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.enclosure import differentiate_enclosed
from jacchain.linear.interval import Interval, matrix_product, to_doubles, widened
from jacchain.linear.map import LinearMap
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.results import Certificate


def certify(
    pipeline: Pipeline, plan: Plan, jacobians: Sequence[LinearMap] = (), diagnostics: Sequence[Diagnostic] = ()
) -> Certificate:
    """Enclosures of all values, Jacobians and products, and of the Jacobian of the chain, at the doubles of ``pipeline.at``.

    Where a diagnostic says that a number is used by convention, or was found from the surroundings of the point, that row of
    ``jacobians`` is taken as it is.  Raises JacchainError (JC450) when a stage is too large.
    """
    x = Interval.point(np.asarray(pipeline.at, float))
    values, enclosed = [], []
    for stage in pipeline.stages:
        derivative = differentiate_enclosed(stage.program, x)
        jacobian = derivative.jacobian
        for row in _given_rows(stage, diagnostics):
            given = jacobians[stage.index - 1].dense[0, row]
            bounds = widened(given, given, np.finfo(float))
            jacobian.lower[row], jacobian.upper[row] = bounds.lower, bounds.upper
        x = derivative.values
        values.append(x)
        enclosed.append(jacobian)
    products = _products(plan, [_transposed(jacobian) for jacobian in enclosed])
    whole = _transposed(products[-1]) if products else enclosed[0]
    return Certificate(
        tuple(to_doubles(value) for value in values),
        tuple(to_doubles(jacobian) for jacobian in enclosed),
        tuple(to_doubles(product) for product in products),
        to_doubles(whole),
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


def _given_rows(stage: Stage, diagnostics: Sequence[Diagnostic]) -> list[int]:
    named = {diagnostic.output for diagnostic in diagnostics if diagnostic.stage == stage.name}
    return [row for row, output in enumerate(stage.outputs) if output in named]


def _products(plan: Plan, factors: Sequence[Interval]) -> list[Interval]:
    products: list[Interval] = []

    def operand(side: Operand) -> Interval:
        return (factors if side.kind == "stage" else products)[side.number - 1]

    for planned in plan.products:
        products.append(matrix_product(operand(planned.left), operand(planned.right)))  # noqa: PERF401 - it reads earlier ones
    return products


def _transposed(x: Interval) -> Interval:
    return Interval(x.lower.T, x.upper.T)
