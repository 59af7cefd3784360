"""How an entry comes about, as told: the sums and the formulas are worked out again, by Python itself, from what is printed."""

import math
import re
from pathlib import Path

import pytest

from jacchain.pipeline import from_expressions, load
from jacchain.report.documents.entry import jacobian_entry, product_entry, with_numbers
from jacchain.report.documents.run import run_document
from jacchain.report.layout.lines import plain
from jacchain.report.look import Look
from jacchain.run import Request, run

SAMPLES = Path(__file__).parents[3] / "samples"
FINE = Look(digits=17)
MATH = {name: getattr(math, name) for name in ("sin", "cos", "exp", "log", "sqrt", "tanh", "cosh")}


def text(paragraph):
    return "".join(run.text for run in paragraph.runs)


def worked_out(expression):
    python = expression.replace("·", "*").replace("^", "**")
    return eval(python, {"__builtins__": {}}, MATH)  # what the program printed, not what anybody wrote


def report_of(name):
    path = SAMPLES / name
    return run(load(path.read_bytes(), str(path), folder=path.parent), Request(check=False))


@pytest.mark.parametrize("name", ["mazur.yaml", "softmax_cross_entropy.yaml", "planar_arm.yaml", "attention.yaml"])
def test_the_sum_that_is_told_is_the_entry(name):
    report = report_of(name)
    assert report.products
    for product in report.products:
        m, n = product.planned.shape
        for entry in ((i, j) for i in range(m) for j in range(n)):
            told = text(product_entry(report, product, entry, FINE, ["numbers"])).partition("   ")[0].split(" = ")
            value = product.linear.dense[0][entry]
            assert float(told[-1]) == pytest.approx(value, rel=1e-12, abs=1e-15)
            if len(told) == 3:
                assert worked_out(told[1]) == pytest.approx(value, rel=1e-12, abs=1e-15)
            else:
                assert value == 0


def test_what_is_said_already_is_not_said_again():
    report = run(from_expressions(["f(x, y): [x, 2*y, x*y]"], at="2,3"), Request(check=False))
    told = [text(jacobian_entry(report, 1, entry, Look())) for entry in ((0, 0), (1, 1), (2, 0))]
    assert [part.split(" = ", 2)[2] for part in told] == ["1", "2", "y = 3"]


def test_symbols_name_the_factors_that_are_there():
    report = report_of("mazur.yaml")
    told = text(product_entry(report, report.products[1], (0, 0), FINE, ["symbols"]))
    assert told.startswith("P2[1,1] = J₃ᵀ[1,1]·P1[1,1] + J₃ᵀ[1,2]·P1[2,1] = 0.0363")


def test_a_long_sum_is_cut_and_says_so():
    report = run(from_expressions(["f(v): 2*v", "g(v): sum(exp(v)*v)"], at="v=[1,2,3,4,5,6,7,8,9,10]"), Request(check=False))
    told = text(product_entry(report, report.products[0], (3, 0), Look(), ["numbers"]))
    assert told.endswith("(9 more summands are always 0)")
    report = run(from_expressions(["f(v): softmax(v)", "g(v): sum(v^2)"], at="v=[1,2,3,4,5,6,7,8,9,10]"), Request(check=False))
    told = text(product_entry(report, report.products[0], (3, 0), Look(), ["numbers"]))
    assert "… + " in told
    assert told.endswith("(3 summands are left out)")
    assert "…" not in text(product_entry(report, report.products[0], (3, 0), Look(full=True), ["numbers"]))


@pytest.mark.parametrize(
    ("functions", "at"),
    [
        (["f(r, t): [r*cos(t), r*sin(t)]", "g(x, y): [sqrt(x^2 + y^2), x*y^3, x/y]"], "2,0.7"),
        (["f(x, y): [exp(x*y), x^2*y, log(x + y)]"], "1.5,-0.25"),
        (["f(v): [v[1]*v[2], tanh(v[1])]"], "v=[-0.5,3]"),
    ],
)
def test_the_numbers_put_into_a_formula_yield_the_derivative(functions, at):
    report = run(from_expressions(functions, at=at), Request(check=False))
    put_in = 0
    for stage in report.stages:
        for (i, j), value in ((entry, stage.jacobian.linear.dense[0][entry]) for entry in _entries(stage)):
            told = text(jacobian_entry(report, stage.index, (i, j), FINE)).split(" = ")
            assert float(told[-1].split()[0]) == pytest.approx(value, rel=1e-13)
            if len(told) == 5:
                put_in += 1
                assert not re.search(r"\b[rtxyv]\b", told[3])
                assert worked_out(told[3]) == pytest.approx(value, rel=1e-13)
    assert put_in


def _entries(stage):
    return [(i, j) for i in range(len(stage.outputs)) for j in range(len(stage.inputs))]


def test_a_diagonal_is_told_by_its_component():
    told = text(jacobian_entry(report_of("mazur.yaml"), 2, (1, 1), Look()))
    assert told == "J₂[2,2] = ∂act1₂/∂net₂ = act1[2]*(1 - act1[2]) = 0.5969*(1 - 0.5969) = 0.2406"


def test_a_zero_of_the_pattern_needs_no_numbers():
    told = text(jacobian_entry(report_of("mazur.yaml"), 2, (0, 1), Look()))
    assert told == "J₂[1,2] = ∂act1₁/∂net₂ = 0   whatever the point is"


@pytest.mark.parametrize(
    ("formula", "numbers", "expected"),
    [
        ("x*y", {"x": -2.0, "y": 3.0}, "(-2)*3"),
        ("x", {"x": -2.0}, "-2"),
        ("exp(x)*v[2]", {"x": 1.0, "v[1]": 5.0, "v[2]": 7.0}, "exp(1)*7"),
        ("x*norm(v)", {"x": 1.0, "v[1]": 5.0}, ""),
        ("2", {"x": 1.0}, ""),
        ("x1*x", {"x": 3.0, "x1": 4.0}, "4*3"),
    ],
)
def test_numbers_stand_in_the_place_of_their_names(formula, numbers, expected):
    assert with_numbers(formula, numbers, Look()) == expected


@pytest.mark.parametrize(
    ("function", "at"), [("max(x, y)", "2,2"), ("hypot(x, y)", "0,0"), ("relu(x) + y", "0,1"), ("abs(x - y)", "3,3")]
)
def test_no_formula_is_set_equal_to_a_number_used_by_convention(function, at):
    report = run(from_expressions([f"f(x, y): {function}"], at), Request())
    told = text(jacobian_entry(report, 1, (0, 0), FINE))
    number = repr(float(report.jacobian.dense[0, 0, 0])).removesuffix(".0")
    assert told.startswith(f"J₁[1,1] = ∂f/∂x = {number}   settled")
    page = plain(run_document(report, Look(width=100)), Look(width=100))
    assert "the formula holds beside the point" in page
    assert "] = [" not in page
