"""The way of one input: what it meets first, looked for in plain numbers and proved in intervals.

A distance is proved: the functions are evaluated in intervals on the whole way, and no condition turns, no switch is met and no
domain is left on it, whether numbers are exact or rounded to doubles after every operation.  For switches that are linear in the
input it is the whole distance, to about ten digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.expression.enclosures import COMPARED, execute_enclosed
from jacchain.expression.graph import CONDITIONS, WHERE
from jacchain.expression.intervals import IntervalArithmetic
from jacchain.expression.program import Instruction, Program
from jacchain.expression.texts import node_text
from jacchain.jacobian.dependence import Mask, differentiated, needed
from jacchain.jacobian.nonsmooth.domain import node_at
from jacchain.jacobian.nonsmooth.enclosure import slope_enclosed
from jacchain.jacobian.nonsmooth.limits import TIES, active, arguments_of, candidates, evaluated, limits, standing
from jacchain.jacobian.nonsmooth.reach import STEPS, has_limits
from jacchain.linear.interval import Interval, Real, hull, interval
from jacchain.linear.map import Numbers

LADDER = 2.0 ** np.arange(-54, 37)
"""Distances at which a turn is looked for, in units of the size of the input."""

SECTIONS, GUESSES = 32, 7
"""Sections that the place of a turn is cut into in each round of looking for it."""

SHARES = np.concatenate([np.arange(8) / Real(8), 1 - np.array([1e-2, 1e-6, 1e-11], Real)])
"""Places up to where something has turned; the sections between them are proved one by one."""

ROUNDS = 2
"""Rounds of cutting sections that could not be proved into finer ones."""

COARSE, NUMBERS = 4, 1 << 20
"""Sections of the only round where a place need not be known well, and numbers handled up to which it is looked for at all."""

KINKS = ("abs", "relu", *TIES)
"""Operations that are continuous at their switch: only derivatives feel it."""

UNITS = 4
"""Units in the last place by which a function in doubles may be off, beside one for each number it takes."""

DOUBLE = np.finfo(float)


class Way:
    """The ways from one point: way ``2j`` moves input j down, way ``2j + 1`` moves it up."""

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
        """The registers that lead to where a way may end, in this program or a later one."""
        found: list[Mask] = []
        read = np.zeros(self.programs[-1].outputs, bool)
        for program, registers, ending in zip(self.programs[::-1], self.states[::-1], self.ending[::-1], strict=True):
            wanted = ending.copy()
            wanted[np.arange(wanted.size)[program.results][read]] = True
            watched = needed(program, registers, np.flatnonzero(wanted))[0]
            found.append(watched)
            read = watched[: program.inputs]
        return found[::-1]

    def distances(self, ways: npt.NDArray[np.intp]) -> tuple[Numbers, npt.NDArray[np.intp]]:
        """For each way the distance that is proved, and the register that ends it (-1 where nothing does)."""
        below, above = (found.astype(Real) for found in self.guess(ways, LADDER, [SECTIONS] * GUESSES))
        above = np.where(np.isfinite(above), above, 2 * below)
        ends = above * (2 - SHARES[-1])
        tried = np.concatenate([below[:, None] * SHARES, ends[:, None], np.full((ways.size, 1), np.inf)], axis=1)
        proved, failed, last = self._bracket(ways, tried)
        for _ in range(ROUNDS):
            open_ = np.flatnonzero((last >= 0) & (proved < below * SHARES[-3]))
            if not open_.size:
                break
            steps = _finer(proved[open_, None], failed[open_, None], ends[open_, None])
            proved[open_], failed[open_], found = self._bracket(ways[open_], steps)
            last[open_] = np.where(found >= 0, found, last[open_])
        return np.where(last < 0, np.inf, np.nextafter(proved.astype(float), 0)), last

    def guess(self, ways: npt.NDArray[np.intp], ladder: Numbers, sections: Sequence[int]) -> tuple[Numbers, Numbers]:
        """Around the first place on each way where something has turned, in plain numbers: this proves nothing.

        Infinite above where nothing turns.  ``ladder`` are the distances that are tried first, in units of the size of the input.
        """
        unit = np.clip(np.abs(self.x[ways // 2]), 1, DOUBLE.max / ladder[-1])
        steps = np.concatenate([np.zeros((ways.size, 1)), unit[:, None] * ladder], axis=1)
        rows = np.arange(ways.size)
        for parts in (*sections, 1):
            turned = self._turned(ways, steps)
            first = np.where(turned.any(1), turned.argmax(1), steps.shape[1] - 1)
            below, above = steps[rows, np.maximum(first - 1, 0)], np.where(turned.any(1), steps[rows, first], np.inf)
            steps = below[:, None] + (np.minimum(above, steps[:, -1]) - below)[:, None] * (np.arange(parts + 1) / parts)
        return below, above

    def _turned(self, ways: npt.NDArray[np.intp], steps: Array) -> Mask:
        """Whether anything stands otherwise at the steps of each way than at the point itself."""
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

    def _bracket(self, ways: npt.NDArray[np.intp], steps: Array) -> tuple[Array, Array, Array]:
        """The step up to which there is no obstacle, the step up to which there may be one, and which that is."""
        found = self.obstacles(ways, steps)
        met = found >= 0
        first = np.where(met.any(1), met.argmax(1), met.shape[1] - 1)
        rows = np.arange(len(steps))
        return np.where(met.any(1), steps[rows, first], steps[:, -1]), steps[rows, first + 1], found[rows, first]

    def obstacles(self, ways: npt.NDArray[np.intp], steps: Array) -> npt.NDArray[np.intp]:
        """For each way and each section between two steps along it, the register of an obstacle that may be in it, or -1."""
        columns, signs = ways // 2, np.where(ways % 2, Real(1), Real(-1))[:, None]
        count = steps[:, 1:].size
        places, moved = Interval.point(self.x.astype(Real)), (np.arange(count), np.repeat(columns, steps.shape[1] - 1))
        ends = []
        for part in (steps[:, :-1], steps[:, 1:]):
            end = Interval(*np.repeat(np.stack([places.lower, places.upper])[:, None], count, axis=1))
            place = places[columns][:, None] + Interval.point(signs * part)
            end.lower[moved], end.upper[moved] = place.lower.reshape(-1), place.upper.reshape(-1)
            ends.append(end)
        slopes = np.zeros((count, self.x.size), Real)
        slopes[moved] = 1
        span = Interval.point((signs * (steps[:, 1:] - steps[:, :-1])).reshape(-1, 1))
        return self._met(_joined(ends[0], hull(*ends)), Interval.point(slopes), hull(span * Interval.point(0), span)).reshape(
            -1, steps.shape[1] - 1
        )

    def _met(self, boxes: Interval, slopes: Interval, span: Interval) -> npt.NDArray[np.intp]:
        """The first obstacle in each box, or -1; their starts come before all boxes."""
        met, offset = np.full(slopes.shape[0], -1), 0
        for program, watched, ending in zip(self.programs, self.watched, self.ending, strict=True):
            leg = _Leg(program, boxes, slopes, span)
            for instruction, fails in leg.walk(watched, ending):
                new = np.flatnonzero(fails.any(1) & (met < 0))
                met[new] = offset + instruction.output.start + fails[new].argmax(1)
            boxes, slopes = leg.results
            offset += program.start.size
        return met

    def text(self, register: int) -> str:
        """The sub-expression in a register, counted through all programs, of a choice its condition; empty for none."""
        for program in self.programs if register >= 0 else ():
            for instruction in program.instructions:
                if instruction.output.start <= register < instruction.output.stop:
                    number, _ = node_at(program, instruction, int(register) - instruction.output.start)
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
    way = Way(programs, x)
    stages = zip(programs, way.states, way.ending, strict=True)
    way.ending = [ending & ~active(program, registers, ending[None])[0] for program, registers, ending in stages]
    if not any(ending.any() for ending in way.ending):
        return None
    below, above = way.guess(np.arange(2 * x.size), LADDER[::2], [COARSE])
    below = np.where((below > 0) & np.isfinite(above), below, np.inf).reshape(-1, 2)
    return np.asarray(way.x[:, None] + below * [-1, 1])


def _finer(proved: Array, failed: Array, end: Array) -> Array:
    """Steps between two, closer to where the way begins when not even the first of them was proved, and a few on to the end."""
    even = np.arange(STEPS + 1) / Real(STEPS)
    falling = np.concatenate([np.zeros(1, Real), Real(0.125) ** np.arange(STEPS - 1, -1, -1)])
    between = np.where(proved > 0, proved + (failed - proved) * even, failed * falling)
    return np.concatenate([between, failed + np.maximum(end - failed, 0) * even[STEPS // 4 :: STEPS // 4]], axis=1)


class _Leg:
    """One program of the chain on the way: the registers at the start of every section, then in every section.

    By the mean value theorem a quantity is its start plus its derivative along the way times the ``span`` that was moved; where
    it is linear that is exact, and it holds for as long as nothing fails.  Every operation is widened by what rounding to doubles
    may do: errors that are taken as factors of the function leave the theorem as it is.
    """

    def __init__(self, program: Program, boxes: Interval, slopes: Interval, span: Interval) -> None:
        self.program, self.span, self.arithmetic = program, span, IntervalArithmetic()
        self.units = UNITS + max([instruction.size for instruction in program.instructions] + [program.inputs])
        first = np.repeat(program.start.astype(Real)[None], boxes.shape[0], axis=0)
        self.registers = Interval(first, first.copy())
        self.slopes = Interval(
            np.zeros((len(first) // 2, first.shape[1]), Real), np.zeros((len(first) // 2, first.shape[1]), Real)
        )
        _put(self.registers, slice(0, program.inputs), _in_doubles(boxes, self.units))
        _put(self.slopes, slice(0, program.inputs), slopes)

    @property
    def results(self) -> tuple[Interval, Interval]:
        """Registers and slopes of what the program makes."""
        return self.registers[:, self.program.results], self.slopes[:, self.program.results]

    def walk(self, watched: Mask, ending: Mask) -> Iterator[tuple[Instruction, Mask]]:
        """The operations that may meet a switch or leave their domain: ``(sections, numbers of the instruction)``."""
        with np.errstate(all="ignore"):
            for instruction in self.program.constants + self.program.instructions:
                output = instruction.output
                if not watched[output].any():
                    continue
                if instruction.operation in COMPARED:
                    self._decide(instruction)
                else:
                    arguments = [self.registers[:, part] for part in instruction.arguments]
                    value = execute_enclosed(self.arithmetic, instruction, arguments)
                    if instruction.operation not in CONDITIONS:
                        value = _in_doubles(value, self.units)
                    _put(self.registers, output, value)
                    if instruction.varies and instruction.operation not in CONDITIONS:
                        self._sharpen(instruction)
                if instruction.varies and ending[output].any() and (fails := self._failing(instruction)) is not None:
                    yield instruction, np.broadcast_to(fails, (fails.shape[0], instruction.size)) & ending[output]

    @property
    def starts(self) -> Interval:
        """The registers at the start of every section."""
        return self.registers[: len(self.slopes.lower)]

    @property
    def sections(self) -> Interval:
        """The registers in every section."""
        return self.registers[len(self.slopes.lower) :]

    def _sharpen(self, instruction: Instruction) -> None:
        """Keeps the derivative of an operation in every section, and what that says of its value there."""
        output, sections = instruction.output, self.sections
        slope = _in_doubles(slope_enclosed(instruction, sections, self.slopes), self.units)
        _put(self.slopes, output, slope)
        _put(sections, output, _common(sections[:, output], self.starts[:, output] + slope * self.span))

    def _failing(self, instruction: Instruction) -> Mask | None:
        if instruction.operation == WHERE:
            condition = self.sections[:, instruction.arguments[0]]
            return np.asarray(condition.lower != condition.upper)
        if instruction.operation in TIES:
            return self._tied(instruction)
        stated = limits(instruction)
        if not stated.any:
            return None
        arguments = arguments_of(instruction, stated, self.sections)
        fails = np.zeros((len(self.slopes.lower), 1), bool)
        if stated.domain is not None:
            fails = fails | ~evaluated(self.arithmetic, stated.domain, arguments).always
        if stated.switch is not None:
            fails = fails | (evaluated(self.arithmetic, stated.switch, arguments) == 0).ever
        return np.asarray(fails)

    def _decide(self, instruction: Instruction) -> None:
        """A comparison, by the sign of the difference: what both sides have in common cancels in its derivative."""
        starts, sections, slopes = (
            part[:, instruction.arguments[0]] - part[:, instruction.arguments[1]]
            for part in (self.starts, self.sections, self.slopes)
        )
        difference = _common(sections, starts + slopes * self.span)
        condition = COMPARED[instruction.operation](_joined(starts, difference), interval(0.0))
        _put(self.registers, instruction.output, Interval(condition.always, condition.ever))

    def _tied(self, instruction: Instruction) -> Mask:
        """Where the one that leads at the start of a section may be caught up with."""
        sign = 1 if TIES[instruction.operation] == "largest" else -1
        starts, sections, slopes = (
            sign * Interval(candidates(instruction, part.lower), candidates(instruction, part.upper))
            for part in (self.starts, self.sections, self.slopes)
        )
        leader = starts.lower.argmax(-1)[..., None]
        first, section, slope = (
            Interval(*(np.take_along_axis(end, leader, -1) for end in (part.lower, part.upper)))
            for part in (starts, sections, slopes)
        )
        ahead = section.lower > sections.upper
        ahead |= ((first - starts) + (slope - slopes) * self.span[..., None]).lower > 0
        ahead |= np.arange(sections.shape[-1]) == leader
        return np.asarray(~ahead.all(-1))


def _ending(program: Program, registers: Array) -> Mask:
    """The registers whose operation can end the way: used at the point, and a kink only where a derivative passes through it."""
    used = needed(program, registers)[0]
    bent = any(instruction.operation in KINKS for instruction in program.instructions)
    passed = differentiated(program, registers)[0] if bent else used
    mask = np.zeros(used.size, bool)
    for instruction in program.instructions:
        output, operation = instruction.output, instruction.operation
        if operation in KINKS:
            mask[output] = passed[output]
        elif operation == WHERE or limits(instruction).any:
            mask[output] = used[output] & ~_everywhere(instruction, registers)
    return mask


def _everywhere(instruction: Instruction, registers: Array) -> Mask:
    """Which numbers of an instruction have no limit, whatever is put in: a power with a whole exponent that is not negative."""
    stated = limits(instruction)
    if stated.domain is None or stated.switch is not None or all(instruction.reads):  # no row states a domain that always holds
        return np.zeros(instruction.size, bool)
    anything = Interval(np.full((1, 1), -np.inf), np.full((1, 1), np.inf))
    arguments = {
        name: anything if reads else Interval.point(registers[:, argument])
        for name, argument, reads in zip(stated.parameters, instruction.arguments, instruction.reads, strict=True)
    }
    return np.broadcast_to(evaluated(IntervalArithmetic(), stated.domain, arguments).always[0], (instruction.size,))


def _in_doubles(x: Interval, units: int) -> Interval:
    """The enclosure of what is made of the same numbers in doubles; zero stays zero, and no sign changes but to zero."""
    lower, upper = x.lower, x.upper
    spare = units * Real(DOUBLE.eps)
    below, above = lower * np.where(lower < 0, 1 + spare, 1 - spare), upper * np.where(upper < 0, 1 - spare, 1 + spare)
    below = np.where((lower > 0) & (below < DOUBLE.tiny), 0, below)
    above = np.where((upper < 0) & (above > -DOUBLE.tiny), 0, above)
    below = np.where(below < DOUBLE.min, -np.inf, np.where((lower < 0) & (below > -DOUBLE.tiny), -DOUBLE.tiny, below))
    above = np.where(above > DOUBLE.max, np.inf, np.where((upper > 0) & (above < DOUBLE.tiny), DOUBLE.tiny, above))
    return Interval(below, above)


def _joined(*parts: Interval) -> Interval:
    return Interval(np.concatenate([part.lower for part in parts]), np.concatenate([part.upper for part in parts]))


def _put(target: Interval, registers: slice, value: Interval) -> None:
    target.lower[:, registers], target.upper[:, registers] = value.lower, value.upper


def _common(a: Interval, b: Interval) -> Interval:
    """What two enclosures of the same numbers have in common."""
    return Interval(np.maximum(a.lower, b.lower), np.minimum(a.upper, b.upper))
