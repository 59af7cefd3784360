"""The analytic Jacobian of a stage: forward accumulation of linear maps along its program.

The Jacobian of an instruction is the sum over its arguments of (local partial) times (Jacobian of the argument).  Local partials
are diagonals, rows, selections and constant matrices, and stay what they are: ``tanh(W @ x + b)`` costs one row scaling of W.
A row of one output never sees the numbers of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import CONDITIONS, GATHER, MATRIX, STACK, WHERE
from jacchain.expression.program import Instruction, Program, Registers, read
from jacchain.expression.table import ROWS
from jacchain.frozen import Frozen
from jacchain.linear.map import LinearMap, add, spread, stack
from jacchain.linear.pattern import Pattern
from jacchain.linear.product import multiply, scale_rows

if TYPE_CHECKING:
    from jacchain.linear.interval import Interval

EXTENDED_WORK = 1 << 18
"""Multiplications (registers times inputs) up to which a stage is worked out in the longest floats of the machine."""

LONGER = np.finfo(np.longdouble).nmant > np.finfo(float).nmant
"""Whether this machine has floats with more digits than a double."""


def working_type(program: Program) -> np.dtype[Any]:
    """The floating-point type a stage is worked out in: long double for small stages where it is longer than double.

    Guard digits only: every number shown is rounded to double once.  The choice depends on the sizes alone.
    """
    small = program.start.size * program.inputs <= EXTENDED_WORK
    return np.dtype(np.longdouble if LONGER and small else float)


class Derivative(Frozen):
    """The value and the Jacobian of a stage at each point of a batch, before rounding.

    ``values`` is ``(batch, m)``; ``linear`` is m x n on the pattern that holds for every x; ``constant`` says that the
    Jacobian is the same for every x; ``registers`` are all intermediate values.
    """

    values: Array
    linear: LinearMap
    constant: bool
    registers: Array


def differentiate(program: Program, points: Array) -> Derivative:
    """The derivative of a program at each row of ``points``, in the type of the points.

    Never raises for the numbers: an entry that is undefined is NaN or infinite.
    """
    return derivative_of(program, program.registers(points))


class Disturbance(Protocol):
    """What makes something else of the local partials of a derivative and of the matrices in it, to see what becomes of that."""

    def partial(self, instruction: Instruction, numbers: Array) -> Array:
        """A local partial that does not hold for every x, ``(batch, …)``."""

    def known(self, instruction: Instruction, numbers: Array) -> Array:
        """A local partial that does."""

    def matrix(self, linear: LinearMap) -> LinearMap:
        """A constant matrix."""


def derivative_of(program: Program, registers: Array, disturb: Disturbance | None = None) -> Derivative:
    """The derivative of a program whose registers are known; with ``disturb`` of local partials that are not quite right."""
    with np.errstate(all="ignore"):
        forward = _Forward(program, registers, disturb)
        for instruction in program.instructions:
            forward.push(instruction)
        linear, constant = forward.rows(program.results)
    return Derivative(np.ascontiguousarray(registers[:, program.results]), linear, constant, registers)


def push_columns(program: Program, registers: Array, columns: LinearMap) -> LinearMap:
    """The product ``J @ columns`` of the Jacobian of a program, which is never built, with a map of shape ``(inputs, c)``."""
    with np.errstate(all="ignore"):
        forward = _Forward(program, registers, seed=columns)
        for instruction in program.instructions:
            forward.push(instruction)
        return forward.rows(program.results)[0]


def accumulate(program: Program, registers: Array) -> Iterator[tuple[Instruction, LinearMap]]:
    """Every instruction in turn with the Jacobian of what it computes: to find the one where numbers fail."""
    forward = _Forward(program, registers)
    for instruction in program.instructions:
        with np.errstate(all="ignore"):
            forward.push(instruction)
        yield instruction, forward.found[-1][0]


class _Forward:
    """The Jacobians, with respect to the inputs, of all registers computed so far, block after block.

    With a ``seed``, of shape ``(inputs, c)``, they are those products with it that would cost more afterwards.
    """

    def __init__(
        self,
        program: Program,
        registers: Array,
        disturb: Disturbance | None = None,
        seed: LinearMap | None = None,
    ) -> None:
        self.registers = registers
        self.disturb = disturb
        self.arithmetic = Arithmetic(registers.dtype)
        self.width = program.inputs if seed is None else seed.shape[1]
        self.program = program
        self.read: dict[tuple[int, int], tuple[LinearMap, bool]] = {}
        """What has been read of larger blocks: a number of the point is read wherever it is used."""
        self.found: list[tuple[LinearMap, bool]] = [(LinearMap.identity(program.inputs) if seed is None else seed, True)]

    def rows(self, registers: Registers) -> tuple[LinearMap, bool]:
        """The Jacobian of the given registers, and whether it is the same for every x."""
        if (block := self.program.block_of(registers)) is not None:
            return self.found[block]
        if not isinstance(registers, slice):
            return self.picked(registers)
        place = registers.start, registers.stop
        if place not in self.read:
            self.read[place] = self.picked(registers)
        return self.read[place]

    def picked(self, registers: Registers) -> tuple[LinearMap, bool]:
        """The rows of registers that are not just one block."""
        parts, order, constant = [], [], True
        for owner, positions, rows in self.program.by_block(registers):
            order.append(positions)
            if owner < 0:
                parts.append(LinearMap.zero(positions.size, self.width))
                continue
            linear, is_constant = self.found[owner]
            parts.append(linear.take(rows))
            constant = constant and is_constant
        return stack(parts).take(np.argsort(np.concatenate(order), kind="stable")), constant

    def push(self, instruction: Instruction) -> None:
        """The Jacobian of one more instruction, by the chain rule."""
        operation = instruction.operation
        if operation in CONDITIONS:
            linear, constant = LinearMap.zero(instruction.size, self.width), True
        elif operation in {GATHER, STACK}:
            linear, constant = self.rows(instruction.arguments[0])
        elif operation == MATRIX:
            linear, constant = self.rows(instruction.arguments[0])
            matrix = instruction.linear.astype(self.arithmetic.dtype)
            linear = multiply(matrix if self.disturb is None else self.disturb.matrix(matrix), linear)
        elif operation == WHERE:
            linear, constant = self.choice(instruction), False
        else:
            linear, constant = self.table(instruction)
        self.found.append((linear, constant))

    def choice(self, instruction: Instruction) -> LinearMap:
        """Each row is that of the branch taken; what the other branch holds, NaN included, does not count."""
        taken = self.registers[:, instruction.arguments[0]] != 0
        taken = np.broadcast_to(taken, (taken.shape[0], instruction.size))
        branches = [self.argument(instruction, position) for position in (1, 2)]
        pattern = branches[0].pattern.union(branches[1].pattern)
        yes, no = (spread(branch, pattern) for branch in branches)
        return LinearMap(pattern, np.where(taken[:, pattern.rows], yes, no))

    def argument(self, instruction: Instruction, position: int) -> LinearMap:
        """The Jacobian of an argument, a number repeated for every component of a vector result."""
        linear, _ = self.rows(instruction.arguments[position])
        if linear.shape[0] == 1 and instruction.size > 1:
            return linear.take(np.zeros(instruction.size, np.int64))
        return linear

    def table(self, instruction: Instruction) -> tuple[LinearMap, bool]:
        """The rule of the table, times the Jacobians of the arguments."""
        total: LinearMap | None = None
        constant = True
        for position, partial, known in local_partials(self.arithmetic, instruction, self.registers):
            disturb = None if self.disturb is None else self.disturb.known if known else self.disturb.partial
            used = partial if disturb is None else disturb(instruction, partial)
            term, is_constant = self.term(instruction, position, used, known=known)
            total = term if total is None else add(total, term)
            constant = constant and known and is_constant
        assert total is not None
        return total, constant

    def term(self, instruction: Instruction, position: int, partial: Array, *, known: bool) -> tuple[LinearMap, bool]:
        """One local partial times the Jacobian of its argument; zeros of a partial that is known for every x are structural."""
        linear, constant = self.rows(instruction.arguments[position])
        if is_diagonal(instruction, partial) and not (known and (partial == 0).any()):
            repeated = linear if linear.shape[0] == instruction.size else linear.take(np.zeros(instruction.size, np.int64))
            if known and (partial == 1).all():
                return repeated, constant
            factors = np.broadcast_to(partial, (*partial.shape[:-1], instruction.size)).reshape(-1, instruction.size)
            return scale_rows(factors, repeated), constant
        chosen = partial[:1] if known and self.disturb is None and partial.ndim > 1 else partial
        return multiply(local_map(instruction, chosen, linear.shape[0], known=known), linear), constant


def local_partials(arithmetic: Arithmetic, instruction: Instruction, registers: Array) -> Iterator[tuple[int, Array, bool]]:
    """By the rule of the table, for each argument an input reaches: its place, the partial, and whether it holds for every x."""
    row = ROWS[instruction.operation]
    arguments = [read(registers, argument) for argument in instruction.arguments]
    assert row.rule is not None
    partials = row.rule(arithmetic, registers[:, instruction.output], *arguments)
    for position, partial in enumerate(partials):
        if instruction.reads[position]:
            others = any(reads for other, reads in enumerate(instruction.reads) if other != position)
            known = position in row.linear and (not others or instruction.operation in {"+", "-"})
            yield position, np.asarray(partial), known


def local_map(instruction: Instruction, partial: Array, width: int, *, known: bool) -> LinearMap:
    """A local partial as a map from the ``width`` numbers of its argument; zeros that hold for every x are structural."""
    if is_diagonal(instruction, partial):
        local = LinearMap(*_spread(partial, instruction.size, width))
    elif ROWS[instruction.operation].form == "row":
        local = LinearMap(Pattern.full(1, width), _rows(partial, width))
    else:
        local = LinearMap.full(partial)
    return _structural(local) if known else local


def is_diagonal(instruction: Instruction, partial: Array | Interval) -> bool:
    """Whether a local partial relates each component of the result to one number of the argument.

    It then is ``(batch, n)``; a ``full`` function of two arguments may have one such partial beside one ``(batch, n, n)``.
    """
    form = ROWS[instruction.operation].form
    return form == "diagonal" or (form == "full" and len(partial.shape) < 3)


def _spread(partial: Array, size: int, width: int) -> tuple[Pattern, Array]:
    """One entry in each row: on the diagonal, or all of them in the one column there is."""
    pattern = Pattern.full(size, 1) if width == 1 else Pattern.diagonal(size)
    return pattern, np.broadcast_to(partial, (*partial.shape[:-1], size)).reshape(-1, size)


def _structural(local: LinearMap) -> LinearMap:
    """A map that is the same for every x, with its zeros left out."""
    values = local.values
    keep = values[0] != 0
    if keep.all():
        return LinearMap(local.pattern, values)
    return LinearMap(Pattern.from_keys(local.shape, local.pattern.keys[keep]), values[:, keep])


def _rows(partial: Array, size: int) -> Array:
    """A partial of a function of a whole vector, ``(batch, size)``."""
    return np.array(np.broadcast_to(partial, (partial.shape[0] if partial.ndim > 1 else 1, size)))
