"""Differences of stages and chains: nothing structural is assumed that is not in the program."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies.unseen import exact_slopes

from jacchain.errors import JacchainError
from jacchain.frozen import replace
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.differences.stage_difference import (
    chain_difference,
    directional_difference,
    evaluation_work,
    jacobian_by_differences,
    reached_pattern,
    stage_difference,
)
from jacchain.linear.pattern import Pattern
from jacchain.pipeline import from_expressions
from jacchain.pipeline.stage import Stage

CASES = [
    ("f(x, y, z): x*y", [[1, 1, 0]]),
    ("f(v[3]): 2*v", np.eye(3)),
    ("f(v[3]): reverse(v)", np.eye(3)[::-1]),
    ("f(v[3]): cumsum(v)", np.tri(3)),
    ("f(v[3]): softmax(v)", np.ones((3, 3))),
    ("f(v[4]): [v[2], sum(v[3:4]), v[1]*v[4]]", [[0, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 1]]),
    ("f(v[3]): where(v[1] > 0, v, v[2])", [[1, 1, 0], [1, 1, 0], [1, 1, 1]]),
    ("f(v[2]): v*norm(v)", np.ones((2, 2))),
]


def stages_of(*functions, at):
    pipeline = from_expressions(list(functions), at)
    return pipeline.stages, pipeline.at


@pytest.mark.parametrize(("function", "expected"), CASES, ids=[case[0] for case in CASES])
def test_what_reaches_what_is_read_off_the_program(function, expected):
    n = len(np.atleast_2d(expected)[0])
    (stage,), _ = stages_of(function, at=",".join("1" for _ in range(n)))
    assert np.array_equal(reached_pattern(stage.program).boolean(), np.asarray(expected, bool))


@pytest.mark.parametrize("function", [case[0] for case in CASES])
def test_no_entry_of_the_analytic_pattern_is_left_out(function):
    n = len(np.atleast_2d(dict(CASES)[function])[0])
    (stage,), x = stages_of(function, at=",".join("1" for _ in range(n)))
    analytic = differentiate(stage.program, x[None]).linear
    assert not (analytic.pattern.boolean() & ~reached_pattern(stage.program).boolean()).any()


def test_the_difference_covers_entries_that_are_asked_for():
    (stage,), x = stages_of("f(x, y): [x^2, y^2]", at="2,3")
    found = stage_difference(stage, x, Pattern.of((2, 2), [0], [1]))
    assert found.pattern.boolean().tolist() == [[True, True], [False, True]]
    assert (found.matrix[0, 1], found.bars[0, 1]) == (0, pytest.approx(0, abs=1e-12))


CHAIN = ("polar(r, t): [r*cos(t), r*sin(t)]", "g(x, y): [x*exp(y), x - y^2]", "L(u, v): u*v")


@pytest.mark.parametrize("dtype", [float, np.longdouble])
def test_the_whole_chain_is_one_function(dtype):
    stages, x = stages_of(*CHAIN, at="1.3,0.4")
    x = x.astype(dtype)
    total = np.eye(2)
    point = x
    for stage in stages:
        derivative = differentiate(stage.program, point[None])
        total, point = derivative.linear.dense[0] @ total, derivative.values[0]
    found = chain_difference(stages, x)
    assert (np.abs(found.matrix - total) <= found.bars + 1e-15 * np.abs(total)).all()
    assert found.bars.max() < 1e-9
    direction = np.array([0.7, -1.9])
    along = directional_difference(stages, x, direction[:, None], np.abs(total) @ np.abs(x).astype(float))
    assert abs(along.value[0] - (total @ direction)[0]) <= along.error_bar[0] + 1e-14
    assert along.evaluations.size == 1


def test_a_run_gets_numbers_with_bars_and_the_reason_for_them():
    (stage,), x = stages_of("f(x, y): [abs(x), erf(y)]", at="0,1")
    jacobian = jacobian_by_differences(stage, stage.program.registers(x.astype(np.longdouble)[None]))
    assert jacobian.method == "difference"
    assert jacobian.linear.values.dtype == jacobian.error_bar.dtype == float
    assert jacobian.error_bar.shape == (2, 2)
    assert abs(jacobian.linear.dense[0, 1, 1] - 2 / np.sqrt(np.pi) * np.exp(-1)) <= jacobian.error_bar[1, 1]
    said = " ".join(jacobian.remarks)
    assert "doubles only" in said
    assert [(kink.row, kink.column) for kink in jacobian.settled.kinks] == [(0, 0)]


@pytest.mark.parametrize(
    ("function", "at", "said"),
    [
        ("f(x): sqrt(x)", "0", "at x = 0 it is not defined below and its slopes grow without limit above"),
        ("f(x): cbrt(x)", "0", "at x = 0 its slopes grow without limit on either side"),
        ("f(x): floor(x)", "3", "at x = 3 it jumps below"),
        ("f(x): sign(x)", "0", "at x = 0 it jumps on either side"),
        ("f(x, y): [x, sqrt(y)*x]", "2,0", "at y = 0 it is not defined below and its slopes grow without limit above"),
        ("f(x): log(x)", "1e-320", "at x = 9.99989e-321 quotients with ever smaller steps settle on no number"),
    ],
)
def test_why_there_is_no_number_is_said(function, at, said):
    (stage,), x = stages_of(function, at=at)
    with pytest.raises(JacchainError) as raised:
        jacobian_by_differences(stage, stage.program.registers(x.astype(np.longdouble)[None]))
    (problem,) = raised.value.problems
    assert problem.code == "JC412"
    assert problem.label == said


def test_bounds_that_leave_no_room_are_the_reason():
    (stage,), x = stages_of("f(x): exp(x)", at="1")
    tight = replace(stage, bounds=np.array([[1.0, 1.0]]))
    with pytest.raises(JacchainError) as raised:
        jacobian_by_differences(tight, stage.program.registers(x.astype(np.longdouble)[None]))
    assert raised.value.problems[0].label == "at x = 1 its bounds leave no room on either side"


def test_the_price_of_an_evaluation_counts_matrices():
    (small,), _ = stages_of("f(x): x^2", at="2")
    (large,), _ = stages_of("f(v[30]): cumsum(v)", at=",".join("1" for _ in range(30)))
    assert evaluation_work([large.program]) > 900 > evaluation_work([small.program])


def test_thousands_of_inputs_stay_sparse():
    n = 3000
    text = "f(v[3000]): v*reverse(v) + v"
    (stage,), x = stages_of(text, at=",".join("1.5" for _ in range(n)))
    pattern = reached_pattern(stage.program)
    assert pattern.count == 2 * n
    found = stage_difference(stage, x)
    assert found.value.size == 2 * n
    assert np.abs(found.value - np.where(pattern.rows == pattern.columns, 2.5, 1.5)).max() < 1e-9


@pytest.mark.parametrize("dtype", [float, np.longdouble])
@pytest.mark.parametrize(
    ("function", "at", "truth"),
    [
        ("f(x): log(x) + sin(x)", "1e-300", 1e300),
        ("f(x): exp(2^66*x)", "0", 2.0**66),
        ("f(x): exp(2^66*x) + x", "1e-200", 2.0**66),
        ("f(x): x^2 + sin(x)", "1e-200", 1),
        ("f(x): sigmoid(x)", "1e149", 0),
        ("f(x, y): x*tanh(y)", "3,-1e100", -1),
    ],
)
def test_steps_go_to_the_scale_of_the_function_and_no_finer_than_numbers(dtype, function, at, truth):
    (stage,), x = stages_of(function, at=at)
    found = stage_difference(stage, x.astype(dtype))
    assert abs(found.matrix[0, 0] - truth) <= found.bars[0, 0] + np.spacing(abs(float(truth)))
    assert found.bars[0, 0] <= max(1e-6 * abs(truth), 4e-14)


NEAR = {
    "1/x": 0, "log(x)": 0, "sqrt(x)": 0, "atan2(1e-9, x)": 0, "hypot(x, 1e-9)": 0, "1/(1 + x/1e-9)": 0,
    "acos(x)": 1, "atanh(x)": 1, "log(1 - x)": 1, "1/(x - 1)": 1,
}  # fmt: skip


@pytest.mark.parametrize("dtype", [float, np.longdouble])
@pytest.mark.parametrize(("formula", "edge"), NEAR.items(), ids=NEAR)
@settings(max_examples=10, deadline=None)
@given(decades=st.floats(0, 12))
def test_there_is_a_number_however_near_a_pole_or_an_edge_is(compiled, dtype, formula, edge, decades):
    """At the edge 1 that is as near as a few bits of x, which the points around x have to share."""
    program = compiled("x", formula)
    shared = 9 if edge and dtype is float else 12
    point = np.array([abs(edge - 0.3 * 10 ** -min(decades, shared))])
    truth = exact_slopes(program.graph, point)[0]
    found = stage_difference(Stage(1, "f", "f", ("x",), ("f",), program), point.astype(dtype))
    assert abs(found.value[0] - truth) <= found.error_bar[0] + np.spacing(abs(truth))
    assert found.error_bar[0] <= 1e-3 * abs(truth)


@pytest.mark.parametrize("formula", ["atan2(x, 2e-9)", "x/(x + 2e-9)", "normalize([x, 2e-9])[1]"])
def test_terms_that_balance_at_one_step_are_not_taken_for_structure(compiled, formula):
    """To one side of x the finest quotients do not come nearer with every step: the error there changes its sign."""
    program = compiled("x", formula)
    for x in 10.0 ** -np.arange(11, 16, 0.25):
        found = stage_difference(Stage(1, "f", "f", ("x",), ("f",), program), np.array([x]).astype(np.longdouble))
        truth = exact_slopes(program.graph, np.array([x]))[0]
        assert abs(found.value[0] - truth) <= found.error_bar[0] + np.spacing(truth)
        assert found.error_bar[0] <= 1e-6 * truth


def test_what_no_step_resolves_is_not_told():
    (stage,), x = stages_of("f(x): x + sin(x)", at="1e100")
    assert np.isinf(stage_difference(stage, x).error_bar[0])


TURNING = [
    "hypot(x, y)", "norm([x, y])", "hypot(x, y) - x", "normalize([x, y])[1]", "atan2(x, y)", "x/(x + y)", "max([x, y, 0]) + x",
    "hypot(x, 1)*y", "sqrt(x^2 + y^2)", "1/(x^2 + y^2)", "(x^2 + y^2)^-1", "(x^2 + y^2)^0.3", "mod(x, y)",
    "layernorm([x, y, 0])[1]", "layernorm([x, y, 0], 1e-30)[1]", "exp(-100*x^2)*y", "1/(1 + 25*x^2) + y",
    "cos(100*x)*y", "log(1 + x^2) + y", "tanh(x/y)",
]  # fmt: skip


@pytest.mark.parametrize("dtype", [float, np.longdouble])
@pytest.mark.parametrize("formula", TURNING)
@settings(max_examples=12, deadline=None)
@given(sizes=st.tuples(st.integers(-30, 6), st.integers(-30, 6)), digits=st.tuples(st.integers(10, 99), st.integers(10, 99)))
def test_bars_hold_however_much_smaller_one_input_is_than_another(compiled, dtype, formula, sizes, digits):
    program = compiled("x, y", formula)
    point = np.array([digit * 10.0**size for digit, size in zip(digits, sizes, strict=True)])
    assume(np.isfinite(program.values(point[None])).all())
    truth = exact_slopes(program.graph, point)
    assume(truth is not None)
    found = stage_difference(Stage(1, "f", "f", ("x", "y"), ("f",), program), point.astype(dtype))
    known = np.isfinite(found.matrix[0])
    assert (np.abs(found.matrix[0] - truth) <= found.bars[0])[known].all()


@pytest.mark.parametrize("at", ["1e-30,1e-20", "1e-60,1e-50", "1e-100,1e-90", "1e-150,1e-140"])
@pytest.mark.parametrize("formula", ["hypot(x, y)", "norm([x, y])", "hypot(x, y) - x"])
def test_a_length_is_seen_from_as_near_as_it_turns(formula, at):
    (stage,), x = stages_of(f"f(x, y): {formula}", at=at)
    found = stage_difference(stage, x.astype(np.longdouble))
    truth = 1e-10 - formula.endswith("- x")
    assert abs(found.matrix[0, 0] - truth) <= found.bars[0, 0] + np.spacing(abs(truth)) + 1e-26
    assert found.bars[0, 0] <= 1e-4 * abs(truth)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_a_bar_includes_the_rounding_of_the_double_beside_it(x, y):
    (stage,), point = stages_of("f(x, y): x/(x + y)", at=f"{x!r},{y!r}")
    found = jacobian_by_differences(stage, stage.program.registers(point.astype(np.longdouble)[None]))
    exact = exact_slopes(stage.program.graph, point)
    assert (np.abs(found.linear.dense[0] - exact) <= found.error_bar[0]).all()
