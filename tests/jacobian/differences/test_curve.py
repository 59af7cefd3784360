"""The curve of the error against the step has the slopes of theory, and the adaptive engine lies below the V."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.jacobian.differences.curve import difference_curve
from jacchain.jacobian.differences.schemes import SCHEMES
from jacchain.pipeline import from_expressions

EPSILON = float(np.finfo(float).eps)


def curve_of(function, at, entry=(0, 0)):
    pipeline = from_expressions([function], at)
    return difference_curve(pipeline.stages[0], pipeline.at, *entry)


@pytest.mark.parametrize(
    ("function", "at"), [("f(x): exp(x)*sin(x)", "0.7"), ("f(x): tanh(x)*x^5", "1.3"), ("f(x): 1/(x + 2)", "0.3")]
)
def test_slopes_are_those_of_theory(function, at):
    curve = curve_of(function, at)
    assert [scheme.scheme for scheme in curve.schemes] == list(SCHEMES)
    for scheme in curve.schemes:
        assert scheme.truncation_slope == pytest.approx(scheme.order, abs=0.15)
        if scheme.scheme == "complex":
            assert scheme.rounding_slope is None
        else:
            assert scheme.rounding_slope == pytest.approx(-1, abs=0.15)


@settings(max_examples=25)
@given(st.sampled_from(["exp(x)", "sin(x)", "x^3 - x", "log(x + 9)", "x", "sqrt(x + 9)*x", "tanh(3*x)"]), st.floats(-4, 4))
def test_no_step_of_the_table_beats_the_best(function, at):
    for scheme in curve_of(f"f(x): {function}", repr(at)).schemes:
        assert scheme.best_error <= scheme.error_at_rule
        assert scheme.best_error <= np.median(scheme.errors[np.isfinite(scheme.errors)])


SIDES = st.integers(-4, 4)


@settings(max_examples=25)
@given(SIDES, SIDES, st.sampled_from([0, 2, -0.5]))
def test_a_curve_at_a_kink_knows_both_slopes_and_is_measured_from_the_convention(a, b, at):
    curve = curve_of(f"f(x): where(x < {at}, {a}*(x - {at}), {b}*(x - {at}))", repr(at))
    if a == b:
        assert (curve.left, curve.right) == (None, None)
    else:
        assert (curve.left, curve.right) == (a, b)
        assert curve.reference == np.clip(0, min(a, b), max(a, b))
        assert not curve.is_linear
        by_scheme = {scheme.scheme: scheme.error_at_rule * (abs(curve.reference) or 1) for scheme in curve.schemes}
        assert by_scheme["forward"] == pytest.approx(abs(b - curve.reference), abs=1e-6)
        assert by_scheme["backward"] == pytest.approx(abs(a - curve.reference), abs=1e-6)
        assert by_scheme["central"] == pytest.approx(abs((a + b) / 2 - curve.reference), abs=1e-6)
    assert all("do not agree" not in remark for remark in curve.remarks)


@pytest.mark.parametrize(("function", "at", "linear"), [("sin(x)", "0", False), ("x^3", "0", False), ("3*x - 1e6", "0.1", True)])
def test_what_is_odd_around_the_point_is_not_taken_for_linear(function, at, linear):
    assert curve_of(f"f(x): {function}", at).is_linear is linear


@pytest.mark.parametrize(
    ("function", "at", "distance"), [("abs(x)", "1e-9", 1e-9), ("abs(x - 2)*x", "2.25", 0.25), ("exp(x)", "1", np.inf)]
)
def test_the_nearest_switch_is_about_where_it_is_said_to_be(function, at, distance):
    turn = curve_of(f"f(x): {function}", at).turn
    assert turn == distance if np.isinf(distance) else distance / 4 <= turn <= distance


def test_the_rule_of_thumb_is_near_the_bottom_of_the_v():
    for scheme in curve_of("f(x): exp(x)*sin(x)", "0.7").schemes[:4]:
        assert 1 / 50 < scheme.rule_of_thumb / scheme.best_step < 50
        assert scheme.best_error / 8 <= scheme.error_at_rule < 100 * EPSILON ** (scheme.order / (scheme.order + 1))


def test_the_adaptive_engine_is_below_every_v_of_real_steps_and_within_its_bar():
    curve = curve_of("f(x): exp(x)*sin(x)", "0.7")
    truth = np.exp(0.7) * (np.sin(0.7) + np.cos(0.7))
    assert curve.reference == pytest.approx(truth, rel=1e-15)
    assert abs(curve.adaptive - truth) <= curve.adaptive_bar < 1e-11
    assert curve.adaptive_error < min(scheme.best_error for scheme in curve.schemes[:3])
    assert curve.remarks == ()


def test_the_entry_asked_for_is_the_one_that_is_shown():
    curve = curve_of("f(x, y): [x*y^2, exp(x - y)]", "0.7,1.5", (1, 1))
    assert (curve.output, curve.input, curve.at) == ("f[2]", "y", 1.5)
    assert curve.reference == pytest.approx(-np.exp(0.7 - 1.5), rel=1e-15)


def test_without_complex_form_there_is_no_complex_curve():
    assert [scheme.scheme for scheme in curve_of("f(x): abs(x)*x", "0.7").schemes] == [s for s in SCHEMES if s != "complex"]


def test_an_undefined_sample_is_a_gap_and_not_a_number():
    curve = curve_of("f(x): log(x)", "0.01")
    backward = next(scheme for scheme in curve.schemes if scheme.scheme == "backward")
    assert np.isnan(backward.errors[curve.steps > 0.01]).all()
    assert np.isfinite(backward.errors[(curve.steps < 0.009) & (curve.steps > 1e-15)]).all()


def test_a_zero_derivative_is_said_to_make_errors_absolute():
    curve = curve_of("f(x): cos(x)", "0")
    assert curve.reference == 0
    assert "absolute" in curve.remarks[0]


def test_the_last_of_many_inputs_has_a_curve_too():
    curve = curve_of("f(v[1500]): v[1]*v[1500]^3 + sum(v)", ",".join(["1"] * 1500), (0, 1499))
    assert curve.input == "v[1500]"
    assert not curve.is_linear
    assert curve.reference == 4
