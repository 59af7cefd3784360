"""Certified derivatives: forward accumulation in intervals, from the same rules of the table as every other derivative."""

from __future__ import annotations

import numpy as np

from jacchain.errors import JacchainError, Problem
from jacchain.expression.enclosures import enclose, truth
from jacchain.expression.graph import CONDITIONS, GATHER, MATRIX, STACK, WHERE
from jacchain.expression.intervals import IntervalArithmetic
from jacchain.expression.program import Instruction, Program
from jacchain.expression.table import ROWS
from jacchain.frozen import Frozen
from jacchain.linear.interval import Interval, Real, choose, interval, matrix_product, total

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
    zeros = np.zeros((program.start.size, program.inputs), Real)
    slopes = Interval(zeros, zeros.copy())
    slopes.lower[: program.inputs] = slopes.upper[: program.inputs] = np.eye(program.inputs)
    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            if instruction.operation in CONDITIONS:
                continue
            block = _block(instruction, registers, slopes)
            slopes.lower[instruction.output], slopes.upper[instruction.output] = block.lower, block.upper
    return EnclosedDerivative(registers[0, program.results], slopes[program.results])


def _block(instruction: Instruction, registers: Interval, slopes: Interval) -> Interval:
    """The Jacobian of what one instruction computes, by the chain rule."""
    arguments = instruction.arguments
    match instruction.operation:
        case operation if operation in {GATHER, STACK}:
            return slopes[arguments[0]]
        case operation if operation == MATRIX:
            assert instruction.matrix is not None
            return matrix_product(Interval.point(instruction.matrix), slopes[arguments[0]])
        case operation if operation == WHERE:
            return choose(truth(registers[0, arguments[0]][..., None]), slopes[arguments[1]], slopes[arguments[2]])
    row = ROWS[instruction.operation]
    assert row.rule is not None
    partials = row.rule(
        IntervalArithmetic(), registers[:, instruction.output], *(registers[:, argument] for argument in arguments)
    )
    total: Interval | None = None
    for position, partial in enumerate(partials):
        if instruction.reads[position]:
            term = _term(instruction, interval(partial), slopes[arguments[position]])
            total = term if total is None else total + term
    assert total is not None
    return total


def slope_enclosed(instruction: Instruction, registers: Interval, slopes: Interval) -> Interval:
    """The derivative along a direction of what one instruction computes, in each box: ``(batch, numbers)``.

    ``registers`` and ``slopes``, their derivatives along the direction, are ``(batch, registers)``, known for its arguments.
    """
    inner = [slopes[:, argument] for argument in instruction.arguments]
    match instruction.operation:
        case operation if operation in {GATHER, STACK}:
            return inner[0]
        case operation if operation == MATRIX:
            assert instruction.matrix is not None
            return matrix_product(inner[0], Interval.point(instruction.matrix.T))
        case operation if operation == WHERE:
            return choose(truth(registers[:, instruction.arguments[0]]), inner[1], inner[2])
    total_slope = Interval.point(np.zeros((1, 1)))
    for position, partial in enumerate(_partials(instruction, registers)):
        if instruction.reads[position]:
            form = ROWS[instruction.operation].form
            if form == "diagonal" or (form == "full" and len(partial.shape) < 3):
                term = partial * inner[position]
            else:
                term = total(partial * (inner[position] if form == "row" else inner[position][:, None]))
            total_slope = total_slope + (term if form != "full" or len(term.shape) < 3 else term[..., 0])
    return total_slope


def _partials(instruction: Instruction, registers: Interval) -> list[Interval]:
    """The rule of the table: a partial for each argument."""
    rule = ROWS[instruction.operation].rule
    assert rule is not None
    arguments = (registers[:, argument] for argument in instruction.arguments)
    return [interval(partial) for partial in rule(IntervalArithmetic(), registers[:, instruction.output], *arguments)]


def _term(instruction: Instruction, partial: Interval, slopes: Interval) -> Interval:
    """One local partial, of the form the table states, times the Jacobian of its argument."""
    form = ROWS[instruction.operation].form
    if form == "diagonal" or (form == "full" and len(partial.shape) < 3):
        factor = Interval(*(np.broadcast_to(end, (1, instruction.size)) for end in (partial.lower, partial.upper)))
        return factor[0][:, None] * slopes
    if form == "row":
        return matrix_product(
            Interval(*(np.broadcast_to(end, (1, slopes.shape[0])) for end in (partial.lower, partial.upper))), slopes
        )
    return matrix_product(partial[0], slopes)
