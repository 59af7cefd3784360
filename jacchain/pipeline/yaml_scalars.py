"""What a YAML scalar says, with the place in the file of each of its characters.

libyaml decodes scalars too, but does not tell where a character of the result stood before escapes were read and lines folded.
YAML 1.2.2, sections 7.3 (quoted and plain styles) and 8.1 (block styles).
"""

from __future__ import annotations

import re

from jacchain.errors import Fragment, JacchainError, Problem, Source, Span

_UNITS = {
    "": re.compile(r"(?P<blank>[ \t\r\n]+)|(?P<text>[^ \t\r\n]+)"),
    "'": re.compile(r"(?P<blank>[ \t\r\n]+)|(?P<quote>'')|(?P<text>[^ \t\r\n']+)"),
    '"': re.compile(
        r"(?P<blank>[ \t\r\n]+)|(?P<joined>\\\r?\n[ \t\r\n]*)|(?P<code>\\(?:x.{2}|u.{4}|U.{8}))|(?P<escape>\\.)"
        r"|(?P<text>[^ \t\r\n\\]+)"
    ),
}
_ESCAPES = dict(
    zip('0abt\tnvfre "/\\N_LP', '\0\a\b\t\t\n\v\f\r\x1b "/\\\x85\xa0\u2028\u2029', strict=True),
)


class _Text:
    """Characters being collected, with their places."""

    def __init__(self) -> None:
        self.characters: list[str] = []
        self.places: list[int] = []

    def add(self, text: str, place: int) -> None:
        """Characters as they stand in the file."""
        self.characters.append(text)
        self.places.extend(range(place, place + len(text)))

    def fold(self, breaks: int, place: int) -> None:
        """What that many line breaks mean together: a blank, or one break less."""
        folded = " " if breaks == 1 else "\n" * (breaks - 1)
        self.characters.append(folded)
        self.places.extend([place] * len(folded))

    def fragment(self, source: Source, end: int) -> Fragment:
        """All of them, which end at a place."""
        return Fragment("".join(self.characters), source, (*self.places, end))


def flow_scalar(source: Source, start: int, end: int, style: str) -> Fragment:
    """A plain (``style`` empty) or quoted scalar that stands at ``start <= offset < end``, quotes included."""
    if style:
        start, end = start + 1, end - 1
    raw = source.text[start:end]
    if "\n" not in raw and (not style or style not in raw) and (style != '"' or "\\" not in raw):
        return Fragment(raw, source, range(start, end + 1))
    text = _Text()
    for unit in _UNITS[style].finditer(raw):
        place, written = start + unit.start(), unit.group()
        breaks = written.count("\n")
        match unit.lastgroup:
            case "blank" if breaks:
                text.fold(breaks, place)
            case "quote":
                text.add("'", place)
            case "joined" if breaks > 1:
                text.fold(breaks, place)
            case "joined":
                continue
            case "code":
                text.add(_character(written, Span(source, place, place + len(written))), place)
            case "escape":
                text.add(_ESCAPES[written[1]], place)
            case _:
                text.add(written, place)
    return text.fragment(source, end)


def _character(written: str, span: Span) -> str:
    """The character that a numeric escape means."""
    number = int(f"0x{written[2:]}", 0)
    if 0xD800 <= number < 0xE000:
        message = "half of a surrogate pair is no character"
        raise JacchainError(Problem("JC102", message, span, help="write the character itself"))
    return chr(number)


def block_scalar(source: Source, start: int, end: int, parent: int) -> Fragment:
    """A literal (``|``) or folded (``>``) scalar whose header stands at ``start``; ``parent`` is the indent it lies in."""
    header_end = source.text.find("\n", start, end) + 1 or end
    header = source.text[start:header_end].split("#")[0].strip()
    lines = _lines(source.text, header_end, end)
    digits = [character for character in header if character.isdigit()]
    indent = max(parent, 0) + int(digits[0]) if digits else _indent(lines)
    text = _Text()
    pending: list[int] = []
    last, open_line, blank_before = header_end, False, False
    for line, place in lines:
        content = line[indent:]
        if not content:
            pending.append(place)
            continue
        blank = content[0] in " \t"
        if open_line:
            folds = header[0] == ">" and not blank and not blank_before
            if not folds:
                text.add("\n", last)
            elif not pending:
                text.add(" ", last)
        for gap in pending:
            text.add("\n", gap)
        text.add(content, place + indent)
        pending, open_line, blank_before, last = [], True, blank, place + len(line)
    if open_line and "-" not in header and last < end:
        text.add("\n", last)
    if "+" in header:
        for gap in pending:
            if gap < end:
                text.add("\n", gap)
    return text.fragment(source, text.places[-1] + 1 if text.places else header_end)


def _lines(text: str, start: int, end: int) -> list[tuple[str, int]]:
    """The lines of a block with the places where they begin."""
    found = []
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        found.append((text[start:stop].removesuffix("\r"), start))
        start = stop + 1
    return found


def _indent(lines: list[tuple[str, int]]) -> int:
    """The indent of the first line that is not blank."""
    for line, _ in lines:
        if line.strip(" "):
            return len(line) - len(line.lstrip(" "))
    return max((len(line) for line, _ in lines), default=0)
