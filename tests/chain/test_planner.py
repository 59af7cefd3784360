"""The cheapest is cheapest: plans against every bracketing, with costs counted here, and against what others have published."""

import subprocess
import sys
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from strategies.chains import random_instance

from jacchain.chain import planner
from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.plan import bracketing
from jacchain.chain.planner import make_plan, prices_of
from jacchain.errors import JacchainError
from jacchain.linear.pattern import Pattern

sizes = st.integers(1, 6)
dims_lists = st.lists(sizes, min_size=2, max_size=8).map(tuple)


@st.composite
def boolean_chains(draw, max_length=6):
    """Zero patterns that can be multiplied one after the other, as boolean matrices."""
    dims = draw(st.lists(st.integers(1, 5), min_size=2, max_size=max_length + 1))
    chain = []
    for m, n in pairwise(dims):
        form = draw(st.sampled_from(["any", "any", "diagonal", "triangle", "dense", "zero"]))
        offsets = np.subtract.outer(np.arange(m), np.arange(n))
        named = {"diagonal": offsets == 0, "triangle": offsets >= 0, "dense": offsets > -n, "zero": offsets > m}
        chain.append(draw(arrays(bool, (m, n))) if form == "any" else named[form])
    return chain


@cache
def bracketings(i, j):
    """Every bracketing of the factors i … j."""
    if i == j:
        return [i]
    return [(left, right) for k in range(i, j) for left in bracketings(i, k) for right in bracketings(k + 1, j)]


def count(tree, chain):
    """Multiplications of a bracketing, term by term, and the pattern of the product."""
    if isinstance(tree, int):
        return 0, chain[tree - 1]
    (left_cost, left), (right_cost, right) = (count(part, chain) for part in tree)
    terms = sum(int(left[:, t].sum()) * int(right[t].sum()) for t in range(right.shape[0]))
    return left_cost + right_cost + terms, (left[:, :, None] & right[None]).any(1)


def instance_of(chain):
    return Instance.of_patterns([Pattern.from_boolean(matrix) for matrix in chain])


def dense(dims):
    return [np.ones(shape, bool) for shape in pairwise(dims)]


def smallest_split_first(tree):
    """Sorts trees as ties are settled: the smaller left part at the root first, then its left part, then its right."""
    if isinstance(tree, int):
        return (0,)
    left, right = tree
    return (leaves(left), smallest_split_first(left), smallest_split_first(right))


def leaves(tree):
    return 1 if isinstance(tree, int) else leaves(tree[0]) + leaves(tree[1])


@given(boolean_chains())
def test_cheapest_is_cheapest_on_zero_patterns(chain):
    costs = {tree: count(tree, chain)[0] for tree in bracketings(1, len(chain))}
    plan = make_plan(instance_of(chain))
    assert plan.multiplications == plan.optimum == min(costs.values())
    assert plan.worst == max(costs.values())
    assert costs[plan.tree] == plan.optimum


@given(dims_lists)
def test_cheapest_is_cheapest_on_shapes(dims):
    chain = dense(dims)
    costs = {tree: count(tree, chain)[0] for tree in bracketings(1, len(chain))}
    plan = make_plan(Instance(dims))
    assert plan.optimum == min(costs.values())
    assert plan.worst == max(costs.values())
    cheapest = [tree for tree, cost in costs.items() if cost == plan.optimum]
    assert plan.tree == min(cheapest, key=smallest_split_first)


@given(dims_lists)
def test_full_patterns_are_shapes(dims):
    patterns = tuple(Pattern.full(m, n) for m, n in pairwise(dims))
    on_patterns, on_shapes = make_plan(Instance(dims, patterns)), make_plan(Instance(dims))
    assert on_patterns.multiplications == on_shapes.multiplications
    assert on_patterns.worst == on_shapes.worst
    assert on_patterns.tree == on_shapes.tree


@given(boolean_chains(max_length=8))
def test_a_transposed_chain_costs_the_same(chain):
    plan = make_plan(instance_of(chain))
    turned = make_plan(instance_of([matrix.T for matrix in reversed(chain)]))
    assert (plan.optimum, plan.worst) == (turned.optimum, turned.worst)
    assert (plan.forward, plan.reverse) == (turned.reverse, turned.forward)


