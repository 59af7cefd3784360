"""How a person names a matrix of a run, or one of its entries: ``J``, ``J2``, ``P1[1,2]``."""

from __future__ import annotations

import re

from jacchain.frozen import Frozen
from jacchain.report.notation.text import PLAIN_DIGITS

_ENTRY = r"\s*([1-9][0-9]{0,8})\s*,\s*([1-9][0-9]{0,8})\s*"
_NAME = re.compile(rf"(J|[JP](?=[1-9]))([1-9][0-9]{{0,6}})?(?:\[{_ENTRY}\])?", re.IGNORECASE)

Entry = tuple[int, int]
"""Row and column, from 0."""


class MatrixName(Frozen, eq=True):
    """The Jacobian of the stage ``number`` (``kind`` J) or that product (P), from 1; number 0 is the Jacobian of the chain.

    With an ``entry`` it is that entry alone.
    """

    kind: str
    number: int
    entry: Entry | None = None

    def __str__(self) -> str:
        place = "" if self.entry is None else f"[{self.entry[0] + 1},{self.entry[1] + 1}]"
        return f"{self.kind}{self.number or ''}{place}"


def matrix_name(text: str) -> MatrixName | None:
    """The matrix or the entry that a text names, in letters of either case; None where it names none."""
    found = _NAME.fullmatch(text.strip().translate(PLAIN_DIGITS))
    if found is None:
        return None
    kind, number, row, column = found.groups()
    return MatrixName(kind.upper(), int(number or 0), None if row is None else (int(row) - 1, int(column) - 1))


def entry_named(text: str) -> Entry | None:
    """The entry that ``2,1`` names, rows and columns counted from 1 in the text; None where it names none."""
    found = re.fullmatch(_ENTRY, text)
    return None if found is None else (int(found[1]) - 1, int(found[2]) - 1)
