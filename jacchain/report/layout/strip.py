"""The columns of a matrix, ready to be printed: entries as text with their roles, aligned on the decimal point."""

from __future__ import annotations

from collections.abc import Sequence

from jacchain.frozen import Frozen, replace
from jacchain.report.document import Matrix, Role
from jacchain.report.look import Look
from jacchain.report.notation.elision import with_gaps
from jacchain.report.notation.number import MARK, number_texts, point_of, scaled_text
from jacchain.report.notation.text import cells, component, shortened, spoken_text

LABEL = 16
"""Cells up to which a label is shown whole."""

Entry = tuple[str, Role]


class Strip(Frozen, eq=True):
    """A column: its entries padded to one width, ``natural``; ``number`` is ``None`` for columns left out."""

    number: int | None
    natural: int
    entries: tuple[Entry, ...]
    label: str = ""
    label_width: int = 0

    @property
    def width(self) -> int:
        """The cells it takes, its label included."""
        return max(self.natural, self.label_width)

    @property
    def fits_label(self) -> bool:
        """Whether the label takes no room of its own."""
        return self.label_width <= self.natural

    @property
    def bare(self) -> Strip:
        """The same without a label."""
        return replace(self, label="", label_width=0) if self.label else self

    @property
    def cells(self) -> list[Entry]:
        """The entries with a space on either side, and room for the label."""
        after = " " * (self.width - self.natural + 1)
        return [(f" {text}{after}", role) for text, role in self.entries]


def strips(matrix: Matrix, rows: Sequence[int], columns: Sequence[int], look: Look) -> list[Strip]:
    """The given columns, with a sign for the rows that are left out between the given ones."""
    gap: Entry = (look.signs.down, "note")
    found = []
    for number, column in zip(columns, _by_column(matrix, rows, columns, look), strict=True):
        label = label_text(matrix.columns[number], look) if matrix.columns else ""
        found.append(_aligned(number, with_gaps(column, rows, matrix.linear.shape[0], gap), label))
    return found


def entries(matrix: Matrix, rows: Sequence[int], columns: Sequence[int], look: Look) -> list[tuple[Entry, ...]]:
    """The entries in the given rows and columns, row by row, as text and what each is."""
    return list(zip(*_by_column(matrix, rows, columns, look), strict=True))


def label_text(name: str, look: Look) -> str:
    """The name of a component, cut where it is long."""
    return shortened(spoken_text(component(name), look), LABEL, look.signs.cut)


def _by_column(matrix: Matrix, rows: Sequence[int], columns: Sequence[int], look: Look) -> list[list[Entry]]:
    values, present = matrix.linear.window(rows, columns)
    digits, exponent = look.digits, matrix.exponent
    texts: list[list[str]]
    if matrix.error_bar is not None:
        bars = matrix.error_bar[list(rows)][:, list(columns)].T.tolist()
        texts = [number_texts(column, digits, bar_column) for column, bar_column in zip(values.T.tolist(), bars, strict=True)]
    elif exponent:
        texts = [[scaled_text(value, exponent, digits) for value in column] for column in values.T.tolist()]
    else:
        texts = [number_texts(column, digits) for column in values.T.tolist()]
    structural: Entry = (look.signs.structural, "structural")
    return [
        [(text, _role(text)) if is_there else structural for text, is_there in zip(column, there, strict=True)]
        for column, there in zip(texts, present.T.tolist(), strict=True)
    ]


def _role(text: str) -> Role:
    if MARK in text:
        return "uncertain"
    if text[0] == "-":
        return "negative"
    return "zero" if text == "0" else "number"


def _aligned(number: int, column: list[Entry], label: str) -> Strip:
    """The entries with their decimal points (or the place where one would be) below each other."""
    points = [point_of(text) for text, _ in column]
    before = max(points)
    shifted = [" " * (before - point) + text for (text, _), point in zip(column, points, strict=True)]
    width = max(map(len, shifted))
    padded = tuple([(text.ljust(width), role) for text, (_, role) in zip(shifted, column, strict=True)])
    return Strip(number, width, padded, label, cells(label))
