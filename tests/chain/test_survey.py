"""What a plan was chosen from: every bracketing in order, how many are best, and the candidates of each split."""

from collections import Counter
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.planner import make_plan, prices_of, tabulate
from jacchain.chain.survey import Survey, candidates, survey

dims_lists = st.lists(st.integers(1, 5), min_size=2, max_size=7).map(tuple)
prices = st.one_of(st.none(), st.integers(0, 20))


def bracketings(i, j):
    if i == j:
        return [i]
    return [(left, right) for k in range(i, j) for left in bracketings(i, k) for right in bracketings(k + 1, j)]


@given(dims_lists)
def test_alternatives_are_all_bracketings_in_the_order_of_their_costs(dims):
    instance = Instance(dims)
    plan = make_plan(instance)
    costs = {tree: make_plan(instance, tree).multiplications for tree in bracketings(1, len(dims) - 1)}
    found = survey(instance, best=1_000)
    assert {other.tree: other.multiplications for other in found.alternatives} == costs
    assert [other.multiplications for other in found.alternatives] == sorted(costs.values())
    assert all(other.peak == make_plan(instance, other.tree).peak for other in found.alternatives)
    assert found.bracketings == len(costs)
    assert found.optimal == list(costs.values()).count(plan.optimum)


@given(dims_lists, st.integers(1, 5))
def test_the_margin_is_what_the_second_best_costs_more(dims, best):
    instance = Instance(dims)
    found = survey(instance, best=best)
    costs = sorted(make_plan(instance, tree).multiplications for tree in bracketings(1, len(dims) - 1))
    assert found.margin == (costs[1] - costs[0] if len(costs) > 1 else None)
    assert len(found.alternatives) == min(best, len(costs))


def ways(instance, i, j):
    """Every way to have the matrix of stages i … j: its bracketing, and what it costs."""
    d, costs = instance.dims, instance.costs
    if i == j:
        given, tangent, adjoint = costs[i - 1].given, costs[i - 1].tangent, costs[i - 1].adjoint
        if given == 0:
            return [(i, 0)]
        return [(i, times * price) for times, price in ((1, given), (d[i - 1], tangent), (d[i], adjoint)) if price is not None]
    found = []
    for k in range(i, j):
        for left, left_cost in ways(instance, i, k):
            for right, right_cost in ways(instance, k + 1, j):
                found.append(((left, right), left_cost + right_cost + d[i - 1] * d[k] * d[j]))
    if (tangent := costs[j - 1].tangent) is not None:
        found += [((left, j), cost + d[i - 1] * tangent) for left, cost in ways(instance, i, j - 1)]
    if (adjoint := costs[i - 1].adjoint) is not None:
        found += [((i, right), cost + d[j] * adjoint) for right, cost in ways(instance, i + 1, j)]
    return found


@given(st.data())
def test_matrix_free_alternatives_are_all_ways_in_the_order_of_their_costs(data):
    dims = data.draw(st.lists(st.integers(1, 5), min_size=2, max_size=5).map(tuple))
    costs = tuple(StageCost(data.draw(prices), data.draw(prices), data.draw(st.integers(1, 9))) for _ in dims[1:])
    instance = Instance(dims, costs=costs)
    expected = sorted(ways(instance, 1, len(costs)), key=lambda way: way[1])
    plan, found = make_plan(instance), survey(instance, best=1_000)
    alternatives = [(other.tree, other.multiplications) for other in found.alternatives]
    assert [cost for _, cost in alternatives] == [cost for _, cost in expected[:1_000]]
    assert not Counter(alternatives) - Counter(expected)
    assert len({(other.tree, other.passes) for other in found.alternatives}) == len(found.alternatives)
    assert (found.alternatives[0].tree, found.alternatives[0].peak) == (plan.tree, plan.peak)
    assert found.optimal == len({tree for tree, cost in expected if cost == plan.optimum})


def test_all_equal_widths_leave_everything_open():
    instance = Instance((4,) * 9)
    found = survey(instance)
    assert found.optimal == found.bracketings == comb(14, 7) // 8 == 429
    assert found.margin == 0


def test_the_triangle_of_the_lecture():
    instance = Instance((25, 20, 10, 5, 15, 35, 30))
    triangle = survey(instance).triangle
    shown = [(cell.multiplications, cell.split) for cell in triangle[0][1:]]
    assert shown == [(5000, 1), (3500, 1), (5375, 3), (10500, 3), (15125, 3)]
    assert [(cell.multiplications, cell.split) for cell in triangle[1][1:]] == [(1000, 2), (2500, 3), (7125, 3), (11875, 3)]
    assert [len(row) for row in triangle] == [6, 5, 4, 3, 2, 1]


def test_the_candidates_of_a_split_say_why_one_won():
    instance = Instance((25, 20, 10, 5, 15, 35, 30))
    found = candidates(instance, 1, 6)
    assert [candidate.split for candidate in found] == [1, 2, 3, 4, 5]
    assert min(found, key=lambda candidate: candidate.multiplications).split == 3
    for candidate in found:
        assert candidate.multiplications == candidate.left + candidate.right + candidate.own
        assert candidate.own == 25 * 30 * instance.dims[candidate.split]
    (alone,) = candidates(instance, 2, 2)
    assert (alone.operation, alone.multiplications) == ("given", 0)


def test_candidates_without_building_a_stage_come_last():
    instance = Instance((3, 3, 1, 2), costs=tuple(StageCost(None, size, size) for size in (29, 14, 7)))
    found = candidates(instance, 1, 2)
    assert [(way.operation, way.split, way.multiplications) for way in found] == [
        ("multiply", 1, 87 + 14 + 9),
        ("tangent", 1, 87 + 3 * 14),
        ("adjoint", 1, 14 + 29),
    ]
    assert [(way.left, way.right, way.own) for way in found] == [(87, 14, 9), (87, 0, 42), (0, 14, 29)]


def test_long_chains_are_surveyed_as_far_as_it_is_quick():
    middle, long = Instance((3, 4) * 30), Instance((3, 4) * 300)
    found = survey(middle, best=2)
    assert found.triangle == ()
    assert len(found.alternatives) == 2
    assert found.alternatives[0].multiplications == tabulate(middle, prices_of(middle)[0]).total
    assert survey(long) == Survey()


@pytest.mark.parametrize("best", [1, 3])
def test_the_second_best_of_naumann_is_dearer(best):
    instance = Instance((3, 3, 1, 2), costs=tuple(StageCost(None, size, size) for size in (29, 14, 7)))
    found = survey(instance, best=best)
    assert found.margin > 0
    assert found.alternatives[0].multiplications == 56
