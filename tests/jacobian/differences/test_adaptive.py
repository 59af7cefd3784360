"""Differences that know their own error: the truth is inside the bar, or the bar says that nobody can tell."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.jacobian.accuracy.rounding import value_noise
from jacchain.jacobian.differences.adaptive import difference_jacobian
from jacchain.jacobian.differences.samples import Sweep
from jacchain.jacobian.differences.stage_difference import stage_difference
from jacchain.jacobian.differences.tableau import SIDES
from jacchain.linear.pattern import Pattern
from jacchain.pipeline.stage import Stage

DOUBLE = float(np.finfo(float).eps)
TYPES = [float, np.longdouble]


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


# fmt: off
HARD = [
    # formula, its twin in mpmath, where
    ("exp(x)",                      mpmath.exp,                                         [0.3, -700, 700]),
    ("sin(1000000*x)",              lambda x: mpmath.sin(10**6 * x),                    [0.37]),
    ("sin(x)",                      mpmath.sin,                                         [1e6, 1e10]),
    ("sin(2*pi*1024*x)",            lambda x: mpmath.sin(2048 * mpmath.mpf(np.pi) * x), [0, 0.125]),
    ("sin(2*pi*4194304*x)",         lambda x: mpmath.sin(2**23 * mpmath.mpf(np.pi) * x), [1]),
    ("cos(2*pi*256*x) + x",         lambda x: mpmath.cos(512 * mpmath.mpf(np.pi) * x) + x, [0.25]),
    ("sin(x) + sin(100000*x)/1048576", lambda x: mpmath.sin(x) + mpmath.sin(10**5 * x) / 2**20, [0.5]),
    ("sigmoid(x)",                  sigmoid,                                            [36, -36, 800, -800, 100, 45]),
    ("tanh(x)",                     mpmath.tanh,                                        [18, 20, 400, -9]),
    ("sigmoid(20*x)",               lambda x: sigmoid(20 * x),                          [1.8, -1.8, 2.25]),
    ("tanh(x/1000)",                lambda x: mpmath.tanh(x / 1000),                    [9000, 20000]),
    ("softplus(x)",                 lambda x: mpmath.log1p(mpmath.exp(x)),              [50, -50, -800]),
    ("log(x)",                      mpmath.log,                                         [1e-300, 1e300, 1e-5, 1]),
    ("sqrt(x)",                     mpmath.sqrt,                                        [1e-300, 1e-12, 1e300]),
    ("x^2",                         lambda x: x**2,                                     [1e-200, 1e150, 0]),
    ("x^3",                         lambda x: x**3,                                     [1e-100, 0]),
    ("1/x",                         lambda x: 1 / x,                                    [1e-8, 1e-150, 1e150]),
    ("x",                           lambda x: x,                                        [1e-300, 1e300, 0]),
    ("1 + x/1048576^3",             lambda x: 1 + x / 2**60,                            [0, 0.5]),
    ("10000000000 + x",             lambda x: 10**10 + x,                               [0.5]),
    ("(1 - cos(x))/x^2",            lambda x: (1 - mpmath.cos(x)) / x**2,               [1e-4, 1e-3]),
    ("sqrt(x + 1) - sqrt(x)",       lambda x: mpmath.sqrt(x + 1) - mpmath.sqrt(x),      [1e8]),
    ("(exp(x) - 1)/x",              lambda x: (mpmath.exp(x) - 1) / x,                  [1e-6]),
    ("x^7 - 7*x^6 + 21*x^5 - 35*x^4 + 35*x^3 - 21*x^2 + 7*x - 1", lambda x: (x - 1) ** 7, [1.01, 1]),
    ("asin(x)",                     mpmath.asin,                                        [1 - 1e-10, 0]),
    ("acos(x)",                     mpmath.acos,                                        [0.999, -0.9999999]),
    ("atanh(x)",                    mpmath.atanh,                                       [1 - 1e-12]),
    ("log1p(x)",                    mpmath.log1p,                                       [1e-15, -1 + 1e-9]),
    ("tan(x)",                      mpmath.tan,                                         [1.5707, 1.57079632]),
    ("atan(1000000*x)",             lambda x: mpmath.atan(10**6 * x),                   [1e-7]),
    ("tanh(10000*(x - 0.5))",       lambda x: mpmath.tanh(10**4 * (x - mpmath.mpf("0.5"))), [0.5, 0.5003]),
    ("exp(-1/x^2)",                 lambda x: mpmath.exp(-1 / x**2),                    [0.05, 0.2]),
    ("abs(x)",                      abs,                                                [1e-3, -1e-9]),
    ("relu(x)",                     lambda x: max(x, 0),                                [1e-12, -1e-12, -1e-200]),
    ("sqrt(x^2 + 0.0625^10)",       lambda x: mpmath.sqrt(x**2 + mpmath.mpf(2)**-40),   [1e-7]),
    ("cbrt(x)",                     mpmath.cbrt,                                        [1e-6, 1e-9]),
    ("gelu(x)",                     lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2, [-9, 1, 1e-200]),
    ("erf(x)",                      mpmath.erf,                                         [5, 0, 1e-10]),
    ("erfc(x)",                     mpmath.erfc,                                        [20]),
    ("expm1(x)",                    mpmath.expm1,                                       [-40, 1e-15]),
    ("exp(50*sin(x))",              lambda x: mpmath.exp(50 * mpmath.sin(x)),           [1]),
    ("sin(1/x)",                    lambda x: mpmath.sin(1 / x),                        [0.01, 0.001]),
    ("x*log(x)",                    lambda x: x * mpmath.log(x),                        [1e-8]),
    ("exp(-x)",                     lambda x: mpmath.exp(-x),                           [60, 745]),
    ("floor(1000*x)/1000 + x",      lambda x: mpmath.floor(1000 * x) / 1000 + x,        [0.50023]),
    ("exp(2^66*x)",                 lambda x: mpmath.exp(2**66 * x),                    [0, 1e-21]),
]
# fmt: on


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("formula", "twin", "where"), HARD, ids=[case[0] for case in HARD])
def test_the_truth_is_inside_the_bar_at_hard_points(compiled, formula, twin, where, dtype):
    program = compiled("x", formula)
    for x in where:
        found = difference_jacobian(program.values, np.array([x], dtype), Sweep(epsilon=DOUBLE if program.double else None))
        with mpmath.workdps(760):
            h = mpmath.mpf(10) ** -150 * (abs(mpmath.mpf(x)) or 1)
            truth = dtype(mpmath.nstr((twin(mpmath.mpf(x) + h) - twin(mpmath.mpf(x) - h)) / (2 * h), 30))
        error, bar = abs(found.value[0] - truth), found.error_bar[0]
        assert np.isinf(bar) or error <= bar + np.spacing(truth), (x, truth, found.value[0], bar)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("x", [-0.3, 0.3, 0.35, 0.5])
def test_digits_that_a_function_loses_are_allowed_for_when_they_are_known(compiled, x, dtype):
    program = compiled("x", "log(sigmoid(100*x))")
    point = np.array([x], dtype)
    found = difference_jacobian(program.values, point, Sweep(noise=value_noise([program], point)))
    truth = 100 / (1 + np.exp(100 * np.longdouble(x)))
    assert abs(found.value[0] - truth) <= found.error_bar[0] + np.spacing(truth)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("x", [1e-2, 1e-3, 1e-4])
def test_samples_far_from_a_cancellation_are_believed_for_what_they_are(compiled, x, dtype):
    """Close to zero the values are off by more than the derivative moves them, and far from it they are not.

    The number comes from afar; the bar does not, for noise may hide something that is only there, close to zero.
    """
    stage = Stage(1, "f", "f", ("x",), ("y",), compiled("x", "(1 - cos(x))/x^2"))
    found = stage_difference(stage, np.array([x], dtype))
    with mpmath.workdps(50):
        truth = dtype(mpmath.nstr(mpmath.diff(lambda t: (1 - mpmath.cos(t)) / t**2, mpmath.mpf(x), h=mpmath.mpf("1e-20")), 30))
    assert abs(found.value[0] - truth) <= found.error_bar[0]
    assert abs(found.value[0] - truth) <= 1e-5 * abs(truth)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    ("x", "size", "width"),
    [
        (-4.6e-6, 0.0029, 4.4e-5),
        (9e-4, 3e-10, 4.1e-4),
        (1.9e-5, 8.8e-6, 1.5e-4),
        (-5.3e-5, 6.2e-7, 6.1e-4),
        (1.9e-7, 2.8e-8, 8.6e-7),
    ],
)
def test_what_noise_hides_close_by_is_not_denied_from_afar(compiled, x, size, width, dtype):
    stage = Stage(1, "f", "f", ("x",), ("y",), compiled("x", f"(1 - cos(x))/x^2 + {size}*exp(-(x/{width})^2)"))
    found = stage_difference(stage, np.array([x], dtype))
    with mpmath.workdps(60):
        at, wide = mpmath.mpf(x), mpmath.mpf(width)
        smooth = mpmath.sin(at) / at**2 - 2 * (1 - mpmath.cos(at)) / at**3
        truth = dtype(mpmath.nstr(smooth - 2 * at / wide**2 * size * mpmath.exp(-((at / wide) ** 2)), 30))
    assert abs(found.value[0] - truth) <= found.error_bar[0]


@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=6),
    st.integers(-40, 40),
    st.sampled_from(TYPES),
)
def test_polynomials_are_inside_the_bar_and_nearly_exact(coefficients, eighths, dtype):
    x = Fraction(eighths, 8)
    truth = sum(power * c * x ** (power - 1) for power, c in enumerate(coefficients) if power)
    size = sum(abs(c) * abs(x) ** power for power, c in enumerate(coefficients))

    def evaluate(points):
        total = np.zeros_like(points)
        for c in reversed(coefficients):
            total = total * points + c
        return total

    found = difference_jacobian(evaluate, np.array([float(x)], dtype))
    assert abs(Fraction(*found.value[0].as_integer_ratio()) - truth) <= Fraction(*found.error_bar[0].as_integer_ratio())
    assert found.error_bar[0] <= 2.0**12 * np.finfo(dtype).eps * max(1.0, float(size))


@pytest.mark.parametrize("dtype", TYPES)
def test_noise_is_measured_not_assumed(dtype):
    rng = np.random.default_rng(7)
    for size in (1e-10, 1e-7, 1e-4):
        found = difference_jacobian(lambda p, size=size: np.sin(p) + size * rng.uniform(-1, 1, p.shape), np.array([0.8], dtype))
        assert abs(found.value[0] - np.cos(0.8)) <= found.error_bar[0] < 1e4 * size


@pytest.mark.parametrize("digits", [7, 9, 12])
def test_steps_lost_in_rounding_are_not_taken_for_a_constant(digits):
    found = difference_jacobian(lambda points: np.round(np.sin(points), digits), np.array([0.8]))
    assert abs(found.value[0] - np.cos(0.8)) <= found.error_bar[0]
    assert found.error_bar[0] > 10.0 ** -(digits + 1)


@pytest.mark.parametrize("dtype", TYPES)
def test_a_kink_at_the_point_shows_both_slopes(compiled, dtype):
    found = difference_jacobian(compiled("x", "abs(x)", "max(x, 3*x) + exp(x)").values, np.array([0], dtype))
    assert found.kink.all()
    assert np.abs(found.left - [-1, 2]).max() < 1e-9
    assert np.abs(found.right - [1, 4]).max() < 1e-9
    assert (found.error_bar >= 1).all()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    ("formula", "left", "right"),
    [("abs(x)", -1, 1), ("relu(sin(x))", 0, 1), ("tanh(abs(x))", -1, 1), ("exp(relu(x)) + x", 1, 2), ("max(x^2, 3*x)", 0, 3)],
)
def test_a_kink_is_not_taken_for_noise(compiled, formula, left, right, dtype):
    program = compiled("x", formula)
    sweep = Sweep(noise=value_noise([program], np.array([0], dtype)))
    found = difference_jacobian(program.values, np.array([0], dtype), sweep)
    assert found.kink.all()
    assert abs(found.left[0] - left) <= found.side_bar[0]
    assert abs(found.right[0] - right) <= found.side_bar[0]
    assert found.side_bar[0] < 1e6 * np.finfo(dtype).eps


@pytest.mark.parametrize("x", [-1e-17, 1e-18, 1e-20])
@pytest.mark.parametrize("formula", ["softsign(x)", "x + abs(x)*x", "sin(x) + relu(x)^2"])
def test_slopes_that_are_the_same_double_are_no_kink(compiled, formula, x):
    program = compiled("x", formula)
    found = stage_difference(Stage(1, "f", "f", ("x",), ("f",), program), np.array([x], np.longdouble))
    assert not found.kink.any()
    assert abs(found.value[0] - 1) <= found.error_bar[0] + 2 * abs(x) <= 1e-15


@pytest.mark.parametrize(
    ("formula", "x"),
    [
        ("sign(x)", 0),
        ("where(x >= 1, x^2, x + 1)", 1),
        ("where(x == 0, 5, sin(x))", 0),
        ("sqrt(x)", 0),
        ("sign(x)*abs(x)^0.3333333333333333", 0),
        ("floor(x)", 2),
    ],
)
def test_where_there_is_no_derivative_none_is_claimed(compiled, formula, x):
    found = difference_jacobian(compiled("x", formula).values, np.array([x], np.longdouble))
    assert found.error_bar[0] > 1


def test_a_branch_that_is_not_taken_does_not_count(compiled):
    found = difference_jacobian(compiled("x", "where(x > 0, sqrt(x), 0)").values, np.array([-1.0]))
    assert found.value[0] == 0
    assert found.error_bar[0] < 1e-300


def test_at_the_edge_of_the_domain_the_difference_is_one_sided(compiled):
    found = difference_jacobian(compiled("x", "x*sqrt(x)").values, np.array([0.0]))
    assert SIDES[found.side[0]] == "forward"
    assert abs(found.value[0]) <= found.error_bar[0] < 1e-3


@given(st.floats(-2, 2), st.floats(0, 1))
def test_bounds_are_never_left(x, width):
    seen = []

    def evaluate(points):
        seen.append(points)
        return np.exp(points)

    bounds = np.array([[x - width, x + (1 - width)]])
    found = difference_jacobian(evaluate, np.array([x]), Sweep(bounds=bounds))
    points = np.concatenate(seen)
    assert points.min() >= min(bounds[0, 0], x)
    assert points.max() <= max(bounds[0, 1], x)
    assert abs(found.value[0] - np.exp(x)) <= found.error_bar[0]


def test_undefined_everywhere_is_said_not_guessed():
    found = difference_jacobian(lambda points: np.full((len(points), 2), np.nan), np.array([1.0]))
    assert np.isnan(found.value).all()
    assert np.isinf(found.error_bar).all()


def test_rows_are_independent_of_undefined_ones(compiled):
    with np.errstate(all="ignore"):
        alone = difference_jacobian(compiled("x, y", "x*y^2").values, np.array([1.3, -0.7]))
        beside = difference_jacobian(compiled("x, y", "x*y^2", "log(x - 2)").values, np.array([1.3, -0.7]))
    assert np.array_equal(alone.matrix, beside.matrix[:1])
    assert np.array_equal(alone.bars, beside.bars[:1])


BAND = Pattern.of((30, 30), *zip(*[(i, j) for i in range(30) for j in (i - 1, i, i + 1) if 0 <= j < 30], strict=True))


def banded(points):
    padded = np.pad(points, ((0, 0), (1, 1)))
    return np.sin(padded[:, :-2]) * points + padded[:, 2:] ** 3


def test_a_known_pattern_changes_the_cost_and_not_the_answer():
    x = np.linspace(-1.5, 2.5, 30)
    x[4] = 1e-9
    calls = []

    def counted(points):
        calls.append(len(points))
        return banded(points)

    full = difference_jacobian(counted, x)
    dear = sum(calls)
    calls.clear()
    coloured = difference_jacobian(counted, x, Sweep(pattern=BAND))
    assert sum(calls) < dear / 9
    assert np.abs(coloured.matrix - full.matrix).max() <= (coloured.bars + full.bars).max() < 1e-9
    assert np.array_equal(coloured.step, full.step.reshape(30, 30)[BAND.rows, BAND.columns])


@pytest.mark.parametrize("pattern", [None, BAND])
def test_memory_is_bounded_and_blocks_do_not_show(pattern):
    x = np.linspace(-1.5, 2.5, 30)
    sizes = []

    def evaluate(points):
        sizes.append(points.nbytes)
        return banded(points)

    whole = difference_jacobian(evaluate, x, Sweep(pattern=pattern))
    assert len(sizes) == 2
    sizes.clear()
    blocks = difference_jacobian(evaluate, x, Sweep(pattern=pattern, max_bytes=400_000))
    assert len(sizes) > 2
    assert max(sizes) < 400_000
    for field in ("value", "error_bar", "step", "side"):
        assert np.array_equal(getattr(whole, field), getattr(blocks, field))


def test_the_number_of_evaluations_is_counted():
    calls = []

    def evaluate(points):
        calls.append(len(points))
        return points**2

    found = difference_jacobian(evaluate, np.array([1.0, 2.0, 3.0]))
    assert found.evaluations.sum() - 2 == sum(calls)


def test_a_given_scale_finds_what_the_usual_steps_miss(compiled):
    program = compiled("x", "exp(2^66*x)")
    usual = difference_jacobian(program.values, np.array([0.0]))
    scaled = difference_jacobian(program.values, np.array([0.0]), Sweep(scale=np.array([2.0**-66])))
    assert np.isinf(usual.error_bar[0])
    assert scaled.value[0] == pytest.approx(2.0**66, rel=1e-12)


def test_longer_numbers_give_narrower_bars(compiled):
    if np.finfo(np.longdouble).nmant <= np.finfo(float).nmant:
        pytest.skip("this machine has nothing longer than double")
    program = compiled("x, y", "sin(x)*exp(y)/(1 + x^2)")
    double, longer = (difference_jacobian(program.values, np.array([0.7, -1.1], dtype)) for dtype in TYPES)
    assert longer.error_bar.max() < double.error_bar.max() / 100


@pytest.mark.parametrize("dtype", TYPES)
@given(st.sampled_from([2, 3, 4, 5]), st.sampled_from([1, -1, 3]), st.tuples(st.sampled_from([1, -1]), st.floats(-6, -2)))
def test_a_bend_is_not_seen_by_steps_of_unequal_length(compiled, dtype, power, centre, beside):
    """The value next to a multiple zero is exact, and so only the lengths of the steps may be off."""
    x = dtype(centre) + beside[0] * dtype(10) ** dtype(beside[1])
    stage = Stage(1, "f", "f", ("x",), ("y",), compiled("x", f"({centre} - x)^{power}"))
    found = stage_difference(stage, np.array([x]))
    truth = -power * (centre - Fraction(*x.as_integer_ratio())) ** (power - 1)
    assert abs(Fraction(*found.value[0].as_integer_ratio()) - truth) <= Fraction(float(found.error_bar[0]) * (1 + 1e-9))
