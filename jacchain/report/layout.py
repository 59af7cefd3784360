"""A document as lines of a given width: what every text format has in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from jacchain.report.box import Box, Line, joined, padded, side_by_side, spoken, spoken_text, trimmed, unique, width_of, words
from jacchain.report.document import (
    Block,
    Cell,
    Column,
    Document,
    Equation,
    Figure,
    Formulas,
    Gap,
    Matrix,
    Paragraph,
    Run,
    Table,
    Vector,
    runs,
)
from jacchain.report.look import Look
from jacchain.report.matrix import formulas_box, matrix_box
from jacchain.report.number import UNCERTAIN, number_text
from jacchain.report.text import cells, shortened

UNCERTAIN_NOTE = f"{UNCERTAIN}  cannot be told from zero: the error bar is at least the size of the number"

_WORDS = re.compile(" +|[^ ]+(?: [=∈] [^ ]+)*")
_CHUNKS = re.compile(" {3,}|(?:[^ ]| {1,2}(?! ))+")
INDENT = 4
"""How far the second line of an equation is moved to the right."""
WORD = 6
"""Cells that words keep before numbers in a column of their own are cut."""
LEAST = 24
"""Cells that a column of numbers or of words is given, unless it needs less, before optional columns are."""


def lines(document: Document, look: Look) -> Iterator[Line]:
    """The lines of a document, none wider than the look allows; a sign that needs it is explained at the end."""
    uncertain = False
    for block in document:
        for line in _block_lines(block, look):
            uncertain = uncertain or any(run.role == "uncertain" for run in line)
            yield trimmed(line)
    if uncertain:
        yield from wrapped(Paragraph(runs(Run(UNCERTAIN_NOTE, "note"))), look)


def _block_lines(block: Block, look: Look) -> Iterator[Line]:
    match block:
        case Paragraph():
            yield from wrapped(block, look)
        case Equation():
            yield from _equation(block, look)
        case Table():
            yield from _table(block, look)
        case Figure():
            for line in block.lines:
                yield from wrapped(Paragraph(line), look)
        case Gap():
            yield ()


def wrapped(paragraph: Paragraph, look: Look) -> Iterator[Line]:
    """A paragraph in lines: broken at wide gaps, else at spaces, and inside words only where one is longer than a line."""
    start = min(paragraph.indent + paragraph.hang, look.width // 2)
    line: list[Run] = [Run(" " * paragraph.indent)]
    room = look.width - paragraph.indent
    blank = ""
    for chunk in _stretches([spoken(run, look) for run in paragraph.runs], _CHUNKS):
        fits = width_of(chunk) <= look.width - start
        if not fits and len(line) > 1 and look.width - room + len(blank) > start:
            yield joined(line)
            line, room, blank = [Run(" " * start)], look.width - start, ""
        for piece in [chunk] if fits else _cut(_stretches(chunk, _WORDS), look.width - start):
            if all(run.text.isspace() for run in piece):
                blank += "".join(run.text for run in piece)
                continue
            if len(blank) + width_of(piece) > room and len(line) > 1:
                yield joined(line)
                line, room, blank = [Run(" " * start)], look.width - start, ""
            blank = blank[: max(room - width_of(piece), 0)]
            line += [Run(blank, piece[0].role), *piece]
            room -= len(blank) + width_of(piece)
            blank = ""
    yield joined(line)


def _stretches(parts: Sequence[Run], pattern: re.Pattern[str]) -> Iterator[list[Run]]:
    """Gaps and what lies between them, over the ends of runs; ``pattern`` finds both."""
    text = "".join(run.text for run in parts)
    pending = iter(parts)
    run, used = next(pending, Run("")), 0
    for found in pattern.finditer(text):
        missing = found.end() - found.start()
        piece = []
        while missing:
            taken = run.text[used : used + missing]
            if taken:
                piece.append(Run(taken, run.role))
            missing -= len(taken)
            used += len(taken)
            if used == len(run.text) and missing:
                run, used = next(pending), 0
        yield [Run(found.group())] if found.group().isspace() else piece


def _cut(pieces: Iterable[list[Run]], width: int) -> Iterator[list[Run]]:
    """The pieces, those longer than a line cut to its length."""
    for piece in pieces:
        if width_of(piece) <= width:
            yield piece
            continue
        line: list[Run] = []
        room = width
        for run in piece:
            rest = run.text
            while cells(rest) > room:
                first = shortened(rest, room, "")
                yield [*line, Run(first, run.role)] if first else line
                line, room, rest = [], width, rest[len(first) :]
            line.append(Run(rest, run.role))
            room -= cells(rest)
        yield line


def _equation(equation: Equation, look: Look) -> Iterator[Line]:
    """The terms from left to right, on a further line where the next does not fit, and what they leave out."""
    units = list(_units(equation, look))
    notes = unique(note for unit in units for note in unit.notes)
    yield from _arranged(equation, units, look)
    for note in notes:
        yield from wrapped(Paragraph(runs(Run(note, "note")), 1), look)


def _arranged(equation: Equation, units: list[Box], look: Look) -> Iterator[Line]:
    together = sum(unit.width + 1 for unit in units) - 1
    lead = words(equation.lead, look)
    if equation.lead:
        lead = padded(lead, min(equation.margin, look.width // 3))
        if lead.width + 1 + together <= look.width:
            yield from _placed([lead, *units], look)
            return
        yield from _placed([lead], look)
    first = INDENT if equation.lead and together + INDENT <= look.width else 0
    if equation.lead and not first:
        aside = max(0, min(INDENT + 1, look.width - units[0].width - 1))
        units[0] = side_by_side([padded(words((), look), aside), units[0]])
    yield from _flow(units, first, look)


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


def _table(table: Table, look: Look) -> Iterator[Line]:
    """The rows under their titles, two cells of space between columns, numbers as many as fit.

    Where the width does not allow that, titles take two lines; then optional columns are left out, which is said below.
    """
    kept, left_out = list(range(len(table.columns))), list[int]()
    titles = [[column.title] for column in table.columns]
    widths = _widths(table, titles, kept, look)
    needed = _taken(widths)
    if needed > look.width:
        titles = [_broken(column.title) for column in table.columns]
        widths = _widths(table, titles, kept, look)
        needed = _taken(widths)
    while _taken(widths) > look.width:
        optional = max((table.columns[number].optional, place) for place, number in enumerate(kept))
        if not optional[0]:
            break
        left_out.append(kept.pop(optional[1]))
        widths = _widths(table, titles, kept, look)
    numeric = {place for place, number in enumerate(kept) if _is_numeric(table, number)}
    room = look.width - 2 * len(kept) + 1
    counted = numeric | {place for place, number in enumerate(kept) if table.columns[number].right}
    widths = _squeezed(_squeezed(widths, counted, room, WORD), numeric, room, 1)
    columns = [table.columns[number] for number in kept]
    height = max(len(titles[number]) for number in kept)
    for line in range(height):
        head = [[""] * (height - len(titles[number])) + titles[number] for number in kept]
        yield from _row([runs(Run(lines[line], "heading")) for lines in head], columns, widths, look)
    for row in table.rows:
        if isinstance(row, Run):
            yield from wrapped(Paragraph((row,), 1), look)
        else:
            yield from _row([row[number] for number in kept], columns, widths, look)
    if left_out:
        names = ", ".join(table.columns[number].title for number in sorted(left_out))
        yield from wrapped(Paragraph(runs(Run(f"left out: {names} (--width {needed})", "note")), 1), look)


def _taken(widths: Sequence[int]) -> int:
    """The cells that columns take with what is between them."""
    return sum(widths) + 2 * len(widths) - 1


def _broken(title: str) -> list[str]:
    """A title on two lines, the second no longer than the first, where it has several words."""
    words = title.split(" ")
    count = next((n for n in range(1, len(words)) if len(" ".join(words[:n])) >= len(" ".join(words[n:]))), len(words))
    return [" ".join(words[:count]), *([" ".join(words[count:])] if count < len(words) else [])]


def _widths(table: Table, titled: Sequence[Sequence[str]], kept: Sequence[int], look: Look) -> list[int]:
    """What every column would like to have; columns of numbers and of running words take what the others leave."""
    body = [row for row in table.rows if not isinstance(row, Run)]
    titles = [max(cells(spoken_text(line, look)) for line in titled[number]) for number in kept]
    widths = [
        max([title, *(_cell_width(row[number], look.width, look) for row in body)])
        for title, number in zip(titles, kept, strict=True)
    ]
    for place, number in enumerate(kept):
        if table.columns[number].flexible or _is_numeric(table, number):
            others = sum(widths) - widths[place] + 2 * len(widths) - 1
            room = min(widths[place], max(LEAST, look.width - others))
            widths[place] = max([titles[place], *(min(_cell_width(row[number], room, look), room) for row in body)])
    return widths


def _is_numeric(table: Table, number: int) -> bool:
    """Whether a column holds rows of numbers."""
    return any(isinstance(row[number], Vector) for row in table.rows if not isinstance(row, Run))


def _squeezed(widths: list[int], kept: set[int], room: int, least: int) -> list[int]:
    """The widths, the widest of those that are not kept made narrower until all fit, or none of them is wider than the least."""
    while sum(widths) > room:
        widest = max(((width, place) for place, width in enumerate(widths) if place not in kept), default=(0, 0))
        if widest[0] <= least:
            break
        widths = [width - (place == widest[1]) for place, width in enumerate(widths)]
    return widths


def _cell_width(cell: Cell, width: int, look: Look) -> int:
    return max(map(width_of, _cell(cell, width, look)))


def _row(row: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int], look: Look) -> Iterator[Line]:
    """The lines of a row: one, unless numbers go on below."""
    drawn = [_cell(cell, width, look) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, drawn))):
        line: list[Run] = [Run(" ")]
        for place, (cell, column, width) in enumerate(zip(drawn, columns, widths, strict=True)):
            parts = cell[number] if number < len(cell) else []
            padding = Run(" " * (width - width_of(parts)))
            line += ([Run("  ")] if place else []) + ([padding, *parts] if column.right else [*parts, padding])
        yield tuple(line)


def _cell(cell: Cell, width: int, look: Look) -> list[list[Run]]:
    """A cell in lines of at most so many cells; words are cut, numbers never."""
    if isinstance(cell, Vector):
        texts = _full_texts(cell, width, look) if look.full else [_some_text(cell, width, look)]
        return [[Run(text, "uncertain" if UNCERTAIN in text else "number")] for text in texts]
    parts, room = [], width
    for run in cell:
        said = spoken(run, look)
        text = shortened(said.text, room, "..." if look.ascii_only else "…")
        parts.append(Run(text, said.role))
        room -= cells(text)
        if text != said.text:
            break
    return [parts]


def _texts(vector: Vector, count: int, look: Look) -> list[str]:
    """The first numbers of a row."""
    bars = [0.0] * count if vector.error_bar is None else vector.error_bar[:count].tolist()
    return [number_text(value, look.digits, bar) for value, bar in zip(vector.values[:count].tolist(), bars, strict=True)]


def _full_texts(vector: Vector, width: int, look: Look) -> list[str]:
    """All numbers, in as many lines as they take."""
    lines: list[str] = []
    for text in _texts(vector, vector.values.size, look):
        if lines and len(lines[-1]) + 2 + len(text) <= width:
            lines[-1] += f"  {text}"
        else:
            lines.append(text)
    return lines


def _some_text(vector: Vector, width: int, look: Look) -> str:
    """As many numbers as fit on a line, and how many more there are."""
    count = vector.values.size
    texts = _texts(vector, min(count, width // 2 + 1), look)
    whole = "  ".join(texts)
    if len(texts) == count and len(whole) <= width:
        return whole
    dots = "..." if look.ascii_only else "…"
    while texts:
        texts.pop()
        text = "  ".join([*texts, f"{dots} {count - len(texts):,} more"])
        if len(text) <= width:
            return text
    return dots
