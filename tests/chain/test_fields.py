"""Instances written down, and everything that can be wrong with them, at once."""

import json
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jacchain.chain.fields import instance_from_fields
from jacchain.chain.instance import StageCost
from jacchain.chain.planner import make_plan
from jacchain.errors import JacchainError, Source, Span


def problems(fields):
    with pytest.raises(JacchainError) as caught:
        instance_from_fields(fields)
    return [(problem.code, problem.message) for problem in caught.value.problems]


def test_dims_alone_are_given_jacobians():
    instance = instance_from_fields({"dims": [2, 5, 1, 1]})
    assert (instance.dims, instance.costs, instance.patterns) == ((2, 5, 1, 1), None, None)


def test_edges_are_the_cost_of_a_tangent_and_an_adjoint():
    instance = instance_from_fields({"dims": [3, 3, 1, 2], "edges": [29, 14, 7]})
    assert instance.costs == tuple(StageCost(None, size, size) for size in (29, 14, 7))
    assert make_plan(instance).multiplications == 56


def test_tangents_and_adjoints_of_their_own():
    fields = {"dims": [3, 3, 1, 2], "edges": [29, 14, 7], "tangent": [40, 14, 7], "adjoint": [90, None, 8], "memory": 20}
    instance = instance_from_fields(fields)
    assert instance.costs == (StageCost(None, 40, None), StageCost(None, 14, None), StageCost(None, 7, 8))
    assert instance_from_fields({"dims": [2, 3], "adjoint": [4]}).costs == (StageCost(None, None, 4),)


def test_patterns_are_those_of_the_jacobians():
    fields = {"dims": [2, 3, 3, 3, 3], "patterns": [[[1, 0], [0, 1], [1, 1]], "diagonal", None, "lower triangular"]}
    instance = instance_from_fields(fields)
    first, diagonal, dense, triangle = instance.patterns
    np.testing.assert_array_equal(first.boolean(), [[1, 0, 1], [0, 1, 1]])
    assert (diagonal.structure, dense.structure, triangle.structure) == ("diagonal", "dense", "upper triangular")
    assert instance_from_fields({"dims": [2, 3], "patterns": ["dense"]}).patterns is None


@pytest.mark.parametrize(
    ("word", "count"), [("diagonal", 4), ("lower triangular", 10), ("upper triangular", 14), ("tridiagonal", 11)]
)
def test_named_patterns_of_any_shape(word, count):
    assert instance_from_fields({"dims": [5, 4], "patterns": [word]}).patterns[0].count == count


def test_everything_wrong_is_said_at_once():
    found = problems({"dims": [2, 3, 4], "edges": [1], "adjoint": [1, -2], "pattern": [], "patterns": ["diagnal", [[1]]]})
    assert [code for code, _ in found] == ["JC300", "JC363", "JC363", "JC362", "JC361"]


def test_every_problem_knows_its_place():
    span = Span(Source("instance.yaml", "dims"), 0, 4)
    asked = []

    def where(path):
        asked.append(path)
        return span

    with pytest.raises(JacchainError) as caught:
        instance_from_fields({"dims": [2, 0, 1, True]}, where)
    assert asked == [("dims", 1), ("dims", 3)]
    assert all(problem.span is span for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "JC361"),
        ({"dims": 3}, "JC361"),
        ({"dims": [3]}, "JC361"),
        ({"dims": "234"}, "JC361"),
        ({"dims": [2, 2.0]}, "JC361"),
        ({"dims": [2, 10**40]}, "JC361"),
        ({"dims": [1] * 200_001}, "JC450"),
        ({"dims": [2, 3], "edges": [None]}, "JC361"),
        ({"dims": [2, 3], "edges": 3}, "JC362"),
        ({"dims": [2, 3], "tangent": [None]}, "JC362"),
        ({"dims": [2, 3], "edges": [9], "tangent": [None], "memory": 3}, "JC362"),
        ({"dims": [2, 3], "memory": 3}, "JC361"),
        ({"dims": [2, 3], "edges": [9], "memory": "3"}, "JC361"),
        ({"dims": [2, 3], "patterns": "dense"}, "JC362"),
        ({"dims": [2, 3], "patterns": [[[1, 0], [1, 0]]]}, "JC363"),
        ({"dims": [2, 3], "patterns": [[[1, 0], [1, 0], [1]]]}, "JC363"),
        ({"dims": [2, 3], "patterns": [[[1, 0], [1, 0], [1, 2]]]}, "JC363"),
        ({"dims": [2, 3], "patterns": [[[1, 0], [1, 0], [1, True]]]}, "JC363"),
        ({"dims": [10**5, 10**5], "patterns": ["diagonal"]}, "JC450"),
    ],
)
def test_what_cannot_be_used_is_refused(fields, code):
    assert problems(fields)[0][0] == code


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 4), st.floats(), st.text(max_size=4)),
    lambda part: st.lists(part, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["dims", "edges", "tangent", "adjoint", "memory", "patterns", "x"]), anything))
def test_any_fields_are_planned_or_refused(fields):
    try:
        instance = instance_from_fields(fields)
    except JacchainError:
        return
    assert make_plan(instance).optimum >= 0


@pytest.mark.parametrize(
    "fields",
    [
        {"dims": [2, 3]},
        {"dims": [2, 3, 1], "edges": [4, 5], "memory": 5, "tangent": [1, None]},
        {"dims": [2, 2], "patterns": [[[1, 0], [0, 1]]]},
        {"dims": [2, 2, 2], "patterns": ["diagonal", None]},
        {"dims": [2]},
        {"dims": [2, 0]},
        {"dims": [2, 3], "memory": 4},
        {"dims": [2, 3], "edges": [-1]},
        {"dims": [2, 3], "edges": [None]},
        {"dims": [2, 3], "edge": [1]},
        {"dims": [2, 2], "patterns": ["band"]},
        {"dims": [2, 2], "patterns": [[[1, 2], [0, 1]]]},
        {"edges": [1]},
    ],
)
def test_the_schema_and_the_reader_are_of_one_opinion(fields):
    schema = json.loads((resources.files("jacchain") / "schemas" / "instance.json").read_text("utf-8"))
    try:
        instance_from_fields(fields)
    except JacchainError:
        read = False
    else:
        read = True
    assert Draft202012Validator(schema).is_valid(fields) is read
