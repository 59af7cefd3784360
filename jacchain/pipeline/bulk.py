"""Long lists of numbers, cut out of a file before it is parsed: a million of them are too many to be values with a place.

In YAML such a list is left as its first number (a ``0``) and blanks of the same length, so that the place of everything else
stays what it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from jacchain.errors import Fragment, Source, Span
from jacchain.pipeline.document import NUMBERS, TEXT, Block, Scalar, too_large
from jacchain.pipeline.numbers import JSON_NUMBER, NUMBER, UNSIGNED

LONG = 8
"""Numbers from which on a list is cut out."""

_SIGNED = rf"[-+]?+{UNSIGNED}"
_FLOW = rf"\[[ \r\n]*+(?:{_SIGNED}[ \r\n]*+,[ \r\n]*+){{{LONG - 1},}}+{_SIGNED}[ \r\n]*+,?+[ \r\n]*+\]"
_JSON = _FLOW.replace(_SIGNED, JSON_NUMBER.pattern).replace(",?+", "").replace(r" \r", r" \t\r")
_LINE = rf"- {_SIGNED} *+(?:\r?\n|\Z)"
_DASHED = rf"(?m)^(?P<first>[ ]*+(?:- )*?){_LINE}(?P<indent> *+){_LINE}(?:(?P=indent){_LINE}){{{LONG - 2},}}+"
"""Patterns as text: they are compiled where a file has such lists."""


def cut(source: Source) -> tuple[str, dict[int, Block]]:
    """The text of a YAML file with blanks for long lists of numbers, and those lists by the place of their first number.

    What is cut may lie in a comment or a text: a list is meant only if the parser meets its first number in a list.
    """
    text, count, position = source.text, 0, 0
    refuse_excess(source)
    blocks: dict[int, Block] = {}
    pieces: list[str] = []
    for block in sorted([*_flow(source), *_dashed(source)], key=lambda block: block.span.start):
        start, end = block.span.start, block.span.end
        count += block.count
        if count > NUMBERS:
            raise too_large(block.span, "numbers", NUMBERS)
        if start < position:
            continue
        number = NUMBER.search(text, start + 1)
        assert number is not None
        closing = end - (text[start] == "[")
        blocks[number.start()] = block
        blank = "\n".join(" " * len(line) for line in text[number.start() + 1 : closing].split("\n"))
        pieces += [text[position : number.start()], "0", blank]
        position = closing
    return "".join([*pieces, text[position:]]), blocks


def refuse_excess(source: Source) -> None:
    """Raises JacchainError when a glance tells that a file has too many numbers, or too much text."""
    text = source.text
    if text.count(",") + text.count("- ") > NUMBERS + TEXT:
        raise too_large(Span(source, 0, 1), "list items", NUMBERS + TEXT)


def json_list(source: Source, start: int) -> Block | None:
    """The long list of numbers that begins at ``start`` in a JSON text, if one does."""
    found = re.compile(_JSON).match(source.text, start)
    return _bracketed(source, found) if found else None


def numbers_of(block: Block) -> list[str]:
    """The numbers of a list as they are written."""
    return [found.group() for found in NUMBER.finditer(block.span.source.text, block.span.start + 1, block.span.end)]


def expand(block: Block) -> Iterator[Scalar]:
    """The numbers of a list as values with their places."""
    for found in NUMBER.finditer(block.span.source.text, block.span.start + 1, block.span.end):
        places = range(found.start(), found.end() + 1)
        yield Scalar(Fragment(found.group(), block.span.source, places), "number", plain=True)


def _flow(source: Source) -> Iterator[Block]:
    """Lists in brackets."""
    if source.text.count(",") >= LONG - 1:
        yield from map(partial(_bracketed, source), re.finditer(_FLOW, source.text))


def _bracketed(source: Source, found: re.Match[str]) -> Block:
    """A list in brackets that a pattern has found."""
    text = found.group()[1:-1].rstrip().removesuffix(",")
    return Block(Span(source, *found.span()), text, text.count(",") + 1, ",")


def _dashed(source: Source) -> Iterator[Block]:
    """Lists with one number a line; the first may stand behind the dashes of the lists around it."""
    position = 0 if source.text.count("- ") >= LONG else len(source.text)
    while found := re.compile(_DASHED).search(source.text, position):
        start, position = found.span()
        indent = len(found["indent"])
        if len(found["first"]) != indent:
            position = found.start("indent")
            continue
        text = source.text[start + indent + 2 : position].rstrip()
        yield Block(Span(source, start + indent, position), text, text.count("\n") + 1, "\n" + " " * indent + "- ")
