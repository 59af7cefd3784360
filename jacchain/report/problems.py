"""Mistakes as a person and as a program read them: where, what is wrong there, what it has to do with, the way out.

At most ten problems are reported, sixty characters of a line are echoed, and all of it stays within a page.
"""

from __future__ import annotations

from collections.abc import Iterator

from jacchain.errors import JacchainError, Problem, Span
from jacchain.report.box import spoken_text, width_of
from jacchain.report.document import Document, Figure, Gap, Paragraph, Role, Run, Runs, runs
from jacchain.report.json_text import Json, json_bytes
from jacchain.report.look import Look
from jacchain.report.paint import plain, text
from jacchain.report.record import head
from jacchain.report.text import cells, cleaned

MOST = 10
"""Problems that are reported."""
ECHO = 60
"""Characters of a line that are echoed."""
PAGE = 3_600
"""Bytes after which no further problem is begun, escape sequences not counted."""
MESSAGE = 400
"""Characters up to which a message is given whole."""
NOTES = 6
"""Notes that are given with a problem."""


def problems_text(error: JacchainError, look: Look) -> str:
    """The problems as text for a terminal."""
    return text(problems_document(error, look), look)


def problems_json(error: JacchainError) -> bytes:
    """The same facts as one JSON object."""
    records: list[Json] = []
    for problem in error.problems[:MOST]:
        record = problem_record(problem)
        if records and len(json_bytes({"errors": [*records, record]})) > PAGE:
            break
        records.append(record)
    return json_bytes({**head(), "errors": records, "more": len(error.problems) - len(records), "exit_code": error.exit_code})


def problem_record(problem: Problem) -> Json:
    """One problem as plain values; lines and columns are counted from 1, ``end`` is one past the last character."""
    return {
        "code": problem.code,
        "kind": problem.kind or None,
        "message": _short(problem.message),
        **_place(problem.span),
        "label": _short(problem.label),
        "related": [{**_place(span), "label": _short(label)} for span, label in problem.related[:NOTES]],
        "help": _short(problem.help),
        "notes": [_short(note) for note in problem.notes[:NOTES]],
    }


def problems_document(error: JacchainError, look: Look, *, severity: Role = "error") -> Document:
    """The problems with their places in the source, as many as fit on a page, and how many there are besides."""
    document: list[Paragraph | Figure | Gap] = []
    size = count = 0
    for problem in error.problems[:MOST]:
        blocks = tuple(_problem(problem, severity, look))
        size += len(plain(blocks, look).encode("utf-8", "replace")) + 1
        if count and size > PAGE:
            break
        document += [Gap(), *blocks] if count else blocks
        count += 1
    if count < len(error.problems):
        more = len(error.problems) - count
        document += [Gap(), Paragraph(runs(Run(f"and {more:,} more problem{'' if more == 1 else 's'}", "note")))]
    return tuple(document)


def _problem(problem: Problem, severity: Role, look: Look) -> Iterator[Paragraph | Figure]:
    head_line = runs(Run(f"{severity}[{problem.code}]", severity), ": ", Run(_short(problem.message), "title"))
    yield Paragraph(head_line)
    places = [*_primary(problem), *((span, label, False) for span, label in problem.related[:NOTES])]
    gutter = max((len(str(span.position[0])) for span, _, _ in places), default=1)
    if problem.span is not None:
        yield Paragraph(runs(Run(" " * gutter + "--> ", "note"), Run(_short(str(problem.span)), "name")), hang=gutter + 4)
        yield Figure(tuple(excerpt(places, gutter, look)))
    margin = " " * gutter
    if problem.span is not None and (problem.help or problem.notes):
        yield Figure((runs(Run(f"{margin} |", "note")),))
    if problem.help:
        yield Paragraph(runs(Run(f"{margin} = ", "note"), Run("help: ", "help"), _short(problem.help)), hang=gutter + 9)
    for note in problem.notes[:NOTES]:
        yield Paragraph(runs(Run(f"{margin} = ", "note"), Run("note: ", "heading"), _short(note)), hang=gutter + 9)


def _primary(problem: Problem) -> list[tuple[Span, str, bool]]:
    return [] if problem.span is None else [(problem.span, problem.label, True)]


def excerpt(places: list[tuple[Span, str, bool]], gutter: int, look: Look) -> Iterator[Runs]:
    """The lines in question, file by file, in order, with what is wrong drawn below."""
    bar = Run(" " * (gutter + 1) + "|", "note")
    for source in dict.fromkeys(span.source for span, _, _ in places):
        if source is not places[0][0].source:
            yield runs(Run(" " * gutter + "::: ", "note"), Run(source.name, "name"))
        own = sorted(
            ((span.position[0], *place) for place in places if (span := place[0]).source is source), key=lambda own: own[0]
        )
        yield runs(bar)
        for number, (line, span, label, primary) in enumerate(own):
            if number and line > own[number - 1][0] + 1:
                yield runs(Run("...", "note"))
            shown, offset, length = _echo(span, min(ECHO, look.width - gutter - 3), look)
            if not number or line != own[number - 1][0]:
                yield runs(Run(f"{line:>{gutter}} | ", "note"), Run(shown, "code"))
            role: Role = "error" if primary else "help"
            mark = Run(("^" if primary else "-") * length, role)
            yield from _marked(runs(bar, " " * (offset + 1), mark), Run(_short(label), role), look)


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
        first = 0 if first <= len(dots) else first
        last = min(len(whole), first + room - len(dots) * ((first > 0) + 1))
        last = len(whole) if len(whole) - last <= len(dots) else last
    before, after = dots if first else "", dots if last < len(whole) else ""
    offset = len(before) + cells(spoken_text(whole[first:start], look))
    length = cells(spoken_text(whole[start : min(end, last)], look))
    return before + whole[first:last] + after, offset, max(1, length)


def _place(span: Span | None) -> Json:
    if span is None:
        return {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    (line, column), (end_line, end_column) = span.position, span.source.position(span.end)
    return {
        "file": cleaned(span.source.name),
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _short(message: str) -> str:
    """The message, cleaned and of a bearable length."""
    message = cleaned(message)
    return message if len(message) <= MESSAGE else f"{message[: MESSAGE - 1]}…"
