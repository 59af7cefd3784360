"""Numbers that are not zero but too small for a double to hold their digits, which is said."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import GATHER, STACK
from jacchain.expression.program import Program, read
from jacchain.jacobian.accuracy.exactness import exact_registers
from jacchain.jacobian.analytic import Derivative
from jacchain.jacobian.dependence import Mask
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.linear.map import Numbers
from jacchain.pipeline.stage import Stage

POSITIVE = ("exp", "exp2", "sigmoid", "softplus", "erfc", "normcdf", "normpdf", "softmax")
"""Functions that are never zero."""

FACTORS = ("*", "/", "^", "^n", "square", "prod")
"""Operations that are zero only where one of their arguments is; of a quotient and a power the first."""

PASSED = (GATHER, STACK, "neg", "abs")
"""Operations whose result is zero where their argument is."""

TOO_SMALL = "too small for a double to hold its digits"
FEW = 1e-4
"""Relative error of a number that is said to have few digits."""


def vanished(
    stage: Stage, derivative: Derivative, values: Numbers | None = None, entries: Numbers | None = None
) -> Iterator[Diagnostic]:
    """What there is to say of a stage once rounded to doubles: one remark on its values, one on the entries of its Jacobian.

    ``values`` and ``entries`` are how far they may be off, where that was measured.
    """
    pattern = derivative.linear.pattern
    made_zero = vanished_inside(stage.program, derivative.registers)[0]
    lost = _are_lost(derivative.values[0], made_zero, values)
    if lost.any():
        first = stage.outputs[int(lost.argmax())]
        others = f", and so are {int(lost.sum()) - 1} more outputs of `{stage.name}`" if lost.sum() > 1 else ""
        yield Diagnostic("underflow", "JC413", f"`{first}` is {TOO_SMALL}{others}", stage.name, first, where=first)
    if entries is None and derivative.registers.dtype == float and not made_zero.any():
        return  # none can be lost, and a scaled matrix is not written out only to be looked at
    reached = made_zero[pattern.rows] if stage.method == "analytic" else np.zeros(pattern.count, bool)
    small = np.flatnonzero(_are_lost(derivative.linear.values[0], reached, entries))
    if small.size:
        entry = pattern.rows[small[0]], pattern.columns[small[0]]
        output, input_ = stage.outputs[entry[0]], stage.inputs[entry[1]]
        others = f", and so are {small.size - 1} more entries of J{stage.index}" if small.size > 1 else ""
        yield Diagnostic("underflow", "JC413", f"∂{output}/∂{input_} is {TOO_SMALL}{others}", stage.name, output, input_)


def _are_lost(numbers: Numbers, made_zero: Mask, errors: Numbers | None) -> Mask:
    """Which numbers have few digits left only because they are too small for doubles; ``made_zero`` are zeros that show that."""
    doubles = np.abs(numbers.astype(float))
    if errors is None:
        return np.asarray((doubles == 0) & ((numbers != 0) | made_zero))
    return np.asarray((errors > FEW * doubles) & (errors <= np.finfo(float).tiny))


def product_vanished(number: int, count: int) -> Diagnostic:
    """The remark on a product of the plan."""
    entries = "1 entry of" if count == 1 else f"{count} entries of"
    return Diagnostic("underflow", "JC413", f"{entries} P{number} {'is' if count == 1 else 'are'} {TOO_SMALL}")


def may_have_vanished(program: Program, derivative: Derivative, *, given: bool) -> Mask:
    """The points of a batch at which numbers may be too small, or a value zero that is not: ``(batch,)``.

    The points are ``given`` where nothing came before the program.
    """
    found = np.asarray(vanished_inside(program, derivative.registers).any(1))
    rows = np.flatnonzero((derivative.values == 0).any(1))
    if rows.size:
        known = read(exact_registers(program, derivative.registers[rows], given=given), program.results)
        found[rows] |= ((derivative.values[rows] == 0) & ~known).any(1)
    for numbers in (derivative.values, derivative.linear.values):
        with np.errstate(over="ignore"):
            zero = numbers.astype(float, copy=False) == 0
        if zero.any():
            found = found | (zero & (numbers != 0)).any(1)
    return np.asarray(found)


def vanished_inside(program: Program, registers: Array) -> Mask:
    """Which outputs are zero although what makes them cannot be, at each point of a batch: ``(batch, outputs)``."""
    mask = np.zeros(registers.shape, bool)
    for instruction in program.instructions:
        output = np.s_[:, instruction.output]
        zero = registers[output] == 0
        if not zero.any():
            continue
        if instruction.operation in POSITIVE:
            mask[output] = zero
        elif instruction.operation in PASSED:
            mask[output] = mask[:, instruction.arguments[0]]
        elif instruction.operation in FACTORS:
            arguments = instruction.arguments if instruction.operation == "*" else instruction.arguments[:1]
            factors = [(registers[:, argument] != 0) | mask[:, argument] for argument in arguments]
            factors = [factor if factor.shape[1] in {1, instruction.size} else factor.all(1, keepdims=True) for factor in factors]
            mask[output] = np.logical_and.reduce(np.broadcast_arrays(zero, *factors))
    return mask[:, program.results]
