"""A table in lines of a given width: numbers are never cut, columns that do not fit are left out by name or go below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jacchain.frozen import replace
from jacchain.report.document import Cell, Column, Paragraph, Run, Table, Vector, note, runs
from jacchain.report.layout.box import Line, width_of
from jacchain.report.layout.wrapping import wrapped
from jacchain.report.look import Look
from jacchain.report.notation.number import MARK, number_texts, point_of
from jacchain.report.notation.text import cells, shortened, spoken, spoken_text

WORD = 6
"""Cells that words keep before numbers in a column of their own are cut."""
LEAST = 24
"""Cells that a column of numbers or of words is given, unless it needs less, before optional columns are."""


def table_lines(table: Table, look: Look) -> Iterator[Line]:
    """The rows under their titles, two cells of space between columns, numbers as many as fit.

    Where the width does not allow that, titles take two lines; then columns are left out, which is said below, or, where nothing
    is to be left out, columns go on below in a further panel that begins with the first column.
    """
    table = _pointed(table, look)
    everything = list(range(len(table.columns)))
    titles = [[column.title] for column in table.columns]
    if _taken(_widths(table, titles, everything, look)) > look.width:
        titles = [_broken(column.title) for column in table.columns]
    panels = _panels(table, titles, look) if look.full else [_fitting(table, titles, look)]
    for number, panel in enumerate(panels):
        if number:
            yield ()
        yield from _panel_lines(table, titles, panel, look)
    left_out = sorted(set(everything).difference(*panels))
    if left_out:
        names = ", ".join(table.columns[number].title for number in left_out)
        needed = _taken(_widths(table, titles, everything, look))
        yield from wrapped(note(f"left out: {names} (--width {needed})", 1), look)


def table_width(table: Table, look: Look) -> int:
    """The cells that all columns take, titles on one line."""
    return _taken(_widths(table, [[column.title] for column in table.columns], range(len(table.columns)), look))


def _pointed(table: Table, look: Look) -> Table:
    """The table with blanks around the numbers of a column that puts their decimal points below each other."""
    bodies = [row for row in table.rows if not isinstance(row, Run)]
    columns = [
        [_text(row[number], look) for row in bodies] if column.align == "point" else []
        for number, column in enumerate(table.columns)
    ]
    points = [max(map(point_of, texts), default=0) for texts in columns]
    ends = [max((cells(text) - point_of(text) for text in texts), default=0) for texts in columns]

    def placed(cell: Cell, number: int) -> Cell:
        if isinstance(cell, Vector) or table.columns[number].align != "point":
            return cell
        text = _text(cell, look)
        before, after = points[number] - point_of(text), ends[number] - cells(text) + point_of(text)
        return (Run(" " * before), *cell, Run(" " * after))

    rows = (row if isinstance(row, Run) else tuple(map(placed, row, range(len(row)))) for row in table.rows)
    return replace(table, rows=tuple(rows))


def _text(cell: Cell, look: Look) -> str:
    return "" if isinstance(cell, Vector) else "".join(spoken(run, look).text for run in cell)


def _fitting(table: Table, titles: Sequence[Sequence[str]], look: Look) -> list[int]:
    """The columns that fit: optional ones are left out first, then numbers from the last on, until what is left can be whole."""
    kept = list(range(len(table.columns)))
    while _taken(_widths(table, titles, kept, look)) > look.width:
        optional, place = max((table.columns[number].optional, place) for place, number in enumerate(kept))
        if not optional:
            break
        del kept[place]
    while _taken(_least(table, kept, _widths(table, titles, kept, look), look)) > look.width:
        numbers = [place for place, number in enumerate(kept) if place and table.columns[number].align != "left"]
        if not numbers:
            break
        del kept[numbers[-1]]
    return kept


def _least(table: Table, kept: Sequence[int], widths: Sequence[int], look: Look) -> list[int]:
    """What every column is given at the least before numbers are left out: numbers are whole, words and titles may be cut."""
    bodies = [row for row in table.rows if not isinstance(row, Run)]
    least = []
    for number, width in zip(kept, widths, strict=True):
        if _is_numeric(table, number):
            least.append(width)
        elif table.columns[number].align == "left":
            least.append(min(width, WORD))
        else:
            least.append(max((_cell_width(row[number], look.width, look) for row in bodies), default=0))
    return least


def _panels(table: Table, titles: Sequence[Sequence[str]], look: Look) -> list[list[int]]:
    """All columns, in as many panels as the width asks for; each begins with the first column, which tells the rows apart."""
    panels = [[0]]
    for number in range(1, len(table.columns)):
        if len(panels[-1]) > 1 and _taken(_widths(table, titles, [*panels[-1], number], look)) > look.width:
            panels.append([0])
        panels[-1].append(number)
    return panels


def _panel_lines(table: Table, titles: Sequence[Sequence[str]], kept: Sequence[int], look: Look) -> Iterator[Line]:
    """The titles and the rows of some of the columns; numbers, and then words, are given less where there is not enough."""
    wanted, room = _widths(table, titles, kept, look), look.width - 2 * len(kept) + 1
    least = _least(table, kept, wanted, look)
    narrow = [width if _is_numeric(table, number) else 1 for width, number in zip(least, kept, strict=True)]
    widths = _squeezed(_squeezed(wanted, least, room), narrow, room)
    columns = [table.columns[number] for number in kept]
    height = max(len(titles[number]) for number in kept)
    for line in range(height):
        head = [[""] * (height - len(titles[number])) + list(titles[number]) for number in kept]
        yield from _row([runs(Run(lines[line], "heading")) for lines in head], columns, widths, look)
    for row in table.rows:
        if isinstance(row, Run):
            yield from wrapped(Paragraph((row,), 1), look)
        else:
            yield from _row([row[number] for number in kept], columns, widths, look)


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


def _squeezed(widths: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """The widths, the widest made narrower one by one until all fit, or none of them is wider than its least."""
    narrower = list(widths)
    while sum(narrower) > room:
        width, place = max(((width, place) for place, width in enumerate(narrower) if width > least[place]), default=(0, 0))
        if not width:
            break
        narrower[place] -= 1
    return narrower


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
            line += ([Run("  ")] if place else []) + ([padding, *parts] if column.align != "left" else [*parts, padding])
        yield tuple(line)


def _cell(cell: Cell, width: int, look: Look) -> list[list[Run]]:
    """A cell in lines of at most so many cells; words are cut where something may be left out, numbers never."""
    if isinstance(cell, Vector):
        texts = _full_texts(cell, width, look) if look.full else [_some_text(cell, width, look)]
        return [[Run(text, "uncertain" if MARK in text else "number")] for text in texts]
    said = [spoken(run, look) for run in cell]
    if width_of(said) <= width:
        return [said]
    if look.full:
        return [list(line) for line in wrapped(Paragraph(cell, hang=0), replace(look, width=width))]
    parts, room = [], width
    for run in said:
        text = shortened(run.text, room, look.signs.cut)
        parts.append(Run(text, run.role))
        room -= cells(text)
        if text != run.text:
            break
    return [parts]


def _texts(vector: Vector, count: int, look: Look) -> list[str]:
    """The first numbers of a row."""
    bars = None if vector.error_bar is None else vector.error_bar[:count].tolist()
    return number_texts(vector.values[:count].tolist(), look.digits, bars)


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
    dots = look.signs.cut
    while texts:
        texts.pop()
        text = "  ".join([*texts, f"{dots} {count - len(texts):,} more"])
        if len(text) <= width:
            return text
    return dots
