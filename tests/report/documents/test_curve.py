"""What is said below a curve: the V where there is one, that there is none, and nothing that is not in the picture."""

import pytest

from jacchain.check import curve
from jacchain.pipeline import from_expressions
from jacchain.report.documents.curve import curve_document
from jacchain.report.layout.lines import plain
from jacchain.report.look import Look

# fmt: off
CASES = [
    ("exp(x)",               "0.3",  ["Left of the V", "complex step"],          ["kink", "turns", "linear"]),
    ("abs(x)",               "0",    ["a kink at x = 0", "their mean, 0"],       ["Left of the V", "best h", "is the order"]),
    ("where(x > 2, x^2, 4)", "2",    ["slope on the right, 4", "left, 0"],       ["Left of the V", "complex"]),
    ("abs(x)",               "1e-9", ["the function turns"],                     ["Left of the V", "kink"]),
    ("x^2",                  "0",    ["Rounding is not seen"],                   ["Left of the V", "kink"]),
    ("relu(x)^1.5",          "0",    ["exists and is not zero"],                 ["Left of the V"]),
    ("3*x",                  "2",    ["no V", "the longer the step"],            ["Left of the V", "kink"]),
    ("sin(x)",               "0",    ["exists and is not zero"],                 ["linear in"]),
]
# fmt: on


@pytest.mark.parametrize(("function", "at"), [("exp(x)", "0.3"), ("abs(x)", "0"), ("abs(x) + 3*x", "0"), ("x^2", "0")])
def test_an_error_is_called_relative_where_it_is(function, at):
    found = curve(from_expressions([f"f(x): {function}"], at))
    page = plain(curve_document(found, Look()), Look())
    assert ("the relative error" in page) == (found.reference != 0) == ("errors are absolute" not in page)


@pytest.mark.parametrize("width", [60, 100])
@pytest.mark.parametrize(("function", "at", "said", "unsaid"), CASES)
def test_the_explanation_is_that_of_the_picture(function, at, said, unsaid, width):
    look = Look(width=width)
    page = " ".join(plain(curve_document(curve(from_expressions([f"f(x): {function}"], at)), look), look).split())
    assert [text for text in said if text not in page] == []
    assert [text for text in unsaid if text in page] == []


def test_of_schemes_that_fall_together_every_one_is_seen():
    look = Look(width=100)
    picture = plain(curve_document(curve(from_expressions(["f(x): abs(x)"], "0")), look), look).partition("+---")[0]
    drawn = "".join(line.partition("|")[2] for line in picture.splitlines())
    assert {letter: drawn.count(letter) for letter in "fbc4"} == dict.fromkeys("fbc4", 45)
