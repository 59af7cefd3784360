"""What is written reads back as the same tree, with no parenthesis too many."""

import pytest
from hypothesis import assume, given
from strategies.expressions import trees

from jacchain.errors import Fragment, JacchainError
from jacchain.expression import parse, write
from jacchain.expression.tree import Binary, Name, Unary


def read(text):
    return parse(Fragment.whole(text, "f"))


@given(trees)
def test_what_is_written_reads_back_as_the_same_tree(tree):
    assert read(write(tree)) == tree


@given(trees)
def test_writing_what_was_read_is_stable(tree):
    text = write(tree)
    assert write(read(text)) == text


@given(trees)
def test_no_parenthesis_is_too_many(tree):
    """Deleting any pair but a call's changes the meaning, or leaves no expression; around `not` they are for clarity."""
    text = write(tree)
    assume("not" not in text)
    opened = []
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == ")":
            start = opened.pop()
            if start and (text[start - 1].isalnum() or text[start - 1] in "_₁"):
                continue
            without = f"{text[:start]} {text[start + 1 : place]} {text[place + 1 :]}"
            assert meaning(without) != tree


def meaning(text):
    try:
        return read(text)
    except JacchainError:
        return None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("-x^2", "-x^2"),
        ("(-x)^2", "(-x)^2"),
        ("2^-x", "2^-x"),
        ("x**y**z", "x^y^z"),
        ("(x^y)^z", "(x^y)^z"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("a/(b*c)", "a/(b*c)"),
        ("(a/b)*c", "a/b*c"),
        ("-(a*b)", "-(a*b)"),
        ("(-a)*b", "-a*b"),
        ("not (x > 0)", "not x > 0"),
        ("(x > 0) and (y > 0 or z > 0)", "x > 0 and (y > 0 or z > 0)"),
        ("( [a , b] )[ 1 ]", "[a, b][1]"),
        ("(a + b)[2:]", "(a + b)[2:]"),
        ("W[:, 1]", "W[:, 1]"),
        ("W @ v @ u", "W @ v @ u"),
        ("f(a,b)", "f(a, b)"),
        ("+x", "x"),
    ],
)
def test_texts_are_written_as_a_person_would(text, written):
    assert write(read(text)) == written


def test_the_row_of_a_formula_is_written_with_a_prime():
    assert write(Unary("'", Name("u"))) == "u'"
    assert write(Unary("'", Binary("-", Name("a"), Name("b")))) == "(a - b)'"


def test_a_hundred_thousand_terms_are_written():
    tree = Name("x")
    for _ in range(20_000):
        tree = Binary("+", tree, Name("x"))
    assert write(tree) == " + ".join(["x"] * 20_001)
