"""A function sampled around a point, one component displaced at a time (or one colour of components), in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen
from jacchain.jacobian.differences.colouring import colour_count
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Integers, Pattern

Evaluate = Callable[[Array], Array]
"""Values of a function at each row of an array: ``(batch, n)`` to ``(batch, m)``, undefined ones not finite."""

MEMORY = 1 << 24
"""Bytes that the samples of one block may take, all that is made of them included: they stay in a cache."""


class Sweep(Frozen):
    """What is known of a function before it is sampled.

    - ``pattern`` (m x n) says which entries can be nonzero.
    - ``scale`` ``(n,)`` is the size of each input, and ``bounds`` ``(n, 2)`` the interval it may not leave.
    - ``epsilon`` is the relative precision of the values, that of their type unless told.
    - ``noise`` ``(m,)`` is their absolute error around x, where more is known than the values show; ``noise_at`` takes points
      ``(batch, n)`` to that error there, ``(batch, m)``.  It is asked where noise at x spoils an entry, and everywhere by who is
      ``wary``.
    - ``width`` is how many numbers an evaluation needs for itself, ``max_bytes`` how much may be held at once.
    - ``turns`` takes displacements ``(groups, n)`` to how often each may be made before an output may turn, ``(groups, m)``; None
      from it, or in its place, where that is not known.
    """

    pattern: Pattern | None = None
    scale: Numbers | None = None
    bounds: Numbers | None = None
    epsilon: float | None = None
    noise: Numbers | None = None
    noise_at: Evaluate | None = None
    wary: bool = False
    width: int = 0
    max_bytes: int = MEMORY
    turns: Callable[[Array], Numbers | None] | None = None


def sizes_of(x: Array, scale: Numbers | None) -> Array:
    """The size of each input at x: its ``scale``, and where none is given that of its value, at least one."""
    return np.maximum(np.abs(x), 1) if scale is None else scale.astype(x.dtype)


def sample(evaluate: Evaluate, x: Array, places: Array, colours: Integers, block: int) -> Iterator[tuple[slice, Array]]:
    """The values with component j at each of ``places[j]``, for all components of a colour at once.

    ``places`` is ``(n, k)``, NaN where the component is to stay where it is; ``colours`` is ``(n,)``.  Yields the colours of a
    block, at most ``block`` of them, with their values ``(colours, k, m)``.
    """
    count = colour_count(colours)
    order = np.argsort(colours, kind="stable")
    starts = np.searchsorted(colours[order], np.arange(count + 1))
    kept = np.where(np.isnan(places), x[:, None], places)
    for first in range(0, count, block):
        last = min(first + block, count)
        moved = order[starts[first] : starts[last]]
        points = np.empty((last - first, places.shape[1], x.size), places.dtype)
        points[:] = x
        points[colours[moved] - first, :, moved] = kept[moved]
        values = evaluate(points.reshape(-1, x.size))
        yield slice(first, last), values.reshape(*points.shape[:2], -1)


def block_size(numbers: int, dtype: np.dtype[Any], max_bytes: int) -> int:
    """How many colours fit into a block when each needs so many numbers: at least one."""
    return max(1, max_bytes // (max(numbers, 1) * dtype.itemsize))
