"""What the optimum was chosen from: how many ways attain it, and the next best ones in order."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from jacchain.chain.dynamic import Choice, Table
from jacchain.chain.prices import Chain
from jacchain.chain.scheme import Scheme, follow


class Way(NamedTuple):
    """One way to have a sub-chain: a choice, and the ranks of the ways to have its parts, the best one of each being 0."""

    choice: Choice
    ranks: tuple[int, int] = (0, 0)


def count_optimal(table: Table) -> int:
    """How many bracketings of the whole chain attain the least cost."""
    q = table.instance.length
    rows, columns = ([[int(i == j) for j in range(q + 1)] for i in range(q + 1)] for _ in range(2))

    def count(i: int, j: int) -> None:
        first = table.first_equal(i, j)
        if first < i and not rows[first][first + j - i]:
            count(first, first + j - i)
        if first < i:
            rows[i][j] = columns[j][i] = rows[first][first + j - i]
            return
        row, column, splits = rows[i], columns[j], table.optimal_splits(i, j)
        for k in splits:
            if not row[k]:
                count(i, k)
            if not column[k + 1]:
                count(k + 1, j)
        row[j] = column[i] = sum(row[k] * column[k + 1] for k in splits)

    if q > 1:
        count(1, q)
    return rows[1][q]


class Ranking:
    """The ways to have a chain in the order of their costs, ties settled as everywhere, each found only when it is asked for.

    The candidates of a sub-chain wait in a heap.  When the next one is asked for, the two successors of the last one found,
    with the next best way to have the left or the right part, join them (Huang and Chiang, Better k-best parsing, 2005).
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.cells: dict[Chain, tuple[list[Way | None], list[Way]]] = {}

    def schemes(self) -> Iterator[Scheme]:
        """Every way to have the whole chain, the cheapest first."""
        rank, whole = 0, (1, self.table.instance.length)
        while self._way(whole, rank):
            yield self._scheme(rank)
            rank += 1

    def _way(self, chain: Chain, rank: int) -> Way | None:
        """The way of a rank, None when there are not so many; as deep in itself as the chain is long."""
        if chain not in self.cells:
            waiting = [Way(choice) for choice in self.table.choices(*chain)]
            heapify(waiting)
            self.cells[chain] = [], waiting
        found, waiting = self.cells[chain]
        while len(found) <= rank:
            if found:
                if found[-1] is None:
                    return None
                for way in self._successors(chain, found[-1]):
                    heappush(waiting, way)
            found.append(heappop(waiting) if waiting else None)
        return found[rank]

    def _successors(self, chain: Chain, way: Way) -> Iterator[Way]:
        """The next ways by the same choice, each reached from one way only."""
        (cost, operation, split), ranks = way
        for place, part in enumerate(way.choice.parts(*chain)):
            rank = ranks[place]
            following = self._way(part, rank + 1)
            if following is not None:
                this = self._way(part, rank)
                assert this is not None
                choice = Choice(cost + following.choice.cost - this.choice.cost, operation, split)
                yield Way(choice, (ranks[0], rank + 1) if place else (rank + 1, ranks[1]))
            if rank:
                return

    def _scheme(self, rank: int) -> Scheme:
        ranks = {(1, self.table.instance.length): rank}

        def choice(i: int, j: int) -> Choice:
            way = self._way((i, j), ranks[i, j])
            assert way is not None
            ranks.update(zip(way.choice.parts(i, j), way.ranks, strict=False))
            return way.choice

        return follow(choice, self.table.instance)
