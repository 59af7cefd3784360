"""Where two functions of the chain do not fit together: said with both places, and with the sizes on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

from jacchain.errors import Problem, Span
from jacchain.expression.tree import Binary, Name, postorder
from jacchain.pipeline.compiler import Compiled
from jacchain.pipeline.constants import Constants
from jacchain.pipeline.spec import FunctionSpec


def counted(count: int) -> str:
    """``1 number``, ``3 numbers``."""
    return "1 number" if count == 1 else f"{count:,} numbers"


@dataclass(frozen=True)
class Arrival:
    """What reaches a function: how many numbers (``None`` when that is not known), from which function, and the way so far."""

    count: int | None
    producer: FunctionSpec | None = None
    history: tuple[str, ...] = ()


def wrong_count(function: FunctionSpec, due: int, arrival: Arrival, meet: Span) -> Problem | None:
    """The problem of a function that takes another number of inputs than the one before it makes, if it does."""
    if arrival.producer is None or arrival.count is None or arrival.count == due:
        return None
    made = counted(arrival.count)
    related = ((arrival.producer.signature.span, f"makes {made}"), (meet, "they meet here"))
    return Problem(
        "JC201",
        f"`{function.name}` cannot follow `{arrival.producer.name}`: it takes {counted(due)}, gets {arrival.count:,}",
        function.signature.span,
        f"takes {counted(due)}",
        related if meet != function.signature.span else related[:1],
        f"declare the parameters of `{function.name}` for {made}, or make `{arrival.producer.name}` produce {counted(due)}",
        (_shapes_so_far(function, arrival),),
    )


def misfit(problem: Problem, function: FunctionSpec, arrival: Arrival, constants: Constants) -> Problem:
    """The problem; if it is one of sizes in a function that takes whatever arrives, with the place that it arrives from."""
    producer, count = arrival.producer, arrival.count
    if producer is None or count is None or not function.signature.takes_all or problem.code not in {"JC203", "JC204", "JC207"}:
        return problem
    related = (*problem.related, (producer.signature.span, f"makes {counted(count)}"))
    note = _shapes_so_far(function, arrival)
    matrix = _factor(problem, function, constants)
    if matrix is None:
        return replace(problem, related=related, notes=(*problem.notes, note))
    name, rows, columns = matrix
    return replace(
        problem,
        code="JC201",
        message=f"`{function.name}` cannot follow `{producer.name}`: it takes {counted(columns)}, gets {count:,}",
        label=f"{name} is {rows}×{columns}: takes a vector of length {columns}",
        related=related,
        help=f"give `{name}` {count} column{'s' * (count > 1)}, or make `{producer.name}` produce {counted(columns)}",
        notes=(note,),
    )


def _factor(problem: Problem, function: FunctionSpec, constants: Constants) -> tuple[str, int, int] | None:
    """The matrix and its shape when the problem is a constant matrix times the whole parameter."""
    parameter = function.signature.parameters[0].name
    for expression in [value for output in function.outputs for value in output.values] + [let[2] for let in function.lets]:
        for part in postorder(expression.tree):
            match part:
                case Binary("@", Name(name), Name(vector)) if vector == parameter and name in constants.values:
                    matrix = constants.values[name]
                    if matrix.ndim == 2 and expression.fragment.span(part.start, part.end) == problem.span:
                        return name, matrix.shape[0], matrix.shape[1]
    return None


def order_warning(function: FunctionSpec, compiled: Compiled, previous: Compiled) -> Problem | None:
    """A warning when the names that arrive are those of the parameters in another order: composition goes by position."""
    arriving = previous.outputs
    if arriving == compiled.inputs or set(arriving) != set(compiled.inputs):
        return None
    message = f"`{function.name}` takes ({', '.join(compiled.inputs[:6])}), but they arrive as ({', '.join(arriving[:6])})"
    return Problem("JC390", message, function.signature.span, help="functions compose by position: put the names in one order")


def _shapes_so_far(function: FunctionSpec, arrival: Arrival) -> str:
    return f"shapes so far  {' -> '.join(arrival.history)} -> {function.name}:?"
