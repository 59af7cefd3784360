"""A Jacobian by differences: the numbers, how far each may be off, and what it was made from."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Integers, Pattern


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
