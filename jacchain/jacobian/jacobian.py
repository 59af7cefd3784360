"""The Jacobian of one stage at one point, and how it was obtained."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from jacchain.expression.formula import Formula
from jacchain.frozen import Frozen
from jacchain.jacobian.settled import UNSETTLED, Settled
from jacchain.linear.map import LinearMap, Numbers


class Jacobian(Frozen):
    """``linear`` is the m x n matrix of partial derivatives, rows are outputs; the rest says why to trust it.

    ``method`` is ``analytic``, ``difference`` or ``author``; ``structure`` the name of what holds for every x (``constant``,
    ``diagonal``); ``spell`` works out its ``formula``; ``error_bar`` an m x n bound on the error of each entry, where the
    method yields one or rounding did more than usual.  ``errors`` has how far each entry of the pattern of ``linear`` may be off,
    zero where it is exact, as far as that was measured.  ``settled`` are the entries that the formula does not speak of.
    """

    linear: LinearMap
    method: str
    structure: str
    spell: Callable[[], Formula | None] | None = None
    error_bar: Numbers | None = None
    remarks: tuple[str, ...] = ()
    errors: Numbers | None = None
    settled: Settled = UNSETTLED

    @cached_property
    def formula(self) -> Formula | None:
        """What a person would write, worked out for those who read it; None where that is too long, or there is none."""
        return None if self.spell is None else self.spell()
