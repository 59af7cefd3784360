"""The story: evaluate each stage, build its Jacobian, find the cheapest order, multiply, hand over the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jacchain.chain.digits import account
from jacchain.chain.instance import Instance, StageCost, difference_cost
from jacchain.chain.order import parse_order
from jacchain.chain.plan import Mode, Plan
from jacchain.chain.planner import make_plan
from jacchain.chain.products import Factor, ProductResult, carry_out
from jacchain.errors import Fragment, JacchainError, Problem
from jacchain.expression.program import read
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.accuracy.underflow import product_vanished
from jacchain.jacobian.analytic import derivative_of, working_type
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.differences.colouring import colour_columns, colour_count
from jacchain.jacobian.differences.stage_difference import Differenced, reached_pattern, samples_per_column
from jacchain.jacobian.directional import evaluation_operations, linearise, operations
from jacchain.jacobian.jacobian import Jacobian
from jacchain.jacobian.judgement.agreement import is_cheap
from jacchain.jacobian.memory import claim_products, claim_stages
from jacchain.jacobian.nonsmooth.reach import reach
from jacchain.linear.map import LinearMap, Numbers
from jacchain.linear.pattern import Pattern
from jacchain.linear.product import multiply
from jacchain.pipeline.point import read_direction
from jacchain.pipeline.stage import Method, Pipeline
from jacchain.results import DECLINED, Along, PipelineFacts, Report, StageResult
from jacchain.stages import Differentiated, differentiate_stages

if TYPE_CHECKING:
    from jacchain.chain.spectrum import StageSpectrum


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


class ChainResult(Frozen):
    """A chain at its point: every stage, the plan, every product, their transposed last, and what there is to say."""

    stages: tuple[StageResult, ...]
    plan: Plan
    products: tuple[ProductResult, ...]
    jacobian: LinearMap
    diagnostics: tuple[Diagnostic, ...]


def run(pipeline: Pipeline, request: Request) -> Report:
    """The whole answer for a pipeline at its point.

    Raises:
        JacchainError: a value or a derivative is not a finite double (JC40x), or the order is not a bracketing (JC02x).

    """
    w = None if request.seed is None else read_direction(request.seed, "--seed", pipeline.stages[-1].outputs)
    v = None if request.direction is None else read_direction(request.direction, "--direction", pipeline.inputs)
    pipeline = pipeline if request.method is None else pipeline.differentiated_by(request.method)
    chain = multiply_out(pipeline, request)
    jacobians, total = [stage.jacobian.linear for stage in chain.stages], chain.jacobian
    moves = reach([stage.program for stage in pipeline.stages], pipeline.at, thorough=request.verbose)
    report = Report(
        pipeline_facts(pipeline),
        chain.stages,
        chain.plan,
        chain.products,
        total,
        total.dense[0, 0] if pipeline.scalar else None,
        chain.diagnostics,
        digits=account(chain.plan, jacobians, chain.products, [_bars(stage.jacobian) for stage in chain.stages]),
        spectra=_spectra(jacobians) if request.spectrum else (),
        reach=moves,
        unreached="" if moves is not None else _unreached(request),
        unchecked=_unchecked(pipeline, request),
        seed=None if w is None else Along(w, multiply(LinearMap.full(w[None]), total).dense[0, 0]),
        direction=None if v is None else Along(v, multiply(total, LinearMap.full(v[:, None])).dense[0, :, 0]),
    )
    if request.certify:
        from jacchain.certify import certify  # noqa: PLC0415 - only for those who ask

        report = replace(report, certificate=certify(pipeline, report))
    return report


def multiply_out(pipeline: Pipeline, request: Request, plan: Plan | None = None, *, barred: bool = True) -> ChainResult:
    """The stages at their points, and the products of the plan, which is made where none is given.

    Without ``barred`` there are error bars where they were measured only.  Raises as :func:`run` does.
    """
    order = parse_order(Fragment.whole(request.order, "--order"), len(pipeline.stages))
    found = differentiate_stages(pipeline, checked=request.check, barred=barred)
    jacobians = [stage.jacobian.linear for stage in found.stages]
    patterns = [linear.pattern for linear in jacobians]
    costs = stage_costs(pipeline, patterns) if request.mode == "matrix-free" else None
    plan = plan or make_plan(Instance.of_patterns([pattern.T for pattern in patterns], costs), order)
    claim_products([(pattern.count, pattern.shape) for pattern in patterns], [(one.entries, one.shape) for one in plan.products])
    products = _multiplied(plan, [linear.T for linear in jacobians] if costs is None else _unbuilt(pipeline, found))
    total = products[-1].linear.T if products else jacobians[0]
    diagnostics = [*found.diagnostics]
    diagnostics += [product_vanished(number, product.vanished) for number, product in enumerate(products, 1) if product.vanished]
    crossing = _kinks_through(pipeline, total, diagnostics)
    refusals = [
        *found.refusals,
        *(Problem(one.code, one.message, help="choose another point", kind=one.kind) for one in crossing),
    ]
    if request.strict and refusals:
        raise JacchainError(*refusals)
    return ChainResult(found.stages, plan, products, total, (*diagnostics, *crossing))


def _multiplied(plan: Plan, factors: Sequence[Factor]) -> tuple[ProductResult, ...]:
    """The products of a plan in doubles.  Raises JacchainError (JC404) when the last is larger than any."""
    products = tuple(replace(product, linear=product.linear.astype(float)) for product in carry_out(plan, factors))
    if products and products[-1].exponent:
        raise JacchainError(Problem("JC404", "the Jacobian of the chain is larger than any double", help="scale the functions"))
    return products


def _kinks_through(pipeline: Pipeline, jacobian: LinearMap, remarks: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What there is to say of kinks that meet on the way through a chain, beside the ``remarks`` on its stages."""
    if len(pipeline.stages) == 1 or not any(remark.kind == "kink" for remark in remarks):
        return []
    from jacchain.jacobian.nonsmooth.through import chain_remarks  # noqa: PLC0415 - few points need it

    return chain_remarks(pipeline.stages, pipeline.at, jacobian.dense[0])


