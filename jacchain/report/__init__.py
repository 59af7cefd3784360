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
    from jacchain.errors import JacchainError, Problem
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
            from jacchain.report.records.run import run_json

            return run_json(report)
        case "npz":
            from jacchain.report.records.arrays import run_npz

            return run_npz(report)
        case _:
            from jacchain.report.documents.run import run_document

            return render_page(run_document(report, look, next_steps=next_steps), look, form)


def render_page(document: Document, look: Look, form: str = "text") -> bytes:
    """A document in one of the formats for people."""
    from jacchain.report.painters.paint import paint

    return paint(document, look, form).encode()


def render_matrix(report: Report, name: str, form: str, look: Look) -> bytes:
    """One matrix of a run, by its name, also as ``csv`` and ``npy``."""
    from jacchain.report.documents.matrices import matrix_document, matrix_named

    matrix = matrix_named(report, name)
    match form:
        case "csv":
            from jacchain.report.records.arrays import matrix_csv

            return matrix_csv(matrix)
        case "npy":
            from jacchain.report.records.arrays import matrix_npy

            return matrix_npy(matrix)
        case _:
            return render_page(matrix_document(matrix), look, form)


def render_explanation(report: Report, name: MatrixName, look: Look) -> bytes:
    """How a matrix of a run, or one of its entries, comes about, as text."""
    from jacchain.report.documents.lesson import explanation

    return render_page(explanation(report, name, look), look)


def render_sweep(pipeline: Pipeline, answers: Iterable[Answers], form: str, look: Look) -> Iterator[bytes]:
    """The answers at many points: ``json`` and ``csv`` block by block, ``npz`` and documents once they are all there."""
    match form:
        case "json":
            from jacchain.report.records.sweep import json_lines

            yield from (json_lines(part, scalar=pipeline.scalar) for part in answers)
        case "csv":
            from jacchain.report.records.sweep import csv_head, csv_lines

            yield csv_head(pipeline)
            yield from map(csv_lines, answers)
        case "npz":
            from jacchain.report.records.arrays import sweep_npz

            yield sweep_npz(tuple(answers), scalar=pipeline.scalar)
        case _:
            from jacchain.report.documents.sweep import sweep_document

            yield render_page(sweep_document(pipeline, tuple(answers), look), look, form)


def render_plan(plan: Plan, pipeline: PipelineFacts | None, form: str, look: Look, survey: Survey | None = None) -> bytes:
    """A plan, with the pipeline it belongs to and what it was chosen from when they are there."""
    if form == "json":
        from jacchain.report.records.plan import plan_json

        return plan_json(plan, pipeline, survey)
    from jacchain.report.documents.plan import plan_document

    return render_page(plan_document(plan, look, pipeline, survey), look, form)


def render_curve(curve: Curve, form: str, look: Look) -> bytes:
    """The error of differences against their step."""
    if form == "json":
        from jacchain.report.records.json_text import answer_bytes

        return answer_bytes(curve=curve)
    from jacchain.report.documents.curve import curve_document

    return render_page(curve_document(curve, look), look, form)


def render_functions(functions: Sequence[FunctionFacts], form: str, look: Look) -> bytes:
    """The table of functions."""
    if form == "json":
        from jacchain.report.records.functions import functions_json

        return functions_json(functions)
    from jacchain.report.documents.functions import functions_document

    return render_page(functions_document(functions, look), look, form)


def render_function(forms: Sequence[FunctionFacts], form: str, look: Look) -> bytes:
    """The page of one function, in each of its forms."""
    if form == "json":
        return render_functions(forms, form, look)
    from jacchain.report.documents.functions import function_document

    return render_page(function_document(forms, look), look, form)


def render_check(check: CheckReport, form: str, look: Look) -> bytes:
    """The verdicts of ``check``."""
    if form == "json":
        from jacchain.report.records.check import check_json

        return check_json(check)
    from jacchain.report.documents.check import check_document

    return render_page(check_document(check, look), look, form)


def render_problems(error: JacchainError, form: str, look: Look) -> bytes:
    """Mistakes, as text or as ``json``."""
    if form == "json":
        from jacchain.report.records.problems import problems_json

        return problems_json(error)
    from jacchain.report.documents.problems import problems_document

    return render_page(problems_document(error, look), look)


def render_warnings(warnings: Sequence[Problem], form: str, look: Look) -> bytes:
    """Remarks that stop nothing, as text or as ``json``."""
    if form == "json":
        from jacchain.report.records.problems import warnings_json

        return warnings_json(warnings)
    from jacchain.errors import JacchainError
    from jacchain.report.documents.problems import problems_document

    return render_page(problems_document(JacchainError(*warnings), look, severity="warning"), look)
