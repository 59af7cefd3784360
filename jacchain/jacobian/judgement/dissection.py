"""The derivative of a stage taken apart: every local partial derivative, and what hangs on it.

An entry of the Jacobian is a sum over paths of products of local partials, and linear in each of them.  So it is known at once
what it would be if one of them were another number: how a slip is recognised.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import CONDITIONS, GATHER, MATRIX, STACK, WHERE
from jacchain.expression.program import Instruction, Program, Registers
from jacchain.expression.table import ROWS
from jacchain.frozen import Frozen
from jacchain.linear.pattern import Integers

LARGEST = 1 << 22
"""Numbers that a dissection may hold."""


class Dissection(Frozen):
    """Local partials ``(edges,)``: of register ``output`` by register ``argument``, made by ``instruction``.

    ``adjoint`` ``(m, registers)`` is the derivative of each output of the stage by each register, ``tangent``
    ``(registers, n)`` that of each register by each input; ``registers`` are the values.
    """

    program: Program
    registers: Array
    output: Integers
    argument: Integers
    partial: Array
    instruction: Integers
    adjoint: Array
    tangent: Array

    def shares(self, row: int, column: int) -> Array:
        """What each local partial contributes to an entry for every unit of itself, ``(edges,)``."""
        return np.asarray(self.adjoint[row, self.output] * self.tangent[self.argument, column])


def dissect(program: Program, x: Array) -> Dissection | None:
    """The derivative of a program at x ``(n,)``, taken apart; None when it is too large for that."""
    size, n = program.start.size, program.inputs
    if size * (n + program.outputs) > LARGEST:
        return None
    registers = program.registers(x[None])[0]
    arithmetic = Arithmetic(registers.dtype)
    with np.errstate(all="ignore"):
        edges = [_edges(arithmetic, instruction, registers) for instruction in program.instructions]
        tangent = np.zeros((size, n), registers.dtype)
        tangent[:n] = np.eye(n)
        for output, argument, partial in edges:
            np.add.at(tangent, output, partial[:, None] * tangent[argument])
        adjoint = np.zeros((program.outputs, size), registers.dtype)
        np.add.at(adjoint, (np.arange(program.outputs), np.arange(size)[program.results]), 1)
        for output, argument, partial in reversed(edges):
            np.add.at(adjoint.T, argument, partial[:, None] * adjoint.T[output])
    which = np.repeat(np.arange(len(edges)), [edge[0].size for edge in edges])
    parts = [np.concatenate([edge[t] for edge in edges]) if edges else np.zeros(0, np.int64) for t in range(3)]
    return Dissection(program, registers, parts[0], parts[1], parts[2], which, adjoint, tangent)


def _edges(arithmetic: Arithmetic, instruction: Instruction, registers: Array) -> tuple[Integers, Integers, Array]:
    """The local partials of one instruction: the register made, the register it is made of, the number."""
    outputs = np.arange(instruction.output.start, instruction.output.stop)
    arguments = [_numbers(argument, registers.size) for argument in instruction.arguments]
    if instruction.operation in CONDITIONS:
        return outputs[:0], outputs[:0], registers[:0]
    if instruction.operation in {GATHER, STACK}:
        return outputs, arguments[0], np.ones(outputs.size, registers.dtype)
    if instruction.operation == MATRIX:
        assert instruction.matrix is not None
        rows, columns = np.nonzero(instruction.matrix)
        return outputs[rows], arguments[0][columns], instruction.matrix[rows, columns].astype(registers.dtype)
    if instruction.operation == WHERE:
        condition, yes, no = (np.broadcast_to(argument, outputs.shape) for argument in arguments)
        return outputs, np.where(registers[condition] != 0, yes, no), np.ones(outputs.size, registers.dtype)
    return _table_edges(arithmetic, instruction, registers, arguments)


def _table_edges(
    arithmetic: Arithmetic, instruction: Instruction, registers: Array, arguments: list[Integers]
) -> tuple[Integers, Integers, Array]:
    row = ROWS[instruction.operation]
    assert row.rule is not None
    outputs = np.arange(instruction.output.start, instruction.output.stop)
    partials = row.rule(arithmetic, registers[None, outputs], *(registers[None, argument] for argument in arguments))
    found = []
    for position, (argument, values) in enumerate(zip(arguments, partials, strict=False)):
        if not instruction.reads[position]:
            continue
        local = np.asarray(values, registers.dtype)
        shape = (outputs.size, argument.size)
        if row.form == "row":
            found.append((np.repeat(outputs, argument.size), argument, np.array(np.broadcast_to(local, (1, argument.size))[0])))
        elif row.form == "full" and local.ndim == 3:
            found.append((np.repeat(outputs, shape[1]), np.tile(argument, shape[0]), local[0].reshape(-1)))
        else:
            found.append(
                (outputs, np.broadcast_to(argument, outputs.shape), np.array(np.broadcast_to(local, (1, outputs.size))[0]))
            )
    return _joined(found)


def _joined(parts: list[tuple[Integers, Integers, Array]]) -> tuple[Integers, Integers, Array]:
    return tuple(np.concatenate([part[t] for part in parts]) for t in range(3))  # type: ignore[return-value]


def _numbers(registers: Registers, size: int) -> npt.NDArray[Any]:
    return np.arange(size)[registers] if isinstance(registers, slice) else registers
