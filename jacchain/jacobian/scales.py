"""How far an input goes before a function that has a scale of its own turns: structure that a coarse step cannot vouch for.

Sums, products, powers and roots look the same at every scale, so that a step as large as the input tells of them what a small
one does.  A sine does not: beside ``x^2`` at 1e9 it is lost in the rounding of all steps that pass over it.  What rounding
leaves unseen over a longer step can change as much within the scale of the function; that is known from its values alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import CONDITIONS, GATHER, MATRIX, STACK, WHERE
from jacchain.expression.program import Instruction, Program, read
from jacchain.jacobian.dependence import is_elementwise
from jacchain.linear.map import Numbers

# fmt: off
SCALELESS = frozenset((
    *CONDITIONS, GATHER, STACK, MATRIX, WHERE,
    "+", "-", "neg", "*", "/", "^n", "square", "sqrt", "cbrt", "abs", "relu", "log", "log2", "log10", "hypot", "atan2",
    "max", "min", "max of", "min of", "sum", "mean", "prod", "dot", "norm", "normalize", "cumsum", "reverse", "layernorm epsilon",
))
"""Operations that look the same at every scale of their arguments."""
LEVELLING = frozenset(("atan", "asinh", "acosh", "log1p", "softsign"))
"""Operations whose scale grows with their argument once that is larger than one."""
# fmt: on
PART = 0.25
"""Of a scale: what turns within it is seen by steps of this part."""
LARGEST = 1 << 22
"""Numbers that may be held to find the scales; beyond it none are known."""


def own_scales(programs: Sequence[Program], here: Array, there: Array) -> Numbers | None:
    """How often each point of ``here`` may move on to that of ``there`` before some operation on the way has passed its scale.

    Both are ``(batch, n)``; the result is ``(batch, m)``, a number for each output, infinite where nothing on its way has a
    scale.  None when no operation has one, or there is too much to look at.
    """
    size = max(program.start.size for program in programs)
    scaled = any(_has_scale(instruction) for program in programs for instruction in program.instructions)
    if not scaled or len(here) * size > LARGEST:
        return None
    scales = np.full(here.shape, np.inf)
    with np.errstate(all="ignore"):
        for program in programs:
            values, moved = program.registers(here), program.registers(there)
            inside = np.full(values.shape, np.inf)
            inside[:, : program.inputs] = scales
            for instruction in program.instructions:
                inside[:, instruction.output] = _carried(instruction, inside, values, moved)
            here, there, scales = (read(numbers, program.results) for numbers in (values, moved, inside))
    return scales


def _carried(instruction: Instruction, scales: Numbers, values: Array, moved: Array) -> Numbers:
    """The smallest scale on the way to what an instruction makes, that of the instruction included."""
    smallest = np.full((len(values), 1), np.inf)
    for argument in instruction.arguments:
        scale = read(scales, argument)
        if _has_scale(instruction):
            before, after = read(values, argument), read(moved, argument)
            size = np.maximum(np.abs(before), 1) if instruction.operation in LEVELLING else 1
            own = (PART * size / np.abs(after - before)).astype(float)
            scale = np.fmin(scale, np.where(own > 0, own, np.inf))
        if not (is_elementwise(instruction) and scale.shape[1] in {1, instruction.size}):
            scale = scale.min(1, keepdims=True)
        smallest = np.minimum(smallest, scale)
    return smallest


def _has_scale(instruction: Instruction) -> bool:
    """Whether an instruction has a scale: a power has one in its exponent."""
    if instruction.operation == "^":
        return instruction.reads[1]
    return instruction.operation not in SCALELESS
