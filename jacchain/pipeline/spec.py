"""What a pipeline file says, part by part, before any size is known: all names are names, all expressions are expressions."""

from __future__ import annotations

from collections.abc import Iterator

from jacchain.errors import Span
from jacchain.frozen import Frozen
from jacchain.pipeline.document import Node
from jacchain.pipeline.stage import Method
from jacchain.pipeline.written import Values, Written


class ParameterSpec(Frozen):
    """A parameter of a function; ``size`` is ``None`` where none is written."""

    name: str
    size: int | None
    span: Span


class Signature(Frozen):
    """``name(parameters)``."""

    name: str
    parameters: tuple[ParameterSpec, ...]
    span: Span

    @property
    def takes_all(self) -> bool:
        """Whether its only parameter takes whatever arrives."""
        return len(self.parameters) == 1 and self.parameters[0].size is None

    @property
    def size(self) -> int | None:
        """How many numbers it takes, ``None`` for whatever arrives."""
        return None if self.takes_all else sum(parameter.size or 1 for parameter in self.parameters)

    def __str__(self) -> str:
        """As it is written."""
        sizes = (f"{p.name}[{p.size}]" if p.size is not None else p.name for p in self.parameters)
        return f"{self.name}({', '.join(sizes)})"


class OutputSpec(Frozen):
    """One output, or several under one name: ``listed`` when they were written as a list."""

    name: str
    values: tuple[Written, ...]
    listed: bool


class Named(Frozen):
    """Values under a name."""

    name: str
    values: Values
    span: Span


class Component(Frozen):
    """The value of one component of a vector, counted from 1."""

    name: str
    index: int
    value: Written
    span: Span


class Placed(Frozen):
    """Numbers for the inputs of a function: by position, or under the names of its parameters.

    ``components`` are in the place of those that vectors have otherwise.  ``whole`` is false when some of them could not be read.
    """

    span: Span
    positional: Values = ()
    named: tuple[Named, ...] = ()
    whole: bool = True
    components: tuple[Component, ...] = ()


class Author(Frozen):
    """A hand-derived Jacobian: the rows of its entries, or one matrix expression."""

    value: tuple[tuple[Written, ...], ...] | Written
    span: Span


class FunctionSpec(Frozen):
    """A function of the file; ``whole`` is false when a part of it could not be read, ``unread`` are the names lost with it."""

    signature: Signature
    outputs: tuple[OutputSpec, ...] = ()
    lets: tuple[tuple[str, Span, Written], ...] = ()
    author: Author | None = None
    method: Method = "analytic"
    scale: Placed | None = None
    bounds: Node | None = None
    description: str = ""
    whole: bool = True
    unread: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its name."""
        return self.signature.name

    def expressions(self) -> Iterator[Written]:
        """The expressions of its names and outputs."""
        yield from (expression for _, _, expression in self.lets)
        for output in self.outputs:
            yield from output.values


class ConstantSpec(Frozen):
    """A constant of the file and what was written for it."""

    name: str
    value: Node
    span: Span


class Link(Frozen):
    """A place in the chain: which function, and where that is written."""

    function: str
    span: Span


class Spec(Frozen):
    """A pipeline file, read; a link of the chain that could not be read is ``None``."""

    name: str
    description: str
    constants: tuple[ConstantSpec, ...]
    functions: dict[str, FunctionSpec]
    chain: tuple[Link | None, ...]
    at: Placed | None
    span: Span
