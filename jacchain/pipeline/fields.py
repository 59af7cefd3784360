"""Files that are not pipelines but plain fields, such as an instance for the planner: the same text, trees and places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jacchain.errors import Span
from jacchain.frozen import Frozen
from jacchain.pipeline.bulk import expand, numbers_of
from jacchain.pipeline.document import Block, Broken, Mapping, Node, Scalar, Sequence
from jacchain.pipeline.ledger import EnoughError, Ledger

Path = tuple[str | int, ...]


class Fields(Frozen):
    """The values of a file by name, numbers as numbers, with the place of each."""

    values: dict[str, Any]
    root: Mapping

    def where(self, path: Path) -> Span | None:
        """The place of an entry such as ``("edges", 2)``, counted from 0; of what holds it where there is no such entry."""
        node: Node = self.root
        for step in path:
            inner = _entry(node, step)
            if inner is None:
                return node.span
            node = inner
        return node.span


def fields_of(read: Callable[[Ledger], Node], key: str) -> Fields | None:
    """The fields of a file that has ``key`` at its top, None for any other.

    Raises JacchainError with the problems of its syntax.
    """
    ledger = Ledger()
    root: Node | None = None
    try:
        with ledger.gather():
            root = read(ledger)
    except EnoughError:
        pass
    if not isinstance(root, Mapping) or all(name.text != key for name, _ in root.entries):
        return None
    ledger.settle()
    return Fields({name.text: _value(node) for name, node in root.entries}, root)


def _entry(node: Node, step: str | int) -> Node | None:
    """The value under a key of a mapping, or at a place of a list; None where there is none."""
    match node, step:
        case Mapping(), str():
            return next((value for name, value in node.entries if name.text == step), None)
        case Sequence(), int():
            return node.items[step] if step < len(node.items) else None
        case Block(), int():
            return next((item for number, item in enumerate(expand(node)) if number == step), None)
    return None


def _value(node: Node) -> Any:
    """A node as a value; the depth of a file is limited, so this may call itself."""
    match node:
        case Scalar(kind="number"):
            return _number(node.text)
        case Scalar(kind="null") | Broken():
            return None
        case Scalar(kind="boolean"):
            return node.text.lower() == "true"
        case Scalar():
            return node.text
        case Block():
            return [_number(text) for text in numbers_of(node)]
        case Sequence():
            return [_value(item) for item in node.items]
        case Mapping():
            return {name.text: _value(value) for name, value in node.entries}


def _number(text: str) -> int | float:
    """A whole number exactly, any other as a double."""
    return int(text) if text.lstrip("+-").isdigit() else float(text)
