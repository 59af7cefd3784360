"""Numbers for the inputs of a function, as ``at`` and ``scale`` write them: by position, or under the names of the parameters."""

from __future__ import annotations

from jacchain.errors import JacchainError
from jacchain.pipeline.document import Block, Broken, Mapping, Node, Sequence
from jacchain.pipeline.ledger import Ledger
from jacchain.pipeline.spec import Named, Placed
from jacchain.pipeline.written import Values, Written, name_of, written


def read_placed(node: Node, ledger: Ledger) -> Placed:
    """The numbers a value gives: one, a list by position, or a mapping by name; ``whole`` is false after a mistake."""
    reader = _Reader(ledger)
    if not isinstance(node, Mapping):
        values = reader.values(node, 2)
        return Placed(node.span, values, whole=reader.whole)
    named: list[Named] = []
    for key, value in node.entries:
        try:
            named.append(Named(name_of(key.fragment, "an input"), reader.values(value, 2), key.span))
        except JacchainError as error:
            reader.note(error)
    return Placed(node.span, named=tuple(named), whole=reader.whole)


class _Reader:
    """Reads values and writes their mistakes down."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.whole = True

    def note(self, error: JacchainError) -> None:
        self.whole = False
        for problem in error.problems:
            self.ledger.add(problem)

    def values(self, node: Node, depth: int) -> Values:
        """The expressions of a list in order, those of lists in it included; a single expression is a list of one."""
        found: list[Written | Block] = []
        match node:
            case Block():
                found.append(node)
            case Sequence() if depth:
                for item in node.items:
                    found.extend(self.values(item, depth - 1))
            case Broken():
                self.whole = False
            case _:
                try:
                    found.append(written(node))
                except JacchainError as error:
                    self.note(error)
        return tuple(found)
