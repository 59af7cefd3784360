"""A report as numpy's ``.npz``: every array under a name that says what it is."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from jacchain.linear.map import Numbers
from jacchain.results import Report


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
    stream = BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type] # its other keywords are switches, none of which has these names
    return stream.getvalue()
