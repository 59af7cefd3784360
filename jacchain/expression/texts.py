"""Nodes of a graph as the expressions a person would write for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from jacchain.errors import Fragment
from jacchain.expression.blackboard import REVERSED, picked
from jacchain.expression.builder import CONSTANTS
from jacchain.expression.graph import CONSTANT, INPUT, STACK, Graph, Node
from jacchain.expression.parser import STRENGTH, parse
from jacchain.expression.table import BY_ARITY, FUNCTIONS, ROWS, operation
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Tree, Unary
from jacchain.expression.writer import write

SIZE = 200
"""Parts of an expression up to which anyone reads it."""

LENGTH = 60
"""Characters of a sub-expression that a message shows."""

SHOWN = 8
"""Numbers of a vector without a name that are written out."""

MATRICES = {"diag", "outer", "tril", "transpose"}
"""What is written like a call and is a matrix."""

SPELLED = {operation: name for (name, _), (operation, _) in BY_ARITY.items()}


class TooLongError(Exception):
    """The expression is longer than anyone reads."""


def node_text(graph: Graph, number: int) -> str:
    """A node as a person would write it, cut to a readable length; its parts are called by their names from ``let``."""
    lets = {node: Name(name) for node, name in graph.lets.items() if node != number}
    try:
        text = write(Texts(graph, lets).text(number))
    except TooLongError:
        text = graph.nodes[number].operation
    return text if len(text) <= LENGTH else f"{text[: LENGTH - 1]}…"


def size(tree: Tree) -> int:
    """The number of parts of a tree; raises TooLongError when there are more than anyone reads."""
    count, pending = 0, [tree]
    while pending:
        count += 1
        if count > SIZE:
            raise TooLongError
        pending.extend(pending.pop().children)
    return count


@cache
def read(text: str) -> Tree:
    """An expression that stands in the table, or the name of a matrix, as a tree; each is parsed once."""
    return parse(Fragment.whole(text, "the table"))


class Texts:
    """The expressions of the nodes of a graph, each made once; ``named`` are those that are called by a name."""

    def __init__(self, graph: Graph, named: Mapping[int, Tree]) -> None:
        self.graph = graph
        self.named = named
        self.made: dict[int, Tree] = {}
        self.vectors: set[Tree] = {named[number] for number in named if graph.nodes[number].shape}

    def text(self, number: int) -> Tree:
        """A node as an expression of what has a name.

        Raises TooLongError.
        """
        return self.named.get(number) or self.expression(number)

    def expression(self, number: int) -> Tree:
        """A node as an operation on what has a name, even when it has one itself."""
        wanted: set[int] = set()
        pending = [number]
        while pending:
            node = pending.pop()
            if node not in wanted and node not in self.made:
                wanted.add(node)
                pending.extend(argument for argument in self.graph.nodes[node].arguments if argument not in self.named)
        for node in sorted(wanted):
            self.made[node] = self._written(self.graph.nodes[node])
            size(self.made[node])
            if self.graph.nodes[node].shape:
                self.vectors.add(self.made[node])
        return self.made[number]

    def _written(self, node: Node) -> Tree:
        """A node as an operation on its arguments, which are written already."""
        if node.operation in {INPUT, CONSTANT}:
            return self._leaf(node)
        arguments = tuple(self.named.get(argument) or self.made[argument] for argument in node.arguments)
        match node.operation:
            case "gather":
                return self.indexed(arguments[0], self.selector(node))
            case "stack":
                return stacked(arguments)
            case "matrix":
                return times_matrix(read(node.name), arguments[0])
            case "neg":
                return Unary("-", arguments[0])
            case "not":
                return Unary("not", arguments[0])
            case "^n":
                return Binary("^", arguments[0], arguments[1])
            case operation if operation in STRENGTH:
                return Binary(operation, arguments[0], arguments[1])
            case operation:
                return Call(SPELLED.get(operation, operation), arguments)

    def _leaf(self, node: Node) -> Tree:
        """The name of an input or a constant, or its numbers."""
        if node.name:
            return read(node.name)
        assert node.data is not None
        if node.size > SHOWN:
            raise TooLongError
        numbers = tuple(numeral(float(value)) for value in node.data.reshape(-1))
        return Stack(numbers) if node.shape else numbers[0]

    def is_vector(self, tree: Tree) -> bool:
        """Whether an elementwise expression has several components."""
        pending = [tree]
        while pending:
            part = pending.pop()
            match part:
                case Stack():
                    return True
                case _ if part in self.vectors:
                    return True
                case Binary("@"):
                    return True
                case Index(base, (Slice() | Stack(),)):
                    return True
                case Index(base, (_,)):
                    if not self.is_vector(base):
                        return True  # a row of a matrix
                case Call(name) if name in MATRICES or form(name, len(part.arguments)) == "row":
                    continue
                case _:
                    pending.extend(part.children)
        return False

    def indexed(self, tree: Tree, chosen: Tree) -> Tree:
        """The chosen components of an elementwise expression, the index written at the vectors themselves."""
        if not self.is_vector(tree):
            return tree
        match tree:
            case Stack(items) if isinstance(chosen, Number) and not any(self.is_vector(item) for item in items):
                return items[int(chosen.text) - 1]
            case Unary("-"):
                return Unary("-", self.indexed(tree.operand, chosen))
            case Binary(operator) if operator != "@":
                return Binary(operator, self.indexed(tree.left, chosen), self.indexed(tree.right, chosen))
            case Call(name) if form(name, len(tree.arguments)) == "diagonal":
                return Call(name, tuple(self.indexed(argument, chosen) for argument in tree.arguments))
            case _:
                return picked(tree, chosen)

    def selector(self, node: Node) -> Tree:
        """What a gather picks, as it is written between brackets."""
        assert node.data is not None
        components = [int(component) + 1 for component in node.data.reshape(-1)]
        if not node.shape:
            return Number(str(components[0]))
        if components == list(range(components[0], components[-1] + 1)):
            return Slice(Number(str(components[0])), Number(str(components[-1])))
        if components == list(range(self.graph.nodes[node.arguments[0]].size, 0, -1)):
            return REVERSED
        if len(components) > SHOWN:
            raise TooLongError
        return Stack(tuple(Number(str(component)) for component in components))


def stacked(items: Sequence[Tree]) -> Stack:
    """One list of all items, those of lists among them included."""
    return Stack(tuple(part for item in items for part in (item.items if isinstance(item, Stack) else (item,))))


def times_matrix(matrix: Tree, vector: Tree) -> Tree:
    """``W @ v``, or ``v @ W`` for the transpose of W."""
    match matrix:
        case Call("transpose", (turned,)):
            return Binary("@", vector, turned)
        case _:
            return Binary("@", matrix, vector)


def form(name: str, count: int) -> str:
    """The form of a function of the table called with so many arguments, or ``""``."""
    found = operation(name, count) if name in FUNCTIONS else None
    return ROWS[found].form if found else ""


def numeral(value: float) -> Tree:
    """A double as a literal that reads back as the same double."""
    text = str(int(abs(value))) if value.is_integer() and abs(value) < 1e15 else repr(abs(value))
    return Unary("-", Number(text)) if value < 0 else Number(text)


def named_nodes(graph: Graph, names: Sequence[str]) -> dict[int, Tree]:
    """The nodes that are called by a name: those named with ``let``, and outputs whose component names are given.

    A name that means something else in the expressions names no output.
    """
    named: dict[int, Tree] = {number: Name(name) for number, name in graph.lets.items()}
    taken = taken_names(graph)
    first = 0
    for number in items(graph):
        node = graph.nodes[number]
        own = names[first : first + node.size]
        first += node.size
        name = _common(names, own) if node.shape else (own[0] if own else "")
        base = name.partition("[")[0]
        if name and base not in taken and node.arguments:
            named.setdefault(number, read(name))
    return named


def taken_names(graph: Graph) -> set[str]:
    """The names that mean something in the expressions of a graph, or always."""
    names = {*FUNCTIONS, *CONSTANTS, *graph.lets.values(), *(parameter.name for parameter in graph.parameters)}
    return names | {node.name for node in graph.nodes if node.name}


def _common(names: Sequence[str], own: Sequence[str]) -> str:
    """The name of which the given ones are all the components, or ``""``."""
    base = own[0].partition("[")[0] if own else ""
    whole = [f"{base}[{place}]" for place in range(1, len(own) + 1)]
    return base if list(own) == whole and f"{base}[{len(own) + 1}]" not in names else ""


def items(graph: Graph) -> list[int]:
    """The outputs, lists taken apart."""
    found = []
    pending = list(reversed(graph.outputs))
    while pending:
        number = pending.pop()
        node = graph.nodes[number]
        if node.operation == STACK:
            pending.extend(reversed(node.arguments))
        else:
            found.append(number)
    return found
