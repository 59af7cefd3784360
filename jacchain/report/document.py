"""What is to be said, piece by piece, without saying how it looks: runs of text with a role, in a handful of blocks.

A role tells what a piece of text *means*; colours, markup and line breaks are the business of the painters.
The set of blocks is closed: a painter handles every one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from jacchain.frozen import Frozen

if TYPE_CHECKING:  # a page without a matrix needs no numpy
    from jacchain.linear.map import LinearMap, Numbers

Role = Literal[
    "text",
    "title",
    "heading",
    "name",  # of a function, an input, an output, a file
    "symbol",  # of ours: J₂, P1, ∇
    "formula",  # in the language of pipeline files
    "number",
    "negative",
    "zero",  # computed, and zero here
    "structural",  # zero for every x
    "uncertain",  # not told from zero
    "label",
    "note",
    "good",
    "warning",
    "error",
    "help",
    "code",
    "command",
    "chosen",  # what a reader is to look at
]


class Run(NamedTuple):
    """A piece of text and what it means."""

    text: str
    role: Role = "text"


Runs = tuple[Run, ...]


class Matrix(Frozen):
    """A matrix to be shown: ``linear`` times two to the ``exponent``; notes about it call it by its ``name``.

    ``rows`` and ``columns`` label the entries where they are not empty; ``error_bar`` is m x n;
    a ``row`` or a ``column`` (from 0) is marked, or with both of them one entry.
    """

    linear: LinearMap
    name: str = ""
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    exponent: int = 0
    error_bar: Numbers | None = None
    row: int | None = None
    column: int | None = None


class Formulas(Frozen, eq=True):
    """A matrix whose entries are formulas; ``rows`` label them where they are not empty."""

    entries: tuple[tuple[str, ...], ...]
    rows: tuple[str, ...] = ()


class Vector(Frozen):
    """Numbers in a row, as many as fit: ``0.3775  0.3925  … 8 more``."""

    values: Numbers
    error_bar: Numbers | None = None


Term = Runs | Matrix | Formulas


class Paragraph(Frozen, eq=True):
    """Running text, lines after the first indented by ``hang``.

    It is broken at three spaces or more where that is enough, else at any.
    """

    runs: Runs
    indent: int = 0
    hang: int = 2


class Equation(Frozen, eq=True):
    """Words and matrices side by side as far as they fit, else below each other, after a ``lead`` of ``margin`` cells."""

    terms: tuple[Term, ...]
    lead: Runs = ()
    margin: int = 0


Cell = Runs | Vector


class Column(Frozen, eq=True):
    """A column of a table; ``optional`` ones are left out where the width does not allow them, and named; higher numbers first.

    Columns of numbers stand at the ``right``, or with their decimal ``point`` below each other, and are whole or left out.
    Words in a ``flexible`` column are cut where the others leave no more room.
    """

    title: str
    align: Literal["left", "right", "point"] = "left"
    optional: int = 0
    flexible: bool = False


class Table(Frozen, eq=True):
    """Rows of cells under their titles; a row that is one run says how many were left out."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...] | Run, ...]


class Figure(Frozen, eq=True):
    """Lines that are drawn and must stay as they are: trees, bars, excerpts of a source."""

    lines: tuple[Runs, ...]


class Gap(Frozen, eq=True):
    """An empty line."""


Block = Paragraph | Equation | Table | Figure | Gap
Document = tuple[Block, ...]


def runs(*parts: str | Run) -> Runs:
    """Runs from pieces, plain strings as ordinary text, empty ones dropped."""
    return tuple(Run(part) if isinstance(part, str) else part for part in parts if (part if isinstance(part, str) else part.text))


def note(text: str, indent: int = 0) -> Paragraph:
    """A remark in a paragraph of its own."""
    return Paragraph(runs(Run(text, "note")), indent)


def headed(title: str, *parts: str | Run) -> Paragraph:
    """What is said under a short title at its left."""
    return Paragraph(runs(Run(f"{title}  ", "heading"), *parts), hang=len(title) + 2)
