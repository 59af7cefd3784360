"""The answer of ``check`` as a JSON object: the same facts as in the document, and every entry."""

from __future__ import annotations

from jacchain.errors import Span
from jacchain.jacobian.judgement.diagnosis import Diagnosis
from jacchain.jacobian.judgement.verdict import EntryVerdict, Verdict
from jacchain.report.records.json_text import Json, answer_bytes
from jacchain.report.records.plan import pipeline_record
from jacchain.results import CheckReport

ENTRIES = 10_000
"""Entries of one Jacobian that are written out, the worst first."""


def check_json(check: CheckReport) -> bytes:
    """The verdicts as one JSON object, under the key ``check``."""
    record: Json = {
        "verdict": check.judgement,
        "stages": [
            {
                "index": stage.index,
                "name": stage.name,
                "judged": stage.judged,
                **_verdict(stage.verdict),
                "diagnoses": [_diagnosis(diagnosis) for diagnosis in stage.diagnoses],
            }
            for stage in check.stages
        ],
        "total": None if check.total is None else {**_verdict(check.total), "diagnoses": list(map(_diagnosis, check.diagnoses))},
        "witnesses": [
            {"name": witness.name, "verdict": witness.judgement, "message": witness.message, "value": witness.value}
            for witness in check.witnesses
        ],
        "remarks": list(check.remarks),
    }
    return answer_bytes(pipeline=pipeline_record(check.pipeline), check=record)


def _verdict(verdict: Verdict) -> Json:
    return {
        "verdict": verdict.judgement,
        "counts": {judgement: verdict.count(judgement) for judgement in ("agree", "inconclusive", "disagree")},
        "largest_distance": verdict.largest_distance,
        "evaluations": int(verdict.difference.evaluations.sum()),
        "entries": [_entry(entry) for entry in verdict.entries(ENTRIES)],
    }


def _entry(entry: EntryVerdict) -> Json:
    return {
        "output": entry.output,
        "input": entry.input,
        "row": entry.row + 1,
        "column": entry.column + 1,
        "verdict": entry.judgement,
        "reason": entry.reason or None,
        "value": entry.value,
        "value_bar": entry.value_bar,
        "difference": entry.difference,
        "difference_bar": entry.difference_bar,
        "step": entry.step,
        "side": entry.side,
        "evaluations": entry.evaluations,
        "left": entry.left,
        "right": entry.right,
    }


def _diagnosis(diagnosis: Diagnosis) -> Json:
    return {
        "kind": diagnosis.kind,
        "message": diagnosis.message,
        "entries": [{"row": row + 1, "column": column + 1} for row, column in diagnosis.entries],
        "where": diagnosis.where or None,
        **_place(diagnosis.span or diagnosis.where_span),
    }


def _place(span: Span | None) -> Json:
    if span is None:
        return {"file": None, "line": None, "column": None}
    line, column = span.position
    return {"file": span.source.name, "line": line, "column": column}
