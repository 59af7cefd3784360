"""The steps by which each input is displaced: from several times its own size down to where rounding begins."""

from __future__ import annotations

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.jacobian.differences.samples import Sweep, sizes_of

LARGEST = 8.0
"""The first step in terms of the scale of an input: what is smooth loses least to rounding when it is looked at from afar."""
LEVELS = {"double": 20, "longer": 26}
"""Steps to each side: the smallest are 2^-35 and 2^-47 of the scale, where some digits of a quotient are still left."""
NEARER = 8.0
"""The first of the steps on the scale of a function, in terms of the part of it that is known."""
NEAR_ZERO_LEVELS = 12
"""Steps on the scale of an input that is small beside one, in place of those that are as short."""
FEWEST = 12
"""So many times can what they begin with be halved, at least."""


def steps_to_a_side(epsilon: float) -> int:
    """How many steps are tried on each side of a point, for values of the relative precision ``epsilon``."""
    return LEVELS["longer" if epsilon < 2.0**-60 else "double"]


def ladder(x: Array, epsilon: float, sweep: Sweep, nearest: Array) -> Array:
    """Steps for each input, ``(n, levels)``, descending by a factor of about four; NaN first where a row has fewer.

    There are more steps where an input is small, or the scale of the function ``nearest`` ``(n,)`` to it.  Ratios are not exactly
    four: a period that every step divides, or rounding that repeats at round numbers, would hide.
    """
    index = np.arange(steps_to_a_side(epsilon))
    factors = np.ldexp(1 - 0.25 * np.modf(0.6180339887498949 * index)[0], -2 * index).astype(x.dtype)
    size = np.abs(x)
    steps = sizes_of(x, sweep.scale)[:, None] * LARGEST * factors
    limits = np.finfo(x.dtype)
    smallest = np.maximum(limits.tiny, 2.0**4 * limits.eps * size)  # a step that is still one of many digits
    size = np.where(np.isfinite(nearest), nearest * NEARER, size)
    small = (size > 2.0**FEWEST * smallest) & (size < steps[:, -1] * 2.0**20)
    if small.any():
        more = np.where(small[:, None], size[:, None] / 2 * factors[:NEAR_ZERO_LEVELS], np.nan)
        more[more < smallest[:, None]] = np.nan
        steps[small[:, None] & (steps < size[:, None])] = np.nan  # the others go further down, and ratios stay what they are
        steps = -np.sort(-np.concatenate([more, steps], axis=1), axis=1)
        steps = np.stack([np.roll(row, int(np.isnan(row).sum())) for row in steps])
    return np.asarray(steps)
