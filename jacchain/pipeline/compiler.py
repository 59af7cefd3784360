"""One function of the file, compiled for the number of inputs that arrives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jacchain.errors import JacchainError, Problem, Span, counted
from jacchain.expression.arithmetic import Array
from jacchain.expression.blackboard_reader import BlackboardReader, Row
from jacchain.expression.builder import CONSTANTS as BUILT_IN
from jacchain.expression.builder import Builder
from jacchain.expression.graph import Part, Shape, size_of
from jacchain.expression.program import Program, compile_graph
from jacchain.frozen import Frozen
from jacchain.pipeline.constants import Constants
from jacchain.pipeline.ledger import Ledger
from jacchain.pipeline.ranges import bounds_of, scale_of
from jacchain.pipeline.signature import SIZE
from jacchain.pipeline.spec import FunctionSpec, OutputSpec
from jacchain.pipeline.written import Written, with_trap


class Compiled(Frozen):
    """A function for a given number of inputs; ``inputs`` and ``outputs`` name every component, as in :class:`Stage`."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    program: Program
    author: Program | None
    author_spans: tuple[Span, ...]
    scale: Array | None
    bounds: Array | None


class Attempt(Frozen):
    """What came of compiling a function: ``compiled``, or what is wrong.

    ``size`` is how many outputs it has, ``None`` when that is not known; there may be no problems, when the function needs
    something whose mistake has been reported already.
    """

    compiled: Compiled | None
    size: int | None
    problems: tuple[Problem, ...] = ()


def components(name: str, shape: Shape) -> list[str]:
    """The names of the components of a value: ``x``, or ``x[1] … x[n]``."""
    return [f"{name}[{position}]" for position in range(1, shape[0] + 1)] if shape else [name]


def parameter_shapes(function: FunctionSpec, arriving: int) -> list[tuple[str, Shape]]:
    """The parameters with their shapes when ``arriving`` numbers come in."""
    parameters = function.signature.parameters
    if function.signature.takes_all:
        return [(parameters[0].name, () if arriving == 1 else (arriving,))]
    return [(parameter.name, () if parameter.size is None else (parameter.size,)) for parameter in parameters]


def check_names(function: FunctionSpec, constants: Constants, ledger: Ledger) -> None:
    """Writes down parameters and names of ``let`` that hide a constant (an error) or a built-in (a warning)."""
    named = [(parameter.name, parameter.span, "parameter") for parameter in function.signature.parameters]
    named += [(name, span, "name") for name, span, _ in function.lets]
    for name, span, what in named:
        if name in constants.values or name in constants.failed:
            message = f"the {what} `{name}` of `{function.name}` would hide the constant of that name"
            ledger.add(Problem("JC306", message, span, help=f"rename the {what}, or the constant"))
        elif name in BUILT_IN:
            message = f"the {what} `{name}` of `{function.name}` hides the built-in `{name}`"
            ledger.warn(Problem("JC391", message, span, help="choose another name if the built-in is meant"))


def compile_function(function: FunctionSpec, arriving: int, constants: Constants) -> Attempt:
    """The program of a function for ``arriving`` inputs, or all that is wrong with it."""
    shapes = parameter_shapes(function, arriving)
    builder = _Expressions(Builder(shapes, constants.values, constants.budget), constants.failed | function.unread)
    builder.whole = function.whole
    for name, _, expression in function.lets:
        builder.let(name, expression)
    nodes, outputs = builder.outputs(function)
    inputs = tuple(name for parameter, shape in shapes for name in components(parameter, shape))
    size = len(outputs) if builder.whole else None
    author = builder.author(function, len(outputs), len(inputs))
    scale = bounds = None
    with builder.noting():
        scale = scale_of(function, shapes, constants)
    with builder.noting():
        bounds = bounds_of(function, shapes, constants)
    if not builder.whole:
        return Attempt(None, size, tuple(builder.problems))
    program = builder.program(nodes)
    by_hand = builder.program([node for node, _ in author]) if author else None
    compiled = Compiled(inputs, tuple(outputs), program, by_hand, tuple(span for _, span in author), scale, bounds)
    return Attempt(compiled, size)


