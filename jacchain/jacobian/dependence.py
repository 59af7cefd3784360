"""Which registers of a program depend on which: for every x, or at a point where branches are taken or not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import MATRIX, WHERE
from jacchain.expression.program import Instruction, Program, Registers, width
from jacchain.expression.table import ROWS

Mask = npt.NDArray[np.bool_]


def is_elementwise(instruction: Instruction) -> bool:
    """Whether each number it makes depends on one number (or the one there is) of each argument, as numbers put together do."""
    if instruction.operation == MATRIX:
        return False
    return instruction.operation not in ROWS or ROWS[instruction.operation].form == "diagonal"


def ancestors(program: Program, wanted: Mask) -> Mask:
    """The registers that the wanted ones are computed from, and they themselves, whatever branch is taken.

    Both are ``(batch, registers)``.
    """
    return _backward(program, wanted.copy(), None)


def needed(program: Program, registers: Array, results: Registers | None = None) -> Mask:
    """Which registers the outputs (or those given) use at each point, ``(batch, registers)``: of a choice, the branch taken."""
    mask = np.zeros(registers.shape, bool)
    mask[:, program.results if results is None else results] = True
    return _backward(program, mask, registers)


def differentiated(program: Program, registers: Array) -> Mask:
    """Which registers the derivatives of the outputs pass through at each point, ``(batch, registers)``: no condition does."""
    mask = np.zeros(registers.shape, bool)
    mask[:, program.results] = True
    return _backward(program, mask, registers, conditions=False)


def descendants(program: Program, start: Mask) -> Mask:
    """The registers that depend on any of the given ones, and they themselves: ``(registers,)``."""
    mask = start.copy()
    for instruction in program.instructions:
        for argument in instruction.arguments:
            part = mask[argument]
            same = part.size == instruction.size and is_elementwise(instruction)
            mask[instruction.output] |= part if same else part.any()
    return mask


def _backward(program: Program, mask: Mask, registers: Array | None, *, conditions: bool = True) -> Mask:
    """The mask ``(batch, registers)``, which is written over, with all that the marked registers are computed from.

    Of a choice both branches count without ``registers``, else the one taken; its condition only with ``conditions``.
    """
    for instruction in reversed(program.constants + program.instructions):
        wanted = mask[:, instruction.output]
        if not wanted.any():
            continue
        if instruction.operation == WHERE and registers is not None:
            condition = registers[:, instruction.arguments[0]] != 0
            parts = (wanted & conditions, wanted & condition, wanted & ~condition)
            for argument, part in zip(instruction.arguments, parts, strict=True):
                _mark(mask, argument, part)
        elif is_elementwise(instruction):
            for argument in instruction.arguments:
                _mark(mask, argument, wanted)
        else:
            for argument in instruction.arguments:
                _mark(mask, argument, np.broadcast_to(wanted.any(-1, keepdims=True), wanted.shape))
    return mask


def _mark(mask: Mask, registers: Registers, part: Mask) -> None:
    """Marks registers: those of a part ``(batch, width)`` of their size one by one, by a part of another size all or none."""
    if part.shape[1] != width(registers):
        part = np.broadcast_to(part.any(-1, keepdims=True), (part.shape[0], width(registers)))
    if isinstance(registers, slice):
        mask[:, registers] |= part
    else:
        rows, columns = np.nonzero(part)
        mask[rows, registers[columns]] = True
