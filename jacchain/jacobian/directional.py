"""Products with the Jacobian of a stage that is never built: columns pushed through it, rows pulled back.

Both directions read the same local partials, those of the one row of the table, on the same zero patterns; so both have the
numbers and the structural zeros that the product with the explicit Jacobian has.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import CONDITIONS, GATHER, MATRIX, STACK, WHERE
from jacchain.expression.program import Instruction, Program, Registers, read, width
from jacchain.expression.table import ROWS
from jacchain.frozen import Frozen
from jacchain.jacobian.analytic import local_map, local_partials, push_columns
from jacchain.jacobian.dependence import Mask, needed
from jacchain.linear.map import LinearMap, add
from jacchain.linear.pattern import Integers, Pattern
from jacchain.linear.product import multiply


class Linearised(Frozen):
    """A stage at its points, ready to be multiplied with: ``registers`` are all its intermediate values."""

    program: Program
    registers: Array

    @property
    def values(self) -> Array:
        """The outputs at each point, ``(batch, m)``."""
        return read(self.registers, self.program.results)

    def tangent(self, columns: LinearMap) -> LinearMap:
        """``J @ columns`` for a map of shape ``(n, c)``: Jacobian-vector products, all columns at once."""
        return push_columns(self.program, self.registers, columns.astype(self.registers.dtype))

    def adjoint(self, rows: LinearMap) -> LinearMap:
        """``rows @ J`` for a map of shape ``(c, m)``: vector-Jacobian products, all rows at once."""
        with np.errstate(all="ignore"):
            return _Reverse(self.program, self.registers).pull(rows.astype(self.registers.dtype))


def linearise(program: Program, points: Array) -> Linearised:
    """A stage at each row of ``points``, in their type.  Never raises for the numbers."""
    return Linearised(program, program.registers(points))


def operations(program: Program) -> int:
    """The linearised operations |E| of a stage: the multiplications of one Jacobian-vector or one vector-Jacobian product.

    Each is an edge of the linearised graph, one for each local partial that an input reaches; copying numbers is free, and of
    a choice one branch counts.
    """
    return sum(_edges(instruction) for instruction in program.instructions)


def evaluation_operations(program: Program) -> int:
    """The operations of one evaluation of a stage, as far as an input reaches: what a difference costs is a multiple of it."""
    return sum(max(instruction.size, _edges(instruction)) for instruction in program.instructions if not _copies(instruction))


def _copies(instruction: Instruction) -> bool:
    """Whether an instruction computes nothing, and only puts numbers together."""
    return instruction.operation in {GATHER, STACK}


def _edges(instruction: Instruction) -> int:
    """The local partials of an instruction, one by one."""
    if _copies(instruction) or instruction.operation in CONDITIONS:
        return 0
    if instruction.operation == MATRIX:
        return instruction.linear.pattern.count
    if instruction.operation == WHERE:
        return instruction.size
    widths = [width(argument) for argument, reads in zip(instruction.arguments, instruction.reads, strict=True) if reads]
    match ROWS[instruction.operation].form:
        case "diagonal":
            return instruction.size * len(widths)
        case "row":
            return sum(widths)
        case _:
            return instruction.size * sum(widths)


class _Reverse:
    """The adjoints of all registers, instruction by instruction from the last: maps of shape ``(registers, c)``, transposed."""

    def __init__(self, program: Program, registers: Array) -> None:
        self.program, self.registers = program, registers
        self.arithmetic = Arithmetic(registers.dtype)
        self.found: list[list[LinearMap]] = [[] for _ in program.blocks]
        choices = any(instruction.operation == WHERE for instruction in program.instructions)
        self.used: Mask | None = needed(program, registers) if choices else None

    def pull(self, rows: LinearMap) -> LinearMap:
        """The product of the rows and the Jacobian."""
        self.spread(self.program.results, rows.T)
        for instruction, found in zip(self.program.instructions[::-1], self.found[:0:-1], strict=True):
            if found:
                self.through(instruction, reduce(add, found))
        if not self.found[0]:
            return LinearMap.zero(rows.shape[0], self.program.inputs)
        return reduce(add, self.found[0]).T

    def spread(self, registers: Registers, adjoint: LinearMap) -> None:
        """Adds the adjoint of some registers to that of the blocks they stand in."""
        if (block := self.program.block_of(registers)) is not None:
            self.found[block].append(adjoint)
            return
        for owner, positions, rows in self.program.by_block(registers):
            if owner >= 0:
                gathered = _gathered(rows, width(self.program.blocks[owner]))
                self.found[owner].append(multiply(gathered, adjoint.take(positions)))

    def through(self, instruction: Instruction, adjoint: LinearMap) -> None:
        """Hands the adjoint of the result of an instruction on to its arguments."""
        operation = instruction.operation
        if operation in {GATHER, STACK}:
            self.spread(instruction.arguments[0], adjoint)
        elif operation == MATRIX:
            self.spread(instruction.arguments[0], multiply(instruction.linear.astype(self.arithmetic.dtype).T, adjoint))
        elif operation == WHERE:
            self.choice(instruction, adjoint)
        elif operation not in CONDITIONS:
            for position, partial, known in local_partials(self.arithmetic, instruction, self.registers):
                argument = instruction.arguments[position]
                local = local_map(instruction, partial, width(argument), known=known)
                self.spread(argument, multiply(self.reached(instruction, local).T, adjoint))

    def reached(self, instruction: Instruction, local: LinearMap) -> LinearMap:
        """The local partial with zeros for what no output uses here: there it may be undefined, and its adjoint is zero."""
        if self.used is None or self.used[:, instruction.output].all():
            return local
        used = self.used[:, instruction.output][:, local.pattern.rows]
        return LinearMap(local.pattern, np.where(used, local.values, 0))

    def choice(self, instruction: Instruction, adjoint: LinearMap) -> None:
        """Each row goes to the branch taken; the other one gets zeros."""
        taken = np.broadcast_to(self.registers[:, instruction.arguments[0]] != 0, (len(self.registers), instruction.size))
        rows = adjoint.pattern.rows
        for argument, mask in zip(instruction.arguments[1:], (taken, ~taken), strict=True):
            part = LinearMap(adjoint.pattern, np.where(mask[:, rows], adjoint.values, 0))
            if width(argument) < instruction.size:
                part = multiply(_gathered(np.zeros(instruction.size, np.int64), 1), part)
            self.spread(argument, part)


def _gathered(rows: Integers, m: int) -> LinearMap:
    """The ``m``-row map that adds component t of what it is given to row ``rows[t]``."""
    pattern = Pattern.of((m, rows.size), rows, np.arange(rows.size))
    return LinearMap(pattern, np.ones((1, pattern.count)), unit=True)
