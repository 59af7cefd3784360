"""What a plan was chosen from: the triangle is the table of the recurrence, the best of the splits is the one taken."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.chain.instance import Instance
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
    rows = [line.split()[1:] for line in shown(CLRS, Look(100)).splitlines() if re.match(r"  J[₁-₆]ᵀ ", line)]
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
