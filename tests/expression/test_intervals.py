"""Every function of the library is held to the slack that intervals allow it, against mpmath, over its whole range."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.errors import Fragment
from jacchain.expression import Builder, compile_graph, parse
from jacchain.expression.intervals import IntervalArithmetic, enclose
from jacchain.expression.table import BY_ARITY, FUNCTIONS, ROWS
from jacchain.linear.interval import Interval, Real

NAMES = {operation: name for (name, _), (operation, _) in BY_ARITY.items()}
CALLABLE = [name for name in ROWS if (name in FUNCTIONS or name in NAMES) and name not in {"transpose", "where"}]
ANYWHERE, POSITIVE, UNIT = (-1, 1), (1,), (-1, 1)
# fmt: off
LIBRARY = {
    "exp": (mpmath.exp, -40, 10), "exp2": (lambda x: mpmath.mpf(2)**x, -40, 10), "expm1": (mpmath.expm1, -300, 10),
    "sinh": (mpmath.sinh, -300, 10), "cosh": (mpmath.cosh, -300, 10), "tanh": (mpmath.tanh, -300, 12),
    "sin": (mpmath.sin, -300, 1023), "cos": (mpmath.cos, -300, 1023), "tan": (mpmath.tan, -300, 1023),
    "asin": (mpmath.asin, -300, 0), "acos": (mpmath.acos, -300, 0), "atan": (mpmath.atan, -300, 1023),
    "asinh": (mpmath.asinh, -300, 1023), "atanh": (mpmath.atanh, -300, 0),
    "cbrt": (lambda x: mpmath.sign(x)*mpmath.cbrt(abs(x)), -1000, 1023),
    "log": (lambda x: mpmath.log(abs(x)), -1000, 1023), "log2": (lambda x: mpmath.log(abs(x), 2), -1000, 1023),
    "log10": (lambda x: mpmath.log10(abs(x)), -1000, 1023), "acosh": (lambda x: mpmath.acosh(abs(x)), 0, 1023),
    "log1p": (mpmath.log1p, -300, 0), "sqrt": (lambda x: mpmath.sqrt(abs(x)), -1000, 1023),
    "erf": (mpmath.erf, -300, 6), "erfc": (mpmath.erfc, -40, 4),
}
# fmt: on
EVEN = {"log", "log2", "log10", "acosh", "sqrt"}


def multiprecision(number):
    """A long double, exactly."""
    if not np.isfinite(number):
        return mpmath.mpf(float(number))
    numerator, denominator = number.as_integer_ratio()
    return mpmath.mpf(numerator) / denominator


def sample(name, low, high):
    """Arguments of every size, dense where the function bends."""
    random = np.random.default_rng(len(name))
    exponents = np.concatenate(
        [np.arange(low, high, max(1, (high - low) // 150)), random.uniform(max(low, -6), min(high, 6), 150)]
    )
    sizes = 2.0**exponents * random.uniform(1, 2 if high > 0 else 1, exponents.size)
    sizes = sizes[sizes < 1.0] if high == 0 else sizes
    signs = np.ones(sizes.size) if name in EVEN else np.where(np.arange(sizes.size) % 2, 1.0, -1.0)
    return sizes * signs


@pytest.mark.parametrize("name", LIBRARY)
def test_the_library_is_within_its_slack_over_its_whole_range(name):
    function, low, high = LIBRARY[name]
    arguments = sample(name, low, high)
    found = getattr(IntervalArithmetic(), name)(Interval.point(arguments))
    with mpmath.workprec(1400 if high > 1000 and name in {"sin", "cos", "tan"} else 400):
        for x, lower, upper in zip(arguments, found.lower, found.upper, strict=True):
            exact = function(mpmath.mpf(float(x)))
            assert multiprecision(lower) <= exact <= multiprecision(upper), (name, x)
            eps = np.finfo(float if name in {"erf", "erfc"} else Real).eps
            assert upper - lower <= 20 * eps * abs(float(exact)) + 1e-300, (name, x)


def test_powers_and_angles_are_within_their_slack():
    random = np.random.default_rng(5)
    o = IntervalArithmetic()
    x, y = 2.0 ** random.uniform(-40, 40, 200), random.uniform(-20, 20, 200)
    power, angle = o.power(Interval.point(x), Interval.point(y)), o.atan2(Interval.point(y), Interval.point(x - 1))
    with mpmath.workprec(200):
        for k in range(200):
            a, b = mpmath.mpf(float(x[k])), mpmath.mpf(float(y[k]))
            assert multiprecision(power.lower[k]) <= a**b <= multiprecision(power.upper[k])
            assert (
                multiprecision(angle.lower[k]) <= mpmath.atan2(b, mpmath.mpf(float(x[k] - 1))) <= multiprecision(angle.upper[k])
            )
            assert power.upper[k] - power.lower[k] <= 20 * np.finfo(Real).eps * power.upper[k]


def compiled(name):
    at = ROWS[name].at
    parameters = [(f"p{i}", (len(a),) if isinstance(a, list) else ()) for i, a in enumerate(at)]
    builder = Builder(parameters, {})
    text = f"{NAMES.get(name, name)}({', '.join(parameter for parameter, _ in parameters)})"
    fragment = Fragment.whole(text, "test")
    return compile_graph(builder.graph([builder.output(fragment, parse(fragment))]))


@settings(max_examples=25)
@given(st.sampled_from(CALLABLE), st.floats(0, 3), st.integers(0, 1000))
def test_a_box_holds_the_value_of_every_point_in_it(name, width, seed):
    program = compiled(name)
    random = np.random.default_rng(seed)
    centre = np.array([number for a in ROWS[name].at for number in np.atleast_1d(a)]) + random.normal(size=program.inputs)
    low, high = centre - width * random.uniform(size=centre.size), centre + width * random.uniform(size=centre.size)
    found = enclose(program, Interval(low, high)[None])[0, program.results]
    points = low + (high - low) * random.uniform(size=(40, centre.size))
    values = program.values(points.astype(Real))
    room = 1e-13 * (1 + np.abs(values))
    undefined = np.isnan(values).any(0)
    held = (found.lower <= values + room) & (values - room <= found.upper)
    assert (held.all(0) | (undefined & ~found.known)).all()


@pytest.mark.parametrize("name", CALLABLE)
def test_at_the_test_point_every_row_is_sharp(name):
    program = compiled(name)
    point = np.array([number for a in ROWS[name].at for number in np.atleast_1d(a)], float)
    found = enclose(program, Interval.point(point)[None])[0, program.results]
    value = program.values(point[None].astype(Real))[0]
    assert ((found.lower <= value) & (value <= found.upper)).all()
    assert (found.upper - found.lower <= 1e-14 * np.abs(value)).all()


@pytest.mark.parametrize(
    ("text", "low", "high", "least", "greatest"),
    [
        ("sin(x)", 0.0, 2.0, 0.0, 1.0),
        ("sin(x)", 3.0, 6.0, -1.0, 0.1411200080598672),
        ("cos(x)", -1.0, 0.5, 0.5403023058681398, 1.0),
        ("sin(x)", 0.0, 100.0, -1.0, 1.0),
        ("x^2", -2.0, 1.0, 0.0, 4.0),
        ("abs(x)", -2.0, 1.0, 0.0, 2.0),
        ("x^3", -2.0, 1.0, -8.0, 1.0),
        ("cosh(x)", -1.0, 0.5, 1.0, 1.5430806348152437),
        ("mod(x, 2)", 2.25, 3.5, 0.25, 1.5),
        ("mod(x, 2)", 1.5, 2.5, 0.0, 2.0),
        ("where(x > 0, 1, 2)", -1.0, 1.0, 1.0, 2.0),
        ("floor(x)", 0.5, 2.5, 0.0, 2.0),
        ("hypot(x, 3)", -4.0, 4.0, 3.0, 5.0),
        ("atan2(1, x)", -1.0, 1.0, np.pi / 4, 3 * np.pi / 4),
        ("atan2(x, -1)", -1.0, 1.0, -np.pi, np.pi),
        ("max(x, 1)", 0.0, 3.0, 1.0, 3.0),
    ],
)
def test_extremes_on_a_box_are_the_true_ones(text, low, high, least, greatest):
    builder = Builder([("x", ())], {})
    fragment = Fragment.whole(text, "test")
    program = compile_graph(builder.graph([builder.output(fragment, parse(fragment))]))
    found = enclose(program, Interval([[low]], [[high]]))[0, program.results]
    assert float(found.lower[0]) == pytest.approx(least, abs=1e-8)
    assert float(found.upper[0]) == pytest.approx(greatest, abs=1e-8)
    assert found.lower[0] <= least + 1e-15
    assert greatest - 1e-15 <= found.upper[0]
