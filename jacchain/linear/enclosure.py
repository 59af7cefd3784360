"""Enclosures: two doubles for every entry, with the exact number between them."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from jacchain.frozen import Frozen
from jacchain.linear.map import Numbers


class Enclosure(Frozen):
    """Arrays ``lower <= exact <= upper`` of one shape, both times two to the ``exponent``.

    The exponent is zero unless an entry is larger than any double; an infinite bound says that nothing is known on that side.
    """

    lower: Numbers
    upper: Numbers
    exponent: int = 0

    def __post_init__(self) -> None:
        for bound in (self.lower, self.upper):
            bound.flags.writeable = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array it encloses."""
        return self.lower.shape

    @cached_property
    def middle(self) -> Numbers:
        """A number in each enclosure: the double the exact number is nearest to as far as anybody knows."""
        with np.errstate(all="ignore"):
            return np.asarray(self.lower + (self.upper - self.lower) / 2)

    @cached_property
    def radius(self) -> Numbers:
        """The largest distance of the exact number from the middle, rounded up."""
        with np.errstate(all="ignore"):
            distance = np.maximum(self.upper - self.middle, self.middle - self.lower)
            return np.where(self.lower == self.upper, 0.0, np.nextafter(distance, np.inf))

    @cached_property
    def digits(self) -> Numbers:
        """Significant decimal digits that are certain: 0 where even the sign is not, infinity where the number is exact."""
        with np.errstate(all="ignore"):
            magnitude = np.minimum(np.abs(self.lower), np.abs(self.upper))
            digits = np.floor(-np.log10(2 * self.radius / magnitude))
        known = (self.lower > 0) | (self.upper < 0)
        digits = np.where(known & np.isfinite(self.radius), np.maximum(np.nan_to_num(digits, posinf=np.inf), 0), 0)
        return np.where(self.lower == self.upper, np.inf, digits)

    def error_bar(self, numbers: Numbers) -> Numbers:
        """How far the exact numbers may be from the given ones (without the exponent), rounded up."""
        with np.errstate(all="ignore"):
            distance = np.maximum(self.upper - numbers, numbers - self.lower)
            return np.asarray(np.where(distance > 0, np.nextafter(distance, np.inf), distance))

    def contains(self, numbers: Numbers) -> bool:
        """Whether every number lies in its enclosure."""
        return bool(((self.lower <= numbers) & (numbers <= self.upper)).all())
