"""Nodes as a person writes them: what is written means the node."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from strategies.exact import evaluate, exactly
from strategies.expressions import SIZES, scalars, vectors

from jacchain.errors import Fragment
from jacchain.expression import Builder, parse, write
from jacchain.expression.texts import LENGTH, Texts, TooLongError, items, named_nodes, node_text, numeral, read

CONSTANTS = {"W": np.ones((2, 3)), "M": np.eye(3) + 1, "b": np.arange(3.0), "c": np.array(2.5)}
PARAMETERS = [("x", ()), ("y", ()), *((name, (size,)) for name, size in SIZES.items())]


def graph_of(*texts, lets=()):
    builder = Builder(PARAMETERS, CONSTANTS)
    for name, text in lets:
        builder.let(name, Fragment.whole(text, name), read(text))
    return builder.graph([builder.output(Fragment.whole(text, "f"), parse(Fragment.whole(text, "f"))) for text in texts])


@given(scalars() | vectors())
def test_the_text_of_a_node_means_the_node(text):
    graph = graph_of(text)
    try:
        written = write(Texts(graph, {}).text(graph.outputs[0]))
    except TooLongError:
        return
    if any(word in written for word in ("all in", "tril", "layernorm(", "reverse")) or "]]" in text.replace(" ", "")[-2:]:
        return
    point = [exactly(x) for x in np.linspace(-0.9, 1.1, graph.size)]
    with mpmath.workdps(30):
        expected = evaluate(graph, point)
        again = evaluate(graph_of(written), point)
    assert np.allclose(np.array(again).astype(float), np.array(expected).astype(float), rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("sin(x)*2", "sin(x)*2"),
        ("c*x", "c*x"),
        ("x^2", "x^2"),
        ("-(x + y)", "-(x + y)"),
        ("W @ v", "W @ v"),
        ("w @ W", "w @ W"),
        ("[x, y]", "[x, y]"),
        ("v[2]", "v[2]"),
        ("v[1:2]", "v[1:2]"),
        ("sin(v)[2]", "sin(v[2])"),
        ("(v + u)[2]", "v[2] + u[2]"),
        ("max(v)", "max(v)"),
        ("log(x, 10)", "log(x)/log(10)"),
        ("x*-2", "x*-2"),
        ("x + 0.1", "x + 0.1"),
    ],
)
def test_nodes_are_written_as_they_were(text, written):
    graph = graph_of(text)
    assert node_text(graph, graph.outputs[0]) == written


def test_a_node_is_called_by_the_names_of_its_parts_but_not_its_own():
    graph = graph_of("sin(s)*s", lets=[("s", "x + y")])
    assert node_text(graph, graph.outputs[0]) == "sin(s)*s"
    (let,) = graph.lets
    assert node_text(graph, let) == "x + y"


def test_what_is_long_is_cut_and_what_is_very_long_is_named_by_its_operation():
    graph = graph_of(" + ".join(f"sin({k}*x)" for k in range(20)))
    assert node_text(graph, graph.outputs[0]).endswith("…")
    assert len(node_text(graph, graph.outputs[0])) == LENGTH
    graph = graph_of(" + ".join(f"sin({k}*x)" for k in range(200)))
    assert node_text(graph, graph.outputs[0]) == "+"


@pytest.mark.parametrize("value", [0.0, 1.0, -2.0, 0.1, 1e-300, 123456789.0, -1e22, 1e308, 5e-324])
def test_numerals_read_back_as_the_same_double(value):
    tree = numeral(value)
    assert float(write(tree).replace("(", "").replace(")", "")) == value
    assert parse(Fragment.whole(write(tree), "n")) == tree


def test_outputs_are_called_by_their_names_unless_those_mean_something_else():
    graph = graph_of("x + y", "sin(v)", "x*y")
    named = named_nodes(graph, ["s", "t[1]", "t[2]", "t[3]", "x"])
    assert [write(tree) for tree in named.values()] == ["s", "t"]


def test_lists_are_taken_apart():
    graph = graph_of("[x, [y, v]]")
    assert [graph.nodes[number].name for number in items(graph)] == ["x", "y", "v"]
