"""One matrix of a run, for a person as a document, for a program as text or bytes that hold all of its numbers."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from jacchain.chain.plan import Operand
from jacchain.errors import JacchainError, Problem
from jacchain.frozen import replace
from jacchain.linear.map import Numbers
from jacchain.report.document import Document, Equation, Matrix, Paragraph, Run, runs
from jacchain.report.documents.lesson import step_document, steps
from jacchain.report.documents.run import operand_matrix
from jacchain.report.documents.trust import Bars
from jacchain.report.look import Look
from jacchain.report.notation.matrix_name import MatrixName, matrix_name
from jacchain.report.notation.symbols import jacobian_symbol
from jacchain.results import Report


def matrix_named(report: Report, text: str) -> Matrix:
    """The Jacobian of the chain (``J``) or of a stage (``J2``), or a product (``P1``), with its labels and its error bars.

    Raises JacchainError (JC003) when the run has no matrix of that name.
    """
    name = matrix_name(text)
    counts = {"J": len(report.stages), "P": len(report.products)}
    if name is None or name.entry is not None or name.number > counts[name.kind]:
        there = [f"{kind}1 … {kind}{count}" if count > 1 else f"{kind}1" for kind, count in counts.items() if count]
        message = f"there is no matrix `{text[:60]}` in this run"
        raise JacchainError(Problem("JC003", message, help=f"it has {', '.join(there)}, and J for the whole chain"))
    if not name.number:
        return Matrix(report.jacobian, "J", report.stages[-1].outputs, report.pipeline.inputs, error_bar=Bars(report).whole)
    if name.kind == "P":
        return operand_matrix(report, Operand("product", name.number))
    stage, bar = report.stages[name.number - 1], Bars(report).jacobian(name.number)
    return Matrix(stage.jacobian.linear, jacobian_symbol(name.number), stage.outputs, stage.inputs, error_bar=bar)


def explanation(report: Report, name: MatrixName, look: Look) -> Document:
    """How a matrix of a run, or one entry of it, comes about; an entry of the chain is one of the last product.

    Raises JacchainError (JC003) when the run has no such matrix, or the matrix no such entry.
    """
    m, n = matrix_named(report, str(replace(name, entry=None))).linear.shape
    entry = name.entry
    if entry is not None and not (entry[0] < m and entry[1] < n):
        message = f"{replace(name, entry=None)} is {m}×{n} and has no entry {entry[0] + 1},{entry[1] + 1}"
        raise JacchainError(Problem("JC003", message, help="row and column count from 1"))
    if not name.number and entry is not None:
        last = len(report.products)
        same = MatrixName("P", last, (entry[1], entry[0])) if last else MatrixName("J", 1, entry)
        told = Run(f"   {f'P{last} is the transpose of J' if last else 'there is one function'}", "note")
        return Paragraph(runs(Run(f"{name} = {same}", "symbol"), told)), *explanation(report, same, look)
    about = Operand("stage" if name.kind == "J" else "product", name.number) if name.number else "result"
    step = next(step for step in steps(report, look) if step.about == about)
    document = (Paragraph(step.head, hang=4), *step_document(report, step, look, entry))
    if entry is not None and name.kind == "P":
        document = (*document, *step_document(report, step, look, entry, symbols=True)[-1:])
    return document


def matrix_document(matrix: Matrix) -> Document:
    """The matrix after its name."""
    return (Equation((matrix,), runs(Run(matrix.name, "symbol"), " =")),)


def matrix_csv(matrix: Matrix) -> bytes:
    """A line for each row, every number as in JSON: with the digits that read back as the same double."""
    from jacchain.report.records.json_arrays import rows_text  # noqa: PLC0415 - a page needs no writer of JSON

    return rows_text(_numbers(matrix), b"\n") + b"\n"


def matrix_npy(matrix: Matrix) -> bytes:
    """The array as numpy's ``.npy``."""
    stream = BytesIO()
    np.save(stream, _numbers(matrix), allow_pickle=False)
    return stream.getvalue()


def _numbers(matrix: Matrix) -> Numbers:
    """All entries as doubles.  Raises JacchainError (JC404) where one is larger than any double."""
    entries = np.ascontiguousarray(matrix.linear.dense[0], float)
    with np.errstate(over="ignore"):
        scaled = np.asarray(np.ldexp(entries, matrix.exponent))
    if (np.isinf(scaled) & np.isfinite(entries)).any():
        raise JacchainError(Problem("JC404", f"{matrix.name} is larger than any double", help="scale the functions"))
    return scaled
