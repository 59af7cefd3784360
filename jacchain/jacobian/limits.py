"""Where a function of the table stops: its domain and its switches, from the conditions its row states in the language itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from jacchain.errors import Fragment
from jacchain.expression.arithmetic import Array
from jacchain.expression.builder import Builder
from jacchain.expression.graph import CONDITIONS, WHERE, Shape
from jacchain.expression.parser import parse
from jacchain.expression.program import Instruction, Program, Registers, compile_graph
from jacchain.expression.table import ROWS
from jacchain.expression.tree import Binary, Call, Name, Number, Tree, postorder
from jacchain.jacobian.dependence import Mask, ancestors, is_elementwise

COMPARED = ("<", "<=", ">", ">=", "==", "!=")

TIES = {"max": "largest", "min": "smallest", "max of": "largest", "min of": "smallest"}
"""Operations whose switch is a tie for the extreme among all they compare, however many those are."""


@dataclass(frozen=True, eq=False)
class Limits:
    """Programs of the arguments of a function, one after the other; ``None`` where its row states nothing.

    ``inside`` is 1 in the domain and 0 outside, and ``reachable`` when what varies decides which; ``edges`` are zero at an edge
    that belongs to the domain, ``switch`` is zero where the derivative may jump.
    """

    inside: Program | None = None
    edges: Program | None = None
    switch: Program | None = None
    reachable: bool = False


@cache
def limits(operation: str, shapes: tuple[Shape, ...], varying: tuple[bool, ...]) -> Limits:
    """The limits of an operation on arguments of the given shapes; edges only where an argument that varies can reach them."""
    row = ROWS[operation]
    if not (row.domain or row.switch) or operation in TIES:
        return Limits()
    names = row.parameters.split(", ")
    parameters = list(zip(names, shapes, strict=True))
    moving = {name for name, varies in zip(names, varying, strict=True) if varies}
    switch = _compiled(parameters, row.switch, [_tree(row.switch)]) if row.switch else None
    if not row.domain:
        return Limits(switch=switch)
    domain = _tree(row.domain)
    comparisons = [part for part in postorder(domain) if isinstance(part, Binary) and part.operator in COMPARED]
    reached = [part for part in comparisons if any(isinstance(leaf, Name) and leaf.name in moving for leaf in postorder(part))]
    edges: list[Tree] = [Binary("-", part.left, part.right) for part in reached if part.operator in {"<=", ">=", "=="}]
    return Limits(
        _compiled(parameters, row.domain, [Call("where", (domain, Number("1"), Number("0")))]),
        _compiled(parameters, row.domain, edges) if edges else None,
        switch,
        bool(reached),
    )


def of_instruction(instruction: Instruction) -> Limits:
    """The limits of an instruction, for the arguments that :func:`arguments` arranges."""
    if instruction.operation not in ROWS:
        return Limits()
    reads = instruction.reads
    if is_elementwise(instruction):
        return limits(instruction.operation, ((),) * len(reads), reads)
    widths = [_width(argument) for argument in instruction.arguments]
    shapes = tuple((width,) if position == 0 or width > 1 else () for position, width in enumerate(widths))
    return limits(instruction.operation, shapes, reads)


def arguments(instruction: Instruction, registers: Array) -> Array:
    """The arguments of an instruction at one point, one row for each number it makes or one row for all: what limits take."""
    parts = [registers[argument] for argument in instruction.arguments]
    if is_elementwise(instruction):
        return np.stack([np.broadcast_to(part, (instruction.size,)) for part in parts], axis=-1)
    return np.concatenate(parts)[None]


def gap(operation: str, values: Array) -> Array:
    """By how much the largest (or smallest) of each row leads the next one, of shape ``(rows, 1)``."""
    ordered = np.sort(values if TIES[operation] == "largest" else -values, axis=-1)
    return np.asarray(ordered[:, -1:] - ordered[:, -2:-1]) if values.shape[-1] > 1 else np.ones((values.shape[0], 1))


def active(program: Program, registers: Array, used: Mask) -> Mask:
    """The used registers whose operation stands exactly on a switch or an edge of its domain at the point: ``(registers,)``.

    A choice does when its condition may turn nearby; so do the equalities in such a condition.
    """
    mask, fragile, equalities, choices = np.zeros((4, registers.size), bool)
    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            output = instruction.output
            if not used[output].any():
                continue
            if instruction.operation in CONDITIONS:
                fragile[output] = _fragile(instruction, registers, fragile)
                equalities[output] = fragile[output] & (instruction.operation in {"==", "!="})
            elif instruction.operation == WHERE:
                choices[output] = fragile[instruction.arguments[0]] & used[output]
            elif (found := _active(instruction, registers)) is not None:
                mask[output] = found & used[output]
    if equalities.any():
        equalities &= ancestors(program, choices)
    return np.asarray(mask | choices | equalities)


def _fragile(instruction: Instruction, registers: Array, fragile: Mask) -> Mask:
    """Which conditions may turn nearby: comparisons of equals, unless another one settles the matter."""
    values = arguments(instruction, registers)
    if instruction.operation in COMPARED:
        return np.asarray(values[:, 0] == values[:, 1])
    turning = arguments(instruction, fragile)
    settling = {"and": values == 0, "or": values != 0}.get(instruction.operation, np.False_)
    return np.asarray(turning.any(-1) & ~np.any(settling & ~turning, axis=-1))


def outside(program: Program, registers: Array, used: Mask) -> tuple[Instruction, int] | None:
    """The first operation that is used outside its domain, and which of its numbers that is."""
    with np.errstate(all="ignore"):
        for instruction in program.constants + program.instructions:
            inside = of_instruction(instruction).inside
            if inside is None or not used[instruction.output].any():
                continue
            fails = (inside.values(arguments(instruction, registers)) == 0).any(-1) & used[instruction.output]
            if fails.any():
                return instruction, int(np.argmax(fails))
    return None


def _active(instruction: Instruction, registers: Array) -> Mask | None:
    if instruction.operation in TIES:
        return np.asarray(gap(instruction.operation, arguments(instruction, registers))[:, 0] == 0)
    stated = of_instruction(instruction)
    found: Mask | None = None
    for program in (stated.edges, stated.switch):
        if program is not None:
            zero = (program.values(arguments(instruction, registers)) == 0).any(-1)
            found = zero if found is None else found | zero
    return found


def _width(registers: Registers) -> int:
    return int(registers.stop - registers.start) if isinstance(registers, slice) else int(registers.size)


def _tree(text: str) -> Tree:
    return parse(Fragment.whole(text, "the table"))


def _compiled(parameters: list[tuple[str, Shape]], text: str, trees: list[Tree]) -> Program:
    builder = Builder(parameters, {})
    fragment = Fragment.whole(text, "the table")
    return compile_graph(builder.graph([builder.output(fragment, tree) for tree in trees]))
