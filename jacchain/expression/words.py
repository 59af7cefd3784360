"""Which characters make a name, and how a text falls into words, numbers and signs."""

from __future__ import annotations

import re
import unicodedata

from jacchain.errors import Fragment, JacchainError, Problem
from jacchain.expression import slips
from jacchain.frozen import Frozen

NAME_LENGTH, LITERAL_LENGTH, TEXT_LENGTH = 64, 400, 200_000
"""Characters that a name, a number and an expression may have: more than anyone writes by hand, and soon read."""
TOKENS = 20_000
"""Words that an expression may have."""

SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_BLANKS = " \t\r\n"
_WORD = re.compile(
    r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
    r"|[^\x00-@[-^`{-\x7f][^\x00-/:-@[-^`{-\x7f]*"  # letters, digits, `_` and all beyond ASCII: a short set compiles at once
    r"|\*\*|<=|>=|==|!=|[-+*/^@()\[\],:<>']"
)
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0").union(
    chr(code) for ends in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF)) for code in range(ends[0], ends[1] + 1)
)
"""Letters and marks that show nothing, so that two names would look the same: fillers, joiners, variation selectors."""


class Token(Frozen, eq=True):
    """A word and where it stands: ``kind`` is ``number``, ``name``, ``sign`` or ``end``."""

    kind: str
    text: str
    start: int
    end: int


def begins_name(character: str) -> bool:
    """Whether a name may begin with this character: a letter of any script that can be seen, or ``_``."""
    return character == "_" or (character.isalpha() and character not in _INVISIBLE)


def continues_name(character: str) -> bool:
    """Whether a name may go on with this character: a letter, a digit 0-9, a subscript digit, ``_`` or a combining mark."""
    if begins_name(character) or "0" <= character <= "9" or character in SUBSCRIPTS:
        return True
    return unicodedata.category(character) in {"Mn", "Mc"} and character not in _INVISIBLE


def name_end(text: str, start: int) -> int:
    """Where the name that begins at ``start`` ends (``start`` itself when none does)."""
    if start >= len(text) or not begins_name(text[start]):
        return start
    end = start + 1
    while end < len(text) and continues_name(text[end]):
        end += 1
    return end


def canonical(name: str) -> str:
    """The spelling by which names are compared: Unicode's NFC.  Look-alikes of other scripts stay different."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def kind(word: str) -> str:
    """What a word is: ``number``, ``name`` or ``sign``, or ``end`` when it is empty."""
    if not word:
        return "end"
    if word[0] in "0123456789.":
        return "number"
    return "name" if begins_name(word[0]) else "sign"


def words(fragment: Fragment, *, primes: bool = False) -> tuple[list[str], list[int]]:
    """The words of an expression as they are written, and where each begins; an empty one stands at the end.

    The sign ``'`` is one where there are ``primes``.

    Raises JacchainError for what cannot be a word (JC151) and for what is too long (JC198).
    """
    text = fragment.text
    if len(text) > TEXT_LENGTH:
        message = f"the expression is longer than {TEXT_LENGTH:,} characters"
        raise JacchainError(Problem("JC198", message, fragment.span(0, 1), help="split it"))
    found, starts = [], []
    for match in _WORD.finditer(text):
        found.append(match[0])
        starts.append(match.start())
    if sum(map(len, found)) + sum(map(text.count, _BLANKS)) != len(text):
        raise _unknown_character(fragment, _first_gap(text, found, starts))
    if not primes and "'" in text:
        raise _unknown_character(fragment, text.index("'"))
    if len(found) > TOKENS:
        message = f"the expression has more than {TOKENS:,} words"
        raise JacchainError(Problem("JC198", message, fragment.span(starts[-1]), help="split it"))
    if not text.isascii() or (found and max(map(len, found)) > NAME_LENGTH):
        for word, start in zip(found, starts, strict=True):
            _check(fragment, word, start)
    found.append("")
    starts.append(len(text))
    return found, starts


def tokens(fragment: Fragment) -> list[Token]:
    """The words of an expression with their kinds and places, names in the spelling by which they are compared."""
    found = zip(*words(fragment), strict=True)
    return [Token(kind(word), canonical(word), start, start + len(word)) for word, start in found]


def _first_gap(text: str, found: list[str], starts: list[int]) -> int:
    """Where the first character stands that is neither blank nor part of a word."""
    end = 0
    for word, start in zip([*found, ""], [*starts, len(text)], strict=True):
        between = text[end:start]
        if between.strip(_BLANKS):
            return end + len(between) - len(between.lstrip(_BLANKS))
        end = start + len(word)
    raise AssertionError


def _check(fragment: Fragment, word: str, start: int) -> None:
    """Raises JacchainError for a word that is too long, or holds a character that no name may have."""
    what = kind(word) if word.isascii() else "name"
    if what == "number" and len(word) > LITERAL_LENGTH:
        message, way_out = f"the number has more than {LITERAL_LENGTH} characters", "round it: 17 digits determine a double"
        raise JacchainError(Problem("JC198", message, fragment.span(start, start + len(word)), help=way_out))
    if what == "name" and (end := name_end(word, 0)) < len(word):
        raise _unknown_character(fragment, start + end)
    if what == "name" and len(word) > NAME_LENGTH:
        message = f"the name has more than {NAME_LENGTH} characters"
        raise JacchainError(Problem("JC198", message, fragment.span(start, start + len(word))))


def _unknown_character(fragment: Fragment, start: int) -> JacchainError:
    """The error for a character that is no part of the language, or that nobody could see."""
    character = fragment.text[start]
    name = unicodedata.name(character, "a control character").lower()
    if not character.isprintable() or unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"}:
        message, way_out = f"the character U+{ord(character):04X} ({name}) has no place in an expression", "delete it"
    else:
        shown = f"`{character}`" if character.isascii() else f"`{character}` (U+{ord(character):04X}, {name})"
        message, way_out = f"{shown} is not part of the language", slips.way_out(character)
    return JacchainError(Problem("JC151", message, fragment.span(start, start + 1), help=way_out))
