"""A stage along rays: the germ of every register on ``x + t d``, from the same rows of the table as every other number."""

from __future__ import annotations

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import CONDITIONS
from jacchain.expression.program import Instruction, Program, apply
from jacchain.expression.table import ROWS
from jacchain.jacobian.dependence import Mask, is_elementwise
from jacchain.jacobian.nonsmooth.germ import Germ
from jacchain.jacobian.nonsmooth.germ_arithmetic import GermArithmetic, lifted, pinned


def along(program: Program, registers: Array, starts: Array, chosen: Mask, arithmetic: GermArithmetic) -> Array:
    """The germ of every chosen register for each row of ``starts``, the germs of the inputs: ``(rays, registers)``.

    ``registers`` ``(registers,)`` are the numbers at the point; a register that does not move, or is not chosen, keeps its own.
    """
    point = registers.astype(np.longdouble)
    values = np.empty((starts.shape[0], point.size), object)
    values[:] = point
    values[:, : program.inputs] = starts
    moving = np.zeros(point.size, bool)
    moving[: program.inputs] = [any(isinstance(x, Germ) for x in column) for column in starts.T]
    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            if positions := _moved(instruction, moving, chosen):
                registered = instruction.output.start + np.array(positions)
                arguments = _arguments(instruction, values, positions)
                row = ROWS.get(instruction.operation)
                arithmetic.recording = instruction.operation in CONDITIONS or bool(row and row.switch)
                result = apply(arithmetic, instruction, arguments)
                arithmetic.recording = False
                values[:, registered] = lifted(pinned, 2)(result, point[registered])
                moving[registered] = True
    return values


def _moved(instruction: Instruction, moving: Mask, chosen: Mask) -> list[int]:
    """The components of an instruction that are chosen and may move: all or none of them where each reads everything."""
    wanted = chosen[instruction.output]
    moved = np.zeros(instruction.size, bool)
    for argument in instruction.arguments:
        part = moving[argument]
        moved |= part if part.size == instruction.size and is_elementwise(instruction) else part.any()
    if not is_elementwise(instruction):
        return list(range(instruction.size)) if (wanted & moved).any() else []
    return [int(position) for position in np.flatnonzero(wanted & moved)]


def _arguments(instruction: Instruction, values: Array, positions: list[int]) -> list[Array]:
    """What the chosen components of an instruction are computed from, ``(rays, width)`` for each argument."""
    arguments = [values[:, argument] for argument in instruction.arguments]
    if not is_elementwise(instruction):
        return arguments
    return [argument[:, positions] if argument.shape[1] == instruction.size else argument for argument in arguments]
