"""Which characters make a name, and how a text falls into words, numbers and signs."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from jacchain.errors import Fragment, JacchainError, Problem

NAME_LENGTH = 64
LITERAL_LENGTH = 400
TEXT_LENGTH = 200_000
TOKENS = 50_000

SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SIGN = re.compile(r"\*\*|<=|>=|==|!=|[-+*/^@()\[\],:<>]")
_BLANK = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True)
class Token:
    """A word of an expression: ``kind`` is ``number``, ``name``, ``sign`` or ``end``."""

    kind: str
    text: str
    start: int
    end: int


def begins_name(character: str) -> bool:
    """Whether a name may begin with this character: a letter of any script, or ``_``."""
    return character == "_" or character.isalpha()


def continues_name(character: str) -> bool:
    """Whether a name may go on with this character: a letter, a digit 0-9, a subscript digit, ``_`` or a combining mark."""
    return (
        begins_name(character)
        or "0" <= character <= "9"
        or character in SUBSCRIPTS
        or unicodedata.category(character) in {"Mn", "Mc"}
    )


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


INSTEAD = {
    "−": "write the minus sign as `-`",
    "–": "write the minus sign as `-`",
    "—": "write the minus sign as `-`",
    "×": "write a product as `*`",
    "·": "write a product as `*`",
    "⋅": "write a product as `*`",
    "∗": "write a product as `*`",
    "÷": "write a quotient as `/`",
    "²": "write a power as `^2`",
    "³": "write a power as `^3`",
    "√": "write a square root as `sqrt(...)`",
    "∞": "numbers are finite",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "∧": "write `and`",
    "∨": "write `or`",
    "&": "write `and`",
    "|": "write `abs(x)` for an absolute value, `or` between conditions",
    "!": "write `not`, or `!=` for unequal",
    "~": "write `not`",
    "=": "an expression assigns nothing: `==` compares, inside where(condition, a, b)",
    "%": "write a remainder as `mod(x, y)`",
    "'": "write `transpose(W)` for a transpose; a derivative is what jacchain works out",
    '"': "an expression holds no text",
    "{": "write parentheses as ( )",
    "}": "write parentheses as ( )",
    ";": "write one expression an output",
    ".": "names have no parts; a number needs a digit beside its point",
    "‖": "write `norm(v)`",
    "$": "write names without `$`",
    "\\": "write plain names, `alpha` or `α`, not commands",
    "#": "a comment may stand only after the whole line, outside the expression",
    "?": "write `where(condition, a, b)` for a choice",
}


def tokens(fragment: Fragment) -> list[Token]:
    """The words of an expression, with an ``end`` after the last."""
    text = fragment.text
    if len(text) > TEXT_LENGTH:
        raise _error(fragment, "JC198", f"the expression is longer than {TEXT_LENGTH:,} characters", 0, 1, "split it")
    found: list[Token] = []
    position = 0
    while position < len(text):
        if blank := _BLANK.match(text, position):
            position = blank.end()
            continue
        token = _token(fragment, position)
        found.append(token)
        position = token.end
        if len(found) > TOKENS:
            raise _error(fragment, "JC198", f"the expression has more than {TOKENS:,} words", position - 1, position)
    return [*found, Token("end", "", len(text), len(text))]


def _token(fragment: Fragment, start: int) -> Token:
    """The word that begins at ``start``."""
    text = fragment.text
    if number := _NUMBER.match(text, start):
        if number.end() - start > LITERAL_LENGTH:
            message = f"the number has more than {LITERAL_LENGTH} characters"
            raise _error(fragment, "JC198", message, start, number.end(), "round it: 17 digits determine a double")
        return Token("number", number.group(), start, number.end())
    if (end := name_end(text, start)) > start:
        if end - start > NAME_LENGTH:
            raise _error(fragment, "JC198", f"the name has more than {NAME_LENGTH} characters", start, end)
        return Token("name", canonical(text[start:end]), start, end)
    if sign := _SIGN.match(text, start):
        return Token("sign", "^" if sign.group() == "**" else sign.group(), start, sign.end())
    raise _unknown_character(fragment, start)


def _unknown_character(fragment: Fragment, start: int) -> JacchainError:
    character = fragment.text[start]
    name = unicodedata.name(character, "a control character")
    if not character.isprintable() or unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"}:
        message = f"the character U+{ord(character):04X} ({name.lower()}) has no place in an expression"
        return _error(fragment, "JC151", message, start, start + 1, "delete it")
    shown = f"`{character}`" if character.isascii() else f"`{character}` (U+{ord(character):04X}, {name.lower()})"
    digit = unicodedata.decimal(character, None)
    way_out = f"write the digit as {digit}" if digit is not None else INSTEAD.get(character, "")
    return _error(fragment, "JC151", f"{shown} is not part of the language", start, start + 1, way_out)


def _error(fragment: Fragment, code: str, message: str, start: int, end: int, way_out: str = "") -> JacchainError:  # noqa: PLR0913, PLR0917
    return JacchainError(Problem(code, message, fragment.span(start, end), help=way_out))
