"""One function of the file, compiled for the number of inputs that arrives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jacchain.errors import JacchainError, Problem
from jacchain.expression.arithmetic import Array
from jacchain.expression.builder import CONSTANTS as BUILT_IN
from jacchain.expression.builder import Budget, Builder
from jacchain.expression.graph import Shape
from jacchain.expression.program import Program, compile_graph
from jacchain.pipeline.constants import Constants
from jacchain.pipeline.ledger import Ledger
from jacchain.pipeline.ranges import bounds_of, scale_of
from jacchain.pipeline.signature import SIZE
from jacchain.pipeline.spec import FunctionSpec
from jacchain.pipeline.written import Written, with_truth


@dataclass(frozen=True, eq=False)
class Compiled:
    """A function for a given number of inputs; ``inputs`` and ``outputs`` name every component."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    program: Program
    author: Program | None
    scale: Array | None
    bounds: Array | None


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


def compile_function(function: FunctionSpec, arriving: int, constants: Constants, budget: Budget) -> Compiled:
    """The program of a function for ``arriving`` inputs.

    Raises JacchainError with every mistake in it; with none at all when it needs something whose mistake is known already.
    """
    shapes = parameter_shapes(function, arriving)
    builder = _Expressions(Builder(shapes, constants.values, budget), constants.failed)
    for name, _, expression in function.lets:
        builder.let(name, expression)
    nodes: list[int] = []
    outputs: list[str] = []
    for output in function.outputs:
        built = [builder.output(expression) for expression in output.values]
        known = [node for node in built if node is not None]
        sizes = [builder.shape(node) for node in known]
        total = sum(shape[0] if shape else 1 for shape in sizes)
        if len(outputs) + total > SIZE:
            raise _too_many(function, len(outputs) + total)
        outputs += components(output.name, () if not output.listed and sizes == [()] else (total,))
        nodes += known
    if len(set(outputs)) < len(outputs):
        message = f"two outputs of `{function.name}` have the same name"
        builder.problems.append(Problem("JC304", message, function.signature.span, help="give each its own name"))
    inputs = tuple(name for parameter, shape in shapes for name in components(parameter, shape))
    author = builder.author(function, len(outputs), len(inputs)) if function.author_span else []
    scale = bounds = None
    with builder.noting():
        scale = scale_of(function, shapes, constants)
    with builder.noting():
        bounds = bounds_of(function, shapes, constants)
    builder.settle()
    return Compiled(inputs, tuple(outputs), builder.program(nodes), builder.program(author) if author else None, scale, bounds)


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
            self.problems += (with_truth(error, expression) if expression else error).problems

    def settle(self) -> None:
        """Raises what is wrong."""
        if not self.whole or self.problems:
            raise JacchainError(*self.problems)

    def is_known(self, expression: Written) -> bool:
        """Whether everything an expression reads could be worked out; if not, its mistakes are known already."""
        known = not self.failed & expression.names()
        self.whole = self.whole and known
        return known

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

    def author(self, function: FunctionSpec, m: int, n: int) -> list[int]:
        """The nodes of the entries of a hand-derived Jacobian, row by row."""
        rows = function.author
        if m == 1 and len(rows) != 1:
            rows = (tuple(entry for row in rows for entry in row),)
        found: list[int] = []
        sizes: list[int] = []
        for row in rows:
            nodes = [node for node in map(self.output, row) if node is not None]
            sizes.append(sum(shape[0] if shape else 1 for shape in map(self.shape, nodes)))
            found += nodes
        if self.whole and sizes != [n] * m:
            shape = f"{len(sizes)}×{sizes[0]}" if sizes and len(set(sizes)) == 1 else f"{len(sizes)} rows of unequal length"
            message = f"the Jacobian of `{function.name}` is {m}×{n}, this one is {shape}"
            way_out = f"write {m} row(s), one for each output, of {n} entries, one for each input"
            self.problems.append(Problem("JC330", message, function.author_span, help=way_out))
        return found

    def program(self, nodes: list[int]) -> Program:
        """The program whose outputs are the given nodes."""
        return compile_graph(self.builder.graph(nodes))


def _too_many(function: FunctionSpec, count: int) -> JacchainError:
    message = f"`{function.name}` would make {count:,} numbers; the limit is {SIZE:,}"
    return JacchainError(Problem("JC450", message, function.signature.span, help="work with smaller vectors"))
