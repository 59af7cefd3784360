"""A document as lines of a given width: what every text format has in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from jacchain.report.document import (
    Block,
    Document,
    Equation,
    Figure,
    Formulas,
    Gap,
    Matrix,
    Paragraph,
    Table,
    Term,
    note,
)
from jacchain.report.layout.box import Box, Line, padded, side_by_side, trimmed, unique, words
from jacchain.report.layout.matrix import formulas_box, matrix_box
from jacchain.report.layout.table import table_lines
from jacchain.report.layout.wrapping import wrapped
from jacchain.report.look import Look
from jacchain.report.notation.number import MARK, MARK_NOTE, UNCERTAIN, UNCERTAIN_NOTE

NOTES = {re.compile(rf"(?<!\d){UNCERTAIN}"): UNCERTAIN_NOTE, re.compile(rf"\d{MARK}"): MARK_NOTE}
"""What is to be explained below, and how."""

INDENT = 4
"""How far the second line of an equation is moved to the right."""


def lines(document: Document, look: Look) -> Iterator[Line]:
    """The lines of a document, none wider than the look allows; a sign that needs it is explained at the end."""
    notes: dict[str, None] = {}
    for block in document:
        for line in _block_lines(block, look):
            for run in line:
                if run.role in {"uncertain", "chosen"}:
                    notes |= dict.fromkeys(said for sign, said in NOTES.items() if sign.search(run.text))
            yield trimmed(line)
    for said in notes:
        yield from wrapped(note(said), look)


def plain(document: Document, look: Look) -> str:
    """The lines as text and nothing else."""
    return "".join("".join(run.text for run in line) + "\n" for line in lines(document, look))


def _block_lines(block: Block, look: Look) -> Iterator[Line]:
    match block:
        case Paragraph():
            yield from wrapped(block, look)
        case Equation():
            yield from _equation(block, look)
        case Table():
            yield from table_lines(block, look)
        case Figure():
            for line in block.lines:
                yield from wrapped(Paragraph(line), look)
        case Gap():
            yield ()


def _equation(equation: Equation, look: Look) -> Iterator[Line]:
    """The terms from left to right, on a further line where the next does not fit, and what they leave out."""
    units = list(_units(equation, look))
    notes = unique(said for unit in units for said in unit.notes)
    yield from _arranged(equation, units, look)
    for said in notes:
        yield from wrapped(note(said, 1), look)


def _arranged(equation: Equation, units: list[Box], look: Look) -> Iterator[Line]:
    together = sum(unit.width + 1 for unit in units) - 1
    lead = words(equation.lead, look)
    if equation.lead:
        lead = padded(lead, min(equation.margin, look.width // 3))
        if lead.width + 1 + together <= look.width and not _is_labelled(equation.terms[0]):
            yield from _placed([lead, *units], look)
            return
        yield from _placed([lead], look)
    first = INDENT if equation.lead and together + INDENT <= look.width else 0
    if equation.lead and not first:
        aside = max(0, min(INDENT + 1, look.width - units[0].width - 1))
        units[0] = side_by_side([padded(words((), look), aside), units[0]])
    yield from _flow(units, first, look)


def _is_labelled(term: Term) -> bool:
    """Whether names stand at the left of a matrix: beside a lead they would read as part of it."""
    return isinstance(term, Matrix | Formulas) and bool(term.rows)


def _flow(units: Sequence[Box], indent: int, look: Look) -> Iterator[Line]:
    """The boxes in rows, as many in each as fit; the rows after the first are moved to the right."""
    row = [padded(words((), look), indent - 1)] if indent else []
    for unit in units:
        taken = sum(box.width + 1 for box in row)
        if row and taken + unit.width > look.width:
            yield from _placed(row, look)
            row = [padded(words((), look), INDENT - 1)] if unit.width + INDENT <= look.width else []
        row.append(unit)
    yield from _placed(row, look)


def _units(equation: Equation, look: Look) -> Iterator[Box]:
    """Every matrix together with the words before it, where both fit on a line."""
    pending: Box | None = None
    for term in equation.terms:
        if not isinstance(term, Matrix | Formulas):
            if pending is not None:
                yield pending
            pending = words(term, look)
            continue
        before = 0 if pending is None else pending.width + 1
        if pending is not None and before > look.width // 3:
            yield pending
            pending, before = None, 0
        room = look.width - before - INDENT
        box = formulas_box(term, look) if isinstance(term, Formulas) else matrix_box(term, room, look)
        yield box if pending is None else side_by_side([pending, box])
        pending = None
    if pending is not None:
        yield pending


def _placed(row: Sequence[Box], look: Look) -> Iterator[Line]:
    box = side_by_side(row)
    if box.width <= look.width:
        yield from box.lines
    else:
        for line in box.lines:
            yield from wrapped(Paragraph(line, 0, INDENT), look)
