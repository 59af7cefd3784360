"""Whole Jacobians of random functions against exact dual numbers, and what a row may not see of another."""

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies.duals import jacobian_of
from strategies.exact import exactly
from strategies.expressions import scalars, vectors
from strategies.programs import CONSTANTS, PARAMETERS, RANDOM, WIDTH, program_of

from jacchain.jacobian.analytic import accumulate, differentiate, push_columns, working_type
from jacchain.linear.map import LinearMap

few = settings(max_examples=30)


def jacobian(text, *point):
    program = program_of(text, parameters=[(name, ()) for name in "xyz"[: len(point)]])
    return differentiate(program, np.array([point], float)).linear.dense[0].tolist()


@settings(max_examples=100)
@given(st.lists(scalars() | vectors(), min_size=1, max_size=2), st.integers(0, 10_000))
def test_jacobians_are_those_of_exact_dual_numbers(texts, seed):
    program = program_of(*texts)
    point = np.random.default_rng(seed).normal(size=WIDTH).round(3)
    with mpmath.workdps(40):
        scope = {name: np.vectorize(exactly, otypes=[object])(value) for name, value in CONSTANTS.items()}
        exact, sizes = jacobian_of(texts, PARAMETERS, scope, list(map(exactly, point)))
    for dtype, room in ((float, 1e-12), (working_type(program), 1e-15)):
        found = differentiate(program, point[None].astype(dtype)).linear.dense[0].astype(float)
        # what a cancelling sum loses is measured by what is added up
        assert (np.abs(found - exact) <= room * (np.abs(exact) + sizes)).all(), (found, exact)


@few
@given(st.lists(scalars() | vectors(), min_size=1, max_size=3))
def test_a_row_of_a_batch_is_what_it_is_alone(texts):
    program = program_of(*texts)
    points = np.random.default_rng(3).normal(size=(4, WIDTH))
    together = differentiate(program, points).linear
    dense = np.broadcast_to(together.dense, (4, *together.shape))
    for row, point in zip(dense, points, strict=True):
        assert np.allclose(differentiate(program, point[None]).linear.dense[0], row, rtol=1e-12, atol=1e-12)


@few
@given(st.lists(scalars() | vectors(), min_size=1, max_size=3))
def test_a_point_without_numbers_leaves_the_others_as_they_are(texts):
    program = program_of(*texts)
    points = np.random.default_rng(3).normal(size=(3, WIDTH))
    spoiled = points.copy()
    spoiled[1] = np.nan
    kept = [differentiate(program, batch).linear for batch in (points, spoiled)]
    one, other = (np.broadcast_to(linear.dense, (3, *linear.shape))[[0, 2]] for linear in kept)
    assert np.array_equal(one, other, equal_nan=True)


@few
@given(st.lists(scalars(), min_size=1, max_size=3))
def test_an_output_without_a_derivative_leaves_the_others_as_they_are(texts):
    points = np.random.default_rng(3).normal(size=(2, WIDTH))
    alone = differentiate(program_of(*texts), points).linear
    beside = differentiate(program_of(*texts, "log(-1 - x^2)", "sqrt(y - y)"), points).linear
    one, other = (np.broadcast_to(linear.dense, (2, *linear.shape)) for linear in (alone, beside))
    assert np.array_equal(one, other[:, : len(texts)], equal_nan=True)


@few
@given(st.lists(scalars() | vectors(), min_size=1, max_size=3))
def test_the_pattern_holds_everywhere(texts):
    assume("where" not in "".join(texts))  # a condition moves values without a derivative
    program = program_of(*texts)
    points = np.random.default_rng(9).normal(size=(6, WIDTH))
    linear = differentiate(program, points).linear
    promised = np.zeros(linear.shape, bool)
    promised[linear.pattern.rows, linear.pattern.columns] = True
    values = program.values(points)
    for j in range(WIDTH):
        moved = points.copy()
        moved[:, j] += 0.7
        assert promised[(program.values(moved) != values).any(0), j].all()


@few
@given(st.lists(scalars() | vectors(), min_size=1, max_size=3))
def test_a_jacobian_that_is_called_constant_is(texts):
    program = program_of(*texts)
    points = np.random.default_rng(9).normal(size=(4, WIDTH))
    derivative = differentiate(program, points)
    if derivative.constant:
        assert np.allclose(derivative.linear.dense, derivative.linear.dense[:1], rtol=1e-14, atol=1e-14)


