"""The story: evaluate each stage, build its Jacobian, find the cheapest order, multiply, hand over the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

from jacchain.chain.digits import account
from jacchain.chain.instance import Instance, StageCost, difference_cost
from jacchain.chain.order import parse_order
from jacchain.chain.plan import Mode, Plan
from jacchain.chain.planner import make_plan
from jacchain.chain.products import Factor, ProductResult, carry_out
from jacchain.errors import Fragment, JacchainError, Problem
from jacchain.expression.formula import Formula, derivative_formula
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.accuracy.precision import entry_errors, error_bar, settled_errors, spoilt, value_bar
from jacchain.jacobian.accuracy.rounding import Errors, derivative_error, repeated, stage_errors
from jacchain.jacobian.accuracy.underflow import product_vanished, vanished
from jacchain.jacobian.analytic import Derivative, differentiate, working_type
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.differences.colouring import colour_columns
from jacchain.jacobian.differences.stage_difference import (
    Differenced,
    jacobian_by_differences,
    reached_pattern,
    samples_per_column,
)
from jacchain.jacobian.directional import evaluation_operations, linearise, operations
from jacchain.jacobian.jacobian import Jacobian
from jacchain.jacobian.judgement.agreement import agreement, is_cheap
from jacchain.jacobian.memory import claim_products, claim_stages
from jacchain.jacobian.nonsmooth.domain import led_here
from jacchain.jacobian.nonsmooth.kinks import Examination, examine, examine_differences
from jacchain.jacobian.nonsmooth.reach import reach
from jacchain.linear.map import LinearMap, Numbers
from jacchain.linear.pattern import Pattern
from jacchain.linear.product import multiply
from jacchain.pipeline.point import read_direction
from jacchain.pipeline.stage import Method, Pipeline, Stage
from jacchain.results import DECLINED, Along, PipelineFacts, Report, StageResult


class Request(Frozen, eq=True):
    """What is asked of a run beside the pipeline itself.

    ``order`` is as a person writes it (``optimal``, ``(1 (2 3))``); ``strict`` refuses points without a derivative;
    ``certify`` encloses every number; ``spectrum`` asks for singular values; ``verbose`` for the reach of a derivative also where
    that takes longer than the rest.  ``method`` is that of all stages, in place of their own; ``check`` compares analytic
    Jacobians with differences where that is cheap.  In the mode ``matrix-free`` the products are made by passes through the
    stages; Jacobians are built for those who look at them, not for the products.
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
    pipeline = pipeline if request.method is None else pipeline.differentiated_by(request.method)
    stages, diagnostics, refusals = differentiate_stages(pipeline, request)
    jacobians = [stage.jacobian.linear for stage in stages]
    patterns = [linear.pattern for linear in jacobians]
    costs = stage_costs(pipeline, patterns) if request.mode == "matrix-free" else None
    plan = make_plan(Instance.of_patterns([pattern.T for pattern in patterns], costs), order)
    claim_products([(pattern.count, pattern.shape) for pattern in patterns], [(one.entries, one.shape) for one in plan.products])
    products = multiplied(plan, [linear.T for linear in jacobians] if costs is None else _unbuilt(pipeline, stages, diagnostics))
    diagnostics += [product_vanished(number, product.vanished) for number, product in enumerate(products, 1) if product.vanished]
    total = products[-1].linear if products else jacobians[0].T
    crossing, refused = kinks_through(pipeline.stages, pipeline.at, total.T, diagnostics)
    diagnostics, refusals = diagnostics + crossing, refusals + refused
    if request.strict and refusals:
        raise JacchainError(*refusals)
    moves = reach([stage.program for stage in pipeline.stages], pipeline.at, thorough=request.verbose)
    report = Report(
        pipeline_facts(pipeline),
        tuple(stages),
        plan,
        products,
        total.T,
        total.dense[0, :, 0] if pipeline.scalar else None,
        tuple(diagnostics),
        digits=account(plan, jacobians, products, [_bars(stage.jacobian) for stage in stages]),
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


def multiplied(plan: Plan, factors: Sequence[Factor]) -> tuple[ProductResult, ...]:
    """The products of a plan in doubles.  Raises JacchainError (JC404) when the last is larger than any."""
    products = tuple(replace(product, linear=product.linear.astype(float)) for product in carry_out(plan, factors))
    if products and products[-1].exponent:
        raise JacchainError(Problem("JC404", "the Jacobian of the chain is larger than any double", help="scale the functions"))
    return products


def kinks_through(
    stages: Sequence[Stage], x: Numbers, jacobian: LinearMap, remarks: Sequence[Diagnostic]
) -> tuple[list[Diagnostic], list[Problem]]:
    """What there is to say of kinks that meet on the way through a chain, beside the ``remarks`` on its stages at x.

    Each is a remark, and the problem it is for somebody who wants no number by convention.
    """
    if len(stages) == 1 or not any(remark.kind == "kink" for remark in remarks):
        return [], []
    from jacchain.jacobian.nonsmooth.through import chain_remarks  # noqa: PLC0415 - few points need it

    crossing = chain_remarks(stages, x, jacobian.dense[0])
    return crossing, [Problem(one.code, one.message, help="choose another point", kind=one.kind) for one in crossing]


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


def stage_costs(pipeline: Pipeline, patterns: Sequence[Pattern]) -> list[StageCost]:
    """What it costs to multiply with the Jacobian of each stage without building it, or to build it that way."""
    costs = []
    for stage, pattern in zip(pipeline.stages, patterns, strict=True):
        if stage.method == "difference":
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


def differentiate_stages(pipeline: Pipeline, request: Request) -> tuple[list[StageResult], list[Diagnostic], list[Problem]]:
    """Every stage at its point, with what is to be said about it, and with why there would be no number but for conventions.

    Values are carried on in the working type and rounded to doubles for the report only.
    """
    results: list[StageResult] = []
    diagnostics: list[Diagnostic] = []
    refusals: list[Problem] = []
    spellings: dict[int, Callable[[], Formula | None]] = {}
    checked, measured = not _unchecked(pipeline, request), is_cheap(pipeline.stages)
    claim_stages(pipeline.stages)
    x = pipeline.at[None]
    repetitions, uncertain = repeated(pipeline.at), False
    for stage in pipeline.stages:
        x = x.astype(working_type(stage.program))
        derivative = differentiate(stage.program, x)
        try:
            errors = stage_errors(stage.program, repetitions.astype(x.dtype)) if measured else None
            if stage.method == "difference":
                jacobian = jacobian_by_differences(stage, derivative)
                examination = examine_differences(stage, derivative, jacobian)
            else:
                spell = spellings.setdefault(
                    id(stage.program), cache(partial(derivative_formula, stage.program.graph, stage.outputs))
                )
                examination = examine(stage, derivative)
                derivative = examination.derivative
                jacobian = _analytic(stage, examination, spell, errors)
            result = _result(stage, derivative, jacobian, errors)
            if checked and jacobian.method == "analytic":
                entries = errors.entries if errors and not uncertain else derivative_error(stage.program, x[0])
                bars = settled_errors(jacobian.linear, entries, jacobian.settled)
                result = replace(result, agreement=agreement(stage, x[0], (jacobian.linear, bars), jacobian.settled))
        except JacchainError as error:
            raise JacchainError(*led_here(error.problems, _steps(pipeline, results))) from None
        if examination.refusals:
            refusals += led_here(examination.refusals, _steps(pipeline, results))
        diagnostics += (*examination.diagnostics, *vanished(stage, derivative))
        if result.error_bar is not None and not uncertain:
            diagnostics += spoilt(stage, result.value, result.error_bar, last=stage is pipeline.stages[-1])
        uncertain = uncertain or result.error_bar is not None
        results.append(result)
        x = derivative.values
        repetitions = repetitions if errors is None else errors.points
    return results, diagnostics, refusals


def _steps(pipeline: Pipeline, results: Sequence[StageResult]) -> list[tuple[str, Numbers]]:
    """The numbers on the way to the next stage."""
    inputs = pipeline.stages[0].program.graph.parameters
    given = ((one.name, pipeline.at[one.start : one.start + one.size]) for one in inputs)
    return [*given, *((result.name, result.value) for result in results)]


def _analytic(stage: Stage, examination: Examination, spell: Callable[[], Formula | None], measured: Errors | None) -> Jacobian:
    derivative = examination.derivative
    linear = derivative.linear.astype(float)
    structure = structure_name(linear, constant=derivative.constant)
    settled = examination.settled
    errors = entry_errors(stage, derivative, None if measured is None else measured.entries, settled)
    bar = error_bar(stage.program, derivative, errors)
    return Jacobian(linear, "analytic", structure, spell, bar, errors=errors, settled=settled)


def _bars(jacobian: Jacobian) -> Numbers | None:
    """How far each entry of the pattern of a Jacobian may be off, where that is known."""
    if jacobian.errors is not None or jacobian.error_bar is None:
        return jacobian.errors
    return jacobian.error_bar[jacobian.linear.pattern.rows, jacobian.linear.pattern.columns]


def _result(stage: Stage, derivative: Derivative, jacobian: Jacobian, errors: Errors | None) -> StageResult:
    value = derivative.values[0].astype(float)
    bar = None if errors is None else value_bar(stage.program, derivative, errors, jacobian.settled)
    return StageResult(stage.index, stage.name, stage.inputs, stage.outputs, value, jacobian, error_bar=bar)


def structure_name(linear: LinearMap, *, constant: bool) -> str:
    """The most telling name of what holds for every x: the shape of the pattern, else that the numbers are constant."""
    name = linear.structure
    return "constant" if constant and name in {"dense", "scalar", "sparse"} else name
