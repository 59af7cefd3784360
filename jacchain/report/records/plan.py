"""A plan, what it was chosen from, and the pipeline it belongs to as parts of the JSON object."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from jacchain.chain.plan import Operand, Plan, PlannedProduct, bracketing
from jacchain.frozen import contents
from jacchain.report.records.json_text import Json, answer_bytes, exact_fragment, tree_fragment

if TYPE_CHECKING:
    from jacchain.chain.survey import Survey
    from jacchain.results import PipelineFacts


def plan_json(plan: Plan, pipeline: PipelineFacts | None = None, survey: Survey | None = None) -> bytes:
    """A plan as the part of the same object that it is, with the pipeline and what it was chosen from when they are there.

    All values are plain here: to see what another kind is, orjson would load numpy, which a plan of widths has no use for.
    """
    parts: Json = {} if pipeline is None else {"pipeline": pipeline_record(pipeline)}
    parts["plan"] = plan_record(plan)
    if survey is not None:
        parts["survey"] = _survey(survey)
    return answer_bytes(**parts)


def pipeline_record(facts: PipelineFacts) -> Json:
    """Which pipeline, and at which point."""
    return {
        "name": facts.name,
        "description": facts.description,
        "file": facts.file,
        "inputs": list(facts.inputs),
        "at": facts.at if all(map(isfinite, facts.at.tolist())) else None,
    }


def plan_record(plan: Plan) -> Json:
    """The order and its costs."""
    return {
        "order": bracketing(plan.tree),
        "tree": tree_fragment(plan.tree),
        "chosen": plan.order,
        "mode": plan.mode,
        "dims": list(plan.dims),
        "multiplications": plan.multiplications,
        "forward": plan.forward,
        "reverse": plan.reverse,
        "optimum": plan.optimum,
        "worst": plan.worst,
        "peak": plan.peak,
        "upper_bound": plan.upper_bound,
        "confirmed": list(plan.confirmed),
        "tangent": plan.tangent,
        "adjoint": plan.adjoint,
        "preaccumulation": plan.preaccumulation,
        "accumulations": [contents(accumulation) for accumulation in plan.accumulations],
        "products": exact_fragment([planned_record(product) for product in plan.products]),
    }


def _survey(survey: Survey) -> Json:
    return {
        "bracketings": _count(survey.bracketings),
        "optimal": _count(survey.optimal),
        "margin": survey.margin,
        "triangle": [[contents(candidate) for candidate in row] for row in survey.triangle],
        "alternatives": [
            {
                "order": bracketing(best.tree),
                "multiplications": best.multiplications,
                "peak": best.peak,
                "passes": [{"first": first, "last": last, "operation": operation} for first, last, operation in best.passes],
            }
            for best in survey.alternatives
        ],
        "candidates": [contents(candidate) for candidate in survey.candidates],
    }


def _count(count: int | None) -> int | str | None:
    """A count, as text where it is larger than the whole numbers of JSON readers."""
    return str(count) if count is not None and count >= 1 << 53 else count


def planned_record(planned: PlannedProduct) -> Json:
    """A product of a plan, without its numbers."""
    return {
        "name": f"P{planned.number}",
        "left": _operand(planned.left),
        "right": _operand(planned.right),
        "operation": planned.operation,
        "shape": planned.shape,
        "multiplications": planned.multiplications,
        "structure": planned.structure,
        "entries": planned.entries,
    }


def _operand(operand: Operand) -> str:
    return f"J{operand.number}T" if operand.kind == "stage" else f"P{operand.number}"
