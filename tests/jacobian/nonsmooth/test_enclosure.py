import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.errors import JacchainError
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.nonsmooth import enclosure
from jacchain.jacobian.nonsmooth.enclosure import differentiate_enclosed
from jacchain.linear.interval import Interval, Real

# fmt: off
FUNCTIONS = {
    "sin(x*y) + x^3/y": lambda x, y: mpmath.sin(x*y) + x**3/y,
    "exp(-x^2)*cos(100*y)": lambda x, y: mpmath.exp(-x**2)*mpmath.cos(100*y),
    "log(1 + exp(x - y))": lambda x, y: mpmath.log(1 + mpmath.exp(x - y)),
    "sqrt(x^2 + y^2)*atan2(y, x)": lambda x, y: mpmath.sqrt(x**2 + y**2)*mpmath.atan2(y, x),
    "where(x > 1, x^y, sqrt(x))": lambda x, y: x**y if x > 1 else mpmath.sqrt(x),
    "tanh(x)*erf(y) + sigmoid(20*x)": lambda x, y: mpmath.tanh(x)*mpmath.erf(y) + 1/(1 + mpmath.exp(-20*x)),
    "max(x, y, 0.5)*min(x, 2*y)": lambda x, y: max(x, y, mpmath.mpf("0.5"))*min(x, 2*y),
    "(1 - cos(x/1000))/(x/1000)^2 + y": lambda x, y: (1 - mpmath.cos(x/1000))/(x/1000)**2 + y,
}
# fmt: on


@settings(max_examples=40)
@given(st.sampled_from(sorted(FUNCTIONS)), st.floats(0.1, 3), st.floats(0.2, 3))
def test_the_exact_derivative_is_enclosed(compiled, text, x, y):
    found = differentiate_enclosed(compiled("x, y", text), Interval.point([x, y]))
    with mpmath.workdps(60):
        for j in range(2):
            slope = mpmath.diff(FUNCTIONS[text], (mpmath.mpf(x), mpmath.mpf(y)), (1 - j, j))
            lower, upper = (
                mpmath.mpf(0) + mpmath.fdiv(*end[0, j].as_integer_ratio()) for end in (found.jacobian.lower, found.jacobian.upper)
            )
            assert lower - mpmath.mpf(10) ** -30 * (1 + abs(slope)) <= slope <= upper + mpmath.mpf(10) ** -30 * (1 + abs(slope))


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ("v[4]", "softmax(v)"),
        ("v[4]", "log_softmax(v)"),
        ("v[4]", "layernorm(v, 0.1)"),
        ("v[4]", "normalize(v)"),
        ("v[4]", "cumsum(v)*norm(v)"),
        ("v[4]", "[prod(v), max(v), min(v), mean(v), logsumexp(v)]"),
        ("v[4], s", "s*v/dot(v, v)"),
        ("v[4]", "where(v > 0, v^2, -v)"),
    ],
)
def test_the_analytic_jacobian_of_vector_functions_is_enclosed_sharply(compiled, parameters, text):
    program = compiled(parameters, text)
    point = np.array([2.0, -1.0, 0.1, 3.0, 0.7][: program.inputs])
    found = differentiate_enclosed(program, Interval.point(point))
    expected = differentiate(program, point[None].astype(Real)).linear.dense[0]
    room = 1e-17 * (1 + np.abs(expected))
    assert ((found.jacobian.lower <= expected + room) & (expected - room <= found.jacobian.upper)).all()
    assert (found.jacobian.upper - found.jacobian.lower).max() < 1e-16


def test_structural_zeros_are_exact(compiled):
    found = differentiate_enclosed(compiled("x, y", "x^2", "sin(y)"), Interval.point([0.3, 0.4]))
    assert found.jacobian.exact_zero.tolist() == [[False, True], [True, False]]


def test_a_box_holds_the_derivatives_of_all_its_points(compiled):
    program = compiled("x, y", "sin(x)*exp(y)/(1 + x^2)")
    box = Interval([0.1, -0.5], [0.9, 0.5])
    found = differentiate_enclosed(program, box).jacobian
    random = np.random.default_rng(0)
    points = random.uniform(box.lower.astype(float), box.upper.astype(float), size=(200, 2)).astype(Real)
    inside = differentiate(program, points).linear.dense
    assert ((found.lower <= inside) & (inside <= found.upper)).all()


def test_a_cancelled_value_is_wide_not_wrong(compiled):
    found = differentiate_enclosed(compiled("x", "(1 + x) - 1"), Interval.point([1e-18])).values
    assert found.lower[0] <= 1e-18 <= found.upper[0]
    assert found.upper[0] - found.lower[0] > 1e-20


def test_a_stage_that_is_too_large_is_refused(compiled, monkeypatch):
    monkeypatch.setattr(enclosure, "ENTRIES", 3)
    with pytest.raises(JacchainError, match="more than 3"):
        differentiate_enclosed(compiled("x, y", "x*y"), Interval.point([1.0, 2.0]))
