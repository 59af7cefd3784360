"""Text to tree: precedence as in mathematics, and a reply to everything that is not the language."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.expressions import scalars, trees

from jacchain.codes import CODES
from jacchain.errors import Fragment, JacchainError
from jacchain.expression import parse, write
from jacchain.expression.parser import DEPTH
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Unary

X, Y, Z = Name("x"), Name("y"), Name("z")


def read(text):
    return parse(Fragment.whole(text, "f"))


def problem(text):
    with pytest.raises(JacchainError) as caught:
        read(text)
    (found,) = caught.value.problems
    return found


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x + y*z", Binary("+", X, Binary("*", Y, Z))),
        ("x - y - z", Binary("-", Binary("-", X, Y), Z)),
        ("x/y*z", Binary("*", Binary("/", X, Y), Z)),
        ("x @ y @ z", Binary("@", Binary("@", X, Y), Z)),
        ("-x^2", Unary("-", Binary("^", X, Number("2")))),
        ("-x*y", Binary("*", Unary("-", X), Y)),
        ("x^y^z", Binary("^", X, Binary("^", Y, Z))),
        ("x**y", Binary("^", X, Y)),
        ("2^-x", Binary("^", Number("2"), Unary("-", X))),
        ("x^-y^z", Binary("^", X, Unary("-", Binary("^", Y, Z)))),
        ("x^-y*z", Binary("*", Binary("^", X, Unary("-", Y)), Z)),
        ("--x", Unary("-", Unary("-", X))),
        ("+x", X),
        ("x < y + z", Binary("<", X, Binary("+", Y, Z))),
        ("x < y and y < z", Binary("and", Binary("<", X, Y), Binary("<", Y, Z))),
        ("not x < y", Unary("not", Binary("<", X, Y))),
        ("x < y or y < z and z < x", Binary("or", Binary("<", X, Y), Binary("and", Binary("<", Y, Z), Binary("<", Z, X)))),
        ("f(x, y)", Call("f", (X, Y))),
        ("x[1]", Index(X, (Number("1"),))),
        ("x[1][2]", Index(Index(X, (Number("1"),)), (Number("2"),))),
        ("x[2:]", Index(X, (Slice(Number("2"), None),))),
        ("x[:, y]", Index(X, (Slice(None, None), Y))),
        ("x^y[1]", Binary("^", X, Index(Y, (Number("1"),)))),
        ("[x, [y]]", Stack((X, Stack((Y,))))),
        ("(x < y) < z", Binary("<", Binary("<", X, Y), Z)),
        ("(x)", X),
        ("\n x\t+\r\n y ", Binary("+", X, Y)),
    ],
)
def test_texts_mean_what_they_mean_in_mathematics(text, tree):
    assert read(text) == tree


def test_a_part_knows_where_it_stands():
    tree = read("a + (bc * d)")
    assert (tree.start, tree.end) == (0, 12)
    assert (tree.right.start, tree.right.end) == (4, 12)
    assert (tree.right.left.start, tree.right.left.end) == (5, 7)


@pytest.mark.parametrize(
    ("text", "code", "way_out"),
    [
        ("2x", "JC154", "`2*x`"),
        ("x y", "JC154", "`x*y`"),
        ("2(x + 1)", "JC154", "`2*(...)`"),
        ("(x)(y)", "JC154", "`(x)*(...)`"),
        ("2 sin(x)", "JC154", "`2*sin(...)`"),
        ("sin x", "JC154", "`sin(...)`"),
        ("sin^2(x)", "JC154", "`sin(...)^2`"),
        ("x**2 + sin x", "JC154", "`sin(...)`"),
        ("-sin x", "JC154", "`sin(...)`"),
        ("3 + 2*sin^2(x)", "JC154", "`sin(...)^2`"),
        ("1 + x y", "JC154", "`x*y`"),
        ("x!", "JC151", "no factorial"),
        ("3,5", "JC154", "decimal point as `.`"),
        ("x, y", "JC154", "`[a, b]`"),
        ("1 000", "JC154", "`1*000`"),
        ("1_000", "JC154", "one after the other"),
        ("1.000.000", "JC154", "without a sign between"),
        ("1e", "JC154", "`1e-3`"),
        ("0x10", "JC154", "decimal digits"),
        ("x if y > 0 else z", "JC154", "`where(condition, a, b)`"),
        ("x // y", "JC152", "`floor(x/y)`"),
        ("x <> y", "JC152", "`!=`"),
        ("0 < x < 1", "JC156", "`0 < x and x < 1`"),
        ("0 <= x^2 < y + 1", "JC156", "`0 <= x^2 and x^2 < y + 1`"),
        ("x == y == z", "JC156", "`x == y and y == z`"),
        ("(x) < y < z", "JC156", "`(x) < y and y < z`"),
        ("1e999", "JC155", "1.797e308"),
        ("", "JC150", "write"),
        ("   ", "JC150", "write"),
        ("(x", "JC153", "close it"),
        ("[x, y", "JC153", "close it"),
        ("x)", "JC153", "open it"),
        ("x]", "JC153", "open it"),
        ("f(x y)", "JC154", "`x*y`"),
        ("010", "JC157", "`10`"),
        ("x + 007", "JC157", "`7`"),
        ("00", "JC157", "`0`"),
        ("01.5", "JC157", "`1.5`"),
        ("v[01]", "JC157", "`1`"),
    ],
)
def test_a_slip_is_answered_with_what_to_write(text, code, way_out):
    found = problem(text)
    assert found.code == code
    assert way_out in found.help
    assert 0 <= found.span.start <= found.span.end <= len(text)


@pytest.mark.parametrize(
    "text", ["x +", "* x", "f(", "f()", "[]", "x[]", "f(x,)", "[,]", "x :", "x and", "not", "x = = y", "x ! y", "x^", ":"]
)
def test_what_is_not_finished_is_answered_where_it_stops(text):
    found = problem(text)
    assert found.code in {"JC151", "JC152", "JC153", "JC154"}
    assert found.message


@pytest.mark.parametrize("text", ["0", "0.5", "0e3", "10", "100", "1e05", "0.0"])
def test_numbers_that_begin_with_one_zero_are_fine(text):
    assert read(text).value == float(text)


@pytest.mark.parametrize(
    ("opening", "inner", "closing"),
    [("(", "x", ")"), ("-", "x", ""), ("[", "x", "]"), ("sin(", "x", ")"), ("not ", "x", ""), ("x^", "x", ""), ("x[", "1", "]")],
)
def test_depth_has_a_limit_that_is_named(opening, inner, closing):
    assert read(opening * DEPTH + inner + closing * DEPTH)
    for times in (DEPTH + 1, 10 * DEPTH, 2_000):
        found = problem(opening * times + inner + closing * times)
        assert found.code == "JC198"
        assert str(DEPTH) in found.message


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "@", " and ", "[1]"])
def test_what_stands_side_by_side_is_not_deep(sign):
    text = "x" + sign * 5_000 if sign == "[1]" else sign.join(["x"] * 5_000)
    assert read(text)


def test_no_word_is_a_name_that_is_an_operator():
    for word in ("and", "or", "not"):
        assert problem(f"{word}(x, y)" if word != "not" else "x not").code in {"JC152", "JC154"}


@settings(max_examples=300)
@given(st.text(alphabet="xyW12.e+-*/^@()[],:<>=! \tandθ−{}'\"", max_size=40))
def test_any_text_is_an_expression_or_is_answered(text):
    answered(text)


@given(st.text(max_size=30))
def test_any_text_of_any_alphabet_is_an_expression_or_is_answered(text):
    answered(text)


@given(scalars(), st.data())
def test_any_expression_with_a_slip_is_an_expression_or_is_answered(text, data):
    place = data.draw(st.integers(0, len(text)))
    with_slip = (
        text[:place] + data.draw(st.text(alphabet="()[],:*^x0 \u202e", max_size=3)) + text[place + data.draw(st.integers(0, 3)) :]
    )
    answered(with_slip)


@given(trees, trees, st.sampled_from(["", " ", ",", ")", "(", "]", "=", "<"]))
def test_two_expressions_side_by_side_are_an_expression_or_are_answered(one, other, between):
    answered(write(one) + between + write(other))


SAMPLES = sorted((Path(__file__).parents[2] / "samples").rglob("*.yaml"))


@settings(max_examples=60)
@given(st.sampled_from(SAMPLES), st.data())
def test_any_line_of_a_sample_is_an_expression_or_is_answered(path, data):
    line = data.draw(st.sampled_from(path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]))
    answered(line)
    answered(line.partition(": ")[2])


def answered(text):
    """Either a tree that writes and reads back as itself, or problems that a person can use."""
    try:
        tree = read(text)
    except JacchainError as error:
        for found in error.problems:
            assert found.code in CODES
            assert found.message
            assert 0 <= found.span.start <= found.span.end <= len(text)
        return
    assert read(write(tree)) == tree
