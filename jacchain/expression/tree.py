"""The syntax tree of an expression: what was written, and where.

Trees compare by what they say; ``start`` and ``end`` are offsets in the text they came from and do not count.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from jacchain.frozen import Frozen, replace

T = TypeVar("T")

COMPARISONS: dict[str, Callable[..., Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
CONNECTIVES: dict[str, Callable[..., Any]] = {"and": operator.and_, "or": operator.or_, "not": operator.invert}
ARITHMETIC: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
"""What operators make of whatever has those of Python: arrays, intervals, truths."""


class Place(Frozen, eq=True, kw_only=True):
    """Where a part of an expression stands in its text, parentheses around it included."""

    start: int = 0
    end: int = 0

    @property
    def children(self) -> tuple[Tree, ...]:
        """The parts it is made of, in the order they are written."""
        return ()


class Number(Place):
    """A literal, kept as written."""

    text: str

    @property
    def value(self) -> float:
        """The double nearest to the literal."""
        return float(self.text)


class Name(Place):
    """A parameter, a constant or a name from ``let``."""

    name: str


class Unary(Place):
    """``-``, ``not``, or the ``'`` behind what is transposed."""

    operator: str
    operand: Tree

    @property
    def children(self) -> tuple[Tree, ...]:
        """The operand."""
        return (self.operand,)


class Binary(Place):
    """Arithmetic ``+ - * / @ ^``, a comparison, ``and`` or ``or``."""

    operator: str
    left: Tree
    right: Tree

    @property
    def children(self) -> tuple[Tree, ...]:
        """Both operands."""
        return (self.left, self.right)


class Call(Place):
    """A function of the table applied to its arguments."""

    name: str
    arguments: tuple[Tree, ...]

    @property
    def children(self) -> tuple[Tree, ...]:
        """The arguments."""
        return self.arguments


class Slice(Place):
    """``first:last`` inside an index, both ends included; ``None`` where nothing is written."""

    first: Tree | None
    last: Tree | None

    @property
    def children(self) -> tuple[Tree, ...]:
        """The ends that are written."""
        return tuple(end for end in (self.first, self.last) if end is not None)


class Index(Place):
    """Components of a vector or entries of a matrix, counted from 1."""

    base: Tree
    selectors: tuple[Tree, ...]

    @property
    def children(self) -> tuple[Tree, ...]:
        """What is indexed, and the selectors."""
        return (self.base, *self.selectors)


class Stack(Place):
    """``[a, b]``: one vector of all components, in order."""

    items: tuple[Tree, ...]

    @property
    def children(self) -> tuple[Tree, ...]:
        """The items."""
        return self.items


Tree = Number | Name | Unary | Binary | Call | Slice | Index | Stack


def postorder(tree: Tree) -> Iterator[Tree]:
    """Every part of a tree, parts before wholes; a sum of a million terms is no deeper for it than one."""
    found = []
    pending = [tree]
    while pending:
        part = pending.pop()
        found.append(part)
        pending.extend(part.children)
    return reversed(found)


def rebuilt(tree: Tree, parts: tuple[Tree, ...]) -> Tree:
    """The tree with other parts in the place of its own."""
    match tree:
        case Unary():
            return replace(tree, operand=parts[0])
        case Binary():
            return replace(tree, left=parts[0], right=parts[1])
        case Call():
            return replace(tree, arguments=parts)
        case Index():
            return replace(tree, base=parts[0], selectors=parts[1:])
        case Stack():
            return replace(tree, items=parts)
        case Slice():
            ends = iter(parts)
            return replace(tree, first=tree.first and next(ends), last=tree.last and next(ends))
        case _:
            return tree


def fold(tree: Tree, rule: Callable[[Tree, list[T]], T]) -> T:
    """What the rule makes of a tree, given what it made of the parts; depth costs nothing."""
    made: list[T] = []
    for part in postorder(tree):
        count = len(part.children)
        parts = made[len(made) - count :]
        del made[len(made) - count :]
        made.append(rule(part, parts))
    return made[0]
