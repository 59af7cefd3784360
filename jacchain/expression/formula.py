"""The derivative as a person would write it, in the language itself.

The Jacobian of a function is a block for every output and every parameter; a parameter of which only components are used
counts as its components.  Between scalars the blocks are the entries; for one vector function they are one matrix expression,
``diag(1 - tanh(W @ v + b)^2) @ W``.  Beyond the language stand ``I``, ``diag(u)``, ``outer(u, v)`` and ``u'``, a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from jacchain.errors import Fragment
from jacchain.expression.graph import CONDITIONS, CONSTANT, GATHER, INPUT, MATRIX, STACK, WHERE, Graph, Node
from jacchain.expression.parser import STRENGTH, parse
from jacchain.expression.table import BY_ARITY, ROWS
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Tree, Unary, fold, postorder
from jacchain.expression.writer import write

LENGTH = 2_000
BLOCKS = 400
ZERO, ONE, IDENTITY = Number("0"), Number("1"), Name("I")


@dataclass(frozen=True)
class Formula:
    """A Jacobian on the blackboard: entry by entry, or as one matrix expression."""

    entries: tuple[tuple[str, ...], ...] | None = None
    matrix: str | None = None


class _TooLongError(Exception):
    """The formula is longer than anyone reads."""


def derivative_formula(graph: Graph) -> Formula | None:
    """The formula of the Jacobian of a graph, or None where it would be too long to read."""
    units = [unit for parameter, number in _inputs(graph) for unit in _units(graph, parameter, number)]
    if len(units) * len(graph.outputs) > BLOCKS:
        return None
    writer = _Blackboard(graph)
    try:
        blocks = tuple(tuple(write(_bounded(writer.block(output, unit))) for unit in units) for output in graph.outputs)
    except _TooLongError:
        return None
    if any(graph.nodes[number].shape for number in graph.outputs) or any(unit.component is None and unit.wide for unit in units):
        rows = ", ".join(f"[{', '.join(row)}]" if len(row) > 1 else row[0] for row in blocks)
        return Formula(matrix=rows if len(blocks) == 1 else f"[{rows}]")
    return Formula(entries=blocks)


def node_text(graph: Graph, number: int, length: int = 60) -> str:
    """A node as the expression a person would write for it, cut to a readable length."""
    try:
        text = write(_Blackboard(graph).text(number))
    except _TooLongError:
        text = graph.nodes[number].operation
    return text if len(text) <= length else f"{text[: length - 1]}…"


@dataclass(frozen=True)
class _Unit:
    """What is differentiated by: a whole parameter, or one component of it (from 0)."""

    node: int
    component: int | None = None
    wide: bool = False


def _inputs(graph: Graph) -> list[tuple[str, int]]:
    """Every parameter with the number of its node, -1 where nothing uses it."""
    numbers = {node.name: number for number, node in enumerate(graph.nodes) if node.operation == INPUT}
    return [(parameter.name, numbers.get(parameter.name, -1)) for parameter in graph.parameters]


def _units(graph: Graph, name: str, number: int) -> list[_Unit]:
    parameter = next(parameter for parameter in graph.parameters if parameter.name == name)
    users = [node for node in graph.nodes if number in node.arguments]
    outright = number in graph.outputs
    if parameter.shape and not outright and all(node.operation == GATHER and not node.shape for node in users):
        return [_Unit(number, component) for component in range(parameter.size)]
    return [_Unit(number, wide=bool(parameter.shape))]


class _Blackboard:
    """The nodes of a graph written as trees, and their derivatives, each once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.written: dict[int, Tree] = {}
        self.blocks: dict[tuple[int, _Unit], Tree] = {}

    def block(self, output: int, unit: _Unit) -> Tree:
        """The derivative of a node by a unit; the nodes before it are done first, so depth does not matter."""
        for number in range(output + 1):
            if (number, unit) not in self.blocks:
                self.blocks[number, unit] = _bounded(self.derivative(number, unit))
        return self.blocks[output, unit]

    def text(self, number: int) -> Tree:
        """A node as an expression of the parameters."""
        for earlier in range(len(self.written), number + 1):
            self.written[earlier] = _bounded(self.expression(self.graph.nodes[earlier]))
        return self.written[number]

    def expression(self, node: Node) -> Tree:
        arguments = tuple(self.written[argument] for argument in node.arguments)
        if node.name and node.operation in {INPUT, CONSTANT}:
            return Name(node.name)
        if node.operation == CONSTANT:
            assert node.data is not None
            items = tuple(_number(float(value)) for value in node.data.reshape(-1)[:8])
            return Stack(items) if node.shape else items[0]
        if node.operation == GATHER:
            return Index(arguments[0], (_selector(node),))
        if node.operation == STACK:
            return Stack(arguments)
        if node.operation == MATRIX:
            return Binary("@", Name(node.name), arguments[0])
        if node.operation in {"neg", "not"}:
            return Unary("-" if node.operation == "neg" else "not", arguments[0])
        if node.operation == "^n":
            return Binary("^", arguments[0], arguments[1])
        if node.operation in STRENGTH:
            return Binary(node.operation, arguments[0], arguments[1])
        spelled = next((name for (name, _), (operation, _) in BY_ARITY.items() if operation == node.operation), node.operation)
        return Call(spelled, arguments)

    def derivative(self, number: int, unit: _Unit) -> Tree:
        node = self.graph.nodes[number]
        if number == unit.node and unit.component is None:
            return IDENTITY if node.shape else ONE
        if unit.component is not None and node.operation == GATHER and node.arguments[0] == unit.node:
            assert node.data is not None
            return ONE if int(node.data.flat[0]) == unit.component else ZERO
        if not node.varies or node.operation == INPUT or node.operation in CONDITIONS:
            return ZERO
        parts = [self.blocks[argument, unit] for argument in node.arguments]
        if all(part == ZERO for part in parts):
            return ZERO
        return self.chained(number, node, parts)

    def chained(self, number: int, node: Node, parts: list[Tree]) -> Tree:
        if node.operation == MATRIX:
            return _after(Name(node.name), parts[0])
        if node.operation == GATHER:
            return Index(parts[0], (_selector(node),))
        if node.operation == STACK:
            return Stack(tuple(parts))
        if node.operation == WHERE:
            return Call("where", (self.text(node.arguments[0]), parts[1], parts[2]))
        total: Tree = ZERO
        for position, part in enumerate(parts):
            if part != ZERO:
                total = plus(total, self.term(number, node, position, part))
        return total

    def term(self, number: int, node: Node, position: int, part: Tree) -> Tree:
        """One partial of the table with the arguments written in, times the derivative of the argument."""
        row = ROWS[node.operation]
        self.text(number)
        if node.operation in {"max", "min"} and len(node.arguments) > 2:
            own = Binary("==", self.written[node.arguments[position]], self.written[number])
            local: Tree = Call("where", (own, ONE, ZERO))
        else:
            local = _shown(row.shown[position])
            names = row.parameters.split(", ")
            scope = {name: self.written[argument] for name, argument in zip(names, node.arguments, strict=False)}
            local = simplified(substitute(local, scope))
        if row.form == "row":
            return _after(Unary("'", local), part) if part != IDENTITY else Unary("'", local)
        argument = self.graph.nodes[node.arguments[position]]
        if not node.shape or (row.form == "diagonal" and not argument.shape) or self.is_scalar(local):
            return times(local, part)
        return _after(local if row.form == "full" else Call("diag", (local,)), part)

    def is_scalar(self, tree: Tree) -> bool:
        """Whether an expression is one number, for every component alike."""
        vectors = {node.name for node in self.graph.nodes if node.shape and node.name}
        return not any(
            isinstance(part, Stack | Index) or (isinstance(part, Name) and part.name in vectors) for part in postorder(tree)
        )


