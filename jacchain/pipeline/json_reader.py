"""Strict JSON (RFC 8259) to the same tree of located values that YAML gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jacchain.errors import Fragment, JacchainError, Problem, Source, Span
from jacchain.pipeline.bulk import json_list, refuse_excess
from jacchain.pipeline.document import (
    DEPTH,
    NODES,
    NUMBERS,
    TEXT,
    Block,
    Kind,
    Node,
    Scalar,
    Sequence,
    clip,
    mapping_of,
    too_deep,
    too_large,
)
from jacchain.pipeline.numbers import JSON_NUMBER

if TYPE_CHECKING:
    from jacchain.pipeline.ledger import Ledger

_BLANK = re.compile(r"[ \t\r\n]*+")
_PLAIN = re.compile(r'[^"\\\n]*+')
_WORD = re.compile(r"[-+.\w]+")
_LONG_LIST = re.compile(r"\[[ \t\r\n]*+[-0-9]")
_WORDS: dict[str, Kind] = {"true": "boolean", "false": "boolean", "null": "null"}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")


def read_json(source: Source, ledger: Ledger) -> Node:
    """The value of a JSON file; keys that stand twice are written into the ledger.

    Raises JacchainError at the first mistake of syntax (JC110), or at too much of something (JC198).
    """
    refuse_excess(source)
    reader = _Reader(source)
    root = reader.value()
    reader.blank()
    if reader.position < len(source.text):
        raise reader.error("the text goes on after the end of the value", way_out="delete the rest")
    for problem in reader.problems:
        ledger.add(problem)
    return root


class _Reader:
    """How far a JSON text has been read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.position = 0
        self.depth = 0
        self.values = 0
        self.numbers = 0
        self.problems: list[Problem] = []

    def error(self, message: str, start: int | None = None, way_out: str = "") -> JacchainError:
        """The mistake of syntax (JC110) that is found here and began at ``start``."""
        start = self.position if start is None else start
        end = min(max(start + 1, self.position), len(self.text))
        return JacchainError(Problem("JC110", message, Span(self.source, min(start, end), end), help=way_out))

    def blank(self) -> str:
        """Skips blanks; the character after them, or nothing at the end."""
        found = _BLANK.match(self.text, self.position)
        assert found is not None
        self.position = found.end()
        return self.text[self.position : self.position + 1]

    def value(self) -> Node:
        """The value that begins here."""
        character = self.blank()
        self.values += 1
        if self.values > NODES:
            raise too_large(Span(self.source, self.position, self.position + 1), "values", NODES)
        if character == '"':
            return Scalar(self.string(), "text", plain=False)
        if character == "[" and (block := self.block()):
            return block
        if character in {"[", "{"}:
            self.depth += 1
            if self.depth > DEPTH:
                raise too_deep(Span(self.source, self.position, self.position + 1))
            collection = self.sequence() if character == "[" else self.mapping()
            self.depth -= 1
            return collection
        return self.word(character)

    def block(self) -> Block | None:
        """A long list of numbers, if one begins here."""
        block = json_list(self.source, self.position) if _LONG_LIST.match(self.text, self.position) else None
        if block:
            self.numbers += block.count
            if self.numbers > NUMBERS:
                raise too_large(block.span, "numbers", NUMBERS)
            self.position = block.span.end
        return block

    def word(self, character: str) -> Scalar:
        """A number, ``true``, ``false`` or ``null``."""
        start = self.position
        found = _WORD.match(self.text, start)
        written = found.group() if found else character
        self.position += max(len(written), 1)
        if not written:
            raise self.error("the text ends where a value is expected", start)
        kind: Kind | None = _WORDS.get(written) or ("number" if JSON_NUMBER.fullmatch(written) else None)
        if kind is None:
            raise self.error(f"`{clip(written)}` is not a value of JSON", start, _advice(written))
        return Scalar(Fragment(written, self.source, range(start, start + len(written) + 1)), kind, plain=True)

    def string(self) -> Fragment:
        """The text in quotes that begins here."""
        opening = self.position
        characters: list[str] = []
        places: list[int] = []
        self.position += 1
        while True:
            start = self.position
            found = _PLAIN.match(self.text, start)
            assert found is not None
            self.position = found.end()
            if self.position - opening > TEXT:
                raise too_large(Span(self.source, opening, opening + 1), "characters in one text", TEXT)
            follows = self.text[self.position : self.position + 1]
            if follows == '"' and not places:
                self.position += 1
                return Fragment(found.group(), self.source, range(start, self.position))
            characters.append(found.group())
            places.extend(range(start, self.position))
            if follows == '"':
                self.position += 1
                return Fragment("".join(characters), self.source, (*places, self.position - 1))
            if follows != "\\":
                self.position = opening + 1
                raise self.error("the text is not closed on its line", opening, 'close it with "')
            places.append(self.position)
            characters.append(self.escape())

    def escape(self) -> str:
        """The character that an escape means; surrogates come in pairs."""
        start = self.position
        if simple := _ESCAPES.get(self.text[start + 1 : start + 2]):
            self.position += 2
            return simple
        found = _UNICODE.match(self.text, start)
        if not found:
            raise self.error("`\\` begins an escape that JSON does not have", start, "write a backslash as \\\\")
        self.position = found.end()
        number = int(found[1], 16)
        low = _UNICODE.match(self.text, self.position) if 0xD800 <= number < 0xDC00 else None
        if low and 0xDC00 <= (second := int(low[1], 16)) < 0xE000:
            self.position = low.end()
            return chr(0x10000 + ((number - 0xD800) << 10) + (second - 0xDC00))
        if 0xD800 <= number < 0xE000:
            raise self.error("half of a surrogate pair is no character", start, "write the character itself")
        return chr(number)

    def sequence(self) -> Sequence:
        """The list that begins here."""
        start = self.position
        self.position += 1
        items: list[Node] = []
        if self.blank() == "]":
            self.position += 1
            return Sequence(Span(self.source, start, self.position), ())
        while True:
            items.append(self.value())
            if self.separator(start, "]"):
                return Sequence(Span(self.source, start, self.position), tuple(items))

    def mapping(self) -> Node:
        """The mapping that begins here."""
        start = self.position
        self.position += 1
        entries: list[tuple[Node, Node]] = []
        closed = self.blank() == "}"
        self.position += closed
        while not closed:
            if self.blank() != '"':
                raise self.error("a key is expected here, in double quotes")
            key = Scalar(self.string(), "text", plain=False)
            if self.blank() != ":":
                raise self.error("a `:` is expected behind the key")
            self.position += 1
            entries.append((key, self.value()))
            closed = self.separator(start, "}")
        return mapping_of(Span(self.source, start, self.position), entries, self.problems)

    def separator(self, opening: int, closing: str) -> bool:
        """Reads a comma, or the end of a collection; whether it was the end."""
        character = self.blank()
        if character not in {",", closing}:
            if not character:
                raise self.error(f"`{self.text[opening]}` is never closed", opening)
            raise self.error(f"`,` or `{closing}` is expected here")
        comma = self.position
        self.position += 1
        if character == "," and self.blank() == closing:
            raise self.error("a comma stands before the end", comma, "delete it")
        return character == closing


def _advice(written: str) -> str:
    """What to write instead of a word that is no value of JSON."""
    if written.lower().lstrip("+-") in {"nan", "infinity", "inf"}:
        return "numbers are finite"
    if written[:1] in "+.0123456789-":
        return "numbers of JSON are written 0.5, -1 or 1e-3"
    return "texts and expressions stand in double quotes"
