"""The story: evaluate each stage, build its Jacobian, find the cheapest order, multiply, hand over the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from jacchain.chain.digits import account
from jacchain.chain.instance import Instance, StageCost, difference_cost
from jacchain.chain.order import parse_order
from jacchain.chain.plan import Mode
from jacchain.chain.planner import make_plan
from jacchain.chain.products import Factor, carry_out
from jacchain.errors import Fragment, JacchainError, Problem
from jacchain.expression.arithmetic import Array
from jacchain.expression.formula import Formula, derivative_formula
from jacchain.jacobian.agreement import agreement, is_cheap
from jacchain.jacobian.analytic import Derivative, differentiate, working_type
from jacchain.jacobian.colouring import colour_columns
from jacchain.jacobian.dependence import needed
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.directional import evaluation_operations, linearise, operations
from jacchain.jacobian.domain import led_here, refuse_values
from jacchain.jacobian.jacobian import Jacobian
from jacchain.jacobian.kinks import examine
from jacchain.jacobian.memory import claim_products, claim_stages
from jacchain.jacobian.precision import error_bar
from jacchain.jacobian.reach import reach
from jacchain.jacobian.rounding import derivative_error
from jacchain.jacobian.stage_difference import Differenced, jacobian_by_differences, reached_pattern, samples_per_column
from jacchain.jacobian.underflow import product_vanished, vanished
from jacchain.jacobian.verdict import Verdict
from jacchain.linear.map import LinearMap, Numbers
from jacchain.linear.pattern import Pattern
from jacchain.linear.product import multiply
from jacchain.pipeline.point import read_direction
from jacchain.pipeline.stage import Method, Pipeline, Stage
from jacchain.results import DECLINED, Along, PipelineFacts, Report, StageResult


@dataclass(frozen=True)
class Request:
    """What is asked of a run beside the pipeline itself.

    ``order`` is as a person writes it (``optimal``, ``(1 (2 3))``); ``strict`` refuses points without a derivative;
    ``certify`` encloses every number; ``spectrum`` asks for singular values; ``verbose`` for the reach of a derivative also where
    that takes longer than the rest.  ``method`` is that of all stages, in place of
    their own; ``check`` compares analytic Jacobians with differences where that is cheap.  In the mode ``matrix-free`` the
    products are made by passes through the stages; Jacobians are built for those who look at them, not for the products.
    ``seed`` and ``direction`` are vectors of outputs and of inputs, as a person writes them (``1,0``).
    """

    order: str = "optimal"
    strict: bool = False
    certify: bool = False
    spectrum: bool = False
    verbose: bool = False
    method: Method | None = None
    check: bool = True
    mode: Mode = "explicit"
    seed: str | None = None
    direction: str | None = None


def run(pipeline: Pipeline, request: Request) -> Report:
    """The whole answer for a pipeline at its point.

    Raises:
        JacchainError: a value or a derivative is not a finite double (JC40x), or the order is not a bracketing (JC02x).

    """
    order = parse_order(Fragment.whole(request.order, "--order"), len(pipeline.stages))
    w = None if request.seed is None else read_direction(request.seed, "--seed", pipeline.stages[-1].outputs)
    v = None if request.direction is None else read_direction(request.direction, "--direction", pipeline.inputs)
    stages, diagnostics = differentiate_stages(pipeline, request)
    jacobians = [stage.jacobian.linear for stage in stages]
    patterns = [linear.pattern for linear in jacobians]
    costs = stage_costs(pipeline, patterns, request.method) if request.mode == "matrix-free" else None
    plan = make_plan(Instance.of_patterns([pattern.T for pattern in patterns], costs), order)
    planned = [(product.entries, product.shape) for product in plan.products]
    claim_products([(pattern.count, pattern.shape) for pattern in patterns], planned)
    factors: list[Factor] = [linear.T for linear in jacobians]
    if request.mode == "matrix-free":
        factors = _unbuilt(pipeline, stages, diagnostics)
    products = tuple(replace(product, linear=product.linear.astype(float)) for product in carry_out(plan, factors))
    diagnostics += [product_vanished(number, product.vanished) for number, product in enumerate(products, 1) if product.vanished]
    total = products[-1].linear if products else jacobians[0].T
    if products and products[-1].exponent:
        raise JacchainError(Problem("JC404", "the Jacobian of the chain is larger than any double", help="scale the functions"))
    moves = reach([stage.program for stage in pipeline.stages], pipeline.at, thorough=request.verbose)
    report = Report(
        pipeline_facts(pipeline),
        tuple(stages),
        plan,
        products,
        total.T,
        total.dense[0, :, 0] if pipeline.scalar else None,
        tuple(diagnostics),
        digits=account(plan, jacobians, products, [_bar(stage.jacobian) for stage in stages]),
        reach=moves,
        unreached="" if moves is not None else _unreached(request),
        unchecked=_unchecked(pipeline, request),
        seed=None if w is None else Along(w, multiply(LinearMap.full(w[None]), total.T).dense[0, 0]),
        direction=None if v is None else Along(v, multiply(total.T, LinearMap.full(v[:, None])).dense[0, :, 0]),
    )
    if request.spectrum:
        from jacchain.chain.spectrum import spectra  # noqa: PLC0415 - only for those who ask

        report = replace(report, spectra=spectra(jacobians))
    if request.certify:
        from jacchain.certify import certify  # noqa: PLC0415 - only for those who ask

        report = replace(report, certificate=certify(pipeline, report))
    return report


def instance_of(pipeline: Pipeline, mode: Mode = "explicit") -> Instance:
    """What a planner needs to know of a pipeline: its zero patterns, which hold at every point, and what its stages cost."""
    x = pipeline.at[None]
    patterns = []
    claim_stages(pipeline.stages)
    for stage in pipeline.stages:
        derivative = differentiate(stage.program, x)
        differenced = stage.method == "difference"
        patterns.append(reached_pattern(stage.program) if differenced else derivative.linear.pattern)
        x = derivative.values
    costs = stage_costs(pipeline, patterns) if mode == "matrix-free" else None
    return Instance.of_patterns([pattern.T for pattern in patterns], costs)


def stage_costs(pipeline: Pipeline, patterns: Sequence[Pattern], method: Method | None = None) -> list[StageCost]:
    """What it costs to multiply with the Jacobian of each stage without building it, or to build it that way."""
    costs = []
    for stage, pattern in zip(pipeline.stages, patterns, strict=True):
        if (method or stage.method) == "difference":
            colours = int(colour_columns(pattern).max(initial=-1)) + 1
            costs.append(difference_cost(evaluation_operations(stage.program), colours, samples_per_column(stage.program)))
        else:
            count = operations(stage.program)
            costs.append(StageCost(None, count, count))
    return costs


def _unbuilt(pipeline: Pipeline, stages: Sequence[StageResult], diagnostics: Sequence[Diagnostic]) -> list[Factor]:
    """The stages in place of their Jacobians, but for Jacobians with numbers that a pass through the stage does not have."""
    given = {diagnostic.stage for diagnostic in diagnostics if diagnostic.kind != "underflow"}
    factors: list[Factor] = []
    x = pipeline.at[None]
    for stage, result in zip(pipeline.stages, stages, strict=True):
        points = x.astype(working_type(stage.program))
        linearised = linearise(stage.program, points)
        x = linearised.values
        if result.jacobian.method == "difference":
            factors.append(Differenced(stage, points[0], result.jacobian.linear))
        else:
            factors.append(result.jacobian.linear.T if stage.name in given else linearised)
    return factors


def pipeline_facts(pipeline: Pipeline) -> PipelineFacts:
    """What a report says of its pipeline."""
    return PipelineFacts(pipeline.name, pipeline.description, pipeline.file, pipeline.inputs, pipeline.at)


def _unreached(request: Request) -> str:
    """Why the reach of a derivative was not worked out."""
    return "the chain is too large" if request.verbose else "it would take longer than the rest of the run (-v does it)"


def _unchecked(pipeline: Pipeline, request: Request) -> str:
    """Why differences are left out, if they are."""
    if not request.check:
        return DECLINED
    return "" if is_cheap(pipeline.stages) else "they would take longer than the rest of the run"


def differentiate_stages(pipeline: Pipeline, request: Request) -> tuple[list[StageResult], list[Diagnostic]]:
    """Every stage at its point, with what is to be said about it.

    Values are carried on in the working type and rounded to doubles for the report only.
    """
    results: list[StageResult] = []
    diagnostics: list[Diagnostic] = []
    formulas: dict[int, Formula | None] = {}
    checked = not _unchecked(pipeline, request)
    claim_stages(pipeline.stages)
    x = pipeline.at[None]
    for stage in pipeline.stages:
        x = x.astype(working_type(stage.program))
        derivative = differentiate(stage.program, x)
        try:
            if (request.method or stage.method) == "difference":
                results.append(_result(stage, derivative, _differenced(stage, x, derivative)))
            else:
                examination = examine(stage, derivative, strict=request.strict)
                diagnostics += examination.diagnostics
                if id(stage.program) not in formulas:
                    formulas[id(stage.program)] = derivative_formula(stage.program.graph, stage.outputs)
                jacobian = _analytic(stage, examination.derivative, formulas[id(stage.program)])
                diagnostics += vanished(stage, examination.derivative, jacobian.linear)
                verdict = None
                if checked:
                    verdict = agreement(stage, x[0], (jacobian.linear, derivative_error(stage.program, x[0])))
                results.append(_result(stage, derivative, jacobian, verdict))
        except JacchainError as error:
            steps = [("x", pipeline.at), *((result.name, result.value) for result in results)]
            raise led_here(error, steps) from None
        x = derivative.values
    return results, diagnostics


def _differenced(stage: Stage, x: Array, derivative: Derivative) -> Jacobian:
    """The Jacobian of a stage by differences of its values."""
    refuse_values(stage.name, stage.program, derivative, needed(stage.program, derivative.registers))
    jacobian = jacobian_by_differences(stage, x[0])
    if not np.isfinite(jacobian.linear.values).all():
        message = f"differences yield no number for a derivative of `{stage.name}` here"
        raise JacchainError(Problem("JC412", message, stage.span, help="choose another point, or `method: analytic`"))
    return jacobian


def _analytic(stage: Stage, derivative: Derivative, formula: Formula | None) -> Jacobian:
    linear = derivative.linear.astype(float)
    structure = structure_name(linear, constant=derivative.constant)
    guarded = derivative.constant and derivative.linear.values.dtype != linear.values.dtype
    exact = guarded and np.array_equal(derivative.linear.values, linear.values)
    return Jacobian(linear, "analytic", structure, formula, error_bar(stage.program, derivative), exact=exact)


def _bar(jacobian: Jacobian) -> Numbers | None:
    """How far each entry of a Jacobian may be off, where that is known to be more or less than usual."""
    return np.broadcast_to(0.0, jacobian.linear.shape) if jacobian.exact else jacobian.error_bar


def _result(stage: Stage, derivative: Derivative, jacobian: Jacobian, verdict: Verdict | None = None) -> StageResult:
    value = derivative.values[0].astype(float)
    return StageResult(stage.index, stage.name, stage.inputs, stage.outputs, value, jacobian, verdict)


def structure_name(linear: LinearMap, *, constant: bool) -> str:
    """The most telling name of what holds for every x: the shape of the pattern, else that the numbers are constant."""
    name = linear.structure
    return "constant" if constant and name in {"dense", "sparse"} else name
