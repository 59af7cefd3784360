"""What was settled from the surroundings of a point and not by the chain rule: numbers used by convention, with slopes beside.

Everybody who judges, certifies or explains a Jacobian has to know which of its numbers these are.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np
import numpy.typing as npt

from jacchain.frozen import Frozen
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Integers, Pattern, distinct


class Kink(Frozen, eq=True):
    """An entry without a derivative, and its one-sided slopes, NaN on a side outside of the domain.

    ``used`` is the interval of numbers that may stand for the derivative by convention, ``clarke`` that of all generalised ones.
    """

    row: int
    column: int
    left: float
    right: float
    used: tuple[float, float]
    clarke: tuple[float, float]

    @property
    def slopes(self) -> tuple[float, float]:
        """Both slopes; where there is only one, that one twice."""
        return (self.right if isnan(self.left) else self.left), (self.left if isnan(self.right) else self.right)

    @property
    def is_at_an_edge(self) -> bool:
        """Whether one side is outside of the domain."""
        return isnan(self.left) or isnan(self.right)


class Settled(Frozen):
    """The ``outputs`` (from 0) whose entries are right to the last digit, and the ``kinks`` among those entries.

    ``unexamined`` says how many more outputs stand on switches.
    """

    outputs: Integers = np.zeros(0, np.int64)
    kinks: tuple[Kink, ...] = ()
    unexamined: int = 0

    def rows(self, pattern: Pattern) -> npt.NDArray[np.bool_]:
        """Which entries of a pattern were settled."""
        return np.isin(pattern.rows, self.outputs)

    @property
    def bent(self) -> Integers:
        """The outputs that have a kink."""
        return distinct(np.array([kink.row for kink in self.kinks], np.int64))


UNSETTLED = Settled()


class KinkTable(Frozen):
    """Kinks as arrays: ``position`` of each in a pattern, and its numbers ``(k,)``, intervals ``(k, 2)``."""

    position: Integers
    left: Numbers
    right: Numbers
    used: Numbers
    clarke: Numbers

    @classmethod
    def of(cls, kinks: Sequence[Kink], pattern: Pattern) -> KinkTable:
        """Those of some kinks that lie on a pattern."""
        n = pattern.shape[1]
        keys = np.array([kink.row * n + kink.column for kink in kinks], np.int64)
        position = np.searchsorted(pattern.keys, keys)
        inside = [k for k, place in enumerate(position.tolist()) if place < pattern.count and pattern.keys[place] == keys[k]]
        chosen = [kinks[k] for k in inside]
        numbers = np.array([(*kink.slopes, *kink.used, *kink.clarke) for kink in chosen], float).reshape(-1, 6)
        return cls(position[inside], numbers[:, 0], numbers[:, 1], numbers[:, 2:4], numbers[:, 4:])
