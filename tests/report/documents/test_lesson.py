"""The steps of a lesson: all of them, in order, and questions whose answers are right."""

from pathlib import Path

import pytest

from jacchain.pipeline import from_expressions, load
from jacchain.report.documents.lesson import first_entry, matrix_of, step_document, steps
from jacchain.report.layout.lines import plain
from jacchain.report.look import Look
from jacchain.run import Request, run

SAMPLES = sorted((Path(__file__).parents[3] / "samples").glob("*.*"))
LOOK = Look(100)


def report_of(path):
    return run(load(path.read_bytes(), path.name, folder=path.parent), Request(check=False))


@pytest.mark.parametrize("sample", [path for path in SAMPLES if path.suffix in {".yaml", ".json"}], ids=lambda path: path.name)
def test_every_matrix_has_its_step_and_its_shape_is_the_answer(sample):
    report = report_of(sample)
    told = steps(report, LOOK)
    matrices = [step for step in told if matrix_of(report, step) is not None]
    assert len(matrices) == len(report.stages) + len(report.products)
    assert told[-1].about == "result"
    for step in matrices:
        m, n = matrix_of(report, step).shape
        assert step.is_right(f" {m} × {n} ")
        assert not step.is_right(f"{m + 1}x{n}")
        assert plain(step_document(report, step, LOOK, first_entry(report, step)), LOOK)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("3x2", True),
        ("3 2", True),
        ("3×2", True),
        ("3, 2", True),
        ("3 by 2", True),
        ("(3, 2)", True),
        ("[3,2]", True),
        ("03x2", True),
        ("2x3", False),
        ("six", False),
    ],
)
def test_a_shape_may_be_written_in_any_way(answer, right):
    report = run(from_expressions(["f(x, y): [x, y, x*y]"], at="1,2"), Request(check=False))
    assert steps(report, LOOK)[0].is_right(answer) is right


SQUARES = ["f(x): [x, x^2, x^3]", "g(a, b, c): [a*b, b*c, c*a]", "h(a, b, c): [a, b*c]"]
NARROW = ["f(x): [x, 2*x, 3*x]", "g(a, b, c): a*b*c", "h(y): [y, y^2, y^3]", "l(a, b, c): [a*b, b*c]"]


@pytest.mark.parametrize(
    ("functions", "right", "wrong"),
    [
        (SQUARES, ["forward", "f"], ["reverse", "same", "n", ""]),
        (["f(x): [x, x^2]", "g(a, b): a*b"], ["both", "same", "equal"], ["forward", "reverse", "neither"]),
        (NARROW, ["neither", "n"], ["forward", "reverse", "both"]),
    ],
)
def test_the_order_that_is_asked_for_is_the_cheapest(functions, right, wrong):
    report = run(from_expressions(functions, at="2"), Request())
    order = next(step for step in steps(report, LOOK) if step.about == "order")
    assert [order.is_right(answer) for answer in right + wrong] == [True] * len(right) + [False] * len(wrong)
    page = plain(step_document(report, order, LOOK), LOOK)
    assert f"P{len(report.products)}  " in page
    assert str(report.plan.forward) in order.reason


def test_one_function_has_no_order_and_no_products():
    report = run(from_expressions(["f(x, y): x*y"], at="1,2"), Request())
    assert [step.about if isinstance(step.about, str) else step.about.kind for step in steps(report, LOOK)] == ["stage", "result"]


def test_a_matrix_of_zeros_has_no_first_entry():
    report = run(from_expressions(["f(x): [1, 2]"], at="3"), Request())
    assert first_entry(report, steps(report, LOOK)[0]) is None
