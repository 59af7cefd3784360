"""How everything is to look: decided once, before anything is laid out."""

from __future__ import annotations

from typing import Literal

from jacchain.frozen import Frozen

Detail = Literal["result", "usual", "trust"]

DIGITS = 4
NARROWEST, WIDEST = 40, 10_000
PIPED_WIDTH = 100
"""The width of output that is not a terminal: wide enough for the tables, narrow enough for a page."""


class Signs(Frozen, eq=True):
    """What brackets, zeros and gaps are drawn with."""

    brackets: tuple[str, str, str, str, str, str]
    structural: str
    across: str
    down: str
    marks: tuple[str, str]
    dash: str
    cut: str


UNICODE = Signs(("⎡", "⎢", "⎣", "⎤", "⎥", "⎦"), "·", "⋯", "⋮", ("▐", "▌"), "–", "…")
PLAIN = Signs(("[", "[", "[", "]", "]", "]"), ".", "...", ":", (">", "<"), "-", "...")


class Look(Frozen, eq=True):
    """``width`` in cells that no line exceeds, significant ``digits``, whether there is colour, only ASCII, and no elision.

    ``detail`` is how much is said: the result alone, the usual, or also where its trust comes from.
    """

    width: int = PIPED_WIDTH
    digits: int = DIGITS
    colour: bool = False
    ascii_only: bool = False
    full: bool = False
    detail: Detail = "usual"

    @property
    def signs(self) -> Signs:
        """The signs a terminal can show."""
        return PLAIN if self.ascii_only else UNICODE
