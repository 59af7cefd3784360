import mpmath
import numpy as np
import pytest

from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.precision import error_bar


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
