import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.jacobian.accuracy.precision import entry_errors, error_bar, spoilt
from jacchain.jacobian.accuracy.rounding import repeated, stage_errors
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.settled import Settled
from jacchain.pipeline.stage import Stage


def looked_at(program, point):
    derivative = differentiate(program, np.array([point], np.longdouble))
    return derivative, error_bar(program, derivative)


@pytest.mark.parametrize(
    "text", ["sin(x)*y", "exp(x)/(1 + y^2)", "softplus(x - 40) + tanh(30*y)", "log(1 + exp(x))", "x + y", "hypot(x, y)"]
)
def test_ordinary_functions_need_no_bars(compiled, text):
    assert looked_at(compiled("x, y", text), [0.7, 1.3])[1] is None


@pytest.mark.parametrize("x", [1e-5, 1e-7, 1e-8])
def test_what_cancels_gets_a_bar_that_reaches_the_exact_derivative(compiled, x):
    derivative, bars = looked_at(compiled("x", "(1 - cos(x))/x^2"), [x])
    with mpmath.workdps(60):
        exact = mpmath.diff(lambda t: (1 - mpmath.cos(t)) / t**2, mpmath.mpf(x))
        found = mpmath.mpf(float(derivative.linear.values[0, 0]))
        assert abs(found - exact) <= float(bars[0, 0])
    assert bars[0, 0] > 1e-12 * abs(float(exact))


def test_only_the_spoilt_rows_get_wide_bars(compiled):
    derivative, bars = looked_at(compiled("x, y", "(1 - cos(x))/x^2", "x*y^2"), [1e-6, 2.0])
    relative = bars[derivative.linear.pattern.rows, derivative.linear.pattern.columns] / np.abs(derivative.linear.values[0])
    assert relative[0] > 1e-6
    assert relative[-2:].max() < 1e-14
    assert bars[0, 1] == 0


def test_constant_jacobians_are_exact(compiled):
    assert looked_at(compiled("x, y", "3*x - y", "y/7"), [1.0, 2.0])[1] is None


def measured(program, point):
    """The derivative at a point, and the errors of the stage."""
    x = np.array(point, np.longdouble)
    return differentiate(program, x[None]), stage_errors(program, repeated(x))


def stage_of(program, outputs=1):
    return Stage(1, "f", "f", tuple("xy"[: program.inputs]), tuple(f"f{k}" for k in range(outputs)), program)


def test_what_guard_digits_hide_is_measured(compiled):
    """At 1e-10 the cosine rounds to one in doubles and in long doubles alike: a look at both sees nothing."""
    program = compiled("x", "(1 - cos(x))/x^2")
    derivative, errors = measured(program, [1e-10])
    assert looked_at(program, [1e-10])[1] is None
    assert abs(float(derivative.values[0, 0]) - 0.5) <= errors.values[0]
    assert abs(float(derivative.linear.values[0, 0]) + 1e-10 / 12) <= errors.entries[0]
    assert error_bar(program, derivative, errors.entries)[0, 0] == errors.entries[0]


@settings(max_examples=40)
@given(st.floats(1e-9, 1e-2))
def test_errors_of_a_stage_reach_the_stages_after_it(compiled, x):
    first, second = compiled("x", "(1 - cos(x))/x^2"), compiled("y", "exp(3*y)")
    derivative, errors = measured(first, [x])
    after = stage_errors(second, errors.points)
    with mpmath.workdps(50):
        exact = mpmath.exp(3 * (1 - mpmath.cos(mpmath.mpf(x))) / mpmath.mpf(x) ** 2)
        found = differentiate(second, derivative.values)
        assert abs(mpmath.mpf(float(found.values[0, 0])) - exact) <= after.values[0]
        assert abs(mpmath.mpf(float(found.linear.values[0, 0])) - 3 * exact) <= after.entries[0]


def test_exact_entries_have_no_error(compiled):
    program = compiled("x, y", "3*x - y", "y/7")
    derivative, errors = measured(program, [1.0, 2.0])
    assert (entry_errors(derivative, errors.entries) == 0).tolist() == [True, True, False]
    exact = compiled("x, y", "3*x - y/4")
    assert entry_errors(differentiate(exact, np.ones((1, 2), np.longdouble)), None).tolist() == [0, 0]


def test_zeros_are_exact_unless_they_were_too_small(compiled):
    program = compiled("x, y", "cos(x) + exp(-y)")
    derivative, errors = measured(program, [0.0, 1000.0])
    found = entry_errors(derivative, errors.entries)
    assert found[0] == 0
    assert 0 < found[1] < np.finfo(float).tiny


def test_rows_found_from_the_surroundings_are_right(compiled):
    program = compiled("x", "sqrt(x^2)^2")
    derivative, _ = measured(program, [3.0])
    settled = Settled(np.array([0]))
    assert entry_errors(derivative, np.array([np.inf]), settled).tolist() == [0]


def test_values_without_digits_are_named(compiled):
    program = compiled("x, y", "x", "y", "x*y")
    stage = stage_of(program, 3)
    assert spoilt(stage, np.array([1.0, 0.0, 5e-324]), np.array([1e-10, 0.0, 5e-324]), last=True) == []
    for error in (3.0, 1e-18):
        assert "`f1` has no digit" in spoilt(stage, np.array([1.0, 0.0]), np.array([1e-10, error]), last=True)[0].message
    (remark,) = spoilt(stage, np.array([1.0, 5.0, 2.0]), np.array([1e-3, 0.04, 1e-16]), last=False)
    assert remark.message.startswith("`f1` has about 2 digits that can be trusted, and 1 more outputs of `f` few")
