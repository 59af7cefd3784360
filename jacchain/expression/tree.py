"""The syntax tree of an expression: what was written, and where.

Trees compare by what they say; ``start`` and ``end`` are offsets in the text they came from and do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """Where a part of an expression stands in its text."""

    start: int = field(default=0, compare=False, kw_only=True)
    end: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class Number(Place):
    """A literal, kept as written."""

    text: str

    @property
    def value(self) -> float:
        """The double nearest to the literal."""
        return float(self.text)

    @property
    def is_integer(self) -> bool:
        """Whether it is written without a point or an exponent."""
        return self.text.isdigit()


@dataclass(frozen=True)
class Name(Place):
    """A parameter, a constant or a name from ``let``."""

    name: str


@dataclass(frozen=True)
class Unary(Place):
    """``-`` or ``not``."""

    operator: str
    operand: Tree


@dataclass(frozen=True)
class Binary(Place):
    """Arithmetic ``+ - * / @ ^``, a comparison, ``and`` or ``or``."""

    operator: str
    left: Tree
    right: Tree


@dataclass(frozen=True)
class Call(Place):
    """A function of the table applied to its arguments."""

    name: str
    arguments: tuple[Tree, ...]


@dataclass(frozen=True)
class Slice(Place):
    """``first:last`` inside an index, both ends included; ``None`` where nothing is written."""

    first: Tree | None
    last: Tree | None


@dataclass(frozen=True)
class Index(Place):
    """Components of a vector or entries of a matrix, counted from 1."""

    base: Tree
    selectors: tuple[Tree, ...]


@dataclass(frozen=True)
class Stack(Place):
    """``[a, b]``: one vector of all components, in order."""

    items: tuple[Tree, ...]


Tree = Number | Name | Unary | Binary | Call | Slice | Index | Stack


def children(tree: Tree) -> tuple[Tree, ...]:
    """The parts a tree is made of, in the order they are written."""
    match tree:
        case Number() | Name():
            return ()
        case Unary():
            return (tree.operand,)
        case Binary():
            return (tree.left, tree.right)
        case Call():
            return tree.arguments
        case Slice():
            return tuple(end for end in (tree.first, tree.last) if end is not None)
        case Index():
            return (tree.base, *tree.selectors)
        case Stack():
            return tree.items


def postorder(tree: Tree) -> Iterator[Tree]:
    """Every part of a tree, parts before wholes; a sum of a million terms is no deeper for it than one."""
    pending = [(tree, False)]
    while pending:
        part, ready = pending.pop()
        if ready:
            yield part
        else:
            pending.append((part, True))
            pending.extend((child, False) for child in reversed(children(part)))
