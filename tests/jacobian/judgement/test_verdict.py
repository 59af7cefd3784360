"""The verdict: no false alarm where the derivative is right, no bug missed where it could be told, and honesty between."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jacchain.frozen import replace
from jacchain.jacobian.accuracy.rounding import derivative_error, value_noise
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.differences.adaptive import difference_jacobian
from jacchain.jacobian.differences.samples import Sweep
from jacchain.jacobian.judgement.verdict import JUDGEMENTS, judge
from jacchain.jacobian.settled import Kink
from jacchain.linear.map import LinearMap

DOUBLE = float(np.finfo(float).eps)
TYPES = [float, np.longdouble]
LONGER = np.finfo(np.longdouble).nmant > np.finfo(float).nmant

POINTS = {
    "sigmoid(x)": [0.3, 36, -36, 100, 800, -800],
    "tanh(x)": [1e-200, -9, 18, 20, 400],
    "softplus(x)": [50, -50, 800, -800],
    "gelu(x)": [-9, 1e-200, 1, 40],
    "erf(x)": [0, 5, 30],
    "expm1(x)": [-40, 1e-15, 700],
    "log(x)": [1e-300, 1e-5, 1, 1e300],
    "sqrt(x)": [1e-300, 1e-12, 1e300],
    "1/x": [1e-150, 1e-8, 1e150],
    "atan(1000000*x)": [0, 1e-7, 3],
    "sin(1000*x)": [0, 0.37, 100],
    "abs(x)*x": [1e-6, -1e-6],
    "relu(x)": [1e-12, -1e-12, -1e-200],
    "exp(-1/x^2)": [0.05, 0.2],
    "x^3": [0, 1e-60, 1e60],
    "cosh(x)": [0, 300],
    "asin(x)": [0, 0.999999],
}


def judged(program, x, factor=1.0):
    linear = differentiate(program, x[None]).linear
    sweep = Sweep(epsilon=DOUBLE if program.double else None, noise=value_noise([program], x))
    names = [f"y{i}" for i in range(program.outputs)], [f"x{j}" for j in range(program.inputs)]
    scaled = LinearMap(linear.pattern, linear.values.astype(float) * factor)
    return judge(*names, (scaled, derivative_error(program, x)), difference_jacobian(program.values, x, sweep))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("formula", POINTS)
def test_a_right_derivative_is_never_called_wrong(compiled, formula, dtype):
    for x in POINTS[formula]:
        assert judged(compiled("x", formula), np.array([x], dtype)).judgement != "disagree", x


@pytest.mark.skipif(not LONGER, reason="in doubles, more points are beyond telling")
@pytest.mark.parametrize("formula", POINTS)
def test_with_longer_numbers_it_is_called_right(compiled, formula):
    for x in POINTS[formula]:
        assert judged(compiled("x", formula), np.array([x], np.longdouble)).judgement == "agree", x


@pytest.mark.parametrize("formula", POINTS)
def test_a_ten_thousandth_too_much_is_found_wherever_the_bars_allow(compiled, formula):
    for x in POINTS[formula]:
        verdict = judged(compiled("x", formula), np.array([x], np.longdouble), factor=1.0001)
        entry = verdict.entry(0)
        visible = entry.value_bar + entry.difference_bar < 0.4e-4 * abs(entry.value)
        assert (verdict.judgement == "disagree") == visible, x


@given(st.floats(-3, 3), st.floats(0.1, 3), st.sampled_from([-1.0, 2.0, 0.5, 0.0, 57.29577951308232]))
def test_plain_slips_are_found_in_doubles(compiled, x, y, factor):
    program = compiled("x, y", "exp(x)*y", "sin(x) + y^3")
    verdict = judged(program, np.array([x, y]), factor)
    small = np.abs(differentiate(program, np.array([[x, y]])).linear.values[0]) < 1e-6
    assert (verdict.codes[~small] == JUDGEMENTS.index("disagree")).all()


@pytest.mark.parametrize(
    ("formula", "x"),
    [("10^30 + x^2", 1.0), ("exp(2^66*x)", 0.0), ("sin(x)", 1e200), ("abs(x)", 0.0)],
)
def test_where_nobody_could_tell_it_says_so(compiled, formula, x):
    assert judged(compiled("x", formula), np.array([x], np.longdouble)).judgement == "inconclusive"


LEAVES = st.sampled_from(["x", "y", "x", "y", "2", "0.5"])
FUNCTIONS = [
    "sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "sigmoid", "atan", "asin", "sinh",
    "expm1", "log1p", "abs", "relu", "softplus", "square", "cbrt", "erf", "gelu", "silu",
]  # fmt: skip
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("{}({})".format, st.sampled_from(FUNCTIONS), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("({})^{}".format, inner, st.sampled_from([2, 3, -1])),
    ),
    max_leaves=6,
)
NUMBERS = st.one_of(st.floats(-3, 3), st.floats(-40, 40), st.sampled_from([1e-12, -1e-5, 1e-200, 800.0, -1e4]))


@settings(max_examples=400)
@given(EXPRESSIONS, NUMBERS, NUMBERS, st.sampled_from(TYPES))
def test_of_any_expression_at_any_point_the_right_derivative_is_never_called_wrong(compiled, formula, x, y, dtype):
    program, point = compiled("x, y", formula), np.array([x, y], dtype)
    derivative = differentiate(program, point[None])
    at_a_switch = any(point_is_on_a_switch(program, point))
    doubles = all((np.abs(numbers) < 1e300).all() for numbers in (derivative.values, derivative.linear.values))
    if doubles and not at_a_switch:
        assert judged(program, point).judgement != "disagree"


def point_is_on_a_switch(program, point):
    """Whether some abs or relu is given exactly zero, so that the number used is a convention."""
    registers = program.registers(point[None])[0]
    for instruction in program.instructions:
        if instruction.operation in {"abs", "relu"}:
            yield (registers[instruction.arguments[0]] == 0).any()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("formula", ["(1 - cos(x))/x^2", "(exp(x) - 1)/x", "(exp(x) - 1 - x)/x^2", "sqrt(1 + x) - sqrt(1 - x)"])
def test_digits_lost_by_the_function_itself_raise_no_alarm(compiled, formula, dtype):
    for exponent in range(1, 13):
        assert judged(compiled("x", formula), np.array([10.0**-exponent], dtype)).judgement != "disagree", exponent


def test_at_a_kink_only_what_lies_between_the_slopes_is_open(compiled):
    program = compiled("x", "abs(x)")
    for value, expected in [(0.0, "inconclusive"), (-1.0, "inconclusive"), (1.5, "disagree"), (-7.0, "disagree")]:
        judged_map = LinearMap.full(np.array([[value]])), np.zeros(1)
        found = judge(["y"], ["x"], judged_map, difference_jacobian(program.values, np.array([0.0])))
        assert found.judgement == expected
    entry = found.entry(0)
    assert (entry.side, round(entry.left, 9), round(entry.right, 9)) == ("both", -1.0, 1.0)


SLOPES = st.integers(-5, 5)


@settings(max_examples=60)
@given(SLOPES, SLOPES, st.floats(-8, 8))
def test_a_kink_that_was_settled_agrees_by_its_convention_alone(compiled, a, b, value):
    assume(a != b)
    difference = difference_jacobian(compiled("x", f"where(x < 0, {a}*x, {b}*x)").values, np.array([0.0]))
    low, high = sorted((a, b))
    used = float(np.clip(0, low, high))
    assume(min(abs(value - low), abs(value - high)) > 1e-6)

    def judgement(number, kink):
        return judge(["y"], ["x"], (LinearMap.full(np.array([[number]])), np.zeros(1)), difference, (kink,)).judgement

    kink = Kink(0, 0, a, b, (used, used), (low, high))
    assert judgement(used, kink) == "agree"
    assert judgement(value, kink) == ("disagree" if not low < value < high else "agree" if value == used else "inconclusive")
    assert judgement(used, replace(kink, left=a + 0.5, clarke=(-9, 9))) == "disagree"
    assert judgement(used, replace(kink, right=b - 0.5, clarke=(-9, 9))) == "disagree"


def test_a_zero_beside_large_entries_is_a_zero(compiled):
    verdict = judged(compiled("x, y", "10^8*exp(x)", "y*10^(-8)", "x*y - y*x"), np.array([1.0, 2.0]))
    assert verdict.judgement == "agree"


def test_entries_come_worst_first_by_their_names(compiled):
    program = compiled("x, y", "x*y", "x + y^2")
    difference = difference_jacobian(program.values, np.array([2.0, 3.0]))
    wrong = LinearMap.full(np.array([[3.0, 2.001], [1.0, -6.0]]))
    verdict = judge(["p", "q"], ["x", "y"], (wrong, np.full(4, 1e-15)), difference)
    assert [(entry.output, entry.input) for entry in verdict.entries(2)] == [("q", "y"), ("p", "y")]
    assert [verdict.count(judgement) for judgement in JUDGEMENTS] == [2, 0, 2]
    worst = verdict.entries(1)[0]
    assert (worst.value, round(worst.difference, 9), worst.evaluations) == (-6.0, 6.0, difference.evaluations[1])


def test_an_entry_the_pattern_of_the_judged_one_lacks_is_judged_as_a_zero(compiled):
    program = compiled("x, y", "x*y", "y")
    difference = difference_jacobian(program.values, np.array([2.0, 3.0]))
    diagonal = LinearMap.diagonal(np.array([[3.0, 1.0]]))
    verdict = judge(["p", "q"], ["x", "y"], (diagonal, np.zeros(2)), difference)
    assert [(entry.output, entry.input, entry.judgement) for entry in verdict.entries(1)] == [("p", "y", "disagree")]


def test_the_distance_of_a_large_entry_is_told_in_terms_of_its_size(compiled):
    large = judged(compiled("x", "1e30*x^2"), np.array([1.0]), 1 + 1e-3)
    assert large.largest_distance == pytest.approx(2e27, rel=1e-6)
    assert large.relative_distance == pytest.approx(1e-3, rel=2e-3)
    small = judged(compiled("x", "x^2/8"), np.array([1.0]), 1 + 1e-3)
    assert small.relative_distance == small.largest_distance == pytest.approx(2.5e-4, rel=1e-6)