@given(dims_lists, st.integers(0, 8))
def test_turning_the_polygon_keeps_the_dense_cost(dims, places):
    turned = tuple(np.roll(dims, places).tolist())
    assert make_plan(Instance(dims)).optimum == make_plan(Instance(turned)).optimum


@given(boolean_chains(), st.data())
def test_a_given_order_costs_what_it_costs(chain, data):
    tree = data.draw(st.sampled_from(bracketings(1, len(chain))))
    plan = make_plan(instance_of(chain), tree)
    assert plan.tree == tree
    assert plan.order == "given"
    assert plan.multiplications == count(tree, chain)[0]
    assert plan.optimum == make_plan(instance_of(chain)).optimum


@given(boolean_chains())
def test_forward_and_reverse_are_the_combs(chain):
    forward, reverse = (make_plan(instance_of(chain), order) for order in ("forward", "reverse"))
    left = right = None
    for number in range(1, len(chain) + 1):
        left = number if left is None else (left, number)
        right = len(chain) + 1 - number if right is None else (len(chain) + 1 - number, right)
    assert (forward.tree, reverse.tree) == (left, right)
    assert forward.multiplications == forward.forward == reverse.forward == count(left, chain)[0]
    assert reverse.multiplications == reverse.reverse == forward.reverse == count(right, chain)[0]


@given(boolean_chains())
def test_every_product_says_what_it_is(chain):
    plan = make_plan(instance_of(chain))
    made = {("stage", number): matrix for number, matrix in enumerate(chain, 1)}
    for number, product in enumerate(plan.products, 1):
        left, right = (made[side.kind, side.number] for side in (product.left, product.right))
        entries = (left[:, :, None] & right[None]).any(1)
        made["product", number] = entries
        assert product.number == number
        assert product.operation == "multiply"
        assert product.shape == entries.shape
        assert product.entries == entries.sum()
        assert product.structure == Pattern.from_boolean(entries).structure
        assert product.multiplications == sum(int(a.sum()) * int(b.sum()) for a, b in zip(left.T, right, strict=True))
    assert sum(product.multiplications for product in plan.products) == plan.multiplications


@pytest.mark.parametrize("order", ["optimal", "forward", "reverse", 1])
def test_a_chain_of_one_needs_no_product(order):
    plan = make_plan(Instance((3, 4)), order)
    assert plan.products == ()
    assert plan.tree == 1
    assert bracketing(plan.tree) == "J₁ᵀ"
    assert (plan.multiplications, plan.forward, plan.reverse, plan.worst, plan.optimum, plan.peak) == (0, 0, 0, 0, 0, 0)