def _after(local: Tree, part: Tree) -> Tree:
    """The matrix product, with multiples of the identity and rows times diagonals worked out."""
    match part:
        case Name("I"):
            return local
        case Binary("*", factor, Name("I")):
            return times(factor, local)
        case Call("diag", (diagonal,)) if isinstance(local, Unary) and local.operator == "'":
            return Unary("'", times(local.operand, diagonal))
    return (
        Unary("-", _after(local, part.operand)) if isinstance(part, Unary) and part.operator == "-" else Binary("@", local, part)
    )


def _selector(node: Node) -> Tree:
    assert node.data is not None
    components = [int(component) + 1 for component in node.data.reshape(-1)]
    if not node.shape:
        return Number(str(components[0]))
    if components == list(range(components[0], components[-1] + 1)):
        return Slice(Number(str(components[0])), Number(str(components[-1])))
    return Stack(tuple(Number(str(component)) for component in components[:8]))


def _number(value: float) -> Tree:
    text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(abs(value))
    return Unary("-", Number(text.removeprefix("-"))) if value < 0 else Number(text)


@cache
def _shown(text: str) -> Tree:
    return parse(Fragment.whole(text, "table"))


def substitute(tree: Tree, scope: Mapping[str, Tree]) -> Tree:
    """The tree with names replaced by trees."""
    return fold(tree, lambda part, parts: scope.get(part.name, part) if isinstance(part, Name) else rebuilt(part, tuple(parts)))


