"""Plans under a limit on memory: the entries of intermediate matrices that are alive at one time.

Of the ways to have a sub-chain only those count that no other beats in both multiplications and peak; they form its front, and a
front is made of the fronts of the parts.  The parts of a product are worked out in the order that needs less: the second
while the first is kept, or the first while the second is kept.  Jacobians that lie there already are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from jacchain.chain.dynamic import ADJOINT, MULTIPLY, TANGENT, leaf_choices
from jacchain.chain.instance import Instance
from jacchain.chain.prices import Join, Prices
from jacchain.chain.scheme import Entry, Scheme


class Point(NamedTuple):
    """One way to have a sub-chain; ``left`` and ``right`` are the points of its parts, ``None`` for a stage never built."""

    cost: int
    peak: int
    operation: int
    split: int
    left: Point | None = None
    right: Point | None = None


class Memory:
    """The live entries of the ways to carry out a chain."""

    def __init__(self, instance: Instance, prices: Prices) -> None:
        self.instance, self.prices = instance, prices

    def size(self, i: int, j: int) -> int:
        """The entries that are kept while the matrix of ``i:j`` is."""
        costs = self.instance.costs
        if i == j and (costs is None or costs[i - 1].given == 0):
            return 0
        return self.prices.entries(i, j)

    def calmest(self, scheme: Scheme) -> tuple[int, Scheme]:
        """The least peak a scheme can be carried out with, and the scheme in the order that does it."""
        points: dict[tuple[int, int], Point] = {}
        whole = there = Point(0, 0, MULTIPLY, 0)
        for i, k, j, operation, cost in scheme:
            left = points.get((i, k), there) if i < j and operation != ADJOINT else None
            right = points.get((k + 1, j), there) if i < j and operation != TANGENT else None
            whole = points[i, j] = Point(cost, self._peak((i, k, j), left, right), operation, k, left, right)
        return whole.peak, self._scheme(whole)

    def least_peak(self) -> int:
        """The least peak of all ways to have the chain."""
        return self._fronts(lambda points: [min(points, key=lambda point: point.peak)])[0].peak

    def cheapest_within(self, limit: int) -> Scheme:
        """The cheapest scheme with a peak of at most ``limit`` entries, which must not be less than :meth:`least_peak`."""
        return self._scheme(self._fronts(lambda points: _front(point for point in points if point.peak <= limit))[0])

    def _fronts(self, kept: Callable[[Iterable[Point]], list[Point]]) -> list[Point]:
        """The points of the whole chain, when of every sub-chain only those ``kept`` are combined further."""
        q = self.instance.length
        fronts: dict[tuple[int, int], list[Point]] = {}
        for j in range(1, q + 1):
            fronts[j, j] = kept(
                Point(cost, self.size(j, j), operation, j) for cost, operation, _ in leaf_choices(self.instance, j)
            )
            for i in range(j - 1, 0, -1):
                fronts[i, j] = kept(self._points(fronts, i, j))
        return fronts[1, q]

    def _points(self, fronts: dict[tuple[int, int], list[Point]], i: int, j: int) -> Iterator[Point]:
        """Every way to have ``i:j`` from the points of its parts."""
        for k in range(i, j):
            work = self.prices.split(i, k, j)
            for left in fronts[i, k]:
                for right in fronts[k + 1, j]:
                    yield Point(left.cost + right.cost + work, self._peak((i, k, j), left, right), MULTIPLY, k, left, right)
        if self.instance.costs is None:
            return
        d, tangent, adjoint = self.instance.dims, self.instance.costs[j - 1].tangent, self.instance.costs[i - 1].adjoint
        if tangent is not None:
            for left in fronts[i, j - 1]:
                peak = self._peak((i, j - 1, j), left, None)
                yield Point(left.cost + d[i - 1] * tangent, peak, TANGENT, j - 1, left)
        if adjoint is not None:
            for right in fronts[i + 1, j]:
                peak = self._peak((i, i, j), None, right)
                yield Point(right.cost + d[j] * adjoint, peak, ADJOINT, i, None, right)

    def _peak(self, join: Join, left: Point | None, right: Point | None) -> int:
        """The peak of making ``i:j`` of the given parts, the calmer one of their two orders."""
        i, k, j = join
        size = self.size(i, j)
        if left is None or right is None:
            part = left or right
            kept = self.size(i, k) if left else self.size(k + 1, j) if right else 0
            return max(part.peak, kept + size) if part else size
        first, second = self.size(i, k), self.size(k + 1, j)
        parts = min(max(left.peak, first + right.peak), max(right.peak, second + left.peak))
        return max(parts, first + second + size)

    def _scheme(self, whole: Point) -> Scheme:
        """The scheme of a point, parts in the calmer order, left ones first when it does not matter."""
        pending: list[tuple[int, int, Point]] = [(1, self.instance.length, whole)]
        found: Scheme = []
        while pending:
            i, j, point = pending.pop()
            if i < j or self.instance.costs is not None:
                found.append(Entry(i, point.split, j, point.operation, point.cost))
            parts = []
            if point.left:
                parts.append((i, point.split, point.left))
            if point.right:
                parts.append((point.split + 1, j, point.right))
            if point.left and point.right:
                kept_left, kept_right = (self.size(*part[:2]) for part in parts)
                if max(point.left.peak, kept_left + point.right.peak) > max(point.right.peak, kept_right + point.left.peak):
                    parts.reverse()
            pending += parts
        return found[::-1]


def _front(points: Iterable[Point]) -> list[Point]:
    """The points that no other beats in both cost and peak, by increasing cost."""
    front: list[Point] = []
    for point in sorted(points, key=lambda point: point[:4]):
        if not front or point.peak < front[-1].peak:
            front.append(point)
    return front
