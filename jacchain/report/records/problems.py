"""Mistakes as a JSON object: where, what is wrong there, what it has to do with, the way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jacchain.errors import JacchainError, Problem, Span
from jacchain.report.notation.brevity import BREVITIES, MOST, PAGE, Brevity, short
from jacchain.report.records.json_text import Json, answer_bytes, json_bytes


def problems_json(error: JacchainError) -> bytes:
    """The mistakes as one JSON object, those that fit on a page, and how many there are besides."""
    records = _fitting(error.problems)
    return answer_bytes(errors=records, more=len(error.problems) - len(records), exit_code=error.exit_code)


def warnings_json(warnings: Sequence[Problem]) -> bytes:
    """Remarks that stop nothing as one JSON object, those that fit on a page."""
    return answer_bytes(warnings=_fitting(warnings))


def _fitting(problems: Sequence[Problem]) -> list[Json]:
    """The records that fit on a page together."""
    records: list[Json] = []
    for problem in problems[:MOST]:
        record = problem_record(problem, beside=records)
        if record is None:
            break
        records.append(record)
    return records


def problem_record(problem: Problem, beside: Sequence[Json] = ()) -> Json | None:
    """A problem as plain values, as long as fits beside others; None where it does not fit at all."""
    return next((found for found in _records(problem) if len(json_bytes({"errors": [*beside, found]})) <= PAGE), None)


def _records(problem: Problem) -> Iterator[Json]:
    """A problem as plain values, shorter and shorter; lines and columns are counted from 1, ``end`` is one past the last."""
    for brevity in BREVITIES:
        yield {
            "code": problem.code,
            "kind": problem.kind or None,
            "message": short(problem.message, brevity),
            **_place(problem.span, brevity),
            "label": short(problem.label, brevity),
            "related": [
                {**_place(span, brevity), "label": short(label, brevity)} for span, label in problem.related[: brevity.notes]
            ],
            "help": short(problem.help, brevity),
            "notes": [short(note, brevity) for note in problem.notes[: brevity.notes]],
        }


def _place(span: Span | None, brevity: Brevity) -> Json:
    if span is None:
        return {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    (line, column), (end_line, end_column) = span.position, span.source.position(span.end)
    return {
        "file": short(span.source.name, brevity),
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }
