"""Functions nobody has tuned to: random formulas over the whole table, at points of every size, with exact derivatives.

A seed decides all of it.  Truth is a difference in hundreds of digits; where the two sides differ, or a value is no double, there
is none, and the seed makes no case.
"""

import random
from dataclasses import dataclass
from math import comb

import mpmath
import numpy as np
from strategies.exact import evaluate, exactly

from jacchain.errors import Fragment
from jacchain.expression import Builder, Program, compile_graph, parse
from jacchain.expression.table import FUNCTIONS

SHAPES = [("x", ()), ("y", ()), ("v", (3,)), ("u", (3,))]
INPUTS = 8
DIGITS, STEPS = 500, (-120, -150)

ONE = [name for name, row in FUNCTIONS.items() if len(row.at) == 1 and not isinstance(row.at[0], list) and name != "transpose"]

# fmt: off
TWO = [
    "hypot({a}, {b})", "atan2({a}, {b})", "max({a}, {b})", "min({a}, {b})", "mod({a}, {b})", "log(abs({a}), 2 + abs({b}))",
    "pow(abs({a}), {b})", "leaky_relu({a}, {b})", "elu({a}, {b})", "clip({a}, -1, {b}^2)",
]
REDUCED = [
    "sum({v})", "mean({v})", "prod({v})", "norm({v})", "norm1({v})", "logsumexp({v})", "max({v})", "min({v})", "dot({v}, u)",
    "({v} @ [1, 2, 3])",
]
MAPPED = [
    "softmax({v})", "log_softmax({v})", "normalize({v})", "layernorm({v})", "layernorm({v}, 0.1)", "cumsum({v})", "reverse({v})",
    "cross({v}, u)", "sin({v})", "exp({v})", "tanh({v})", "square({v})", "([[1, 2, 3], [0.5, -1, 4], [7, 8, -9]] @ {v})",
    "([10, 20, 30]*{v})",
]
HARD = [
    "sin({c}*x)*exp(-y)", "cos(2*pi*{c}*x) + y", "exp(-{c}*x^2)*y", "1/(1 + {c}*(x - y)^2)", "tanh({c}*(x - y))",
    "(1 - cos(x))/x^2 + y", "(exp(x) - 1)/x*y", "sqrt(x^2 + 1) - x + y", "log(1 + exp({c}*x)) + y", "x - sin(x) + y^3",
    "(x + {c}) - {c} + y", "sin(x)^2 + cos(x)^2 + y", "log(exp(x)) + y", "x*log(abs(x)) + y", "sigmoid({c}*x)*y", "sin(1/x)*y",
    "atan({c}*x)*y", "exp(x)/(exp(x) + exp(y))", "(x^2 - y^2)/(x - y)", "sin(x) + {c}*y^2", "softmax({c}*v)[1] + x*y",
    "sigmoid(x)*(1 - sigmoid(x)) + y", "1 - tanh(x)^2 + y", "exp(exp(x/{c})) + y", "sqrt(x + 1) - sqrt(x) + y",
    "asin(sin(x)) + y", "x^x + y", "x^3/{c} + cos(y)", "gelu({c}*x) + y", "erfc(x)*y", "erf({c}*x) - erf(y)",
    "hypot(x, {c}*y) - x",
]
# fmt: on


@dataclass(frozen=True)
class Unseen:
    """A function of x, y, v[3] and u[3], the point, and its eight derivatives there in long double."""

    formula: str
    program: Program
    point: np.ndarray
    truth: np.ndarray


def unseen(seeds):
    """The cases of some seeds."""
    for seed in seeds:
        formula, point = _drawn(random.Random(seed))
        fragment = Fragment.whole(formula, "formula")
        builder = Builder(SHAPES, {})
        program = compile_graph(builder.graph([builder.output(fragment, parse(fragment))]))
        value = program.values(point[None])[0, 0]
        truth = exact_slopes(program.graph, point) if np.isfinite(value) else None
        if truth is not None:
            yield Unseen(formula, program, point, truth)


def _drawn(draw):
    form = draw.random()
    point = np.array([_number(draw) for _ in range(INPUTS)])
    if form < 0.62:
        return _scalar(draw, draw.randint(1, 3)), point
    if form < 0.92:
        return draw.choice(HARD).format(c=draw.choice(["2", "10", "50", "1000", "1e5", "1e6", "0.01"])), point
    degree, root = draw.randint(3, 9), draw.choice([1.0, 2.0, 3.0, 1.5])  # expanded, so that all its terms cancel near the root
    point[0] = root + draw.choice([1, -1]) * 10 ** draw.uniform(-4, 0)
    return " + ".join(f"({comb(degree, k) * (-root) ** (degree - k)!r})*x^{k}" for k in range(degree + 1)) + " + y", point


def _scalar(draw, depth):
    if depth == 0:
        return draw.choice(["x", "x", "y", "y", "v[1]", "u[2]", "x*y", "2*x", "x/3"])
    form, part = draw.random(), lambda: _scalar(draw, depth - 1)
    if form < 0.3:
        return f"{draw.choice(ONE)}({part()})"
    if form < 0.6:
        return f"({part()} {draw.choice('+-*/')} {part()})"
    if form < 0.68:
        return f"({part()})^{draw.choice([2, 3, -1, -2, 0.5, 5])}"
    if form < 0.78:
        return draw.choice(TWO).format(a=part(), b=part())
    if form < 0.88:
        return draw.choice(REDUCED).format(v=_vector(draw, depth - 1))
    if form < 0.94:
        return f"where({part()} > {draw.choice(['0.3', 'y'])}, {part()}, {part()})"
    return f"{draw.choice(['1000*', '1e-3*', '1e6*', '100 + ', '1e8 + ', '3 - '])}{part()}"


def _vector(draw, depth):
    if depth <= 0:
        return draw.choice(["v", "u", "(v + u)", "[x, y, x*y]", "(x*v)"])
    return draw.choice(MAPPED).format(v=_vector(draw, depth - 1))


def _number(draw):
    """Ordinary, saturating, tiny, huge, zero, whole, or nearly one."""
    form, sign = draw.random(), draw.choice([-1, 1])
    sizes = [(0.45, -1, 0.5), (0.6, 0.5, 1.6), (0.7, -12, -1), (0.78, 1, 6), (0.83, 6, 12), (0.87, -200, -12), (0.89, 12, 150)]
    for upto, low, high in sizes:
        if form < upto:
            return sign * 10 ** draw.uniform(low, high)
    if form < 0.92:
        return 0.0
    return float(draw.randint(-3, 3)) if form < 0.96 else 1 + sign * 10 ** draw.uniform(-9, -2)


def exact_slopes(graph, point):
    """The derivatives of the output at a point, in long double; None where there are none."""
    with mpmath.workdps(DIGITS):
        at = [exactly(number) for number in point]
        try:
            slopes = [_slope(graph, at, column) for column in range(len(at))]
        except (ZeroDivisionError, ValueError, OverflowError, TypeError):
            return None
        if any(slope is None or abs(slope) > 1e300 for slope in slopes):
            return None
        return np.array([np.longdouble(float(slope)) + float(slope - float(slope)) for slope in slopes])


def _slope(graph, at, column):
    """The derivative by one input; None where there is none, or more digits would be needed."""
    middle, found = evaluate(graph, at)[0], []
    for power in STEPS:
        step = mpmath.mpf(10) ** power * (abs(at[column]) or 1)
        up, down = (evaluate(graph, [*at[:column], at[column] + side * step, *at[column + 1 :]])[0] for side in (1, -1))
        found += [(up - middle) / step, (middle - down) / step]
    size = max(abs(slope) for slope in found)
    if not mpmath.isfinite(size) or max(found) - min(found) > size * mpmath.mpf(10) ** -40:
        return None
    return (found[2] + found[3]) / 2
