"""The table of a long chain, a block at a time, is that of the plain recurrence."""

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.chains import random_instance

from jacchain.chain import lengths
from jacchain.chain.blocked import solve_blocked
from jacchain.chain.dynamic import solve
from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.planner import make_plan, prices_of, tabulate


@pytest.mark.parametrize("singles", [lengths.EXACT_SINGLES, 0])
@given(st.integers(1, 70), st.integers(0, 999), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_every_cell_is_that_of_the_recurrence(singles, length, seed, kind):
    patterns, costs, worst = kind
    instance = random_instance(length, seed, patterns=patterns, costs=costs)
    prices, _ = prices_of(instance)
    plain = solve(instance, prices, worst=worst)
    with mock.patch.object(lengths, "EXACT_SINGLES", singles):
        blocked = solve_blocked(instance, prices, worst=worst)
    for i in range(1, length + 1):
        assert plain.rows[i][i : length + 1] == [blocked.cost(i, j) for j in range(i, length + 1)]


@pytest.mark.parametrize("length", [161, pytest.param(700, marks=pytest.mark.slow)])
def test_the_size_of_the_blocks_does_not_matter(length):
    instance = random_instance(length, 5, patterns=True, costs=True)
    prices, _ = prices_of(instance)
    table = solve_blocked(instance, prices)
    backwards = Instance(
        instance.dims[::-1],
        tuple(pattern.T for pattern in reversed(instance.patterns)),
        tuple(StageCost(cost.given, cost.adjoint, cost.tangent) for cost in reversed(instance.costs)),
    )
    turned = solve_blocked(backwards, prices_of(backwards)[0])
    assert table.total == turned.total
    assert make_plan(instance).multiplications == table.total


def test_costs_beyond_exact_floats_are_planned_in_integers():
    dims = (10**6 + 3,) * 30 + (10**5 + 7,) * 30
    instance = Instance(dims, costs=(StageCost(),) * 59)
    assert tabulate(instance, prices_of(instance)[0]).total == make_plan(Instance(dims)).optimum > 2**53
