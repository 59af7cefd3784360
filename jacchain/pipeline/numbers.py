"""Which texts are numbers in a pipeline file, by one rule of our own, and what to say about those that only look like one.

A subset of YAML 1.2 core: decimal, with an optional point and exponent, finite.  What other readers of YAML take for octal,
sexagesimal, hexadecimal or a truth value is an error here instead of a surprise.
"""

from __future__ import annotations

import re

from jacchain.errors import Problem
from jacchain.pipeline.document import Kind, Scalar

UNSIGNED = r"(?:(?:0|[1-9][0-9]*+)(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?"
NUMBER = re.compile(rf"[-+]?{UNSIGNED}")
JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?")

LONGEST = 100
"""Characters of a value that is looked at as a number that went wrong."""

_WORDS: dict[str, Kind] = {"true": "boolean", "false": "boolean", "null": "null", "~": "null", "": "null"}
_LEADING_ZERO = re.compile(r"([-+]?)0+([0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9]+(?::[0-9]+)+(?:\.[0-9]*)?")
_OTHER_BASE = re.compile(r"[-+]?0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_GROUPED = re.compile(r"[-+]?[0-9]+(?:_[0-9]+)+(?:\.[0-9]*)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:nan|inf)", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TRUTH = re.compile(r"yes|no|on|off|true|false", re.IGNORECASE)
_NOT_FINITE_WORD = re.compile(r"[-+]?(?:nan|inf|infinity)", re.IGNORECASE)


def kind_of(text: str) -> Kind:
    """What a plain YAML scalar is."""
    if text[:1].isalpha() or not text or text == "~":
        return _WORDS.get(text.lower() if text in {text.lower(), text.upper(), text.capitalize()} else text, "text")
    return "number" if NUMBER.fullmatch(text) else "text"


def trap(scalar: Scalar) -> Problem | None:
    """The problem of a value that some reader takes for another number than it seems, if it is one; in quotes or not."""
    text = scalar.text
    if len(text) > LONGEST:
        return None
    if found := _LEADING_ZERO.fullmatch(text):
        plain = found[1] + (found[2].lstrip("0") if found[2].lstrip("0")[:1].isdigit() else "0" + found[2].lstrip("0"))
        return _problem(scalar, "numbers do not begin with a needless 0: some readers take it for octal", f"write {plain}")
    if _SEXAGESIMAL.fullmatch(text):
        return _problem(scalar, "is not a number: some readers take it for base 60", "write it with a decimal point, or divide")
    if _OTHER_BASE.fullmatch(text):
        return _problem(scalar, "numbers are decimal", f"write {int(text.replace('O', 'o'), 0)}")
    if _GROUPED.fullmatch(text):
        return _problem(scalar, "digits are not grouped", f"write {text.replace('_', '')}")
    if _DATE.match(text):
        return _problem(scalar, "a date is not a number", "write a number")
    if _NOT_FINITE.fullmatch(text):
        return _problem(scalar, "numbers are finite", "write a finite number", "JC114")
    return None


def word_trap(scalar: Scalar) -> Problem | None:
    """The problem of a word, not a name that is known, that some reader takes for a truth value or a number, if it is one."""
    if _NOT_FINITE_WORD.fullmatch(scalar.text):
        return _problem(scalar, "numbers are finite", "write a finite number", "JC114")
    if not _TRUTH.fullmatch(scalar.text):
        return None
    value = "1" if scalar.text.lower() in {"yes", "on", "true"} else "0"
    return _problem(scalar, "a truth value is not a number", f"write {value}")


def _problem(scalar: Scalar, message: str, way_out: str, code: str = "JC113") -> Problem:
    """The problem of a value that is no number here."""
    return Problem(code, f"`{scalar.text}`: {message}", scalar.span, help=way_out)
