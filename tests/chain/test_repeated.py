"""The table of a chain that repeats itself is that of the plain recurrence."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.chains import random_instance

from jacchain.chain import repeated
from jacchain.chain.dynamic import solve
from jacchain.chain.instance import Instance
from jacchain.chain.planner import make_plan, prices_of
from jacchain.chain.repeated import kinds_of, solve_repeated
from jacchain.chain.survey import survey
from jacchain.linear.pattern import Pattern


def of_stages(instance, chosen):
    """The chain of some stages of another, which fit each other."""
    places = [0, *(number + 1 for number in chosen)]
    return Instance(
        tuple(instance.dims[place] for place in places),
        instance.patterns and tuple(instance.patterns[number] for number in chosen),
        instance.costs and tuple(instance.costs[number] for number in chosen),
    )


@settings(max_examples=60)
@given(st.integers(1, 3), st.integers(1, 8), st.integers(0, 999), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_every_cell_is_that_of_the_recurrence(period, times, seed, kind):
    patterns, costs, worst = kind
    ends = random_instance(period + 2, seed, patterns=patterns, costs=costs)
    square = Instance((*ends.dims[: period + 1], ends.dims[1], ends.dims[-1]), None, ends.costs)
    if patterns:
        rng = np.random.default_rng(seed)
        shapes = pairwise(square.dims)
        square = Instance(square.dims, tuple(Pattern.from_boolean(rng.random(shape) < 0.6) for shape in shapes), ends.costs)
    instance = of_stages(square, [0, *[number for _ in range(times) for number in range(1, period + 1)], period + 1])
    prices, _ = prices_of(instance)
    plain = solve(instance, prices, worst=worst)
    found = solve_repeated(instance, prices, kinds_of(instance) or range(instance.length), worst=worst)
    for i in range(1, instance.length + 1):
        assert plain.rows[i][i : instance.length + 1] == [found.cost(i, j) for j in range(i, instance.length + 1)]


@pytest.mark.parametrize("costs", [False, True])
def test_a_chain_that_goes_on_in_the_same_way_is_planned_as_any_other(costs, monkeypatch):
    square = random_instance(4, 2, patterns=True, costs=costs)
    middle = Pattern.from_boolean(np.tri(square.dims[1], dtype=bool))
    dims = (square.dims[0], *(square.dims[1],) * 59, square.dims[2])
    patterns = (square.patterns[0], *(middle,) * 58, square.patterns[1])
    instance = Instance(dims, patterns, square.costs and (square.costs[0], *square.costs[2:3] * 58, square.costs[1]))
    assert kinds_of(instance) == [0, *[1] * 58, 2]
    plan = make_plan(instance)
    monkeypatch.setattr(repeated, "FEW", 0)
    assert kinds_of(instance) is None
    assert make_plan(instance).products == plan.products


def test_two_runs_of_stages_are_not_a_chain_that_goes_on_in_the_same_way():
    one, other = Pattern.diagonal(2), Pattern.full(2, 2)
    assert kinds_of(Instance((2,) * 101, (one,) * 50 + (other,) * 50)) is None


def test_optimal_bracketings_are_counted_through_equal_sub_chains(monkeypatch):
    band = Pattern.from_boolean(abs(np.subtract.outer(np.arange(4), np.arange(4))) <= 1)
    for middle in (Pattern.diagonal(4), band):
        chain = [Pattern.full(2, 4), *[middle] * 48, Pattern.full(4, 1)]
        instance = Instance.of_patterns(chain)
        found = survey(instance)
        with monkeypatch.context() as patch:
            patch.setattr(repeated, "FEW", 0)
            assert survey(instance) == found
    everything = survey(Instance.of_patterns([Pattern.diagonal(4)] * 50))
    assert everything.optimal == everything.bracketings
