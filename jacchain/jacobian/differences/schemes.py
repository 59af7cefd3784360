"""Difference schemes with a fixed step: one row each, the weights exact.

The adaptive engine needs none of them; they are for teaching, for functions that cost much, and for the curve of the error
against the step.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen
from jacchain.jacobian.differences.colouring import colour_columns
from jacchain.jacobian.differences.samples import MEMORY, Evaluate, block_size, sample
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Pattern


class Scheme(Frozen, eq=True):
    """``f'(x) = sum of weights[t] f(x + offsets[t] h) / h + O(h^order)``.

    With ``imaginary``, h is imaginary and imaginary parts are summed.
    """

    name: str
    offsets: tuple[int, ...]
    weights: tuple[Fraction, ...]
    order: int
    imaginary: bool = False

    def step(self, x: Array, epsilon: float) -> Array:
        """The rule of thumb, ``(n,)``: ε^(1/(order+1)) of the size of x, and next to nothing where nothing cancels."""
        size = np.abs(x)
        if self.imaginary:
            limits = np.finfo(x.dtype)
            return np.asarray(np.maximum(1e-40 * np.where(size == 0, 1, size), limits.tiny / limits.eps))
        return np.asarray(epsilon ** (1 / (self.order + 1)) * np.maximum(size, 1))


_HALF, _TWELFTH, _TWO_THIRDS = Fraction(1, 2), Fraction(1, 12), Fraction(2, 3)

# fmt: off
SCHEMES: dict[str, Scheme] = {scheme.name: scheme for scheme in (
    Scheme("forward",  (0, 1),         (Fraction(-1), Fraction(1)),                        order=1),
    Scheme("backward", (-1, 0),        (Fraction(-1), Fraction(1)),                        order=1),
    Scheme("central",  (-1, 1),        (-_HALF, _HALF),                                    order=2),
    Scheme("central4", (-2, -1, 1, 2), (_TWELFTH, -_TWO_THIRDS, _TWO_THIRDS, -_TWELFTH),   order=4),
    Scheme("complex",  (1,),           (Fraction(1),),                                     order=2, imaginary=True),
)}
# fmt: on


def scheme_jacobian(
    evaluate: Evaluate, x: Array, scheme: Scheme, *, steps: Array | None = None, pattern: Pattern | None = None
) -> Numbers:
    """The Jacobian ``(m, n)`` by a scheme with the given steps ``(n,)``, the rule of thumb unless told.

    An entry is NaN where a sample is undefined.  Nothing is known of its error.
    """
    steps = scheme.step(x, float(np.finfo(x.dtype).eps)) if steps is None else np.asarray(steps, x.dtype)
    if scheme.imaginary:
        places = x[:, None] + 1j * steps[:, None]
        taken = steps
    else:
        places = x[:, None] + steps[:, None] * np.array(scheme.offsets)
        taken = (places[:, -1] - places[:, 0]) / (scheme.offsets[-1] - scheme.offsets[0])
    colours = colour_columns(pattern) if pattern is not None else np.arange(x.size)
    weights = np.array([x.dtype.type(weight.numerator) / weight.denominator for weight in scheme.weights])
    columns: list[Numbers] = []  # of each block of colours, a row each
    with np.errstate(all="ignore"):
        for _, values in sample(evaluate, x.astype(places.dtype), places, colours, block_size(places.size, places.dtype, MEMORY)):
            parts = values.imag if scheme.imaginary else values
            columns.append(weights @ parts)
    jacobian = (np.concatenate(columns)[colours] / taken[:, None]).T
    if pattern is not None:
        jacobian = np.where(pattern.boolean(), jacobian, 0)
    return np.asarray(jacobian)
