"""The derivative as a person would write it, in the language itself.

The Jacobian of a function is a block for every output and every parameter; a parameter of which only components are used
counts as its components.  Between scalars the blocks are the entries; for one vector function they are one matrix expression,
``diag(1 - tanh(W @ v + b)^2) @ W``.  Beyond the language stand ``I``, ``diag(u)``, ``outer(u, v)`` and ``u'``, a row; ``1`` is
also the column of ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jacchain.errors import Fragment
from jacchain.expression.algebra import (
    ONE,
    ZERO,
    cofactor,
    diagonal,
    minus,
    numeral,
    on_diagonal,
    plus,
    substitute,
    tidy,
    times,
    transposed,
    turned,
)
from jacchain.expression.graph import CONDITIONS, CONSTANT, GATHER, INPUT, MATRIX, STACK, WHERE, Graph, Node, Shape
from jacchain.expression.parser import STRENGTH, parse
from jacchain.expression.table import BY_ARITY, ROWS
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Tree, Unary, postorder
from jacchain.expression.writer import write

LENGTH, BLOCKS, WORK = 500, 400, 30_000
"""Parts an entry may have, blocks a Jacobian, and parts that are looked at in all, before a formula is too long to read."""

IDENTITY, ONES = Name("I"), Name("1")


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
        blocks = [[turned(writer.block(output, unit)) for unit in units] for output in graph.outputs]
    except _TooLongError:
        return None
    entries = _entries(blocks, [graph.nodes[output].shape for output in graph.outputs], [unit.shape for unit in units])
    if entries is not None and blocks != [[IDENTITY]]:
        return Formula(entries=entries)
    written = [[write(block) for block in line] for line in blocks]
    rows = ", ".join(f"[{', '.join(line)}]" if len(line) > 1 else line[0] for line in written)
    return Formula(matrix=rows if len(blocks) == 1 else f"[{rows}]")


def _entries(blocks: list[list[Tree]], outputs: list[Shape], inputs: list[Shape]) -> tuple[tuple[str, ...], ...] | None:
    """Every entry, where the blocks are numbers, zeros and identities; None where they are more than that, or too many."""
    heights, widths = ([shape[0] if shape else 1 for shape in shapes] for shapes in (outputs, inputs))
    if sum(heights) * sum(widths) > BLOCKS:
        return None
    entries = [["0"] * sum(widths) for _ in range(sum(heights))]
    for row, (line, output) in enumerate(zip(blocks, outputs, strict=True)):
        for column, (block, given) in enumerate(zip(line, inputs, strict=True)):
            top, left = sum(heights[:row]), sum(widths[:column])
            if block == IDENTITY and output == given:
                for i in range(heights[row]):
                    entries[top + i][left + i] = "1"
            elif not output and not given:
                entries[top][left] = write(block)
            elif not given and isinstance(block, Stack) and len(block.items) == heights[row]:
                for i, item in enumerate(block.items):
                    entries[top + i][left] = write(item)
            elif block != ZERO:
                return None
    return tuple(map(tuple, entries))


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
    shape: Shape = ()


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
    return [_Unit(number, shape=parameter.shape)]


class _Blackboard:
    """The nodes of a graph written as trees, and their derivatives, each once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.work = 0
        self.written: dict[int, Tree] = {}
        self.partials: dict[tuple[int, int], tuple[Tree, bool]] = {}
        self.blocks: dict[tuple[int, _Unit], Tree] = {}

    def block(self, output: int, unit: _Unit) -> Tree:
        """The derivative of a node by a unit; the nodes before it are done first, so depth does not matter."""
        for number in range(output + 1):
            if (number, unit) not in self.blocks:
                self.blocks[number, unit] = self.bounded(self.derivative(number, unit))
        return self.blocks[output, unit]

    def text(self, number: int) -> Tree:
        """A node as an expression of the parameters."""
        for earlier in range(len(self.written), number + 1):
            self.written[earlier] = self.bounded(self.expression(self.graph.nodes[earlier]))
        return self.written[number]

    def bounded(self, tree: Tree) -> Tree:
        """The tree itself, when it is short enough to be read."""
        size = sum(1 for _, _ in zip(range(LENGTH + 1), postorder(tree), strict=False))
        self.work += size
        if size > LENGTH or self.work > WORK:
            raise _TooLongError
        return tree

    def expression(self, node: Node) -> Tree:
        arguments = tuple(self.written[argument] for argument in node.arguments)
        if node.name and node.operation in {INPUT, CONSTANT}:
            return Name(node.name)
        if node.operation == CONSTANT:
            assert node.data is not None
            items = tuple(numeral(float(value)) for value in node.data.reshape(-1)[:8])
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
        return self.chained(number, parts, unit)

    def chained(self, number: int, parts: list[Tree], unit: _Unit) -> Tree:
        node = self.graph.nodes[number]
        if node.operation == MATRIX:
            return _after(Name(node.name), parts[0])
        if node.operation == GATHER:
            return Index(parts[0], (_selector(node),))
        if node.operation == STACK:
            return Stack(tuple(parts))
        if node.operation == WHERE:
            return self.choice(node.arguments[0], parts[1], parts[2])
        total: Tree = ZERO
        for position, part in enumerate(parts):
            if part != ZERO:
                term = self.term(number, position, part, unit)
                total = _added(total, term) if node.shape else plus(total, term)
        return total

    def choice(self, condition: int, a: Tree, b: Tree) -> Tree:
        """The derivative of the branch that is taken, component by component where the condition is a vector."""
        columns = [ZERO if branch == ZERO else on_diagonal(branch, IDENTITY) for branch in (a, b)]
        if not self.graph.nodes[condition].shape or columns[0] is None or columns[1] is None:
            return Call("where", (self.text(condition), a, b))
        return diagonal(Call("where", (self.text(condition), columns[0], columns[1])))

    def term(self, number: int, position: int, part: Tree, unit: _Unit) -> Tree:
        """One partial of the table times the derivative of the argument."""
        node = self.graph.nodes[number]
        form, argument = ROWS[node.operation].form, self.graph.nodes[node.arguments[position]]
        local, wide = self.partial(number, position)
        if form == "row":
            return _row_after(local, part)
        if node.shape and not argument.shape and unit.shape and not wide:
            local = times(local, ONES)
        elif node.shape and (form == "full" or (argument.shape and wide)):
            return _after(local if form == "full" else diagonal(local), part)
        return times(local, part)

    def partial(self, number: int, position: int) -> tuple[Tree, bool]:
        """One partial of the table with the arguments written in, and whether it differs from component to component."""
        if (number, position) not in self.partials:
            self.partials[number, position] = self.written_out(self.graph.nodes[number], number, position)
        return self.partials[number, position]

    def written_out(self, node: Node, number: int, position: int) -> tuple[Tree, bool]:
        own = self.text(number)
        arguments = [self.graph.nodes[argument] for argument in node.arguments]
        if node.operation in {"max", "min"} and len(arguments) > 2:
            return Call("where", (Binary("==", self.written[node.arguments[position]], own), ONE, ZERO)), bool(node.shape)
        row = ROWS[node.operation]
        shown = _shown(row.shown[position])
        names = row.parameters.split(", ")
        used = {part.name for part in postorder(shown) if isinstance(part, Name)}
        wide = any(argument.shape for name, argument in zip(names, arguments, strict=False) if name in used)
        scope: dict[str, Tree] = {"n": Number(str(arguments[position].size))}
        scope |= {name: self.written[argument] for name, argument in zip(names, node.arguments, strict=False)}
        return self.bounded(tidy(substitute(shown, scope))), wide


