"""What a plan was chosen from: the triangle is the table of the recurrence, the best of the splits is the one taken."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.planner import make_plan
from jacchain.chain.survey import candidates, survey
from jacchain.frozen import replace
from jacchain.report.documents.plan import plan_document
from jacchain.report.layout.lines import plain
from jacchain.report.look import Look
from jacchain.report.notation.text import cells

CLRS = (30, 35, 15, 5, 10, 20, 25)


def shown(dims, look, best=1, explain=False):
    instance = Instance(dims)
    plan = make_plan(instance)
    found = survey(instance, best=best)
    if explain:
        found = replace(found, candidates=candidates(instance, 1, instance.length))
    return plain(plan_document(plan, look, None, found), look)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 400), min_size=3, max_size=20).map(tuple), st.integers(40, 130), st.booleans())
def test_every_line_fits(dims, width, ascii_only):
    text = shown(dims, Look(width, ascii_only=ascii_only), best=4, explain=True)
    assert max(map(cells, text.splitlines())) <= width
    assert text.isascii() or not ascii_only


def test_the_triangle_of_the_textbook():
    """Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, figure 15.5."""
    rows = [line.split()[1:] for line in shown(CLRS, Look(100)).splitlines() if re.match(r" J[₁-₆]ᵀ ", line)]
    costs = [[cell.split("|")[0] for cell in row] for row in rows]
    assert costs == [
        ["·", "15,750", "7,875", "9,375", "11,875", "15,125"],
        ["·", "2,625", "4,375", "7,125", "10,500"],
        ["·", "750", "2,500", "5,375"],
        ["·", "1,000", "3,500"],
        ["·", "5,000"],
        ["·"],
    ]
    splits = [[cell.split("|")[1] for cell in row if "|" in cell] for row in rows]
    assert splits == [["1", "1", "3", "3", "3"], ["2", "3", "3", "3"], ["3", "3", "3"], ["4", "5"], ["5"], []]


def test_a_triangle_that_does_not_fit_says_what_it_takes():
    text = shown(CLRS, Look(50))
    needed = int(re.search(r"takes (\d+) columns", text)[1])
    assert "takes" not in shown(CLRS, Look(needed))
    assert "takes" in shown(CLRS, Look(needed - 1))


def test_with_full_the_triangle_goes_on_below_whatever_the_width():
    cells_of = [
        [word for line in text.splitlines() if line.startswith(f" J{number}ᵀ ") for word in line.split()[1:]]
        for text in (shown(CLRS, Look(100)), shown(CLRS, Look(40, full=True)))
        for number in "₁₂₃₄₅₆"
    ]
    assert cells_of[:6] == cells_of[6:]
    assert [len(row) for row in cells_of[:6]] == [6, 5, 4, 3, 2, 1]


def test_the_next_best_plans_are_ranked():
    text = shown(CLRS, Look(100), best=3)
    ranked = re.findall(r"^ (\d)  +([0-9,]+)", text, re.MULTILINE)
    costs = [int(cost.replace(",", "")) for _, cost in ranked]
    assert [rank for rank, _ in ranked] == ["1", "2", "3"]
    assert costs == sorted(costs)
    assert costs[0] == 15_125
    assert f"the next best costs {costs[1] - costs[0]:,} more" in text


def test_the_cheapest_way_is_the_one_pointed_at():
    text = shown(CLRS, Look(100), explain=True)
    lines = [line for line in text.splitlines() if line.endswith((" more", "the least"))]
    together = [int(re.search(r"([0-9,]+)  (the least|[0-9,]+ more)", line)[1].replace(",", "")) for line in lines]
    assert len(together) == 5
    assert min(together) == 15_125
    assert [line.endswith("the least") for line in lines] == [cost == 15_125 for cost in together]


def test_plans_of_one_bracketing_say_in_what_they_differ():
    instance = Instance((3, 4, 2), costs=(StageCost(None, 5, 6), StageCost(None, 7, 4)))
    plan = make_plan(instance)
    text = plain(plan_document(plan, Look(100), None, survey(instance, best=4)), Look(100))
    formed = re.findall(r"(?:tangents|adjoints) .*", text.partition("by passes")[2])
    assert len(set(formed)) == 4
    assert "by passes" not in shown(CLRS, Look(100), best=4)


def test_the_costs_in_the_tree_add_up_to_what_the_plan_costs():
    instance = Instance((3, 4, 2, 5), costs=(StageCost(None, 5, 6), StageCost(9, 7, 4), StageCost(None, 2, 9)))
    plan = make_plan(instance)
    tree = [line for line in shown_plan(plan).splitlines() if re.search(r"P\d  |J.ᵀ  ", line)]
    costs = [int(found[1]) for line in tree if (found := re.search(r"\d×\d   (\d+)", line))]
    assert sum(costs) == plan.multiplications
    assert len(costs) > 2


def shown_plan(plan):
    return plain(plan_document(plan, Look(60)), Look(60))


def test_every_bar_stands_on_one_line_with_its_cost_and_how_many_times_the_least_it_is():
    dims = tuple(10 ** (place % 9) for place in range(15))
    lines = shown(dims, Look(60)).splitlines()
    for name, cost in (("reverse", "101,010,112,020,202,000,000"), ("worst", "1,011,101,111,111,101,000,000")):
        assert [re.fullmatch(rf"{name} +{cost}  █+\S? +[0-9.e+]+×", line) is not None for line in lines].count(True) == 1
