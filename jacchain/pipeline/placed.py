"""Numbers for the inputs of a function, as ``at`` and ``scale`` write them: by position, or under the names of the parameters."""

from __future__ import annotations

import re

from jacchain.errors import JacchainError, Problem
from jacchain.pipeline.document import Block, Mapping, Node, Scalar, Sequence
from jacchain.pipeline.ledger import Ledger, Part
from jacchain.pipeline.spec import Named, Placed
from jacchain.pipeline.written import Values, name_of, written

_ASSIGNED = re.compile(r"\s*[^\W\d]\w*\s*=(?!=)")

LISTS = 2
"""How deep lists of numbers may be: a list, and vectors in it."""


def read_placed(node: Node, ledger: Ledger) -> Placed:
    """The numbers a value gives: one, a list by position, or a mapping by name; ``whole`` is false after a mistake."""
    part = Part(ledger)
    if not isinstance(node, Mapping):
        values = _values(node, part, LISTS)
        return Placed(node.span, values, whole=part.whole)
    named: list[Named] = []
    for key, value in node.entries:
        with part.noting():
            named.append(Named(name_of(key.fragment, "an input"), _values(value, part, LISTS), key.span))
    return Placed(node.span, named=tuple(named), whole=part.whole)


def _values(node: Node, part: Part, depth: int) -> Values:
    """The expressions of a list in order, those of lists in it included; a single expression is a list of one."""
    if isinstance(node, Block):
        return (node,)
    if isinstance(node, Sequence) and depth:
        return tuple(value for item in node.items for value in _values(item, part, depth - 1))
    with part.noting():
        is_named = isinstance(node, Mapping) or (isinstance(node, Scalar) and _ASSIGNED.match(node.text))
        if is_named:
            message = "numbers with names make a mapping"
            raise JacchainError(Problem("JC112", message, node.span, help="write all of them as {x: 1, y: 2}"))
        return (written(node),)
    return ()