def _added(a: Tree, b: Tree) -> Tree:
    """The sum of two matrices; that of two diagonals is one."""
    if a == ZERO:
        return b
    columns = [on_diagonal(matrix, IDENTITY) for matrix in (a, b)]
    identities = [cofactor(matrix, IDENTITY) for matrix in (a, b)]
    if columns[0] is None or columns[1] is None or None not in identities:
        return plus(a, b)
    return diagonal(plus(columns[0], columns[1]))


def _after(local: Tree, part: Tree) -> Tree:
    """The matrix product, with multiples of the identity and products of diagonals worked out."""
    if (factor := cofactor(part, IDENTITY)) is not None:
        return times(factor, local)
    left, right = (on_diagonal(matrix, IDENTITY) for matrix in (local, part))
    if left is not None and right is not None:
        return diagonal(times(left, right))
    match part:
        case Unary("-", operand):
            return minus(_after(local, operand))
        case Binary("@", before, after):
            return times(ONE, Binary("@", _after(local, before), after))
        case _:
            return times(ONE, Binary("@", local, part))


def _row_after(local: Tree, part: Tree) -> Tree:
    """The row ``local'`` times a matrix; its product with a diagonal is a row."""
    if isinstance(part, Binary) and part.operator == "@":
        return times(ONE, Binary("@", _row_after(local, part.left), part.right))
    column = on_diagonal(part, IDENTITY)
    if column is None or cofactor(part, IDENTITY) is not None:
        return _after(transposed(local), part)
    return transposed(times(local, column))


def _selector(node: Node) -> Tree:
    assert node.data is not None
    components = [int(component) + 1 for component in node.data.reshape(-1)]
    if not node.shape:
        return Number(str(components[0]))
    if components == list(range(components[0], components[-1] + 1)):
        return Slice(Number(str(components[0])), Number(str(components[-1])))
    return Stack(tuple(Number(str(component)) for component in components[:8]))


@cache
def _shown(text: str) -> Tree:
    return parse(Fragment.whole(text, "table"))
