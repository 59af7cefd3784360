"""Certified derivatives: forward accumulation in intervals, from the same rules of the table as every other derivative."""

from __future__ import annotations

import operator
from functools import reduce

import numpy as np

from jacchain.errors import JacchainError, Problem
from jacchain.expression.graph import CONDITIONS, GATHER, MATRIX, STACK, WHERE
from jacchain.expression.intervals import IntervalArithmetic, enclose, truth
from jacchain.expression.program import Instruction, Program
from jacchain.expression.table import ROWS
from jacchain.frozen import Frozen
from jacchain.jacobian.analytic import is_diagonal
from jacchain.linear.interval import Interval, choose, interval, matrix_product, total

ENTRIES = 1 << 21
"""Entries of derivatives of registers that are kept at most: they are dense here."""


class EnclosedDerivative(Frozen):
    """Values ``(m,)`` and Jacobian ``(m, n)`` of a stage, for every x in the interval vector it was worked out for."""

    values: Interval
    jacobian: Interval


def differentiate_enclosed(program: Program, x: Interval) -> EnclosedDerivative:
    """Enclosures of the values and the Jacobian of a program for every x in ``x``, of shape ``(n,)``.

    At a switch the convention of the function is enclosed.  Raises JacchainError (JC450) when the stage is too large.
    """
    if program.start.size * program.inputs > ENTRIES:
        message = f"certified bounds need {program.start.size * program.inputs:,} intervals, more than {ENTRIES:,}"
        raise JacchainError(Problem("JC450", message, help="leave --certify out"))
    registers = enclose(program, x[None])
    jacobians = Interval.zeros(program.start.size, program.inputs)
    jacobians[: program.inputs] = Interval.point(np.eye(program.inputs))
    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            if instruction.operation not in CONDITIONS:
                jacobians[instruction.output] = _jacobian(instruction, registers, jacobians)
    return EnclosedDerivative(registers[0, program.results], jacobians[program.results])


def _jacobian(instruction: Instruction, registers: Interval, jacobians: Interval) -> Interval:
    """The Jacobian of what one instruction computes, by the chain rule: ``(numbers, inputs)``."""
    inner = [jacobians[argument] for argument in instruction.arguments]
    if instruction.operation in {GATHER, STACK}:
        return inner[0]
    if instruction.operation == MATRIX:
        assert instruction.matrix is not None
        return matrix_product(Interval.point(instruction.matrix), inner[0])
    if instruction.operation == WHERE:
        return choose(truth(registers[0, instruction.arguments[0]][..., None]), inner[1], inner[2])
    terms = (_term(instruction, partial, inner[position]) for position, partial in _partials(instruction, registers))
    return reduce(operator.add, terms)


def _term(instruction: Instruction, partial: Interval, jacobian: Interval) -> Interval:
    """One local partial times the Jacobian of its argument."""
    if is_diagonal(instruction, partial):
        return partial.mapped(lambda end: np.broadcast_to(end, (1, instruction.size)))[0][:, None] * jacobian
    if ROWS[instruction.operation].form == "row":
        partial = partial.mapped(lambda end: np.broadcast_to(end, (1, 1, jacobian.shape[0])))
    return matrix_product(partial[0], jacobian)


def slope_enclosed(instruction: Instruction, registers: Interval, slopes: Interval) -> Interval:
    """The derivative along a direction of what one instruction computes, in each box: ``(batch, numbers)``.

    ``registers`` and ``slopes``, their derivatives along the direction, are ``(batch, registers)``, known for its arguments.
    """
    inner = [slopes[:, argument] for argument in instruction.arguments]
    if instruction.operation in {GATHER, STACK}:
        return inner[0]
    if instruction.operation == MATRIX:
        assert instruction.matrix is not None
        return matrix_product(inner[0], Interval.point(instruction.matrix.T))
    if instruction.operation == WHERE:
        return choose(truth(registers[:, instruction.arguments[0]]), inner[1], inner[2])
    terms = (_slope_term(instruction, partial, inner[position]) for position, partial in _partials(instruction, registers))
    return reduce(operator.add, terms)


def _slope_term(instruction: Instruction, partial: Interval, slope: Interval) -> Interval:
    """One local partial times the derivative of its argument along the direction."""
    if is_diagonal(instruction, partial):
        return partial * slope
    if ROWS[instruction.operation].form == "row":
        return total(partial * slope)
    return total(partial * slope[:, None])[..., 0]


def _partials(instruction: Instruction, registers: Interval) -> list[tuple[int, Interval]]:
    """By the rule of the table, for each argument that an input reaches: its place, and the partial in each box."""
    rule = ROWS[instruction.operation].rule
    assert rule is not None
    arguments = (registers[:, argument] for argument in instruction.arguments)
    partials = rule(IntervalArithmetic(), registers[:, instruction.output], *arguments)
    return [(position, interval(partial)) for position, partial in enumerate(partials) if instruction.reads[position]]
