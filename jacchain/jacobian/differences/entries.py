"""Samples made into the entries of a Jacobian, each from both sides of the point or from the one that says more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen
from jacchain.jacobian.differences.colouring import colour_count
from jacchain.jacobian.differences.difference import Difference
from jacchain.jacobian.differences.tableau import SIDES, Estimates, Known, Samples, estimate
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Integers, Pattern

_TRUST = np.array([1.0, 1000.0, 1000.0])[:, None, None]
"""By how much the bar of one side alone has to be narrower than that of both."""
ROWS = 1 << 12
"""Outputs whose estimates are made together."""
FEW = 2.0**-30
"""Relative error of an entry that is looked at once more, with the noise of every sample, if it is noise that spoils it."""


class Entries:
    """Where the estimates of each block go: the entries of the pattern, in its order."""

    def __init__(self, pattern: Pattern, colours: Integers, spans: Array, scales: Array | None, epsilon: float) -> None:
        self.pattern = pattern
        self.spans = spans
        self.scales = scales
        self.epsilon = epsilon
        self.colour = colours[pattern.columns]
        self.order = np.argsort(self.colour, kind="stable")
        self.starts = np.searchsorted(self.colour[self.order], np.arange(colour_count(colours) + 1))
        self.alone = bool(np.array_equal(colours, np.arange(colours.size)))
        count = pattern.count
        self.value, self.bar, self.step = (np.full(count, fill, spans.dtype) for fill in (np.nan, np.inf, np.nan))
        self.left, self.right, self.side_bar, self.steepest = (np.zeros(count, spans.dtype) for _ in range(4))
        self.side = np.zeros(count, np.int64)
        self.kink = np.zeros(count, bool)

    def take(self, block: slice, values: Array, known: Known) -> None:
        """Makes estimates of the samples of a block of colours and keeps them."""
        values[~np.isfinite(values)] = np.nan
        chosen = self.order[self.starts[block.start] : self.starts[block.stop]]
        for first in range(0, known.at.size, ROWS):
            part = slice(first, first + ROWS)
            rows = self.pattern.rows[chosen]
            here = chosen if known.at.size <= ROWS else chosen[(rows >= part.start) & (rows < part.stop)]
            self._take_rows(block, first, here, values[:, :, part], known.rows(part))

    def _take_rows(self, block: slice, first: int, chosen: Integers, values: Array, known: Known) -> None:
        """Makes the estimates of the rows from ``first`` on, whose entries are ``chosen``."""
        group, row = self.colour[chosen] - block.start, self.pattern.rows[chosen] - first
        spans = self._spans(block, values.shape[2], chosen, first)
        levels = values.shape[1] // 2
        scale = None
        if self.scales is not None:
            scale = np.full((values.shape[0], 1, values.shape[2]), np.inf, values.dtype)
            scale[group, 0, row] = self.scales[chosen]
        samples = Samples(known, values[:, :levels], values[:, levels:], spans[:, :levels], spans[:, levels:], scale)
        estimates = estimate(samples, self.epsilon)
        settled = _settled(estimates)
        for name in ("value", "bar", "left", "right", "side_bar", "steepest", "side", "kink"):
            getattr(self, name)[chosen] = getattr(settled, name)[group, row]
        level = settled.level[group, row] + np.where(self.side[chosen] == SIDES.index("backward"), levels, 0)
        self.step[chosen] = self.spans[self.pattern.columns[chosen], level]

    def lost(self, noise: Numbers) -> list[int]:
        """The colours with an entry of which noise at x leaves few digits, or none."""
        with np.errstate(invalid="ignore"):
            lost = (noise[self.pattern.rows] > 0) & ~(self.bar < FEW * np.abs(self.value))
        return sorted(set(self.colour[lost].tolist()))

    def _spans(self, block: slice, m: int, chosen: Integers, first: int) -> Array:
        """The distances stepped, for each colour and row those of the column that row sees."""
        if self.alone:
            return self.spans[block, :, None]
        spans = np.full((block.stop - block.start, self.spans.shape[1], m), np.nan, self.spans.dtype)
        group, row = self.colour[chosen] - block.start, self.pattern.rows[chosen] - first
        spans[group, :, row] = self.spans[self.pattern.columns[chosen]]
        return spans

    def difference(self, at: Array, reach: Array, evaluations: Integers) -> Difference:
        """All entries, once every block is in."""
        return Difference(
            self.pattern,
            self.value,
            self.bar,
            self.step,
            self.side,
            self.kink,
            self.left,
            self.right,
            self.side_bar,
            self.steepest,
            at,
            reach,
            evaluations,
        )


class _Settled(Frozen):
    value: Array
    bar: Array
    side: Integers
    level: Integers
    kink: npt.NDArray[np.bool_]
    left: Array
    right: Array
    side_bar: Array
    steepest: Array


def _settled(estimates: Estimates) -> _Settled:
    """One number for each entry, from both sides unless one alone says far more, or the two have different derivatives.

    One side may be flat, where a function saturates, and is not believed for it.  A side that is defined and yet has no
    derivative is a jump or a vertical tangent, whatever the other side says.  Two that are the same double are no kink.
    """
    _, forward, backward = estimates.value
    bars = estimates.bar
    flat = np.abs(estimates.value) <= 10 * bars
    flat[0] = False
    with np.errstate(over="ignore"):
        side = np.where(flat & np.isfinite(bars[0]), np.inf, bars * _TRUST).argmin(0)
    value = np.choose(side, estimates.value)
    one_sided = bars[1:]
    torn = (estimates.defined[1:] & ~np.isfinite(one_sided)).any(0)
    bar = np.where(torn, np.inf, np.choose(side, bars))
    with np.errstate(invalid="ignore"):
        rise = np.abs(forward - backward)
        bent = np.isfinite(one_sided).all(0) & (rise > 2 * one_sided.sum(0))
        bar = np.where(bent, rise / 2 + one_sided.max(0), bar)
    value = np.where(bent, (forward + backward) / 2, value)
    kink = bent & (rise > float(np.finfo(float).eps) * np.abs(value))
    value = np.where(np.isfinite(bar), value, np.nan)
    level = np.choose(side, estimates.level)
    return _Settled(value, bar, side, level, kink, backward, forward, one_sided.max(0), estimates.steepest)
