"""Derivatives from values alone, each with a bar on its own error: the engine that judges the analytic one.

It knows a function only as something that can be evaluated, many points at once, and shares nothing else with the engine it
judges.  Every input is displaced to both sides by a ladder of steps, from several times its own size down to where rounding
begins; ``tableau`` makes derivatives of the quotients.  Columns that share no row are displaced together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen
from jacchain.jacobian.differences.colouring import colour_columns
from jacchain.jacobian.differences.samples import MEMORY, Evaluate, block_size, sample
from jacchain.jacobian.differences.tableau import COLUMNS, SIDES, Estimates, Known, Samples, estimate
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Integers, Pattern

LARGEST = 8.0
"""The first step in terms of the scale of an input: what is smooth loses least to rounding when it is looked at from afar."""
LEVELS = {"double": 20, "longer": 26}
"""Steps to each side: the smallest are 2^-35 and 2^-47 of the scale, where some digits of a quotient are still left."""
_TRUST = np.array([1.0, 1000.0, 1000.0])[:, None, None]
"""By how much the bar of one side alone has to be narrower than that of both."""
NEARER = 8.0
"""The first of the steps on the scale of a function, in terms of the part of it that is known."""
PART = 0.25
"""Of a scale: what turns within it is seen by steps of this part."""
MOVES = np.array([32, 16, 8, 4, 0])
"""The moves that show a scale: how often the size of an input is halved for each."""
NEAR_ZERO_LEVELS = 12
"""Further steps on the scale of an input that is small beside one."""


class Sweep(Frozen):
    """What is known of a function before it is sampled.

    ``pattern`` (m x n) says which entries can be nonzero; ``scale`` ``(n,)`` is the size of each input, ``bounds`` ``(n, 2)``
    the interval it may not leave; ``epsilon`` the relative precision of the values, that of the numbers unless told, and
    ``noise`` ``(m,)`` their absolute error around x, where more is known than the values show, and ``noise_at`` takes points
    ``(batch, n)`` to that there, ``(batch, m)``; ``width`` is how many numbers an evaluation needs for itself; ``levels`` the
    number of steps to each side.  ``turns`` takes displacements ``(groups, n)`` to how often each may be made before an output
    may turn, ``(groups, m)``; None from it, or in its place, when that is not known.
    """

    pattern: Pattern | None = None
    scale: Numbers | None = None
    bounds: Numbers | None = None
    epsilon: float | None = None
    noise: Numbers | None = None
    noise_at: Evaluate | None = None
    width: int = 0
    levels: int | None = None
    max_bytes: int = MEMORY
    turns: Callable[[Array], Numbers | None] | None = None


class Difference(Frozen):
    """A Jacobian by differences: for each entry of ``pattern`` its ``value`` and a bound ``error_bar`` on its error.

    A value is NaN and its bar infinite where nothing can be said.  ``step`` and ``side`` (a position in :data:`SIDES`) belong
    to the quotient it was made from; ``steepest`` is the largest slope seen at any step.  At a kink the value is the mean of
    ``left`` and ``right``, each within ``side_bar``, and the bar reaches both.  ``at`` ``(m,)`` is the value of the function,
    ``reach`` ``(n,)`` the largest step or, if that is less, the scale of the function, ``evaluations`` ``(n,)`` how many there
    were for a column.
    """

    pattern: Pattern
    value: Numbers
    error_bar: Numbers
    step: Numbers
    side: Integers
    kink: npt.NDArray[np.bool_]
    left: Numbers
    right: Numbers
    side_bar: Numbers
    steepest: Numbers
    at: Numbers
    reach: Numbers
    evaluations: Integers

    @cached_property
    def matrix(self) -> Numbers:
        """All entries, ``(m, n)``."""
        return dense(self.pattern, self.value)

    @cached_property
    def bars(self) -> Numbers:
        """The error bars of all entries, ``(m, n)``; zero where the pattern has none."""
        return dense(self.pattern, self.error_bar)

    def parts(self, pattern: Pattern, count: int) -> list[Difference]:
        """A Jacobian of equal blocks down the diagonal, taken apart; ``pattern`` is that of a block."""
        if count == 1:
            return [self]
        entries = [np.split(getattr(self, name), count) for name in PER_ENTRY]
        others = [np.split(numbers, count) for numbers in (self.at, self.reach, self.evaluations)]
        return [Difference(pattern, *block) for block in zip(*entries, *others, strict=True)]


PER_ENTRY = ("value", "error_bar", "step", "side", "kink", "left", "right", "side_bar", "steepest")
"""What a difference holds for each entry of its pattern, in this order."""


def dense(pattern: Pattern, values: Numbers) -> Numbers:
    """Numbers on a pattern as a matrix, zeros written out."""
    matrix = np.zeros(pattern.shape, values.dtype)
    matrix[pattern.rows, pattern.columns] = values
    return matrix


def in_doubles(value: Array, bar: Array) -> tuple[Numbers, Numbers]:
    """Numbers and their bars, to be written as doubles: a bar is rounded up, and includes what rounding does to its number."""
    with np.errstate(all="ignore"):
        rounded = np.asarray(value, float)
        bar = np.asarray(bar + np.abs(value - rounded))
        bars = bar.astype(float)
        return rounded, np.where(bars < bar, np.nextafter(bars, np.inf), bars)


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
    scales = _own_scales(x, colours, pattern, sweep)
    steps = _ladder(x, epsilon, sweep, _smallest(scales, pattern))
    with np.errstate(all="ignore"):
        places = np.concatenate([x[:, None] + steps, x[:, None] - steps], axis=1)
        if sweep.bounds is not None:
            places[(places < sweep.bounds[:, :1]) | (places > sweep.bounds[:, 1:])] = np.nan
        spans = np.abs(places - x[:, None])
        spans[spans == 0] = np.nan
    entries = _Entries(pattern, colours, spans, scales)
    levels = steps.shape[1]
    numbers = 2 * levels * (n + sweep.width) + 12 * COLUMNS * levels * m
    for block, values in sample(evaluate, x, places, colours, block_size(numbers, x.dtype, sweep.max_bytes)):
        entries.take(block, values, Known(at, sweep.noise), epsilon)
    if sweep.noise is not None and sweep.noise_at is not None:
        for colour in entries.lost(sweep.noise)[: AGAIN // (levels * max(sweep.width, n))]:
            alone = np.where(colours == colour, 0, -1)
            (_, values), (_, noise) = (next(sample(look, x, places, alone, 1)) for look in (evaluate, sweep.noise_at))
            entries.take(slice(colour, colour + 1), values, Known(at, sweep.noise, noise), epsilon)
    evaluations = np.full(n, 2 * levels + 1) - np.isnan(places).sum(1)
    reach = np.fmin(np.nanmax(steps, axis=1, initial=0), 4 * _smallest(scales, pattern))
    return entries.difference(at, reach, evaluations)


def steps_to_a_side(epsilon: float) -> int:
    """How many steps are tried on each side of a point, for values of the relative precision ``epsilon``."""
    return LEVELS["longer" if epsilon < 2.0**-60 else "double"]


def _ladder(x: Array, epsilon: float, sweep: Sweep, nearest: Array) -> Array:
    """Steps for each input, ``(n, levels)``, descending by a factor of about four; NaN first where a row has fewer.

    There are more steps where an input is small, or the scale of the function ``nearest`` ``(n,)`` to it.  Ratios are not exactly
    four: a period that every step divides, or rounding that repeats at round numbers, would hide.
    """
    levels = sweep.levels or steps_to_a_side(epsilon)
    index = np.arange(levels)
    factors = np.ldexp(1 - 0.25 * np.modf(0.6180339887498949 * index)[0], -2 * index).astype(x.dtype)
    size = np.abs(x)
    scale = np.maximum(size, 1) if sweep.scale is None else np.asarray(sweep.scale, x.dtype)
    steps = scale[:, None] * LARGEST * factors
    limits, last = np.finfo(x.dtype), 2.0 ** (2 * NEAR_ZERO_LEVELS)
    smallest = last * np.maximum(limits.tiny, 2.0**4 * limits.eps * size)  # the last step is still one of many digits
    size = np.where(np.isfinite(nearest), nearest * NEARER, size)
    small = (size > smallest) & (size < steps[:, -1] * 2.0**20)
    if small.any():
        more = np.where(small[:, None], size[:, None] / 2 * factors[:NEAR_ZERO_LEVELS], np.nan)
        steps = -np.sort(-np.concatenate([more, steps], axis=1), axis=1)
        steps = np.stack([np.roll(row, int(np.isnan(row).sum())) for row in steps])
    return np.asarray(steps)


def _smallest(scales: Array | None, pattern: Pattern) -> Array:
    """The smallest scale of each column, ``(n,)``, infinite where none is known."""
    smallest = np.full(pattern.shape[1], np.inf, float if scales is None else scales.dtype)
    if scales is not None:
        np.fmin.at(smallest, pattern.columns, scales)
    return smallest


def _own_scales(x: Array, colours: Integers, pattern: Pattern, sweep: Sweep) -> Array | None:
    """For each entry the distance its column can go before its row may turn, as far as that is known.

    Moves of many lengths show it, since what bends may not be seen to move at all by a short one; still shorter ones where even
    the shortest is too long.
    """
    if sweep.turns is None:
        return None
    size = np.maximum(np.abs(x), 1) if sweep.scale is None else sweep.scale.astype(x.dtype)
    side, room = np.ones_like(x), np.full(x.shape, np.inf)
    if sweep.bounds is not None:
        down, up = x - sweep.bounds[:, 0], sweep.bounds[:, 1] - x
        side, room = np.where(up >= down, 1, -1), np.maximum(up, down)
    smallest = np.maximum(np.finfo(x.dtype).tiny, 2.0**4 * np.finfo(x.dtype).eps * np.abs(x))
    lengths, often = np.zeros((0, pattern.count), x.dtype), np.zeros((0, pattern.count))
    halvings = MOVES
    while halvings.size:
        tried = np.minimum(np.maximum(np.ldexp(size, -halvings[:, None]), smallest), room)
        seen = _turning(side * tried, colours, pattern, sweep.turns)
        if seen is None:
            return None
        lengths, often = np.concatenate([tried[:, pattern.columns], lengths]), np.concatenate([seen, often])
        more = (often[0] < 1) & (lengths[0] > smallest[pattern.columns])
        halvings = 2 * halvings[:1] if more.any() else halvings[:0]
    return np.asarray(PART * _turn(lengths, often), x.dtype)


def _turning(lengths: Array, colours: Integers, pattern: Pattern, turns: Callable[[Array], Numbers | None]) -> Numbers | None:
    """How often each column may be moved by each of its ``lengths`` ``(k, n)`` before a row may turn, ``(k, entries)``."""
    moves = np.zeros((len(lengths), int(colours.max(initial=-1)) + 1, colours.size), lengths.dtype)
    moves[:, colours, np.arange(colours.size)] = lengths
    often = turns(moves.reshape(-1, colours.size))
    return None if often is None else often.reshape(*moves.shape[:2], -1)[:, colours[pattern.columns], pattern.rows]


def _turn(lengths: Array, often: Numbers) -> Array:
    """The length of a move that may be made just once, ``(entries,)``, infinite where there is none.

    It lies before the first that may not; what is moved in proportion is met exactly, and so is what goes like a power.
    """
    never = ~(often < 1).any(0)
    after = np.where(never, len(often) - 1, (often < 1).argmax(0))
    before = np.maximum(after - 1, 0)
    place = np.arange(often.shape[1])
    near, far = (lengths[level, place] for level in (before, after))
    with np.errstate(all="ignore"):
        straight = np.where(never | (after == 0), far * often[after, place], near * often[before, place])
        unseen = -np.log(np.finfo(lengths.dtype).eps)
        room, excess = np.log(often[before, place]), -np.log(often[after, place])
        room, excess = (np.where(np.isfinite(part), part, unseen) for part in (room, excess))
        bent = near * (far / near) ** (room / (room + excess))
    turn = np.where(never | (after == 0), straight, np.fmin(straight, bent))
    return np.asarray(np.where(np.isnan(turn), np.inf, turn))


ROWS = 1 << 12
"""Outputs whose estimates are made together."""
FEW = 2.0**-30
"""Relative error of an entry that is looked at once more, with the noise of every sample, if it is noise that spoils it."""
AGAIN = 1 << 22
"""Numbers on the way of all samples that are looked at once more."""


class _Entries:
    """Where the estimates of each block go: the entries of the pattern, in its order."""

    def __init__(self, pattern: Pattern, colours: Integers, spans: Array, scales: Array | None) -> None:
        self.pattern = pattern
        self.spans = spans
        self.scales = scales
        self.colour = colours[pattern.columns]
        self.order = np.argsort(self.colour, kind="stable")
        self.starts = np.searchsorted(self.colour[self.order], np.arange(int(colours.max(initial=-1)) + 2))
        self.alone = bool(np.array_equal(colours, np.arange(colours.size)))
        count = pattern.count
        self.value, self.bar, self.step = (np.full(count, fill, spans.dtype) for fill in (np.nan, np.inf, np.nan))
        self.left, self.right, self.side_bar, self.steepest = (np.zeros(count, spans.dtype) for _ in range(4))
        self.side = np.zeros(count, np.int64)
        self.kink = np.zeros(count, bool)

    def take(self, block: slice, values: Array, known: Known, epsilon: float) -> None:
        """Makes estimates of the samples of a block of colours and keeps them."""
        values[~np.isfinite(values)] = np.nan
        chosen = self.order[self.starts[block.start] : self.starts[block.stop]]
        for first in range(0, known.at.size, ROWS):
            part = slice(first, first + ROWS)
            rows = self.pattern.rows[chosen]
            here = chosen if known.at.size <= ROWS else chosen[(rows >= part.start) & (rows < part.stop)]
            self._take_rows(block, first, here, values[:, :, part], known.rows(part), epsilon)

    def _take_rows(  # noqa: PLR0913, PLR0917  (a part of what take is given, and where it begins)
        self, block: slice, first: int, chosen: Integers, values: Array, known: Known, epsilon: float
    ) -> None:
        """Makes the estimates of the rows from ``first`` on, whose entries are ``chosen``."""
        group, row = self.colour[chosen] - block.start, self.pattern.rows[chosen] - first
        spans = self._spans(block, values.shape[2], chosen, first)
        levels = values.shape[1] // 2
        scale = None
        if self.scales is not None:
            scale = np.full((values.shape[0], 1, values.shape[2]), np.inf, values.dtype)
            scale[group, 0, row] = self.scales[chosen]
        samples = Samples(known, values[:, :levels], values[:, levels:], spans[:, :levels], spans[:, levels:], scale)
        estimates = estimate(samples, epsilon)
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
    derivative is a jump or a vertical tangent, whatever the other side says.
    """
    _, forward, backward = estimates.value
    bars = estimates.bar
    flat = np.abs(estimates.value) <= 10 * bars
    flat[0] = False
    side = np.where(flat & np.isfinite(bars[0]), np.inf, bars * _TRUST).argmin(0)
    value = np.choose(side, estimates.value)
    one_sided = bars[1:]
    torn = (estimates.defined[1:] & ~np.isfinite(one_sided)).any(0)
    bar = np.where(torn, np.inf, np.choose(side, bars))
    with np.errstate(invalid="ignore"):
        kink = np.isfinite(one_sided).all(0) & (np.abs(forward - backward) > 2 * one_sided.sum(0))
        bar = np.where(kink, np.abs(forward - backward) / 2 + one_sided.max(0), bar)
    value = np.where(kink, (forward + backward) / 2, value)
    value = np.where(np.isfinite(bar), value, np.nan)
    level = np.choose(side, estimates.level)
    return _Settled(value, bar, side, level, kink, backward, forward, one_sided.max(0), estimates.steepest)
