"""Plans that need not build every Jacobian, against a shortest path over all sequences of operations and published optima."""

from heapq import heappop, heappush
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jacchain.chain.instance import Instance, StageCost, difference_cost
from jacchain.chain.planner import make_plan, prices_of, tabulate
from jacchain.errors import JacchainError
from jacchain.linear.pattern import Pattern


def moves(state, dims, costs, products):
    """What can be done next: its price, and the state after it.

    A state lists which neighbouring stages have been joined, and whether there is a matrix of them.  From the definition: build
    a Jacobian, multiply two neighbouring matrices, push the columns of a matrix through the next stage, or pull its rows back
    through the one before.
    """
    for place, (i, _, built) in enumerate(state):
        ways = ((costs[i].given, 1), (costs[i].tangent, dims[i]), (costs[i].adjoint, dims[i + 1]))
        for price, times in () if built else ways:
            if price is not None:
                yield price * times, (*state[:place], (i, i, True), *state[place + 1 :])
    for place, ((i, k, left), (_, j, right)) in enumerate(pairwise(state)):
        joined = (*state[:place], (i, j, True), *state[place + 2 :])
        if left and right:
            yield int(products[i, k].sum(0) @ products[k + 1, j].sum(1)), joined
        elif left and costs[j].tangent is not None:
            yield dims[i] * costs[j].tangent, joined
        elif right and costs[i].adjoint is not None:
            yield dims[j + 1] * costs[i].adjoint, joined


def shortest_path(dims, costs, chain=None, limit=None):
    """Dijkstra over states, until one matrix is left; None when there is no way to it.

    ``chain`` are the zero patterns of the transposes, as boolean matrices.  What is made and what it is made of may not have
    more than ``limit`` entries together with what is there beside them.
    """
    q = len(costs)
    products = {(i, i): np.ones((dims[i], dims[i + 1]), bool) if chain is None else chain[i] for i in range(q)}
    for i in reversed(range(q)):
        for j in range(i + 1, q):
            products[i, j] = products[i, i] @ products[i + 1, j]
    agenda, settled = [(0, tuple((i, i, False) for i in range(q)))], set()
    while agenda:
        cost, state = heappop(agenda)
        if state == ((0, q - 1, True),):
            return cost
        if state in settled:
            continue
        settled.add(state)
        for price, after in moves(state, dims, costs, products):
            there = {(i, j) for i, j, built in (*state, *after) if built and (i < j or costs[i].given != 0)}
            if limit is None or sum(products[span].sum() for span in there) <= limit:
                heappush(agenda, (cost + price, after))
    return None


prices = st.one_of(st.none(), st.integers(0, 40))
stage_costs = st.builds(StageCost, prices, prices, prices).filter(lambda cost: cost != StageCost(None, None, None))


@st.composite
def instances(draw, max_length=5):
    costs = draw(st.lists(stage_costs, min_size=1, max_size=max_length))
    dims = draw(st.lists(st.integers(1, 6), min_size=len(costs) + 1, max_size=len(costs) + 1))
    return Instance(tuple(dims), costs=tuple(costs))


def chain(dims, edges, memory=None):
    adjoints = (size if memory is None or size <= memory else None for size in edges)
    return Instance(dims, costs=tuple(StageCost(None, size, adjoint) for size, adjoint in zip(edges, adjoints, strict=True)))


@given(instances())
def test_no_sequence_of_operations_is_cheaper(instance):
    assert make_plan(instance).multiplications == shortest_path(instance.dims, instance.costs)


@given(instances(max_length=4), st.data())
def test_no_sequence_of_operations_is_cheaper_on_zero_patterns(instance, data):
    chain = [data.draw(arrays(bool, shape)) for shape in pairwise(instance.dims)]
    structured = Instance.of_patterns([Pattern.from_boolean(matrix) for matrix in chain], instance.costs)
    assert make_plan(structured).multiplications == shortest_path(instance.dims, instance.costs, chain)


@given(instances(max_length=4), st.data())
def test_no_sequence_within_a_limit_on_memory_is_cheaper(instance, data):
    limit = data.draw(st.integers(0, 2 * make_plan(instance).peak))
    cheapest = shortest_path(instance.dims, instance.costs, limit=limit)
    if cheapest is None:
        with pytest.raises(JacchainError):
            make_plan(instance, memory_limit=limit)
    else:
        assert make_plan(instance, memory_limit=limit).multiplications == cheapest


@given(instances(max_length=12))
def test_every_plan_is_confirmed_by_settling_sub_chains_by_cost(instance):
    assert make_plan(instance, thorough=True).confirmed == ("dynamic programming", "sub-chains settled by cost")


@given(instances(max_length=8))
def test_a_plan_costs_its_products_and_the_jacobians_it_builds(instance):
    plan = make_plan(instance)
    built = {accumulation.stage: accumulation for accumulation in plan.accumulations}
    assert plan.multiplications == sum(part.multiplications for part in (*plan.products, *plan.accumulations))
    for accumulation in plan.accumulations:
        cost = instance.costs[accumulation.stage - 1]
        times = {"given": 1, "tangent": instance.dims[accumulation.stage - 1], "adjoint": instance.dims[accumulation.stage]}
        assert accumulation.multiplications == getattr(cost, accumulation.operation) * times[accumulation.operation]
    for product in plan.products:
        never_built = {"tangent": product.right, "adjoint": product.left}.get(product.operation)
        for side in (product.left, product.right):
            if side.kind == "stage" and instance.costs[side.number - 1].given != 0:
                assert (side.number in built) == (side != never_built)


