"""Mistakes as a document: where, what is wrong there, what it has to do with, the way out; all of it within a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jacchain.errors import JacchainError, Problem, Span, counted
from jacchain.report.document import Block, Document, Figure, Gap, Paragraph, Role, Run, Runs, note, runs
from jacchain.report.layout.box import width_of
from jacchain.report.layout.lines import plain
from jacchain.report.look import Look
from jacchain.report.notation.brevity import BREVITIES, MOST, PAGE, Brevity, short
from jacchain.report.notation.text import cells, cleaned, shortened, spoken_text

ECHO = 60
"""Characters of a line that are echoed."""


def problems_document(error: JacchainError, look: Look, *, severity: Role = "error") -> Document:
    """The problems with their places in the source, as many as fit on a page, and how many there are besides."""
    document: list[Block] = []
    room = PAGE
    count = 0
    for problem in error.problems[:MOST]:
        for brevity in BREVITIES:
            blocks = tuple(_problem(problem, severity, brevity, look))
            size = len(plain(blocks, look).encode("utf-8", "replace")) + 1
            if size <= room:
                break
        else:
            break
        document += [Gap(), *blocks] if count else blocks
        room -= size
        count += 1
    if count < len(error.problems):
        more = counted(len(error.problems) - count, "more problem")
        document += [Gap(), note(f"and {more}")]
    return tuple(document)


def _problem(problem: Problem, severity: Role, brevity: Brevity, look: Look) -> Iterator[Block]:
    yield Paragraph(runs(Run(f"{severity}[{problem.code}]", severity), ": ", Run(short(problem.message, brevity), "title")))
    places = [Place(span, short(label, brevity), primary=False) for span, label in problem.related[: brevity.notes]]
    if problem.span is not None:
        places.insert(0, Place(problem.span, short(problem.label, brevity), primary=True))
    gutter = max((len(str(place.line)) for place in places), default=1)
    margin = " " * gutter
    if problem.span is not None:
        line, column = problem.span.position
        name = short(problem.span.source.name, brevity)
        yield Paragraph(runs(Run(f"{margin}--> ", "note"), Run(f"{name}:{line}:{column}", "name")), hang=gutter + 4)
    if places:
        yield Figure(tuple(excerpt(places, gutter, look)))
    if places and (problem.help or problem.notes):
        yield Figure((runs(Run(f"{margin} |", "note")),))
    if problem.help:
        yield Paragraph(runs(Run(f"{margin} = ", "note"), Run("help: ", "help"), short(problem.help, brevity)), hang=gutter + 9)
    for said in problem.notes[: brevity.notes]:
        yield Paragraph(runs(Run(f"{margin} = ", "note"), Run("note: ", "heading"), short(said, brevity)), hang=gutter + 9)


class Place(NamedTuple):
    """A place in a source and what there is to say about it."""

    span: Span
    label: str
    primary: bool

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        return self.span.position[0]


def excerpt(places: list[Place], gutter: int, look: Look) -> Iterator[Runs]:
    """The lines in question, file by file, in order, with what is wrong drawn below."""
    bar = Run(" " * (gutter + 1) + "|", "note")
    for source in dict.fromkeys(place.span.source for place in places):
        if source is not places[0].span.source:
            yield runs(Run(" " * gutter + "::: ", "note"), Run(shortened(cleaned(source.name), ECHO), "name"))
        yield runs(bar)
        before = 0
        for place in sorted((place for place in places if place.span.source is source), key=lambda place: place.line):
            if before and place.line > before + 1:
                yield runs(Run("...", "note"))
            shown, offset, length = _echo(place.span, min(ECHO, look.width - gutter - 3), look)
            if place.line != before:
                yield runs(Run(f"{place.line:>{gutter}} | ", "note"), Run(shown, "code"))
            role: Role = "error" if place.primary else "help"
            mark = Run(("^" if place.primary else "-") * length, role)
            yield from _marked(runs(bar, " " * (offset + 1), mark), Run(place.label, role), look)
            before = place.line


def _marked(line: Runs, label: Run, look: Look) -> Iterator[Runs]:
    """The mark with its label beside it, or below where it does not fit."""
    if width_of(line) + 1 + cells(spoken_text(label.text, look)) <= look.width:
        yield runs(*line, Run(f" {label.text}" if label.text else "", label.role))
    else:
        yield line
        yield runs(line[0], " ", label)


def _echo(span: Span, room: int, look: Look) -> tuple[str, int, int]:
    """So many characters of the line around a span, where in cells the span begins there, and how long it is."""
    dots = look.signs.cut
    line, column = span.position
    whole = span.source.line(line)
    start = min(column - 1, len(whole))
    end = max(start, min(start + span.end - span.start, len(whole)))
    first, last = 0, len(whole)
    if len(whole) > room:
        first = max(0, min(start - room // 3, len(whole) - room + len(dots)))
        first = 0 if first <= len(dots) or end <= room - len(dots) else first
        last = min(len(whole), first + room - len(dots) * ((first > 0) + 1))
        last = len(whole) if len(whole) - last <= len(dots) else last
    before, after = dots if first else "", dots if last < len(whole) else ""
    offset = len(before) + cells(spoken_text(whole[first:start], look))
    length = cells(spoken_text(whole[start : min(end, last)], look))
    return before + whole[first:last] + after, offset, max(1, length)
