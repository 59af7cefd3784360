"""Numbers to any number of digits: the table's arithmetic in mpmath, and graphs evaluated in it."""

import mpmath
import numpy as np

from jacchain.expression.graph import CONSTANT, GATHER, INPUT, MATRIX, STACK, WHERE
from jacchain.expression.table import ROWS


def exactly(number):
    """A float of any type, without rounding."""
    if not np.isfinite(number):
        return mpmath.mpf(float(number))
    numerator, denominator = number.as_integer_ratio()
    return mpmath.mpf(numerator) / denominator


def lifted(function, arguments=1):
    return np.frompyfunc(function, arguments, 1)


class Exact:
    """What a row of the table is given as ``o``: arrays ``(batch, n)`` of mpmath numbers."""

    sin, cos, tan = lifted(mpmath.sin), lifted(mpmath.cos), lifted(mpmath.tan)
    asin, acos, atan = lifted(mpmath.asin), lifted(mpmath.acos), lifted(mpmath.atan)
    sinh, cosh, tanh = lifted(mpmath.sinh), lifted(mpmath.cosh), lifted(mpmath.tanh)
    asinh, acosh, atanh = lifted(mpmath.asinh), lifted(mpmath.acosh), lifted(mpmath.atanh)
    exp, expm1, log, log1p = lifted(mpmath.exp), lifted(mpmath.expm1), lifted(mpmath.log), lifted(mpmath.log1p)
    exp2 = lifted(lambda x: mpmath.mpf(2) ** x)
    log2, log10 = lifted(lambda x: mpmath.log(x) / mpmath.log(2)), lifted(mpmath.log10)
    sqrt, cbrt = lifted(mpmath.sqrt), lifted(lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)))
    square, abs, sign = lifted(lambda x: x * x), lifted(abs), lifted(mpmath.sign)
    floor, ceil = lifted(mpmath.floor), lifted(mpmath.ceil)
    erf, erfc = lifted(mpmath.erf), lifted(mpmath.erfc)
    atan2, hypot = lifted(mpmath.atan2, 2), lifted(mpmath.hypot, 2)
    mod = lifted(lambda x, y: x - y * mpmath.floor(x / y), 2)
    maximum, minimum = lifted(max, 2), lifted(min, 2)
    power = raw_power = lifted(lambda x, y: x ** (int(y) if y == int(y) else y), 2)

    @property
    def pi(self):
        return mpmath.mpf(mpmath.pi)

    def number(self, value):
        return mpmath.mpf(value)

    def where(self, condition, a, b):
        return np.where(condition, a, b)

    def gauss(self, x, rate):
        return self.exp(-mpmath.mpf(rate) * x * x)

    def total(self, x):
        return x.sum(-1, keepdims=True)

    def product(self, x):
        return x.prod(-1, keepdims=True)

    def peak(self, x):
        return x.max(-1, keepdims=True)

    def least(self, x):
        return x.min(-1, keepdims=True)

    def hits(self, x):
        return np.where(x == self.peak(x), mpmath.mpf(1), mpmath.mpf(0))

    def count(self, x):
        return x.shape[-1]

    def centred(self, x):
        return x - self.total(x) / x.shape[-1]

    def norm(self, x):
        return self.sqrt(self.total(x * x))

    def off_sum(self, x):
        return self.total(x) - x

    def off_product(self, x):
        others = ~np.eye(x.shape[-1], dtype=bool)
        return np.stack([x[..., others[i]].prod(-1) for i in range(x.shape[-1])], -1)

    def outer(self, x, y):
        return x[..., :, None] * y[..., None, :]

    def full(self, diagonal, others):
        on = np.eye(diagonal.shape[-1], dtype=bool)
        return np.where(on, diagonal[..., None], others)

    def columns(self, x):
        return np.broadcast_to(x[..., None, :], (*x.shape, x.shape[-1]))


COMPARED = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "not": lambda a: ~a,
}


def mp_array(numbers):
    """An array ``(1, n)`` of mpmath numbers, from floats or mpmath numbers."""
    found = [number if isinstance(number, mpmath.mpf) else exactly(number) for number in np.atleast_1d(numbers)]
    row = np.empty((1, len(found)), object)
    row[0] = found
    return row


def evaluate(graph, point):
    """The outputs of a graph at a point of mpmath numbers, node by node, branches only where they are taken."""
    values = []
    for node in graph.nodes:
        arguments = [values[argument] for argument in node.arguments]
        values.append(_value(node, arguments, point))
    return [number for output in graph.outputs for number in values[output][0]]


def _value(node, arguments, point):
    if node.operation == INPUT:
        first = int(node.data.flat[0])
        return mp_array(point[first : first + node.size])
    if node.operation == CONSTANT:
        return mp_array(node.data.reshape(-1))
    if any(argument is None for argument in arguments) and node.operation != WHERE:
        return None
    if node.operation == GATHER:
        return arguments[0][:, node.data.reshape(-1).astype(int)]
    if node.operation == STACK:
        return np.concatenate(arguments, axis=1)
    if node.operation == MATRIX:
        return np.stack([(mp_array(row) * arguments[0]).sum(-1) for row in node.data], axis=1)
    if node.operation == WHERE:
        return _chosen(*arguments, node.size)
    if node.operation in COMPARED:
        truths = [argument.astype(bool) if node.operation in {"and", "or", "not"} else argument for argument in arguments]
        return COMPARED[node.operation](*truths).astype(bool)
    try:
        return ROWS[node.operation].value(Exact(), *arguments)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None


def _chosen(condition, a, b, size):
    condition = np.broadcast_to(condition, (1, size))
    if a is None or b is None:
        taken = b if a is None else a
        return np.broadcast_to(taken, (1, size)) if taken is not None and (condition == (b is None)).all() else None
    return np.where(condition, np.broadcast_to(a, (1, size)), np.broadcast_to(b, (1, size)))
