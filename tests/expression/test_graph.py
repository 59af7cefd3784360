"""Graphs: every sub-expression once, parts before wholes, and nothing that no output needs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.expressions import SIZES, scalars, vectors
from strategies.programs import PARAMETERS

from jacchain.errors import Fragment
from jacchain.expression import Builder, parse

CONSTANTS = {"W": np.ones((2, 3)), "M": np.eye(3), "b": np.arange(3.0)}

few = settings(max_examples=40)


def graph_of(*texts):
    builder = Builder(PARAMETERS, CONSTANTS)
    fragments = [Fragment.whole(text, "f") for text in texts]
    return builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments])


@few
@given(st.lists(scalars() | vectors(), min_size=1, max_size=3))
def test_parts_come_before_wholes_and_each_is_needed(texts):
    graph = graph_of(*texts)
    needed = set(range(len(PARAMETERS))).union(*(graph.ancestors(output) for output in graph.outputs))
    assert needed == set(range(len(graph.nodes)))
    for number, node in enumerate(graph.nodes):
        assert all(argument < number for argument in node.arguments)
        assert node.varies == (node.operation == "input" or any(graph.nodes[argument].varies for argument in node.arguments))


@few
@given(st.lists(scalars() | vectors(), min_size=1, max_size=3))
def test_no_operation_stands_twice(texts):
    graph = graph_of(*texts)
    keys = [(node.operation, node.arguments) for node in graph.nodes if node.data is None]
    assert len(keys) == len(set(keys))


@few
@given(vectors())
def test_sizes_add_up(text):
    graph = graph_of(text, text)
    assert graph.output_size == 6
    assert graph.size == 2 + sum(SIZES.values())


def test_a_chain_of_many_nodes_has_its_ancestors():
    graph = graph_of(" + ".join(f"{k}*x" for k in range(4_900)))
    assert len(graph.ancestors(graph.outputs[0])) > 9_000