class _Expressions:
    """The expressions of one function, and what is wrong with them."""

    def __init__(self, builder: Builder, failed: set[str]) -> None:
        self.builder = builder
        self.failed = set(failed)
        self.problems: list[Problem] = []
        self.whole = True
        self.shape = builder.shape

    @contextmanager
    def noting(self, expression: Written | None = None) -> Iterator[None]:
        """Writes down what the block raises."""
        try:
            yield
        except JacchainError as error:
            self.whole = False
            self.problems += (with_trap(error, expression) if expression else error).problems

    def is_known(self, expression: Written) -> bool:
        """Whether everything an expression reads could be worked out; if not, its mistakes are known already."""
        if self.failed and self.failed & expression.names():
            self.whole = False
            return False
        return True

    def let(self, name: str, expression: Written) -> None:
        """Names a sub-expression; when that fails, what needs it is not looked at."""
        if self.is_known(expression):
            with self.noting(expression):
                self.builder.let(name, expression.fragment, expression.tree)
                return
        self.failed.add(name)

    def output(self, expression: Written) -> int | None:
        """The node of an expression, ``None`` when there is none."""
        if self.is_known(expression):
            with self.noting(expression):
                return self.builder.output(expression.fragment, expression.tree)
        return None

    def outputs(self, function: FunctionSpec) -> tuple[list[int], list[str]]:
        """The nodes of the outputs, and the names of all their components."""
        nodes: list[int] = []
        names: list[str] = []
        found: list[tuple[OutputSpec, list[int]]] = []
        for output in function.outputs:
            known = [node for node in map(self.output, output.values) if node is not None]
            shapes = [self.shape(node) for node in known]
            total = sum(map(size_of, shapes))
            with self.noting():
                if len(names) + total > SIZE:
                    raise _too_many(function, len(names) + total)
                names += components(output.name, () if not output.listed and shapes == [()] else (total,))
            nodes += known
            found.append((output, known))
        if function.author is not None:
            self.name(found)
        if len(set(names)) < len(names):
            message = f"two outputs of `{function.name}` have the same name"
            self.refuse(Problem("JC304", message, function.signature.span, help="give each its own name"))
        return nodes, names

    def name(self, outputs: list[tuple[OutputSpec, list[int]]]) -> None:
        """Lets a hand-derived Jacobian speak of the outputs, by names that mean nothing else."""
        for output, nodes in outputs:
            if self.builder.knows(output.name):
                continue
            if len(nodes) < len(output.values):
                self.failed.add(output.name)
            elif output.listed or len(nodes) > 1:
                first = output.values[0]
                self.builder.bind(output.name, self.builder.make.stack(Part(first.fragment, first.tree), list(nodes)))
            elif nodes:
                self.builder.bind(output.name, nodes[0])

    def refuse(self, problem: Problem) -> None:
        """Writes down a problem."""
        self.whole = False
        self.problems.append(problem)

    def author(self, function: FunctionSpec, m: int, n: int) -> Row:
        """The entries of a hand-derived Jacobian, row by row: its nodes, and where each is written."""
        if function.author is None:
            return []
        rows: list[Row] = []
        match function.author.value:
            case Written() as matrix:
                with self.noting(matrix):
                    rows = self.by_hand(matrix).rows(m, n) if self.whole and self.is_known(matrix) else []
            case written:
                rows = [list(self.entries(row, n)) for row in written]
                if m == 1:
                    rows = [[entry for row in rows for entry in row]]
        sizes = [sum(size_of(self.shape(node)) for node, _ in row) for row in rows]
        if self.whole and sizes != [n] * m:
            self.refuse(misshapen(function, rows, sizes, (m, n)))
        return [entry for row in rows for entry in row]

    def entries(self, row: tuple[Written, ...], n: int) -> Iterator[tuple[int, Span]]:
        """The entries of a row that are whole."""
        for entry in row:
            if self.is_known(entry):
                with self.noting(entry):
                    yield self.by_hand(entry).entry(n), entry.span

    def by_hand(self, written: Written) -> BlackboardReader:
        """The reader of a matrix, or of a part of one."""
        return BlackboardReader(self.builder, Part(written.fragment, written.tree))

    def program(self, nodes: list[int]) -> Program:
        """The program whose outputs are the given nodes."""
        return compile_graph(self.builder.graph(nodes))


def misshapen(function: FunctionSpec, rows: list[Row], sizes: list[int], shape: tuple[int, int]) -> Problem:
    """A hand-derived Jacobian whose rows have other sizes than the right one: the first row that has, or all of them."""
    m, n = shape
    assert function.author is not None
    message, span, label = f"the Jacobian of `{function.name}` is {m}×{n}", function.author.span, ""
    way_out = f"write a row for each output ({m}), with an entry for each input ({n})"
    if len(set(sizes)) == 1:
        message += f", this one is {len(sizes)}×{sizes[0]}"
        if isinstance(function.author.value, Written) and sizes == [m] * n:
            way_out = "rows are outputs: `transpose(M)` turns a matrix around, and `u'` is the row of a vector"
    else:
        number = next(number for number, size in enumerate(sizes) if size != n)
        label = counted(sizes[number], "entry")
        message += f", this one has rows of unequal length: row {number + 1} has {label}"
        if row := rows[number]:
            span = Span(span.source, row[0][1].start, row[-1][1].end)
    return Problem("JC330", message, span, label=label, help=way_out)


def _too_many(function: FunctionSpec, count: int) -> JacchainError:
    message = f"`{function.name}` would make {count:,} numbers; the limit is {SIZE:,}"
    return JacchainError(Problem("JC450", message, function.signature.span, help="work with smaller vectors"))
