"""Derivatives from values alone, each with a bar on its own error: the engine that judges the analytic one.

It knows a function only as something that can be evaluated, many points at once, and shares nothing else with the engine it
judges.  Every input is displaced to both sides by a ladder of steps, from several times its own size down to where rounding
begins; ``tableau`` makes derivatives of the quotients.  Columns that share no row are displaced together.
"""

from __future__ import annotations

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.jacobian.differences.colouring import colour_columns, colour_count
from jacchain.jacobian.differences.difference import Difference
from jacchain.jacobian.differences.entries import Entries
from jacchain.jacobian.differences.ladder import ladder
from jacchain.jacobian.differences.samples import Evaluate, Sweep, block_size, sample
from jacchain.jacobian.differences.tableau import COLUMNS, Known
from jacchain.jacobian.differences.turns import own_scales, smallest_scale
from jacchain.linear.pattern import Pattern

AGAIN = 1 << 22
"""Numbers on the way of all samples that are looked at once more."""


def difference_jacobian(evaluate: Evaluate, x: Array, sweep: Sweep | None = None) -> Difference:
    """The Jacobian of a function at x ``(n,)``, in the type of x.

    ``evaluate`` takes points ``(batch, n)`` to values ``(batch, m)``; it may return values that are not finite, and is never
    asked outside the bounds.
    """
    sweep = sweep or Sweep()
    at = evaluate(x[None])[0]
    n, m = x.size, at.size
    pattern = sweep.pattern or Pattern.full(m, n)
    epsilon = max(sweep.epsilon or 0.0, float(np.finfo(x.dtype).eps))
    colours = colour_columns(pattern)
    scales = own_scales(x, colours, pattern, sweep)
    steps = ladder(x, epsilon, sweep, smallest_scale(scales, pattern))
    with np.errstate(all="ignore"):
        places = _places(x[:, None], steps)
        if sweep.bounds is not None:
            places[(places < sweep.bounds[:, :1]) | (places > sweep.bounds[:, 1:])] = np.nan
        spans = np.abs(places - x[:, None])
        spans[spans == 0] = np.nan
    entries = Entries(pattern, colours, spans, scales, epsilon)
    levels = steps.shape[1]
    numbers = 2 * levels * (n + sweep.width) + 12 * COLUMNS * levels * m
    for block, values in sample(evaluate, x, places, colours, block_size(numbers, x.dtype, sweep.max_bytes)):
        entries.take(block, values, Known(at, sweep.noise))
    if sweep.noise is not None and sweep.noise_at is not None:
        doubted = range(colour_count(colours)) if sweep.wary else entries.lost(sweep.noise)
        for colour in doubted[: AGAIN // (levels * max(sweep.width, n))]:
            alone = np.where(colours == colour, 0, -1)
            (_, values), (_, noise) = (next(sample(look, x, places, alone, 1)) for look in (evaluate, sweep.noise_at))
            entries.take(slice(colour, colour + 1), values, Known(at, sweep.noise, noise))
    evaluations = np.full(n, 2 * levels + 1) - np.isnan(places).sum(1)
    reach = np.fmin(np.nanmax(steps, axis=1, initial=0), 4 * smallest_scale(scales, pattern))
    return entries.difference(at, reach, evaluations)


def _places(x: Array, steps: Array) -> Array:
    """The components ``x`` ``(n, 1)`` a step above, then a step below, ``(n, 2 * levels)``, as far as digits go of one length.

    Two sides of unequal length see the function bend.  The end away from zero has the coarser digits: a step that leads to one
    of its numbers leads to one on the other side too.
    """
    lengths = np.abs((x + np.copysign(steps, x)) - x)
    return np.concatenate([x + lengths, x - lengths], axis=1)
