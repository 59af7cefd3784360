"""How far each input can move before a derivative may change its form: the distance to the nearest switch or domain edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jacchain.expression.graph import WHERE
from jacchain.expression.program import Program
from jacchain.jacobian.limits import TIES, limits
from jacchain.linear.map import Numbers

WORK = 1 << 18
"""Registers times inputs up to which distances are worked out."""

BLOCK = 1 << 20
"""Intervals that are evaluated at a time."""


@dataclass(frozen=True, eq=False)
class Reach:
    """Proved distances: input ``j`` alone may go down by less than ``left[j]`` and up by less than ``right[j]``.

    On the way it meets no kink, no jump and no edge of the domain.  Infinite where nothing is ever met; zero at a kink.
    ``nearest`` names, for each input, the sub-expression that ends the shorter side (empty where none does).
    """

    left: Numbers
    right: Numbers
    nearest: tuple[str, ...]

    @property
    def distance(self) -> Numbers:
        """The shorter of both sides for each input."""
        return np.minimum(self.left, self.right)


def reach(programs: Sequence[Program], x: Numbers) -> Reach | None:
    """The reach of each input of a chain of programs at x ``(n,)``, or None where it would cost too much."""
    size = x.size
    if all(_is_endless(program) for program in programs):
        return Reach(np.full(size, np.inf), np.full(size, np.inf), ("",) * size)
    from jacchain.jacobian.way import SECTIONS, Way  # noqa: PLC0415  (most functions have neither switch nor edge)

    registers = sum(program.start.size for program in programs)
    if size * registers > WORK or 2 * SECTIONS * registers > BLOCK:
        return None
    way = Way(programs, x)
    block = max(1, BLOCK // (2 * SECTIONS * registers))
    parts = [way.distances(np.arange(2 * first, 2 * min(first + block, size))) for first in range(0, size, block)]
    distances, obstacles = (np.concatenate(found).reshape(size, 2) for found in zip(*parts, strict=True))
    shorter = obstacles[np.arange(size), distances.argmin(1)]
    return Reach(distances[:, 0], distances[:, 1], tuple(way.text(register) for register in shorter))


def _is_endless(program: Program) -> bool:
    """Whether nothing in a program could ever end the way."""
    return not any(
        instruction.operation in TIES or instruction.operation == WHERE or limits(instruction).any
        for instruction in program.instructions
    )
