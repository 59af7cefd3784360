"""One matrix of a run, for a person as a document, for a program as text or bytes that hold all of its numbers."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np

from jacchain.chain.plan import Operand
from jacchain.errors import JacchainError, Problem
from jacchain.linear.map import Numbers
from jacchain.report.document import Document, Equation, Matrix, Run, runs
from jacchain.report.run_document import operand_matrix
from jacchain.report.symbols import jacobian_symbol
from jacchain.report.trust_document import Bars
from jacchain.results import Report

_NAME = re.compile(r"J|(?P<kind>[JP])(?P<number>[1-9][0-9]{0,6})")


def matrix_named(report: Report, name: str) -> Matrix:
    """The Jacobian of the chain (``J``) or of a stage (``J2``), or a product (``P1``), with its labels and its error bars.

    Raises JacchainError (JC003) when the run has no matrix of that name.
    """
    found = _NAME.fullmatch(name.strip())
    if found is not None and found["kind"] is None:
        return Matrix(report.jacobian, "J", report.stages[-1].outputs, report.pipeline.inputs, error_bar=Bars(report).whole)
    number = 0 if found is None else int(found["number"])
    if found is None or number > len(report.stages if found["kind"] == "J" else report.products):
        counts = {"J": len(report.stages), "P": len(report.products)}
        there = [f"{kind}1 … {kind}{count}" if count > 1 else f"{kind}1" for kind, count in counts.items() if count]
        message = f"there is no matrix `{name[:60]}` in this run"
        raise JacchainError(Problem("JC003", message, help=f"it has {', '.join(there)}, and J for the whole chain"))
    if found["kind"] == "P":
        return operand_matrix(report, Operand("product", number))
    stage, bar = report.stages[number - 1], Bars(report).jacobian(number)
    return Matrix(stage.jacobian.linear, jacobian_symbol(number), stage.outputs, stage.inputs, error_bar=bar)


def matrix_document(matrix: Matrix) -> Document:
    """The matrix after its name."""
    return (Equation((matrix,), runs(Run(matrix.name, "symbol"), " =")),)


def matrix_csv(matrix: Matrix) -> bytes:
    """A line for each row, every number as in JSON: with the digits that read back as the same double."""
    from jacchain.report.json_arrays import rows_text  # noqa: PLC0415 - a page needs no writer of JSON

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
