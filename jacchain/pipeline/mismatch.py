"""Where two functions of the chain do not fit together: said with both places, and with the sizes on the way."""

from __future__ import annotations

from collections.abc import Iterator

from jacchain.errors import Problem, Span, counted
from jacchain.expression.tree import Binary, Index, Name, Tree, postorder
from jacchain.frozen import Frozen, replace
from jacchain.pipeline.constants import Constants
from jacchain.pipeline.spec import FunctionSpec


class Arrival(Frozen, eq=True):
    """What reaches a function: how many numbers (``None`` when that is not known), from where, and the sizes so far.

    ``producer`` is the function before it, ``None`` where the point arrives; ``span`` is the place of either.
    """

    count: int | None
    producer: FunctionSpec | None = None
    span: Span | None = None
    history: tuple[str, ...] = ()

    def related(self) -> tuple[tuple[Span, str], ...]:
        """The place that the numbers come from, and how many they are."""
        if self.span is None or self.count is None:
            return ()
        return ((self.span, f"{'produces' if self.producer else 'has'} {counted(self.count)}"),)

    def shapes_so_far(self, function: FunctionSpec) -> str:
        """The sizes on the way to a function, as a note."""
        return f"shapes so far  {' -> '.join(self.history)} -> {function.name}:?"

    def clash(self, function: FunctionSpec, due: int) -> str:
        """The message for a function that takes ``due`` numbers."""
        what = f"cannot follow `{self.producer.name}`" if self.producer else "does not fit the point"
        return f"`{function.name}` {what}: it takes {counted(due)}, gets {self.count:,}"

    def way_out(self, due: int) -> str:
        """How to make ``due`` numbers arrive."""
        return f"make `{self.producer.name}` produce {counted(due)}" if self.producer else f"give the point {counted(due)}"


def wrong_count(function: FunctionSpec, due: int, arrival: Arrival, meet: Span) -> Problem | None:
    """The problem of a function that takes another number of inputs than the one before it makes, if it does."""
    if arrival.producer is None or arrival.count is None or arrival.count == due:
        return None
    own = function.signature.span
    return Problem(
        "JC201",
        arrival.clash(function, due),
        own,
        f"takes {counted(due)}",
        (*arrival.related(), *(((meet, "they meet here"),) if meet != own else ())),
        f"declare the parameters of `{function.name}` for {counted(arrival.count)}, or {arrival.way_out(due)}",
        (arrival.shapes_so_far(function),),
    )


def misfit(problem: Problem, function: FunctionSpec, arrival: Arrival, constants: Constants) -> Problem:
    """A problem inside a function; where it is one of the size that arrives, with the place that it arrives from."""
    if problem.code not in {"JC203", "JC204", "JC207"} or not function.signature.takes_all or not _reads_all(problem, function):
        return problem
    note = arrival.shapes_so_far(function)
    problem = replace(problem, related=(*problem.related, *arrival.related()))
    matrix = _factor(problem, function, constants)
    if matrix is None or arrival.count is None:
        return replace(problem, notes=(*problem.notes, note))
    name, rows, columns = matrix
    return replace(
        problem,
        code="JC201",
        message=arrival.clash(function, columns),
        label=f"{name} is {rows}×{columns}: takes a vector of length {columns}",
        help=f"give `{name}` {counted(arrival.count, 'column')}, or {arrival.way_out(columns)}",
        notes=(note,),
    )


def _reads_all(problem: Problem, function: FunctionSpec) -> bool:
    """Whether the part that a problem points at works on the parameter itself, so that its size is the one that arrives."""
    parameter = function.signature.parameters[0].name
    children = (child for part in _parts_at(problem, function) for child in part.children)
    return any(isinstance(child, Name) and child.name == parameter for child in children)


def _factor(problem: Problem, function: FunctionSpec, constants: Constants) -> tuple[str, int, int] | None:
    """The matrix and its shape when the problem is a constant matrix times the whole parameter."""
    parameter = function.signature.parameters[0].name
    for part in _parts_at(problem, function):
        match part:
            case Binary("@", Name(name), Name(vector)) if vector == parameter and name in constants.values:
                matrix = constants.values[name]
                if matrix.ndim == 2:
                    return name, matrix.shape[0], matrix.shape[1]
    return None


def _parts_at(problem: Problem, function: FunctionSpec) -> Iterator[Tree]:
    """The parts of the expressions of a function that a problem points at, or at a selector of which it does."""
    for expression in function.expressions():
        for part in postorder(expression.tree):
            places = (part, *part.selectors) if isinstance(part, Index) else (part,)
            if any(expression.fragment.span(place.start, place.end) == problem.span for place in places):
                yield part


def order_warning(function: FunctionSpec, inputs: tuple[str, ...], arriving: tuple[str, ...]) -> Problem | None:
    """A warning when the names that arrive are those of the parameters in another order: composition goes by position."""
    if arriving == inputs or set(arriving) != set(inputs):
        return None
    message = f"`{function.name}` takes ({', '.join(inputs[:6])}), but they arrive as ({', '.join(arriving[:6])})"
    return Problem("JC390", message, function.signature.span, help="functions compose by position: put the names in one order")
