"""The way of one input: what it meets first, looked for in plain numbers and proved in intervals.

A distance is proved: the functions are evaluated in intervals on the whole way, and no condition turns, no switch is met and no
domain is left on it.  For switches that are linear in the input it is the whole distance, to about ten digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.expression.enclosures import COMPARED, enclose, execute_enclosed
from jacchain.expression.graph import CONDITIONS, WHERE
from jacchain.expression.intervals import IntervalArithmetic
from jacchain.expression.program import Instruction, Program
from jacchain.expression.texts import node_text
from jacchain.jacobian.dependence import Mask, needed
from jacchain.jacobian.domain import node_at
from jacchain.jacobian.enclosure import slope_enclosed
from jacchain.jacobian.limits import TIES, arguments_of, candidates, evaluated, limits, standing
from jacchain.linear.interval import Interval, Real, interval
from jacchain.linear.map import Numbers

LADDER = 2.0 ** np.arange(-54, 37)
"""Distances at which a turn is looked for, in units of the size of the input."""

SECTIONS, GUESSES, ROUNDS = 32, 8, 5
"""Sections that the place of a turn is cut into in each round; rounds of looking for it, and of proving less where that fails."""

MARGIN = Real(1e-11)
"""What is left out of a distance before it is proved."""


class Way:
    """The ways from one point: way ``2j`` moves input j down, way ``2j + 1`` moves it up."""

    def __init__(self, programs: Sequence[Program], x: Numbers) -> None:
        self.programs = programs
        self.x = np.asarray(x, Real)
        self.used: list[Mask] = []
        point = self.x[None]
        for program in programs:
            registers = program.registers(point)
            self.used.append(needed(program, registers)[0])
            point = registers[:, program.results]

    def distances(self, ways: npt.NDArray[np.intp]) -> tuple[Numbers, npt.NDArray[np.intp]]:
        """For each way the distance that is proved, and the register that ends it (-1 where nothing does)."""
        distances, obstacles = np.full(ways.size, np.inf), np.full(ways.size, -1)
        ended = np.flatnonzero(self.obstacles(ways, np.full((ways.size, 1), np.inf, Real))[:, 0] >= 0)
        if not ended.size:
            return distances, obstacles
        below, above = self._guess(ways[ended])
        tried = np.stack([np.zeros_like(below), below * (1 - MARGIN), above * (1 + MARGIN)], axis=1)
        proved, failed, last = self._bracket(ways[ended], tried)
        open_ = np.flatnonzero((proved < tried[:, 1]) & (tried[:, 1] > 0))
        if open_.size:
            ladder = np.concatenate([np.zeros(1, Real), Real(0.5) ** np.arange(40, -1, -1)])
            steps = tried[open_, 1:2] * ladder
            for _ in range(ROUNDS):
                proved[open_], failed[open_], last[open_] = self._bracket(ways[ended[open_]], steps)
                steps = proved[open_, None] + (failed - proved)[open_, None] * (np.arange(SECTIONS + 1) / Real(SECTIONS))
        distances[ended], obstacles[ended] = np.nextafter(proved.astype(float), 0), last
        return distances, obstacles

    def _guess(self, ways: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        """Around the first place on each way where something has turned, in plain numbers: this proves nothing."""
        unit = np.maximum(np.abs(self.x[ways // 2]), 1)
        steps = np.concatenate([np.zeros((ways.size, 1), Real), unit[:, None] * LADDER], axis=1)
        rows = np.arange(ways.size)
        for _ in range(GUESSES):
            turned = self._turned(ways, steps)
            first = np.where(turned.any(1), turned.argmax(1), steps.shape[1] - 1)
            below, above = steps[rows, np.maximum(first - 1, 0)], steps[rows, first]
            steps = below[:, None] + (above - below)[:, None] * (np.arange(SECTIONS + 1) / Real(SECTIONS))
        return below, above

    def _turned(self, ways: npt.NDArray[np.intp], steps: Array) -> Mask:
        """Whether anything stands otherwise at the steps of each way than at the point itself."""
        places = np.repeat(self.x[None], steps.size + 1, axis=0)
        signed = np.where(ways % 2, 1, -1)[:, None] * steps
        places[np.arange(steps.size) + 1, np.repeat(ways // 2, steps.shape[1])] += signed.reshape(-1)
        turned = np.zeros(steps.size, bool)
        for program, used in zip(self.programs, self.used, strict=True):
            registers = program.registers(places)
            for state in standing(program, registers, used):
                turned |= (state[1:] != state[:1]).any(-1)
            places = registers[:, program.results]
        return turned.reshape(steps.shape)

    def _bracket(self, ways: npt.NDArray[np.intp], steps: Array) -> tuple[Array, Array, Array]:
        """The last step before the first obstacle, the step with it, and which obstacle it is."""
        found = self.obstacles(ways, steps)
        met = found >= 0
        first = np.where(met.any(1), met.argmax(1), steps.shape[1] - 1)
        rows = np.arange(len(steps))
        return steps[rows, np.maximum(first - 1, 0)], steps[rows, first], found[rows, first]

    def obstacles(self, ways: npt.NDArray[np.intp], steps: Array) -> npt.NDArray[np.intp]:
        """For each way and each step along it, the register of an obstacle that may be met up to there, or -1."""
        moves = np.zeros((2, *steps.shape, self.x.size), Real)
        for row, way in enumerate(ways):
            moves[way % 2, row, :, way // 2] = steps[row] * (1 if way % 2 else -1)
        down, up = moves.reshape(2, steps.size, -1)
        span = Interval(down.sum(-1, keepdims=True), up.sum(-1, keepdims=True))
        box, start = Interval.point(self.x) + Interval(down, up), Interval.point(self.x[None])
        slopes = Interval.point((down != 0) | (up != 0))
        met, offset = np.full(steps.size, -1), 0
        for program, used in zip(self.programs, self.used, strict=True):
            leg = _Leg(program, box, start, slopes, span)
            for instruction, fails in leg.walk(used):
                new = np.flatnonzero(fails.any(1) & (met < 0))
                met[new] = offset + instruction.output.start + fails[new].argmax(1)
            box, start, slopes = leg.results
            offset += program.start.size
        return met.reshape(steps.shape)

    def text(self, register: int) -> str:
        """The sub-expression in a register, counted through all programs; empty for none."""
        for program in self.programs if register >= 0 else ():
            for instruction in program.instructions:
                if instruction.output.start <= register < instruction.output.stop:
                    number, _ = node_at(program, instruction, int(register) - instruction.output.start)
                    return node_text(program.graph, number)
            register -= program.start.size
        return ""


class _Leg:
    """One program of the chain on the way: in every box the registers, and their derivatives along the way.

    By the mean value theorem a quantity is its start plus its derivative times the ``span`` that was moved; where it is linear
    that is exact, and it holds for as long as nothing fails.
    """

    def __init__(self, program: Program, box: Interval, start: Interval, slopes: Interval, span: Interval) -> None:
        self.program, self.span, self.arithmetic = program, span, IntervalArithmetic()
        self.start = enclose(program, start)
        first = np.repeat(program.start.astype(Real)[None], box.shape[0], axis=0)
        self.registers, self.slopes = Interval(first, first.copy()), Interval(np.zeros_like(first), np.zeros_like(first))
        _put(self.registers, slice(0, program.inputs), box)
        _put(self.slopes, slice(0, program.inputs), slopes)

    @property
    def results(self) -> tuple[Interval, Interval, Interval]:
        """Box, start and slopes of what the program makes."""
        registers = self.program.results
        return self.registers[:, registers], self.start[:, registers], self.slopes[:, registers]

    def walk(self, used: Mask) -> Iterator[tuple[Instruction, Mask]]:
        """The operations that may meet a switch or leave their domain in some box: ``(batch, numbers of the instruction)``."""
        with np.errstate(all="ignore"):
            for instruction in self.program.constants + self.program.instructions:
                output = instruction.output
                value = execute_enclosed(
                    self.arithmetic, instruction, [self.registers[:, part] for part in instruction.arguments]
                )
                if instruction.operation in COMPARED:
                    value = self._decided(instruction)
                elif instruction.varies and instruction.operation not in CONDITIONS:
                    _put(self.registers, output, value)
                    slope = slope_enclosed(instruction, self.registers, self.slopes)
                    _put(self.slopes, output, slope)
                    value = _common(value, self.start[:, output] + slope * self.span)
                _put(self.registers, output, value)
                if instruction.varies and used[output].any() and (fails := self._failing(instruction)) is not None:
                    yield instruction, np.broadcast_to(fails, (fails.shape[0], instruction.size)) & used[output]

    def _failing(self, instruction: Instruction) -> Mask | None:
        if instruction.operation == WHERE:
            condition = self.registers[:, instruction.arguments[0]]
            return np.asarray(condition.lower != condition.upper)
        if instruction.operation in TIES:
            return self._tied(instruction)
        stated = limits(instruction)
        if not stated.any:
            return None
        arguments = arguments_of(instruction, stated, self.registers)
        fails = np.zeros((self.registers.shape[0], 1), bool)
        if stated.domain is not None:
            fails = fails | ~evaluated(self.arithmetic, stated.domain, arguments).always
        if stated.switch is not None:
            fails = fails | (evaluated(self.arithmetic, stated.switch, arguments) == 0).ever
        return np.asarray(fails)

    def _decided(self, instruction: Instruction) -> Interval:
        """A comparison, by the sign of the difference: what both sides have in common cancels in its derivative."""
        a, b = ([part[:, argument] for part in (self.registers, self.start, self.slopes)] for argument in instruction.arguments)
        difference = _common(a[0] - b[0], (a[1] - b[1]) + (a[2] - b[2]) * self.span)
        condition = COMPARED[instruction.operation](difference, interval(0.0))
        return Interval(condition.always, condition.ever)

    def _tied(self, instruction: Instruction) -> Mask:
        """Where the one that leads at the start may be caught up with."""
        sign = 1 if TIES[instruction.operation] == "largest" else -1
        box, start, slopes = (
            sign * Interval(candidates(instruction, part.lower), candidates(instruction, part.upper))
            for part in (self.registers, self.start, self.slopes)
        )
        leader = start.lower.argmax(-1)[..., None]
        leads = [Interval(*(np.take_along_axis(end, leader, -1) for end in (part.lower, part.upper))) for part in (start, slopes)]
        ahead = np.take_along_axis(box.lower, np.broadcast_to(leader, (*box.shape[:-1], 1)), -1) > box.upper
        ahead |= ((leads[0] - start) + (leads[1] - slopes) * self.span[..., None]).lower > 0
        ahead |= np.arange(box.shape[-1]) == leader
        return np.asarray(~ahead.all(-1))


def _put(target: Interval, registers: slice, value: Interval) -> None:
    target.lower[:, registers], target.upper[:, registers] = value.lower, value.upper


def _common(a: Interval, b: Interval) -> Interval:
    """What two enclosures of the same numbers have in common."""
    return Interval(np.maximum(a.lower, b.lower), np.minimum(a.upper, b.upper))
