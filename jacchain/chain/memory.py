"""Plans under a limit on memory: the entries of intermediate matrices that are alive at one time.

Of the ways to have a sub-chain only those count that no other beats in both multiplications and peak; they form its front, and a
front is made of the fronts of the parts.  The parts of a product are worked out in the order that needs less: the second
while the first is kept, or the first while the second is kept.  Jacobians that lie there already are not counted.

What is cheapest under a limit seldom costs much more than what is cheapest without.  So only ways that cost little more are
looked at, and where none of them fits, some that cost more than these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from jacchain.chain.dynamic import MULTIPLY, TANGENT, Choice, Table
from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.prices import Chain, Prices
from jacchain.chain.scheme import Entry, Scheme

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[Any]

CLOSE = 1024
"""Ways that cost up to a 1024th more than the optimum are looked at, then those up to twice as much more, and so on."""


class Point(NamedTuple):
    """One way to have a sub-chain; ``left`` and ``right`` are the points of its parts, ``None`` for a stage never built."""

    cost: int
    peak: int
    operation: int
    split: int
    left: Point | None = None
    right: Point | None = None


Front = list[Point]


class Memory:
    """The live entries of the ways to carry out a chain."""

    def __init__(self, instance: Instance, prices: Prices) -> None:
        self.instance, self.prices = instance, prices

    def size(self, i: int, j: int) -> int:
        """The entries that are kept while the matrix of ``i:j`` is."""
        return self.prices.entries(i, j) if i < j or self._is_built(i) else 0

    def _is_built(self, i: int) -> bool:
        costs = self.instance.costs
        return costs is not None and costs[i - 1].given != 0

    def calmest(self, scheme: Scheme) -> tuple[int, Scheme]:
        """The least peak a scheme can be carried out with, and the scheme in the order that does it."""
        ways = {(i, j): [Choice(work, operation, k)] for i, k, j, operation, work in reversed(scheme)}
        if self.instance.costs is None:
            ways |= {(i, i): [Choice(0, MULTIPLY, i)] for i in range(1, self.instance.length + 1)}
        (whole,) = self._front(inf, ways)
        return whole.peak, self._scheme(whole)

    def least_peak(self) -> int:
        """The least peak of all ways to have the chain, from those of its sub-chains, one length after the other.

        Sizes and peaks are kept by length and first stage, and by length and last stage.
        """
        import numpy as np  # noqa: PLC0415 - short chains are planned without numpy

        q, sizes = self.instance.length, self.prices.all_entries()
        sizes[np.diag_indices(q)] *= [self._is_built(i) for i in range(1, q + 1)]
        costs = self.instance.costs or [StageCost()] * q
        tangents, adjoints = np.array([(cost.tangent is not None, cost.adjoint is not None) for cost in costs]).T
        from_first, to_last, first_peaks, last_peaks = (np.zeros_like(sizes) for _ in range(4))
        for length in range(q):
            size = peaks = sizes.diagonal(length)
            if length:
                left, left_peaks = from_first[:length, :-length], first_peaks[:length, :-length]
                right, right_peaks = to_last[length - 1 :: -1, length:], last_peaks[length - 1 :: -1, length:]
                calm = np.minimum(np.maximum(left_peaks, left + right_peaks), np.maximum(right_peaks, right + left_peaks))
                peaks = np.maximum(calm, left + right + size).min(axis=0)
                pushed, pulled = np.maximum(left_peaks[-1], left[-1] + size), np.maximum(right_peaks[0], right[0] + size)
                peaks = np.where(tangents[length:], np.minimum(peaks, pushed), peaks)
                peaks = np.where(adjoints[:-length], np.minimum(peaks, pulled), peaks)
            from_first[length, : q - length] = to_last[length, length:] = size
            first_peaks[length, : q - length] = last_peaks[length, length:] = peaks
        return int(first_peaks[-1, 0])

    def cheapest_within(self, limit: int, table: Table) -> Scheme:
        """The cheapest scheme with a peak of at most ``limit`` entries, which must not be less than :meth:`least_peak`."""
        more = table.total // CLOSE
        while not (front := self._front(limit, _near_optimal(table, more))):
            more += more + 1
        return self._scheme(front[0])

    def _front(self, limit: float, ways: dict[Chain, list[Choice]]) -> Front:
        """The points of the whole chain up to a limit, of the given ways to have its parts: shorter parts come last."""
        fronts: dict[Chain, Front] = {}
        size_of = cache(self.size)
        for (i, j), choices in reversed(ways.items()):
            size = size_of(i, j)
            points: list[Point] = []
            for choice in choices:
                parts = choice.parts(i, j)
                kept = [size_of(*part) for part in parts]
                if sum(kept) + size <= limit:
                    points += _points(choice, [*kept, size], [fronts[part] for part in parts])
            fronts[i, j] = _unbeaten(point for point in points if point.peak <= limit)
        return fronts[1, self.instance.length]

    def _scheme(self, whole: Point) -> Scheme:
        """The scheme of a point, parts in the calmer order, left ones first when it does not matter."""
        pending: list[tuple[int, int, Point]] = [(1, self.instance.length, whole)]
        found: Scheme = []
        while pending:
            i, j, point = pending.pop()
            parts = []
            if point.left:
                parts.append((i, point.split, point.left))
            if point.right:
                parts.append((point.split + 1, j, point.right))
            if i < j or self.instance.costs is not None:
                work = point.cost - sum(part.cost for _, _, part in parts)
                found.append(Entry(i, point.split, j, point.operation, work))
            if point.left and point.right:
                kept_left, kept_right = (self.size(*part[:2]) for part in parts)
                if max(point.left.peak, kept_left + point.right.peak) > max(point.right.peak, kept_right + point.left.peak):
                    parts.reverse()
            pending += parts
        return found[::-1]


def _near_optimal(table: Table, more: int) -> dict[Chain, list[Choice]]:
    """The ways to have every sub-chain that occur in schemes costing up to ``more`` above the optimum, longer ones first.

    What they cost is what they cost beyond their parts.
    """
    q = table.instance.length
    allowed = {(1, q): more}
    waiting: list[list[Chain]] = [[] for _ in range(q - 1)] + [[(1, q)]]
    found: dict[Chain, list[Choice]] = {}
    for i, j in (chain for chains in reversed(waiting) for chain in chains):
        most = table.cost(i, j) + allowed[i, j]
        choices = found[i, j] = []
        for choice in table.choices(i, j, most):
            own = choice.cost
            for part in choice.parts(i, j):
                if part not in allowed:
                    waiting[part[1] - part[0]].append(part)
                allowed[part] = max(allowed.get(part, 0), most - choice.cost)
                own -= table.cost(*part)
            choices.append(choice._replace(cost=own))
    return found


def _points(choice: Choice, sizes: list[int], fronts: list[Front]) -> Iterator[Point]:
    """The points that a way makes of those of its parts; ``sizes`` are those of the parts and of the whole."""
    cost, operation, k = choice
    match fronts:
        case []:
            yield Point(cost, sizes[0], operation, k)
        case [front]:
            for part in front:
                both = (part, None) if operation == TANGENT else (None, part)
                yield Point(part.cost + cost, max(part.peak, sum(sizes)), operation, k, *both)
        case [lefts, rights]:
            first, second, size = sizes
            for left in lefts:
                for right in rights:
                    peak = _peak(first, second, size, left.peak, right.peak)
                    yield Point(left.cost + right.cost + cost, peak, MULTIPLY, k, left, right)


def _peak(first: int, second: int, size: int, left: int, right: int) -> int:
    """The peak of a product of a given size, in the calmer order of its parts, whose sizes and peaks are given."""
    return max(min(max(left, first + right), max(right, second + left)), first + second + size)


def _unbeaten(points: Iterable[Point]) -> Front:
    """The points that no other beats in both cost and peak, by increasing cost."""
    front: Front = []
    for point in sorted(points, key=lambda point: point[:4]):
        if not front or point.peak < front[-1].peak:
            front.append(point)
    return front
