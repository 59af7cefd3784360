"""How far each input can move before a derivative may change its form: the distance to the nearest switch or domain edge.

A distance is proved: the functions are evaluated in intervals on the whole way, and no condition turns, no switch is met and no
domain is left on it.  For switches that are linear in the input it is the whole distance, to about ten digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.expression.enclosures import enclose
from jacchain.expression.formula import node_text
from jacchain.expression.graph import WHERE
from jacchain.expression.program import Instruction, Program
from jacchain.jacobian.dependence import Mask, is_elementwise, needed
from jacchain.jacobian.domain import node_at
from jacchain.jacobian.limits import TIES, of_instruction
from jacchain.linear.interval import Interval, Real
from jacchain.linear.map import Numbers

LADDER = 8.0 ** np.arange(-18, 13)
"""Distances that are tried first, in units of the size of the input."""

SECTIONS = 64
ROUNDS = 6
"""Each round cuts what is left between a distance that is proved and one that is not into so many sections."""

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
    registers = sum(program.start.size for program in programs)
    if size * registers > WORK or 2 * SECTIONS * registers > BLOCK:
        return None
    way = _Way(programs, x)
    block = max(1, BLOCK // (2 * SECTIONS * registers))
    parts = [way.distances(np.arange(first, min(first + block, size))) for first in range(0, size, block)]
    distances, names = np.concatenate([part for part, _ in parts]), [name for _, part in parts for name in part]
    nearest = tuple(
        names[2 * j + int(distances[2 * j + 1] < distances[2 * j])] if np.isfinite(distances[2 * j : 2 * j + 2]).any() else ""
        for j in range(size)
    )
    return Reach(distances[::2], distances[1::2], nearest)


def _is_endless(program: Program) -> bool:
    """Whether nothing in a program could ever end the way."""
    return not any(
        instruction.operation in TIES or instruction.operation == WHERE or _is_limited(instruction)
        for instruction in program.instructions
    )


def _is_limited(instruction: Instruction) -> bool:
    stated = of_instruction(instruction)
    return (stated.inside is not None and stated.reachable) or stated.switch is not None


class _Way:
    """The ways from one point: one input moves, to one side."""

    def __init__(self, programs: Sequence[Program], x: Numbers) -> None:
        self.programs = programs
        self.x = np.asarray(x, Real)
        self.used: list[Mask] = []
        point = self.x[None]
        for program in programs:
            registers = program.registers(point)
            self.used.append(needed(program, registers)[0])
            point = registers[:, program.results]
        self.names: list[str] = []

    def distances(self, inputs: npt.NDArray[np.intp]) -> tuple[Numbers, list[str]]:
        """For each of the inputs the distance down and up, one after the other, and what ends it."""
        rows = 2 * inputs.size
        unit = np.repeat(np.maximum(np.abs(self.x[inputs]), 1), 2)
        endless = self.obstacles(inputs, np.full((rows, 1), np.inf, Real))[:, 0] < 0
        steps = np.concatenate([np.zeros((rows, 1), Real), unit[:, None] * LADDER], axis=1)
        proved, failed, obstacle = self._bracket(inputs, steps)
        for _ in range(ROUNDS):
            steps = proved[:, None] + (failed - proved)[:, None] * (np.arange(SECTIONS + 1) / Real(SECTIONS))
            proved, failed, last = self._bracket(inputs, steps)
            obstacle = np.where(last >= 0, last, obstacle)
        names = [self.names[k] if k >= 0 else "" for k in obstacle]
        distances = np.nextafter(proved.astype(float), 0)
        return np.where(endless, np.inf, distances), names

    def _bracket(self, inputs: npt.NDArray[np.intp], steps: Array) -> tuple[Array, Array, Array]:
        """The last step before the first obstacle, the step with it, and which obstacle it is."""
        found = self.obstacles(inputs, steps)
        met = found >= 0
        first = np.where(met.any(1), met.argmax(1), steps.shape[1] - 1)
        rows = np.arange(len(steps))
        return steps[rows, np.maximum(first - 1, 0)], steps[rows, first], found[rows, first]

    def obstacles(self, inputs: npt.NDArray[np.intp], steps: Array) -> Array:
        """For each way and each step along it, the number of an obstacle that may be met up to there, or -1."""
        ways, count = steps.shape
        moves = np.zeros((2, ways, count, self.x.size), Real)
        for row in range(ways):
            moves[row % 2, row, :, inputs[row // 2]] = steps[row] * (-1 if row % 2 == 0 else 1)
        with np.errstate(all="ignore"):
            box = Interval((self.x + moves[0]).reshape(ways * count, -1), (self.x + moves[1]).reshape(ways * count, -1))
        met = np.full(ways * count, -1)
        for program, used in zip(self.programs, self.used, strict=True):
            registers = enclose(program, box)
            for instruction, fails in _failures(program, registers, used):
                for k in np.flatnonzero(fails.any(1) & (met < 0)):
                    met[k] = self._number(program, instruction, int(np.argmax(fails[k])))
            box = registers[:, program.results]
        return met.reshape(ways, count)

    def _number(self, program: Program, instruction: Instruction, component: int) -> int:
        number, _ = node_at(program, instruction, component)
        text = node_text(program.graph, number)
        if text not in self.names:
            self.names.append(text)
        return self.names.index(text)


def _failures(program: Program, registers: Interval, used: Mask) -> Iterator[tuple[Instruction, Mask]]:
    """The operations that may meet a switch or leave their domain in some box: ``(batch, numbers of the instruction)``."""
    for instruction in program.instructions:
        wanted = used[instruction.output]
        if not wanted.any():
            continue
        if instruction.operation == WHERE:
            condition = registers[:, instruction.arguments[0]]
            fails = np.broadcast_to(condition.lower != condition.upper, (condition.shape[0], instruction.size))
        elif instruction.operation in TIES:
            fails = _ties(instruction, _arguments(instruction, registers))
        elif _is_limited(instruction):
            fails = _limits_met(instruction, _arguments(instruction, registers))
        else:
            continue
        yield instruction, fails & wanted


def _arguments(instruction: Instruction, registers: Interval) -> Interval:
    """What the limits of an instruction take: ``(batch, numbers, arguments)``, or ``(batch, 1, arguments)`` for whole vectors."""
    parts = [registers[:, argument] for argument in instruction.arguments]
    ends = ([part.lower for part in parts], [part.upper for part in parts])
    if is_elementwise(instruction):
        shape = (registers.shape[0], instruction.size)
        return Interval(*(np.stack([np.broadcast_to(end, shape) for end in side], axis=-1) for side in ends))
    return Interval(*(np.concatenate(side, axis=-1)[:, None] for side in ends))


def _ties(instruction: Instruction, values: Interval) -> Mask:
    """Where no argument is certain to be the largest (or smallest) alone."""
    ordered = values if TIES[instruction.operation] == "largest" else -values
    top = ordered.lower.max(-1, keepdims=True)
    return np.asarray((ordered.upper >= top).sum(-1) > 1)


def _limits_met(instruction: Instruction, values: Interval) -> Mask:
    stated = of_instruction(instruction)
    flat = Interval(*(end.reshape(-1, values.shape[-1]) for end in (values.lower, values.upper)))
    fails = np.zeros(flat.shape[0], bool)
    if stated.inside is not None and stated.reachable:
        fails |= _outputs(stated.inside, flat).lower[:, 0] < 1
    if stated.switch is not None:
        switch = _outputs(stated.switch, flat)
        fails |= ((switch.lower <= 0) & (switch.upper >= 0)).any(1)
    return fails.reshape(values.shape[:-1])


def _outputs(program: Program, box: Interval) -> Interval:
    return enclose(program, box)[:, program.results]
