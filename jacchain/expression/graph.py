"""A stage as a typed graph: every sub-expression once, with its shape, in an order in which it can be evaluated.

A node is a scalar ``()`` or a vector ``(n,)``; matrices are constants and stay outside, as the factor of ``@``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jacchain.errors import Fragment, JacchainError, Problem, Span
from jacchain.expression.arithmetic import Array
from jacchain.expression.tree import COMPARISONS, CONNECTIVES, Tree
from jacchain.frozen import Frozen

Shape = tuple[int, ...]


def size_of(shape: Shape) -> int:
    """How many numbers a scalar ``()`` or a vector ``(n,)`` has."""
    return shape[0] if shape else 1


INPUT, CONSTANT, GATHER, STACK, MATRIX, WHERE = "input", "constant", "gather", "stack", "matrix", "where"
CONDITIONS = (*COMPARISONS, *CONNECTIVES)


class Part(NamedTuple):
    """A part of an expression, in the text it was written in."""

    fragment: Fragment
    tree: Tree

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.fragment.span(self.tree.start, self.tree.end)

    def error(self, code: str, message: str, way_out: str = "", notes: tuple[str, ...] = ()) -> JacchainError:
        """A problem located here."""
        return JacchainError(Problem(code, message, self.span, help=way_out, notes=notes))


class Node(NamedTuple):
    """One operation of the table, or one of the six forms above, applied to earlier nodes.

    ``data`` holds the numbers of a constant, the components a gather picks (from 0), the matrix of a product,
    the place of an input.
    ``varies`` is false when no input reaches the node.  ``name`` is what a person called it, for formulas and messages.
    """

    operation: str
    arguments: tuple[int, ...]
    shape: Shape
    data: Array | None = None
    varies: bool = True
    part: Part | None = None
    name: str = ""

    @property
    def size(self) -> int:
        """Components: one for a scalar."""
        return size_of(self.shape)

    @property
    def span(self) -> Span | None:
        """Where a person wrote it."""
        return self.part and self.part.span


class Parameter(Frozen):
    """One parameter of a function: its name, its shape, and where its first component stands among the inputs."""

    name: str
    shape: Shape
    start: int

    @property
    def size(self) -> int:
        """Components: one for a scalar."""
        return size_of(self.shape)


class Graph(Frozen):
    """The nodes of a stage in order, and which of them are its outputs, one after the other.

    ``lets`` are the names that a person gave to operations.
    """

    parameters: tuple[Parameter, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    lets: Mapping[int, str]

    @property
    def size(self) -> int:
        """Numbers the stage takes."""
        return sum(parameter.size for parameter in self.parameters)

    def ancestors(self, number: int) -> list[int]:
        """The nodes that a node is made of, itself included, in order."""
        found: set[int] = set()
        pending = [number]
        while pending:
            node = pending.pop()
            if node not in found:
                found.add(node)
                pending.extend(self.nodes[node].arguments)
        return sorted(found)

    @property
    def output_size(self) -> int:
        """Numbers the stage makes."""
        return sum(self.nodes[output].size for output in self.outputs)


class Nodes:
    """Nodes being collected: an equal one is never added twice."""

    def __init__(self) -> None:
        self.items: list[Node] = []
        self.lets: dict[int, str] = {}
        self._known: dict[tuple[Any, ...], int] = {}

    def add(self, operation: str, arguments: tuple[int, ...], shape: Shape, part: Part | None) -> int:
        """The number of an operation on earlier nodes."""
        key = (operation, arguments)
        number = self._known.get(key)
        if number is None:
            number = self._known[key] = len(self.items)
            items = self.items
            varies = any([items[argument].varies for argument in arguments])  # noqa: C419  (a list is faster for one or two)
            items.append(Node(operation, arguments, shape, None, varies, part))
        return number

    def add_data(self, node: Node) -> int:
        """The number of a node that holds numbers: an earlier one when it says the same under the same name.

        A matrix is the same when it is the same array, since comparing large ones at every use would take longer than using them.
        """
        assert node.data is not None
        data = id(node.data) if node.operation == MATRIX else node.data.tobytes()
        key = (node.operation, node.arguments, node.shape, data, node.name)
        number = self._known.setdefault(key, len(self.items))
        if number == len(self.items):
            node.data.flags.writeable = False
            self.items.append(node)
        return number

    def graph(self, parameters: tuple[Parameter, ...], outputs: tuple[int, ...]) -> Graph:
        """The graph of the given outputs: the parameters, which come first, and otherwise nothing that no output needs."""
        needed = set(range(len(parameters)))
        pending = list(outputs)
        while pending:
            number = pending.pop()
            if number not in needed:
                needed.add(number)
                pending.extend(self.items[number].arguments)
        if len(needed) == len(self.items):
            return Graph(parameters, tuple(self.items), outputs, dict(self.lets))
        kept = sorted(needed)
        new = dict(zip(kept, range(len(kept)), strict=True))
        nodes = [self.items[old]._replace(arguments=tuple(map(new.__getitem__, self.items[old].arguments))) for old in kept]
        lets = {new[number]: name for number, name in self.lets.items() if number in needed}
        return Graph(parameters, tuple(nodes), tuple(map(new.__getitem__, outputs)), lets)
