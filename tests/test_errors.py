"""Which word a misspelt one is taken for, and where a character of a source stands."""

import pytest

from jacchain.errors import Source, Span, counted, did_you_mean, suggestion
from jacchain.expression.table import FUNCTIONS


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("tahn", "tanh"),  # two letters swapped, and not one too many in `tan`
        ("sinn", "sin"),  # a letter twice, and not another one as in `sign`
        ("coss", "cos"),
        ("lgo", "log"),
        ("sqr", "sqrt"),
        ("softmx", "softmax"),
        ("arctan", "atan"),
        ("sgimoid", "sigmoid"),
        ("exponential", ""),
        ("xy", ""),
    ],
)
def test_a_misspelt_function_is_the_one_a_person_means(word, meant):
    assert suggestion(word, tuple(FUNCTIONS)) == meant


def test_the_nearest_word_wins_whatever_the_order_of_the_list():
    known = ["polar", "polar2", "solar", "pole"]
    assert {suggestion("polr", order) for order in (known, known[::-1])} == {"polar"}


def test_a_known_word_is_never_taken_for_another():
    assert all(suggestion(name, tuple(FUNCTIONS)) == name for name in FUNCTIONS if len(name) > 2)


def test_position_is_where_splitting_into_lines_puts_it():
    text = "ab\n\ncd\r\ne"
    source = Source("t", text)
    places = [(row, column) for row, line in enumerate(text.split("\n"), 1) for column in range(1, len(line) + 2)]
    assert [source.position(offset) for offset in range(len(text) + 1)] == places
    assert [source.line(row) for row, _ in enumerate(text.split("\n"), 1)] == ["ab", "", "cd", "e"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a*b", ["a*b"]),
        ("x,\n   - [-y, 2]\n   - z", ["x,", "-y, 2]", "z"]),
        ("[1, 2],\r\n  [3, 4]", ["[1, 2],", "3, 4]"]),
        ("a\n\n  b", ["a", "b"]),
    ],
)
def test_a_span_has_a_part_on_each_line(text, lines):
    source = Source("x.yaml", f"  {text}  ")
    parts = Span(source, 2, 2 + len(text)).lines
    assert [source.text[part.start : part.end] for part in parts] == lines


def test_a_misspelt_word_gets_the_one_that_is_meant_or_the_other_advice():
    assert did_you_mean("tahn", ["tanh", "tan"], "write one") == "did you mean `tanh`?"
    assert did_you_mean("quantum", ["tanh", "tan"], "write one") == "write one"


def test_counts_are_words():
    assert (counted(1), counted(3)) == ("1 number", "3 numbers")
    assert (counted(1, "entry"), counted(1000, "entry")) == ("1 entry", "1,000 entries")
