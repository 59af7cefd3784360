"""Operations of a function that are taken for others when it is derived by hand: one row each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jacchain.expression.graph import MATRIX, WHERE
from jacchain.expression.program import Instruction
from jacchain.frozen import Frozen, replace


class Taken(Frozen):
    """``other`` is what an operation is taken for, None where that is nothing.

    ``anew`` says that its value is another one too, ``least`` how many entries have to be explained; ``says`` is made of the
    ``name`` of a matrix, the ``text`` of the operation and the ``entries``.
    """

    kind: str
    says: str
    other: Callable[[Instruction], Instruction | None]
    least: int
    anew: bool


def transposed(instruction: Instruction) -> Instruction | None:
    """A product with the transpose of its matrix."""
    matrix = instruction.matrix
    if instruction.operation != MATRIX or matrix is None or matrix.shape[0] != matrix.shape[1]:
        return None
    return replace(instruction, matrix=np.ascontiguousarray(matrix.T))


def other_branch(instruction: Instruction) -> Instruction | None:
    """What is on the other side of a switch."""
    if instruction.operation == WHERE:
        condition, yes, no = instruction.arguments
        return replace(instruction, arguments=(condition, no, yes), reads=(instruction.reads[0], *instruction.reads[:0:-1]))
    other = {"max": "min", "min": "max"}.get(instruction.operation)
    return replace(instruction, operation=other) if other else None


# fmt: off
TAKEN = (
    Taken("transposed",   "`{name}` is transposed, in the derivative of `{text}`",               transposed,   2, anew=False),
    Taken("other branch", "the derivative of `{text}` is that of its other branch in {entries}", other_branch, 1, anew=True),
)
# fmt: on
