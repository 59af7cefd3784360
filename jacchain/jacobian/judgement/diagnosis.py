"""A mistake in a Jacobian, or the reason why nobody can judge it, in words and with its place; and how entries are named."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jacchain.errors import Span
from jacchain.frozen import Frozen
from jacchain.jacobian.judgement.verdict import Verdict

NAMED = 4
"""Names that are listed; the rest is counted."""

Mask = npt.NDArray[np.bool_]


class Diagnosis(Frozen, eq=True):
    """A mistake that explains some entries ``(row, column)``, from 0.

    ``span`` is where it is written; ``where`` is the sub-expression whose derivative went wrong, ``where_span`` its place.
    Kinds: ``inverse matrix``, ``transposed``, ``rows exchanged``, ``columns exchanged``, ``entries exchanged``, ``zero column``,
    ``zero row``, ``zero entry``, those of :data:`jacchain.jacobian.judgement.taken.TAKEN` and of
    :data:`jacchain.jacobian.judgement.slips.SLIPS`, ``wrong function``, ``other input``, ``factor``, ``rule``, ``unknown``,
    ``here only``, ``unseen`` by differences; of entries nobody can judge, ``kink`` and ``untrustworthy``.
    """

    kind: str
    message: str
    entries: tuple[tuple[int, int], ...]
    span: Span | None = None
    where: str = ""
    where_span: Span | None = None


def entries_of(verdict: Verdict, chosen: Mask) -> tuple[tuple[int, int], ...]:
    """The chosen ones of the entries that were judged, as rows and columns."""
    pattern = verdict.difference.pattern
    return tuple(zip(pattern.rows[chosen].tolist(), pattern.columns[chosen].tolist(), strict=True))


def name_of(verdict: Verdict, entry: tuple[int, int]) -> str:
    """``∂y/∂x``."""
    return f"∂{verdict.outputs[entry[0]]}/∂{verdict.inputs[entry[1]]}"


def named(verdict: Verdict, entries: tuple[tuple[int, int], ...]) -> str:
    """Some entries by their names, the rest of many counted."""
    shown = ", ".join(name_of(verdict, entry) for entry in entries[:NAMED])
    return shown + (f" and {len(entries) - NAMED} more" if len(entries) > NAMED else "")
