"""Formulas of Jacobians read back by an evaluator of their own, in mpmath: scalars, vectors and matrices as object arrays."""

import mpmath
import numpy as np

from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Unary


def each(function):
    return np.frompyfunc(function, 1, 1)


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def normal_density(x):
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


def softmax(v):
    t = each(mpmath.exp)(v - max(v))
    return t / sum(t)


def layernorm(v, epsilon=0):
    centred = v - sum(v) / len(v)
    return centred / mpmath.sqrt(sum(centred * centred) / len(v) + epsilon)


def norm(v):
    return mpmath.sqrt(sum(v * v))


def choose(condition, a, b):
    """Row by row where the condition has several components."""
    if np.ndim(condition) == 0:
        return a if condition else b
    height = len(condition)
    a, b = (x.of(height) if isinstance(x, Fitting) else x for x in (a, b))
    shape = (height, *max(np.shape(a), np.shape(b), key=len)[1:])
    a, b = (np.broadcast_to(np.array(x, object), shape) for x in (a, b))
    return np.array([p if c else q for c, p, q in zip(condition, a, b, strict=True)], object)


# fmt: off
FUNCTIONS = {
    "sin": each(mpmath.sin), "cos": each(mpmath.cos), "tan": each(mpmath.tan), "asin": each(mpmath.asin),
    "acos": each(mpmath.acos), "atan": each(mpmath.atan), "sinh": each(mpmath.sinh), "cosh": each(mpmath.cosh),
    "tanh": each(mpmath.tanh), "asinh": each(mpmath.asinh), "acosh": each(mpmath.acosh), "atanh": each(mpmath.atanh),
    "exp": each(mpmath.exp), "exp2": each(lambda x: mpmath.mpf(2)**x), "expm1": each(mpmath.expm1), "log": each(mpmath.log),
    "log1p": each(mpmath.log1p), "log2": each(lambda x: mpmath.log(x)/mpmath.log(2)), "log10": each(mpmath.log10),
    "sqrt": each(mpmath.sqrt), "cbrt": each(lambda x: mpmath.sign(x)*mpmath.cbrt(abs(x))), "square": lambda x: x*x,
    "abs": each(abs), "sign": each(mpmath.sign), "floor": each(mpmath.floor), "ceil": each(mpmath.ceil),
    "sigmoid": each(sigmoid), "log_sigmoid": each(lambda x: mpmath.log(sigmoid(x))),
    "logit": each(lambda x: mpmath.log(x/(1 - x))), "softplus": each(lambda x: mpmath.log(1 + mpmath.exp(x))),
    "softsign": each(lambda x: x/(1 + abs(x))), "relu": each(lambda x: max(x, mpmath.mpf(0))),
    "silu": each(lambda x: x*sigmoid(x)), "gelu": each(lambda x: x*mpmath.ncdf(x)), "erf": each(mpmath.erf),
    "erfc": each(mpmath.erfc), "normcdf": each(mpmath.ncdf), "normpdf": each(normal_density),
    "atan2": np.frompyfunc(mpmath.atan2, 2, 1), "hypot": np.frompyfunc(mpmath.hypot, 2, 1),
    "mod": np.frompyfunc(lambda x, y: x - y*mpmath.floor(x/y), 2, 1), "where": choose, "sum": lambda v: sum(np.atleast_1d(v)),
    "mean": lambda v: sum(np.atleast_1d(v))/np.size(v), "prod": lambda v: np.prod(np.atleast_1d(v)),
    "prod_others": lambda v: np.array([np.prod(np.delete(v, k)) for k in range(np.size(v))], object),
    "dot": lambda u, v: sum(np.atleast_1d(u*v)), "norm": lambda v: norm(np.atleast_1d(v)), "softmax": softmax,
    "layernorm": layernorm, "log_softmax": lambda v: v - mpmath.log(sum(each(mpmath.exp)(v))),
    "logsumexp": lambda v: mpmath.log(sum(each(mpmath.exp)(v))), "normalize": lambda v: v/norm(v),
    "reverse": lambda v: v[::-1], "transpose": np.transpose,
    "max": lambda *a: max(a[0]) if len(a) == 1 else np.frompyfunc(max, len(a), 1)(*a),
    "min": lambda *a: min(a[0]) if len(a) == 1 else np.frompyfunc(min, len(a), 1)(*a),
}
OPERATORS = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a*b, "/": lambda a, b: a/b,
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
    "and": np.logical_and, "or": np.logical_or,
}
# fmt: on


class Fitting:
    """A matrix that is as large as what it stands beside: ``I``, ``tril(1)``, a row ``1'``."""

    __array_ufunc__ = None

    def __init__(self, of):
        self.of = of

    def __add__(self, other):
        if isinstance(other, Fitting):
            return Fitting(lambda size: self.of(size) + other.of(size))
        if np.ndim(other) == 0:
            return Fitting(lambda size: self.of(size) + other)
        return self.of(other.shape[-1]) + other

    __radd__ = __add__

    def __mul__(self, number):
        return Fitting(lambda size: self.of(size) * number)

    __rmul__ = __mul__

    def __truediv__(self, number):
        return self * (1 / number)

    def __neg__(self):
        return self * mpmath.mpf(-1)

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other


