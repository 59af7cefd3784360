"""One matrix of a run, or one of its entries, by its name: shown, or told how it comes about."""

from __future__ import annotations

from jacchain.chain.plan import Operand
from jacchain.errors import JacchainError, Problem
from jacchain.frozen import replace
from jacchain.report.document import Document, Equation, Matrix, Paragraph, Run, runs
from jacchain.report.documents.lesson import step_document, steps
from jacchain.report.documents.matrices import matrix_named
from jacchain.report.look import Look
from jacchain.report.notation.matrix_name import MatrixName
from jacchain.results import Report


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
    return (Paragraph(step.head, hang=4), *step_document(report, step, look, entry, ("symbols", "numbers")))


def matrix_document(matrix: Matrix) -> Document:
    """The matrix after its name."""
    return (Equation((matrix,), runs(Run(matrix.name, "symbol"), " =")),)