def _spectra(jacobians: Sequence[LinearMap]) -> tuple[StageSpectrum, ...]:
    from jacchain.chain.spectrum import spectra  # noqa: PLC0415 - only for those who ask

    return spectra(jacobians)


def instance_of(pipeline: Pipeline, mode: Mode = "explicit") -> Instance:
    """What a planner needs to know of a pipeline: its zero patterns, which hold at every point, and what its stages cost."""
    x = pipeline.at[None]
    patterns = []
    claim_stages(pipeline.stages)
    for stage in pipeline.stages:
        registers = stage.program.registers(x)
        differenced = stage.method == "difference"
        patterns.append(reached_pattern(stage.program) if differenced else derivative_of(stage.program, registers).linear.pattern)
        x = read(registers, stage.program.results)
    costs = stage_costs(pipeline, patterns) if mode == "matrix-free" else None
    return Instance.of_patterns([pattern.T for pattern in patterns], costs)


def stage_costs(pipeline: Pipeline, patterns: Sequence[Pattern]) -> list[StageCost]:
    """What it costs to multiply with the Jacobian of each stage without building it, or to build it that way."""
    costs = []
    for stage, pattern in zip(pipeline.stages, patterns, strict=True):
        if stage.method == "difference":
            colours = colour_count(colour_columns(pattern))
            costs.append(difference_cost(evaluation_operations(stage.program), colours, samples_per_column(stage.program)))
        else:
            count = operations(stage.program)
            costs.append(StageCost(None, count, count))
    return costs


def _unbuilt(pipeline: Pipeline, found: Differentiated) -> list[Factor]:
    """The stages in place of their Jacobians, but for Jacobians with numbers that a pass through the stage does not have."""
    given = {diagnostic.stage for diagnostic in found.diagnostics if diagnostic.kind != "underflow"}
    factors: list[Factor] = []
    x = pipeline.at[None]
    for stage, result in zip(pipeline.stages, found.stages, strict=True):
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


def _bars(jacobian: Jacobian) -> Numbers | None:
    """How far each entry of the pattern of a Jacobian may be off, where that is known."""
    if jacobian.errors is not None or jacobian.error_bar is None:
        return jacobian.errors
    return jacobian.error_bar[jacobian.linear.pattern.rows, jacobian.linear.pattern.columns]
