"""How far each input can move before a derivative may change its form: the distance to the nearest switch or domain edge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jacchain.expression.graph import WHERE
from jacchain.expression.program import Program
from jacchain.frozen import Frozen
from jacchain.jacobian.nonsmooth.limits import TIES, limits
from jacchain.linear.map import Numbers

QUICK, THOROUGH = (24, 1 << 14), (1 << 13, 1 << 23)
"""Pairs of arguments, and intervals, up to which distances are worked out in every run, and when they are asked for."""

STEPS = 16
"""Sections that a stretch of a way is cut into where it could not be proved as a whole; about what is tried at a time."""

BLOCK = 1 << 20
"""Intervals that are evaluated at a time."""


class Reach(Frozen):
    """Proved distances: input ``j`` alone may go down by less than ``left[j]`` and up by less than ``right[j]``.

    On the way it meets no kink, no jump and no edge of the domain, neither in exact numbers nor in doubles.  Infinite where
    nothing is ever met; zero at a kink.  ``nearest`` names, for each input, the sub-expression that ends the shorter side
    (empty where none does).
    """

    left: Numbers
    right: Numbers
    nearest: tuple[str, ...]

    @property
    def distance(self) -> Numbers:
        """The shorter of both sides for each input."""
        return np.minimum(self.left, self.right)


def reach(programs: Sequence[Program], x: Numbers, *, thorough: bool = False) -> Reach | None:
    """The reach of each input of a chain of programs at x ``(n,)``, or None where it would cost too much.

    A switch counts when a derivative at x passes through it: the kink of an ``abs`` does not where only a condition reads it.
    Where two branches meet smoothly, the way still ends: the derivative goes on with another formula.
    """
    size = x.size
    limited = [position for position, program in enumerate(programs, 1) if has_limits(program)]
    ending = programs[: limited[-1]] if limited else ()
    registers = sum(program.start.size for program in ending)
    most, intervals = THOROUGH if thorough else QUICK
    work = sum(len(instruction.arguments) for program in ending for instruction in program.instructions)
    if work > 2 * most or 2 * size * STEPS * registers > intervals:
        return None
    from jacchain.jacobian.nonsmooth.passage import distances  # noqa: PLC0415  (many functions have neither switch nor edge)
    from jacchain.jacobian.nonsmooth.way import Ways  # noqa: PLC0415

    ways = Ways(ending, x) if ending else None
    if ways is None or not any(mask.any() for mask in ways.ending):
        return Reach(np.full(size, np.inf), np.full(size, np.inf), ("",) * size)
    block = max(1, BLOCK // (2 * STEPS * registers))
    parts = [distances(ways, np.arange(2 * first, 2 * min(first + block, size))) for first in range(0, size, block)]
    free, obstacles = (np.concatenate(found).reshape(size, 2) for found in zip(*parts, strict=True))
    shorter = obstacles[np.arange(size), free.argmin(1)]
    return Reach(free[:, 0], free[:, 1], tuple(ways.text(int(register)) for register in shorter))


def has_limits(program: Program) -> bool:
    """Whether something in a program could ever end the way."""
    return any(
        instruction.operation in TIES or instruction.operation == WHERE or bool(limits(instruction))
        for instruction in program.instructions
    )
