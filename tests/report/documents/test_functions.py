"""The table of functions and the page of one: every row of the table is there, with its derivative and a computed example."""

import pytest

from jacchain.expression.table import FUNCTIONS
from jacchain.reference import function_facts
from jacchain.report import render_function, render_functions
from jacchain.report.look import Look
from jacchain.report.notation.text import cells


@pytest.mark.parametrize("width", [60, 100])
def test_the_table_lists_every_function_with_its_derivative(width):
    lines = render_functions(function_facts(), "text", Look(width)).decode().splitlines()
    assert max(map(cells, lines)) <= width
    listed = {line.split("(")[0].strip() for line in lines[1:] if "(" in line}
    assert set(FUNCTIONS) <= listed
    assert any(line.split() == ["tanh(x)", "1", "-", "tanh(x)^2"] for line in lines)


def test_with_full_the_table_has_every_derivative_and_every_word():
    facts = function_facts()
    lines = render_functions(facts, "text", Look(60, full=True)).decode().splitlines()
    assert max(map(cells, lines)) <= 60
    text = "".join("".join(lines).split())
    assert "…" not in text
    long = [told for function in facts if len(told := ", ".join(function.derivatives)) > 36]
    assert long
    assert [told for told in long if "".join(told.split()) not in text] == []


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_every_function_has_a_page(name):
    page = render_function(function_facts(name), "text", Look(60)).decode()
    assert max(map(cells, page.splitlines())) <= 60
    assert page.startswith(f"{name}(")


def test_a_page_in_full():
    assert render_function(function_facts("sqrt"), "text", Look(60)).decode().splitlines() == [
        "sqrt(x)   elementwise",
        "  derivative    1/(2*sqrt(x))",
        "  defined for   x >= 0",
        "  example       sqrt(0.3) = 0.5477",
        "  Jacobian    [ 0.9129 ]",
    ]


@pytest.mark.parametrize(("name", "title"), [("floor", "jumps"), ("atan2", "jumps"), ("abs", "kinks"), ("hypot", "kinks")])
def test_jumps_are_not_called_kinks(name, title):
    page = render_function(function_facts(name), "text", Look(60)).decode()
    assert {line.split()[0] for line in page.splitlines()} & {"jumps", "kinks"} == {title}


def test_forms_with_other_numbers_of_arguments_stand_on_the_page():
    page = render_function(function_facts("log"), "text", Look(60)).decode()
    assert "log(x)   elementwise" in page
    assert "log(x, base)   elementwise" in page
    assert "∂/∂base" in page
