"""Mistakes are shown at their places, with the way out, on a page, and cleanly whatever is in the file."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strategies.reports import anything, looks

from jacchain.errors import Fragment, JacchainError, Problem, Source, Span
from jacchain.report import render_problems
from jacchain.report.documents.problems import ECHO, problems_document
from jacchain.report.layout.lines import plain
from jacchain.report.look import Look
from jacchain.report.notation.text import cells, cleaned
from jacchain.report.records.problems import problems_json

FRAME = """name: Frame
constants:
  A: [[1, 2, 3], [4, 5, 6]]
functions:
  hidden(x):
    - tanh(x[1])
    - x[2]
  # the activation
  act(z): sigmoid(z)



  out(h): A @ h
"""
SOURCE = Source("frame.yaml", FRAME)
WIDE = Look(width=100)


def told(error, look=WIDE):
    return render_problems(error, "text", look).decode()


def span(text, source=SOURCE):
    start = source.text.index(text)
    return Span(source, start, start + len(text))


TWO_PLACES = Problem(
    "JC201",
    "`out` cannot follow `act`: it takes 3 numbers, gets 2",
    span("A @ h"),
    "A is 2×3: takes a vector of length 3",
    ((span("act(z)"), "produces 2 numbers"),),
    "drop a column of `A`, or make `act` produce 3 numbers",
    ("shapes so far  x:2 -> hidden:2 -> act:2 -> out:?",),
)


def test_two_places_a_cause_and_a_way_out():
    assert told(JacchainError(TWO_PLACES)).splitlines() == [
        "error[JC201]: `out` cannot follow `act`: it takes 3 numbers, gets 2",
        "  --> frame.yaml:13:11",
        "   |",
        " 9 |   act(z): sigmoid(z)",
        "   |   ------ produces 2 numbers",
        "...",
        "13 |   out(h): A @ h",
        "   |           ^^^^^ A is 2×3: takes a vector of length 3",
        "   |",
        "   = help: drop a column of `A`, or make `act` produce 3 numbers",
        "   = note: shapes so far  x:2 -> hidden:2 -> act:2 -> out:?",
    ]


def test_without_a_place_there_is_no_excerpt():
    problem = Problem("JC001", "no such option --colour", help="did you mean `--color`?")
    assert told(JacchainError(problem)) == "error[JC001]: no such option --colour\n  = help: did you mean `--color`?\n"


def test_a_place_in_another_text_has_its_own_heading():
    option = Fragment.whole("(1 2 3)", "--order").span(1, 6)
    problem = Problem("JC021", "three operands", span("hidden"), related=((option, "here"),))
    assert told(JacchainError(problem)).splitlines()[2:] == [
        "  |",
        "5 |   hidden(x):",
        "  |   ^^^^^^",
        " ::: --order",
        "  |",
        "1 | (1 2 3)",
        "  |  ----- here",
    ]


sources = st.builds(Source, anything, st.text(max_size=200))


@st.composite
def spans(draw):
    source = draw(sources)
    start = draw(st.integers(0, len(source.text)))
    return Span(source, start, draw(st.integers(start, len(source.text))))


long_text = st.one_of(anything, st.sampled_from(["é日a\x1b" * 200, "x" * 900, "some words " * 90]))
problems = st.builds(
    Problem,
    st.sampled_from(["JC001", "JC201", "JC401"]),
    long_text,
    st.one_of(st.none(), spans()),
    long_text,
    st.lists(st.tuples(spans(), long_text), max_size=2).map(tuple),
    long_text,
    st.lists(long_text, max_size=8).map(tuple),
)
errors = st.tuples(st.lists(problems, min_size=1, max_size=3), st.integers(1, 6)).map(
    lambda drawn: JacchainError(*drawn[0] * drawn[1])
)


@settings(max_examples=30)
@given(errors, looks)
def test_whatever_the_file_holds_the_message_is_a_clean_page(error, look):
    text = told(error, Look(look.width, ascii_only=look.ascii_only))
    assert 1 <= len(text.encode()) <= 4_000
    for line in text.splitlines():
        assert cells(line) <= look.width
        assert line == "" or line.isprintable()
        assert not look.ascii_only or line.isascii()


@settings(max_examples=30)
@given(errors)
def test_the_json_has_the_same_facts_and_fits_a_page(error):
    text = problems_json(error)
    found = json.loads(text)
    assert len(text) <= 4_000
    assert len(found["errors"]) + found["more"] == len(error.problems)
    assert found["exit_code"] == error.exit_code
    for said, problem in zip(found["errors"], error.problems, strict=False):
        assert said["code"] == problem.code
        assert said["message"].removesuffix("…") in cleaned(problem.message)
        assert (said["line"], said["column"]) == (problem.span.position if problem.span else (None, None))


def test_the_json_is_what_the_schema_says(result_schema):
    Draft202012Validator(result_schema).validate(json.loads(problems_json(JacchainError(TWO_PLACES))))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=300), st.data())
def test_the_mark_stands_below_what_it_marks(line, data):
    start = data.draw(st.integers(0, len(line) - 1))
    end = data.draw(st.integers(start + 1, len(line)))
    source = Source("x.yaml", f"first\n{line}\nlast")
    look = Look(width=100, ascii_only=data.draw(st.booleans()))
    place = Span(source, 6 + start, 6 + end)
    shown, mark = told(JacchainError(Problem("JC151", "m", place)), look).splitlines()[3:5]
    shown, mark = shown.removeprefix("2 | ").removeprefix("2 |"), mark.removeprefix("  | ")
    assert len(shown) <= ECHO if shown.isascii() and line.isascii() else True
    before = mark[: mark.index("^")]
    offset = len(before)
    marked, position = "", 0
    for character in shown:
        if position >= offset and position < offset + mark.count("^"):
            marked += character
        position += cells(character)
    whole = told(JacchainError(Problem("JC151", "m", Span(Source("x", line[start:end]), 0, 1))), look).splitlines()[3]
    assert marked.rstrip()[:10] == whole.removeprefix("1 | ").removeprefix("1 |").rstrip()[: len(marked.rstrip()[:10])]


@pytest.mark.parametrize("length", [59, 60, 61, 400])
def test_of_a_long_line_the_stretch_around_the_place_is_echoed(length):
    line = "a" * (length // 2) + "HERE" + "b" * (length // 2)
    source = Source("x.yaml", line)
    text = told(JacchainError(Problem("JC151", "m", span("HERE", source)))).splitlines()
    echoed, mark = text[3].removeprefix("1 | "), text[4].removeprefix("  | ")
    assert len(echoed) <= ECHO
    assert echoed[mark.index("^") : mark.index("^") + 4] == "HERE"
    assert mark.strip() == "^^^^"
    assert echoed.startswith("…") == (length >= 400)


def test_problems_beyond_a_page_are_counted():
    text = told(JacchainError(*[TWO_PLACES] * 30))
    assert text.count("error[JC201]") + int(text.split()[-3]) == 30
    assert text.splitlines()[-1].endswith("more problems")


def test_a_warning_says_that_it_is_one():
    document = problems_document(JacchainError(TWO_PLACES), WIDE, severity="warning")
    assert plain(document, WIDE).startswith("warning[JC201]: ")
