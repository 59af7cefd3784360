"""What the optimum was chosen from: how many ways attain it, and the next best ones in order."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from jacchain.chain.dynamic import ADJOINT, TANGENT, Choice, Table
from jacchain.chain.scheme import Entry, Scheme

Chain = tuple[int, int]
NOWHERE = -1


class Way(NamedTuple):
    """One way to have a sub-chain: from the way of rank ``left`` to have its left part and that of rank ``right`` of its right.

    A part that is a stage never built has the rank ``NOWHERE``.
    """

    cost: int
    operation: int
    split: int
    left: int
    right: int


def count_optimal(table: Table) -> int:
    """How many bracketings of the whole chain attain the least cost."""
    q = table.instance.length
    counts: dict[Chain, int] = {(i, i): 1 for i in range(1, q + 1)}
    splits: dict[Chain, list[int]] = {}
    pending: list[Chain] = [(1, q)]
    while pending:
        i, j = chain = pending[-1]
        if chain in counts:
            pending.pop()
        elif chain in splits:
            counts[chain] = sum(counts[i, k] * counts[k + 1, j] for k in splits[chain])
        else:
            splits[chain] = _optimal_splits(table, i, j)
            pending += [part for k in splits[chain] for part in ((i, k), (k + 1, j)) if part not in counts]
    return counts[1, q]


def _optimal_splits(table: Table, i: int, j: int) -> list[int]:
    """The splits of ``i:j`` that attain its least cost by any operation."""
    least = table.rows[i][j]
    found = {k for k, cost in enumerate(table.multiplying(i, j), i) if cost == least}
    return sorted(found | {choice.split for choice in table.eliminating(i, j) if choice.cost == least})


class Ranking:
    """The ways to have a chain in the order of their costs, ties settled as everywhere, each found only when it is asked for.

    The candidates of a sub-chain wait in a heap; taking one calls for its two successors, with the next best way to have
    the left or the right part (Huang and Chiang, Better k-best parsing, 2005).
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.found: dict[Chain, list[Way]] = {}
        self.waiting: dict[Chain, list[Way]] = {}
        self.following: dict[Chain, list[Way]] = {}

    def schemes(self) -> Iterator[Scheme]:
        """Every way to have the whole chain, the cheapest first."""
        rank, whole = 0, (1, self.table.instance.length)
        while self._has(whole, rank):
            yield self._scheme(rank)
            rank += 1

    def _has(self, chain: Chain, rank: int) -> bool:
        """Finds the way of the given rank; whether there is one."""
        pending = [(chain, rank)]
        while pending:
            part, number = pending[-1]
            self._open(part)
            if len(self.found[part]) > number or not (self.waiting[part] or self.following[part]):
                pending.pop()
                continue
            missing = [need for way in self.following[part] for need in self._needs(part, way) if not self._settled(*need)]
            if missing:
                pending += missing
            else:
                self._advance(part)
        return len(self.found[chain]) > rank

    def _open(self, chain: Chain) -> None:
        if chain not in self.found:
            self.found[chain], self.following[chain] = [], []
            self.waiting[chain] = [_first_way(choice, chain) for choice in self.table.choices(*chain)]
            heapify(self.waiting[chain])

    def _settled(self, chain: Chain, rank: int) -> bool:
        """Whether the way of this rank has been found, or is known not to exist."""
        if chain not in self.found:
            return False
        return len(self.found[chain]) > rank or not (self.waiting[chain] or self.following[chain])

    def _needs(self, chain: Chain, way: Way) -> list[tuple[Chain, int]]:
        """The parts a way is made of, with their ranks."""
        (i, j), k = chain, way.split
        parts = (((i, k), way.left), ((k + 1, j), way.right))
        return [(part, rank) for part, rank in parts if rank != NOWHERE]

    def _advance(self, chain: Chain) -> None:
        """Prices the successors of the way found last, as far as their parts exist, and takes the cheapest candidate."""
        for way in self.following[chain]:
            needs = self._needs(chain, way)
            if all(len(self.found[part]) > rank for part, rank in needs):
                more = sum(self.found[part][rank].cost - self.table.rows[part[0]][part[1]] for part, rank in needs)
                heappush(self.waiting[chain], way._replace(cost=way.cost + more))
        self.following[chain] = []
        if self.waiting[chain]:
            way = heappop(self.waiting[chain])
            self.found[chain].append(way)
            if chain[0] < chain[1]:
                self.following[chain] = self._successors(chain, way)

    def _successors(self, chain: Chain, way: Way) -> list[Way]:
        """The next ways with the same split, each reached from one way only; they cost what the best parts would for now."""
        needs = self._needs(chain, way)
        more = sum(self.found[part][rank].cost - self.table.rows[part[0]][part[1]] for part, rank in needs if rank)
        base = way._replace(cost=way.cost - more)
        successors = []
        if way.left != NOWHERE:
            successors.append(base._replace(left=way.left + 1))
        if way.right != NOWHERE and way.left in {0, NOWHERE}:
            successors.append(base._replace(right=way.right + 1))
        return successors

    def _scheme(self, rank: int) -> Scheme:
        shortest = 1 if self.table.instance.costs is None else 0
        pending = [((1, self.table.instance.length), rank)]
        found: Scheme = []
        while pending:
            chain, number = pending.pop()
            i, j = chain
            if j - i < shortest:
                continue
            if len(self.found.get(chain, ())) <= number:
                self._has(chain, number)
            way = self.found[chain][number]
            found.append(Entry(i, way.split, j, way.operation, way.cost))
            if i < j:
                pending += self._needs(chain, way)
        return found[::-1]


def _first_way(choice: Choice, chain: Chain) -> Way:
    """A choice from the best parts; a single stage is made of nothing."""
    alone = chain[0] == chain[1]
    left = NOWHERE if alone or choice.operation == ADJOINT else 0
    right = NOWHERE if alone or choice.operation == TANGENT else 0
    return Way(*choice, left, right)
