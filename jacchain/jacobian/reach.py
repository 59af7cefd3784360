"""How far each input can move before a derivative may change its form: the distance to the nearest switch or domain edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jacchain.linear.map import Numbers


@dataclass(frozen=True, eq=False)
class Reach:
    """Proved distances: input ``j`` alone may go down by less than ``left[j]`` and up by less than ``right[j]``.

    On the way it meets no kink, no jump and no edge of the domain.  Infinite where nothing is ever met; zero at a kink.
    ``nearest`` names, for each input, the sub-expression that ends the shorter side (empty where none does).
    """

    left: Numbers
    right: Numbers
    nearest: tuple[str, ...]

    @property
    def distance(self) -> Numbers:
        """The shorter of both sides for each input."""
        return np.minimum(self.left, self.right)
