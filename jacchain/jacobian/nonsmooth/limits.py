"""Where a function of the table stops: its domain and its switches, from the conditions its row states in the language itself.

The trees are walked with whatever arithmetic the arguments belong to, numbers or intervals; they are a few nodes each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any

import numpy as np

from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import CONDITIONS, WHERE
from jacchain.expression.program import Instruction, Program, Registers
from jacchain.expression.table import ROWS
from jacchain.expression.table import operation as operation_of
from jacchain.expression.texts import read
from jacchain.expression.tree import ARITHMETIC, COMPARISONS, CONNECTIVES, Binary, Call, Name, Number, Tree, Unary, postorder
from jacchain.frozen import Frozen
from jacchain.jacobian.dependence import Mask, ancestors, needed

TIES = {"max": "largest", "min": "smallest", "max of": "largest", "min of": "smallest"}
"""Operations whose switch is a tie for the extreme among all they compare, however many those are."""

OPERATORS = COMPARISONS | CONNECTIVES | ARITHMETIC


class Limits(Frozen, eq=True):
    """Trees of the arguments of a function, ``None`` where its row states nothing, or nothing that what varies could reach.

    It is false where there is no limit at all.
    ``domain`` is a condition, ``edges`` are zero at an edge that belongs to the domain, ``switch`` where the derivative may jump.
    """

    parameters: tuple[str, ...] = ()
    domain: Tree | None = None
    edges: tuple[Tree, ...] = ()
    switch: Tree | None = None

    def __bool__(self) -> bool:
        return self.domain is not None or self.switch is not None

    @cached_property
    def zeros(self) -> tuple[Tree, ...]:
        """What is zero where the operation stands on a switch or an edge."""
        return self.edges if self.switch is None else (*self.edges, self.switch)

    @cached_property
    def signs(self) -> tuple[Tree, ...]:
        """What changes its sign when a limit is crossed: what a domain says is not zero, and what is zero at a switch."""
        switch = () if self.switch is None else (self.switch,)
        match self.domain:
            case Binary("!=") as excluded:
                return (_difference(excluded), *switch)
            case _:
                return switch

    @cached_property
    def steps(self) -> tuple[Tree, ...]:
        """What takes another value when a limit is crossed: the truth of the domain, and the steps of a switch."""
        whole = () if self.switch is None else postorder(self.switch)
        steps = tuple(part for part in whole if isinstance(part, Call) and part.name in {"floor", "ceil"})
        return steps if self.domain is None else (self.domain, *steps)


def limits(instruction: Instruction) -> Limits:
    """The limits of an instruction, as far as what varies could reach them."""
    return _limits(instruction.operation, instruction.reads) if instruction.operation in ROWS else Limits()


@cache
def _limits(operation: str, reads: tuple[bool, ...]) -> Limits:
    """The limits of an operation of which only some arguments vary; a tie is no tree, and :data:`TIES` tells of it."""
    row = ROWS[operation]
    if not (row.domain or row.switch) or operation in TIES:
        return Limits()
    names = tuple(row.parameters.split(", "))
    moving = {name for name, varies in zip(names, reads, strict=True) if varies}
    switch = read(row.switch) if row.switch else None
    if switch is not None and not any(_mentions(branch, moving) for branch in _branches(switch)):
        switch = None
    domain = read(row.domain) if row.domain else None
    if domain is None or not _mentions(domain, moving):
        return Limits(names, switch=switch)
    edges = (
        _difference(part)
        for part in postorder(domain)
        if isinstance(part, Binary) and part.operator in {"<=", ">=", "=="} and _mentions(part, moving)
    )
    return Limits(names, domain, tuple(edges), switch)


def evaluated(o: Any, tree: Tree, arguments: Mapping[str, Any]) -> Any:
    """A condition or a value of the language, on arguments of the arithmetic ``o``."""
    match tree:
        case Number():
            return o.number(tree.value)
        case Name():
            return arguments[tree.name]
        case Unary():
            operand = evaluated(o, tree.operand, arguments)
            return -operand if tree.operator == "-" else ~operand
        case Binary():
            return OPERATORS[tree.operator](evaluated(o, tree.left, arguments), evaluated(o, tree.right, arguments))
        case Call():
            values = [evaluated(o, argument, arguments) for argument in tree.arguments]
            if tree.name == "where":
                return o.where(*values)
            name = operation_of(tree.name, len(values))
            assert name is not None
            value = ROWS[name].value
            assert value is not None
            return value(o, *values)
        case _:
            raise AssertionError(tree)


def arguments_of(instruction: Instruction, stated: Limits, registers: Any) -> dict[str, Any]:
    """The arguments of an instruction by the names that its row gives them."""
    parts = (registers[:, argument] for argument in instruction.arguments)
    return dict(zip(stated.parameters, parts, strict=True))


def decisive(instruction: Instruction) -> tuple[Registers, ...]:
    """The arguments that say whether an instruction stands on a switch or an edge: of a choice the condition."""
    if instruction.operation == WHERE:
        return instruction.arguments[:1]
    stated = limits(instruction)
    if not stated:
        return instruction.arguments
    named = zip(stated.parameters, instruction.arguments, strict=True)
    return tuple(argument for name, argument in named if any(_mentions(tree, {name}) for tree in stated.zeros))


def candidates(instruction: Instruction, registers: Array) -> Array:
    """What an extreme is taken of, for each number that is made: ``(batch, numbers, candidates)``."""
    parts = [registers[:, argument] for argument in instruction.arguments]
    return parts[0][:, None] if len(parts) == 1 else np.stack(np.broadcast_arrays(*parts), -1)


def active(program: Program, registers: Array, used: Mask) -> Mask:
    """The used registers whose operation stands exactly on a switch or an edge of its domain, at each point of a batch.

    ``registers``, ``used`` and the result are ``(batch, registers)``.  A choice stands on a switch when its condition may turn
    nearby; so do the equalities in such a condition.
    """
    mask, fragile, equalities, choices = np.zeros((4, *registers.shape), bool)
    o = Arithmetic(registers.dtype)
    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            output = np.s_[:, instruction.output]
            if instruction.operation in CONDITIONS:
                fragile[output] = _fragile(instruction, registers, fragile)
                equalities[output] = fragile[output] & (instruction.operation in {"==", "!="})
            elif instruction.operation == WHERE:
                choices[output] = fragile[:, instruction.arguments[0]] & used[output]
            elif instruction.operation in TIES:
                mask[output] = _tied(instruction, registers) & used[output]
            else:
                stated = limits(instruction)
                for tree in stated.zeros:
                    zero = evaluated(o, tree, arguments_of(instruction, stated, registers)) == 0
                    mask[output] |= zero & used[output]
    if equalities.any():
        equalities &= ancestors(program, choices)
    return np.asarray(mask | choices | equalities)


def standing(program: Program, registers: Array, used: Mask) -> Iterator[Array]:
    """How every operation that is used stands at each of many points: numbers ``(points, used)`` that change where it turns.

    They are the truth of a condition, the place of an extreme, the sign of what vanishes at a switch, or the whole number of a
    step; ``used`` is ``(registers,)``.
    """
    o = Arithmetic(registers.dtype)
    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            wanted = used[instruction.output]
            if not wanted.any():
                continue
            if instruction.operation == WHERE:
                yield np.broadcast_to(registers[:, instruction.arguments[0]], (len(registers), instruction.size))[:, wanted]
            elif instruction.operation in TIES:
                rivals = candidates(instruction, registers)
                yield rivals.argmax(-1)[:, wanted] if TIES[instruction.operation] == "largest" else rivals.argmin(-1)[:, wanted]
            else:
                stated = limits(instruction)
                arguments = arguments_of(instruction, stated, registers) if stated.parameters else {}
                states = [np.sign(evaluated(o, tree, arguments)) for tree in stated.signs]
                states += [evaluated(o, tree, arguments) for tree in stated.steps]
                yield from (np.broadcast_to(state, (len(registers), instruction.size))[:, wanted] for state in states)


def stands_alike(program: Program, x: Array, there: Array) -> bool:
    """Whether everything that is used at x ``(n,)`` stands as it does at another point."""
    registers = program.registers(np.stack([x, there]))
    used = needed(program, registers)[0]
    return not any((state[0] != state[1]).any() for state in standing(program, registers, used))


def outside(program: Program, registers: Array, used: Mask) -> Iterator[tuple[Instruction, Mask]]:
    """The operations used outside their domain, each with its numbers that are, at each point: ``(batch, numbers)``."""
    o = Arithmetic(registers.dtype)
    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            stated = limits(instruction)
            if stated.domain is not None:
                inside = evaluated(o, stated.domain, arguments_of(instruction, stated, registers))
                fails = ~inside & used[:, instruction.output]
                if fails.any():
                    yield instruction, fails


def _fragile(instruction: Instruction, registers: Array, fragile: Mask) -> Mask:
    """Which conditions may turn nearby: comparisons of equals, unless another one settles the matter."""
    values = [registers[:, argument] for argument in instruction.arguments]
    if instruction.operation in COMPARISONS:
        return np.asarray(values[0] == values[1])
    turning = [fragile[:, argument] for argument in instruction.arguments]
    settles = {"and": 0.0, "or": 1.0}.get(instruction.operation)
    settled = [(value == settles) & ~turns for value, turns in zip(values, turning, strict=True)]
    return np.asarray(np.logical_or.reduce(np.broadcast_arrays(*turning)) & ~np.logical_or.reduce(np.broadcast_arrays(*settled)))


def _tied(instruction: Instruction, registers: Array) -> Mask:
    """Where more than one candidate is the extreme."""
    values = candidates(instruction, registers)
    extreme = values.max(-1, keepdims=True) if TIES[instruction.operation] == "largest" else values.min(-1, keepdims=True)
    return np.asarray((values == extreme).sum(-1) > 1)


def _difference(comparison: Binary) -> Tree:
    """What is zero where both sides of a comparison are equal."""
    return Binary("-", comparison.left, comparison.right)


def _branches(tree: Tree) -> tuple[Tree, ...]:
    """What a tree may be equal to: itself, or of a choice what is chosen from."""
    return tree.arguments[1:] if isinstance(tree, Call) and tree.name == "where" else (tree,)


def _mentions(tree: Tree, names: set[str]) -> bool:
    """Whether one of the names stands in a tree."""
    return any(isinstance(leaf, Name) and leaf.name in names for leaf in postorder(tree))
