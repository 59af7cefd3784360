"""A plan on the screen: the numbers are the plan's, the tree is the bracketing, long chains say what they leave out."""

import re
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.chain.instance import Instance
from jacchain.chain.order import parse_order
from jacchain.chain.planner import make_plan
from jacchain.errors import Fragment
from jacchain.linear.pattern import Pattern
from jacchain.report.documents.plan import plan_document, ways
from jacchain.report.layout.lines import plain
from jacchain.report.look import Look
from jacchain.report.notation.text import cells

CLRS = (25, 20, 10, 5, 15, 35, 30)
widths = st.lists(st.integers(1, 40), min_size=2, max_size=60).map(tuple)


def shown(dims, look=Look(width=100), order="optimal"):  # noqa: B008 - a look is a value
    return plain(plan_document(make_plan(Instance(dims), order), look), look)


@given(widths, st.integers(40, 130), st.booleans(), st.booleans())
def test_every_line_fits(dims, width, ascii_only, full):
    text = shown(dims, Look(width, ascii_only=ascii_only, full=full))
    assert max(map(cells, text.splitlines())) <= width
    assert text.isascii() or not ascii_only


@given(st.lists(st.integers(1, 40), min_size=3, max_size=15).map(tuple))
def test_the_tree_names_every_factor_in_order_and_every_product_with_its_cost(dims):
    text, plan = shown(dims, Look(width=130)), make_plan(Instance(dims))
    lines = [line for line in text.splitlines() if (re.search(r"×", line) and "─" in line) or re.match("P[0-9]+  ", line)]
    factors = re.findall(r"J[₀-₉]+ᵀ(?=  [0-9,]+×)", text)
    assert factors == [f"J{number}ᵀ".translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")) for number in range(1, len(dims))]
    costs = [int(found.replace(",", "")) for line in lines for found in re.findall(r"P[0-9]+  [0-9,]+×[0-9,]+   ([0-9,]+)", line)]
    assert sorted(costs) == sorted(product.multiplications for product in plan.products)


def test_the_classical_example():
    text = shown(CLRS)
    assert "widths  25 → 20 → 10 → 5 → 15 → 35 → 30   6 Jacobians, 42 ways to bracket" in text
    assert re.search(r"optimal +15,125", text)
    assert re.search(r"reverse +40,500 .* 2\.7×", text)
    assert re.search(r"forward +47,500 .* 3\.1×", text)
    assert "order  (J₁ᵀ (J₂ᵀ J₃ᵀ)) ((J₄ᵀ J₅ᵀ) J₆ᵀ)" in text
    assert "neither is optimal" in text


def test_bars_are_as_long_as_the_costs():
    bars = {name: len(found[1]) for name in ("forward", "reverse") if (found := re.search(rf"{name}.*?(█+)", shown(CLRS)))}
    assert bars["reverse"] == 40_500 * 25 // 58_000
    assert bars["forward"] == 47_500 * 25 // 58_000


def test_reverse_is_not_always_best_for_a_scalar_end():
    assert "forward is optimal" in shown((2, 5, 1, 1))


def test_an_order_that_was_asked_for_is_set_beside_the_optimum():
    order = parse_order(Fragment.whole("(1 2) (3 (4 (5 6)))", "--order"), 6)
    text = shown(CLRS, order=order)
    assert re.search(r"given +[0-9,]+", text)
    assert "the optimum is 15,125" in text


@pytest.mark.parametrize("length", [26, 57, 90])
def test_products_of_a_long_chain_are_counted(length):
    text = shown((3,) * length + (1,))
    listed = len(re.findall(r"^ P[0-9]+ = ", text, re.MULTILINE))
    hidden = int(re.search(r"products [0-9–]+ hidden \(([0-9]+) of ([0-9]+)\)", text)[1])
    assert listed + hidden == length - 1


def test_structures_are_named():
    plan = make_plan(Instance.of_patterns([Pattern.diagonal(4), Pattern.full(4, 4), Pattern.diagonal(4)]))
    look = Look(width=100)
    assert "4×4   16" in plain(plan_document(plan, look), look)


@pytest.mark.parametrize("length", [1, 2, 3, 10, 100, 400])
def test_the_number_of_bracketings_is_catalan(length):
    catalan = comb(2 * (length - 1), length - 1) // length
    text = ways(length).removeprefix("about ").split()[0]
    assert float(text.replace(",", "")) == pytest.approx(catalan, rel=0.005)


@pytest.mark.parametrize("length", [401, 1000, 5000])
def test_for_very_long_chains_the_number_of_bracketings_is_told_by_its_size(length):
    catalan = comb(2 * (length - 1), length - 1) // length
    told = int(re.search(r"10\^([0-9,]+)", ways(length))[1].replace(",", ""))
    assert abs(catalan.bit_length() * 0.30103 - told) < 1
