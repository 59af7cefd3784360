"""Which numbers came about without any rounding: told from how many bits they take, operation by operation.

What rounding could have done to a number is measured elsewhere, by disturbing the operations that round; here is told which do,
so that a zero is known to be one and not the rest of a cancellation.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import CONDITIONS, GATHER, STACK, WHERE
from jacchain.expression.program import Instruction, Program, read
from jacchain.jacobian.dependence import Mask, is_elementwise, needed
from jacchain.linear.bits import fineness, has_room
from jacchain.linear.pattern import Integers

KEPT = (*CONDITIONS, WHERE, GATHER, STACK, "neg", "abs", "sign", "floor", "ceil", "relu", "max", "min", "max of", "min of")
"""Operations that round nothing; what they yield is compared with what they were given."""
PASSED = (*KEPT, "+", "-", "*", "dot", "sum", "square")
"""Operations whose partials are their arguments, as they are or twice, or small whole numbers."""
LARGEST = 1 << 12
"""Numbers that are looked at for one that is asked about, at most."""
SHORT = 2.0**32
"""A partial with no more bits than this is no rounded one, but by chance."""
TAINT = 2.0**200
"""More bits than any float has."""


def rounded(instruction: Instruction, registers: Array) -> Mask:
    """Whether an operation may have rounded what it made, at each point of a batch: ``(batch, numbers)``.

    ``registers`` are ``(batch, registers)``.  False is certain; its arguments are taken for what they are.
    """
    made = registers[:, instruction.output]
    if instruction.operation in KEPT:
        return np.zeros(made.shape, bool)
    arguments = [read(registers, argument) for argument in instruction.arguments]
    with np.errstate(all="ignore"):
        if instruction.matrix is not None:
            terms = np.abs(arguments[0]) @ np.abs(instruction.matrix).T, fineness(arguments[0]) @ fineness(instruction.matrix).T
            exact = _fits(made, *terms)
        elif instruction.operation in CHECKS:
            exact = CHECKS[instruction.operation](made, *arguments)
        else:
            exact = _is_special(made, *arguments)
    return ~np.broadcast_to(exact, made.shape)


def exact_registers(program: Program, registers: Array, *, given: bool) -> Mask:
    """Which registers hold what exact arithmetic makes of exact inputs (if ``given``), else of any: as ``registers``."""
    known = np.ones(registers.shape, bool)
    known[:, : program.inputs] = given
    for instruction in program.constants + program.instructions:
        sure = _is_sure(instruction, registers, known)
        known[:, instruction.output] = sure & ~rounded(instruction, registers)
    return known


def _is_sure(instruction: Instruction, registers: Array, known: Mask) -> Mask:
    """Whether nothing inexact in its arguments reaches an operation, at each point; comparisons are taken as they are."""
    parts = [read(known, argument) for argument in instruction.arguments]
    numbers = [read(registers, argument) for argument in instruction.arguments]
    match instruction.operation:
        case "where":
            return np.where(numbers[0] != 0, parts[1], parts[2])
        case "relu":
            return np.asarray(parts[0] | (numbers[0] < 0))
        case "*":
            zeros = [part & (number == 0) for part, number in zip(parts, numbers, strict=True)]
            return np.asarray((parts[0] & parts[1]) | zeros[0] | zeros[1])
        case operation if operation in CONDITIONS:
            return np.ones((len(registers), 1), bool)
    whole = parts if is_elementwise(instruction) else [np.asarray(part.all(1, keepdims=True)) for part in parts]
    return np.asarray(np.logical_and.reduce(np.broadcast_arrays(*whole)))


def are_exact(program: Program, registers: Array, chosen: Integers) -> bool:
    """Whether all chosen registers ``registers[0, chosen]`` hold what exact arithmetic makes of the inputs and the constants."""
    here = registers[:1]
    wanted = needed(program, here, chosen)
    if wanted.sum() > LARGEST or not np.isfinite(here[wanted]).all():
        return False
    return not any(
        (rounded(instruction, here) & wanted[:, instruction.output]).any()
        for instruction in program.constants + program.instructions
        if wanted[:, instruction.output].any()
    )


def partial_is_exact(instruction: Instruction, partial: Array, registers: Array) -> Mask:
    """Whether the rule of an operation rounded nothing in a local partial ``(batch, …)``, in a shape that spreads to it."""
    if instruction.operation in PASSED:
        return np.ones(partial.shape[:1] + (1,) * (partial.ndim - 1), bool)
    arguments = [read(registers, argument) for argument in instruction.arguments]
    if instruction.operation == "^n":
        x, n = arguments
        return np.asarray(_power(partial, x, n - 1) & _fits(partial, _bits(x) ** (n - 1) * _bits(n), np.asarray(1.0)))
    short = _bits(partial) <= SHORT
    if instruction.operation in (*CHECKS, "log"):
        return np.asarray(short)
    return np.asarray(short & _is_special(partial, *arguments)) if partial.ndim == 2 else np.zeros_like(short)


def _fits(y: Array, size: Array, fine: Array) -> Mask:
    return has_room(size, fine, y.dtype)


def _is_special(y: Array, *arguments: Array) -> Mask:
    """Whether a function of the table has this very value: at 0 and ±1 those that are whole or halves are meant to be."""
    if len(arguments) != 1 or arguments[0].shape[1] not in {1, y.shape[1]}:
        return np.zeros(y.shape, bool)
    x = np.abs(arguments[0])
    return np.asarray(((x == 0) | (x == 1)) & (2 * y == np.rint(2 * y)) & (y.shape[1] == x.shape[1]))


def _sum(y: Array, a: Array, b: Array) -> Mask:
    """Whether ``a + b`` is y: the error of a sum is a float, and known (Knuth)."""
    t = y - a
    return np.asarray((a - (y - t)) + (b - t) == 0)


def _product(y: Array, a: Array, b: Array) -> Mask:
    return _fits(y, np.abs(a) * np.abs(b), fineness(a) * fineness(b))


def _power(y: Array, x: Array, n: Array) -> Mask:
    bits = _bits(x)
    return np.asarray((n == np.rint(n)) & _fits(y, bits ** np.abs(n), np.asarray(1.0)) & ((n >= 0) | (bits == 1)))


def _bits(x: Array) -> Array:
    """Each number in units of its last bit: 2 to the number of its bits, about; zero for zero."""
    return np.asarray(np.abs(x) * fineness(x))


def _length(y: Array, *squared: Array) -> Mask:
    return np.asarray(_product(y, y, y) & (y * y == sum(squared)))


def _total(x: Array) -> Array:
    return np.asarray(x.sum(-1, keepdims=True))


def _all_fit(y: Array, v: Array) -> Mask:
    return _fits(y, _total(np.abs(v)), _total(fineness(v)))


# fmt: off
CHECKS: dict[str, Callable[..., Mask]] = {
    "+":      _sum,
    "-":      lambda y, a, b: _sum(y, a, -b),
    "*":      _product,
    "/":      lambda y, a, b: _product(a, y, b) & (y * b == a),
    "^n":     _power,
    "^":      _power,
    "square": lambda y, x: _product(y, x, x),
    "sqrt":   _length,
    "cbrt":   lambda y, x: _fits(y, np.abs(y) ** 3, fineness(y) ** 3) & (y * y * y == x),
    "mod":    lambda _, x, n: (x == 0) | (np.sign(x) == np.sign(n)),
    "atan2":  lambda _, a, b: (a == 0) & (b > 0),
    "hypot":  lambda y, a, b: _product(y, a, a) & _product(y, b, b) & _sum(y * y, a * a, b * b) & _length(y, a * a, b * b),
    "sum":    _all_fit,
    "mean":   lambda y, v: _all_fit(y, v) & (y * v.shape[-1] == _total(v)) & _fits(y, np.abs(y) * v.shape[-1], fineness(y)),
    "prod":   lambda y, v: _fits(y, np.abs(v).prod(-1, keepdims=True), fineness(v).prod(-1, keepdims=True)),
    "dot":    lambda y, u, v: _fits(y, _total(np.abs(u * v)), _total(fineness(u) * fineness(v))),
    "norm":   lambda y, v: _all_fit(y, v * v) & _product(y, v, v).all(-1, keepdims=True) & _length(y, _total(v * v)),
}
# fmt: on
