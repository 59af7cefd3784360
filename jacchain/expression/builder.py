"""Tree to graph: names are looked up, abbreviations are written out, ``operations`` makes the nodes.

Every complaint is about shapes or names (JC201-JC299) and points at the part of the expression that is at fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import e, pi, tau

import numpy as np

from jacchain.errors import Fragment, JacchainError
from jacchain.expression import unknown
from jacchain.expression.arithmetic import Array
from jacchain.expression.budget import Budget
from jacchain.expression.graph import INPUT, Graph, Node, Parameter, Part, Shape
from jacchain.expression.matrices import check_product, describe, position, positions
from jacchain.expression.operations import Operations, Value
from jacchain.expression.parser import parse
from jacchain.expression.table import BY_ARITY, FUNCTIONS, ROWS, operation
from jacchain.expression.tree import ARITHMETIC, Binary, Call, Index, Name, Number, Slice, Stack, Tree, Unary
from jacchain.expression.writer import factor_text, write

CONSTANTS = {"pi": pi, "π": pi, "e": e, "tau": tau}

FEW = 8
"""Numbers whose extreme is taken one by one; that of more is the extreme of a vector, in one operation."""


class Builder:
    """Builds the graph of one stage, expression by expression.

    ``constants`` are doubles of 0, 1 or 2 dimensions, which are not copied and must not change.
    A name is a parameter, then a ``let``, then a constant, then a built-in.
    Whatever would cost more than the ``budget`` is left is an error (JC450).
    """

    def __init__(
        self, parameters: Sequence[tuple[str, Shape]], constants: Mapping[str, Array], budget: Budget | None = None
    ) -> None:
        self.make = Operations(budget or Budget())
        self._scope: dict[str, Value] = {}
        self._constants = constants
        self._literals: dict[float | str, int] = {}
        start = 0
        listed = []
        for name, shape in parameters:
            parameter = Parameter(name, shape, start)
            data = np.arange(start, start + parameter.size, dtype=float)
            listed.append(parameter)
            self._scope[name] = self.make.nodes.add_data(Node(INPUT, (), shape, data, name=name))
            start += parameter.size
        self.parameters = tuple(listed)

    def let(self, name: str, fragment: Fragment, tree: Tree) -> None:
        """Names a sub-expression for those that follow."""
        if name not in self._scope:
            value = self._scope[name] = self.value(Part(fragment, tree))
            if isinstance(value, int) and self.make.items[value].arguments:
                self.make.nodes.lets.setdefault(value, name)

    def output(self, fragment: Fragment, tree: Tree) -> int:
        """The node of an output expression."""
        value = self._numbers(Part(fragment, tree))
        if not isinstance(value, int):
            raise Part(fragment, tree).error("JC212", f"an output is a number or a vector, not {describe(value.shape)}")
        return value

    def constant(self, fragment: Fragment, tree: Tree) -> Array:
        """The numbers of an expression that no input reaches, of 0, 1 or 2 dimensions; they need not be finite."""
        numbers = self.make.known(self._numbers(Part(fragment, tree)))
        assert numbers is not None
        return numbers

    def shape(self, node: int) -> Shape:
        """The shape of a node."""
        return self.make.shape(node)

    def bind(self, name: str, node: int) -> None:
        """Gives a node a name that means nothing yet."""
        self._scope[name] = node

    def knows(self, name: str) -> bool:
        """Whether a name means something."""
        return name in self._scope or name in self._constants or name in CONSTANTS

    def is_matrix(self, name: str) -> bool:
        """Whether a name means a constant matrix."""
        value = self._scope.get(name, self._constants.get(name))
        return isinstance(value, np.ndarray) and value.ndim == 2

    def graph(self, outputs: Sequence[int]) -> Graph:
        """The graph of the given outputs, without what none of them needs."""
        return self.make.nodes.graph(self.parameters, tuple(outputs))

    def _numbers(self, whole: Part) -> Value:
        """The value of a whole expression, which is not a condition."""
        value = self.value(whole)
        if isinstance(value, int) and self.make.is_condition(value):
            raise whole.error("JC211", "a condition is not a number", "wrap it: where(condition, 1, 0)")
        return value

    def value(self, whole: Part) -> Value:
        """The value of a whole expression; with the first mistake in it every unknown name is told, each once."""
        try:
            return self._build(whole)
        except JacchainError as error:
            if not error.problems[0].code.startswith("JC2"):
                raise
            known = [*self._scope, *self._constants, *CONSTANTS]
            vectors = {name for name, value in self._scope.items() if self.make.shape(value)}
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
                made = self.made(at or Part(whole.fragment, tree), tree, values[-count:])
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

    def made(self, place: Part, tree: Tree, values: list[Value]) -> Value:
        """What an operation makes of the values of its operands."""
        match tree:
            case Binary() if tree.operator in {*ARITHMETIC, "^"}:
                return self.make.arithmetic(place, tree.operator, values)
            case Binary("@"):
                return self._matrix_product(place, tree, values[0], values[1])
            case Call():
                return self._call(place, tree.name, values)
            case Unary("-"):
                return self.make.elementwise(place, "neg", values) if isinstance(values[0], int) else -values[0]
            case Binary() | Unary():
                return self.make.condition(place, tree.operator, values)
            case Index():
                return self._index(place, tree, values[0])
            case Stack():
                return self.make.stack(place, values)
            case _:
                raise place.error("JC213", "`:` belongs inside an index, as in x[2:4]")

    def _literal(self, place: Part, key: float | str, value: float) -> int:
        """The node of a number written in the text, or of a built-in constant."""
        if key not in self._literals:
            name = key if isinstance(key, str) else ""
            self._literals[key] = self.make.hold(place, np.array(value), name)
        return self._literals[key]

    def _name(self, place: Part, name: str, scope: Mapping[str, Value] | None) -> Value:
        """The value of a constant or a built-in; in the definition of an abbreviation (with a ``scope``) of a built-in only."""
        if scope is None and name in self._constants:
            value = self._constants[name]
            if value.ndim == 2:
                return value
            self._scope[name] = self.make.hold(place, np.array(value, float), name)
            return self._scope[name]
        if name in CONSTANTS:
            return self._literal(place, name, CONSTANTS[name])
        raise unknown.name(place, name, [*self._scope, *self._constants, *CONSTANTS])

    def _matrix_product(self, place: Part, tree: Binary, left: Value, right: Value) -> Value:
        """``left @ right``: of two vectors their dot product, of a matrix written out as lists a dot product for each row."""
        for value in (left, right):
            if isinstance(value, int):
                self.make.numbers(place, "@", [value])
        rows, columns = self._rows(tree.left, left), self._rows(tree.right, right)
        a = (len(rows), self.make.items[rows[0]].size) if rows else self.make.shape(left)
        b = (len(columns), self.make.items[columns[0]].size) if columns else self.make.shape(right)
        check_product(place, a, b)
        if rows and columns:
            raise place.error("JC203", "`@` does not multiply two matrices that are written out here", "multiply a vector by one")
        if rows and isinstance(right, int):
            return self.make.stack(place, [self.make.apply(place, "dot", (row, right), ()) for row in rows])
        if columns and isinstance(left, int):
            turned = [[self.make.gather(place, row, np.array([j]), ()) for row in columns] for j in range(b[1])]
            entries = [self.make.stack(place, list(column)) for column in turned]
            return self.make.stack(place, [self.make.apply(place, "dot", (left, column), ()) for column in entries])
        if isinstance(left, int) and isinstance(right, int):
            return self.make.apply(place, "dot", (left, right), ())
        if isinstance(right, int):
            return self.make.matrix_vector(place, np.asarray(left), right, factor_text(tree.left))
        if isinstance(left, int):
            return self.make.matrix_vector(place, np.asarray(right).T, left, f"transpose({write(tree.right)})")
        self.make.budget.spend(place, a[0] * b[1], a[0] * a[1] * b[1])
        with np.errstate(all="ignore"):
            return np.asarray(left @ right)

    def _rows(self, tree: Tree, value: Value) -> tuple[int, ...]:
        """The rows of a matrix written out as a list of lists beside ``@``; none for anything else."""
        if not isinstance(tree, Stack) or not isinstance(value, int) or not all(isinstance(item, Stack) for item in tree.items):
            return ()
        rows = self.make.items[value].arguments
        return rows if len({self.make.items[row].size for row in rows}) == 1 else ()

    def _call(self, place: Part, called: str, values: list[Value]) -> Value:
        """What a function of the table, by the name it is called by, makes of its arguments."""
        if called not in FUNCTIONS:
            vector = called in self._scope and bool(self.make.shape(self._scope[called]))
            raise unknown.function(place, called, {*self._scope, *self._constants, *CONSTANTS}, vector=vector)
        name = operation(called, len(values))
        if name is None:
            raise unknown.arity(place, called, len(values))
        if name == "transpose":
            if isinstance(values[0], int):
                raise place.error("JC205", f"`transpose` takes a matrix, not {describe(self.make.shape(values[0]))}")
            return values[0].T
        if name == "where":
            return self.make.choice(place, values)
        if ROWS[name].defined:
            return self._defined(place, name, values)
        if ROWS[name].form == "diagonal":
            nodes = self.make.numbers(place, name, values)
            if len(nodes) > FEW and not self.make.common(place, name, nodes):
                return self.make.apply(place, BY_ARITY[name, 1][0], (self.make.stack(place, values),), ())
            return self.make.elementwise(place, name, values)
        return self.make.of_vectors(place, name, self.make.numbers(place, called, values))

    def _defined(self, place: Part, name: str, values: list[Value]) -> Value:
        """A function that is an abbreviation: its definition with the arguments put in."""
        row = ROWS[name]
        if name == "cross" and any(self.make.shape(value) != (3,) for value in values):
            raise place.error("JC204", "`cross` takes two vectors of length 3")
        definition = Fragment.whole(row.defined, name)
        scope = dict(zip(row.parameters.split(", "), values, strict=True))
        return self._build(Part(definition, parse(definition)), scope, place)

    def _index(self, place: Part, tree: Index, base: Value) -> Value:
        """Components of a vector, or entries, rows and columns of a matrix, as an index picks them."""
        shape = self.make.shape(base) or (1,)
        if len(tree.selectors) > len(shape):
            count = "one index" if len(shape) == 1 else "two indices"
            raise place.error("JC207", f"{describe(self.make.shape(base))} takes {count}, not {len(tree.selectors)}")
        chosen = [
            self.selected(Part(place.fragment, selector), selector, length)
            for selector, length in zip(tree.selectors, shape, strict=False)
        ]
        if isinstance(base, int):
            self.make.numbers(place, "[...]", [base])
            components = np.atleast_1d(np.asarray(chosen[0]))
            return self.make.gather(place, base, components, np.shape(chosen[0]))
        picked = base[np.ix_(*(np.atleast_1d(part) for part in chosen))]
        picked = picked.reshape([n for part in chosen for n in np.shape(part)] + list(shape[len(chosen) :]))
        if picked.ndim == 2:
            return np.asarray(picked)
        name = write(tree) if isinstance(tree.base, Name) else ""
        return self.make.hold(place, np.array(picked, float), name)

    def selected(self, place: Part, selector: Tree, length: int) -> int | Array:
        """The component an index picks, or the components of a slice, counted from 0."""
        if not isinstance(selector, Slice):
            return self._position(place, selector, length) - 1
        first = 1 if selector.first is None else self._position(place, selector.first, length)
        last = length if selector.last is None else self._position(place, selector.last, length)
        return positions(place, first, last)

    def _position(self, place: Part, tree: Tree, length: int) -> int:
        """The whole number that an index means, counted from 1."""
        value = self._build(Part(place.fragment, tree))
        if isinstance(value, int):
            self.make.numbers(place, "[...]", [value])
        return position(place, self.make.known(value), length)


def evaluate_constant(fragment: Fragment, tree: Tree, constants: Mapping[str, Array], budget: Budget | None = None) -> Array:
    """The value of an expression without inputs: doubles of 0, 1 or 2 dimensions, finite.

    Raises JacchainError when it is not an expression of constants (JC2xx) or not finite (JC401).
    """
    result = np.asarray(Builder((), constants, budget).constant(fragment, tree), float)
    if not np.isfinite(result).all():
        raise Part(fragment, tree).error("JC401", "the value is not a finite number")
    return result
