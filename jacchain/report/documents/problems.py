"""Mistakes as a person and as a program read them: where, what is wrong there, what it has to do with, the way out.

At most ten problems are reported, sixty characters of a line are echoed, and all of it stays within a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jacchain.errors import JacchainError, Problem, Span
from jacchain.report.document import Block, Document, Figure, Gap, Paragraph, Role, Run, Runs, runs
from jacchain.report.layout.box import spoken_text, width_of
from jacchain.report.look import Look
from jacchain.report.notation.text import cells, cleaned, shortened
from jacchain.report.painters.paint import plain, text
from jacchain.report.records.json_text import Json, head, json_bytes

MOST = 10
"""Problems that are reported."""
ECHO = 60
"""Characters of a line that are echoed."""
PAGE = 3_600
"""Bytes that all of it takes at the most, escape sequences not counted."""


class Brevity(NamedTuple):
    """Characters that a message may have, and how many notes and other places are given."""

    text: int
    notes: int


BREVITIES = (Brevity(400, 6), Brevity(160, 4), Brevity(60, 2))
"""From what a person wants to read to what fits on a page in any case."""


def problems_text(error: JacchainError, look: Look) -> str:
    """The problems as text for a terminal."""
    return text(problems_document(error, look), look)


def warnings_text(warnings: Sequence[Problem], look: Look) -> str:
    """Remarks that stop nothing, as text for a terminal."""
    return text(problems_document(JacchainError(*warnings), look, severity="warning"), look)


def problems_json(error: JacchainError) -> bytes:
    """The same facts as one JSON object."""
    records: list[Json] = []
    for problem in error.problems[:MOST]:
        record = problem_record(problem, beside=records)
        if record is None:
            break
        records.append(record)
    return json_bytes({**head(), "errors": records, "more": len(error.problems) - len(records), "exit_code": error.exit_code})


def problem_record(problem: Problem, beside: Sequence[Json] = ()) -> Json | None:
    """A problem as plain values, as long as fits beside others; None where it does not fit at all."""
    return next((found for found in _records(problem) if len(json_bytes({"errors": [*beside, found]})) <= PAGE), None)


def _records(problem: Problem) -> Iterator[Json]:
    """A problem as plain values, shorter and shorter; lines and columns are counted from 1, ``end`` is one past the last."""
    for brevity in BREVITIES:
        yield {
            "code": problem.code,
            "kind": problem.kind or None,
            "message": _short(problem.message, brevity),
            **_place(problem.span, brevity),
            "label": _short(problem.label, brevity),
            "related": [
                {**_place(span, brevity), "label": _short(label, brevity)} for span, label in problem.related[: brevity.notes]
            ],
            "help": _short(problem.help, brevity),
            "notes": [_short(note, brevity) for note in problem.notes[: brevity.notes]],
        }


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
        more = len(error.problems) - count
        document += [Gap(), Paragraph(runs(Run(f"and {more:,} more problem{'' if more == 1 else 's'}", "note")))]
    return tuple(document)


def _problem(problem: Problem, severity: Role, brevity: Brevity, look: Look) -> Iterator[Block]:
    yield Paragraph(runs(Run(f"{severity}[{problem.code}]", severity), ": ", Run(_short(problem.message, brevity), "title")))
    places = [Place(span, _short(label, brevity), primary=False) for span, label in problem.related[: brevity.notes]]
    if problem.span is not None:
        places.insert(0, Place(problem.span, _short(problem.label, brevity), primary=True))
    gutter = max((len(str(place.line)) for place in places), default=1)
    margin = " " * gutter
    if problem.span is not None:
        line, column = problem.span.position
        name = _short(problem.span.source.name, brevity)
        yield Paragraph(runs(Run(f"{margin}--> ", "note"), Run(f"{name}:{line}:{column}", "name")), hang=gutter + 4)
    if places:
        yield Figure(tuple(excerpt(places, gutter, look)))
    if places and (problem.help or problem.notes):
        yield Figure((runs(Run(f"{margin} |", "note")),))
    if problem.help:
        yield Paragraph(runs(Run(f"{margin} = ", "note"), Run("help: ", "help"), _short(problem.help, brevity)), hang=gutter + 9)
    for note in problem.notes[: brevity.notes]:
        yield Paragraph(runs(Run(f"{margin} = ", "note"), Run("note: ", "heading"), _short(note, brevity)), hang=gutter + 9)


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
    dots = "..." if look.ascii_only else "…"
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


def _place(span: Span | None, brevity: Brevity) -> Json:
    if span is None:
        return {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    (line, column), (end_line, end_column) = span.position, span.source.position(span.end)
    return {
        "file": _short(span.source.name, brevity),
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _short(text: str, brevity: Brevity) -> str:
    """The text, cleaned and of a bearable length."""
    text = cleaned(text)
    return text if len(text) <= brevity.text else f"{text[: brevity.text - 1]}…"
