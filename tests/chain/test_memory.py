"""Plans under a memory limit, against every bracketing carried out in every sequence of its products."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.planner import make_plan
from jacchain.errors import JacchainError
from jacchain.linear.pattern import Pattern

dims_lists = st.lists(st.integers(1, 6), min_size=2, max_size=6).map(tuple)


def sequences(length):
    """Every way to join neighbours until one is left: bracketings together with the sequence of their products."""
    for removed in permutations(range(1, length)):
        spans = [(i, i) for i in range(1, length + 1)]
        joins = []
        for split in removed:
            place = next(at for at, (_, last) in enumerate(spans) if last == split)
            (first, _), (_, last) = spans[place : place + 2]
            spans[place : place + 2] = [(first, last)]
            joins.append((first, split, last))
        yield joins


def cost_and_peak(dims, joins):
    """Multiplications, and the most entries of products that are there at one time."""
    live, cost, peak = {}, 0, 0
    for i, k, j in joins:
        cost += dims[i - 1] * dims[k] * dims[j]
        live[i, j] = dims[i - 1] * dims[j]
        peak = max(peak, sum(live.values()))
        for part in ((i, k), (k + 1, j)):
            live.pop(part, None)
    return cost, peak


def failure(instance, limit, order="optimal"):
    with pytest.raises(JacchainError) as caught:
        make_plan(instance, order, memory_limit=limit)
    (problem,) = caught.value.problems
    assert problem.code == "JC452"
    return int(problem.help.split()[-1].replace(",", ""))


@given(dims_lists, st.data())
def test_the_cheapest_that_fits(dims, data):
    found = [cost_and_peak(dims, joins) for joins in sequences(len(dims) - 1)]
    least = min(peak for _, peak in found)
    limit = data.draw(st.sampled_from(sorted({peak for _, peak in found})))
    plan = make_plan(Instance(dims), memory_limit=limit)
    assert plan.multiplications == min(cost for cost, peak in found if peak <= limit)
    assert plan.peak <= limit
    if least:
        assert failure(Instance(dims), least - 1) == least


@given(dims_lists)
def test_a_plan_says_its_peak(dims):
    plan = make_plan(Instance(dims))
    spans = {("stage", i): (i, i) for i in range(1, len(dims))}
    joins = []
    for product in plan.products:
        (first, split), (_, last) = (spans[side.kind, side.number] for side in (product.left, product.right))
        spans["product", product.number] = (first, last)
        joins.append((first, split, last))
    assert (plan.multiplications, plan.peak) == cost_and_peak(dims, joins)


@given(dims_lists)
def test_without_need_the_optimum_stays(dims):
    plan = make_plan(Instance(dims))
    assert make_plan(Instance(dims), memory_limit=plan.peak).tree == plan.tree


@given(dims_lists, st.data())
def test_a_given_order_is_carried_out_in_its_calmest_sequence(dims, data):
    joins = data.draw(st.sampled_from(list(sequences(len(dims) - 1))))
    peaks = [cost_and_peak(dims, other)[1] for other in sequences(len(dims) - 1) if set(other) == set(joins)]
    order = tree_of(joins)
    plan = make_plan(Instance(dims), order, memory_limit=min(peaks))
    assert plan.tree == order
    assert plan.peak == min(peaks)
    if min(peaks):
        assert failure(Instance(dims), min(peaks) - 1, order) == min(peaks)


def tree_of(joins):
    trees = {}
    for i, k, j in joins:
        trees[i, j] = (trees.get((i, k), i), trees.get((k + 1, j), j))
    return trees[joins[-1][0], joins[-1][2]] if joins else 1


@settings(max_examples=50)
@given(st.lists(st.integers(1, 8), min_size=2, max_size=8), st.data())
def test_what_fits_gets_dearer_as_memory_gets_scarcer(edges, data):
    dims = data.draw(st.lists(st.integers(1, 6), min_size=len(edges) + 1, max_size=len(edges) + 1))
    costs = tuple(StageCost(None, size, size if data.draw(st.booleans()) else None) for size in edges)
    instance = Instance(tuple(dims), costs=costs)
    plan = make_plan(instance)
    before, limit = plan.multiplications, plan.peak
    while True:
        try:
            plan = make_plan(instance, memory_limit=limit)
        except JacchainError:
            break
        assert plan.peak <= limit
        assert plan.multiplications == sum(part.multiplications for part in (*plan.products, *plan.accumulations))
        assert plan.multiplications >= before
        before, limit = plan.multiplications, plan.peak - 1
    assert failure(instance, limit) == limit + 1


def test_sparse_products_take_less():
    chain = [np.eye(6, dtype=bool), np.eye(6, dtype=bool), np.ones((6, 1), bool)]
    instance = Instance.of_patterns([Pattern.from_boolean(matrix) for matrix in chain])
    assert make_plan(instance, "forward", memory_limit=12).peak == 12


def test_very_long_chains_are_not_searched():
    instance = Instance(tuple(np.random.default_rng(2).integers(1, 100, 300).tolist()))
    with pytest.raises(JacchainError) as caught:
        make_plan(instance, memory_limit=1)
    assert caught.value.problems[0].code == "JC450"
