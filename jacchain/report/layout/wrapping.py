"""Running text in lines of a given width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from jacchain.report.document import Paragraph, Run
from jacchain.report.layout.box import Line, joined, width_of
from jacchain.report.look import Look
from jacchain.report.notation.text import cells, shortened, spoken

_WORDS = re.compile(" +|[^ ]+(?: [=∈] [^ ]+)*")
_CHUNKS = re.compile(" {3,}|(?:[^ ]| {1,2}(?! ))+")


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
