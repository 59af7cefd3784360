"""Tree to graph: names are looked up, shapes are checked, abbreviations are written out, matrices are folded.

Every complaint is about shapes or names (JC201-JC299) and points at the part of the expression that is at fault.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import e, pi, tau

import numpy as np

from jacchain.errors import Fragment, JacchainError
from jacchain.expression import unknown
from jacchain.expression.arithmetic import Array
from jacchain.expression.budget import Budget
from jacchain.expression.graph import (
    CONDITIONS,
    CONSTANT,
    GATHER,
    INPUT,
    MATRIX,
    STACK,
    WHERE,
    Graph,
    Node,
    Nodes,
    Parameter,
    Part,
    Shape,
)
from jacchain.expression.matrices import check_product, describe, folded, position, positions
from jacchain.expression.parser import parse
from jacchain.expression.program import compile_graph
from jacchain.expression.table import BY_ARITY, FUNCTIONS, ROWS, operation
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Tree, Unary
from jacchain.expression.writer import strength, write

CONSTANTS = {"pi": pi, "π": pi, "e": e, "tau": tau}

ARITHMETIC = ("+", "-", "*", "/", "^")

FEW = 8
"""Numbers whose extreme is taken one by one; that of more is the extreme of a vector, in one operation."""

Value = int | Array
"""What a sub-expression is while the graph is built: a node, or a constant matrix."""


class Builder:
    """Builds the graph of one stage, expression by expression.

    ``constants`` are doubles of 0, 1 or 2 dimensions, which are not copied and must not change.
    A name is a parameter, then a ``let``, then a constant, then a built-in.
    Whatever would cost more than the ``budget`` is left is an error (JC450).
    """

    def __init__(
        self, parameters: Sequence[tuple[str, Shape]], constants: Mapping[str, Array], budget: Budget | None = None
    ) -> None:
        self._budget = budget or Budget()
        self._nodes = Nodes()
        self._items = self._nodes.items
        self._scope: dict[str, Value] = {}
        self._constants = constants
        self._literals: dict[float | str, int] = {}
        self._evaluated: dict[int, Array] = {}
        self._matrices: dict[Hashable, tuple[Array, Array]] = {}
        start = 0
        listed = []
        for name, shape in parameters:
            parameter = Parameter(name, shape, start)
            data = np.arange(start, start + parameter.size, dtype=float)
            listed.append(parameter)
            self._scope[name] = self._nodes.add_data(Node(INPUT, (), shape, data, name=name))
            start += parameter.size
        self._parameters = tuple(listed)

    def let(self, name: str, fragment: Fragment, tree: Tree) -> None:
        """Names a sub-expression for those that follow."""
        if name not in self._scope:
            value = self._scope[name] = self._expression(Part(fragment, tree))
            if isinstance(value, int) and self._items[value].arguments:
                self._nodes.lets.setdefault(value, name)

    def output(self, fragment: Fragment, tree: Tree) -> int:
        """The node of an output expression."""
        place = Part(fragment, tree)
        value = self._expression(place)
        if not isinstance(value, int):
            raise place.error("JC212", f"an output is a number or a vector, not {describe(value.shape)}")
        if self._is_condition(value):
            raise place.error("JC211", "a condition is not a number", "wrap it: where(condition, 1, 0)")
        return value

    def constant(self, fragment: Fragment, tree: Tree) -> Array:
        """The numbers of an expression that no input reaches, of 0, 1 or 2 dimensions; they need not be finite."""
        place = Part(fragment, tree)
        value = self._expression(place)
        if isinstance(value, int) and self._is_condition(value):
            raise place.error("JC211", "a condition is not a number", "wrap it: where(condition, 1, 0)")
        numbers = self._known(value)
        assert numbers is not None
        return numbers

    def shape(self, node: int) -> Shape:
        """The shape of a node."""
        return self._items[node].shape

    def graph(self, outputs: Sequence[int]) -> Graph:
        """The graph of the given outputs, without what none of them needs."""
        return self._nodes.graph(self._parameters, tuple(outputs))

    def _expression(self, whole: Part) -> Value:
        """The value of a whole expression; with the first mistake in it every unknown name is told, each once."""
        try:
            return self._build(whole)
        except JacchainError as error:
            if not error.problems[0].code.startswith("JC2"):
                raise
            known = [*self._scope, *self._constants, *CONSTANTS]
            vectors = {name for name, value in self._scope.items() if self._shape(value)}
            unknowns = (problem for found in unknown.everything(whole, known, vectors) for problem in found.problems)
            raise JacchainError(*{problem.message: problem for problem in (*error.problems, *unknowns)}.values()) from None

    def _build(self, whole: Part, scope: Mapping[str, Value] | None = None, at: Part | None = None) -> Value:
        """The value of a tree, parts before wholes.

        In the definition of an abbreviation names mean what ``scope`` says, and every part stands ``at`` the call.
        """
        order: list[tuple[Tree, int]] = []
        pending = [whole.tree]
        while pending:
            tree = pending.pop()
            parts = (tree.base,) if isinstance(tree, Index) else tree.children
            order.append((tree, len(parts)))
            pending.extend(parts)
        values: list[Value] = []
        for tree, count in reversed(order):
            if count:
                made = self._made(at or Part(whole.fragment, tree), tree, values[-count:])
                del values[-count:]
                values.append(made)
            else:
                values.append(self._leaf(whole.fragment, tree, scope, at))
        return values[0]

    def _leaf(self, fragment: Fragment, tree: Tree, scope: Mapping[str, Value] | None, at: Part | None) -> Value:
        """The value of a name or a number."""
        if isinstance(tree, Name):
            found = (self._scope if scope is None else scope).get(tree.name)
            return self._name(Part(fragment, tree), tree.name, scope) if found is None else found
        place = at or Part(fragment, tree)
        if isinstance(tree, Number):
            return self._literal(place, tree.value, tree.value)
        raise place.error("JC213", "`:` belongs inside an index, as in x[2:4]")

    def _made(self, place: Part, tree: Tree, values: list[Value]) -> Value:
        """What an operation makes of the values of its operands."""
        match tree:
            case Binary() if tree.operator in ARITHMETIC:
                return self._arithmetic(place, tree.operator, values)
            case Binary("@"):
                return self._matrix_product(place, tree, values[0], values[1])
            case Call():
                return self._call(place, tree.name, values)
            case Unary("-"):
                return self._elementwise(place, "neg", values) if isinstance(values[0], int) else -values[0]
            case Binary() | Unary():
                return self._condition(place, tree.operator, values)
            case Index():
                return self._index(place, tree, values[0])
            case Stack():
                return self._stack(place, values)
            case _:
                raise place.error("JC213", "`:` belongs inside an index, as in x[2:4]")

    # names and numbers

    def _literal(self, place: Part, key: float | str, value: float) -> int:
        """The node of a number written in the text, or of a built-in constant."""
        if key not in self._literals:
            name = key if isinstance(key, str) else ""
            self._literals[key] = self._hold(place, np.array(value), name)
        return self._literals[key]

    def _name(self, place: Part, name: str, scope: Mapping[str, Value] | None) -> Value:
        if scope is None and name in self._constants:
            value = self._constants[name]
            if value.ndim == 2:
                return value
            self._scope[name] = self._hold(place, np.array(value, float), name)
            return self._scope[name]
        if name in CONSTANTS:
            return self._literal(place, name, CONSTANTS[name])
        raise unknown.name(place, name, [*self._scope, *self._constants, *CONSTANTS])

    def _known(self, value: Value) -> Array | None:
        """The numbers of a constant, None for what varies."""
        if not isinstance(value, int):
            return value
        item = self._items[value]
        if item.varies or item.operation == CONSTANT:
            return item.data if item.operation == CONSTANT else None
        if value not in self._evaluated:
            values = compile_graph(self._nodes.graph((), (value,))).values(np.zeros((1, 0)))
            self._evaluated[value] = values[0] if item.shape else values[0, 0]
        return self._evaluated[value]

    # what nodes are made of

    def _shape(self, value: Value) -> Shape:
        return self._items[value].shape if isinstance(value, int) else value.shape

    def _is_condition(self, node: int) -> bool:
        return self._items[node].operation in CONDITIONS

    def _apply(self, place: Part, operation: str, nodes: tuple[int, ...], shape: Shape) -> int:
        """The node of an operation, paid for when it is new."""
        count = len(self._items)
        number = self._nodes.add(operation, nodes, shape, place)
        if number == count:
            self._budget.spend(place, shape[0] if shape else 1)
        return number

    def _hold(self, place: Part, data: Array, name: str = "") -> int:
        """The node of known numbers, paid for when it is new."""
        return self._with_data(Node(CONSTANT, (), data.shape, data, varies=False, part=place, name=name))

    def _with_data(self, node: Node) -> int:
        count = len(self._items)
        number = self._nodes.add_data(node)
        if number == count and node.part is not None:
            self._budget.spend(node.part, node.size)
        return number

    def _numbers(self, place: Part, name: str, values: list[Value]) -> tuple[int, ...]:
        """The nodes of operands that have to be numbers or vectors."""
        nodes = []
        for value in values:
            if not isinstance(value, int):
                way_out = "a row is `W[1]`, a column `W[:, 1]`, an entry `W[1, 2]`"
                raise place.error("JC205", f"`{name}` takes numbers and vectors, not {describe(value.shape)}", way_out)
            if self._items[value].operation in CONDITIONS:
                raise place.error("JC211", "a condition is not a number", "choose with where(condition, a, b)")
            nodes.append(value)
        return tuple(nodes)

    def _common(self, place: Part, name: str, nodes: Sequence[int]) -> Shape:
        """The shape of a result that is worked out component by component."""
        shape: Shape = ()
        for node in nodes:
            own = self._items[node].shape
            if own and shape and own != shape:
                lengths = f"{shape[0]} and {own[0]}"
                way_out = "write `u @ v` for the sum of products" if name == "*" else ""
                raise place.error("JC204", f"`{name}` works component by component, but the lengths are {lengths}", way_out)
            shape = shape or own
        return shape

    def _elementwise(self, place: Part, name: str, values: list[Value]) -> int:
        nodes = self._numbers(place, name, values)
        return self._apply(place, name, nodes, self._common(place, name, nodes))

    # operators

    def _arithmetic(self, place: Part, operator: str, values: list[Value]) -> Value:
        left, right = values
        if isinstance(left, int) and isinstance(right, int):
            return self._power(place, values) if operator == "^" else self._elementwise(place, operator, values)
        shapes = (self._shape(left), self._shape(right))
        matrix = folded(place, operator, self._known(left), self._known(right), shapes)
        self._budget.spend(place, matrix.size)
        return matrix

    def _power(self, place: Part, values: list[Value]) -> int:
        """A power; with constant whole exponents the base may have any sign."""
        nodes = self._numbers(place, "^", values)
        exponent = self._known(nodes[1])
        if exponent is None or not (exponent == np.floor(exponent)).all():
            return self._elementwise(place, "^", values)
        shape = self._common(place, "^", nodes)
        if exponent.any():
            return self._apply(place, "^n", nodes, shape)
        return self._hold(place, np.ones(shape))

    def _condition(self, place: Part, name: str, values: list[Value]) -> int:
        logical = name in {"and", "or", "not"}
        nodes = [value for value in values if isinstance(value, int)]
        if any(self._is_condition(node) != logical for node in nodes):
            message = f"`{name}` joins conditions" if logical else f"`{name}` compares numbers"
            raise place.error("JC211", message, "a condition is a comparison such as x > 0")
        if len(nodes) < len(values):
            raise place.error("JC205", f"`{name}` takes numbers and vectors, not matrices")
        return self._apply(place, name, tuple(nodes), self._common(place, name, nodes))

    def _matrix_product(self, place: Part, tree: Binary, left: Value, right: Value) -> Value:
        for value in (left, right):
            if isinstance(value, int):
                self._numbers(place, "@", [value])
        rows, columns = self._rows(tree.left, left), self._rows(tree.right, right)
        a = (len(rows), self._items[rows[0]].size) if rows else self._shape(left)
        b = (len(columns), self._items[columns[0]].size) if columns else self._shape(right)
        check_product(place, a, b)
        if rows and columns:
            raise place.error("JC203", "`@` does not multiply two matrices that are written out here", "multiply a vector by one")
        if rows and isinstance(right, int):
            return self._stack(place, [self._apply(place, "dot", (row, right), ()) for row in rows])
        if columns and isinstance(left, int):
            turned = [[self._gather(place, row, np.array([j]), ()) for row in columns] for j in range(b[1])]
            entries = [self._stack(place, list(column)) for column in turned]
            return self._stack(place, [self._apply(place, "dot", (left, column), ()) for column in entries])
        if isinstance(left, int) and isinstance(right, int):
            return self._apply(place, "dot", (left, right), ())
        if isinstance(right, int):
            return self._matrix_vector(place, np.asarray(left), right, _factor(tree.left))
        if isinstance(left, int):
            return self._matrix_vector(place, np.asarray(right).T, left, f"transpose({write(tree.right)})")
        self._budget.spend(place, a[0] * b[1], a[0] * a[1] * b[1])
        with np.errstate(all="ignore"):
            return np.asarray(left @ right)

    def _rows(self, tree: Tree, value: Value) -> tuple[int, ...]:
        """The rows of a matrix written out as a list of lists beside ``@``; none for anything else."""
        if not isinstance(tree, Stack) or not isinstance(value, int) or not all(isinstance(item, Stack) for item in tree.items):
            return ()
        rows = self._items[value].arguments
        return rows if len({self._items[row].size for row in rows}) == 1 else ()

    def _matrix_vector(self, place: Part, matrix: Array, vector: int, name: str) -> int:
        shape, varies = (matrix.shape[0],), self._items[vector].varies
        return self._with_data(Node(MATRIX, (vector,), shape, self._in_rows(place, matrix), varies, place, name))

    def _in_rows(self, place: Part, matrix: Array) -> Array:
        """The matrix laid out row by row: the same array whenever the same matrix is used."""
        key = (matrix.__array_interface__["data"], matrix.shape, matrix.strides)
        if key not in self._matrices:
            self._budget.spend(place, matrix.size // 2)  # it is only kept, not worked out in registers
            self._matrices[key] = (matrix, np.asarray(matrix, float, order="C").view())
        return self._matrices[key][1]

    # calls

    def _call(self, place: Part, called: str, values: list[Value]) -> Value:
        if called not in FUNCTIONS:
            vector = called in self._scope and bool(self._shape(self._scope[called]))
            raise unknown.function(place, called, {*self._scope, *self._constants, *CONSTANTS}, vector=vector)
        name = operation(called, len(values))
        if name is None:
            raise unknown.arity(place, called, len(values))
        if name == "transpose":
            if isinstance(values[0], int):
                raise place.error("JC205", f"`transpose` takes a matrix, not {describe(self._shape(values[0]))}")
            return values[0].T
        if name == "where":
            return self._where(place, values)
        if ROWS[name].defined:
            return self._defined(place, name, values)
        if ROWS[name].form == "diagonal":
            nodes = self._numbers(place, name, values)
            if len(nodes) > FEW and not self._common(place, name, nodes):
                return self._apply(place, BY_ARITY[name, 1][0], (self._stack(place, values),), ())
            return self._elementwise(place, name, values)
        return self._of_vectors(place, name, self._numbers(place, called, values))

    def _of_vectors(self, place: Part, name: str, nodes: tuple[int, ...]) -> int:
        """A reduction or a map of vectors: the first argument is a vector (a number counts as one of length 1)."""
        shape = self.shape(nodes[0])
        if name == "dot" and shape != self.shape(nodes[1]):
            raise place.error("JC204", f"`dot` takes {describe(shape)} and {describe(self.shape(nodes[1]))}")
        if name == "layernorm epsilon" and self.shape(nodes[1]):
            raise place.error("JC204", "the epsilon of `layernorm` is a number")
        if name == "reverse":
            return self._gather(place, nodes[0], np.arange(self._items[nodes[0]].size)[::-1], shape)
        if name == "cumsum":
            return self._matrix_vector(place, self._triangle(place, shape[0]), nodes[0], "tril(1)") if shape else nodes[0]
        return self._apply(place, name, nodes, () if ROWS[name].form == "row" else shape)

    def _triangle(self, place: Part, size: int) -> Array:
        """The lower triangle of ones that sums up from the first component."""
        if size not in self._matrices:
            self._budget.spend(place, size * size // 2)
            triangle = np.tri(size)
            self._matrices[size] = (triangle, triangle)
        return self._matrices[size][0]

    def _defined(self, place: Part, name: str, values: list[Value]) -> Value:
        """A function that is an abbreviation: its definition with the arguments put in."""
        row = ROWS[name]
        if name == "cross" and any(self._shape(value) != (3,) for value in values):
            raise place.error("JC204", "`cross` takes two vectors of length 3")
        definition = Fragment.whole(row.defined, name)
        scope = dict(zip(row.parameters.split(", "), values, strict=True))
        return self._build(Part(definition, parse(definition)), scope, place)

    def _where(self, place: Part, values: list[Value]) -> int:
        condition = values[0]
        if not isinstance(condition, int) or not self._is_condition(condition):
            raise place.error("JC211", "the first argument of `where` is a condition", "such as x > 0")
        nodes = (condition, *self._numbers(place, "where", values[1:]))
        return self._apply(place, WHERE, nodes, self._common(place, "where", nodes))

    # lists and indices

    def _gather(self, place: Part, node: int, components: Array, shape: Shape) -> int:
        item = self._items[node]
        if shape == item.shape and np.array_equal(components, np.arange(item.size)):
            return node
        if item.operation == STACK and not shape:
            return self._item(place, item, int(components[0]))
        return self._with_data(Node(GATHER, (node,), shape, components.astype(float), item.varies, place))

    def _item(self, place: Part, stack: Node, component: int) -> int:
        """A component of a list: what the list was made of."""
        for argument in stack.arguments:
            size = self._items[argument].size
            if component < size:
                return self._gather(place, argument, np.array([component]), ())
            component -= size
        raise AssertionError

    def _stack(self, place: Part, values: list[Value]) -> int:
        if any(not isinstance(value, int) for value in values):
            raise place.error("JC205", "a list stacks numbers and vectors, not matrices")
        nodes = self._numbers(place, "[...]", values)
        return self._apply(place, STACK, nodes, (sum(self._items[node].size for node in nodes),))

    def _index(self, place: Part, tree: Index, base: Value) -> Value:
        shape = self._shape(base) or (1,)
        if len(tree.selectors) > len(shape):
            count = "one index" if len(shape) == 1 else "two indices"
            raise place.error("JC207", f"{describe(self._shape(base))} takes {count}, not {len(tree.selectors)}")
        chosen = [
            self._selected(Part(place.fragment, selector), selector, length)
            for selector, length in zip(tree.selectors, shape, strict=False)
        ]
        if isinstance(base, int):
            self._numbers(place, "[...]", [base])
            components = np.atleast_1d(np.asarray(chosen[0]))
            return self._gather(place, base, components, np.shape(chosen[0]))
        picked = base[np.ix_(*(np.atleast_1d(part) for part in chosen))]
        picked = picked.reshape([n for part in chosen for n in np.shape(part)] + list(shape[len(chosen) :]))
        if picked.ndim == 2:
            return np.asarray(picked)
        name = write(tree) if isinstance(tree.base, Name) else ""
        return self._hold(place, np.array(picked, float), name)

    def _selected(self, place: Part, selector: Tree, length: int) -> int | Array:
        """The component an index picks, or the components of a slice, counted from 0."""
        if not isinstance(selector, Slice):
            return self._position(place, selector, length) - 1
        first = 1 if selector.first is None else self._position(place, selector.first, length)
        last = length if selector.last is None else self._position(place, selector.last, length)
        return positions(place, first, last)

    def _position(self, place: Part, tree: Tree, length: int) -> int:
        value = self._build(Part(place.fragment, tree))
        if isinstance(value, int):
            self._numbers(place, "[...]", [value])
        return position(place, self._known(value), length)


def _factor(tree: Tree) -> str:
    """The left operand of a product as text, in parentheses where it needs them."""
    return write(tree) if strength(tree) > strength(Binary("+", tree, tree)) else f"({write(tree)})"


def evaluate_constant(fragment: Fragment, tree: Tree, constants: Mapping[str, Array], budget: Budget | None = None) -> Array:
    """The value of an expression without inputs: doubles of 0, 1 or 2 dimensions, finite.

    Raises JacchainError when it is not an expression of constants (JC2xx) or not finite (JC401).
    """
    result = np.asarray(Builder((), constants, budget).constant(fragment, tree), float)
    if not np.isfinite(result).all():
        raise Part(fragment, tree).error("JC401", "the value is not a finite number")
    return result
