"""From a report to text, to a painted terminal, to JSON: a document of roles and one painter for each format.

``documents`` says what is to be said, ``layout`` breaks it into lines, ``painters`` write it for people, all in one ``notation``;
``records`` tells programs the same.  What is here hands a whole answer over as bytes; modules are imported when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from jacchain.report.size import claim_run

if TYPE_CHECKING:
    from jacchain.chain.plan import Plan
    from jacchain.chain.survey import Survey
    from jacchain.jacobian.differences.curve import Curve
    from jacchain.pipeline.stage import Pipeline
    from jacchain.report.document import Document
    from jacchain.report.look import Look
    from jacchain.report.notation.matrix_name import MatrixName
    from jacchain.results import Answers, CheckReport, FunctionFacts, PipelineFacts, Report


def render_run(report: Report, form: str, look: Look, *, next_steps: Sequence[str] = ()) -> bytes:
    """The answer of ``run`` in one of the formats ``text``, ``json``, ``markdown``, ``latex``, ``svg``, ``html``, ``npz``."""
    claim_run(report, form, look)
    match form:
        case "json":
            from jacchain.report.records.run import run_json  # noqa: PLC0415

            return run_json(report)
        case "npz":
            from jacchain.report.records.arrays import run_npz  # noqa: PLC0415

            return run_npz(report)
        case _:
            from jacchain.report.documents.run import run_document  # noqa: PLC0415
            from jacchain.report.painters.paint import paint  # noqa: PLC0415

            return paint(run_document(report, look, next_steps=next_steps), look, form).encode()


def render_matrix(report: Report, name: str, form: str, look: Look) -> bytes:
    """One matrix of a run, by its name, also as ``csv`` and ``npy``."""
    from jacchain.report.documents.matrix import matrix_csv, matrix_document, matrix_named, matrix_npy  # noqa: PLC0415

    matrix = matrix_named(report, name)
    match form:
        case "csv":
            return matrix_csv(matrix)
        case "npy":
            return matrix_npy(matrix)
        case _:
            from jacchain.report.painters.paint import paint  # noqa: PLC0415

            return paint(matrix_document(matrix), look, form).encode()


def render_explanation(report: Report, name: MatrixName, look: Look) -> bytes:
    """How a matrix of a run, or one of its entries, comes about, as text."""
    from jacchain.report.documents.matrix import explanation  # noqa: PLC0415

    return render_page(explanation(report, name, look), look)


def render_page(document: Document, look: Look) -> bytes:
    """A document that somebody else has written, as text."""
    from jacchain.report.painters.paint import paint  # noqa: PLC0415

    return paint(document, look).encode()


def render_sweep(pipeline: Pipeline, answers: Iterable[Answers], form: str, look: Look) -> Iterator[bytes]:
    """The answers at many points: ``json`` and ``csv`` block by block, ``npz`` and documents once they are all there."""
    from jacchain.report.documents import sweep as rows  # noqa: PLC0415

    match form:
        case "json":
            yield from (rows.json_lines(part, scalar=pipeline.scalar) for part in answers)
        case "csv":
            yield rows.csv_head(pipeline)
            yield from map(rows.csv_lines, answers)
        case "npz":
            yield rows.sweep_npz(tuple(answers), scalar=pipeline.scalar)
        case _:
            from jacchain.report.painters.paint import paint  # noqa: PLC0415

            yield paint(rows.sweep_document(pipeline, tuple(answers), look), look, form).encode()


def render_plan(plan: Plan, pipeline: PipelineFacts | None, form: str, look: Look, survey: Survey | None = None) -> bytes:
    """A plan, with the pipeline it belongs to and what it was chosen from when they are there."""
    if form == "json":
        from jacchain.report.records.plan import plan_json  # noqa: PLC0415

        return plan_json(plan, pipeline, survey)
    from jacchain.report.documents.plan import plan_document  # noqa: PLC0415
    from jacchain.report.painters.paint import paint  # noqa: PLC0415

    return paint(plan_document(plan, look, pipeline, survey), look, form).encode()


def render_curve(curve: Curve, form: str, look: Look) -> bytes:
    """The error of differences against their step."""
    from jacchain.report.documents.curve import curve_document, curve_json  # noqa: PLC0415
    from jacchain.report.painters.paint import paint  # noqa: PLC0415

    return curve_json(curve) if form == "json" else paint(curve_document(curve, look), look, form).encode()


def render_functions(functions: Sequence[FunctionFacts], form: str, look: Look) -> bytes:
    """The table of functions."""
    from jacchain.report.documents.functions import functions_document, functions_json  # noqa: PLC0415
    from jacchain.report.painters.paint import paint  # noqa: PLC0415

    return functions_json(functions) if form == "json" else paint(functions_document(functions, look), look, form).encode()


def render_function(forms: Sequence[FunctionFacts], form: str, look: Look) -> bytes:
    """The page of one function, in each of its forms."""
    from jacchain.report.documents.functions import function_document, functions_json  # noqa: PLC0415
    from jacchain.report.painters.paint import paint  # noqa: PLC0415

    return functions_json(forms) if form == "json" else paint(function_document(forms, look), look, form).encode()


def render_check(check: CheckReport, form: str, look: Look) -> bytes:
    """The verdicts of ``check``."""
    if form == "json":
        from jacchain.report.records.check import check_json  # noqa: PLC0415

        return check_json(check)
    from jacchain.report.documents.check import check_document  # noqa: PLC0415
    from jacchain.report.painters.paint import paint  # noqa: PLC0415

    return paint(check_document(check, look), look, form).encode()
