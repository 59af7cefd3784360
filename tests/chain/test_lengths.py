"""The table of a chain that mixes, a length at a time, is that of the plain recurrence."""

from unittest import mock

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies.chains import random_instance

from jacchain.chain import lengths
from jacchain.chain.dynamic import solve
from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.lengths import solve_lengths
from jacchain.chain.planner import make_plan, prices_of, tabulate


@pytest.mark.parametrize("singles", [lengths.EXACT_SINGLES, 0])
@settings(max_examples=60)
@given(st.integers(1, 30), st.integers(0, 999), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_every_cell_is_that_of_the_recurrence(singles, length, seed, kind):
    patterns, costs, worst = kind
    instance = random_instance(length, seed, patterns=patterns, costs=costs, densities=(0.6, 0.9, 1))
    prices, _ = prices_of(instance)
    mixing = prices.mixing()
    assume(mixing is not None)
    plain = solve(instance, prices, worst=worst)
    with mock.patch.object(lengths, "EXACT_SINGLES", singles):
        found = solve_lengths(instance, prices, mixing, worst=worst)
    for i in range(1, length + 1):
        assert plain.rows[i][i : length + 1] == [found.cost(i, j) for j in range(i, length + 1)]
        for j in range(i, length + 1):
            assert plain.cost(i, j) == found.cost(i, j)
            assert worst or plain.best(i, j) == found.best(i, j)


@pytest.mark.parametrize("width", [200, 2**12 + 1, 2**17 + 1])
def test_costs_are_exact_beyond_single_and_double_precision(width):
    dims = (width, width + 2, width - 7) * 15
    free = Instance(dims, costs=(StageCost(),) * (len(dims) - 1))
    assert tabulate(free, prices_of(free)[0]).total == make_plan(Instance(dims)).optimum
