"""THE TABLE: one row for each function of the language, and nothing about a function anywhere else.

A row says how the function is computed (``value``), its derivative (``rule``: one partial for each argument, written so that no
digit cancels), and the derivative on the blackboard (``shown``, in the language itself; ``y`` is the value).  ``o`` is the
arithmetic, so the same row serves doubles, long doubles, intervals and fifty digits; no row knows numpy.

``form`` is the zero pattern of every partial: ``diagonal`` (elementwise), ``row`` (a vector becomes a number; what is shown is
its gradient) or ``full``.
``linear`` lists the arguments that a partial does not contain.  ``at`` is a test point.
Sources of the cancellation-free forms: Higham, Accuracy and Stability, 2nd ed., 1.7 and 27.8 (norms); Blanchard, Higham and
Higham, IMA J. Numer. Anal. 41 (2021) (softmax); the rest is the difference of two nearly equal numbers, written as a product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jacchain.frozen import Frozen

Value = Callable[..., Any]
Rule = Callable[..., list[Any]]


class Row(Frozen, eq=True):
    """A function of the language, or (with ``defined``) an abbreviation written in it.

    ``parameters`` names the arguments; ``domain`` and ``switch`` are conditions and values in the language: outside the domain the
    function is undefined, where a switch is zero its derivative may jump, or the function itself where it ``jumps``.
    """

    parameters: str
    value: Value | None = None
    rule: Rule | None = None
    shown: tuple[str, ...] = ()
    form: str = "diagonal"
    linear: tuple[int, ...] = ()
    domain: str = ""
    switch: str = ""
    jumps: bool = False
    at: Sequence[float | list[float]] = (0.3,)
    says: str = ""
    real: bool = False
    double: bool = False
    defined: str = ""

    @property
    def arity(self) -> int:
        """How many arguments, -1 for two or more."""
        return -1 if "..." in self.parameters else self.parameters.count(",") + 1


def logistic(o: Any, x: Any) -> Any:
    """1/(1 + exp(-x)), accurate in both tails."""
    t = o.exp(-o.abs(x))
    return o.where(x >= 0, 1 / (1 + t), t / (1 + t))


def logistic_slope(o: Any, x: Any) -> Any:
    """Its derivative t/(1 + t)^2 with t = exp(-|x|)."""
    t = o.exp(-o.abs(x))
    return t / o.square(1 + t)


def softplus(o: Any, x: Any) -> Any:
    """log(1 + exp(x)) without overflow."""
    return o.maximum(x, o.number(0)) + o.log1p(o.exp(-o.abs(x)))


def normal_density(o: Any, x: Any) -> Any:
    """The standard normal density."""
    return o.gauss(x, 0.5) / o.sqrt(2 * o.pi)


def normal_distribution(o: Any, x: Any) -> Any:
    """The standard normal distribution function, by erfc so that the left tail keeps its digits."""
    return o.erfc(-x / o.sqrt(o.number(2))) / 2


def log_odds(o: Any, x: Any) -> Any:
    """log(x/(1 - x)), accurate at both ends and in the middle, where it is zero."""
    return o.where(x < 0.25, o.log(x) - o.log1p(-x), o.log1p((2 * x - 1) / (1 - x)))


def softmax(o: Any, x: Any) -> Any:
    """exp(x)/sum(exp(x)), shifted by the largest component."""
    t = o.exp(x - o.peak(x))
    return t / o.total(t)


def turn(o: Any, y: Any, x: Any) -> list[Any]:
    """Both partials of atan2(y, x), scaled by the larger argument so that 1e-200 and 1e200 are as good as 1."""
    largest = o.maximum(o.abs(x), o.abs(y))
    p, q = x / largest, y / largest
    square = o.square(p) + o.square(q)
    return [p / square / largest, -q / square / largest]


def direction(o: Any, x: Any, length: Any) -> Any:
    """x/length, and zero (the least norm among the limits) at the origin."""
    return o.where(length == 0, o.number(0), x / length)


def power_slopes(o: Any, y: Any, x: Any, p: Any) -> list[Any]:
    """Both partials of x^p; on the boundary x = 0 the second is the limit 0."""
    return [p * o.raw_power(x, p - 1), o.where(x == 0, o.number(0), y * o.log(x))]


def standardised(o: Any, x: Any, epsilon: Any) -> tuple[Any, Any]:
    """(x - mean)/s and s, the root of the mean square deviation plus epsilon, scaled so that nothing overflows."""
    centred = o.centred(x)
    s = o.hypot(o.norm(centred) / o.sqrt(o.number(o.count(x))), o.sqrt(epsilon))
    return centred / s, s


def standardised_slopes(o: Any, y: Any, x: Any, epsilon: Any) -> list[Any]:
    """Both partials of the standardised vector: by x, n s times the diagonal is a sum of squares over the others.

    n - 1 - y_i^2 is (n - 1)/n times the sum of (y_k + y_i/(n - 1))^2 over k != i, plus (n - 1) epsilon/s^2.
    """
    n, s = o.count(x), standardised(o, x, epsilon)[1]
    others = max(n - 1, 1)
    deviation = o.full(0 * y, o.square(o.columns(y) + y[..., None] / others))
    diagonal = o.total(deviation)[..., 0] * (others / o.number(n)) + (n - 1) * (epsilon / s / s)
    return [o.full(diagonal, -1 - o.outer(y, y)) / (n * s[..., None]), -y / (2 * o.square(s))]


def log_of_sum(o: Any, x: Any) -> tuple[Any, Any]:
    """The largest component m, and log(sum(exp(x - m))) with the small terms added to one last."""
    m = o.peak(x)
    return m, o.log1p(o.least(o.off_sum(o.exp(x - m))))


def share(o: Any, arguments: Sequence[Any]) -> list[Any]:
    """Partials of a largest argument: one for the argument that is at least all others, equal shares at a tie."""
    before, after = running(o, arguments), running(o, arguments[::-1])[::-1]
    hits = []
    for place, own in enumerate(arguments):
        others = [*before[place - 1 : place], *after[place + 1 : place + 2]]
        hits.append(o.where(own >= largest(o, *others), o.number(1), o.number(0)))
    count = hits[0]
    for hit in hits[1:]:
        count = count + hit
    return [hit / count for hit in hits]


def running(o: Any, arguments: Sequence[Any]) -> list[Any]:
    """The largest of the first argument, of the first two, and so on."""
    found = [arguments[0]]
    for argument in arguments[1:]:
        found.append(o.maximum(found[-1], argument))
    return found


def largest(o: Any, *arguments: Any) -> Any:
    """The elementwise maximum."""
    return running(o, arguments)[-1]


def smallest(o: Any, *arguments: Any) -> Any:
    """The elementwise minimum."""
    y = arguments[0]
    for argument in arguments[1:]:
        y = o.minimum(y, argument)
    return y


# fmt: off
OPERATORS: dict[str, Row] = {
    "+":   Row("a, b", lambda o, a, b: a + b, lambda o, y, a, b: [o.number(1), o.number(1)],  ("1", "1"),                      linear=(0, 1), at=(2, 3)),
    "-":   Row("a, b", lambda o, a, b: a - b, lambda o, y, a, b: [o.number(1), -o.number(1)], ("1", "-1"),                     linear=(0, 1), at=(2, 3)),
    "neg": Row("a",    lambda o, a: -a,       lambda o, y, a: [-o.number(1)],                 ("-1",),                         linear=(0,),   at=(2,)),
    "*":   Row("a, b", lambda o, a, b: a * b, lambda o, y, a, b: [b, a],                      ("b", "a"),                      linear=(0, 1), at=(2, 3)),
    "/":   Row("a, b", lambda o, a, b: a / b, lambda o, y, a, b: [1 / b, -y / b],             ("1/b", "-a/b^2"),               linear=(0,),   at=(2, 3), domain="b != 0"),
    "^":   Row("x, p", lambda o, x, p: o.power(x, p), power_slopes,                           ("p*x^(p - 1)", "x^p*log(x)"),   at=(2, 1.5), domain="x > 0 or (x == 0 and p > 0)"),
    "^n":  Row("x, n", lambda o, x, n: o.raw_power(x, n),
               lambda o, y, x, n: [o.where(n == 0, o.number(0), n * o.raw_power(x, n - 1))], ("n*x^(n - 1)",),             at=(-2, 3), domain="x != 0 or n >= 0"),
}

FUNCTIONS: dict[str, Row] = {
    # trigonometry, in radians
    "sin":   Row("x", lambda o, x: o.sin(x),  lambda o, y, x: [o.cos(x)],                              ("cos(x)",)),
    "cos":   Row("x", lambda o, x: o.cos(x),  lambda o, y, x: [-o.sin(x)],                             ("-sin(x)",)),
    "tan":   Row("x", lambda o, x: o.tan(x),  lambda o, y, x: [1 + o.square(y)],                       ("1 + tan(x)^2",), domain="cos(x) != 0"),
    "asin":  Row("x", lambda o, x: o.asin(x), lambda o, y, x: [1 / o.sqrt((1 - x) * (1 + x))],         ("1/sqrt(1 - x^2)",),  domain="abs(x) <= 1"),
    "acos":  Row("x", lambda o, x: o.acos(x), lambda o, y, x: [-1 / o.sqrt((1 - x) * (1 + x))],        ("-1/sqrt(1 - x^2)",), domain="abs(x) <= 1"),
    "atan":  Row("x", lambda o, x: o.atan(x), lambda o, y, x: [1 / (h := o.hypot(o.number(1), x)) / h],  ("1/(1 + x^2)",)),
    "atan2": Row("y, x", lambda o, y, x: o.atan2(y, x), lambda o, angle, y, x: turn(o, y, x),          ("x/(x^2 + y^2)", "-y/(x^2 + y^2)"), at=(2, -3), domain="x != 0 or y != 0", switch="where(x < 0, y, 1)", jumps=True, real=True, says="the angle of the point (x, y)"),
    "sec":   Row("x", defined="1/cos(x)",      says="1/cos(x)"),
    "csc":   Row("x", defined="1/sin(x)",      says="1/sin(x)"),
    "cot":   Row("x", defined="cos(x)/sin(x)", says="cos(x)/sin(x)"),
    # hyperbolic
    "sinh":  Row("x", lambda o, x: o.sinh(x),  lambda o, y, x: [o.cosh(x)],                            ("cosh(x)",)),
    "cosh":  Row("x", lambda o, x: o.cosh(x),  lambda o, y, x: [o.sinh(x)],                            ("sinh(x)",)),
    "tanh":  Row("x", lambda o, x: o.tanh(x),  lambda o, y, x: [4 * (t := o.exp(-2 * o.abs(x))) / o.square(1 + t)], ("1 - tanh(x)^2",)),
    "asinh": Row("x", lambda o, x: o.asinh(x), lambda o, y, x: [1 / o.hypot(o.number(1), x)],          ("1/sqrt(x^2 + 1)",)),
    "acosh": Row("x", lambda o, x: o.acosh(x), lambda o, y, x: [1 / (o.sqrt(x - 1) * o.sqrt(x + 1))],   ("1/sqrt(x^2 - 1)",), at=(1.7,), domain="x >= 1"),
    "atanh": Row("x", lambda o, x: o.atanh(x), lambda o, y, x: [1 / ((1 - x) * (1 + x))],              ("1/(1 - x^2)",),     domain="abs(x) < 1"),
    # exponentials and logarithms
    "exp":   Row("x", lambda o, x: o.exp(x),   lambda o, y, x: [y],                                    ("exp(x)",)),
    "exp2":  Row("x", lambda o, x: o.exp2(x),  lambda o, y, x: [y * o.log(o.number(2))],               ("2^x*log(2)",), says="2^x"),
    "expm1": Row("x", lambda o, x: o.expm1(x), lambda o, y, x: [o.exp(x)],                             ("exp(x)",), says="exp(x) - 1, accurate near 0"),
    "log":   Row("x", lambda o, x: o.log(x),   lambda o, y, x: [1 / x],                                ("1/x",),           domain="x > 0", says="the natural logarithm; log(x, base) to any base"),
    "ln":    Row("x", defined="log(x)", says="the natural logarithm, by its other name"),
    "log1p": Row("x", lambda o, x: o.log1p(x), lambda o, y, x: [1 / (1 + x)],                          ("1/(1 + x)",),     domain="x > -1", says="log(1 + x), accurate near 0"),
    "log2":  Row("x", lambda o, x: o.log2(x),  lambda o, y, x: [1 / (x * o.log(o.number(2)))],         ("1/(x*log(2))",),  domain="x > 0"),
    "log10": Row("x", lambda o, x: o.log10(x), lambda o, y, x: [1 / (x * o.log(o.number(10)))],        ("1/(x*log(10))",), domain="x > 0"),
    # roots, powers, signs, steps
    "sqrt":   Row("x", lambda o, x: o.sqrt(x),   lambda o, y, x: [1 / (2 * y)],                        ("1/(2*sqrt(x))",),  domain="x >= 0"),
    "cbrt":   Row("x", lambda o, x: o.cbrt(x),   lambda o, y, x: [1 / (3 * o.square(y))],              ("1/(3*cbrt(x)^2)",), real=True, says="the real cube root"),
    "square": Row("x", lambda o, x: o.square(x), lambda o, y, x: [2 * x],                              ("2*x",)),
    "pow":    Row("x, p", defined="x^p", at=(2, 1.5), says="x^p"),
    "abs":    Row("x", lambda o, x: o.abs(x),    lambda o, y, x: [o.sign(x)],                          ("sign(x)",), switch="x", real=True),
    "sign":   Row("x", lambda o, x: o.sign(x),   lambda o, y, x: [0 * x],                              ("0",),       switch="x", jumps=True, real=True),
    "floor":  Row("x", lambda o, x: o.floor(x),  lambda o, y, x: [0 * x],                              ("0",),       switch="x - floor(x)", jumps=True, real=True),
    "ceil":   Row("x", lambda o, x: o.ceil(x),   lambda o, y, x: [0 * x],                              ("0",),       switch="x - ceil(x)", jumps=True, real=True),
    # activations
    "sigmoid":     Row("x", logistic, lambda o, y, x: [logistic_slope(o, x)],                          ("sigmoid(x)*(1 - sigmoid(x))",), real=True, says="1/(1 + exp(-x))"),
    "log_sigmoid": Row("x", lambda o, x: -softplus(o, -x), lambda o, y, x: [logistic(o, -x)],          ("1 - sigmoid(x)",),              real=True, says="log(sigmoid(x))"),
    "logit":       Row("x", log_odds, lambda o, y, x: [1 / (x * (1 - x))],                                 ("1/(x*(1 - x))",), real=True, domain="x > 0 and x < 1", says="log(x/(1 - x)), the inverse of sigmoid"),
    "softplus":    Row("x", softplus, lambda o, y, x: [logistic(o, x)],                                ("sigmoid(x)",),                  real=True, says="log(1 + exp(x))"),
    "relu":        Row("x", lambda o, x: o.maximum(x, o.number(0)), lambda o, y, x: [o.where(x > 0, o.number(1), o.number(0))], ("where(x > 0, 1, 0)",), switch="x", real=True, says="max(x, 0)"),
    "softsign":    Row("x", lambda o, x: x / (1 + o.abs(x)), lambda o, y, x: [1 / o.square(1 + o.abs(x))], ("1/(1 + abs(x))^2",), real=True, says="x/(1 + abs(x))"),
    "silu":        Row("x", defined="x*sigmoid(x)", says="x*sigmoid(x)"),
    "swish":       Row("x", defined="x*sigmoid(x)", says="silu by its other name"),
    "gelu":        Row("x", defined="x*normcdf(x)", says="x*normcdf(x), exact"),
    "leaky_relu":  Row("x", says="where(x > 0, x, x/100); leaky_relu(x, slope) for another slope", defined="leaky_relu(x, 0.01)"),
    "elu":         Row("x", says="where(x > 0, x, expm1(x)); elu(x, a) for a multiple of expm1",   defined="elu(x, 1)"),
    # the normal distribution
    "erf":     Row("x", lambda o, x: o.erf(x),  lambda o, y, x: [2 / o.sqrt(o.pi) * o.gauss(x, 1)],    ("2/sqrt(pi)*exp(-x^2)",),  real=True, double=True),
    "erfc":    Row("x", lambda o, x: o.erfc(x), lambda o, y, x: [-2 / o.sqrt(o.pi) * o.gauss(x, 1)],   ("-2/sqrt(pi)*exp(-x^2)",), real=True, double=True, says="1 - erf(x), accurate far out"),
    "normcdf": Row("x", normal_distribution, lambda o, y, x: [normal_density(o, x)],                   ("normpdf(x)",),            real=True, double=True, says="P(Z <= x) of a standard normal Z"),
    "normpdf": Row("x", normal_density, lambda o, y, x: [-x * normal_density(o, x)],                   ("-x*normpdf(x)",), says="exp(-x^2/2)/sqrt(2*pi)"),
    # of two or more
    "hypot": Row("x, y", lambda o, x, y: o.hypot(x, y), lambda o, z, x, y: [direction(o, x, z), direction(o, y, z)], ("x/hypot(x, y)", "y/hypot(x, y)"), at=(3, -4), switch="hypot(x, y)", real=True, says="sqrt(x^2 + y^2)"),
    "mod":   Row("x, y", lambda o, x, y: o.mod(x, y), lambda o, z, x, y: [o.number(1), -o.floor((x - z) / y + o.number(0.5))], ("1", "-floor(x/y)"), at=(7.3, 2), domain="y != 0", switch="x/y - floor(x/y)", jumps=True, real=True, says="x - y*floor(x/y)"),
    "max":   Row("a, b, ...", largest,  lambda o, y, *a: share(o, a), ("where(a >= b, 1, 0)", "where(b > a, 1, 0)"), at=(2, 3), switch="a - b", real=True, says="the larger; of one vector, its largest component"),
    "min":   Row("a, b, ...", smallest, lambda o, y, *a: share(o, [-x for x in a]), ("where(a <= b, 1, 0)", "where(b < a, 1, 0)"), at=(2, 3), switch="a - b", real=True, says="the smaller; of one vector, its smallest component"),
    "clip":  Row("x, low, high", defined="min(max(x, low), high)", at=(0.3, 0, 1), says="x kept between low and high"),
    "where": Row("condition, a, b", at=(1, 2, 3), says="a where the condition holds, else b; only the branch taken is evaluated"),
    # a vector becomes a number
    "sum":       Row("v", lambda o, v: o.total(v), lambda o, y, v: [1 + 0 * v],                        ("1",),           form="row", linear=(0,), at=([2, 1, 0.1],)),
    "mean":      Row("v", lambda o, v: o.total(v) / o.count(v), lambda o, y, v: [(1 + 0 * v) / o.count(v)], ("1/n",),    form="row", linear=(0,), at=([2, 1, 0.1],)),
    "prod":      Row("v", lambda o, v: o.product(v), lambda o, y, v: [o.off_product(v)],               ("prod_others(v)",), form="row", at=([2, 1, 0.1],), says="the product; prod_others(v) holds, for each component, that of all others"),
    "dot":       Row("u, v", lambda o, u, v: o.total(u * v), lambda o, y, u, v: [v, u],                ("v", "u"),       form="row", linear=(0, 1), at=([2, 1], [3, 0.1])),
    "norm":      Row("v", lambda o, v: o.norm(v), lambda o, y, v: [direction(o, v, y)],                ("v/norm(v)",),   form="row", switch="norm(v)", at=([3, 4],), real=True, says="the Euclidean length"),
    "norm1":     Row("v", defined="sum(abs(v))", at=([3, -4],), says="the sum of absolute values"),
    "logsumexp": Row("v", lambda o, v: sum(log_of_sum(o, v)), lambda o, y, v: [softmax(o, v)], ("softmax(v)",),  form="row", at=([2, 1, 0.1],)),
    # a vector becomes a vector
    "softmax":     Row("v", softmax, lambda o, y, v: [o.full(y * o.off_sum(y), -o.outer(y, y))],       ("diag(softmax(v)) - outer(softmax(v), softmax(v))",), form="full", at=([2, 1, 0.1],)),
    "log_softmax": Row("v", lambda o, v: v - (m := log_of_sum(o, v))[0] - m[1],
                       lambda o, y, v: [o.full(o.off_sum(p := softmax(o, v)), -o.columns(p))],         ("I - outer(1, softmax(v))",), form="full", at=([2, 1, 0.1],)),
    "normalize":   Row("v", lambda o, v: v / o.norm(v),
                       lambda o, y, v: [o.full(o.off_sum(o.square(y)), -o.outer(y, y)) / o.norm(v)[..., None]], ("(I - outer(v, v)/norm(v)^2)/norm(v)",), form="full", at=([3, 4],), domain="norm(v) > 0", real=True, says="v/norm(v)"),
    "layernorm":   Row("v", says="(v - mean(v))/sqrt(mean((v - mean(v))^2)); layernorm(v, epsilon) adds epsilon under the root", defined="layernorm(v, 0)", at=([3, 4, -1],)),
    "cross":       Row("u, v", defined="[u[2]*v[3] - u[3]*v[2], u[3]*v[1] - u[1]*v[3], u[1]*v[2] - u[2]*v[1]]", at=([1, 2, 3], [3, 0.1, 2]), says="the vector product in three dimensions"),
    "cumsum":      Row("v", linear=(0,), form="full", at=([2, 1, 0.1],), says="running sums: v1, v1 + v2, ..."),
    "reverse":     Row("v", linear=(0,), form="full", at=([2, 1, 0.1],), says="the components in reverse order"),
    "transpose":   Row("W", says="the transpose of a constant matrix"),
}

BY_ARITY: dict[tuple[str, int], tuple[str, Row]] = {
    ("log", 2):        ("log base", Row("x, base", defined="log(x)/log(base)", at=(5, 2))),
    ("leaky_relu", 2): ("leaky_relu slope", Row("x, slope", defined="where(x > 0, x, slope*x)", at=(-0.3, 0.1))),
    ("elu", 2):        ("elu scale", Row("x, a", defined="where(x > 0, x, a*expm1(x))", at=(-0.3, 0.7))),
    ("max", 1):        ("max of", Row("v", lambda o, v: o.peak(v),  lambda o, y, v: [(hits := o.hits(v)) / o.total(hits)], ("where(v == max(v), 1, 0)",), form="row", switch="gap", at=([2, 1, 0.1],), real=True)),
    ("min", 1):        ("min of", Row("v", lambda o, v: o.least(v), lambda o, y, v: [(hits := o.hits(-v)) / o.total(hits)], ("where(v == min(v), 1, 0)",), form="row", switch="gap", at=([2, 1, 0.1],), real=True)),
    ("layernorm", 2):  ("layernorm epsilon", Row("v, epsilon", lambda o, v, e: standardised(o, v, e)[0],
                       standardised_slopes,
                       ("(I - outer(1, 1)/n - outer(layernorm(v, epsilon), layernorm(v, epsilon))/n)/sqrt(mean((v - mean(v))^2) + epsilon)", "-layernorm(v, epsilon)/(2*(mean((v - mean(v))^2) + epsilon))"), form="full", at=([3, 4, -1], 0.1), domain="epsilon >= 0", real=True)),
}
# fmt: on

ROWS: dict[str, Row] = OPERATORS | FUNCTIONS | dict(BY_ARITY.values())
"""Every row by the name of its operation."""


def operation(name: str, arguments: int) -> str | None:
    """The operation a call means: by name, and by the number of arguments where that decides; None when there is none."""
    if (name, arguments) in BY_ARITY:
        return BY_ARITY[name, arguments][0]
    row = FUNCTIONS[name]
    if row.arity == arguments or (row.arity == -1 and arguments >= 2):
        return name
    return None
