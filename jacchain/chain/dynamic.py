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

from operator import add
from typing import NamedTuple

from jacchain.chain.instance import Instance
from jacchain.chain.plan import Building, Operation
from jacchain.chain.prices import Prices

OPERATIONS: tuple[Operation, ...] = ("multiply", "tangent", "adjoint")
BUILDINGS: tuple[Building, ...] = ("given", "tangent", "adjoint")

SCALAR_LENGTH = 40
"""Chains up to this length are planned in plain Python, without importing numpy."""


class Choice(NamedTuple):
    """One way to have a sub-chain; of several the least is taken, which is the cheapest and settles ties.

    ``operation`` indexes ``OPERATIONS``, or ``BUILDINGS`` for a single stage; the matrix is split behind factor ``split``.
    """

    cost: int
    operation: int
    split: int


class Table:
    """The cost of every sub-chain: ``rows[i][j]`` and ``columns[j][i]`` are ``C[i:j]``, or beyond ``limit`` if impossible."""

    def __init__(self, instance: Instance, prices: Prices, rows: list[list[int]], columns: list[list[int]]) -> None:
        self.instance, self.prices, self.rows, self.columns = instance, prices, rows, columns
        self.limit = cost_limit(instance)

    def possible(self, cost: int) -> bool:
        """Whether a cost is one that can be paid."""
        return 0 <= cost < self.limit

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
            found.append(Choice(self.rows[i][j - 1] + d[i - 1] * tangent, 1, j - 1))
        if adjoint is not None:
            found.append(Choice(self.columns[j][i + 1] + d[j] * adjoint, 2, i))
        return found

    def choices(self, i: int, j: int) -> list[Choice]:
        """Every way to have ``i:j`` from the best parts, products first, splits in order."""
        if i == j:
            return leaf_choices(self.instance, i)
        products = [Choice(cost, 0, k) for k, cost in enumerate(self.multiplying(i, j), i)]
        return [choice for choice in products + self.eliminating(i, j) if self.possible(choice.cost)]

    def best(self, i: int, j: int) -> Choice:
        """The cheapest choice, with the ties of :meth:`choices`."""
        if i == j:
            return min(leaf_choices(self.instance, i))
        products = self.multiplying(i, j)
        cheapest = min(products)
        return min([Choice(cheapest, 0, i + products.index(cheapest)), *self.eliminating(i, j)])


def solve(instance: Instance, prices: Prices, *, worst: bool = False) -> Table:
    """The table of an instance; with ``worst``, of the dearest way to have every sub-chain."""
    if instance.length > SCALAR_LENGTH:
        from jacchain.chain.blocked import solve_blocked  # noqa: PLC0415 - numpy is imported for long chains only

        return solve_blocked(instance, prices, worst=worst)
    better, impossible = (max, -cost_limit(instance)) if worst else (min, cost_limit(instance))
    q = instance.length
    rows = [[impossible] * (q + 1) for _ in range(q + 2)]
    columns = [[impossible] * (q + 2) for _ in range(q + 1)]
    table = Table(instance, prices, rows, columns)
    for j in range(1, q + 1):
        for i in range(j, 0, -1):
            if i == j:
                costs = [choice.cost for choice in leaf_choices(instance, i)]
            else:
                costs = table.multiplying(i, j) + [choice.cost for choice in table.eliminating(i, j)]
            rows[i][j] = columns[j][i] = better(costs, default=impossible)
    return table


def leaf_choices(instance: Instance, i: int) -> list[Choice]:
    """The ways to have the Jacobian of stage ``i`` itself."""
    if instance.costs is None:
        return [Choice(0, 0, i)]
    cost, d = instance.costs[i - 1], instance.dims
    ways = ((1, cost.given), (d[i - 1], cost.tangent), (d[i], cost.adjoint))
    return [Choice(count * price, number, i) for number, (count, price) in enumerate(ways) if price is not None]


def cost_limit(instance: Instance) -> int:
    """More than any way to have the chain can cost: every product and every pass through a stage is paid for at most once."""
    largest = max(instance.dims)
    passes = sum((cost.given or 0) + largest * ((cost.tangent or 0) + (cost.adjoint or 0)) for cost in instance.costs or ())
    return 1 + passes + instance.length * largest**3
