"""The measured error of rounding covers the real one, and is not idle where nothing is lost."""

import mpmath
import numpy as np
import pytest

from jacchain.jacobian.accuracy.rounding import derivative_error, value_error, value_noise
from jacchain.jacobian.analytic import differentiate

# fmt: off
AMPLIFIED = [
    ("(exp(x) - 1)/x",                lambda x: (mpmath.exp(x) - 1) / x,             [1e-3, 1e-6, 1e-9]),
    ("(1 - cos(x))/x^2",              lambda x: (1 - mpmath.cos(x)) / x**2,          [1e-2, 1e-3, 1e-4]),
    ("x - sin(x)",                    lambda x: x - mpmath.sin(x),                   [1e-2, 1e-5]),
    ("sqrt(x + 1) - sqrt(x)",         lambda x: mpmath.sqrt(x + 1) - mpmath.sqrt(x), [1e4, 1e8]),
    ("x^5 - 5*x^4 + 10*x^3 - 10*x^2 + 5*x - 1", lambda x: (x - 1) ** 5,              [1.001, 1.01]),
    ("sin(1000000*x)",                lambda x: mpmath.sin(10**6 * x),               [0.37]),
    ("exp(50*sin(x))",                lambda x: mpmath.exp(50 * mpmath.sin(x)),      [1.0]),
    ("log(sigmoid(x))",               lambda x: -mpmath.log1p(mpmath.exp(-x)),       [-30.0, 30.0]),
    ("silu(x)",                       lambda x: x / (1 + mpmath.exp(-x)),            [-1.2784645427610738, -1.278464]),
    ("gelu(x)",                       lambda x: x * mpmath.ncdf(x),                  [-0.7517915246935645, -0.751791]),
]
# fmt: on
CASES = [(formula, twin, x) for formula, twin, points in AMPLIFIED for x in points]


@pytest.mark.parametrize("dtype", [float, np.longdouble])
@pytest.mark.parametrize(("formula", "twin", "x"), CASES, ids=[f"{formula} at {x}" for formula, _, x in CASES])
def test_the_error_of_an_analytic_derivative_is_covered(compiled, formula, twin, x, dtype):
    program = compiled("x", formula)
    found = differentiate(program, np.array([[x]], dtype)).linear.dense[0, 0, 0]
    with mpmath.workdps(60):
        truth = np.longdouble(mpmath.nstr(mpmath.diff(twin, mpmath.mpf(x)), 30))
    bar = derivative_error(program, np.array([x], dtype))[0]
    assert abs(float(found) - truth) <= bar


def test_a_value_that_cancels_has_a_wide_bar_and_a_plain_one_has_not(compiled):
    x = np.array([36.0])
    naive, plain = value_error(compiled("x", "sigmoid(x)*(1 - sigmoid(x))", "sigmoid(x)*sigmoid(-x)"), x)
    truth = float(mpmath.exp(-36) / (1 + mpmath.exp(-36)) ** 2)
    assert truth < naive < 1e-14
    assert plain < 1e-14 * truth


def test_what_is_linear_keeps_all_its_digits(compiled):
    program = compiled("x, y", "3*x - 0.25*y", "y")
    assert (derivative_error(program, np.array([0.3, 1e8])) <= np.finfo(float).eps * np.array([3, 0.25, 1]) * 1.01).all()


def test_a_choice_is_not_upset_by_rounding(compiled):
    program = compiled("x, v[3]", "max(x, 1 - x)", "max(v)", "relu(x*x)", "abs(x - 0.1)")
    assert np.isfinite(derivative_error(program, np.array([0.3, 0.1, 0.7, 0.2]))).all()
    assert derivative_error(program, np.array([0.3, 0.1, 0.7, 0.2])).max() < 1e-14


def test_sums_count_what_was_summed(compiled):
    program = compiled("v[3]", "1/sum(v)", "1/(v[1] + v[2] + v[3])", "1/([1, 1, 1] @ v)", "1/mean(v)")
    x = np.array([1e8 / 3, 1e-3, -1e8 / 3])
    assert abs(sum(x) - 1e-3) > 1e-12
    assert (derivative_error(program, x) > 1).all()


def test_noise_is_told_only_where_it_is_unusual(compiled):
    x = np.array([1e-6])
    usual, unusual = value_noise([compiled("x", "exp(sin(x)) + 1", "(exp(x) - 1)/x")], x)
    assert usual == 0
    assert 1e-11 < unusual < 1e-8
    through = value_noise([compiled("x", "exp(x) - 1"), compiled("y", "1000*y")], x)
    assert 1e-14 < through[0] < 1e-11
