"""The recurrence for chains that repeat themselves, as steps in time do: sub-chains of equal stages are solved once.

A chain that goes on like that, but for its ends, has as many different sub-chains of any length as of a short one: a few.  What
is found for one of them holds for all that are equal to it, so that the work grows with the square of the length only.

Costs are floats here, as exact as in ``lengths``; stages are counted from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from jacchain.chain.dynamic import leaf_costs
from jacchain.chain.instance import Instance
from jacchain.chain.lengths import Grid
from jacchain.chain.prices import Prices

WINDOW, FEW = 16, 8
"""A chain that has no more than so many different sub-chains of this length goes on in the same way (Morse and Hedlund)."""


def kinds_of(instance: Instance) -> list[int] | None:
    """A number for each stage, the same one for equal stages; None for a chain that does not repeat itself."""
    patterns, costs = instance.patterns, instance.costs
    shapes = list(zip(instance.dims, instance.dims[1:], strict=False))
    keys = zip(shapes if patterns is None else [pattern.key for pattern in patterns], costs or shapes, strict=True)
    numbers: dict[object, int] = {}
    kinds = [numbers.setdefault(key, len(numbers)) for key in keys]
    windows = {tuple(kinds[i : i + WINDOW]) for i in range(max(1, len(kinds) - WINDOW + 1))}
    return kinds if len(windows) <= FEW else None


class RepeatedGrid(Grid):
    """The table of a chain that repeats itself: ``firsts[length]`` tells for each sub-chain the first that is equal to it."""

    firsts: list[list[int]]

    def first_equal(self, i: int, j: int) -> int:
        """Where the first sub-chain begins that has the same stages."""
        return self.firsts[j - i][i - 1] + 1


def solve_repeated(instance: Instance, prices: Prices, kinds: Sequence[int], *, worst: bool = False) -> RepeatedGrid:
    """The same table as that of :func:`jacchain.chain.dynamic.solve`, for costs below 2^53."""
    q, leaves = instance.length, leaf_costs(instance, worst=worst)
    grid = RepeatedGrid(instance, prices, np.diag(np.array(leaves, float)))
    stage = np.array(kinds)
    _, firsts, equal = np.unique(stage, return_index=True, return_inverse=True)
    grid.firsts = [firsts[equal].tolist()]
    for length in range(1, q):
        pairs = equal[:-1] * q + stage[length:]
        _, firsts, equal = np.unique(pairs, return_index=True, return_inverse=True)
        found = [_cost(grid, i + 1, i + length + 1, max if worst else min) for i in firsts.tolist()]
        grid.firsts.append(firsts[equal].tolist())
        grid.costs.ravel()[length : (q - length) * q : q + 1] = np.array(found)[equal]
    return grid


def _cost(grid: Grid, i: int, j: int, better: Callable[[Iterable[float]], float]) -> float:
    passes = [float(choice.cost) for choice in grid.eliminating(i, j)]
    products = grid.products(i, j)
    return better([float(products.max() if better is max else products.min()), *passes])
