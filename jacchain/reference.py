"""The functions of the language as facts to be shown, each with an example that has just been computed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jacchain.errors import Fragment, JacchainError
from jacchain.expression import Builder, Program, compile_graph, parse
from jacchain.expression.formula import derivative_formula
from jacchain.expression.table import BY_ARITY, FUNCTIONS, Row
from jacchain.jacobian.analytic import differentiate
from jacchain.results import FunctionFacts


def function_facts(name: str | None = None) -> tuple[FunctionFacts, ...]:
    """The facts about all functions in the order of the table, or about one; forms with other numbers of arguments follow it."""
    return tuple(_facts(known, row) for known, row in _rows() if name in {None, known})


def _rows() -> Iterator[tuple[str, Row]]:
    """Every function by name with its row, a row for each number of arguments that has one."""
    for name, row in FUNCTIONS.items():
        yield name, row
        yield from ((other, variant) for (other, _), (_, variant) in BY_ARITY.items() if other == name)


def _kind(program: Program) -> str:
    """What a function makes of what, in words."""
    if all(not parameter.shape for parameter in program.graph.parameters):
        return "elementwise"
    return "a vector becomes a number" if program.outputs == 1 else "a vector becomes a vector"


def _facts(name: str, row: Row) -> FunctionFacts:
    """What there is to know about one row, with its example worked out."""
    arguments = tuple(row.parameters.split(", "))
    names = [argument for argument in arguments if argument != "..."]
    point = tuple(np.atleast_1d(np.asarray(value, float)) for value in row.at)
    builder = Builder([(argument, np.shape(value)) for argument, value in zip(names, row.at, strict=True)], {})
    text = Fragment.whole(f"{name}({', '.join(names)})", name)
    try:
        graph = builder.graph([builder.output(text, parse(text))])
    except JacchainError:  # its arguments are conditions or matrices
        return FunctionFacts(name, arguments, row.shown, "choice" if name == "where" else "a constant matrix", row.says)
    formula = derivative_formula(graph)
    derivatives = row.shown or (
        ("",) if formula is None else (formula.matrix or "",) if formula.entries is None else formula.entries[0]
    )
    program = compile_graph(graph)
    derivative = differentiate(program, np.concatenate(point)[None])
    return FunctionFacts(
        name,
        arguments,
        derivatives,
        _kind(program),
        row.says,
        row.defined,
        row.domain,
        "v[i] - v[j]" if row.switch == "gap" else row.switch,
        point,
        derivative.values[0],
        derivative.linear,
        jumps=row.jumps,
    )
