"""The ways from a point, one input moving at a time: where something turns on them first, seen in plain numbers.

Something *turns* when a condition changes its truth, a switch is passed, another argument becomes the extreme, or a domain is
left.  Nothing here is proved: numbers are looked at in places, and what happens between two places is not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import WHERE
from jacchain.expression.intervals import IntervalArithmetic
from jacchain.expression.program import Instruction, Program
from jacchain.expression.texts import node_text
from jacchain.jacobian.dependence import Mask, differentiated, needed
from jacchain.jacobian.nonsmooth.limits import TIES, active, evaluated, limits, standing
from jacchain.jacobian.nonsmooth.reach import has_limits
from jacchain.linear.interval import ANYTHING, Interval
from jacchain.linear.map import Numbers

LADDER = 2.0 ** np.arange(-54, 37)
"""Distances at which a turn is looked for, in units of the size of the input: an octave apart, from below its last digit."""

SMALL = 2.0**-20
"""Inputs below are looked at on their own scale, too: an edge as near as they are to zero lies below the ladder."""

COARSE, NUMBERS = 4, 1 << 20
"""Sections of the only round where a place need not be known well, and numbers handled up to which it is looked for at all."""

KINKS = ("abs", "relu", *TIES)
"""Operations that are continuous at their switch: only derivatives feel it."""

LARGEST = float(np.finfo(float).max)


class Ways:
    """The ways from a point ``x`` ``(n,)`` through a chain: way ``2j`` moves input j down, way ``2j + 1`` moves it up.

    ``states`` are the registers of each program at the point, ``ending`` says which of them can end a way.
    """

    def __init__(self, programs: Sequence[Program], x: Numbers) -> None:
        self.programs = programs
        self.x = np.asarray(x, float)
        self.states: list[Array] = []
        point = self.x[None]
        for program in programs:
            self.states.append(program.registers(point))
            point = self.states[-1][:, program.results]
        self.ending = [_ending(*pair) for pair in zip(programs, self.states, strict=True)]

    @cached_property
    def watched(self) -> list[Mask]:
        """The registers of each program that lead to where a way may end, in this program or a later one."""
        found: list[Mask] = []
        read = np.zeros(self.programs[-1].outputs, bool)
        for program, registers, ending in zip(self.programs[::-1], self.states[::-1], self.ending[::-1], strict=True):
            wanted = ending.copy()
            wanted[program.result_registers[read]] = True
            watched = needed(program, registers, np.flatnonzero(wanted))[0]
            found.append(watched)
            read = watched[: program.inputs]
        return found[::-1]

    def first_turns(self, ways: npt.NDArray[np.intp], ladder: Numbers, sections: Sequence[int]) -> tuple[Numbers, Numbers]:
        """Two distances on each way, between which something is first seen to turn; the second infinite where nothing does.

        Looked at are first the distances of the ``ladder``, in units of the size of the input, and of one where it is smaller.
        The section between two of them is cut into ``sections[0]`` parts then, one of those into ``sections[1]``, and so on.
        """
        size = np.abs(self.x[ways // 2])[:, None]
        steps = np.clip(size, 1, LARGEST / ladder[-1]) * ladder
        if (small := (size > 0) & (size < SMALL)).any():
            steps = np.sort(np.concatenate([np.where(small, size, 0) * ladder, steps], axis=1), axis=1)
        steps = np.concatenate([np.zeros_like(size), steps], axis=1)
        rows = np.arange(ways.size)
        for parts in (*sections, 1):
            turned = self._turned(ways, steps)
            first = np.where(turned.any(1), turned.argmax(1), steps.shape[1] - 1)
            below, above = steps[rows, np.maximum(first - 1, 0)], np.where(turned.any(1), steps[rows, first], np.inf)
            steps = below[:, None] + (np.minimum(above, steps[:, -1]) - below)[:, None] * (np.arange(parts + 1) / parts)
        return below, above

    def _turned(self, ways: npt.NDArray[np.intp], steps: Array) -> Mask:
        """Whether anything stands otherwise after the steps ``(ways, steps)`` than at the point itself."""
        places = np.repeat(self.x[None], steps.size + 1, axis=0)
        signed = np.where(ways % 2, 1, -1)[:, None] * steps
        with np.errstate(over="ignore"):
            places[np.arange(steps.size) + 1, np.repeat(ways // 2, steps.shape[1])] += signed.reshape(-1)
        turned = np.zeros(steps.size, bool)
        for program, ending in zip(self.programs, self.ending, strict=True):
            registers = program.registers(places)
            for state in standing(program, registers, ending):
                turned |= (state[1:] != state[:1]).any(-1)
            places = registers[:, program.results]
        return turned.reshape(steps.shape)

    def text(self, register: int) -> str:
        """The sub-expression in a register, counted through all programs, of a choice its condition; empty for none (-1)."""
        for program in self.programs if register >= 0 else ():
            if register < program.start.size:
                number, _ = program.node_at(register)
                node = program.graph.nodes[number]
                return node_text(program.graph, node.arguments[0] if node.operation == WHERE else number)
            register -= program.start.size
        return ""


def clear(programs: Sequence[Program], x: Numbers) -> Numbers | None:
    """How far each input can move, as an interval ``(n, 2)``, before something is seen to turn; None where nothing is known.

    Nothing is proved, only looked for at a few places.  What the point itself stands on does not count, nor what is too near to
    be told from it.
    """
    limited = [program for program in programs if has_limits(program)]
    if not limited or x.size * LADDER.size * sum(program.start.size for program in programs) > NUMBERS:
        return None
    ways = Ways(programs, x)
    stages = zip(programs, ways.states, ways.ending, strict=True)
    ways.ending = [ending & ~active(program, registers, ending[None])[0] for program, registers, ending in stages]
    if not any(ending.any() for ending in ways.ending):
        return None
    below, above = ways.first_turns(np.arange(2 * x.size), LADDER[::2], [COARSE])
    below = np.where((below > 0) & np.isfinite(above), below, np.inf).reshape(-1, 2)
    return np.asarray(ways.x[:, None] + below * [-1, 1])


def _ending(program: Program, registers: Array) -> Mask:
    """The registers whose operation can end a way: used at the point, and a kink only where a derivative passes through it."""
    used = needed(program, registers)[0]
    bent = any(instruction.operation in KINKS for instruction in program.instructions)
    passed = differentiated(program, registers)[0] if bent else used
    mask = np.zeros(used.size, bool)
    for instruction in program.instructions:
        output, operation = instruction.output, instruction.operation
        if operation in KINKS:
            mask[output] = passed[output]
        elif operation == WHERE or limits(instruction):
            mask[output] = used[output] & ~_unlimited(instruction, registers)
    return mask


def _unlimited(instruction: Instruction, registers: Array) -> Mask:
    """Which numbers of an instruction have no limit, whatever is put in: a power with a whole exponent that is not negative."""
    stated = limits(instruction)
    if stated.domain is None or stated.switch is not None or all(instruction.reads):  # no row states a domain that always holds
        return np.zeros(instruction.size, bool)
    arguments = {
        name: ANYTHING[None, None] if reads else Interval.point(registers[:, argument])
        for name, argument, reads in zip(stated.parameters, instruction.arguments, instruction.reads, strict=True)
    }
    return np.broadcast_to(evaluated(IntervalArithmetic(), stated.domain, arguments).always[0], (instruction.size,))
