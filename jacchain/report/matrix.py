"""The one renderer of matrices: columns aligned on the decimal point, zeros told apart, honest when something is left out.

Rows and columns to be shown are chosen before a single entry is formatted, so a large matrix costs no more than its picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from jacchain.linear.map import Numbers
from jacchain.linear.pattern import entries_of_rows
from jacchain.report.box import Box, Line, below_each_other, joined, spoken_text
from jacchain.report.document import Formulas, Matrix, Role
from jacchain.report.look import Look
from jacchain.report.number import UNCERTAIN, number_text, scaled_text
from jacchain.report.text import cells, component, shortened

ROWS, OUTER_ROWS = 16, 10
"""Rows up to which a matrix is shown whole, and how many are shown of a higher one."""
LABEL = 16
"""Cells up to which a label is shown whole."""

UNCERTAIN_NOTE = f"{UNCERTAIN}  cannot be told from zero: the error bar is at least the size of the entry"

Entry = tuple[str, Role]


@dataclass(frozen=True)
class Signs:
    """What brackets, zeros and gaps are drawn with."""

    brackets: tuple[str, str, str, str, str, str]
    structural: str
    across: str
    down: str
    marks: tuple[str, str]
    dash: str


UNICODE = Signs(("⎡", "⎢", "⎣", "⎤", "⎥", "⎦"), "·", "⋯", "⋮", ("▐", "▌"), "–")
PLAIN = Signs(("[", "[", "[", "]", "]", "]"), ".", "...", ":", (">", "<"), "-")


def signs(look: Look) -> Signs:
    """The signs a terminal can show."""
    return PLAIN if look.ascii_only else UNICODE


@dataclass(frozen=True)
class Strip:
    """A column ready to be printed: its entries padded to the width ``natural``; ``number`` is ``None`` for columns left out."""

    number: int | None
    natural: int
    entries: tuple[Entry, ...]
    label: str = ""

    @property
    def width(self) -> int:
        """The cells it takes, its label included."""
        return max(self.natural, cells(self.label))

    @property
    def fits_label(self) -> bool:
        """Whether the label takes no room of its own."""
        return cells(self.label) <= self.natural


def matrix_box(matrix: Matrix, width: int, look: Look) -> Box:
    """The matrix in at most ``width`` cells, columns and rows left out in the middle, with a note that counts them."""
    m, n = matrix.linear.shape
    if look.full:
        return _panels(matrix, width, look)
    rows = shown_numbers(m, m if m <= ROWS else OUTER_ROWS)
    columns = shown_numbers(n, max(2, (width - 2) // 3))
    strips = _strips(matrix, rows, columns, look)
    bare = [replace(strip, label="") for strip in strips]
    labels = _row_labels(matrix, rows, look)
    for row_labels, tried in ((labels, strips), (labels, bare), ([], bare)):
        if len(columns) == n and _total(row_labels, tried) <= width:
            return _framed(matrix, rows, row_labels, tried, look)
    if labels and cells(labels[0]) > width // 4:
        labels = []
    fitting = strips if all(strip.fits_label for strip in strips) else bare
    return _framed(matrix, rows, labels, _outermost(fitting, width - _total(labels, []), look), look)


def formulas_box(formulas: Formulas, look: Look) -> Box:
    """A matrix of formulas, whole: the caller has seen to it that it fits (:attr:`Box.width` tells)."""
    zero, brackets = signs(look).structural, signs(look).brackets
    texts = [[zero if entry == "0" else spoken_text(entry, look) for entry in row] for row in formulas.entries]
    columns = list(zip(*texts, strict=True))
    signed = [any(text[0] == "-" for text in column) for column in columns]
    widths = [
        max(cells(text) + (sign and text[0] != "-") for text in column) for column, sign in zip(columns, signed, strict=True)
    ]
    labels = _padded_labels([_label(row, look) for row in formulas.rows])
    lines = []
    for number, row in enumerate(texts):
        left, right = _bracket(number, len(texts), brackets)
        pieces: list[Entry] = [(labels[number], "label"), (left, "text")] if labels else [(left, "text")]
        for text, width, sign in zip(row, widths, signed, strict=True):
            role: Role = "structural" if text == zero else "formula"
            before = " " if sign and text[0] != "-" else ""
            pieces.append((f" {before}{text}{' ' * (width - cells(before + text))} ", role))
        lines.append(joined([*pieces, (right, "text")]))
    width = (cells(labels[0]) if labels else 0) + sum(widths) + 2 * len(widths) + 2
    return Box(width, tuple(lines), (len(lines) - 1) // 2)


def shown_numbers(count: int, limit: int) -> list[int]:
    """The numbers (from 0) of what is shown of ``count`` things: all, or half the limit from either end."""
    if count <= limit:
        return list(range(count))
    head = (limit + 1) // 2
    return [*range(head), *range(count - limit + head, count)]


def hidden(kind: str, shown: Sequence[int], count: int, look: Look) -> str:
    """``columns 6–19 hidden (14 of 24)``, or nothing when nothing is."""
    if len(shown) == count:
        return ""
    first = next(number for number, index in enumerate([*shown, count]) if number != index)
    last = shown[first] if first < len(shown) else count
    if last == first + 1:
        return f"{kind[:-1]} {last} hidden (1 of {count:,})"
    return f"{kind} {first + 1}{signs(look).dash}{last} hidden ({last - first:,} of {count:,})"


def window(matrix: Matrix, rows: Sequence[int], columns: Sequence[int]) -> tuple[Numbers, Numbers]:
    """The numbers in the given rows and columns (increasing), and which of them may be nonzero at all."""
    linear = matrix.linear
    if linear.pattern.is_full:
        values = linear.values[0].reshape(linear.shape)[np.ix_(rows, columns)]
        return values, np.ones(values.shape, bool)
    wanted, kept = np.asarray(columns, np.int64), np.asarray(rows, np.int64)
    source = entries_of_rows(linear.pattern, kept)
    row = np.repeat(np.arange(kept.size), linear.pattern.row_counts[kept])
    column = np.minimum(np.searchsorted(wanted, linear.pattern.columns[source]), wanted.size - 1)
    hit = wanted[column] == linear.pattern.columns[source]
    values, present = np.zeros((kept.size, wanted.size)), np.zeros((kept.size, wanted.size), bool)
    values[row[hit], column[hit]] = linear.values[0][source[hit]]
    present[row[hit], column[hit]] = True
    return values, present


def entries(matrix: Matrix, rows: Sequence[int], columns: Sequence[int], look: Look) -> list[list[Entry]]:
    """The entries in the given rows and columns, as text and what each is."""
    by_column = _by_column(matrix, rows, columns, look)
    return [list(row) for row in zip(*by_column, strict=True)]


def _by_column(matrix: Matrix, rows: Sequence[int], columns: Sequence[int], look: Look) -> list[list[Entry]]:
    values, present = window(matrix, rows, columns)
    structural: Entry = (signs(look).structural, "structural")
    if matrix.error_bar is not None:
        bars = matrix.error_bar[np.ix_(rows, columns)].T.tolist()
        texts = [
            [number_text(value, look.digits, bar) for value, bar in zip(column, bar_column, strict=True)]
            for column, bar_column in zip(values.T.tolist(), bars, strict=True)
        ]
    else:
        text = partial(scaled_text, exponent=matrix.exponent, digits=look.digits)
        texts = [list(map(text, column)) for column in values.T.tolist()]
    return [
        [(text, _role(text)) if is_there else structural for text, is_there in zip(column, there, strict=True)]
        for column, there in zip(texts, present.T.tolist(), strict=True)
    ]


def _strips(matrix: Matrix, rows: list[int], columns: list[int], look: Look) -> list[Strip]:
    gap = None if len(rows) == matrix.linear.shape[0] else _gap_at(rows)
    strips = []
    for number, column in zip(columns, _by_column(matrix, rows, columns, look), strict=True):
        if gap is not None:
            column.insert(gap, (signs(look).down, "note"))
        label = _label(matrix.columns[number], look) if matrix.columns else ""
        strips.append(_aligned(number, column, label))
    return strips


def _gap_at(shown: Sequence[int]) -> int:
    """Where the gap is among numbers that are shown."""
    return next((place for place, number in enumerate(shown) if place != number), len(shown))


def _role(text: str) -> Role:
    if text[0] == "-":
        return "negative"
    if text == "0":
        return "zero"
    return "uncertain" if text == UNCERTAIN else "number"


def _aligned(number: int, entries: list[Entry], label: str) -> Strip:
    """The entries with their decimal points (or the place where one would be) in one column."""
    points = [_point(text) for text, _ in entries]
    before = max(points)
    width = before + max(len(text) - point for (text, _), point in zip(entries, points, strict=True))
    padded = tuple(
        ((" " * (before - point) + text).ljust(width), role) for (text, role), point in zip(entries, points, strict=True)
    )
    return Strip(number, width, padded, label)


def _point(text: str) -> int:
    place = text.find(".", 1)
    if place < 0:
        place = text.find("e")
    return place if place >= 0 else len(text)


def _label(name: str, look: Look) -> str:
    return shortened(spoken_text(component(name), look), LABEL, signs(look).across[:1] if look.ascii_only else "…")


def _row_labels(matrix: Matrix, rows: list[int], look: Look) -> list[str]:
    """The labels of the rows shown, padded to one width, an empty one in the place of the gap."""
    if not matrix.rows:
        return []
    labels = [_label(matrix.rows[row], look) for row in rows]
    if len(rows) < matrix.linear.shape[0]:
        labels.insert(_gap_at(rows), "")
    return _padded_labels(labels)


def _padded_labels(labels: list[str]) -> list[str]:
    width = max(map(cells, labels), default=0) + 1
    return [label + " " * (width - cells(label)) for label in labels]


def _total(labels: list[str], strips: Sequence[Strip]) -> int:
    return (cells(labels[0]) if labels else 0) + 2 + sum(strip.width + 2 for strip in strips)


def _outermost(strips: list[Strip], room: int, look: Look) -> list[Strip]:
    """As many columns as fit, from both ends inwards, with a column of dots for those left out."""
    dots = signs(look).across
    room -= len(dots) + 2
    head, tail = 0, 0
    while head + tail < len(strips):
        from_left = head <= tail
        strip = strips[head] if from_left else strips[len(strips) - 1 - tail]
        if strip.width + 2 > room and head + tail:
            break
        room -= strip.width + 2
        head, tail = (head + 1, tail) if from_left else (head, tail + 1)
    gap = Strip(None, len(dots), ((dots, "note"),) * len(strips[0].entries))
    return [*strips[:head], gap, *strips[len(strips) - tail :]]


def _framed(matrix: Matrix, rows: list[int], labels: list[str], strips: list[Strip], look: Look) -> Box:
    """The columns between brackets, labels on the left and above, marks around a row or a column."""
    m, n = matrix.linear.shape
    drawn: list[int | None] = list(rows)
    if len(rows) < m:
        drawn.insert(_gap_at(rows), None)
    lines = [_line(matrix, number, drawn, strips, look) for number in range(len(drawn))]
    if labels:
        lines = [((label, "label"), *line) for label, line in zip(labels, lines, strict=True)]
    head = _header(labels, strips)
    shown_columns = [strip.number for strip in strips if strip.number is not None]
    notes = [hidden("rows", rows, m, look), hidden("columns", shown_columns, n, look)]
    left_out = ", ".join(note for note in notes if note)
    whose = f"{matrix.name}: " if matrix.name else ""
    said = (f"{whose}{left_out}; --full shows all",) if left_out and not look.full else ()
    if any(role == "uncertain" for strip in strips for _, role in strip.entries):
        said = (*said, UNCERTAIN_NOTE)
    body = tuple(map(joined, lines))
    return Box(_total(labels, strips), head + body, len(head) + (len(body) - 1) // 2, said)


def _line(matrix: Matrix, number: int, drawn: list[int | None], strips: list[Strip], look: Look) -> tuple[Entry, ...]:
    row = drawn[number]
    left, right = _bracket(number, len(drawn), signs(look).brackets)
    pieces: list[Entry] = [(left, "text")]
    if matrix.row is None and matrix.column is None:
        for strip in strips:
            text, role = strip.entries[number]
            pieces.append((f" {text} " + " " * (strip.width - strip.natural), role))
    else:
        opening, closing = signs(look).marks
        in_row = row is not None and row == matrix.row
        for place, strip in enumerate(strips):
            text, role = strip.entries[number]
            in_column = strip.number is not None and strip.number == matrix.column and row is not None
            before = opening if in_column or (in_row and not place) else " "
            after = closing if in_column or (in_row and place == len(strips) - 1) else " "
            padding = " " * (strip.width - strip.natural)
            pieces += [(before, "text"), (text + padding, "chosen" if in_row or in_column else role), (after, "text")]
    return (*pieces, (right, "text"))


def _bracket(number: int, height: int, brackets: tuple[str, ...]) -> tuple[str, str]:
    """The left and the right bracket of a line."""
    if height == 1:
        return "[", "]"
    place = 0 if number == 0 else 2 if number == height - 1 else 1
    return brackets[place], brackets[place + 3]


def _header(labels: list[str], strips: Sequence[Strip]) -> tuple[Line, ...]:
    """The line of the column labels, if there are any."""
    if not any(strip.label for strip in strips):
        return ()
    indent = " " * ((cells(labels[0]) if labels else 0) + 1)
    names = "".join(f" {strip.label}{' ' * (strip.width - cells(strip.label))} " for strip in strips)
    return (joined([(indent + names + " ", "label")]),)


def _panels(matrix: Matrix, width: int, look: Look) -> Box:
    """The whole matrix, its columns in as many panels below each other as the width asks for."""
    m, n = matrix.linear.shape
    rows = list(range(m))
    strips = _strips(matrix, rows, list(range(n)), look)
    labels = _row_labels(matrix, rows, look)
    if _total(labels, []) + max(strip.width + 2 for strip in strips) > width:
        labels, strips = [], [replace(strip, label="") for strip in strips]
    panels: list[list[Strip]] = [[]]
    for strip in strips:
        if panels[-1] and _total(labels, [*panels[-1], strip]) > width:
            panels.append([])
        panels[-1].append(strip)
    boxes = []
    for panel in panels:
        box = _framed(matrix, rows, labels, panel, look)
        if len(panels) > 1:
            first, last = (panel[0].number or 0) + 1, (panel[-1].number or 0) + 1
            title = f"columns {first}{signs(look).dash}{last} of {n:,}"
            box = Box(
                max(box.width, len(title)), (joined([(title.ljust(box.width), "note")]), *box.lines), box.axis + 1, box.notes
            )
        boxes.append(box)
    return below_each_other(boxes)
