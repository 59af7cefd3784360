"""The recurrence for long chains that mix: all sub-chains of one length at a time.

The costs are kept by length and first stage, and again by length and last stage, so that all parts of one length that
begin, or end, with the sub-chains of another lie side by side.  Stages and lengths are counted from 0 here: ``length`` is what
the last stage is more than the first.

Costs are floats, in single precision where they stay below 2^24 and in double where below 2^53: both exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from jacchain.chain.dynamic import MULTIPLY, Choice, Table, cost_limit, leaf_choices, leaf_costs
from jacchain.chain.instance import Instance
from jacchain.chain.mixing import Mixing
from jacchain.chain.prices import Prices

Costs = npt.NDArray[np.floating[Any]]

EXACT_SINGLES = 1 << 24


class Grid(Table):
    """The table of a long chain as an array: ``costs[i-1, j-1]`` is ``C[i:j]``; below the diagonal it holds anything."""

    def __init__(self, instance: Instance, prices: Prices, costs: Costs) -> None:
        self.instance, self.prices, self.costs = instance, prices, costs

    def cost(self, i: int, j: int) -> int:
        """``C[i:j]``."""
        return int(self.costs[i - 1, j - 1])

    def multiplying(self, i: int, j: int) -> list[int]:
        """The costs of having ``i:j`` as a product, for the splits ``i, …, j-1``."""
        return self.products(i, j).astype(np.int64).tolist()  # type: ignore[no-any-return]

    def products(self, i: int, j: int) -> npt.NDArray[Any]:
        """The same as an array."""
        costs: npt.NDArray[Any] = self.costs[i - 1, i - 1 : j - 1] + self.prices.split_array(i, j) + self.costs[i:j, j - 1]
        return costs

    def best(self, i: int, j: int) -> Choice:
        """The cheapest choice, with the ties of :meth:`choices`."""
        if i == j:
            return min(leaf_choices(self.instance, i))
        if j == i + 1 and self.instance.costs is None:
            return Choice(self.cost(i, j), MULTIPLY, i)
        products = self.products(i, j)
        k = int(products.argmin())
        return min([Choice(int(products[k]), MULTIPLY, i + k), *self.eliminating(i, j)])


def exact_kind(instance: Instance) -> np.dtype[Any]:
    """The smallest type of floats that holds all costs of a chain exactly, when they stay below 2^53."""
    return np.dtype(np.float32 if cost_limit(instance) <= EXACT_SINGLES else np.float64)


def solve_lengths(instance: Instance, prices: Prices, mixing: Mixing, *, worst: bool = False) -> Grid:
    """The same table as that of :func:`jacchain.chain.dynamic.solve`, of a chain that mixes, for costs below 2^53."""
    q = instance.length
    kind = exact_kind(instance)
    mixing = mixing.astype(kind)
    better = np.maximum if worst else np.minimum
    from_first, to_last = np.zeros((2, q, q), kind)
    from_first[0] = to_last[0] = leaf_costs(instance, worst=worst)
    passes = passes_of(instance, -np.inf if worst else np.inf, kind)
    for length in range(1, q):
        splits = mixing.splits(length)
        splits += from_first[:length, :-length]
        splits += to_last[length - 1 :: -1, length:]
        best = better.reduce(splits, axis=0)
        if passes is not None:
            inputs, outputs, tangents, adjoints = passes
            best = better(best, from_first[length - 1, :-length] + inputs[:-length] * tangents[length:])
            best = better(best, to_last[length - 1, length:] + outputs[length:] * adjoints[:-length])
        from_first[length, :-length] = to_last[length, length:] = best
    return Grid(instance, prices, _square(from_first))


def passes_of(instance: Instance, unknown: float, kind: npt.DTypeLike) -> list[Costs] | None:
    """By stage: sizes, and what a column through it or a row back through it costs."""
    if instance.costs is None:
        return None
    tangents, adjoints = (
        [unknown if price is None else price for price in prices]
        for prices in zip(*((cost.tangent, cost.adjoint) for cost in instance.costs), strict=True)
    )
    return [np.array(numbers, kind) for numbers in (instance.dims[:-1], instance.dims[1:], tangents, adjoints)]


def _square(costs: Costs) -> Costs:
    """From costs by length and first stage to costs by first and last stage."""
    q = len(costs)
    square = np.zeros((q + 1, q), costs.dtype)
    place = square.itemsize
    as_strided(square, (q, q), (place, (q + 1) * place))[...] = costs
    return square[:q]
