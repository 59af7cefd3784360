"""How far the ways from a point are free, proved: no condition turns, no switch is met and no domain is left on them.

The functions are evaluated in intervals on every section of a way, so that a distance holds whether numbers are exact or rounded
to doubles after every operation.  For switches that are linear in the input it is the whole distance, to about ten digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import CONDITIONS, WHERE
from jacchain.expression.intervals import IntervalArithmetic, starting_registers
from jacchain.expression.program import Instruction, Program, apply
from jacchain.expression.tree import COMPARISONS, Tree
from jacchain.jacobian.dependence import Mask
from jacchain.jacobian.nonsmooth.enclosure import slope_enclosed
from jacchain.jacobian.nonsmooth.limits import TIES, arguments_of, candidates, evaluated, limits
from jacchain.jacobian.nonsmooth.reach import STEPS
from jacchain.jacobian.nonsmooth.way import LADDER, Ways
from jacchain.linear.interval import ZERO, Interval, Real, concatenated, hull, intersection
from jacchain.linear.map import Numbers

SECTIONS, GUESSES = 32, 7
"""Sections that the place of a turn is cut into in each round of looking for it: 32^7 of an octave tell ten digits."""

SHARES = np.concatenate([np.arange(8) / Real(8), 1 - np.array([1e-2, 1e-6, 1e-11], Real)])
"""Places, as shares of the distance up to which nothing was seen to turn; the sections between them are proved one by one."""

ROUNDS = 2
"""Rounds of cutting sections that could not be proved into finer ones."""

UNITS = 4
"""Units in the last place by which a function in doubles may be off, beside one for each number it takes."""

DOUBLE = np.finfo(float)


def distances(ways: Ways, chosen: npt.NDArray[np.intp]) -> tuple[Numbers, npt.NDArray[np.intp]]:
    """For each of the chosen ways the distance that is proved to be free, and the register that ends it (-1: nothing does)."""
    below, above = (found.astype(Real) for found in ways.first_turns(chosen, LADDER, [SECTIONS] * GUESSES))
    above = np.where(np.isfinite(above), above, 2 * below)
    ends = above * (2 - SHARES[-1])
    tried = np.concatenate([below[:, None] * SHARES, ends[:, None], np.full((chosen.size, 1), np.inf)], axis=1)
    proved, failed, last = _first_obstacle(ways, chosen, tried)
    for _ in range(ROUNDS):
        open_ = np.flatnonzero((last >= 0) & (proved < below * SHARES[-3]))
        if not open_.size:
            break
        steps = _finer(proved[open_, None], failed[open_, None], ends[open_, None])
        proved[open_], failed[open_], found = _first_obstacle(ways, chosen[open_], steps)
        last[open_] = np.where(found >= 0, found, last[open_])
    return np.where(last < 0, np.inf, np.nextafter(proved.astype(float), 0)), last


def _finer(proved: Array, failed: Array, end: Array) -> Array:
    """Steps between two, closer to where the way begins when not even the first of them was proved, and a few on to the end."""
    even = np.arange(STEPS + 1) / Real(STEPS)
    falling = np.concatenate([np.zeros(1, Real), Real(0.125) ** np.arange(STEPS - 1, -1, -1)])
    between = np.where(proved > 0, proved + (failed - proved) * even, failed * falling)
    return np.concatenate([between, failed + np.maximum(end - failed, 0) * even[STEPS // 4 :: STEPS // 4]], axis=1)


def _first_obstacle(ways: Ways, chosen: npt.NDArray[np.intp], steps: Array) -> tuple[Array, Array, Array]:
    """The step up to which there is no obstacle, the step up to which there may be one, and which that is (-1 for none)."""
    found = _obstacles(ways, chosen, steps)
    met = found >= 0
    first = np.where(met.any(1), met.argmax(1), met.shape[1] - 1)
    rows = np.arange(len(steps))
    return np.where(met.any(1), steps[rows, first], steps[:, -1]), steps[rows, first + 1], found[rows, first]


def _obstacles(ways: Ways, chosen: npt.NDArray[np.intp], steps: Array) -> npt.NDArray[np.intp]:
    """For each chosen way and each section between two steps along it, the register of an obstacle that may be in it, or -1.

    Registers are counted through all programs.
    """
    inputs, signs = chosen // 2, np.where(chosen % 2, Real(1), Real(-1))[:, None]
    shape = len(steps), steps.shape[1] - 1
    count = shape[0] * shape[1]
    moved = np.arange(count), np.repeat(inputs, shape[1])
    ends = []
    for part in (steps[:, :-1], steps[:, 1:]):
        end = Interval.zeros(count, ways.x.size)
        end[:] = Interval.point(ways.x)
        end[moved] = (Interval.point(ways.x)[inputs][:, None] + Interval.point(signs * part)).mapped(np.ravel)
        ends.append(end)
    slopes = np.zeros((count, ways.x.size), Real)
    slopes[moved] = 1
    span = Interval.point((signs * (steps[:, 1:] - steps[:, :-1])).reshape(-1, 1))
    boxes, slope, span = concatenated([ends[0], hull(*ends)], 0), Interval.point(slopes), hull(span * ZERO, span)
    met, offset = np.full(count, -1), 0
    for program, watched, ending in zip(ways.programs, ways.watched, ways.ending, strict=True):
        passage = _Passage(program, boxes, slope, span)
        for instruction, fails in passage.walk(watched, ending):
            new = np.flatnonzero(fails.any(1) & (met < 0))
            met[new] = offset + instruction.output.start + fails[new].argmax(1)
        boxes, slope = passage.results
        offset += program.start.size
    return met.reshape(shape)


class _Passage:
    """One program of the chain on all sections: its registers at the start of every section, then in every section.

    ``boxes`` ``(2 * sections, inputs)`` are the inputs at the starts, then in the sections, ``slopes`` ``(sections, inputs)``
    their derivatives along the way, ``span`` ``(sections, 1)`` what is moved.  By the mean value theorem a quantity is its start
    plus its derivative along the way times the span; where it is linear that is exact, and it holds for as long as nothing fails.
    Every operation is widened by what rounding to doubles may do: errors that are taken as factors of the function leave the
    theorem as it is.
    """

    def __init__(self, program: Program, boxes: Interval, slopes: Interval, span: Interval) -> None:
        self.program, self.span, self.arithmetic = program, span, IntervalArithmetic()
        self.count = len(span.lower)
        self.units = UNITS + max([instruction.size for instruction in program.instructions] + [program.inputs])
        self.registers = starting_registers(program, 2 * self.count)
        self.registers[:, : program.inputs] = _in_doubles(boxes, self.units)
        self.slopes = Interval.zeros(self.count, program.start.size)
        self.slopes[:, : program.inputs] = slopes

    @property
    def results(self) -> tuple[Interval, Interval]:
        """Registers and slopes of what the program makes."""
        return self.registers[:, self.program.results], self.slopes[:, self.program.results]

    @property
    def starts(self) -> Interval:
        """The registers at the start of every section."""
        return self.registers[: self.count]

    @property
    def sections(self) -> Interval:
        """The registers in every section."""
        return self.registers[self.count :]

    def walk(self, watched: Mask, ending: Mask) -> Iterator[tuple[Instruction, Mask]]:
        """The operations that may meet a switch or leave their domain: ``(sections, numbers of the instruction)``."""
        with np.errstate(all="ignore"):
            for instruction in self.program.constants + self.program.instructions:
                if not watched[instruction.output].any():
                    continue
                self._work_out(instruction)
                if instruction.varies and ending[instruction.output].any():
                    fails = np.broadcast_to(self._failing(instruction), (self.count, instruction.size))
                    yield instruction, fails & ending[instruction.output]

    def _work_out(self, instruction: Instruction) -> None:
        """The registers of an instruction, and its slopes."""
        output = instruction.output
        if instruction.operation in COMPARISONS:
            self.registers[:, output] = self._compared(instruction)
            return
        value = apply(self.arithmetic, instruction, [self.registers[:, argument] for argument in instruction.arguments])
        if instruction.operation in CONDITIONS:
            self.registers[:, output] = value
            return
        self.registers[:, output] = _in_doubles(value, self.units)
        if instruction.varies:
            slope = _in_doubles(slope_enclosed(instruction, self.sections, self.slopes), self.units)
            self.slopes[:, output] = slope
            self.sections[:, output] = intersection(self.sections[:, output], self.starts[:, output] + slope * self.span)

    def _compared(self, instruction: Instruction) -> Interval:
        """A comparison, by the sign of the difference: what both sides have in common cancels in its derivative."""
        starts, sections, slopes = (
            part[:, instruction.arguments[0]] - part[:, instruction.arguments[1]]
            for part in (self.starts, self.sections, self.slopes)
        )
        difference = intersection(sections, starts + slopes * self.span)
        return self.arithmetic.condition(instruction.operation, concatenated([starts, difference], 0), ZERO)

    def _failing(self, instruction: Instruction) -> Mask:
        """The sections in which an instruction may meet a switch or leave its domain: ``(sections, numbers or 1)``."""
        if instruction.operation == WHERE:
            condition = self.sections[:, instruction.arguments[0]]
            return np.asarray(condition.lower != condition.upper)
        if instruction.operation in TIES:
            return self._tied(instruction)
        stated = limits(instruction)
        fails = np.zeros((self.count, 1), bool)
        if stated.domain is not None:
            fails = fails | ~self._evaluated(instruction, stated.domain).always
        if stated.switch is not None:
            fails = fails | (self._evaluated(instruction, stated.switch) == 0).ever
        return np.asarray(fails)

    def _evaluated(self, instruction: Instruction, tree: Tree) -> Any:
        """A condition or a value that the row of an instruction states, in every section."""
        return evaluated(self.arithmetic, tree, arguments_of(instruction, limits(instruction), self.sections))

    def _tied(self, instruction: Instruction) -> Mask:
        """Where the one that leads at the start of a section may be caught up with."""
        sign = 1 if TIES[instruction.operation] == "largest" else -1
        starts, sections, slopes = (
            sign * part.mapped(lambda end: candidates(instruction, end)) for part in (self.starts, self.sections, self.slopes)
        )
        leader = starts.lower.argmax(-1)[..., None]
        first, section, slope = (
            part.mapped(lambda end: np.take_along_axis(end, leader, -1)) for part in (starts, sections, slopes)
        )
        ahead = section.lower > sections.upper
        ahead |= ((first - starts) + (slope - slopes) * self.span[..., None]).lower > 0
        ahead |= np.arange(sections.shape[-1]) == leader
        return np.asarray(~ahead.all(-1))


def _in_doubles(x: Interval, units: int) -> Interval:
    """The enclosure of what is made of the same numbers in doubles, so many units in the last place off at most.

    Zero stays zero, and no sign changes but to zero: what is smaller than a normal double may become zero, what is larger than
    any double infinite.
    """
    lower, upper = x.lower, x.upper
    spare = units * Real(DOUBLE.eps)
    below, above = lower * np.where(lower < 0, 1 + spare, 1 - spare), upper * np.where(upper < 0, 1 - spare, 1 + spare)
    below = np.where((lower > 0) & (below < DOUBLE.tiny), 0, below)
    above = np.where((upper < 0) & (above > -DOUBLE.tiny), 0, above)
    below = np.where(below < DOUBLE.min, -np.inf, np.where((lower < 0) & (below > -DOUBLE.tiny), -DOUBLE.tiny, below))
    above = np.where(above > DOUBLE.max, np.inf, np.where((upper > 0) & (above < DOUBLE.tiny), DOUBLE.tiny, above))
    return Interval(below, above)
