"""How far an input goes before a function turns: structure that a longer step cannot vouch for.

Sums and powers look the same at every scale, so that a long step tells of them what a short one does.  A sine does not:
beside ``x^2`` at 1e9 it is lost in the rounding of all steps that pass over it.  Nor does what has a corner or a pole: a length
has one where all its components are zero, and looks straight from afar.  What rounding leaves unseen over a long step can change
as much within the scale of such a function; how long that is shows in the values alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import CONDITIONS, GATHER, MATRIX, STACK, WHERE
from jacchain.expression.program import Instruction, Program, read
from jacchain.jacobian.dependence import is_elementwise
from jacchain.linear.map import Numbers

# fmt: off
SMOOTH = frozenset((
    "and", "or", "not", GATHER, STACK, MATRIX, WHERE, "+", "-", "neg", "*", "square", "sum", "mean", "prod", "dot", "cumsum",
    "reverse",
))
"""Operations that look the same at every scale; so does a power with a whole exponent that is not negative."""
AT_ZERO = frozenset(("sqrt", "cbrt", "log", "log2", "log10", "abs", "sign", "relu"))
"""Operations with a pole, an edge or a corner at zero: their scale is the size of their argument."""
AT_ORIGIN = frozenset(("hypot", "atan2", "norm", "normalize"))
"""Operations with a pole or a corner where all their arguments are zero: their scale is the size of the largest."""
AT_A_TIE = frozenset((*CONDITIONS, "max", "min", "max of", "min of")) - SMOOTH
"""Operations with a corner or a jump where the first of their arguments, or the one that is chosen, is the same as another."""
AT_EDGES: dict[str, tuple[float, ...]] = {
    "asin": (-1, 1), "acos": (-1, 1), "atanh": (-1, 1), "acosh": (1,), "log1p": (-1,), "logit": (0, 1),
}
"""Operations with an edge or a pole elsewhere: their scale is at most the distance from it."""
PERIODIC = frozenset(("sin", "cos", "tan"))
"""Operations that turn again and again, and so also where rounding hides by how much their argument moves."""
LEVELLING = frozenset(("atan", "asinh", "acosh", "log1p", "softsign"))
"""Operations whose scale grows with their argument once that is larger than one; that of all others is one."""
# fmt: on
LARGEST = 1 << 22
"""Numbers that may be held to find the scales; beyond it none are known."""


def own_scales(programs: Sequence[Program], here: Array, there: Array) -> Numbers | None:
    """How often each point of ``here`` may move on to one of ``there`` before some operation on the way has turned.

    ``here`` is ``(count, n)`` and ``there`` ``(moves * count, n)``, every point moved once, then again; the result is a number
    for each row of ``there`` and each output, infinite where nothing on its way turns.  None when nothing does at all, or there
    is too much to look at.
    """
    size = max(program.start.size for program in programs)
    turning = any(instruction.operation not in SMOOTH for program in programs for instruction in program.instructions)
    if not turning or len(here) * size > LARGEST:
        return None
    together = max(1, LARGEST // (len(here) * size)) * len(here)
    with np.errstate(all="ignore"):
        return np.concatenate(
            [_scales(programs, here, there[first : first + together]) for first in range(0, len(there), together)]
        )


def _scales(programs: Sequence[Program], here: Array, there: Array) -> Numbers:
    """The same, all moves at once."""
    scales = np.full(there.shape, np.inf)
    for program in programs:
        at, moved = program.registers(here), program.registers(there)
        values = np.tile(at, (len(there) // len(here), 1))
        inside = np.full(moved.shape, np.inf)
        inside[:, : program.inputs] = scales
        for instruction in program.instructions:
            inside[:, instruction.output] = _carried(instruction, inside, values, moved)
        here, there, scales = (read(numbers, program.results) for numbers in (at, moved, inside))
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
    before, after = ([read(numbers, argument) for argument in instruction.arguments] for numbers in (values, moved))
    for size, move in _turns(instruction.operation, before, after):
        own = np.where(size > 0, (size / np.abs(move)).astype(float), np.inf)
        if not is_elementwise(instruction):
            own = np.fmin.reduce(own, axis=1, keepdims=True)
        smallest = np.fmin(smallest, own)
    return smallest


def _turns(operation: str, before: Sequence[Array], after: Sequence[Array]) -> Iterator[tuple[Array, Array]]:
    """What an operation may be moved by until it has turned, and what it is moved by; zero for what turns at the point itself."""
    first, last = before[0], before[-1]
    moves = [then - now for now, then in zip(before, after, strict=True)]
    if operation in AT_ORIGIN:
        yield _largest(before), _largest(moves)
    elif operation in AT_A_TIE:
        yield from _ties(operation, before, after)
    elif operation == "/":
        yield np.abs(last), moves[1]
    elif operation == "^n":
        yield np.where(last < 0, np.abs(first), 0), moves[0]
    elif operation == "^":
        yield np.abs(first), moves[0]
        yield np.ones_like(last), moves[1] * np.maximum(np.abs(np.log(first)), 1)
    elif operation in {"floor", "ceil", "mod"}:
        now, then = (first, after[0]) if len(before) == 1 else (first / last, after[0] / after[1])
        apart = np.abs(now - np.round(now))
        yield _seen(np.where(apart > 0, apart, 1), now, then)
    elif operation == "layernorm epsilon":
        now, then = (numbers - numbers.mean(1, keepdims=True) for numbers in (first, after[0]))
        variance = np.square(now).mean(1, keepdims=True) + last
        yield np.sqrt(variance), np.abs(then - now).max(1, keepdims=True)
        yield variance, moves[1]
    elif operation in PERIODIC:
        yield _seen(_own_size(operation, first), first, after[0])
    else:
        for now, move in zip(before, moves, strict=True):
            yield _own_size(operation, now), move


def _seen(size: Array, now: Array, then: Array) -> tuple[Array, Array]:
    """A scale, and the move of an argument; without end where its rounding alone is longer, and hides how it moves."""
    hidden = 4 * np.finfo(now.dtype).eps * np.abs(now) > size
    return size, np.where(hidden, np.inf, then - now)


def _largest(numbers: Sequence[Array]) -> Array:
    """The largest size: of several numbers, place by place, or of the components of one vector."""
    if len(numbers) == 1:
        return np.asarray(np.abs(numbers[0]).max(1, keepdims=True))
    return np.maximum(np.abs(numbers[0]), np.abs(numbers[1]))


def _ties(operation: str, before: Sequence[Array], after: Sequence[Array]) -> Iterator[tuple[Array, Array]]:
    """How far the number that is chosen is ahead of every other, and by how much that changes."""
    now, moved = (
        np.stack(np.broadcast_arrays(*numbers)) if len(numbers) > 1 else numbers[0].T[:, :, None] for numbers in (before, after)
    )
    chosen = np.zeros((1, *now.shape[1:]), int)
    if operation.startswith("max"):
        chosen[0] = now.argmax(0)
    elif operation.startswith("min"):
        chosen[0] = now.argmin(0)
    ahead, then = (np.take_along_axis(numbers, chosen, 0) - numbers for numbers in (now, moved))
    for place in range(len(ahead)):
        yield np.abs(ahead[place]), then[place] - ahead[place]


def _own_size(operation: str, now: Array) -> Array:
    """The scale of a function of one number."""
    if operation in AT_ZERO:
        return np.abs(now)
    size = np.maximum(np.abs(now), 1) if operation in LEVELLING else np.ones_like(now)
    if operation == "tan":
        size = np.abs(np.cos(now))
    for edge in AT_EDGES.get(operation, ()):
        size = np.minimum(size, np.abs(now - edge))
    return size
