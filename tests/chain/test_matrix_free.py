"""Plans that need not build every Jacobian, against a shortest path over all sequences of operations and published optima."""

from heapq import heappop, heappush
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.chain.instance import Instance, StageCost, difference_cost
from jacchain.chain.planner import make_plan


def shortest_path(dims, costs):
    """Dijkstra over states: which neighbouring stages have been joined into one matrix, and what has not been built yet.

    From the definition: build a Jacobian, multiply two neighbouring matrices, push the columns of a matrix through the next
    stage, or pull its rows back through the one before.
    """
    q = len(costs)
    start = tuple((i, i, False) for i in range(q))
    agenda, settled = [(0, start)], set()
    while agenda:
        cost, state = heappop(agenda)
        if state == ((0, q - 1, True),):
            return cost
        if state in settled:
            continue
        settled.add(state)
        for place, (i, j, built) in enumerate(state):
            if not built:
                ways = ((costs[i].given, 1), (costs[i].tangent, dims[i]), (costs[i].adjoint, dims[i + 1]))
                for price, times in ways:
                    if price is not None:
                        heappush(agenda, (cost + price * times, (*state[:place], (i, j, True), *state[place + 1 :])))
        for place, ((i, k, left), (_, j, right)) in enumerate(pairwise(state)):
            joined = (*state[:place], (i, j, True), *state[place + 2 :])
            if left and right:
                heappush(agenda, (cost + dims[i] * dims[k + 1] * dims[j + 1], joined))
            if left and not right and costs[j].tangent is not None:
                heappush(agenda, (cost + dims[i] * costs[j].tangent, joined))
            if right and not left and costs[i].adjoint is not None:
                heappush(agenda, (cost + dims[j + 1] * costs[i].adjoint, joined))
    raise AssertionError


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
