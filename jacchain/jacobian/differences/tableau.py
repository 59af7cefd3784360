"""Difference quotients of many steps made into derivatives that know their own error.

Three Richardson tableaux stand side by side: central, forward and backward.  Every entry of a tableau is a candidate, and is
believed as far as it agrees with its neighbours, as rounding allows, and as every finer step bears it out.  A coarse step may
alias an oscillation or straddle a kink and still agree with itself; the derivative is what the finer steps say.

The arrays are ``(3, groups, levels, m)``: the kinds in the order of :data:`SIDES`, the levels from the largest step to the
smallest.  Sources: Ridders, Adv. Eng. Software 4 (1982), for the choice of a candidate by its neighbours; Moré and Wild, SIAM
J. Sci. Comput. 33 (2011), for noise that is measured and not assumed.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen
from jacchain.linear.pattern import Integers

SIDES = ("central", "forward", "backward")
COLUMNS = 5
ROUNDING = 3.0
"""The two values of a quotient are taken to be off by as many units of relative precision together."""
UNDERFLOW = 32.0
"""Smallest numbers by which a value may be off where digits are lost to underflow."""
FLUCTUATION = 2.0
"""How far the jitter seen among the finest quotients may exceed its median."""
EXPLAINED = 4.0
"""How far the noise that is seen may exceed the one that is known, and still be that one."""
BEYOND = 7.0
"""How far beyond the scale of a function a candidate may be off, in errors of a quotient there: that of the quotient itself, two
by which it may be contradicted, and twice its distance to the next, of which both are off."""
DIVERGENCE = 9
"""Levels over which quotients that move one way, and no less each time, have no limit."""
FINEST = 4
"""Levels whose candidates may contradict the one that was chosen."""


class Known(Frozen):
    """The value ``at`` x of a function, ``(m,)``, and what is known of the absolute error of its values beyond rounding.

    ``noise`` ``(m,)`` is the one around x, ``noise_there`` ``(groups, 2 * levels, m)`` that of the samples, first those above;
    None where it is not known.
    """

    at: Array
    noise: Array | None = None
    noise_there: Array | None = None

    def rows(self, part: slice) -> Known:
        """The same of some outputs."""
        noise = None if self.noise is None else self.noise[part]
        return Known(self.at[part], noise, None if self.noise_there is None else self.noise_there[:, :, part])


class Samples(Frozen):
    """A function around x: what is ``known``, and the values above and below ``(groups, levels, m)``, NaN where there is none.

    ``rise`` and ``fall`` are the distances really stepped, ``(groups, levels, m)`` or with a last axis of one.  ``scale``
    ``(groups, 1, m)`` is the distance within which the function may turn, where that is known: a longer step vouches for less
    than one of that length.
    """

    known: Known
    above: Array
    below: Array
    rise: Array
    fall: Array
    scale: Array | None = None


class Estimates(Frozen):
    """The derivative by each of the three tableaux, ``(3, groups, m)``: ``value``, ``bar`` (infinite where unknown), ``level``.

    ``defined`` says that there are values at the finest step; without them the bar is infinite.  ``steepest``
    ``(groups, m)`` is the largest one-sided slope seen at any step.
    """

    value: Array
    bar: Array
    level: Integers
    defined: npt.NDArray[np.bool_]
    steepest: Array


def estimate(samples: Samples, epsilon: float) -> Estimates:
    """Derivatives and their error bars.  ``epsilon`` is the relative precision to which values are computed."""
    with np.errstate(all="ignore"):
        changes, spans, sizes = _quotients(samples)
        slopes = changes / spans
        scale = np.full((*spans.shape[1:2], 1, 1), np.inf) if samples.scale is None else samples.scale
        reach = np.where(spans > scale, scale / BEYOND, spans)
        rounding = _rounding(changes, reach, sizes, epsilon, blind=samples.known.noise is None)
        rounding += epsilon * np.fmax.reduce(np.abs(slopes[1:])).astype(float)  # of the points, where slopes are a neighbour's
        near = _fluctuation(slopes, spans, _jump(samples))
        there = _noise_of_each(samples.known)
        noise = near if there is None else np.maximum(near, there)
        error = rounding + _or_infinite((noise / reach).astype(float))
        tableau = _extrapolated(slopes, spans)
        tiny = epsilon * np.abs(tableau[1:]).astype(float)
        candidates, own = tableau[1:], _disagreement(tableau)
        contradiction = _contradiction(candidates, slopes, error)
        chosen = _Choice(candidates, np.maximum(own, 2 * contradiction) + error + tiny)
        fresh = _Choice(candidates[:, :, :, -FINEST:], (own + rounding + tiny)[:, :, :, -FINEST:])
        finest = _Finest(
            slopes[:, :, -DIVERGENCE:], slopes[:, :, -1], spans[:, :, -1], sizes[:, :, -1], samples.known.noise, 4 * scale[:, 0]
        )
        value, level, bar = chosen.value, chosen.level, _widened(chosen, fresh, finest, changes, epsilon)
        if there is not None:
            assert samples.known.noise is not None
            noise = np.where(near <= EXPLAINED * samples.known.noise, there, noise)
            error = rounding + _or_infinite((noise / reach).astype(float))
            likely = _Choice(candidates, np.maximum(own, 2 * contradiction) + error + tiny)
            value, level, bar = _preferred(likely, chosen, bar)
        one_sided = np.abs(slopes[1:])
        steepest = np.where(np.isfinite(one_sided), one_sided, 0).max((0, 2))
    return Estimates(value, bar, level, np.isfinite(slopes[:, :, -1]), steepest)


def _quotients(samples: Samples) -> tuple[Array, Array, Array]:
    """Changes of the value, the spans over which they happen, and the largest of the values each.

    The value at x is one of them, also where far from it, on both sides, values are small and round to less.
    """
    at, above, below = samples.known.at, samples.above, samples.below
    high, middle, low = np.abs(above), np.abs(at), np.abs(below)
    changes = np.stack([above - below, above - at, at - below])
    spans = np.stack([samples.rise + samples.fall, samples.rise, samples.fall])
    rising, falling = np.maximum(high, middle), np.maximum(middle, low)
    return changes, spans, np.stack([np.maximum(rising, falling), rising, falling])


def _rounding(changes: Array, reach: Array, sizes: Array, epsilon: float, *, blind: bool) -> Array:
    """What rounding the values may have done to each quotient, seen over ``reach``.

    If it is ``blind`` to the function, also steps lost inside of it.
    """
    smallest = np.finfo(changes.dtype).smallest_subnormal
    errors = ROUNDING * (epsilon * sizes + UNDERFLOW * smallest)
    if blind:
        errors += _lost(np.abs(changes), sizes)
    errors /= reach
    return _or_infinite(errors.astype(float))


def _lost(moves: Array, sizes: Array) -> Array:
    """What values that stand still may have lost: twice the last move, where coarser steps moved them in proportion.

    A function that saturates stops at once; one that is rounded inside stops at its last step, next to nothing of its value.
    """
    moving = moves > 0
    last = moves.shape[2] - 1 - moving[:, :, ::-1].argmax(2)[:, :, None]
    quantum = np.take_along_axis(moves, last, 2)
    before = np.take_along_axis(moves, np.maximum(last - 1, 0), 2)
    lost = ~moving & (quantum < sizes * 2.0**-20) & (before < 64 * quantum)
    return np.where(lost, 2 * quantum, 0)


def _jump(samples: Samples) -> Array:
    """How far the value at x is from the mean of its neighbours as the step goes to zero: noise, or a value out of line.

    The mean moves in proportion to the step at a kink, and to its square elsewhere: what is left of it is free of both.
    """
    bend, steps = (samples.above[:, -5:] + samples.below[:, -5:]) / 2 - samples.known.at, samples.rise[:, -5:]
    ratio = steps[:, :-1] / steps[:, 1:]
    straight = (ratio * bend[:, 1:] - bend[:, :-1]) / (ratio - 1)
    ratio = steps[:, :-2] / steps[:, 2:]
    limits = np.abs((ratio * straight[:, 1:] - straight[:, :-1]) / (ratio - 1))
    jump = _middle(limits, 1)
    return jump if samples.known.noise is None else np.maximum(jump, samples.known.noise)


def _fluctuation(slopes: Array, spans: Array, jump: Array) -> Array:
    """The noise of the function as the finest quotients show it, ``(3, groups, 1, m)``."""
    jitter = np.abs(np.diff(slopes[:, :, -6:], axis=2)) * spans[:, :, -5:]
    return np.asarray((FLUCTUATION * _middle(jitter, 2) + 2 * jump)[:, :, None])


def _noise_of_each(known: Known) -> Array | None:
    """The noise of each quotient, from what is known of its two values; None where nothing is."""
    if known.noise is None or known.noise_there is None:
        return None
    above, below = np.split(known.noise_there, 2, axis=1)
    return 2 * np.stack([above + below, above + known.noise, known.noise + below])


def _or_infinite(errors: Array) -> Array:
    errors[np.isnan(errors)] = np.inf
    return errors


def _middle(values: Array, axis: int) -> Array:
    """The median of a few values along an axis, zero where most are undefined."""
    ordered = np.sort(values, axis=axis)  # NaN last
    middle = ordered.take(values.shape[axis] // 2, axis=axis)
    return np.where(np.isfinite(middle), middle, 0)


def _extrapolated(slopes: Array, spans: Array) -> Array:
    """The tableaux: ``[k]`` is free of k error terms, of even powers of the step for the central one, of every power else."""
    tableau = np.full((COLUMNS, *slopes.shape), np.nan, slopes.dtype)
    tableau[0] = slopes
    powers = spans.copy()
    powers[0] *= spans[0]
    for k in range(1, COLUMNS):
        fine, coarse = tableau[k - 1, :, :, k:], tableau[k - 1, :, :, k - 1 : -1]
        tableau[k, :, :, k:] = fine + (fine - coarse) / (powers[:, :, :-k] / powers[:, :, k:] - 1)
    return tableau


def _disagreement(tableau: Array) -> Array:
    """The largest difference of each candidate from its three neighbours; all three must be there."""
    left, right = tableau[:-1], tableau[1:]
    here = right[:, :, :, 1:]
    neighbours = (left[:, :, :, 1:], left[:, :, :, :-1], right[:, :, :, :-1])
    apart = np.full(right.shape, np.nan)
    apart[:, :, :, 1:] = reduce(np.maximum, (np.abs((here - neighbour).astype(float)) for neighbour in neighbours))
    return apart


def _contradiction(candidates: Array, slopes: Array, error: Array) -> Array:
    """How far each candidate lies outside what every finer quotient allows: its own error and twice its distance to the next."""
    width = 2 * error
    apart = np.abs(np.diff(slopes, axis=2)).astype(float)
    width[:, :, :-1] += 2 * apart
    width[:, :, -1] += apart[:, :, -1]
    known = np.isfinite(slopes) & np.isfinite(width)
    low = np.where(known, slopes - width, -np.inf)[:, :, :0:-1]
    high = np.where(known, slopes + width, np.inf)[:, :, :0:-1]
    low = np.maximum.accumulate(low, axis=2)[:, :, ::-1]
    high = np.minimum.accumulate(high, axis=2)[:, :, ::-1]
    outside = np.zeros(candidates.shape)
    here = candidates[:, :, :, :-1]
    outside[:, :, :, :-1] = np.maximum(np.maximum((low - here).astype(float), (here - high).astype(float)), 0)
    return outside


class _Choice:
    """For every kind, group and row the candidate with the smallest score: what it is, that score, its level.

    A score holds a part of its candidate, and is not finite where that is not.
    """

    def __init__(self, candidates: Array, scores: Array) -> None:
        scores = np.where(np.isfinite(scores), scores, np.inf)
        in_column = scores.min(3)
        column = in_column.argmin(0)
        level = scores.argmin(3)
        self.column: Integers = column
        self.level: Integers = np.choose(column, level)
        self.bar = np.choose(column, in_column)
        self.value = self.pick(candidates)

    def pick(self, numbers: Array) -> Array:
        """The numbers, ``(columns, 3, groups, levels, m)``, that belong to the chosen candidates."""
        kinds, groups, rows = self.level.shape
        kind, group, row = np.arange(kinds)[:, None, None], np.arange(groups)[:, None], np.arange(rows)
        return np.asarray(numbers[self.column, kind, group, self.level, row])


class _Finest(Frozen):
    """The finest quotients: the last few, and the very last with its span, the values it is made of.

    A span longer than the ``scale`` on which the function may turn tells nothing of it, unless it is flat all around.
    """

    slopes: Array
    last: Array
    spans: Array
    sizes: Array
    noise: Array | None
    scale: Array


def _preferred(likely: _Choice, chosen: _Choice, bar: Array) -> tuple[Array, Integers, Array]:
    """The number that is likely the better one, its level, and its bar: that of the chosen one, and the distance between them.

    Noise close by may hide what is only there, so that a number from afar has no bar of its own.
    """
    gap = np.abs(likely.value - chosen.value).astype(float)
    better = gap <= bar
    value, level = np.where(better, likely.value, chosen.value), np.where(better, likely.level, chosen.level)
    return value, level, bar + np.where(better, gap, 0)


def _widened(chosen: _Choice, fresh: _Choice, finest: _Finest, changes: Array, epsilon: float) -> Array:
    """The bars of the chosen candidates, wider where the finest steps say something else.

    Either the best candidate of the finest steps contradicts the choice, or at the very finest the function still moves in a
    way that neither the derivative nor noise explains (of noise that is not known, a thousandth of all the function does is
    believed): then there is structure no step has resolved, or a jump.
    """
    bar = np.maximum(chosen.bar, 4 * np.finfo(float).smallest_subnormal)
    gap = np.abs(chosen.value - fresh.value).astype(float)
    bar = np.where(gap > bar + 3 * fresh.bar, np.maximum(bar, 1.5 * gap), bar)
    missed = np.abs(finest.last - chosen.value).astype(float)
    unexplained = missed * finest.spans
    whole = np.where(np.isfinite(changes), np.abs(changes), 0).max(2)
    rounding = ROUNDING * epsilon * finest.sizes
    noise = np.zeros_like(rounding) if finest.noise is None else 2.0**3 * finest.noise
    usual = 2.0**-10 * whole if finest.noise is None else noise + 2.0**13 * rounding
    unresolved, endless = unexplained > np.maximum(usual, 2.0**5 * rounding), unexplained > noise + 2.0**10 * rounding
    if unresolved.any() or endless.any():
        explained = (fresh.bar * finest.spans <= 2.0**5 * rounding) & (gap <= bar)  # by the other terms of a tableau
        astray = (unresolved & ~_converging(finest.slopes) & ~explained) | (endless & _diverging(finest.slopes))
        lost = np.where(whole > 2.0**10 * rounding, np.inf, np.maximum(bar, 2 * missed))
        bar = np.where(astray, lost, bar)
    resolved = (finest.spans <= finest.scale) | (finest.slopes == 0).all((0, 2))
    return np.where(np.isfinite(finest.last) & resolved, bar, np.inf)


def _diverging(slopes: Array) -> npt.NDArray[np.bool_]:
    """Whether quotients grow without end as the step shrinks: a vertical tangent.  Noise changes its sign."""
    changes = np.diff(slopes, axis=2)
    one_way = (changes > 0).all(2) | (changes < 0).all(2)
    sizes = np.abs(changes)
    return np.asarray(one_way & (sizes[:, :, 1:] >= 0.7 * sizes[:, :, :-1]).all(2))


def _converging(slopes: Array) -> npt.NDArray[np.bool_]:
    """Whether the finest quotients still come nearer to their limit with every step."""
    sizes = np.abs(np.diff(slopes[:, :, -5:], axis=2))
    return np.asarray((sizes[:, :, 1:] <= sizes[:, :, :-1] / 2).all(2))
