"""How far each input goes before an output may turn, found by moves of many lengths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.jacobian.differences.colouring import colour_count
from jacchain.jacobian.differences.samples import Sweep, sizes_of
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Integers, Pattern

PART = 0.25
"""Of a scale: what turns within it is seen by steps of this part."""
MOVES = np.array([32, 16, 8, 4, 0])
"""The moves that show a scale: how often the size of an input is halved for each."""


def smallest_scale(scales: Array | None, pattern: Pattern) -> Array:
    """The smallest scale of each column, ``(n,)``, infinite where none is known."""
    smallest = np.full(pattern.shape[1], np.inf, float if scales is None else scales.dtype)
    if scales is not None:
        np.fmin.at(smallest, pattern.columns, scales)
    return smallest


def own_scales(x: Array, colours: Integers, pattern: Pattern, sweep: Sweep) -> Array | None:
    """For each entry the distance its column can go before its row may turn, as far as that is known.

    Moves of many lengths show it, since what bends may not be seen to move at all by a short one; still shorter ones where even
    the shortest is too long.
    """
    if sweep.turns is None:
        return None
    size = sizes_of(x, sweep.scale)
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
    moves = np.zeros((len(lengths), colour_count(colours), colours.size), lengths.dtype)
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