def rebuilt(tree: Tree, parts: tuple[Tree, ...]) -> Tree:
    """The tree with other parts in the place of its own."""
    match tree:
        case Unary():
            return replace(tree, operand=parts[0])
        case Binary():
            return replace(tree, left=parts[0], right=parts[1])
        case Call():
            return replace(tree, arguments=parts)
        case Index():
            return replace(tree, base=parts[0], selectors=parts[1:])
        case Stack():
            return replace(tree, items=parts)
        case _:
            return tree


def simplified(tree: Tree) -> Tree:
    """The tree with its numbers worked out: ``3*x^(3 - 1)`` is ``3*x^2``."""
    return fold(tree, lambda part, parts: _simpler(rebuilt(part, tuple(parts))))


def _simpler(tree: Tree) -> Tree:
    match tree:
        case Binary("-", Number() as a, Number() as b) if a.is_integer and b.is_integer:
            return _number(a.value - b.value)
        case Binary("-", Unary("-", Number() as a), Number() as b) if a.is_integer and b.is_integer:
            return _number(-a.value - b.value)
        case Binary("^", base, Number("1")):
            return base
        case Binary("^", _, Number("0")):
            return ONE
        case Binary("*", a, b):
            return times(a, b)
        case _:
            return tree


def times(a: Tree, b: Tree) -> Tree:
    """The product, without the factor one and with signs in front."""
    if ZERO in (a, b):
        return ZERO
    if isinstance(a, Unary) and a.operator == "-":
        return _minus(times(a.operand, b))
    if isinstance(b, Unary) and b.operator == "-":
        return _minus(times(a, b.operand))
    if ONE in (a, b):
        return b if a == ONE else a
    if isinstance(a, Number) and isinstance(b, Number) and a.is_integer and b.is_integer:
        return _number(a.value * b.value)
    if isinstance(a, Binary) and a.operator == "/" and a.left == ONE:
        return _over(b, a.right)
    if isinstance(b, Binary) and b.operator == "/" and b.left == ONE:
        return _over(a, b.right)
    if isinstance(b, Number) or (isinstance(b, Binary) and b.operator == "*" and isinstance(b.left, Number)):
        a, b = b, a
    return Binary("*", a, b)


def _over(a: Tree, b: Tree) -> Tree:
    """The quotient, with a whole factor in front cancelled: ``2*x/2`` is ``x``."""
    if _is_negative(a):
        return _minus(_over(_minus(a), b))
    match a, b:
        case Binary("*", Number(is_integer=True) as factor, rest), Number(is_integer=True) if (
            b.value and factor.value % b.value == 0
        ):
            return times(_number(factor.value / b.value), rest)
    return Binary("/", a, b)


def plus(a: Tree, b: Tree) -> Tree:
    """The sum, without zeros, and with a difference where the second is negative."""
    if ZERO in (a, b):
        return b if a == ZERO else a
    opposite = _minus(b)
    if isinstance(a, Number) and isinstance(b, Number) and a.is_integer and b.is_integer:
        return _number(a.value + b.value)
    if not _is_negative(opposite) and _is_negative(b):
        return Binary("-", a, opposite)
    if _is_negative(a) and not _is_negative(b):
        return Binary("-", b, _minus(a))
    return Binary("+", a, b)


def _is_negative(tree: Tree) -> bool:
    """Whether it is written with a minus in front."""
    while isinstance(tree, Binary) and tree.operator in "*/":
        tree = tree.left
    return isinstance(tree, Unary) and tree.operator == "-"


def _minus(tree: Tree) -> Tree:
    """The opposite, with the minus at the first factor."""
    if isinstance(tree, Unary) and tree.operator == "-":
        return tree.operand
    if isinstance(tree, Binary) and tree.operator in "*/":
        return replace(tree, left=_minus(tree.left))
    return Unary("-", tree)


def _bounded(tree: Tree) -> Tree:
    """The tree itself, when it is short enough to be read."""
    for count, _ in enumerate(postorder(tree)):
        if count > LENGTH // 4:
            raise _TooLongError
    return tree
