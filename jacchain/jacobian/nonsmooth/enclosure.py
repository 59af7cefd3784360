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
    slopes = Interval.zeros(program.inputs, program.start.size)
    slopes[:, : program.inputs] = Interval.point(np.eye(program.inputs))
    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            if instruction.operation not in CONDITIONS:
                slopes[:, instruction.output] = slope_enclosed(instruction, registers, slopes)
    return EnclosedDerivative(registers[0, program.results], slopes[:, program.results].mapped(np.transpose))


def slope_enclosed(instruction: Instruction, registers: Interval, slopes: Interval) -> Interval:
    """The derivatives along directions of what one instruction computes, by the chain rule: ``(batch, numbers)``.

    ``slopes`` ``(batch, registers)`` are those of its arguments.  ``registers`` are either one box, ``(1, registers)``, with a
    direction for each row of ``slopes``, or a box of its own for each.
    """
    inner = [slopes[:, argument] for argument in instruction.arguments]
    if instruction.operation in {GATHER, STACK}:
        return inner[0]
    if instruction.operation == MATRIX:
        assert instruction.matrix is not None
        return matrix_product(inner[0], Interval.point(instruction.matrix.T))
    if instruction.operation == WHERE:
        return choose(truth(registers[:, instruction.arguments[0]]), inner[1], inner[2])
    terms = (_term(instruction, partial, inner[position]) for position, partial in _partials(instruction, registers))
    return reduce(operator.add, terms)


def _term(instruction: Instruction, partial: Interval, slopes: Interval) -> Interval:
    """One local partial times the derivatives of its argument."""
    if is_diagonal(instruction, partial):
        return partial * slopes
    if ROWS[instruction.operation].form == "row":
        partial = partial[..., None, :]
    if partial.shape[0] == 1:
        width = slopes.shape[1]
        return matrix_product(slopes, partial[0].mapped(lambda end: np.broadcast_to(end, (len(end), width)).T))
    return total(partial * slopes[:, None])[..., 0]


def _partials(instruction: Instruction, registers: Interval) -> list[tuple[int, Interval]]:
    """By the rule of the table, for each argument that an input reaches: its place, and the partial in each box."""
    rule = ROWS[instruction.operation].rule
    assert rule is not None
    arguments = (registers[:, argument] for argument in instruction.arguments)
    partials = rule(IntervalArithmetic(), registers[:, instruction.output], *arguments)
    return [(position, interval(partial)) for position, partial in enumerate(partials) if instruction.reads[position]]
