"""What the terminal can show and the person wants, found out once: width, colour, encoding.

An option of the command line decides, else the variables JACCHAIN_WIDTH, JACCHAIN_DIGITS, JACCHAIN_COLOR and JACCHAIN_ASCII, else
what all programs heed (NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM, COLUMNS), else whether the output is a terminal.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from typing import TextIO

from jacchain.errors import Fragment, JacchainError, Problem
from jacchain.frozen import Frozen
from jacchain.report.look import DIGITS, NARROWEST, PIPED_WIDTH, WIDEST, Look

MOST_DIGITS = 17
OFF = {"0", "no", "off", "false", "never"}
ON = {"1", "yes", "on", "true", "always"}


class Wishes(Frozen, eq=True):
    """What the command line says, ``None`` where it says nothing; ``color`` is ``auto``, ``always`` or ``never``."""

    width: int | None = None
    digits: int | None = None
    color: str = "auto"
    ascii_only: bool = False
    full: bool = False


def resolve(wishes: Wishes, stream: TextIO | None, environment: Mapping[str, str]) -> Look:
    """The look of what is written to a stream, or (``None``) to a file, which is UTF-8 and never a terminal.

    Raises JacchainError (JC005) when a JACCHAIN_ variable makes no sense.
    """
    width = _number("JACCHAIN_WIDTH", environment, NARROWEST, WIDEST)
    digits = _number("JACCHAIN_DIGITS", environment, 1, MOST_DIGITS)
    own_color = _choice("JACCHAIN_COLOR", environment, {**dict.fromkeys(ON, True), **dict.fromkeys(OFF, False), "auto": None})
    own_ascii = _choice("JACCHAIN_ASCII", environment, {**dict.fromkeys(ON, True), **dict.fromkeys(OFF, False)})
    asked = {"always": True, "never": False}.get(wishes.color, own_color)
    return Look(
        width=max(NARROWEST, min(wishes.width or width or _width(stream, environment), WIDEST)),
        digits=wishes.digits or digits or DIGITS,
        colour=_has_colour(stream, environment) if asked is None else asked,
        ascii_only=wishes.ascii_only or (not _is_unicode(stream) if own_ascii is None else own_ascii),
        full=wishes.full,
    )


def _width(stream: TextIO | None, environment: Mapping[str, str]) -> int:
    """The columns of the terminal; output that is not a terminal is not cut to one."""
    if stream is None or not _is_terminal(stream):
        return PIPED_WIDTH
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    told = environment.get("COLUMNS", "")
    return columns or (int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 0) or PIPED_WIDTH


def _has_colour(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    if environment.get("NO_COLOR"):
        return False
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        value = environment.get(name, "")
        if value:
            return value.lower() not in OFF
    if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb":
        return False
    return stream is not None and _is_terminal(stream)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # a closed stream
        return False


def _is_unicode(stream: TextIO | None) -> bool:
    """Whether every character can be written."""
    if stream is None:
        return True
    try:
        return codecs.lookup(stream.encoding or "ascii").name.startswith("utf")
    except LookupError:
        return False


def _number(name: str, environment: Mapping[str, str], least: int, most: int) -> int | None:
    text = environment.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and least <= int(text) <= most):
        raise _senseless(name, text, f"a whole number from {least:,} to {most:,}")
    return int(text)


def _choice(name: str, environment: Mapping[str, str], meanings: Mapping[str, bool | None]) -> bool | None:
    text = environment.get(name, "").strip().lower()
    if text and text not in meanings:
        words = "always, never or auto" if "auto" in meanings else "1 or 0"
        raise _senseless(name, text, words)
    return meanings.get(text)


def _senseless(name: str, text: str, wanted: str) -> JacchainError:
    return JacchainError(
        Problem(
            "JC005",
            f"the environment variable {name} makes no sense",
            Fragment.whole(text[:60], name).span(),
            help=f"set it to {wanted}",
        )
    )
