"""Tree to graph: names are looked up, shapes are checked, abbreviations are written out, matrices are folded.

Every complaint is about shapes or names (JC201-JC299) and points at the part of the expression that is at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import e, pi, tau

import numpy as np

from jacchain.errors import Fragment, JacchainError, Problem, Span, suggestion
from jacchain.expression.arithmetic import Array
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
    Shape,
)
from jacchain.expression.parser import parse
from jacchain.expression.table import FUNCTIONS, ROWS, operation
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Tree, Unary, children, postorder
from jacchain.expression.writer import write

CONSTANTS = {"pi": pi, "π": pi, "e": e, "tau": tau}

Value = int | Array
"""What a sub-expression is while the graph is built: a node, or a constant matrix."""

NUMBERS = 1 << 25
"""Numbers that the sub-expressions built within one budget may have together."""

WORK = 1 << 31
"""Multiplications that products of constant matrices may cost within one budget."""


@dataclass
class Budget:
    """What building graphs may still cost, so that no expression, and no set of them, exhausts the machine."""

    numbers: int = NUMBERS
    work: int = WORK


def describe(shape: Shape) -> str:
    """A shape in words."""
    if not shape:
        return "a number"
    return f"a vector of length {shape[0]}" if len(shape) == 1 else f"a {shape[0]}×{shape[1]} matrix"


class Builder:
    """Builds the graph of one stage, expression by expression.

    ``constants`` are doubles of 0, 1 or 2 dimensions.  A name is a parameter, then a ``let``, then a constant, then a built-in.
    Whatever would cost more than the ``budget`` is left is an error (JC450).
    """

    def __init__(
        self, parameters: Sequence[tuple[str, Shape]], constants: Mapping[str, Array], budget: Budget | None = None
    ) -> None:
        self._budget = budget or Budget()
        self._nodes = Nodes()
        self._scope: dict[str, Value] = {}
        self._constants = constants
        self._known_constants: dict[str, int] = {}
        self._parameters: list[Parameter] = []
        start = 0
        for name, shape in parameters:
            parameter = Parameter(name, shape, start)
            data = np.arange(start, start + parameter.size, dtype=float)
            self._parameters.append(parameter)
            self._scope[name] = self._nodes.add(Node(INPUT, (), shape, data, name=name))
            start += parameter.size

    def let(self, name: str, fragment: Fragment, tree: Tree) -> None:
        """Names a sub-expression for those that follow."""
        if name not in self._scope:
            self._scope[name] = self._build(fragment, tree)

    def output(self, fragment: Fragment, tree: Tree) -> int:
        """The node of an output expression."""
        value = self._build(fragment, tree)
        if isinstance(value, int):
            if self._nodes.items[value].operation in CONDITIONS:
                raise _Part(fragment, tree).error("JC211", "a condition is not a number", "wrap it: where(condition, 1, 0)")
            return value
        raise _Part(fragment, tree).error("JC212", f"an output is a number or a vector, not {describe(value.shape)}")

    def shape(self, node: int) -> Shape:
        """The shape of a node."""
        return self._nodes.items[node].shape

    def graph(self, outputs: Sequence[int]) -> Graph:
        """The graph of the given outputs, without what none of them needs."""
        needed = [False] * len(self._nodes.items)
        for output in outputs:
            needed[output] = True
        for number in range(len(needed) - 1, -1, -1):
            for argument in self._nodes.items[number].arguments if needed[number] else ():
                needed[argument] = True
        kept = [number for number, is_needed in enumerate(needed) if is_needed]
        renumbered = {old: new for new, old in enumerate(kept)}
        nodes = tuple(_renumber(self._nodes.items[old], renumbered) for old in kept)
        return Graph(tuple(self._parameters), nodes, tuple(renumbered[output] for output in outputs))

    def _build(self, fragment: Fragment, tree: Tree, scope: Mapping[str, Value] | None = None) -> Value:
        built: list[Value] = []
        skipped = _inside_selectors(tree)
        for part in postorder(tree):
            if id(part) in skipped:
                continue
            count = 1 if isinstance(part, Index) else len(children(part))
            arguments = built[len(built) - count :]
            del built[len(built) - count :]
            built.append(self._part(_Part(fragment, part), part, arguments, scope))
        return built[0]

    def _part(self, place: _Part, tree: Tree, values: list[Value], scope: Mapping[str, Value] | None) -> Value:
        match tree:
            case Number():
                return self._nodes.constant(tree.value, place.span)
            case Name():
                return self._name(place, tree.name, scope)
            case Unary("-"):
                if not isinstance(values[0], int):
                    return -values[0]
                return self._elementwise(place, "neg", values)
            case Unary() | Binary("and" | "or" | "<" | "<=" | ">" | ">=" | "==" | "!="):
                return self._condition(place, tree.operator, values)
            case Binary("@"):
                return self._matrix_product(place, values[0], values[1])
            case Binary():
                return self._arithmetic(place, tree, values)
            case Call():
                return self._call(place, tree, values)
            case Index():
                return self._index(place, tree, values[0])
            case Stack():
                return self._stack(place, values)
            case Slice():
                raise place.error("JC213", "`:` belongs inside an index, as in x[2:4]")

    def _name(self, place: _Part, name: str, scope: Mapping[str, Value] | None) -> Value:
        known = self._scope if scope is None else scope
        if name in known:
            return known[name]
        if scope is None and name in self._constants:
            value = self._constants[name]
            if value.ndim == 2:
                return value
            if name not in self._known_constants:
                self._spend(place, value.size)
                self._known_constants[name] = self._nodes.constant(value, place.span, name)
            return self._known_constants[name]
        if name in CONSTANTS:
            return self._nodes.constant(CONSTANTS[name], place.span, name)
        if name in FUNCTIONS:
            raise place.error("JC251", f"`{name}` is a function and needs its arguments", f"write `{name}(...)`")
        words = [*known, *self._constants, *CONSTANTS]
        nearest = suggestion(name, words)
        way_out = f"did you mean `{nearest}`?" if nearest else "known here: " + ", ".join(f"`{word}`" for word in words[:8])
        raise place.error("JC252", f"`{name}` is not known here", way_out)

    def _arithmetic(self, place: _Part, tree: Binary, values: list[Value]) -> Value:
        left, right = values
        if isinstance(left, int) and isinstance(right, int):
            if tree.operator == "^" and self._is_integer(right):
                if not self._evaluate(right).any():
                    return self._nodes.constant(np.ones(self.shape(left) or self.shape(right)), place.span)
                return self._elementwise(place, "^n", values)
            return self._elementwise(place, tree.operator, values)
        return self._fold_matrices(place, tree.operator, left, right)

    def _is_integer(self, node: int) -> bool:
        """Whether a node is a constant of whole numbers, for every component."""
        item = self._nodes.items[node]
        if item.operation == "neg":
            return self._is_integer(item.arguments[0])
        return item.operation == CONSTANT and item.data is not None and bool((item.data == np.floor(item.data)).all())

    def _fold_matrices(self, place: _Part, operator: str, left: Value, right: Value) -> Array:
        """Arithmetic between constant matrices, or a constant matrix and a constant number."""
        numbers = [self._known(value) for value in (left, right)]
        a, b = numbers
        if a is None or b is None or 1 in (a.ndim, b.ndim) or (operator == "^") or (operator == "/" and b.ndim):
            way_out = "write `@` for the product of a matrix and a vector" if operator == "*" else "matrices are constant"
            shapes = " and ".join(describe(self._shape(value)) for value in (left, right))
            raise place.error("JC202", f"`{operator}` does not combine {shapes}", way_out)
        if a.ndim == b.ndim and a.shape != b.shape:
            raise place.error("JC202", f"`{operator}` needs equal shapes: {describe(a.shape)} and {describe(b.shape)}")
        with np.errstate(all="ignore"):
            folded: dict[str, Callable[[], Array]] = {
                "+": lambda: a + b,
                "-": lambda: a - b,
                "*": lambda: a * b,
                "/": lambda: a / b,
            }
            if operator == "*" and a.ndim == b.ndim == 2:
                raise place.error("JC202", "`*` does not multiply matrices", "write `@`")
            self._spend(place, max(a.size, b.size))
            return np.asarray(folded[operator]())

    def _known(self, value: Value) -> Array | None:
        """The numbers of a constant, None for what varies."""
        if not isinstance(value, int):
            return value
        return None if self._nodes.items[value].varies else self._evaluate(value)

    def _evaluate(self, node: int) -> Array:
        """The numbers of a node that no input reaches."""
        from jacchain.expression.program import compile_graph  # noqa: PLC0415  (constants inside an expression are rare)

        item = self._nodes.items[node]
        if item.operation == CONSTANT and item.data is not None:
            return item.data
        shape = item.shape
        values = compile_graph(self.graph([node])).values(np.zeros((1, max(1, sum(p.size for p in self._parameters)))))
        return np.asarray(values[0] if shape else values[0, 0])

    def _shape(self, value: Value) -> Shape:
        return self._nodes.items[value].shape if isinstance(value, int) else value.shape

    def _spend(self, place: _Part, numbers: int, work: int = 0) -> None:
        """Takes from the budget what a sub-expression costs."""
        self._budget.numbers -= numbers
        self._budget.work -= work
        if self._budget.numbers < 0:
            message = f"the vectors and matrices up to here have more than {NUMBERS:,} numbers together"
            raise place.error("JC450", message, "work with smaller ones")
        if self._budget.work < 0:
            message = f"the products of constant matrices up to here cost more than {WORK:,} multiplications"
            raise place.error("JC450", message, "multiply once and keep the result in a .npy file")

    def _add(self, place: _Part, node: Node) -> int:
        """The number of a node, paid for when it is new."""
        count = len(self._nodes.items)
        number = self._nodes.add(node)
        if len(self._nodes.items) > count:
            self._spend(place, node.size)
        return number

    def _matrix_product(self, place: _Part, left: Value, right: Value) -> Value:
        a, b = self._shape(left), self._shape(right)
        if not a or not b:
            raise place.error("JC203", "`@` multiplies matrices and vectors, not numbers", "write `*`")
        if a[-1] != b[0]:
            sides = f"left of `@` stands {describe(a)}, right of it {describe(b)}"
            raise place.error("JC203", f"the sizes around `@` differ: {a[-1]} and {b[0]}", notes=(sides,))
        if isinstance(left, int) and isinstance(right, int):
            return self._apply(place, "dot", (left, right), ())
        if isinstance(left, int):
            return self._matrix_vector(place, np.asarray(right).T, left, place.transposed)
        if isinstance(right, int):
            return self._matrix_vector(place, left, right, place.left)
        self._spend(place, a[0] * b[1], a[0] * a[1] * b[1])
        return left @ right

    def _matrix_vector(self, place: _Part, matrix: Array, vector: int, name: str) -> int:
        shape = (matrix.shape[0],)
        varies = self._nodes.varies((vector,))
        return self._add(place, Node(MATRIX, (vector,), shape, np.ascontiguousarray(matrix), varies, place.span, name))

    def _apply(self, place: _Part, name: str, arguments: tuple[int, ...], shape: Shape) -> int:
        for argument in arguments:
            if self._nodes.items[argument].operation in CONDITIONS and name not in CONDITIONS:
                raise place.error("JC211", "a condition is not a number", "choose with where(condition, a, b)")
        varies = self._nodes.varies(arguments)
        return self._add(place, Node(name, arguments, shape, None, varies, place.span))

    def _elementwise(self, place: _Part, name: str, values: list[Value]) -> int:
        nodes = self._vectors(place, name, values)
        shapes = {self.shape(node) for node in nodes} - {()}
        if len(shapes) > 1:
            lengths = " and ".join(str(shape[0]) for shape in sorted(shapes))
            way_out = "write `u @ v` for the sum of products" if name == "*" else ""
            raise place.error("JC204", f"`{name}` works component by component, but the lengths are {lengths}", way_out)
        return self._apply(place, name, nodes, shapes.pop() if shapes else ())

    def _vectors(self, place: _Part, name: str, values: list[Value]) -> tuple[int, ...]:
        for value in values:
            if not isinstance(value, int):
                raise place.error("JC205", f"`{name}` takes numbers and vectors, not {describe(value.shape)}")
        return tuple(value for value in values if isinstance(value, int))

    def _condition(self, place: _Part, name: str, values: list[Value]) -> int:
        nodes = self._vectors(place, name, values)
        logical = name in {"and", "or", "not"}
        for node in nodes:
            if (self._nodes.items[node].operation in CONDITIONS) != logical:
                message = f"`{name}` joins conditions" if logical else f"`{name}` compares numbers"
                raise place.error("JC211", message, "a condition is a comparison such as x > 0")
        shapes = {self.shape(node) for node in nodes} - {()}
        if len(shapes) > 1:
            raise place.error("JC204", f"`{name}` works component by component, but the lengths differ")
        return self._apply(place, name, nodes, shapes.pop() if shapes else ())

    def _call(self, place: _Part, tree: Call, values: list[Value]) -> Value:
        if tree.name not in FUNCTIONS:
            nearest = suggestion(tree.name, list(FUNCTIONS))
            way_out = f"did you mean `{nearest}`?" if nearest else "`jacchain functions` lists them"
            if tree.name in self._scope or tree.name in self._constants or tree.name in CONSTANTS:
                way_out = f"write a product as `{tree.name}*(...)`"
            raise place.error("JC253", f"there is no function `{tree.name}`", way_out)
        name = operation(tree.name, len(values))
        row = FUNCTIONS[tree.name]
        if name is None:
            takes = f"`{tree.name}({row.parameters})`"
            raise place.error("JC254", f"`{tree.name}` is called with {len(values)} argument(s)", f"it is {takes}")
        if name == "transpose":
            return self._transpose(place, values[0])
        if name == "where":
            return self._where(place, values)
        if ROWS[name].defined:
            return self._defined(place, name, values)
        nodes = self._vectors(place, tree.name, values)
        if ROWS[name].form == "diagonal":
            return self._elementwise(place, name, list(values))
        return self._of_vectors(place, name, nodes)

    def _of_vectors(self, place: _Part, name: str, nodes: tuple[int, ...]) -> int:
        """A reduction or a map of vectors: the first argument is a vector (a number counts as one of length 1)."""
        shape = self.shape(nodes[0])
        if name == "dot" and shape != self.shape(nodes[1]):
            raise place.error("JC204", f"`dot` takes {describe(shape)} and {describe(self.shape(nodes[1]))}")
        if name == "layernorm epsilon" and self.shape(nodes[1]):
            raise place.error("JC204", "the epsilon of `layernorm` is a number")
        size = shape[0] if shape else 1
        if name == "reverse":
            return self._gather(place, nodes[0], np.arange(size)[::-1], shape)
        if name == "cumsum":
            self._spend(place, size * size)
            return self._matrix_vector(place, np.tril(np.ones((size, size))), nodes[0], "L") if shape else nodes[0]
        return self._apply(place, name, nodes, () if ROWS[name].form == "row" else shape)

    def _defined(self, place: _Part, name: str, values: list[Value]) -> Value:
        """A function that is an abbreviation: its definition with the arguments put in."""
        row = ROWS[name]
        parameters = row.parameters.split(", ")
        if name == "cross" and any(self._shape(value) != (3,) for value in values):
            raise place.error("JC204", "`cross` takes two vectors of length 3")
        fragment = Fragment.whole(row.defined, name)
        try:
            return self._build(fragment, parse(fragment), dict(zip(parameters, values, strict=True)))
        except JacchainError as error:
            raise place.error(error.problems[0].code, error.problems[0].message, error.problems[0].help) from None

    def _transpose(self, place: _Part, value: Value) -> Array:
        if isinstance(value, int):
            raise place.error("JC205", f"`transpose` takes a matrix, not {describe(self.shape(value))}")
        return value.T

    def _where(self, place: _Part, values: list[Value]) -> int:
        nodes = self._vectors(place, "where", values)
        if self._nodes.items[nodes[0]].operation not in CONDITIONS:
            raise place.error("JC211", "the first argument of `where` is a condition", "such as x > 0")
        if any(self._nodes.items[node].operation in CONDITIONS for node in nodes[1:]):
            raise place.error("JC211", "`where` chooses between numbers, not conditions")
        shapes = {self.shape(node) for node in nodes} - {()}
        if len(shapes) > 1:
            raise place.error("JC204", "`where` works component by component, but the lengths differ")
        shape = shapes.pop() if shapes else ()
        varies = self._nodes.varies(nodes)
        return self._add(place, Node(WHERE, nodes, shape, None, varies, place.span))

    def _gather(self, place: _Part, node: int, components: Array, shape: Shape) -> int:
        item = self._nodes.items[node]
        if shape == item.shape and np.array_equal(components, np.arange(item.size)):
            return node
        return self._add(place, Node(GATHER, (node,), shape, components.astype(float), item.varies, place.span))

    def _stack(self, place: _Part, values: list[Value]) -> Value:
        if any(not isinstance(value, int) for value in values):
            raise place.error("JC205", "a list stacks numbers and vectors, not matrices")
        nodes = self._vectors(place, "[...]", values)
        if any(self._nodes.items[node].operation in CONDITIONS for node in nodes):
            raise place.error("JC211", "a condition is not a number", "choose with where(condition, a, b)")
        size = sum(self._nodes.items[node].size for node in nodes)
        varies = self._nodes.varies(nodes)
        return self._add(place, Node(STACK, nodes, (size,), None, varies, place.span))

    def _index(self, place: _Part, tree: Index, base: Value) -> Value:
        shape = self._shape(base) or (1,)
        if len(tree.selectors) > len(shape):
            raise place.error("JC207", f"{describe(shape)} has {len(shape)} index, not {len(tree.selectors)}")
        chosen = [
            self._selected(_Part(place.fragment, selector), selector, length)
            for selector, length in zip(tree.selectors, shape, strict=False)
        ]
        if isinstance(base, int):
            components = np.atleast_1d(np.asarray(chosen[0]))
            return self._gather(place, base, components, np.shape(chosen[0]))
        picked = base[np.ix_(*(np.atleast_1d(part) for part in chosen))]
        picked = picked.reshape([n for part in chosen for n in np.shape(part)] + list(shape[len(chosen) :]))
        return picked if picked.ndim == 2 else self._nodes.constant(picked, place.span)

    def _selected(self, place: _Part, selector: Tree, length: int) -> int | Array:
        """The component an index picks, or the components of a slice, counted from 0."""
        if not isinstance(selector, Slice):
            return self._position(place, selector, length) - 1
        first = 1 if selector.first is None else self._position(place, selector.first, length)
        last = length if selector.last is None else self._position(place, selector.last, length)
        if first > last:
            raise place.error("JC207", f"the slice {first}:{last} is empty", "both ends are included, the first comes first")
        return np.arange(first - 1, last)

    def _position(self, place: _Part, tree: Tree, length: int) -> int:
        """The whole number an index means, counted from 1."""
        value = self._build(place.fragment, tree)
        numbers = self._known(value)
        if numbers is None or numbers.ndim or not float(numbers).is_integer():
            raise place.error("JC206", "an index is a whole number that does not depend on the inputs")
        position = int(numbers)
        if position < 1:
            way_out = f"write [{length + position}]" if position < 0 < length + position else ""
            raise place.error("JC206", f"indices count from 1, as in x₁: [{position}] does not exist", way_out or "write [1]")
        if position > length:
            raise place.error("JC207", f"[{position}] does not exist: there {'is' if length == 1 else 'are'} {length}")
        return position


class _Part:
    """A part of an expression and where it stands."""

    def __init__(self, fragment: Fragment, tree: Tree) -> None:
        self.fragment = fragment
        self.tree = tree

    @property
    def span(self) -> Span:
        return self.fragment.span(self.tree.start, self.tree.end)

    @property
    def left(self) -> str:
        """The left operand of a product, as text."""
        return write(self.tree.left) if isinstance(self.tree, Binary) else ""

    @property
    def transposed(self) -> str:
        """The transpose of the right operand of a product, as text."""
        return f"transpose({write(self.tree.right)})" if isinstance(self.tree, Binary) else ""

    def error(self, code: str, message: str, way_out: str = "", notes: tuple[str, ...] = ()) -> JacchainError:
        return JacchainError(Problem(code, message, self.span, help=way_out, notes=notes))


def _inside_selectors(tree: Tree) -> set[int]:
    """The parts of a tree that stand inside an index: they are numbers to be known now, not nodes."""
    inside: set[int] = set()
    for part in postorder(tree):
        if isinstance(part, Index):
            for selector in part.selectors:
                inside.update(id(deeper) for deeper in postorder(selector))
    return inside


def _renumber(node: Node, numbers: Mapping[int, int]) -> Node:
    arguments = tuple(numbers[argument] for argument in node.arguments)
    return Node(node.operation, arguments, node.shape, node.data, node.varies, node.span, node.name)


def evaluate_constant(fragment: Fragment, tree: Tree, constants: Mapping[str, Array], budget: Budget | None = None) -> Array:
    """The value of an expression without inputs: doubles of 0, 1 or 2 dimensions, finite.

    Raises JacchainError when it is not an expression of constants (JC2xx) or not finite (JC401).
    """
    builder = Builder((), constants, budget)
    value = builder._build(fragment, tree)  # noqa: SLF001  (this function is the builder's other door)
    numbers = builder._known(value)  # noqa: SLF001
    assert numbers is not None
    result = np.asarray(numbers, float)
    if not np.isfinite(result).all():
        raise _Part(fragment, tree).error("JC401", "the value is not a finite number")
    return result
