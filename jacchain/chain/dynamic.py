"""The recurrence: the cheapest way to have the matrix of every sub-chain, in every mode.

``C[i:i] = min(given, d[i-1] tangents, d[i] adjoints)`` of stage i, and ``C[i:j]`` is the least of

    multiply   C[i:k] + C[k+1:j] + split(i, k, j)    for i ≤ k < j
    tangent    C[i:j-1] + d[i-1] · T[j]              the matrix so far is pushed through stage j, which is never built
    adjoint    C[i+1:j] + d[j] · A[i]                or pulled back through stage i

Godbole 1973 without the last two; with them Naumann 2020, arXiv 2003.05755.  Pushing through several stages at once never
costs less than one at a time, so a cell has only two such terms.  Costs are exact; ties go to multiply, then tangent, then
adjoint, then to the smallest split.
"""

from __future__ import annotations

from math import inf
from operator import add
from typing import NamedTuple

from jacchain.chain.instance import Instance
from jacchain.chain.plan import Building, Operation
from jacchain.chain.prices import Chain, Prices

OPERATIONS: tuple[Operation, ...] = ("multiply", "tangent", "adjoint")
BUILDINGS: tuple[Building, ...] = ("given", "tangent", "adjoint")
MULTIPLY, TANGENT, ADJOINT = range(3)

SCALAR_LENGTH = 40
"""Chains up to this length are planned in plain Python, without importing numpy."""


class Choice(NamedTuple):
    """One way to have a sub-chain; of several the least is taken, which is the cheapest and settles ties.

    ``operation`` indexes ``OPERATIONS``, or ``BUILDINGS`` for a single stage; the matrix is split behind factor ``split``.
    """

    cost: int
    operation: int
    split: int

    def parts(self, i: int, j: int) -> list[Chain]:
        """The sub-chains whose matrices are needed for that of ``i:j``, left ones first: none for a single stage."""
        if i == j:
            return []
        left, right = (i, self.split), (self.split + 1, j)
        return [left, right] if self.operation == MULTIPLY else [left if self.operation == TANGENT else right]


class Table:
    """The cost of every sub-chain: ``rows[i][j]`` and ``columns[j][i]`` are ``C[i:j]``."""

    def __init__(self, instance: Instance, prices: Prices, rows: list[list[int]], columns: list[list[int]]) -> None:
        self.instance, self.prices, self.rows, self.columns = instance, prices, rows, columns

    @property
    def total(self) -> int:
        """The cost of the whole chain."""
        return self.cost(1, self.instance.length)

    def cost(self, i: int, j: int) -> int:
        """``C[i:j]``."""
        return self.rows[i][j]

    def first_equal(self, i: int, _j: int) -> int:
        """Where the first sub-chain begins that is known to have the same stages."""
        return i

    def multiplying(self, i: int, j: int) -> list[int]:
        """The costs of having ``i:j`` as a product, for the splits ``i, …, j-1``."""
        parts = map(add, self.rows[i][i:j], self.columns[j][i + 1 : j + 1])
        return list(map(add, parts, self.prices.splits(i, j)))

    def eliminating(self, i: int, j: int) -> list[Choice]:
        """The tangent and the adjoint that have ``i:j`` without building the stage at its right or left end."""
        costs, d = self.instance.costs, self.instance.dims
        if costs is None:
            return []
        tangent, adjoint = costs[j - 1].tangent, costs[i - 1].adjoint
        found = []
        if tangent is not None:
            found.append(Choice(self.cost(i, j - 1) + d[i - 1] * tangent, TANGENT, j - 1))
        if adjoint is not None:
            found.append(Choice(self.cost(i + 1, j) + d[j] * adjoint, ADJOINT, i))
        return found

    def choices(self, i: int, j: int, most: float = inf) -> list[Choice]:
        """Every way to have ``i:j`` from the best parts for at most so much, products first, splits in order."""
        if i == j:
            return [choice for choice in leaf_choices(self.instance, i) if choice.cost <= most]
        products = [Choice(cost, MULTIPLY, k) for k, cost in enumerate(self.multiplying(i, j), i) if cost <= most]
        return products + [choice for choice in self.eliminating(i, j) if choice.cost <= most]

    def optimal_splits(self, i: int, j: int) -> list[int]:
        """The splits of ``i:j`` that attain its least cost by any operation."""
        least = self.cost(i, j)
        found = [k for k, cost in enumerate(self.multiplying(i, j), i) if cost == least]
        return list({*found, *(choice.split for choice in self.eliminating(i, j) if choice.cost == least)})

    def best(self, i: int, j: int) -> Choice:
        """The cheapest choice, with the ties of :meth:`choices`."""
        if i == j:
            return min(leaf_choices(self.instance, i))
        products = self.multiplying(i, j)
        cheapest = min(products)
        return min([Choice(cheapest, MULTIPLY, i + products.index(cheapest)), *self.eliminating(i, j)])


def solve(instance: Instance, prices: Prices, *, worst: bool = False) -> Table:
    """The table of an instance; with ``worst``, of the dearest way to have every sub-chain."""
    better = max if worst else min
    q = instance.length
    rows = [[0] * (q + 1) for _ in range(q + 2)]
    columns = [[0] * (q + 2) for _ in range(q + 1)]
    table = Table(instance, prices, rows, columns)
    for j, leaf in enumerate(leaf_costs(instance, worst=worst), 1):
        rows[j][j] = columns[j][j] = leaf
        for i in range(j - 1, 0, -1):
            products = better(table.multiplying(i, j))
            rows[i][j] = columns[j][i] = better([products, *(choice.cost for choice in table.eliminating(i, j))])
    return table


def leaf_choices(instance: Instance, i: int) -> list[Choice]:
    """The ways to have the Jacobian of stage ``i`` itself: one that lies there already is not built."""
    if instance.costs is None or instance.costs[i - 1].given == 0:
        return [Choice(0, 0, i)]
    cost, d = instance.costs[i - 1], instance.dims
    ways = ((1, cost.given), (d[i - 1], cost.tangent), (d[i], cost.adjoint))
    return [Choice(count * price, number, i) for number, (count, price) in enumerate(ways) if price is not None]


def leaf_costs(instance: Instance, *, worst: bool = False) -> list[int]:
    """What the Jacobian of each stage itself costs at least, or at ``worst``."""
    better = max if worst else min
    return [better(leaf_choices(instance, i)).cost for i in range(1, instance.length + 1)]


def cost_limit(instance: Instance) -> int:
    """More than any way to have the chain can cost: every product and every pass through a stage is paid for at most once."""
    largest = max(instance.dims)
    passes = sum((cost.given or 0) + largest * ((cost.tangent or 0) + (cost.adjoint or 0)) for cost in instance.costs or ())
    return 1 + passes + instance.length * largest**3