@few
@given(st.lists(scalars() | vectors(), min_size=1, max_size=3), st.integers(1, 4))
def test_pushing_columns_is_the_product_with_them(texts, count):
    program = program_of(*texts)
    random = np.random.default_rng(2)
    point, columns = random.normal(size=(1, WIDTH)), random.normal(size=(WIDTH, count))
    registers = program.registers(point)
    found = push_columns(program, registers, LinearMap.full(columns[None])).dense[0]
    assert np.allclose(found, differentiate(program, point).linear.dense[0] @ columns, rtol=1e-9, atol=1e-9)


@few
@given(scalars())
def test_the_last_instruction_has_the_jacobian_of_the_output(text):
    program = program_of(text)
    point = np.random.default_rng(2).normal(size=(1, WIDTH))
    linear = differentiate(program, point).linear.dense[0]
    steps = list(accumulate(program, program.registers(point)))
    if steps and program.results == steps[-1][0].output:
        assert np.array_equal(steps[-1][1].dense[0], linear)


def test_a_branch_that_is_not_taken_does_not_count():
    assert jacobian("where(x > 0, sqrt(x), 0)", -1) == [[0]]
    assert jacobian("where(x > 0, x^2, log(x)*y)", 3, 1) == [[6, 0]]
    assert jacobian("where(x != 0, sin(x)/x, 1)", 0) == [[0]]
    assert jacobian("where(x > 0, 1/y, sqrt(y))*1", 1, 2) == [[0, -0.25]]


def test_a_factor_of_zero_does_not_make_what_is_undefined_defined():
    assert np.isnan(jacobian("0*log(x)", -1)).all() or jacobian("0*log(x)", -1) == [[0]]
    assert not np.isfinite(jacobian("y*sqrt(x)", 0, 0)[0][0])


@pytest.mark.parametrize(
    ("text", "point", "expected"),
    [
        ("x^3", [-2], [[12]]),
        ("x^-2", [-2], [[0.25]]),
        ("x^0", [-2], [[0]]),
        ("relu(x)", [0], [[0]]),
        ("abs(x)", [0], [[0]]),
        ("max(x, y)", [1, 1], [[0.5, 0.5]]),
        ("max(x, y, z)", [1, 1, 1], [[1 / 3] * 3]),
        ("max([x, y, z])", [2, 1, 2], [[0.5, 0, 0.5]]),
        ("hypot(x, y)", [0, 0], [[0, 0]]),
        ("norm([x, y])", [0, 0], [[0, 0]]),
        ("prod([x, y, z])", [0, 2, 3], [[6, 0, 0]]),
        ("prod([x, y, z])", [0, 0, 3], [[0, 0, 0]]),
        ("clip(x, 0, 1)", [2], [[0]]),
        ("mod(x, y)", [7.5, 2], [[1, -3]]),
        ("x - x", [3], [[0]]),
        ("3", [1], [[0]]),
        ("x", [1], [[1]]),
    ],
)
def test_figures_by_hand(text, point, expected):
    assert jacobian(text, *point) == expected


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_shares_of_a_tie_are_equal_however_many_there_are(count):
    names = [f"x{k}" for k in range(count + 2)]
    program = program_of(f"max({', '.join(names)})", parameters=[(name, ()) for name in names])
    point = np.array([[5.0] * count + [1.0, 2.0]])
    assert differentiate(program, point).linear.dense[0, 0].tolist() == [1 / count] * count + [0, 0]


def test_structure_stays_what_it_is():
    parameters = [("v", (4,))]
    constants = {"W": RANDOM.normal(size=(4, 4))}

    def structure(text):
        return differentiate(program_of(text, parameters=parameters, constants=constants), np.ones((1, 4))).linear.structure

    assert structure("v") == "identity"
    assert structure("tanh(v)") == "diagonal"
    assert structure("3*v") == "diagonal"
    assert structure("v[2:3]") == "selection"
    assert structure("reverse(v)") in {"selection", "permutation"}
    assert structure("tanh(W @ v)") == "dense"
    assert structure("where(v > 0, v^2, v)") == "diagonal"


def test_integer_points_are_numbers_like_any_other():
    assert differentiate(program_of("1/x", parameters=[("x", ())]), np.array([[4.0]])).linear.dense[0, 0, 0] == -0.0625


def test_small_stages_are_worked_out_with_guard_digits():
    assert working_type(program_of("sin(x)")).itemsize >= 8
    wide = program_of("M @ v", parameters=[("v", (600,))], constants={"M": np.zeros((600, 600))})
    assert working_type(wide) == np.dtype(float)
