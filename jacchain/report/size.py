"""What an answer takes of the machine's memory once it is written out, told before a character of it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jacchain.memory import claim

if TYPE_CHECKING:
    from jacchain.linear.map import LinearMap
    from jacchain.report.look import Look
    from jacchain.results import Report

DENSE = 1 << 20
"""Entries up to which a sparse matrix is written out with its zeros."""
FULL = {"text": 120, "markdown": 120, "latex": 80, "html": 260, "svg": 850}
"""Bytes for each entry of a matrix that is written out in full, at the peak; measured."""
ENTRY, WRITTEN, LISTED, DIGITS = 13, 28, 72, 20
"""Bytes in JSON for an entry that is zero, what any other takes more, an entry with its place, and its digits; measured."""
NPZ = 32
"""Bytes for each entry of an archive."""
NAME = 120
"""Bytes for the name of a component wherever it is written."""


def claim_run(report: Report, form: str, look: Look) -> None:
    """Raises JacchainError (JC451) when what ``run`` has to write out does not fit into memory."""
    parts = [stage.jacobian.linear for stage in report.stages] + [product.linear for product in report.products]
    entries = sum(map(_entries, [*parts, report.jacobian]))
    match form:
        case "json":
            size = sum(LISTED * linear.pattern.count if is_large(linear) else _in_full(linear) for linear in parts)
            size += _in_full(report.jacobian) + (DIGITS * entries if report.digits else 0)
        case "npz":
            size = NPZ * entries
        case _:
            size = FULL[form] * entries if look.full else 0
    size += NAME * sum(len(stage.inputs) + len(stage.outputs) for stage in report.stages)
    way_out = "leave out --full" if look.full and form in FULL else "work with smaller vectors"
    claim(size, "the answer, written out,", way_out=way_out)


def _in_full(linear: LinearMap) -> int:
    """Bytes of a matrix in JSON with its zeros."""
    return ENTRY * _entries(linear) + WRITTEN * linear.pattern.count


def _entries(linear: LinearMap) -> int:
    return linear.shape[0] * linear.shape[1]


def is_large(linear: LinearMap) -> bool:
    """Whether a matrix is so large, and mostly zeros, that JSON leaves the zeros out."""
    return _entries(linear) > DENSE and 4 * linear.pattern.count < _entries(linear)
