"""Numbers without a pattern that are the same every time: what a check needs of chance, and nothing that takes time to load.

Source: the mixing of splitmix64, Steele, Lea and Flood, OOPSLA 2014.
"""

from __future__ import annotations

import numpy as np

from jacchain.linear.map import Numbers

_STEP, _FIRST, _SECOND = (np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


class Chance:
    """A sequence of numbers; every draw goes on where the last one ended."""

    def __init__(self) -> None:
        self.drawn = 0

    def uniform(self, shape: tuple[int, ...]) -> Numbers:
        """Numbers from -1 (included) to 1."""
        count = int(np.prod(shape))
        mixed = np.arange(self.drawn + 1, self.drawn + count + 1, dtype=np.uint64) * _STEP
        self.drawn += count
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        mixed ^= mixed >> np.uint64(31)
        return np.asarray(((mixed >> np.uint64(11)) * 2.0**-52 - 1).reshape(shape))

    def direction(self, size: int) -> Numbers:
        """Numbers of either sign, none smaller than a half: a direction that leaves nothing out, ``(size,)``."""
        numbers = self.uniform((size,))
        return np.asarray(np.copysign((1 + np.abs(numbers)) / 2, numbers))
