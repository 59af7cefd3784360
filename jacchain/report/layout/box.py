"""Boxes of text: lines of one width, with the one that faces the neighbours' when boxes stand side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jacchain.frozen import Frozen
from jacchain.report.document import Role, Run, Runs
from jacchain.report.look import Look
from jacchain.report.notation.text import cells, spoken

Line = tuple[Run, ...]


class Box(Frozen, eq=True):
    """Lines that all take ``width`` cells; line number ``axis`` is the middle of what the box shows.

    ``notes`` are to be said below it: what was left out, what a sign in it means.
    """

    width: int
    lines: tuple[Line, ...]
    axis: int = 0
    notes: tuple[str, ...] = ()


def width_of(line: Iterable[Run]) -> int:
    """The cells a line takes."""
    return sum(cells(run.text) for run in line)


def words(parts: Runs, look: Look) -> Box:
    """A box of one line."""
    line = tuple(spoken(run, look) for run in parts)
    return Box(width_of(line), (line,))


def side_by_side(boxes: Sequence[Box], gap: int = 1) -> Box:
    """The boxes in a row, their axes on one line, ``gap`` cells between them."""
    if len(boxes) == 1:
        return boxes[0]
    above = max(box.axis for box in boxes)
    below = max(len(box.lines) - box.axis for box in boxes)
    lines = []
    for number in range(-above, below):
        line: list[Run] = []
        for position, box in enumerate(boxes):
            if position and gap:
                line.append(Run(" " * gap))
            inside = box.axis + number
            line += box.lines[inside] if 0 <= inside < len(box.lines) else (Run(" " * box.width),)
        lines.append(tuple(line))
    width = sum(box.width for box in boxes) + gap * (len(boxes) - 1)
    return Box(width, tuple(lines), above, unique(note for box in boxes for note in box.notes))


def below_each_other(boxes: Sequence[Box]) -> Box:
    """The boxes in a column, padded to the widest."""
    if len(boxes) == 1:
        return boxes[0]
    width = max(box.width for box in boxes)
    lines = tuple((*line, Run(" " * (width - box.width))) for box in boxes for line in box.lines)
    return Box(width, lines, boxes[0].axis, unique(note for box in boxes for note in box.notes))


def padded(box: Box, width: int) -> Box:
    """The box with blank cells on its right up to a width."""
    return side_by_side([box, Box(width - box.width, ((Run(" " * (width - box.width)),),))], 0) if width > box.width else box


def joined(pieces: Iterable[tuple[str, Role]]) -> Line:
    """A line of the pieces, neighbours of one role joined."""
    line: list[Run] = []
    buffer: list[str] = []
    current: Role | None = None
    for text, role in pieces:
        if role != current:
            if current is not None:
                line.append(Run("".join(buffer), current))
            buffer, current = [], role
        buffer.append(text)
    if current is not None:
        line.append(Run("".join(buffer), current))
    return tuple(line)


def trimmed(line: Line) -> Line:
    """The line without blanks at its end."""
    while line and line[-1].text[-1:] in {"", " "}:
        last = line[-1].text.rstrip()
        line = (*line[:-1], Run(last, line[-1].role)) if last else line[:-1]
    return line


def unique(notes: Iterable[str]) -> tuple[str, ...]:
    """The notes in order, each once."""
    return tuple(dict.fromkeys(notes))
