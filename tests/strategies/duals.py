"""Exact dual numbers: derivatives by a few lines of mpmath that share no code with any engine.

A number is a value, its partials by every input, and beside them the partials that would come of adding up nothing but absolute
values: how large the terms were that a sum may have cancelled.  Expressions are read by the parser and evaluated as they stand.
"""

import mpmath
import numpy as np

from jacchain.errors import Fragment
from jacchain.expression import parse
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Unary


class Dual:
    """``value + sum of slopes[j]*epsilon_j``; ``sizes`` are the same sums of absolute values."""

    __slots__ = ("sizes", "slopes", "value")

    def __init__(self, value, slopes, sizes):
        self.value, self.slopes, self.sizes = value, slopes, sizes

    def mapped(self, value, slope):
        """A function of it with the given value and derivative."""
        return Dual(value, self.slopes * slope, self.sizes * abs(slope))


def joined(value, *terms):
    """A function of several: the sum of derivatives times slopes."""
    slopes = sum(derivative * dual.slopes for dual, derivative in terms)
    return Dual(value, slopes, sum(abs(derivative) * dual.sizes for dual, derivative in terms))


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


# fmt: off
ONE = {  # value and derivative of functions of one number
    "sin": (mpmath.sin, mpmath.cos), "cos": (mpmath.cos, lambda x: -mpmath.sin(x)),
    "tanh": (mpmath.tanh, lambda x: mpmath.sech(x)**2), "atan": (mpmath.atan, lambda x: 1/(1 + x*x)),
    "asinh": (mpmath.asinh, lambda x: 1/mpmath.sqrt(1 + x*x)), "sigmoid": (sigmoid, lambda x: sigmoid(x)*sigmoid(-x)),
    "softplus": (lambda x: mpmath.log(1 + mpmath.exp(x)), sigmoid),
    "silu": (lambda x: x*sigmoid(x), lambda x: sigmoid(x) + x*sigmoid(x)*sigmoid(-x)),
    "gelu": (lambda x: x*mpmath.ncdf(x), lambda x: mpmath.ncdf(x) + x*mpmath.npdf(x)),
    "erf": (mpmath.erf, lambda x: 2/mpmath.sqrt(mpmath.pi)*mpmath.exp(-x*x)), "normcdf": (mpmath.ncdf, mpmath.npdf),
    "normpdf": (mpmath.npdf, lambda x: -x*mpmath.npdf(x)), "expm1": (mpmath.expm1, mpmath.exp), "exp": (mpmath.exp, mpmath.exp),
    "log": (mpmath.log, lambda x: 1/x), "softsign": (lambda x: x/(1 + abs(x)), lambda x: 1/(1 + abs(x))**2),
    "sqrt": (mpmath.sqrt, lambda x: 1/(2*mpmath.sqrt(x))),
}
COMPARED = {"<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b}
# fmt: on


def one(name, x):
    value, slope = ONE[name]
    return x.mapped(value(x.value), slope(x.value))


def binary(operator, a, b):
    match operator:
        case "+":
            return joined(a.value + b.value, (a, 1), (b, 1))
        case "-":
            return joined(a.value - b.value, (a, 1), (b, -1))
        case "*":
            return joined(a.value * b.value, (a, b.value), (b, a.value))
        case "/":
            return joined(a.value / b.value, (a, 1 / b.value), (b, -a.value / b.value**2))
        case "^":
            n = int(b.value)
            return a.mapped(a.value**n, n * a.value ** (n - 1) if n else mpmath.mpf(0))
    raise AssertionError(operator)


def added(duals):
    total = duals[0]
    for dual in duals[1:]:
        total = binary("+", total, dual)
    return total


def multiplied(duals):
    product = duals[0]
    for dual in duals[1:]:
        product = binary("*", product, dual)
    return product


def softmax(v):
    weights = [one("exp", x) for x in v]
    total = added(weights)
    return [binary("/", weight, total) for weight in weights]


def layernorm(v, epsilon):
    n = number(len(v), v[0])
    mean = binary("/", added(v), n)
    centred = [binary("-", x, mean) for x in v]
    variance = binary("/", added([binary("*", x, x) for x in centred]), n)
    s = one("sqrt", binary("+", variance, epsilon))
    return [binary("/", x, s) for x in centred]


def angle(y, x):
    square = x.value**2 + y.value**2
    return joined(mpmath.atan2(y.value, x.value), (y, x.value / square), (x, -y.value / square))


def number(value, like):
    return Dual(mpmath.mpf(value), like.slopes * 0, like.sizes * 0)


# fmt: off
REDUCTIONS = {
    "sum": added, "prod": multiplied, "mean": lambda v: binary("/", added(v), number(len(v), v[0])),
    "logsumexp": lambda v: one("log", added([one("exp", x) for x in v])),
    "norm": lambda v: one("sqrt", added([binary("*", x, x) for x in v])),
    "softmax": softmax, "log_softmax": lambda v: [one("log", p) for p in softmax(v)], "reverse": lambda v: v[::-1],
    "cumsum": lambda v: [added(v[: k + 1]) for k in range(len(v))],
}
TWO = {
    "hypot": lambda x, y: one("sqrt", binary("+", binary("*", x, x), binary("*", y, y))), "atan2": angle,
}
# fmt: on


class Walk:
    """Evaluates a tree: a number is a Dual, a vector a list of them, a matrix a list of lists."""

    def __init__(self, scope, zero):
        self.scope, self.zero = scope, zero

    def value(self, tree):  # noqa: C901, PLR0912  (one case for each form of a tree)
        match tree:
            case Number():
                return number(float(tree.text), self.zero)
            case Name("pi"):
                return number(float(np.pi), self.zero)
            case Name(name):
                return self.scope[name]
            case Unary("-"):
                return self.each(lambda x: x.mapped(-x.value, -1), self.value(tree.operand))
            case Binary("@"):
                return self.product(self.value(tree.left), self.value(tree.right))
            case Binary(operator) if operator in COMPARED:
                return self.each(lambda a, b: COMPARED[operator](a.value, b.value), self.value(tree.left), self.value(tree.right))
            case Binary(operator):
                return self.each(lambda a, b: binary(operator, a, b), self.value(tree.left), self.value(tree.right))
            case Call("where", (condition, a, b)):
                return self.each(lambda c, p, q: p if c else q, *map(self.value, (condition, a, b)))
            case Call("layernorm", (v, epsilon)):
                return layernorm(self.value(v), self.value(epsilon))
            case Call(name, arguments) if name in TWO:
                return self.each(TWO[name], *map(self.value, arguments))
            case Call(name, (argument,)) if name in REDUCTIONS:
                return REDUCTIONS[name](self.value(argument))
            case Call(name, (argument,)):
                return self.each(lambda x: one(name, x), self.value(argument))
            case Index(base, (Slice(first, last),)):
                return self.value(base)[int(first.text) - 1 : int(last.text)]
            case Index(base, (selector,)):
                return self.value(base)[int(selector.text) - 1]
            case Stack(items):
                return self.stacked(tree, items)
        raise AssertionError(tree)

    def stacked(self, tree, items):
        if all(isinstance(item, Stack) for item in items):
            return [self.value(item) for item in tree.items]
        found = []
        for item in items:
            value = self.value(item)
            found += value if isinstance(value, list) else [value]
        return found

    def each(self, function, *arguments):
        """Component by component, numbers repeated."""
        sizes = [len(argument) for argument in arguments if isinstance(argument, list)]
        if not sizes:
            return function(*arguments)
        columns = [argument if isinstance(argument, list) else [argument] * sizes[0] for argument in arguments]
        return [function(*parts) for parts in zip(*columns, strict=True)]

    def product(self, left, right):
        if isinstance(left[0], list):
            return [self.product(row, right) for row in left]
        if isinstance(right[0], list):
            return [self.product(left, list(column)) for column in zip(*right, strict=True)]
        return added([binary("*", a, b) for a, b in zip(left, right, strict=True)])


def jacobian_of(texts, parameters, constants, point):
    """The Jacobian of the texts at a point of mpmath numbers, and for each entry what was added up for it, both as doubles."""
    n = len(point)
    units = [np.array([mpmath.mpf(i == j) for j in range(n)], object) for i in range(n)]
    zero = Dual(mpmath.mpf(0), units[0] * 0, units[0] * 0)
    scope = {name: _nested(value.tolist(), zero) for name, value in constants.items()}
    first = 0
    for name, shape in parameters:
        size = shape[0] if shape else 1
        numbers = [Dual(point[k], units[k], units[k]) for k in range(first, first + size)]
        scope[name] = numbers if shape else numbers[0]
        first += size
    rows = []
    for text in texts:
        value = Walk(scope, zero).value(parse(Fragment.whole(text, "f")))
        rows += value if isinstance(value, list) else [value]
    return tuple(np.array([getattr(row, part) for row in rows], object).astype(float) for part in ("slopes", "sizes"))


def _nested(value, zero):
    return [_nested(part, zero) for part in value] if isinstance(value, list) else Dual(value, zero.slopes, zero.sizes)
