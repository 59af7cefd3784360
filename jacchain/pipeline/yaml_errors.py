"""libyaml's complaints in words that help the author of a pipeline file."""

from __future__ import annotations

from typing import Any

from jacchain.errors import Problem, Source, Span
from jacchain.pipeline.document import DEPTH_ADVICE

SPLIT_ADVICE = "inside [ ] and { } quote an expression that holds a comma or a bracket, or write one a line"
QUOTE_PARTS = "quote what holds a comma, a bracket or `: `"
QUOTE_ADVICE = "quote the expression: a plain value does not begin with one of [ { @ | > * & ! % `"
INDENT_ADVICE = "check the indentation of this line and of the one above"

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
    for words, code, message, way_out in _KNOWN:
        if words in said:
            if "scalar" in said or "anchor" in said or "alias" in said:
                return Problem(code, message, around, help=way_out)
            related = ((around, "it begins here"),) if "a flow" in said and around.start != span.start else ()
            return Problem(code, message, span, related=related, help=way_out)
    return Problem("JC102", f"the YAML cannot be read here: {said.strip()}", span, help=INDENT_ADVICE)


def tab_problem(source: Source, place: int) -> Problem:
    """The problem of a tab outside of texts and comments."""
    return Problem("JC107", "a tab stands where YAML wants spaces", Span(source, place, place + 1), help="write spaces")


def _place(source: Source, mark: Any) -> Span:
    place = min(mark.index if mark else 0, len(source.text))
    return Span(source, place, min(place + 1, len(source.text)))
