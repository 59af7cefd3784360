"""Answers as numpy's ``.npz`` and ``.npy`` and as CSV: every array under a name that says what it is."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np

from jacchain.errors import JacchainError, Problem
from jacchain.linear.map import Numbers
from jacchain.report.document import Matrix
from jacchain.report.records.json_arrays import numbers_text
from jacchain.results import Answers, Report


def run_npz(report: Report) -> bytes:
    """The arrays ``at``, ``x1 …`` (stage values), ``J1 …``, ``P1 …``, ``exponents`` and ``jacobian``.

    Where there are any also ``gradient``, ``seed`` and ``direction``.  A product is its array times two to its exponent.
    The same report is always the same bytes.
    """
    arrays: dict[str, Numbers] = {"at": report.pipeline.at}
    for stage in report.stages:
        arrays[f"x{stage.index}"] = stage.value
        arrays[f"J{stage.index}"] = stage.jacobian.linear.dense[0]
    for product in report.products:
        arrays[f"P{product.planned.number}"] = product.linear.dense[0]
    arrays["exponents"] = np.array([product.exponent for product in report.products], np.int64)
    arrays["jacobian"] = report.jacobian.dense[0]
    if report.gradient is not None:
        arrays["gradient"] = report.gradient
    arrays |= {name: along.product for name, along in (("seed", report.seed), ("direction", report.direction)) if along}
    return _archive(arrays)


def sweep_npz(parts: Sequence[Answers], *, scalar: bool) -> bytes:
    """The arrays ``at``, ``value``, ``jacobian``, at a scalar end ``gradient``, and ``failed``, whose rows are NaN."""
    at, value, jacobian = (np.concatenate(arrays) for arrays in zip(*((p.at, p.value, p.jacobian) for p in parts), strict=True))
    failed = np.zeros(len(at), bool)
    failed[[part.first - 1 + row for part in parts for row in part.failures]] = True
    arrays = {"at": at, "value": value, "jacobian": jacobian, "failed": failed}
    return _archive(arrays | ({"gradient": jacobian[:, 0]} if scalar else {}))


def _archive(arrays: dict[str, Numbers]) -> bytes:
    stream = BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type] # its other keywords are switches, none of which has these names
    return stream.getvalue()


def matrix_csv(matrix: Matrix) -> bytes:
    """A line for each row, every number as in JSON: with the digits that read back as the same double."""
    return numbers_text(_numbers(matrix))[1:-1].replace(b"],[", b"\n") + b"\n"


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
