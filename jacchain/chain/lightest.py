"""The least cost of a chain found the other way round: sub-chains are settled in the order of their costs, not of their lengths.

Knuth's generalisation of Dijkstra's algorithm (Information Processing Letters 6, 1977): no cost is negative and a result costs
at least as much as its parts, so the cheapest sub-chain that is not settled yet cannot become cheaper.
It judges what ``dynamic`` found, for any prices and in every mode.
"""

from __future__ import annotations

from functools import cache
from heapq import heappop, heappush

from jacchain.chain.dynamic import leaf_costs
from jacchain.chain.instance import Instance
from jacchain.chain.prices import Chain, Prices


def lightest(instance: Instance, prices: Prices) -> int:
    """The least cost of the whole chain."""
    q, d, costs = instance.length, instance.dims, instance.costs
    found: dict[Chain, int] = {}
    settled: dict[Chain, int] = {}
    starting: list[list[int]] = [[] for _ in range(q + 2)]
    ending: list[list[int]] = [[] for _ in range(q + 2)]
    agenda: list[tuple[int, int, int]] = []
    splits = cache(prices.splits)

    def offer(cost: int, i: int, j: int) -> None:
        if cost < found.get((i, j), cost + 1):
            found[i, j] = cost
            heappush(agenda, (cost, i, j))

    for i, leaf in enumerate(leaf_costs(instance), 1):
        offer(leaf, i, i)
    while (1, q) not in settled:
        cost, i, j = heappop(agenda)
        if (i, j) in settled:
            continue
        settled[i, j] = cost
        starting[i].append(j)
        ending[j].append(i)
        for last in starting[j + 1]:
            offer(cost + settled[j + 1, last] + splits(i, last)[j - i], i, last)
        for first in ending[i - 1]:
            offer(cost + settled[first, i - 1] + splits(first, j)[i - 1 - first], first, j)
        if costs is not None and j < q and (tangent := costs[j].tangent) is not None:
            offer(cost + d[i - 1] * tangent, i, j + 1)
        if costs is not None and i > 1 and (adjoint := costs[i - 2].adjoint) is not None:
            offer(cost + d[j] * adjoint, i - 1, j)
    return settled[1, q]
