"""A report as the JSON object that programs read: ``schemas/result.json`` says what every key means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jacchain.chain.digits import Digits
from jacchain.jacobian.jacobian import Jacobian
from jacchain.jacobian.judgement.verdict import Verdict
from jacchain.jacobian.nonsmooth.reach import Reach
from jacchain.linear.map import LinearMap, Numbers
from jacchain.report.records.json_text import Json, answer_bytes
from jacchain.report.records.plan import pipeline_record, plan_record, planned_record
from jacchain.report.size import is_large
from jacchain.results import ProductResult, Report, StageResult

if TYPE_CHECKING:  # few ask for it
    from jacchain.chain.spectrum import Spectrum, StageSpectrum


def run_json(report: Report) -> bytes:
    """The whole answer as one JSON object."""
    return answer_bytes(
        pipeline=pipeline_record(report.pipeline),
        stages=[_stage(stage) for stage in report.stages],
        plan=plan_record(report.plan),
        products=[_product(product) for product in report.products],
        jacobian=_entries(report.jacobian),
        gradient=report.gradient,
        diagnostics=report.diagnostics,
        certificate=report.certificate,
        digits=None if report.digits is None else _digits(report.digits),
        spectra=[_spectra(spectra) for spectra in report.spectra],
        reach=None if report.reach is None else _reach(report.reach),
        unreached=report.unreached or None,
        unchecked=report.unchecked or None,
        seed=report.seed,
        direction=report.direction,
    )


def _stage(stage: StageResult) -> Json:
    record = {
        "index": stage.index,
        "name": stage.name,
        "inputs": list(stage.inputs),
        "outputs": list(stage.outputs),
        "value": stage.value,
        "jacobian": _jacobian(stage.jacobian),
        "agreement": None if stage.agreement is None else _agreement(stage.agreement),
    }
    if stage.error_bar is not None:
        record["error_bar"] = stage.error_bar
    return record


def _agreement(verdict: Verdict) -> Json:
    return {"verdict": verdict.judgement, "largest_distance": verdict.largest_distance}


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


def _digits(digits: Digits) -> Json:
    return {
        "surviving": digits.surviving,
        "stages": digits.stages,
        "products": digits.products,
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
        "noise": spectrum.noise,
    }


def _reach(reach: Reach) -> Json:
    return {"left": reach.left, "right": reach.right, "nearest": [text or None for text in reach.nearest]}


def _product(product: ProductResult) -> Json:
    record = {**planned_record(product.planned), **_matrix(product.linear)}
    if product.exponent:
        record["exponent"] = product.exponent
    return record


def _matrix(linear: LinearMap) -> Json:
    """All entries as rows; of a very large matrix that is mostly zeros, the others with their places, counted from 1."""
    if is_large(linear):
        return {
            "data": None,
            "sparse": {
                "rows": linear.pattern.rows + 1,
                "columns": linear.pattern.columns + 1,
                "values": np.asarray(linear.values[0], float),
            },
        }
    return {"data": _entries(linear)}


def _entries(linear: LinearMap) -> Numbers:
    return np.ascontiguousarray(linear.dense[0], float)
