"""Hu and Shing's triangulation costs what the recurrence costs, and the tree it gives attains it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.chain.dynamic import solve
from jacchain.chain.instance import Instance
from jacchain.chain.lightest import lightest
from jacchain.chain.narrow import cost_with_one
from jacchain.chain.polygon import triangulate
from jacchain.chain.prices import Shapes

narrow = st.lists(st.integers(1, 3), min_size=3, max_size=16)
wide = st.lists(st.integers(1, 1000), min_size=3, max_size=40)
shaped = st.lists(st.integers(1, 60), min_size=3, max_size=30).map(sorted)
dims_lists = st.one_of(narrow, wide, shaped, st.lists(st.integers(5, 9), min_size=3, max_size=20)).map(tuple)


def price(dims, joins):
    """The cost of a bracketing given as products, checked to be one."""
    parts = {(i, i) for i in range(1, len(dims))}
    cost = 0
    for i, k, j in joins:
        parts -= {(i, k), (k + 1, j)}
        parts |= {(i, j)}
        cost += dims[i - 1] * dims[k] * dims[j]
    assert parts == {(1, len(dims) - 1)}
    return cost


@given(dims_lists)
def test_cost_and_tree_are_optimal(dims):
    cost, joins = triangulate(dims)
    assert cost == solve(Instance(dims), Shapes(dims)).total == price(dims, joins)


@given(narrow.map(lambda dims: (*dims, 1)), st.integers(0, 20))
def test_a_width_of_one_anywhere_has_a_rule(dims, places):
    turned = tuple(np.roll(dims, places).tolist())
    assert cost_with_one(turned) == triangulate(turned)[0]


def test_without_a_width_of_one_the_rule_is_silent():
    assert cost_with_one((3, 2, 4)) is None


@given(dims_lists)
def test_settling_by_cost_finds_the_same(dims):
    assert lightest(Instance(dims), Shapes(dims)) == triangulate(dims)[0]


@pytest.mark.parametrize("order", [1, -1])
def test_a_long_monotone_chain_is_multiplied_from_its_narrow_end(order):
    dims = tuple(range(2, 3_002))[::order]
    cost, joins = triangulate(dims)
    narrow_end = [(i, i, 2_999) for i in range(2_998, 0, -1)] if order == -1 else [(1, j - 1, j) for j in range(2, 3_000)]
    assert cost == price(dims, joins) == price(dims, narrow_end)