@given(instances(max_length=6))
def test_forward_reverse_and_worst_are_never_cheaper(instance):
    plan = make_plan(instance)
    assert plan.optimum <= min(plan.forward, plan.reverse)
    assert plan.worst >= max(plan.forward, plan.reverse)
    for cost in (plan.tangent, plan.adjoint, plan.preaccumulation):
        assert cost is None or cost >= plan.optimum


@given(instances(max_length=8))
def test_a_chain_read_backwards_trades_tangents_for_adjoints(instance):
    costs = tuple(StageCost(cost.given, cost.adjoint, cost.tangent) for cost in reversed(instance.costs))
    turned = make_plan(Instance(instance.dims[::-1], costs=costs))
    plan = make_plan(instance)
    assert turned.optimum == plan.optimum
    assert (turned.tangent, turned.adjoint) == (plan.adjoint, plan.tangent)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=8).map(tuple))
def test_without_costs_it_is_the_explicit_mode(dims):
    free = make_plan(Instance(dims, costs=(StageCost(),) * (len(dims) - 1)))
    explicit = make_plan(Instance(dims))
    assert (free.mode, explicit.mode) == ("matrix-free", "explicit")
    assert (free.multiplications, free.tree, free.worst) == (explicit.multiplications, explicit.tree, explicit.worst)
    assert free.accumulations == ()


@given(st.data())
def test_enough_memory_is_no_limit(data):
    edges = data.draw(st.lists(st.integers(1, 30), min_size=2, max_size=6))
    dims = tuple(data.draw(st.lists(st.integers(1, 6), min_size=len(edges) + 1, max_size=len(edges) + 1)))
    assert make_plan(chain(dims, edges, max(edges))).optimum == make_plan(chain(dims, edges)).optimum
    assert make_plan(chain(dims, edges, 0)).adjoint is None


def test_a_stage_that_is_differenced_has_tangents_only():
    central = difference_cost(10, 3, samples=2)
    assert central == StageCost(60, 20, None)
    plan = make_plan(Instance((2, 3, 1), costs=(StageCost(None, 12, 12), central)))
    assert plan.adjoint is None
    assert plan.multiplications == min(12 * 2 + 20 * 2, 60 + 12)


TWO = {
    (2, 4, 8): (400, 1600, 664, 400),
    (4, 2, 32): (800, 6400, 656, 600),
    (8, 4, 2): (1600, 400, 664, 400),
    (32, 2, 4): (6400, 800, 656, 600),
    (4, 2, 4): (800, 800, 432, 432),
}


@pytest.mark.parametrize("dims", TWO)
def test_two_stages_of_naumann(dims):
    plan = make_plan(chain(dims, (100, 100)))
    assert (plan.tangent, plan.adjoint, plan.preaccumulation, plan.multiplications) == TWO[dims]


def test_three_stages_of_naumann():
    plan = make_plan(chain((3, 3, 1, 2), (29, 14, 7)))
    assert (plan.tangent, plan.adjoint, plan.preaccumulation, plan.multiplications) == (150, 100, 123, 56)
    instance = chain((3, 3, 1, 2), (29, 14, 7))
    table = tabulate(instance, prices_of(instance)[0])
    cells = {(2, 2): 14, (1, 2): 43, (3, 3): 7, (2, 3): 27, (1, 3): 56}
    assert {(i, j): table.cost(i, j) for i, j in cells} == cells


def test_ten_stages_of_naumann():
    plan = make_plan(chain((6, 2, 3, 7, 10, 2, 2, 9, 3, 2, 9), (19, 18, 62, 156, 73, 14, 30, 132, 12, 102)))
    assert (plan.tangent, plan.adjoint, plan.preaccumulation, plan.multiplications) == (3708, 5562, 2618, 1344)


@pytest.mark.parametrize(
    ("dims", "edges", "optimum"),
    [
        ((5, 5, 37, 7), (5582, 5194, 7679), 92_275),
        ((21, 19, 14, 45), (6063, 6806, 1466), 210_952),
        ((27, 23, 20, 17, 15, 5, 20, 18, 25), (180, 185, 140, 150, 255, 199, 234, 241), 11_295),
    ],
)
def test_published_optima(dims, edges, optimum):
    assert make_plan(chain(dims, edges)).multiplications == optimum


def test_six_stages_of_naumann_and_others():
    plan = make_plan(chain((465, 473, 347, 159, 166, 149, 360), (13419, 31991, 26810, 99641, 42076, 17515)))
    found = (plan.tangent, plan.adjoint, plan.preaccumulation, plan.multiplications)
    assert found == (107_625_180, 83_322_720, 140_648_887, 40_021_088)


def test_published_chains_of_the_oracle(oracle):
    for published in oracle("jacobian_chains.json")["instances"]:
        stages = published["jacobians"]
        dims = (stages[0]["n"], *(stage["m"] for stage in stages))
        plan = make_plan(chain(dims, [stage["edges"] for stage in stages]))
        assert plan.multiplications == published["optimum"], published["source"]
        assert (plan.tangent, plan.adjoint) == (published["tangent"], published["adjoint"]), published["source"]
        assert plan.preaccumulation == published["preaccumulation"]["total"], published["source"]


def test_variants_of_the_oracle(oracle):
    """Those for one processor: with limited memory, tangents and adjoints of different costs, all Jacobians built first."""
    for variant in oracle("matrix_free_variants.json")["instances"]:
        if variant["threads"] != 1:
            continue
        memory = variant["available_memory"]
        stages = zip(variant["edges"], variant["tangent_cost"], variant["adjoint_cost"], strict=True)
        costs = tuple(StageCost(None, tangent, None if 0 < memory < size else adjoint) for size, tangent, adjoint in stages)
        plan = make_plan(Instance(tuple(variant["dims"]), costs=costs))
        found = plan.multiplications if variant["matrix_free"] else plan.preaccumulation
        assert found == variant["optimum"], variant
