"""The one renderer of matrices: columns aligned on the decimal point, zeros told apart, honest when something is left out.

Rows and columns to be shown are chosen before a single entry is formatted, so a large matrix costs no more than its picture.
"""

from __future__ import annotations

from collections.abc import Sequence

from jacchain.report.document import Formulas, Matrix, Role, Run
from jacchain.report.layout.box import Box, Line, below_each_other, joined
from jacchain.report.layout.strip import Entry, Strip, label_text, strips
from jacchain.report.look import Look
from jacchain.report.notation.elision import hidden, shown_numbers, with_gaps
from jacchain.report.notation.text import cells, spoken, spoken_text

ROWS, OUTER_ROWS = 16, 10
"""Rows up to which a matrix is shown whole, and how many are shown of a higher one."""


def matrix_box(matrix: Matrix, width: int, look: Look) -> Box:
    """The matrix in at most ``width`` cells, columns and rows left out in the middle, with a note that counts them."""
    m, n = matrix.linear.shape
    if look.full:
        return _panels(matrix, width, look)
    rows = shown_numbers(m, m if m <= ROWS else OUTER_ROWS, matrix.row)
    columns = shown_numbers(n, max(2, (width - 2) // 3), matrix.column)
    labelled = strips(matrix, rows, columns, look)
    bare = [strip.bare for strip in labelled]
    labels = _row_labels(matrix, rows, look)
    for row_labels, tried in ((labels, labelled), (labels, bare), ([], bare)):
        if len(columns) == n and _total(row_labels, tried) <= width:
            return _framed(matrix, rows, row_labels, tried, look)
    if labels and cells(labels[0]) > width // 4:
        labels = []
    fitting = labelled if all(strip.fits_label for strip in labelled) else bare
    return _framed(matrix, rows, labels, _fitting(fitting, width - _total(labels, []), matrix, look), look)


def formulas_box(formulas: Formulas, look: Look) -> Box:
    """A matrix of formulas, whole: the caller has seen to it that it fits (:attr:`Box.width` tells)."""
    zero, brackets = look.signs.structural, look.signs.brackets
    texts = [[zero if entry == "0" else spoken_text(entry, look) for entry in row] for row in formulas.entries]
    columns = list(zip(*texts, strict=True))
    signed = [any(text.startswith("-") for text in column) for column in columns]
    widths = [
        max(cells(text) + (sign and not text.startswith("-")) for text in column)
        for column, sign in zip(columns, signed, strict=True)
    ]
    labels = _padded_labels([label_text(row, look) for row in formulas.rows])
    lines = []
    for number, row in enumerate(texts):
        left, right = _bracket(number, len(texts), brackets)
        pieces: list[Entry] = [(labels[number], "label"), (left, "text")] if labels else [(left, "text")]
        for text, width, sign in zip(row, widths, signed, strict=True):
            role: Role = "structural" if text == zero else "formula"
            before = " " if sign and not text.startswith("-") else ""
            pieces.append((f" {before}{text}{' ' * (width - cells(before + text))} ", role))
        lines.append(joined([*pieces, (right, "text")]))
    width = (cells(labels[0]) if labels else 0) + sum(widths) + 2 * len(widths) + 2
    return Box(width, tuple(lines), (len(lines) - 1) // 2)


def _row_labels(matrix: Matrix, rows: list[int], look: Look) -> list[str]:
    """The labels of the rows shown, padded to one width, an empty one in the place of the gap."""
    if not matrix.rows:
        return []
    labels = [label_text(matrix.rows[row], look) for row in rows]
    return _padded_labels(with_gaps(labels, rows, matrix.linear.shape[0], ""))


def _padded_labels(labels: list[str]) -> list[str]:
    width = max(map(cells, labels), default=0) + 1
    return [label + " " * (width - cells(label)) for label in labels]


def _total(labels: list[str], columns: Sequence[Strip]) -> int:
    return (cells(labels[0]) if labels else 0) + 2 + sum(strip.width + 2 for strip in columns)


def _fitting(columns: list[Strip], room: int, matrix: Matrix, look: Look) -> list[Strip]:
    """As many columns as fit, from both ends inwards or else around the chosen one, with dots for those left out."""
    dots = look.signs.across
    gap = Strip(None, len(dots), ((dots, "note"),) * len(columns[0].entries))
    fitting = _outermost(columns, room - gap.width - 2)
    shown = [strip.number or 0 for strip in fitting]
    if matrix.column is not None and matrix.column not in shown:
        fitting = _around({strip.number or 0: strip for strip in columns}, matrix.column, room - 2 * (gap.width + 2))
        shown = [strip.number or 0 for strip in fitting]
    return with_gaps(fitting, shown, matrix.linear.shape[1], gap)


def _around(columns: dict[int, Strip], chosen: int, room: int) -> list[Strip]:
    """As many columns as fit around the chosen one, by turns on its left and on its right."""
    first = last = chosen
    room -= columns[chosen].width + 2
    while True:
        nearest = min({first - 1, last + 1} & columns.keys(), key=lambda number: abs(number - chosen), default=None)
        if nearest is None or columns[nearest].width + 2 > room:
            return [columns[number] for number in range(first, last + 1)]
        room -= columns[nearest].width + 2
        first, last = min(first, nearest), max(last, nearest)


def _outermost(columns: list[Strip], room: int) -> list[Strip]:
    """As many columns as fit into the room, from both ends inwards."""
    head, tail = 0, 0
    while head + tail < len(columns):
        from_left = head <= tail
        strip = columns[head] if from_left else columns[len(columns) - 1 - tail]
        if strip.width + 2 > room and head + tail:
            break
        room -= strip.width + 2
        head, tail = (head + 1, tail) if from_left else (head, tail + 1)
    return [*columns[:head], *columns[len(columns) - tail :]]


def _framed(matrix: Matrix, rows: list[int], labels: list[str], columns: list[Strip], look: Look) -> Box:
    """The columns between brackets, labels on the left and above, marks around a row or a column."""
    places: list[int | None] = list(rows)
    drawn = with_gaps(places, rows, matrix.linear.shape[0], None)
    marked = matrix.row is not None or matrix.column is not None
    lines = _marked(matrix, drawn, columns, look) if marked else list(zip(*(strip.cells for strip in columns), strict=True))
    brackets = look.signs.brackets
    body = []
    for number, line in enumerate(lines):
        left, right = _bracket(number, len(lines), brackets)
        label: list[Entry] = [(labels[number], "label")] if labels else []
        body.append(joined([*label, (left, "text"), *line, (right, "text")]))
    head = _header(labels, columns)
    notes = _notes(matrix, rows, columns, look)
    return Box(_total(labels, columns), (*head, *body), len(head) + (len(body) - 1) // 2, notes)


def _notes(matrix: Matrix, rows: list[int], columns: list[Strip], look: Look) -> tuple[str, ...]:
    """What was left out, and the way to have it."""
    m, n = matrix.linear.shape
    shown = [strip.number for strip in columns if strip.number is not None]
    found = [note for note in (hidden("rows", rows, m, look), hidden("columns", shown, n, look)) if note]
    if look.full or not found:
        return ()
    name = spoken(Run(matrix.name, "symbol"), look).text
    return (f"{name}{': ' if name else ''}{', '.join(found)}; --full shows all",)


def _marked(matrix: Matrix, drawn: list[int | None], columns: list[Strip], look: Look) -> list[tuple[Entry, ...]]:
    """The entries line by line, with marks around the row, the column or the entry a reader is to look at."""
    opening, closing = look.signs.marks
    lines = []
    for number, row in enumerate(drawn):
        in_row = row is not None and matrix.row in {None, row}
        pieces: list[Entry] = []
        for place, strip in enumerate(columns):
            text, role = strip.entries[number]
            chosen = in_row and (matrix.column is None or strip.number == matrix.column)
            before = opening if chosen and (matrix.column is not None or not place) else " "
            after = closing if chosen and (matrix.column is not None or place == len(columns) - 1) else " "
            padding = " " * (strip.width - strip.natural)
            pieces += [(before, "text"), (text + padding, "chosen" if chosen else role), (after, "text")]
        lines.append(tuple(pieces))
    return lines


def _bracket(number: int, height: int, brackets: tuple[str, ...]) -> tuple[str, str]:
    """The left and the right bracket of a line."""
    if height == 1:
        return "[", "]"
    place = 0 if number == 0 else 2 if number == height - 1 else 1
    return brackets[place], brackets[place + 3]


def _header(labels: list[str], columns: Sequence[Strip]) -> tuple[Line, ...]:
    """The line of the column labels, if there are any."""
    if not any(strip.label for strip in columns):
        return ()
    indent = " " * ((cells(labels[0]) if labels else 0) + 1)
    names = "".join(f" {strip.label}{' ' * (strip.width - strip.label_width)} " for strip in columns)
    return (joined([(indent + names + " ", "label")]),)


def _panels(matrix: Matrix, width: int, look: Look) -> Box:
    """The whole matrix, its columns in as many panels below each other as the width asks for."""
    m, n = matrix.linear.shape
    rows = list(range(m))
    columns = strips(matrix, rows, range(n), look)
    labels = _row_labels(matrix, rows, look)
    if _total(labels, []) + max(strip.width + 2 for strip in columns) > width:
        labels, columns = [], [strip.bare for strip in columns]
    panels: list[list[Strip]] = [[]]
    for strip in columns:
        if panels[-1] and _total(labels, [*panels[-1], strip]) > width:
            panels.append([])
        panels[-1].append(strip)
    boxes = [_framed(matrix, rows, labels, panel, look) for panel in panels]
    if len(panels) > 1:
        boxes = [_titled(box, panel, n, look) for box, panel in zip(boxes, panels, strict=True)]
    return below_each_other(boxes)


def _titled(box: Box, panel: list[Strip], n: int, look: Look) -> Box:
    """A panel under a line that says which columns it holds."""
    first, last = (1 + (strip.number or 0) for strip in (panel[0], panel[-1]))
    title = f"columns {first}{look.signs.dash}{last} of {n:,}"
    width = max(box.width, len(title))
    lines = ((Run(title.ljust(width), "note"),), *((*line, Run(" " * (width - box.width))) for line in box.lines))
    return Box(width, lines, box.axis + 1, box.notes)