def row(number):
    return Fitting(lambda size: np.array([[number] * size], object))


def eye(size):
    return np.array([[mpmath.mpf(i == j) for j in range(size)] for i in range(size)], object)


IDENTITY = Fitting(eye)


class Reader:
    """Evaluates formulas: ``scope`` has the numbers of every name; ``n`` is the size of the parameter differentiated by.

    Blocks of zeros do not say how many rows they have: lists are taken to have ``height`` rows together.
    """

    height = 3

    def __init__(self, scope, n=1):
        self.scope = scope
        self.n = n

    def block(self, tree, shape):
        """A block of a Jacobian, of the given shape: a number is the same in every row."""
        value = self.read(tree)
        if isinstance(value, Fitting):
            value = value.of(shape[1])
        if np.ndim(value) == 1:
            value = value[:, None]
        return np.array(np.broadcast_to(value, shape))

    def read(self, tree):  # noqa: C901, PLR0912  (one case for each form of a tree)
        match tree:
            case Number():
                return mpmath.mpf(float(tree.text))
            case Name(name):
                return self.scope.get(name, IDENTITY)
            case Unary("'"):
                vector = self.read(tree.operand)
                return row(vector) if np.ndim(vector) == 0 else vector[None, :]
            case Unary("not"):
                return np.logical_not(self.read(tree.operand))
            case Unary():
                return -self.read(tree.operand)
            case Binary("@"):
                return self.product(self.read(tree.left), self.read(tree.right))
            case Binary("^"):
                return self.power(self.read(tree.left), self.read(tree.right))
            case Binary():
                return OPERATORS[tree.operator](self.read(tree.left), self.read(tree.right))
            case Call("diag", (inner,)):
                return np.diag(self.full(self.read(inner)))
            case Call("outer", (left, right)):
                u, v = self.read(left), self.read(right)
                if np.ndim(u) == np.ndim(v) == 0:
                    return u * v
                v = self.full(v)
                return (u if np.ndim(u) == 0 else u[:, None]) * v[None, :]
            case Call("tril", (inner,)):
                number = self.read(inner)
                return Fitting(lambda size: np.tril(np.full((size, size), number, object)))
            case Call("reverse", (inner,)):
                value = self.read(inner)
                return Fitting(lambda size: value.of(size)[::-1]) if isinstance(value, Fitting) else value[::-1]
            case Call(name, arguments):
                return FUNCTIONS[name](*map(self.read, arguments))
            case Index(base, selectors):
                value = self.read(base)
                value = value.of(self.n) if isinstance(value, Fitting) else value
                return value[tuple(self.selected(selector) for selector in selectors)]
            case Stack(items):
                return self.stacked([self.read(item) for item in items])
        raise AssertionError(tree)

    def full(self, vector):
        """A number standing for as many of it as there are components."""
        return np.array([vector] * self.n, object) if np.ndim(vector) == 0 else vector

    def power(self, base, exponent):
        def raised(x, p):
            return x ** (int(p) if p == int(p) else p)

        return np.frompyfunc(raised, 2, 1)(base, exponent)

    def product(self, left, right):
        if isinstance(left, Fitting) and isinstance(right, Fitting):
            return Fitting(lambda size: left.of(size).dot(right.of(size)))
        if isinstance(left, Fitting):
            left = left.of(len(right))
        if isinstance(right, Fitting):
            right = right.of(left.shape[-1])
        if np.ndim(left) == 0:
            return left * np.sum(right, axis=0, keepdims=True)  # the number is a matrix of it
        if np.ndim(right) == 0:
            right = np.array([right] * left.shape[-1], object)
        return left.dot(right)

    def selected(self, selector):
        match selector:
            case Slice(first, last):
                return slice(int(first.text) - 1 if first else None, int(last.text) if last else None)
            case Stack(items):
                return np.array([int(item.text) - 1 for item in items])
        return int(selector.text) - 1

    def stacked(self, items):
        """Numbers and vectors one after the other, or rows one below the other; a zero has as many rows as are left for it."""
        items = [item.of(self.n) if isinstance(item, Fitting) else item for item in items]
        if not any(np.ndim(item) == 2 for item in items):
            return np.concatenate([np.atleast_1d(np.array(item, object)) for item in items])
        zeros = sum(np.ndim(item) == 0 for item in items)
        left = self.height - sum(len(item) for item in items if np.ndim(item) == 2)
        return np.concatenate([np.full((left // zeros, self.n), item, object) if np.ndim(item) == 0 else item for item in items])
