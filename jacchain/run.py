"""The story: evaluate each stage, build its Jacobian, find the cheapest order, multiply, hand over the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jacchain.chain.instance import Instance
from jacchain.chain.order import parse_order
from jacchain.chain.planner import make_plan
from jacchain.chain.products import carry_out
from jacchain.errors import Fragment, JacchainError, Problem
from jacchain.expression.formula import Formula, derivative_formula
from jacchain.jacobian.analytic import Derivative, differentiate, working_type
from jacchain.jacobian.domain import refuse_failures
from jacchain.jacobian.jacobian import Jacobian
from jacchain.linear.map import LinearMap, Numbers
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.results import PipelineFacts, Report, StageResult


@dataclass(frozen=True)
class Request:
    """What is asked of a run beside the pipeline itself: ``order`` as a person writes it (``optimal``, ``(1 (2 3))``)."""

    order: str = "optimal"


def run(pipeline: Pipeline, request: Request) -> Report:
    """The whole answer for a pipeline at its point.

    Raises:
        JacchainError: a value or a derivative is not a finite double (JC401-JC404), or the order is not a bracketing (JC02x).

    """
    order = parse_order(Fragment.whole(request.order, "--order"), len(pipeline.stages))
    stages = tuple(differentiate_stages(pipeline))
    factors = [stage.jacobian.linear.T for stage in stages]
    plan = make_plan(Instance.of_patterns([factor.pattern for factor in factors]), order)
    products = carry_out(plan, factors)
    total = products[-1].linear if products else factors[0]
    if products and products[-1].exponent:
        raise JacchainError(Problem("JC404", "the Jacobian of the chain is larger than any double", help="scale the functions"))
    gradient = total.dense[0, :, 0] if pipeline.scalar else None
    return Report(pipeline_facts(pipeline), stages, plan, products, total.T, gradient)


def instance_of(pipeline: Pipeline) -> Instance:
    """What a planner needs to know of a pipeline: its zero patterns, which hold at every point."""
    x = pipeline.at[None]
    patterns = []
    for stage in pipeline.stages:
        derivative = differentiate(stage.program, x)
        patterns.append(derivative.linear.pattern.T)
        x = derivative.values
    return Instance.of_patterns(patterns)


def pipeline_facts(pipeline: Pipeline) -> PipelineFacts:
    """What a report says of its pipeline."""
    return PipelineFacts(pipeline.name, pipeline.description, pipeline.file, pipeline.inputs, pipeline.at)


def differentiate_stages(pipeline: Pipeline) -> list[StageResult]:
    """Every stage at its point: values are carried on in the working type and rounded to doubles for the report only."""
    results: list[StageResult] = []
    formulas: dict[int, Formula | None] = {}
    x = pipeline.at[None]
    for stage in pipeline.stages:
        derivative = differentiate(stage.program, x.astype(working_type(stage.program)))
        try:
            refuse_failures(stage.name, stage.program, derivative)
        except JacchainError as error:
            raise _with_history(error, pipeline, results) from None
        formula = formulas.setdefault(id(stage.program), derivative_formula(stage.program.graph))
        results.append(_rounded(stage, derivative, formula))
        x = derivative.values
    return results


def _rounded(stage: Stage, derivative: Derivative, formula: Formula | None) -> StageResult:
    linear = derivative.linear.astype(float)
    jacobian = Jacobian(linear, "analytic", structure_name(linear, constant=derivative.constant), formula)
    value = derivative.values[0].astype(float)
    return StageResult(stage.index, stage.name, stage.inputs, stage.outputs, value, jacobian)


def structure_name(linear: LinearMap, *, constant: bool) -> str:
    """The most telling name of what holds for every x: the shape of the pattern, else that the numbers are constant."""
    name = linear.structure
    return "constant" if constant and name in {"dense", "sparse"} else name


def _with_history(error: JacchainError, pipeline: Pipeline, results: Sequence[StageResult]) -> JacchainError:
    """The error, with the values that led to it."""
    history = [("x", pipeline.inputs, pipeline.at)] + [(stage.name, stage.outputs, stage.value) for stage in results]
    notes = tuple(f"{name} = {_some(values)}" for name, _, values in history[-4:])
    return JacchainError(*(replace(problem, notes=(*problem.notes, *notes)) for problem in error.problems))


def _some(values: Numbers) -> str:
    shown = ", ".join(f"{value:.6g}" for value in values[:6])
    return f"({shown}{', …' if values.size > 6 else ''})"
