"""How much is told of mistakes, to people and to programs: ten at the most, and as much of each as fits on a page."""

from __future__ import annotations

from typing import NamedTuple

from jacchain.report.notation.text import cleaned

MOST = 10
"""Problems that are reported."""
PAGE = 3_600
"""Bytes that all of it takes at the most, escape sequences not counted."""


class Brevity(NamedTuple):
    """Characters that a message may have, and how many notes and other places are given."""

    text: int
    notes: int


BREVITIES = (Brevity(400, 6), Brevity(160, 4), Brevity(60, 2))
"""From what a person wants to read to what fits on a page in any case."""


def short(text: str, brevity: Brevity) -> str:
    """The text, cleaned and of a bearable length."""
    text = cleaned(text)
    return text if len(text) <= brevity.text else f"{text[: brevity.text - 1]}…"