PUBLISHED = {
    "CLRS 15.2": ((30, 35, 15, 5, 10, 20, 25), 15125, ((1, (2, 3)), ((4, 5), 6))),
    "CLRS exercise 15.2-1": ((5, 10, 3, 12, 5, 50, 6), 2010, ((1, 2), ((3, 4), (5, 6)))),
    "numpy.linalg.multi_dot": ((10, 100, 5, 50), 7500, ((1, 2), 3)),
    "reverse is not optimal": ((2, 5, 1, 1), 12, ((1, 2), 3)),
    "reverse is not optimal, turned": ((1, 5, 2, 1), 12, ((1, 2), 3)),
    "the lecture": ((25, 20, 10, 5, 15, 35, 30), 15125, ((1, (2, 3)), ((4, 5), 6))),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_dense_chains(name):
    dims, cost, tree = PUBLISHED[name]
    plan = make_plan(Instance(dims), thorough=True)
    assert plan.multiplications == cost
    if name != "reverse is not optimal, turned":
        assert plan.tree == tree


def test_neither_forward_nor_reverse_is_best_in_the_lecture():
    plan = make_plan(Instance((25, 20, 10, 5, 15, 35, 30)))
    assert (plan.forward, plan.reverse) == (47500, 40500)
    assert bracketing(plan.tree) == "(J₁ᵀ (J₂ᵀ J₃ᵀ)) ((J₄ᵀ J₅ᵀ) J₆ᵀ)"


@pytest.mark.parametrize(
    ("dims", "confirmed"),
    [
        ((3, 4, 5, 6), ("dynamic programming", "Hu–Shing")),
        ((3, 4, 5, 1), ("dynamic programming", "Hu–Shing", "rule for a width of one")),
        (tuple(range(3, 80)), ("Hu–Shing", "dynamic programming")),
        ((*range(3, 300), 1), ("Hu–Shing", "dynamic programming", "rule for a width of one")),
        ((*range(3, 600), 1), ("Hu–Shing", "rule for a width of one")),
    ],
)
def test_an_optimum_is_confirmed_by_other_algorithms(dims, confirmed):
    assert make_plan(Instance(dims), thorough=True).confirmed == confirmed
    assert make_plan(Instance(dims)).confirmed == ()


def test_an_optimum_on_patterns_is_confirmed():
    chain = [np.tri(4, dtype=bool), np.eye(4, dtype=bool), np.ones((4, 2), bool)]
    assert make_plan(instance_of(chain), thorough=True).confirmed == ("dynamic programming", "sub-chains settled by cost")


def test_another_cost_is_a_bug(monkeypatch):
    monkeypatch.setattr(planner, "triangulate", lambda dims: (sum(dims), []))
    with pytest.raises(AssertionError, match="Hu–Shing"):
        make_plan(Instance((3, 4, 5, 6)), thorough=True)


def test_long_dense_chains_agree_with_the_table():
    dims = tuple(np.random.default_rng(4).integers(1, 1000, 120).tolist())
    instance = Instance(dims)
    plan = make_plan(instance)
    assert plan.multiplications == planner.tabulate(instance, prices_of(instance)[0]).total
    assert make_plan(instance, plan.tree).multiplications == plan.multiplications


def test_ten_thousand_matrices_and_their_lopsided_trees():
    plan = make_plan(Instance((7,) * 10_001), "reverse")
    assert plan.multiplications == 9_999 * 7**3
    assert bracketing(plan.tree).startswith("J₁ᵀ (J₂ᵀ (J₃ᵀ ")
    assert plan.worst is None


def test_patterns_too_large_to_use_give_an_upper_bound(monkeypatch):
    chain = [np.eye(4, dtype=bool), np.eye(4, dtype=bool), np.ones((4, 1), bool)]
    exact = make_plan(instance_of(chain))
    monkeypatch.setattr(planner, "PATTERN_BYTES", 10)
    bound = make_plan(instance_of(chain))
    assert not exact.upper_bound
    assert bound.upper_bound
    assert bound.multiplications == 32 > exact.multiplications


def test_a_table_has_a_limit():
    instance = Instance((2,) * 2_003, costs=(StageCost(None, 1, 1),) * 2_002)
    with pytest.raises(JacchainError) as caught:
        make_plan(instance)
    assert caught.value.problems[0].code == "JC450"


@pytest.mark.parametrize("named", ["named", "random"])
def test_dense_chains_of_the_oracle(oracle, named):
    for chain in oracle("dense_chains.json")[named]:
        plan = make_plan(Instance(tuple(chain["dims"])), thorough=True)
        assert plan.optimum == chain["cost"], chain
        assert str(plan.tree).replace(",", "") == chain.get("tree_smallest_split", str(plan.tree)).replace(",", ""), chain
        assert plan.forward == chain.get("left_to_right", plan.forward)
        assert plan.reverse == chain.get("right_to_left", plan.reverse)


def test_generated_dense_chains_of_the_oracle(oracle):
    for chain in oracle("dense_chains.json")["lcg"]:
        seed, dims = 12345, []
        for _ in range(chain["n"] + 1):
            seed = (1103515245 * seed + 12345) % 2**31
            dims.append(1 + (seed >> 8) % 1000)
        assert dims[:5] == chain["first_dims"]
        assert make_plan(Instance(tuple(dims))).optimum == chain["cost"]


def test_shapes_alone_need_no_numpy():
    code = (
        "import sys; from jacchain.chain.instance import Instance; from jacchain.chain.planner import make_plan;"
        "make_plan(Instance((30, 35, 15, 5, 10, 20, 25)), thorough=True); sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("costs", [False, True])
def test_it_does_not_matter_how_the_table_of_a_long_chain_is_made(costs, monkeypatch):
    instance = random_instance(90, 4, patterns=True, costs=costs, densities=(0.6, 0.9, 1))
    assert prices_of(instance)[0].mixing()
    plan = make_plan(instance)
    monkeypatch.setattr(planner, "LONGEST_BY_LENGTH", 0)
    assert make_plan(instance).products == plan.products
