"""Which numbers of a program came about without any rounding: every operation on the way repeated in fractions.

What rounding could have done to a number is measured elsewhere, by disturbing every operation; here is told where none rounded,
so that a zero is known to be one and not the rest of a cancellation.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import MATRIX
from jacchain.expression.program import Instruction, Program
from jacchain.jacobian.accuracy.rounding import EXACT
from jacchain.jacobian.dependence import is_elementwise, needed
from jacchain.linear.pattern import Integers

LARGEST = 1 << 12
"""Numbers that are worked out again at most."""
HIGHEST = 64
"""Exponent up to which a power is."""


def are_exact(program: Program, registers: Array, chosen: Integers) -> bool:
    """Whether all chosen registers ``registers[0, chosen]`` hold what exact arithmetic makes of the inputs and the constants."""
    wanted = needed(program, registers[:1], chosen)[0]
    if wanted.sum() > LARGEST or not np.isfinite(registers[0, wanted]).all():
        return False
    numbers = registers[0]
    return all(
        _is_exact(instruction, numbers, int(position))
        for instruction in program.constants + program.instructions
        if instruction.operation not in EXACT
        for position in np.flatnonzero(wanted[instruction.output])
    )


def exact_outputs(program: Program, registers: Array) -> npt.NDArray[np.bool_]:
    """Which outputs of a program are exact."""
    results = program.result_registers
    return np.array([are_exact(program, registers, results[place : place + 1]) for place in range(results.size)], bool)


def _is_exact(instruction: Instruction, numbers: Array, position: int) -> bool:
    """Whether one number of an instruction is what its operation makes of its arguments."""
    made = _fraction(numbers[instruction.output][position])
    arguments = [[_fraction(number) for number in numbers[argument]] for argument in instruction.arguments]
    if instruction.operation == MATRIX:
        assert instruction.matrix is not None
        row = [_fraction(number) for number in instruction.matrix[position]]
        return made == sum(a * b for a, b in zip(row, arguments[0], strict=True))
    if is_elementwise(instruction):
        arguments = [argument if len(argument) == 1 else [argument[position]] for argument in arguments]
    check = CHECKS.get(instruction.operation)
    if check is not None:
        return check(made, *arguments)
    return len(arguments) == 1 and len(arguments[0]) == 1 and _is_special(arguments[0][0], made)


def _is_special(x: Fraction, y: Fraction) -> bool:
    """Whether a function of the table has this very value: at 0 and ±1 those that are whole or halves are meant to be."""
    return abs(x) in {0, 1} and (2 * y).denominator == 1


def _fraction(number: Any) -> Fraction:
    return Fraction(*number.as_integer_ratio())


def _power(y: Fraction, x: list[Fraction], n: list[Fraction]) -> bool:
    small = n[0].denominator == 1 and abs(n[0]) <= HIGHEST and (x[0] != 0 or n[0] >= 0)
    return small and y == x[0] ** int(n[0])


# fmt: off
CHECKS: dict[str, Callable[..., bool]] = {
    "+":      lambda y, a, b: y == a[0] + b[0],
    "-":      lambda y, a, b: y == a[0] - b[0],
    "*":      lambda y, a, b: y == a[0] * b[0],
    "/":      lambda y, a, b: y * b[0] == a[0],
    "^n":     _power,
    "^":      _power,
    "square": lambda y, x: y == x[0] ** 2,
    "sqrt":   lambda y, x: y**2 == x[0],
    "cbrt":   lambda y, x: y**3 == x[0],
    "sum":    lambda y, v: y == sum(v),
    "mean":   lambda y, v: y * len(v) == sum(v),
    "dot":    lambda y, u, v: y == sum(a * b for a, b in zip(u, v, strict=True)),
    "norm":   lambda y, v: y**2 == sum(x**2 for x in v),
    "hypot":  lambda y, a, b: y**2 == a[0] ** 2 + b[0] ** 2,
}
# fmt: on
