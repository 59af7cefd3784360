"""Functions for the tests of this room, compiled from a few words of the language."""

from collections.abc import Callable

import pytest

from jacchain.errors import Fragment
from jacchain.expression import Builder, Program, compile_graph, parse


def compile_function(parameters: str, *outputs: str) -> Program:
    """The program of a function: ``compile_function("x, v[3]", "x*v[1]", "sum(v)")``."""
    shapes = []
    for parameter in parameters.split(","):
        name, _, size = parameter.strip().removesuffix("]").partition("[")
        shapes.append((name, (int(size),) if size else ()))
    builder = Builder(shapes, {})
    fragments = [Fragment.whole(output, f"output {number}") for number, output in enumerate(outputs, 1)]
    return compile_graph(builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments]))


@pytest.fixture(scope="session")
def compiled() -> Callable[..., Program]:
    return compile_function
