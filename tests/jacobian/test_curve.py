"""The curve of the error against the step has the slopes of theory, and the adaptive engine lies below the V."""

import numpy as np
import pytest

from jacchain.jacobian.curve import difference_curve
from jacchain.jacobian.schemes import SCHEMES
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
