"""Programs: values against mpmath, rows that do not meet, branches that are not taken, and numbers that are not there."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.exact import evaluate, exactly
from strategies.expressions import scalars, vectors
from strategies.programs import WIDTH, program_of

few = settings(max_examples=40)


def values(text, *point):
    return program_of(text, parameters=[(name, ()) for name in "xyz"[: len(point)]]).values(np.array([point], float))[0].tolist()


@few
@given(scalars() | vectors(), st.integers(0, 1000))
def test_values_are_those_of_many_digits(text, seed):
    program = program_of(text)
    point = np.random.default_rng(seed).normal(size=WIDTH).round(3)
    with mpmath.workdps(40):
        exact = np.array(evaluate(program.graph, list(map(exactly, point)))).astype(float)
    assert np.allclose(program.values(point[None])[0], exact, rtol=1e-9, atol=1e-9)


@few
@given(st.lists(scalars() | vectors(), min_size=1, max_size=4))
def test_a_row_of_a_batch_is_what_it_is_alone(texts):
    """Bit by bit, as long as no matrix of a size that BLAS treats in blocks is involved: row by row is how products are made."""
    program = program_of(*texts)
    points = np.random.default_rng(3).normal(size=(5, WIDTH))
    together = program.values(points)
    for row, point in zip(together, points, strict=True):
        assert np.allclose(program.values(point[None])[0], row, rtol=1e-13, atol=1e-13)


@few
@given(st.lists(scalars() | vectors(), min_size=1, max_size=4))
def test_a_row_without_numbers_leaves_the_others_as_they_are(texts):
    program = program_of(*texts)
    points = np.random.default_rng(3).normal(size=(4, WIDTH))
    spoiled = points.copy()
    spoiled[1] = np.nan
    spoiled[2] = np.inf
    assert np.array_equal(program.values(points)[[0, 3]], program.values(spoiled)[[0, 3]], equal_nan=True)


@few
@given(st.lists(scalars(), min_size=2, max_size=4))
def test_an_output_without_a_number_leaves_the_others_as_they_are(texts):
    points = np.random.default_rng(3).normal(size=(3, WIDTH))
    alone = program_of(*texts).values(points)
    beside = program_of(*texts, "log(-1 - x^2)", "1/(x - x)").values(points)
    assert np.array_equal(alone, beside[:, : len(texts)], equal_nan=True)
    assert not np.isfinite(beside[:, len(texts) :]).any()


def test_grouping_does_not_change_a_bit():
    """A thousand formulas of one shape are one instruction; each is the number that it is by itself."""
    texts = [f"sin({k}*x)*exp(y/{k + 1})" for k in range(1, 200)]
    points = np.array([[0.3, -0.7]])
    together = program_of(*texts, parameters=[("x", ()), ("y", ())])
    assert len(together.instructions) < 10
    for k in (0, 57, 198):
        alone = program_of(texts[k], parameters=[("x", ()), ("y", ())])
        assert alone.values(points)[0, 0] == together.values(points)[0, k]


def test_only_the_branch_taken_counts():
    assert values("where(x > 0, sqrt(x), 0)", -1) == [0]
    assert values("where(x > 0, 1, log(-1))", 1) == [1]
    assert values("where(x != 0, sin(x)/x, 1)", 0) == [1]
    assert np.isnan(values("where(x > 0, sqrt(-x), 0)", 1)).all()
    assert values("where(x > 0 and y > 0, 1, where(x > 0, 2, 3))", 1, -1) == [2]


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("x < y", True), ("x > y", False), ("x <= x", True), ("x >= y", False), ("x == x", True), ("x != x", False),
        ("not x < y", False), ("x < y and y < x", False), ("x < y or y < x", True), ("not (x < y and y < x)", True),
        ("x == y or x < y and y > 0", True),
    ],
)  # fmt: skip
def test_conditions_are_what_they_say(condition, truth):
    assert values(f"where({condition}, 1, 0)", 1, 2) == [float(truth)]


def test_what_is_undefined_or_too_large_never_raises():
    assert np.isnan(values("log(x)", -1)).all()
    assert values("exp(x)", 1000) == [np.inf]
    assert values("1/x", 0) == [np.inf]
    assert np.isnan(values("x^0.5", -1)).all()
    assert np.isnan(values("0*(1/x)", 0)).all()


@pytest.mark.parametrize("base", [-2.0, -0.5, 3.0])
@pytest.mark.parametrize("exponent", [-3, -2, 0, 1, 2, 5])
def test_whole_powers_of_any_base(base, exponent):
    assert values(f"x^({exponent})", base) == [base**exponent]
    assert values(f"x^({exponent}.0)", base) == [base**exponent]


def test_values_come_in_the_type_of_the_points():
    program = program_of("sin(x) + M[1, 1]")
    for dtype in (float, np.longdouble, complex):
        assert program.values(np.ones((2, WIDTH), dtype)).dtype == dtype


def test_a_program_says_what_is_not_to_be_had():
    assert program_of("erf(x)").double
    assert not program_of("sin(x)").double
    assert program_of("abs(x)").real
    assert program_of("where(x > 0, x, y)").real
    assert not program_of("sin(x)*softmax(v)").real


def test_an_output_may_be_an_input_or_a_constant():
    assert program_of("x", "3", "v", "b").values(np.arange(WIDTH, dtype=float)[None])[0].tolist() == [
        0,
        3,
        2,
        3,
        4,
        0.25,
        -1.5,
        0.75,
    ]
