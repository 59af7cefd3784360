"""Programs evaluated in intervals: an enclosure of every register, for every x in a box."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from jacchain.expression.graph import CONDITIONS, GATHER, MATRIX, STACK, WHERE
from jacchain.expression.intervals import IntervalArithmetic
from jacchain.expression.program import Instruction, Program
from jacchain.expression.table import ROWS
from jacchain.linear.interval import Interval, Real, Truth, choose, interval, matrix_product

COMPARED: dict[str, Callable[..., Truth]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
LOGIC: dict[str, Callable[..., Truth]] = {"and": operator.and_, "or": operator.or_, "not": operator.invert}


def enclose(program: Program, box: Interval) -> Interval:
    """Enclosures of every register for all x in each box, ``(batch, registers)``; the box is ``(batch, inputs)``.

    A condition is ``[1, 1]``, ``[0, 0]``, or ``[0, 1]`` where it is open.
    """
    arithmetic = IntervalArithmetic()
    registers = Interval(*np.repeat(program.start.astype(Real)[None, None], box.shape[0], axis=1).repeat(2, axis=0))
    registers.lower[:, : program.inputs], registers.upper[:, : program.inputs] = box.lower, box.upper
    with np.errstate(all="ignore"):
        for instruction in program.constants + program.instructions:
            value = execute_enclosed(arithmetic, instruction, [registers[:, argument] for argument in instruction.arguments])
            registers.lower[:, instruction.output], registers.upper[:, instruction.output] = value.lower, value.upper
    return registers


def execute_enclosed(arithmetic: IntervalArithmetic, instruction: Instruction, arguments: list[Interval]) -> Interval:
    """What one instruction makes of its arguments."""
    operation = instruction.operation
    if operation in {GATHER, STACK}:
        return arguments[0]
    if operation == MATRIX:
        assert instruction.matrix is not None
        return matrix_product(arguments[0], Interval.point(instruction.matrix.T))
    if operation in COMPARED:
        return _numbered(COMPARED[operation](*arguments))
    if operation in CONDITIONS:
        return _numbered(LOGIC[operation](*(truth(argument) for argument in arguments)))
    if operation == WHERE:
        return choose(truth(arguments[0]), arguments[1], arguments[2])
    row = ROWS[operation]
    assert row.value is not None
    return interval(row.value(arithmetic, *arguments))


def truth(condition: Interval) -> Truth:
    """The condition that a register holds."""
    return Truth(condition.lower != 0, condition.upper != 0)


def _numbered(condition: Truth) -> Interval:
    return Interval(condition.always, condition.ever)
