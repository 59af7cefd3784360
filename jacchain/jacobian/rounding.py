"""How far rounding may have moved a number: the computation repeated with every operation off by a random ulp.

No bound is proved (``linear/enclosure`` does that); the spread of a few repetitions is measured, and taken several times over.
It sees what no count of operations can: how much each rounding is amplified on the way (Vignes, Math. Comput. Simul. 35, 1993).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import CONDITIONS, GATHER, MATRIX, STACK, WHERE
from jacchain.expression.program import Instruction, Program, execute
from jacchain.expression.table import ROWS
from jacchain.jacobian.analytic import derivative_of
from jacchain.linear.map import Numbers
from jacchain.linear.product import SMALL

REPETITIONS = 6
SAFETY = 4.0
ULPS = 2.0
"""How far each operation is moved at most, in ulps; library functions are off by about one."""
USUAL = 2.0**4
"""Ulps of a value that are nothing unusual."""
SUMS = ("sum", "mean", "dot")
EXACT = (*CONDITIONS, WHERE, GATHER, STACK, "neg", "abs", "sign", "floor", "ceil", "relu", "max", "min", "max of", "min of")
"""Operations that round nothing; what they yield is compared with what they were given."""


def value_error(program: Program, x: Array) -> Numbers:
    """How far the outputs at x ``(n,)``, as doubles, may be from exact ones: ``(m,)``, infinite where a repetition fails."""
    shaken = _Shaken(program, _repeated(x), float(np.finfo(x.dtype).eps))
    return _bars(shaken.registers[:, program.results])


def value_noise(programs: Sequence[Program], x: Array) -> Numbers:
    """How far the outputs of a chain may be from exact ones in the type of x: ``(m,)``; zero where that is a few ulps only."""
    epsilon = float(np.finfo(x.dtype).eps)
    values = _repeated(x)
    for program in programs:
        values = _Shaken(program, values, epsilon).registers[:, program.results]
    noise = SAFETY / 2 * _spread(values)
    return np.where(noise > USUAL * epsilon * np.abs(values[0]).astype(float), noise, 0)


def derivative_error(program: Program, x: Array) -> Numbers:
    """How far the entries of the analytic Jacobian at x, as doubles, may be from exact ones, in the order of its pattern."""
    epsilon = float(np.finfo(float if _multiplies_in_doubles(program) else x.dtype).eps)
    shaken = _Shaken(program, _repeated(x), epsilon)
    return _bars(derivative_of(program, shaken.registers, shaken.disturbed).linear.values)


def _multiplies_in_doubles(program: Program) -> bool:
    """Whether some product on the way to the Jacobian is too large for the longest floats."""
    sizes = [instruction.matrix.size for instruction in program.instructions if instruction.matrix is not None]
    sizes += [
        instruction.size**2
        for instruction in program.instructions
        if instruction.operation in ROWS and ROWS[instruction.operation].form == "full"
    ]
    return max(sizes, default=0) * program.inputs > SMALL


def _repeated(x: Array) -> Array:
    return np.repeat(x[None], REPETITIONS + 1, axis=0)


def _spread(values: Array) -> Numbers:
    """How far the other rows are from the first, infinite where one is undefined."""
    if values.shape[0] == 1:
        return np.zeros(values.shape[1])
    with np.errstate(invalid="ignore"):
        spread = np.abs(values[1:] - values[0]).max(0).astype(float)
    return np.where(np.isfinite(spread), spread, np.inf)


def _bars(values: Array) -> Numbers:
    """The bars of the numbers in the first row, once they are doubles."""
    smallest = float(np.finfo(float).smallest_subnormal)
    bars = SAFETY * _spread(values) + float(np.finfo(float).eps) * np.abs(values[0]).astype(float) + smallest
    return np.where(np.isfinite(bars), bars, np.inf)


class _Shaken:
    """The registers of a program: the first row as computed, the others with every operation a little off."""

    def __init__(self, program: Program, points: Array, epsilon: float) -> None:
        self.epsilon = epsilon
        self.random = np.random.default_rng(20240229)
        self.registers = _repeated(program.start.astype(points.dtype))
        self.registers[:, : program.inputs] = points
        self.arithmetic = Arithmetic(points.dtype)
        with np.errstate(all="ignore"):
            for instruction in program.constants + program.instructions:
                execute(self.arithmetic, instruction, self.registers)
                if instruction.operation not in EXACT:
                    self.registers[:, instruction.output] += self._off(self._size(instruction), _precision(instruction))

    def disturbed(self, numbers: Array) -> Array:
        """The same numbers, in every row but the first a little off."""
        numbers = np.broadcast_to(numbers, (REPETITIONS + 1, *numbers.shape[1:])) if numbers.ndim else numbers[None]
        if numbers.shape[0] == 1:
            numbers = np.repeat(numbers[None], REPETITIONS + 1, axis=0)
        return numbers + self._off(numbers)

    def _off(self, size: Array, precision: float = 0.0) -> Array:
        amount = self.random.uniform(-1, 1, size.shape).astype(size.dtype) * (ULPS * max(self.epsilon, precision))
        amount[0] = 0
        return np.asarray(amount * size)

    def _size(self, instruction: Instruction) -> Array:
        """What one ulp of an instruction is relative to: its value, but for a sum the sum of what is summed."""
        arguments = [np.abs(self.registers[:, argument]) for argument in instruction.arguments]
        if instruction.operation == MATRIX:
            assert instruction.matrix is not None
            return np.asarray(arguments[0] @ np.abs(instruction.matrix).T)
        if instruction.operation in SUMS:
            value = ROWS[instruction.operation].value
            assert value is not None
            return np.asarray(value(self.arithmetic, *arguments))
        return np.array(self.registers[:, instruction.output])


def _precision(instruction: Instruction) -> float:
    """The relative precision of an operation that is worked out in doubles whatever the numbers."""
    row = ROWS.get(instruction.operation)
    return float(np.finfo(float).eps) if row is not None and row.double else 0.0
