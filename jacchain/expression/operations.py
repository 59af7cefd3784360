"""The operations of a graph while it is built: shapes are checked, nodes are paid for, what is known is folded.

Nothing here knows of names or of how an expression is written; complaints are about shapes (JC203-JC211), at the place given.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.budget import Budget
from jacchain.expression.graph import CONDITIONS, CONSTANT, GATHER, MATRIX, STACK, WHERE, Node, Nodes, Part, Shape, size_of
from jacchain.expression.matrices import describe, folded
from jacchain.expression.program import compile_graph
from jacchain.expression.table import ROWS

Value = int | Array
"""What a sub-expression is while the graph is built: a node, or a constant matrix."""


class Operations:
    """Makes the nodes of one graph; what would cost more than the ``budget`` has left is an error (JC450)."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.nodes = Nodes()
        self.items = self.nodes.items
        self._evaluated: dict[int, Array] = {}
        self._matrices: dict[Hashable, tuple[Array, Array]] = {}

    def shape(self, value: Value) -> Shape:
        """The shape of a node or a matrix."""
        return self.items[value].shape if isinstance(value, int) else value.shape

    def is_condition(self, node: int) -> bool:
        """Whether a node is true or false."""
        return self.items[node].operation in CONDITIONS

    def known(self, value: Value) -> Array | None:
        """The numbers of a constant, None for what varies."""
        if not isinstance(value, int):
            return value
        item = self.items[value]
        if item.varies or item.operation == CONSTANT:
            return item.data if item.operation == CONSTANT else None
        if value not in self._evaluated:
            values = compile_graph(self.nodes.graph((), (value,))).values(np.zeros((1, 0)))
            self._evaluated[value] = values[0] if item.shape else values[0, 0]
        return self._evaluated[value]

    def apply(self, place: Part, operation: str, nodes: tuple[int, ...], shape: Shape) -> int:
        """The node of an operation, paid for when it is new."""
        count = len(self.items)
        number = self.nodes.add(operation, nodes, shape, place)
        if number == count:
            self.budget.spend(place, size_of(shape))
        return number

    def hold(self, place: Part, data: Array, name: str = "") -> int:
        """The node of known numbers, paid for when it is new."""
        return self._with_data(Node(CONSTANT, (), data.shape, data, varies=False, part=place, name=name))

    def _with_data(self, node: Node) -> int:
        """The number of a node that holds numbers, paid for when it is new."""
        count = len(self.items)
        number = self.nodes.add_data(node)
        if number == count and node.part is not None:
            self.budget.spend(node.part, node.size)
        return number

    def numbers(self, place: Part, name: str, values: list[Value]) -> tuple[int, ...]:
        """The nodes of operands that have to be numbers or vectors."""
        nodes = []
        for value in values:
            if not isinstance(value, int):
                way_out = "a row is `W[1]`, a column `W[:, 1]`, an entry `W[1, 2]`"
                raise place.error("JC205", f"`{name}` takes numbers and vectors, not {describe(value.shape)}", way_out)
            if self.items[value].operation in CONDITIONS:
                raise place.error("JC211", "a condition is not a number", "choose with where(condition, a, b)")
            nodes.append(value)
        return tuple(nodes)

    def common(self, place: Part, name: str, nodes: Sequence[int]) -> Shape:
        """The shape of a result that is worked out component by component."""
        shape: Shape = ()
        for node in nodes:
            own = self.items[node].shape
            if own and shape and own != shape:
                lengths = f"{shape[0]} and {own[0]}"
                way_out = "write `u @ v` for the sum of products" if name == "*" else ""
                raise place.error("JC204", f"`{name}` works component by component, but the lengths are {lengths}", way_out)
            shape = shape or own
        return shape

    def elementwise(self, place: Part, name: str, values: list[Value]) -> int:
        """An operation that is worked out component by component."""
        nodes = self.numbers(place, name, values)
        return self.apply(place, name, nodes, self.common(place, name, nodes))

    def arithmetic(self, place: Part, operator: str, values: list[Value]) -> Value:
        """An operation of arithmetic; with a matrix both operands have to be known."""
        left, right = values
        if isinstance(left, int) and isinstance(right, int):
            return self.power(place, values) if operator == "^" else self.elementwise(place, operator, values)
        shapes = (self.shape(left), self.shape(right))
        matrix = folded(place, operator, self.known(left), self.known(right), shapes)
        self.budget.spend(place, matrix.size)
        return matrix

    def power(self, place: Part, values: list[Value]) -> int:
        """A power; with constant whole exponents the base may have any sign."""
        nodes = self.numbers(place, "^", values)
        exponent = self.known(nodes[1])
        if exponent is None or not (exponent == np.floor(exponent)).all():
            return self.elementwise(place, "^", values)
        shape = self.common(place, "^", nodes)
        if exponent.any():
            return self.apply(place, "^n", nodes, shape)
        return self.hold(place, np.ones(shape))

    def condition(self, place: Part, name: str, values: list[Value]) -> int:
        """A comparison, or conditions joined."""
        logical = name in {"and", "or", "not"}
        nodes = [value for value in values if isinstance(value, int)]
        if any(self.is_condition(node) != logical for node in nodes):
            message = f"`{name}` joins conditions" if logical else f"`{name}` compares numbers"
            raise place.error("JC211", message, "a condition is a comparison such as x > 0")
        if len(nodes) < len(values):
            raise place.error("JC205", f"`{name}` takes numbers and vectors, not matrices")
        return self.apply(place, name, tuple(nodes), self.common(place, name, nodes))

    def matrix_vector(self, place: Part, matrix: Array, vector: int, name: str) -> int:
        """The product of a known matrix, which is shown by its ``name``, with a vector."""
        shape, varies = (matrix.shape[0],), self.items[vector].varies
        return self._with_data(Node(MATRIX, (vector,), shape, self._in_rows(place, matrix), varies, place, name))

    def _in_rows(self, place: Part, matrix: Array) -> Array:
        """The matrix laid out row by row: the same array whenever the same matrix is used."""
        key = (matrix.__array_interface__["data"], matrix.shape, matrix.strides)
        if key not in self._matrices:
            self.budget.spend(place, matrix.size // 2)  # it is only kept, not worked out in registers
            self._matrices[key] = (matrix, np.asarray(matrix, float, order="C").view())
        return self._matrices[key][1]

    def of_vectors(self, place: Part, name: str, nodes: tuple[int, ...]) -> int:
        """A reduction or a map of vectors: the first argument is a vector (a number counts as one of length 1)."""
        shape = self.shape(nodes[0])
        if name == "dot" and shape != self.shape(nodes[1]):
            raise place.error("JC204", f"`dot` takes {describe(shape)} and {describe(self.shape(nodes[1]))}")
        if name == "layernorm epsilon" and self.shape(nodes[1]):
            raise place.error("JC204", "the epsilon of `layernorm` is a number")
        if name == "reverse":
            return self.gather(place, nodes[0], np.arange(self.items[nodes[0]].size)[::-1], shape)
        if name == "cumsum":
            return self.matrix_vector(place, self._triangle(place, shape[0]), nodes[0], "tril(1)") if shape else nodes[0]
        return self.apply(place, name, nodes, () if ROWS[name].form == "row" else shape)

    def _triangle(self, place: Part, size: int) -> Array:
        """The lower triangle of ones that sums up from the first component."""
        if size not in self._matrices:
            self.budget.spend(place, size * size // 2)
            triangle = np.tri(size)
            self._matrices[size] = (triangle, triangle)
        return self._matrices[size][0]

    def choice(self, place: Part, values: list[Value]) -> int:
        """``where``: a condition, and what is taken if it holds or not."""
        condition = values[0]
        if not isinstance(condition, int) or not self.is_condition(condition):
            raise place.error("JC211", "the first argument of `where` is a condition", "such as x > 0")
        nodes = (condition, *self.numbers(place, "where", values[1:]))
        return self.apply(place, WHERE, nodes, self.common(place, "where", nodes))

    def gather(self, place: Part, node: int, components: Array, shape: Shape) -> int:
        """Some components of a node, counted from 0."""
        item = self.items[node]
        if shape == item.shape and np.array_equal(components, np.arange(item.size)):
            return node
        if item.operation == STACK and not shape:
            return self._item(place, item, int(components[0]))
        return self._with_data(Node(GATHER, (node,), shape, components.astype(float), item.varies, place))

    def _item(self, place: Part, stack: Node, component: int) -> int:
        """A component of a list: what the list was made of."""
        for argument in stack.arguments:
            size = self.items[argument].size
            if component < size:
                return self.gather(place, argument, np.array([component]), ())
            component -= size
        raise AssertionError

    def stack(self, place: Part, values: list[Value]) -> int:
        """A list of numbers and vectors, one after the other."""
        if any(not isinstance(value, int) for value in values):
            raise place.error("JC205", "a list stacks numbers and vectors, not matrices")
        nodes = self.numbers(place, "[...]", values)
        return self.apply(place, STACK, nodes, (sum(self.items[node].size for node in nodes),))
