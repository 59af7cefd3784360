"""How far an input goes before a function turns: structure that a longer step cannot vouch for.

Sums, powers and roots look the same at every scale, so that a long step tells of them what a short one does.  A sine does not:
beside ``x^2`` at 1e9 it is lost in the rounding of all steps that pass over it.  What rounding leaves unseen over a long step can
change as much within the scale of such a function; how long that is shows in the values alone.
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
SMOOTH = frozenset((
    "and", "or", "not", GATHER, STACK, MATRIX, WHERE, "+", "-", "neg", "*", "^n", "square", "max of", "min of", "hypot", "atan2",
    "sum", "mean", "prod", "dot", "norm", "normalize", "layernorm epsilon", "cumsum", "reverse",
))
"""Operations that look the same at every scale."""
AT_ZERO = frozenset(("/", "sqrt", "cbrt", "log", "log2", "log10", "abs", "sign", "relu"))
"""Operations with a pole, an edge or a corner at zero: their scale is the size of their argument."""
AT_A_TIE = frozenset((*CONDITIONS, "max", "min")) - SMOOTH
"""Operations with a corner or a jump where two arguments are the same."""
LEVELLING = frozenset(("atan", "asinh", "acosh", "log1p", "softsign"))
"""Operations whose scale grows with their argument once that is larger than one; that of all others is one."""
# fmt: on
PART = 0.25
"""Of a scale: what turns within it is seen by steps of this part."""
LARGEST = 1 << 22
"""Numbers that may be held to find the scales; beyond it none are known."""


def own_scales(programs: Sequence[Program], here: Array, there: Array) -> Numbers | None:
    """How often each point of ``here`` may move on to that of ``there`` before some operation on the way has turned.

    Both are ``(batch, n)``; the result is ``(batch, m)``, a number for each output, infinite where nothing on its way turns.
    None when nothing does at all, or there is too much to look at.
    """
    size = max(program.start.size for program in programs)
    turning = any(instruction.operation not in SMOOTH for program in programs for instruction in program.instructions)
    if not turning or len(here) * size > LARGEST:
        return None
    scales = np.full(here.shape, np.inf)
    with np.errstate(all="ignore"):
        for program in programs:
            values, moved = np.split(program.registers(np.concatenate([here, there])), 2)
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
        if not (is_elementwise(instruction) and scale.shape[1] in {1, instruction.size}):
            scale = scale.min(1, keepdims=True)
        smallest = np.minimum(smallest, scale)
    if instruction.operation in SMOOTH:
        return smallest
    operation, arguments = instruction.operation, instruction.arguments
    if operation in AT_A_TIE:
        apart, then = (read(numbers, arguments[0]) - read(numbers, arguments[1]) for numbers in (values, moved))
        ways = [(apart, then)]
    else:  # a quotient turns with its divisor, and a power has a scale in its exponent
        ways = [(read(values, argument), read(moved, argument)) for argument in arguments[operation in {"/", "^"} :]]
    for before, after in ways:
        size = np.abs(before) if operation in AT_ZERO | AT_A_TIE else np.ones_like(before)
        if operation in LEVELLING:
            size = np.maximum(np.abs(before), 1)
        own = (PART * size / np.abs(after - before)).astype(float)
        if not is_elementwise(instruction):
            own = own.min(1, keepdims=True)
        smallest = np.fmin(smallest, np.where(own > 0, own, np.inf))
    return smallest
