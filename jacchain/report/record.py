"""A report as the JSON object that programs read: ``schemas/result.json`` says what every key means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from jacchain import __version__
from jacchain.chain.digits import Digits
from jacchain.chain.plan import Operand, Plan, PlannedProduct
from jacchain.chain.spectrum import Spectrum, StageSpectrum
from jacchain.chain.survey import Survey
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.jacobian import Jacobian
from jacchain.jacobian.reach import Reach
from jacchain.linear.enclosure import Enclosure
from jacchain.linear.map import LinearMap, Numbers
from jacchain.report.json_text import Json, json_bytes, tree_fragment
from jacchain.results import Certificate, PipelineFacts, ProductResult, Report, StageResult

FORMAT_VERSION = "1.0"
DENSE = 1 << 20
"""Entries up to which a sparse matrix is written out with its zeros."""


def run_json(report: Report) -> bytes:
    """The whole answer as one JSON object."""
    return json_bytes(run_record(report))


def plan_json(plan: Plan, pipeline: PipelineFacts | None = None, survey: Survey | None = None) -> bytes:
    """A plan as the part of the same object that it is, with the pipeline and what it was chosen from when they are there."""
    facts = {} if pipeline is None else {"pipeline": pipeline_record(pipeline)}
    record = {**head(), **facts, "plan": plan_record(plan)}
    if survey is not None:
        record["survey"] = _survey(survey)
    return json_bytes(record)


def _survey(survey: Survey) -> Json:
    return {
        "bracketings": _count(survey.bracketings),
        "optimal": _count(survey.optimal),
        "margin": survey.margin,
        "triangle": [[asdict(candidate) for candidate in row] for row in survey.triangle],
        "alternatives": [
            {"order": best.bracketing(), "multiplications": best.multiplications, "peak": best.peak}
            for best in survey.alternatives
        ],
        "candidates": [asdict(candidate) for candidate in survey.candidates],
    }


def _count(count: int | None) -> int | str | None:
    """A count, as text where it is larger than the whole numbers of JSON readers."""
    return str(count) if count is not None and count >= 1 << 53 else count


def run_record(report: Report) -> Json:
    """The whole answer as plain values and arrays."""
    return {
        **head(),
        "pipeline": pipeline_record(report.pipeline),
        "stages": [_stage(stage) for stage in report.stages],
        "plan": plan_record(report.plan),
        "products": [_product(product) for product in report.products],
        "jacobian": _entries(report.jacobian),
        "gradient": report.gradient,
        "diagnostics": [diagnostic_record(diagnostic) for diagnostic in report.diagnostics],
        "certificate": None if report.certificate is None else _certificate(report.certificate),
        "digits": None if report.digits is None else _digits(report.digits),
        "spectra": [_spectra(spectra) for spectra in report.spectra],
        "reach": None if report.reach is None else _reach(report.reach),
    }


def head() -> Json:
    """What every object begins with."""
    return {"format_version": FORMAT_VERSION, "tool": {"name": "jacchain", "version": __version__}}


def pipeline_record(facts: PipelineFacts) -> Json:
    """Which pipeline, and at which point."""
    return {
        "name": facts.name,
        "description": facts.description,
        "file": facts.file,
        "inputs": list(facts.inputs),
        "at": facts.at,
    }


def plan_record(plan: Plan) -> Json:
    """The order and its costs."""
    return {
        "order": plan.bracketing(),
        "tree": tree_fragment(plan.tree, _depth(plan.products)),
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
        "accumulations": [asdict(accumulation) for accumulation in plan.accumulations],
        "products": [_planned(product) for product in plan.products],
    }


def diagnostic_record(diagnostic: Diagnostic) -> Json:
    """A remark on the point, every key always there."""
    return asdict(diagnostic)


def _stage(stage: StageResult) -> Json:
    return {
        "index": stage.index,
        "name": stage.name,
        "inputs": list(stage.inputs),
        "outputs": list(stage.outputs),
        "value": stage.value,
        "jacobian": _jacobian(stage.jacobian),
    }


def _jacobian(jacobian: Jacobian) -> Json:
    formula: Any = None
    if jacobian.formula is not None:
        formula = jacobian.formula.matrix if jacobian.formula.entries is None else jacobian.formula.entries
    record: Json = {
        "shape": list(jacobian.linear.shape),
        **_matrix(jacobian.linear),
        "method": jacobian.method,
        "structure": jacobian.structure,
        "formula": formula,
        "remarks": list(jacobian.remarks),
    }
    if jacobian.error_bar is not None:
        record["error_bar"] = jacobian.error_bar
    return record


def _certificate(certificate: Certificate) -> Json:
    return {
        "values": list(map(_enclosure, certificate.values)),
        "jacobians": list(map(_enclosure, certificate.jacobians)),
        "products": list(map(_enclosure, certificate.products)),
        "jacobian": _enclosure(certificate.jacobian),
        "assumption": certificate.assumption,
    }


def _enclosure(enclosure: Enclosure) -> Json:
    return {"lower": enclosure.lower, "upper": enclosure.upper, "exponent": enclosure.exponent}


def _digits(digits: Digits) -> Json:
    return {
        "surviving": digits.surviving,
        "stages": list(digits.stages),
        "products": list(digits.products),
        "place": digits.place or None,
    }


def _spectra(spectra: StageSpectrum) -> Json:
    return {"jacobian": _spectrum(spectra.jacobian), "running": _spectrum(spectra.running)}


def _spectrum(spectrum: Spectrum) -> Json:
    return {
        "singular_values": spectrum.singular_values,
        "norm": spectrum.norm,
        "condition": spectrum.condition,
        "rank": spectrum.rank,
        "exact": spectrum.exact,
    }


def _reach(reach: Reach) -> Json:
    return {"left": reach.left, "right": reach.right, "nearest": [text or None for text in reach.nearest]}


def _product(product: ProductResult) -> Json:
    record = {**_planned(product.planned), **_matrix(product.linear)}
    if product.exponent:
        record["exponent"] = product.exponent
    return record


def _planned(planned: PlannedProduct) -> Json:
    return {
        "name": f"P{planned.number}",
        "left": _operand(planned.left),
        "right": _operand(planned.right),
        "operation": planned.operation,
        "shape": list(planned.shape),
        "multiplications": planned.multiplications,
        "structure": planned.structure,
        "entries": planned.entries,
    }


def _operand(operand: Operand) -> str:
    return f"J{operand.number}T" if operand.kind == "stage" else f"P{operand.number}"


def _matrix(linear: LinearMap) -> Json:
    """All entries as rows; of a very large matrix that is mostly zeros, the others with their places, counted from 1."""
    if _is_large(linear):
        return {
            "data": None,
            "sparse": {
                "rows": linear.pattern.rows + 1,
                "columns": linear.pattern.columns + 1,
                "values": np.asarray(linear.values[0], float),
            },
        }
    return {"data": _entries(linear)}


def _is_large(linear: LinearMap) -> bool:
    m, n = linear.shape
    return m * n > DENSE and 4 * linear.pattern.count < m * n


def _entries(linear: LinearMap) -> Numbers:
    return np.ascontiguousarray(linear.dense[0], float)


def _depth(products: Sequence[PlannedProduct]) -> int:
    """How deep the bracketing is nested."""
    depths = [0]
    for product in products:
        operands = (product.left, product.right)
        depths.append(1 + max(depths[operand.number] if operand.kind == "product" else 0 for operand in operands))
    return depths[-1]
