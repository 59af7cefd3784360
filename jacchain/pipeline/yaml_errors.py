"""libyaml's complaints in words that help the author of a pipeline file."""

from __future__ import annotations

import re
from typing import Any

from jacchain.errors import Problem, Source, Span
from jacchain.pipeline.document import DEPTH_ADVICE

SPLIT_ADVICE = "inside [ ] and { } quote an expression that holds a comma or a bracket, or write one a line"
QUOTE_PARTS = "quote what holds a comma, a bracket or `: `"
QUOTE_ADVICE = "quote the expression: a plain value does not begin with one of [ { @ | > * & ! % `"
INDENT_ADVICE = "check the indentation of this line and of the one above"

_ABOVE = re.compile(r"^[ ]*(?P<word>[A-Za-z_]{1,40}|//[^\n]{0,60})[ \r]*\n[ \r\n]*\Z", re.MULTILINE)
_GLUED = re.compile(r"([A-Za-z_]\w{0,40}(?:\([^()\n]{0,60}\))?):\S")

_KNOWN: tuple[tuple[str, str, str, str], ...] = (
    (
        "exceeded max",
        "JC198",
        "lists and mappings are nested too deep",
        DEPTH_ADVICE,
    ),
    ("node content", "JC102", "a value is missing before this", "write the value, or delete what separates it"),
    ("mapping keys are not allowed", "JC102", "`? ` cannot stand here", QUOTE_ADVICE),
    ("expected ',' or", "JC102", "`[` or `{` is not closed before this", "close it; " + QUOTE_PARTS),
    ("mapping values are not allowed", "JC102", "`: ` stands inside a value that is not quoted", f"quote it, or {INDENT_ADVICE}"),
    ("could not find expected ':'", "JC102", "a key has no `: ` behind it", "write `key: value`; " + INDENT_ADVICE),
    ("cannot start any token", "JC102", "a value cannot begin with this character", QUOTE_ADVICE),
    ("alphabetic or numeric character", "JC102", "a value cannot begin with this character", QUOTE_ADVICE),
    ("comment or line break", "JC102", "a value cannot begin with this character", QUOTE_ADVICE),
    ("unexpected end of stream", "JC102", "a quote is never closed", "close it, or delete it"),
    ("unexpected document indicator", "JC102", "a quote is never closed", "close it, or delete it"),
    ("unknown escape character", "JC102", "`\\` begins an escape that does not exist", "inside '…' a backslash means itself"),
    ("escape", "JC102", "`\\` begins an escape that cannot be read", "inside '…' a backslash means itself"),
    ("block sequence entries", "JC102", "a list cannot begin here", INDENT_ADVICE),
    ("<block end>", "JC102", "this does not belong to what is around it", INDENT_ADVICE),
    ("expected key", "JC102", "this does not belong to the mapping around it", INDENT_ADVICE),
    ("expected '-' indicator", "JC102", "this does not belong to the list around it", INDENT_ADVICE),
    ("<document start>", "JC102", "this does not belong to what stands above", INDENT_ADVICE),
    ("directive", "JC106", "directives are not read", "delete the line that begins with %"),
    ("tag", "JC105", "`!` begins a tag of YAML, and those are not read", QUOTE_ADVICE),
)


def syntax_problem(source: Source, error: Any) -> Problem:
    """The problem behind an error of libyaml (or of its twin in Python)."""
    said = f"{error.context or ''} {error.problem or ''}"
    span, around = _place(source, error.problem_mark), _place(source, error.context_mark)
    if "tab character" in said or source.text[span.start : span.end] == "\t":
        return tab_problem(source, source.text.find("\t", span.start))
    if "expected ',' or" in said and source.text[span.start : span.end] in {"[", "{"}:
        begins = ((around, "the list or mapping around it"),)
        return Problem("JC103", "a bracket splits the expression here", span, related=begins, help=SPLIT_ADVICE)
    if problem := _slip(source, said, span, around):
        return problem
    for words, code, message, way_out in _KNOWN:
        if words in said:
            if "scalar" in said or "anchor" in said or "alias" in said:
                return Problem(code, message, around, help=way_out)
            related = ((around, "it begins here"),) if "a flow" in said and around.start != span.start else ()
            return Problem(code, message, span, related=related, help=way_out)
    return Problem("JC102", f"the YAML cannot be read here: {said.strip()}", span, help=INDENT_ADVICE)


def _slip(source: Source, said: str, span: Span, around: Span) -> Problem | None:
    """The problem that a beginner's slip is, which libyaml notices later and calls something else."""
    line_start = source.text.rfind("\n", 0, span.start) + 1
    if "<block end>" in said or "expected key" in said:
        before = source.text[line_start : span.start].rstrip()
        if before.endswith(("]", "}", "'", '"')):
            message, way_out = "the text goes on behind a value that is complete", f"quote the whole expression; {QUOTE_PARTS}"
            return Problem("JC102", message, span, help=way_out)
    if "mapping values are not allowed" in said and (above := _ABOVE.search(source.text, 0, line_start)):
        where = Span(source, *above.span("word"))
        if above["word"].startswith("//"):
            return Problem("JC102", "this is no comment of YAML", where, help="begin a comment with `#`")
        return Problem("JC102", f"`{above['word']}` has no `:` behind it", where, help=f"write `{above['word']}:`")
    if "could not find expected ':'" in said:
        end = source.text.find("\n", around.start)
        line = source.text[around.start : len(source.text) if end < 0 else end]
        glued = _GLUED.match(line)
        way_out = f"put a blank behind the colon: `{glued[1]}: ...`" if glued else "write `key: value`, or `- value` in a list"
        whole = Span(source, around.start, around.start + max(len(line.rstrip()), 1))
        return Problem("JC102", "this line is neither `key: value` nor part of what is around it", whole, help=way_out)
    return None


def tab_problem(source: Source, place: int) -> Problem:
    """The problem of a tab outside of texts and comments."""
    return Problem("JC107", "a tab stands where YAML wants spaces", Span(source, place, place + 1), help="write spaces")


def _place(source: Source, mark: Any) -> Span:
    """The character that a mark of libyaml points at."""
    place = min(mark.index if mark else 0, len(source.text))
    return Span(source, place, min(place + 1, len(source.text)))
