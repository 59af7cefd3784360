"""A stage as a typed graph: every sub-expression once, with its shape, in an order in which it can be evaluated.

A node is a scalar ``()`` or a vector ``(n,)``; matrices are constants and stay outside, as the factor of ``@``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jacchain.errors import Span
from jacchain.expression.arithmetic import Array

Shape = tuple[int, ...]

INPUT, CONSTANT, GATHER, STACK, MATRIX, WHERE = "input", "constant", "gather", "stack", "matrix", "where"
CONDITIONS = ("<", "<=", ">", ">=", "==", "!=", "and", "or", "not")


@dataclass(frozen=True, eq=False)
class Node:
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
    span: Span | None = None
    name: str = ""

    @property
    def size(self) -> int:
        """Components: one for a scalar."""
        return self.shape[0] if self.shape else 1


@dataclass(frozen=True, eq=False)
class Parameter:
    """One parameter of a function: its name, its shape, and where its first component stands among the inputs."""

    name: str
    shape: Shape
    start: int

    @property
    def size(self) -> int:
        """Components: one for a scalar."""
        return self.shape[0] if self.shape else 1


@dataclass(frozen=True, eq=False)
class Graph:
    """The nodes of a stage in order, and which of them are its outputs, one after the other."""

    parameters: tuple[Parameter, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]

    @property
    def size(self) -> int:
        """Numbers the stage takes."""
        return sum(parameter.size for parameter in self.parameters)

    @property
    def output_size(self) -> int:
        """Numbers the stage makes."""
        return sum(self.nodes[output].size for output in self.outputs)


@dataclass(eq=False)
class Nodes:
    """Nodes being collected: an equal one is never added twice."""

    items: list[Node] = field(default_factory=list)
    _known: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def add(self, node: Node) -> int:
        """The number of the node, an earlier one when it says the same."""
        data = None if node.data is None else (node.data.shape, node.data.tobytes())
        key = (node.operation, node.arguments, node.shape, data)
        if key not in self._known:
            self._known[key] = len(self.items)
            self.items.append(node)
        return self._known[key]

    def constant(self, value: Array | float, span: Span | None = None, name: str = "") -> int:
        """A node that holds numbers."""
        data = np.asarray(value, float)
        return self.add(Node(CONSTANT, (), data.shape, data, varies=False, span=span, name=name))

    def varies(self, arguments: tuple[int, ...]) -> bool:
        """Whether an input reaches any of the nodes."""
        return any(self.items[argument].varies for argument in arguments)
