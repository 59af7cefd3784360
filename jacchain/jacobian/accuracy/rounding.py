"""How far rounding may have moved a number: the computation repeated with every operation off by a random ulp.

No bound is proved (``linear/enclosure`` does that); the spread of a few repetitions is measured, and taken several times over.
It sees what no count of operations can: how much each rounding is amplified on the way (Vignes, Math. Comput. Simul. 35, 1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import MATRIX
from jacchain.expression.program import Instruction, Program, execute
from jacchain.expression.table import ROWS
from jacchain.frozen import Frozen
from jacchain.jacobian.accuracy.chance import Chance
from jacchain.jacobian.accuracy.exactness import KEPT, TAINT, partial_is_exact, rounded
from jacchain.jacobian.analytic import derivative_of
from jacchain.jacobian.dependence import Mask, is_elementwise
from jacchain.linear.bits import fineness, has_room
from jacchain.linear.map import LinearMap, Numbers
from jacchain.linear.product import SMALL

REPETITIONS = 6
SAFETY = 4.0
ULPS = 2.0
"""How far each operation is moved at most, in ulps; library functions are off by about one."""
CONSTANT = 8.0
"""Ulps by which a constant that was worked out before may be off."""
USUAL = 2.0**4
"""Ulps of a value that are nothing unusual."""
SUMS = ("sum", "mean", "dot")


class Errors(Frozen):
    """How far the numbers of a stage, as doubles, may be from exact ones: outputs ``(m,)``, and the entries of its Jacobian.

    Entries are in the order of its pattern; infinite is what a repetition could not work out, zero what nothing rounded.
    ``points`` are the outputs of all repetitions, the points of the next stage.
    """

    values: Numbers
    entries: Numbers
    points: Array


def stage_errors(program: Program, points: Array) -> Errors:
    """The errors of a stage and of all before it, which were repeated, too: the first of the ``points`` is the real one."""
    dtype: Any = np.dtype(float) if _multiplies_in_doubles(program) else points.dtype
    epsilon = float(np.finfo(dtype).eps)
    shaken = _Followed(program, np.concatenate([points, points[:1], points[:1]]), epsilon)
    values = np.ascontiguousarray(shaken.registers[:-2, program.results])
    linear = derivative_of(program, shaken.registers, shaken).linear
    found = np.broadcast_to(linear.values, (len(shaken.registers), linear.pattern.count))
    entries, size, fine = found[:-2], found[-2], found[-1]
    room = has_room(size, fine, dtype) | linear.unit
    with np.errstate(over="ignore"):
        added = ULPS * epsilon * np.where(np.isfinite(size), size, 0).astype(float)
        return Errors(
            np.where(_is_double(values[0]) & (values == values[0]).all(0), 0, _bars(values)),
            np.where(_is_double(entries[0]) & room, 0, _bars(entries) + added),
            values,
        )


def value_error(program: Program, x: Array) -> Numbers:
    """How far the outputs at x ``(n,)``, as doubles, may be from exact ones: ``(m,)``, infinite where a repetition fails.

    What is constant in a formula, such as ``W + transpose(W)`` or ``0.7*W - 0.3*W``, was worked out in doubles before: every
    operation is taken to be, and the numbers themselves are off by a few ulps of a double.
    Here and below x may also be many points ``(batch, n)``; then the result has a row for each.
    """
    epsilon = float(np.finfo(float).eps)
    values = _grouped(_Shaken(program, repeated(x), epsilon).registers[:, program.results])
    with np.errstate(over="ignore"):
        return _shaped(_bars(values) + CONSTANT * epsilon * np.abs(values[0]).astype(float), x)


def value_noise(programs: Sequence[Program], x: Array) -> Numbers:
    """How far the outputs of a chain may be from exact ones in the type of x: ``(m,)``; zero where that is a few ulps only."""
    epsilon = float(np.finfo(x.dtype).eps)
    points = repeated(x)
    for program in programs:
        points = _Shaken(program, points, epsilon).registers[:, program.results]
    values = _grouped(points)
    noise = SAFETY / 2 * _spread(values)
    if any(program.double for program in programs):
        epsilon = max(epsilon, float(np.finfo(float).eps))
    with np.errstate(over="ignore"):
        usual = USUAL * epsilon * np.abs(values[0]).astype(float)
    return _shaped(np.where(noise > usual, noise, 0), x)


def derivative_error(program: Program, x: Array) -> Numbers:
    """How far the entries of the analytic Jacobian at x, as doubles, may be from exact ones, in the order of its pattern."""
    epsilon = float(np.finfo(float if _multiplies_in_doubles(program) else x.dtype).eps)
    shaken = _Shaken(program, repeated(x), epsilon)
    values = derivative_of(program, shaken.registers, shaken).linear.values
    if len(values) == 1:  # constant: the same numbers at every point
        return _shaped(np.broadcast_to(_bars(values[:, None]), (x.size // x.shape[-1], values.shape[1])), x)
    return _shaped(_bars(_grouped(values)), x)


def _multiplies_in_doubles(program: Program) -> bool:
    """Whether some product on the way to the Jacobian is too large for the longest floats."""
    sizes = [instruction.matrix.size for instruction in program.instructions if instruction.matrix is not None]
    sizes += [
        instruction.size**2
        for instruction in program.instructions
        if instruction.operation in ROWS and ROWS[instruction.operation].form == "full"
    ]
    return max(sizes, default=0) * program.inputs > SMALL


def repeated(x: Array) -> Array:
    """Every point several times: first all of them as they are, then all those to be shaken."""
    return np.tile(np.atleast_2d(x), (REPETITIONS + 1, 1))


def _grouped(values: Array) -> Array:
    """Rows of repeated points as ``(repetitions, points, numbers)``."""
    return values.reshape(REPETITIONS + 1, len(values) // (REPETITIONS + 1), values.shape[1])


def _shaped(bars: Numbers, x: Array) -> Numbers:
    """One row of numbers for one point, a row each for many."""
    return bars.reshape(*x.shape[:-1], -1)


def _spread(values: Array) -> Numbers:
    """How far the other repetitions are from the first, infinite where one is undefined."""
    if values.shape[0] == 1:
        return np.zeros(values.shape[1:])
    with np.errstate(invalid="ignore", over="ignore"):
        spread = np.abs(values[1:] - values[0]).max(0).astype(float)
    return np.where(np.isfinite(spread), spread, np.inf)


def _bars(values: Array) -> Numbers:
    """The bars of the numbers as they are without a disturbance, once they are doubles."""
    smallest = float(np.finfo(float).smallest_subnormal)
    with np.errstate(over="ignore"):
        bars = SAFETY * _spread(values) + float(np.finfo(float).eps) * np.abs(values[0]).astype(float) + smallest
    return np.where(np.isfinite(bars), bars, np.inf)


class _Shaken:
    """The registers of a program at repeated points: the first time as computed, then with every operation a little off."""

    def __init__(self, program: Program, points: Array, epsilon: float) -> None:
        self.epsilon = epsilon
        self.chance = Chance()
        self.exact = len(points) // (REPETITIONS + 1)
        self.registers = np.tile(program.start.astype(points.dtype), (len(points), 1))
        self.registers[:, : program.inputs] = points
        self.arithmetic = Arithmetic(points.dtype)
        with np.errstate(all="ignore"):
            moves = self._moves(self.registers.shape)
            for instruction in program.constants + program.instructions:
                execute(self.arithmetic, instruction, self.registers)
                if instruction.operation not in KEPT:
                    self.registers[:, instruction.output] += self._off(instruction, moves[:, instruction.output])

    def _off(self, instruction: Instruction, moves: Array) -> Array:
        """How far the numbers of an instruction are moved."""
        return np.asarray(moves * _unit(instruction, self.epsilon) * self._size(instruction))

    def known(self, _: Instruction, numbers: Array) -> Array:
        """Numbers that hold for every x, as they are."""
        return numbers

    def partial(self, _: Instruction, numbers: Array) -> Array:
        """Other numbers, in every repetition but the first a little off."""
        rows = len(self.registers)
        numbers = np.broadcast_to(numbers, (rows, *numbers.shape[1:])) if numbers.ndim else numbers[None]
        if numbers.shape[0] == 1:
            numbers = np.repeat(numbers[None], rows, axis=0)
        return np.asarray(numbers + self._moves(numbers.shape) * (ULPS * self.epsilon) * numbers)

    def matrix(self, linear: LinearMap) -> LinearMap:
        """A constant matrix, as it is."""
        return linear

    def _moves(self, shape: tuple[int, ...]) -> Array:
        """Numbers from -1 to 1 in the type of the registers, a row for each point; zero for the points to be kept exact."""
        moves = self.chance.uniform(shape).astype(self.registers.dtype)
        moves[: self.exact] = 0
        return moves

    def _size(self, instruction: Instruction) -> Array:
        """What one ulp of an instruction is relative to: its value, but for a sum the sum of what is summed."""
        if instruction.operation != MATRIX and instruction.operation not in SUMS:
            return np.array(self.registers[:, instruction.output])
        arguments = [np.abs(self.registers[:, argument]) for argument in instruction.arguments]
        if instruction.matrix is not None:
            return np.asarray(arguments[0] @ np.abs(instruction.matrix).T)
        value = ROWS[instruction.operation].value
        assert value is not None
        return np.asarray(value(self.arithmetic, *arguments))


class _Followed(_Shaken):
    """The same, but that only what may have been rounded is moved, and as far as zeros reach that are too small for a float.

    The last two of the points are the first one again.  In a Jacobian they become the sum of the sizes of all products that an
    entry is the sum of, and of their finenesses, which a product that was rounded makes larger than any float has bits.
    """

    def _off(self, instruction: Instruction, moves: Array) -> Array:
        apart = np.copysign((1 + np.abs(moves)) / 2, moves) * (moves != 0)
        off = super()._off(instruction, apart) + apart * self._smallest(instruction)
        return np.asarray(off * rounded(instruction, self.registers))

    def _moves(self, shape: tuple[int, ...]) -> Array:
        moves = super()._moves(shape)
        moves[-2:] = 0
        return moves

    def _smallest(self, instruction: Instruction) -> Any:
        """A few of the smallest numbers that an operation can make."""
        row = ROWS.get(instruction.operation)
        return 4 * np.finfo(float if row is not None and row.double else self.registers.dtype).smallest_subnormal

    def partial(self, instruction: Instruction, numbers: Array) -> Array:
        """The numbers of a local partial, moved where they were rounded, and in the last two rows their size and fineness."""
        rows = len(self.registers)
        partial = np.array(np.broadcast_to(numbers, (rows, *(np.shape(numbers)[1:] or (1,)))))
        exact = (partial[1:-2] == partial[0]).all(0) & partial_is_exact(instruction, partial[:1], self.registers[:1])[0]
        moves = self._moves(partial.shape) * ~exact
        size = np.where((partial[0] == 0) & ~exact, np.finfo(partial.dtype).tiny ** 0.5, np.abs(partial[0]))
        with np.errstate(all="ignore"):
            partial += moves * (ULPS * self.epsilon * partial + self._smallest(instruction))
            partial[-2:] = size, np.where(exact, fineness(partial[0]), TAINT / size)
        return partial

    def known(self, instruction: Instruction, numbers: Array) -> Array:
        """The same of numbers that hold for every x: constants may have been rounded, too."""
        if numbers.ndim:
            return self.partial(instruction, numbers)
        return np.array([[numbers]] * (len(self.registers) - 2) + [[np.abs(numbers)], [fineness(numbers)]])

    def matrix(self, linear: LinearMap) -> LinearMap:
        """A constant matrix in the same rows."""
        values = linear.values[0].astype(self.registers.dtype)
        return LinearMap(linear.pattern, np.stack([*[values] * (len(self.registers) - 2), np.abs(values), fineness(values)]))


def _is_double(numbers: Array) -> Mask:
    with np.errstate(over="ignore"):
        return np.asarray(numbers.astype(float) == numbers)


def _unit(instruction: Instruction, epsilon: float) -> float:
    """How far an operation is moved at most: in doubles whatever the numbers if it is worked out in them, and more in long sums.

    The roundings of a sum of k terms, taken one after the other, add up to about half the root of k.
    """
    row = ROWS.get(instruction.operation)
    double = row is not None and row.double
    widths = (a.stop - a.start if isinstance(a, slice) else a.size for a in instruction.arguments)
    terms = 1 if is_elementwise(instruction) else max(widths)
    precision = max(epsilon, float(np.finfo(float).eps)) if double else epsilon
    return float(max(ULPS, np.sqrt(terms) / 2) * precision)
