"""The derivative as a person would write it, in the language itself.

The Jacobian of a function is a block for every output and every parameter; a parameter of which only components are used
counts as its components, and an output that is a list as its items.  Between scalars the blocks are the entries; for vector
functions they are one matrix expression, ``diag(1 - hidden^2) @ W``.  Beyond the language stand ``I``, ``diag(u)``,
``outer(u, v)``, ``u'``, a row, and ``prod_others(u)``, for each component the product of all others; a number among vectors
stands for as many of it as there are components.
Outputs and names from ``let`` are called by their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial

from jacchain.expression.algebra import ONE, ZERO, number_of, plus, summands, times, written
from jacchain.expression.blackboard import (
    IDENTITY,
    WHOLE,
    Block,
    Link,
    added,
    block_text,
    dot,
    multiplied,
    rows_of,
    scaled,
    vector_in,
)
from jacchain.expression.graph import CONDITIONS, GATHER, INPUT, Graph, Node
from jacchain.expression.table import ROWS
from jacchain.expression.texts import (
    SHOWN,
    Texts,
    TooLongError,
    items,
    named_nodes,
    read,
    size,
    stacked,
    taken_names,
    times_matrix,
)
from jacchain.expression.tree import Binary, Call, Name, Number, Stack, Tree, Unary, fold, rebuilt
from jacchain.expression.writer import write
from jacchain.frozen import Frozen

BLOCKS, LENGTH = 400, 240
"""Blocks of a Jacobian, and characters of each, up to which it is written."""

SHORT = 4
"""Components of a vector up to which products of them are written out."""

WORK = 10_000
"""Parts of expressions that are looked at before a formula is given up."""


class Formula(Frozen, eq=True):
    """A Jacobian on the blackboard: entry by entry, or as one matrix expression."""

    entries: tuple[tuple[str, ...], ...] | None = None
    matrix: str | None = None


class _Unit(Frozen, eq=True):
    """What is differentiated by: a whole parameter, or one component of it (from 0); ``wide`` is a whole vector."""

    node: int
    component: int | None = None
    wide: bool = False


def derivative_formula(graph: Graph, names: Sequence[str] = ()) -> Formula | None:
    """The formula of the Jacobian of a graph whose output components have the given names.

    None where it would be too long to read.
    """
    outputs = items(graph)
    if len(graph.parameters) * len(outputs) > BLOCKS:
        return None
    units = _units(graph)
    if len(units) * len(outputs) > BLOCKS:
        return None
    writer = _Writer(graph, named_nodes(graph, names))
    try:
        blocks = [[writer.derivative(output, unit) for unit in units] for output in outputs]
        heights = [graph.nodes[output].size for output in outputs]
        widths = [graph.nodes[unit.node].size if unit.wide else 1 for unit in units]
        entries = _entries(blocks, heights, widths)
        texts = [[writer.spelled(block) for block in row] for row in entries or blocks]
    except TooLongError:
        return None
    if entries is not None:
        return Formula(entries=tuple(map(tuple, texts)))
    rows = [f"[{', '.join(row)}]" for row in texts]
    matrix = texts[0][0] if len(outputs) == len(units) == 1 else f"[{', '.join(rows)}]"
    return Formula(matrix=matrix) if len(matrix) <= 2 * LENGTH else None


def _entries(blocks: list[list[Tree]], heights: list[int], widths: list[int]) -> list[list[Tree]] | None:
    """Every entry, where the blocks are numbers, zeros, identities and lists; None where they are more than that, or too many."""
    if sum(heights) * sum(widths) > BLOCKS or (len(heights) == len(widths) == 1 and heights != widths):
        return None
    rows: list[list[Tree]] = []
    for line, m in zip(blocks, heights, strict=True):
        parts = [_expanded(block, m, n) for block, n in zip(line, widths, strict=True)]
        if (m > 1 and len(parts) == len(heights) == 1) or None in parts:
            return None
        rows += [[entry for part in parts if part for entry in part[i]] for i in range(m)]
    return rows


def _expanded(block: Tree, m: int, n: int) -> list[list[Tree]] | None:
    """The m x n entries of a block, None where it is written as a matrix."""
    if m == n == 1:
        return [[block]]
    if block == ZERO:
        return [[ZERO] * n] * m
    if block == IDENTITY and m == n:
        return [[ONE if i == j else ZERO for j in range(n)] for i in range(m)]
    if n == 1 and number_of(block) is not None:
        return [[block]] * m
    if n == 1 and isinstance(block, Stack) and len(block.items) == m:
        return [[item] for item in block.items]
    return None


def _units(graph: Graph) -> list[_Unit]:
    """What is differentiated by, in the order of the inputs: a vector of which only components are read counts as those."""
    numbers = {node.name: number for number, node in enumerate(graph.nodes) if node.operation == INPUT}
    whole = {argument for node in graph.nodes for argument in node.arguments if node.operation != GATHER or node.shape}
    whole.update(graph.outputs)
    units = []
    for parameter in graph.parameters:
        number = numbers[parameter.name]
        if parameter.shape and number not in whole and parameter.size <= BLOCKS:
            units += [_Unit(number, component) for component in range(parameter.size)]
        else:
            units.append(_Unit(number, wide=bool(parameter.shape)))
    return units


class _Writer:
    """The derivatives of the nodes of a graph by its units, each once, nodes before those that need them."""

    def __init__(self, graph: Graph, named: dict[int, Tree]) -> None:
        self.graph = graph
        self.texts = Texts(graph, named)
        self.is_vector = self.texts.is_vector
        self.columns: dict[tuple[int, _Unit], Tree] = {}
        self.blocks: dict[tuple[int, _Unit], Block] = {}
        self.ancestors = cache(graph.ancestors)
        self.work = 0
        self.identity = "I" if "I" not in taken_names(graph) else "Id"

    def derivative(self, output: int, unit: _Unit) -> Tree:
        """The derivative of an output by a unit."""
        for number in self.ancestors(output):
            if unit.wide and (number, unit) not in self.blocks:
                self.blocks[number, unit] = self.block(number, unit)
                self.follow(block_text(self.blocks[number, unit]))
            elif not unit.wide and (number, unit) not in self.columns:
                self.columns[number, unit] = self.follow(self.column(number, unit))
        return block_text(self.blocks[output, unit]) if unit.wide else self.columns[output, unit]

    def follow(self, tree: Tree) -> Tree:
        """The tree itself, unless it, or all there were together, are more than anyone reads."""
        if tree != ZERO:
            self.work += size(tree)
        if self.work > WORK:
            raise TooLongError
        return tree

    def spelled(self, block: Tree) -> str:
        """A block as text, with the identity by the letter that is free for it."""
        named = fold(block, lambda part, parts: Name(self.identity) if part == IDENTITY else rebuilt(part, tuple(parts)))
        text = write(named)
        if len(text) > LENGTH:
            raise TooLongError
        return text

    def local(self, number: int, position: int) -> Tree:
        """One partial of the table with the arguments written in."""
        node, text = self.graph.nodes[number], self.texts.text
        row = ROWS[node.operation]
        if node.operation in {"max", "min"} and len(node.arguments) > 2:
            return Call("where", (Binary("==", text(node.arguments[position]), text(number)), ONE, ZERO))
        if node.operation == "prod" and (others := self.others(node.arguments[0])):
            return Stack(others)
        names = row.parameters.split(", ")
        scope = {name: text(argument) for name, argument in zip(names, node.arguments, strict=False)}
        scope.setdefault("n", Number(str(self.graph.nodes[node.arguments[0]].size)))
        literals = {name: tree for name, tree in scope.items() if number_of(tree) is not None}
        tree = fold(substituted(read(row.shown[position]), literals), _tidied)
        tree = substituted(tree, {name: tree for name, tree in scope.items() if name not in literals})
        if number not in self.texts.named:
            return tree
        own = self.texts.expression(number)
        return fold(tree, lambda part, parts: text(number) if part == own else rebuilt(part, tuple(parts)))

    def others(self, vector: int) -> tuple[Tree, ...]:
        """For each component of a short vector, the product of all others; of a longer one nothing."""
        count = self.graph.nodes[vector].size
        if not 1 < count <= SHORT:
            return ()
        own = [self.texts.indexed(self.texts.text(vector), Number(str(place + 1))) for place in range(count)]
        return tuple(times(*own[:place], *own[place + 1 :]) for place in range(count))

    def column(self, number: int, unit: _Unit) -> Tree:
        """The derivative by a number: an expression of the shape of the node."""
        node = self.graph.nodes[number]
        if number == unit.node and unit.component is None:
            return ONE
        if node.operation == GATHER and node.arguments[0] == unit.node and unit.component is not None:
            assert node.data is not None
            return ONE if int(node.data.flat[0]) == unit.component else ZERO
        if not node.varies or node.operation in CONDITIONS or node.operation == INPUT:
            return ZERO
        parts = [self.columns[argument, unit] for argument in node.arguments]
        if all(part == ZERO for part in parts):
            return ZERO
        match node.operation:
            case "matrix":
                return times_matrix(read(node.name), parts[0])
            case "gather":
                return self.texts.indexed(parts[0], self.texts.selector(node))
            case "stack":
                return self.stacked(node, parts)
            case "where":
                chosen = Call("where", (self.texts.text(node.arguments[0]), parts[1], parts[2]))
                return parts[1] if parts[1] == parts[2] else chosen
        terms = [self.column_term(number, position, part) for position, part in enumerate(parts) if part != ZERO]
        return plus(*terms) if len(terms) > 1 else terms[0]

    def column_term(self, number: int, position: int, part: Tree) -> Tree:
        """One argument's share in the derivative by a number."""
        node, local = self.graph.nodes[number], self.local(number, position)
        argument = self.graph.nodes[node.arguments[position]]
        form = ROWS[node.operation].form
        if form == "row" and argument.shape:
            return dot(local, part, self.is_vector, argument.size)
        if form == "full" and argument.shape:
            return Binary("@", local, part)
        return part if local == ONE else times(local, part)

    def stacked(self, node: Node, parts: list[Tree]) -> Tree:
        """A list of columns, numbers that stand for several written out."""
        items: list[Tree] = []
        for argument, part in zip(node.arguments, parts, strict=True):
            size = self.graph.nodes[argument].size
            count = 1 if self.is_vector(part) else size
            if count > SHOWN:
                raise TooLongError
            items += [part] * count
        return stacked(items)

    def below(self, node: Node, parts: list[Block]) -> Tree:
        """A list of blocks one below the other, a zero for each row of them."""
        sizes = [self.graph.nodes[argument].size for argument in node.arguments]
        if sum(size for size, part in zip(sizes, parts, strict=True) if not part) > SHOWN:
            raise TooLongError
        lists = [(block_text(part),) if part else (ZERO,) * size for size, part in zip(sizes, parts, strict=True)]
        return stacked([tree for trees in lists for tree in trees])

    def block(self, number: int, unit: _Unit) -> Block:
        """The derivative by a whole vector."""
        node = self.graph.nodes[number]
        if number == unit.node:
            return WHOLE
        if not node.varies or node.operation in CONDITIONS or node.operation == INPUT:
            return ()
        parts = [self.blocks[argument, unit] for argument in node.arguments]
        if not any(parts):
            return ()
        match node.operation:
            case "matrix":
                return multiplied(Link("matrix", read(node.name)), parts[0], self.is_vector)
            case "gather":
                chosen = self.texts.selector(node)
                return rows_of(parts[0], chosen, partial(self.texts.indexed, chosen=chosen), one=not node.shape)
            case "stack":
                return multiplied(Link("matrix", self.below(node, parts)), WHOLE, self.is_vector)
            case "where":
                return self.choice(node, parts[1], parts[2])
        terms = [self.block_term(number, position, part) for position, part in enumerate(parts) if part]
        return added(terms, self.is_vector)

    def block_term(self, number: int, position: int, part: Block) -> Block:
        """One argument's share in the derivative by a whole vector."""
        node, local = self.graph.nodes[number], self.local(number, position)
        argument = self.graph.nodes[node.arguments[position]]
        if not argument.shape:
            return multiplied(Link("column", local), part, self.is_vector) if node.shape else scaled(part, local)
        kind = {"row": "row", "full": "matrix", "diagonal": "diag"}[ROWS[node.operation].form]
        return multiplied(Link(kind, local), part, self.is_vector, argument.size)

    def choice(self, node: Node, yes: Block, no: Block) -> Block:
        """Row by row the one or the other."""
        condition = self.texts.text(node.arguments[0])
        kind = "diag" if node.shape else "row"
        a, b = vector_in(yes, kind), vector_in(no, kind)
        if a is not None and b is not None:
            return multiplied(Link(kind, Call("where", (condition, a, b))), WHOLE, self.is_vector)
        chosen = Call("where", (condition, block_text(yes), block_text(no)))
        return multiplied(Link("matrix", chosen), WHOLE, self.is_vector)


def substituted(tree: Tree, scope: Mapping[str, Tree]) -> Tree:
    """The tree with names replaced by trees."""
    return fold(tree, lambda part, parts: scope.get(part.name, part) if isinstance(part, Name) else rebuilt(part, tuple(parts)))


def _tidied(part: Tree, parts: list[Tree]) -> Tree:
    """A part of a shown derivative with its numbers worked out: ``x^(3 - 1)`` is ``x^2``."""
    tree = rebuilt(part, tuple(parts))
    if isinstance(tree, Binary | Unary) and tree.operator in {"+", "-", "*", "/", "^"}:
        return written(summands(tree))
    return tree
