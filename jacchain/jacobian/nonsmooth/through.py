"""Kinks of stages seen through the whole chain: where the product of what is used at them is no derivative of the chain.

Every stage is judged alone, so ``relu(x) - relu(-x)``, written as two stages, has the product 0 where the chain has the slope 1.
The one-sided derivatives of the chain, along every axis, show it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.nonsmooth.germ import Real
from jacchain.jacobian.nonsmooth.germ_arithmetic import GermArithmetic
from jacchain.jacobian.nonsmooth.rays import along
from jacchain.jacobian.nonsmooth.surroundings import axis_germs, one_sided
from jacchain.jacobian.settled import Kink
from jacchain.linear.map import Numbers
from jacchain.pipeline.stage import Stage

WORK = 20_000
"""Germs worked out at most; larger chains are left at what is said of their stages."""

REMARKS = 16
"""Entries that are listed."""

CLOSE = 1e-9
"""Share of the larger slope up to which two slopes are the same."""


def chain_remarks(stages: Sequence[Stage], x: Numbers, jacobian: Numbers) -> list[Diagnostic]:
    """A remark for every entry of the Jacobian ``(m, n)`` of the chain at x that lies outside the one-sided derivatives."""
    wrong = []
    for (i, j), left, right in _slopes(stages, x):
        low, high = sorted((left, right))
        slack = CLOSE * max(abs(low), abs(high))
        if not low - slack <= jacobian[i, j] <= high + slack:
            wrong.append(_remark((stages[-1].outputs[i], stages[0].inputs[j]), (left, right), float(jacobian[i, j])))
    return wrong[:REMARKS]


def chain_kinks(stages: Sequence[Stage], x: Numbers) -> tuple[Kink, ...]:
    """The entries of the Jacobian of the chain at x whose one-sided derivatives differ; any number between may be used."""
    kinks = []
    for (i, j), left, right in _slopes(stages, x):
        low, high = sorted((left, right))
        if high - low > CLOSE * max(abs(low), abs(high)):
            kinks.append(Kink(i, j, left, right, (low, high), (low, high)))
    return tuple(kinks)


def _slopes(stages: Sequence[Stage], x: Numbers) -> Iterator[tuple[tuple[int, int], float, float]]:
    """For the entries of the Jacobian of the chain that have them, the derivative from the left and from the right."""
    if 2 * x.size * sum(stage.program.start.size for stage in stages) > WORK:
        return
    point = x.astype(Real)
    germs = axis_germs(point, range(x.size))
    for stage in stages:
        program = stage.program
        registers = program.registers(point[None])[0]
        values: Array = along(program, registers, germs, np.ones(registers.size, bool), GermArithmetic())
        germs, point = values[:, program.results], registers[program.results]
    for j in range(x.size):
        for i, value in enumerate(point):
            left, right = one_sided(value, germs[2 * j, i], -1).slope, one_sided(value, germs[2 * j + 1, i], 1).slope
            if isinstance(left, float) and isinstance(right, float):
                yield (i, j), left, right


def _remark(names: tuple[str, str], sides: tuple[float, float], used: float) -> Diagnostic:
    """The remark on an entry, by the names of its output and input, whose number is not between the slopes on both sides."""
    low, high = sorted(sides)
    same = high - low <= CLOSE * max(map(abs, sides))
    truth = f"the chain has the derivative {low:.6g}" if same else "that lies outside both slopes of the chain"
    message = (
        f"∂{names[0]}/∂{names[1]} = {used:.6g} is the product of what is used at the kinks of single stages, "
        f"but {truth} here; one function in their place would show it"
    )
    return Diagnostic("kink", "JC415", message, None, *names, *sides, (low, high), used)
