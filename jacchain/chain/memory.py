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
from jacchain.chain.prices import Prices
from jacchain.chain.scheme import Entry, Scheme


class Point(NamedTuple):
    """One way to have a sub-chain; ``left`` and ``right`` are the points of its parts, ``None`` for a stage never built."""

    cost: int
    peak: int
    operation: int
    split: int
    left: Point | None = None
    right: Point | None = None


Front = list[Point]
Made = tuple[int, Front]


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
            first, second = self.size(i, k) if left else 0, self.size(k + 1, j) if right else 0
            peak = _peak(first, second, self.size(i, j), left.peak if left else 0, right.peak if right else 0)
            whole = points[i, j] = Point(cost, peak, operation, k, left, right)
        return whole.peak, self._scheme(whole)

    def least_peak(self, known: int) -> int:
        """The least peak of all ways to have the chain, one of which has the peak ``known``."""

        def calmest(points: Iterable[Point]) -> Front:
            found = min(points, key=lambda point: point.peak, default=None)
            return [found] if found else []

        return self._front(known, calmest)[0].peak

    def cheapest_within(self, limit: int) -> Scheme:
        """The cheapest scheme with a peak of at most ``limit`` entries, which must not be less than :meth:`least_peak`."""
        return self._scheme(self._front(limit, _unbeaten)[0])

    def _front(self, limit: int, kept: Callable[[Iterable[Point]], Front]) -> Front:
        """The points of the whole chain up to a limit, when of every sub-chain only those ``kept`` are combined further.

        ``rows[i]`` holds what there is of ``i:i``, ``i:i+1``, …, and ``column`` of ``j:j``, ``j-1:j``, …: sizes and fronts.
        """
        q = self.instance.length
        rows: list[list[Made]] = [[] for _ in range(q + 1)]
        for j in range(1, q + 1):
            column: list[Made] = []
            for i in range(j, 0, -1):
                points = self._points((i, j), rows[i], column, limit) if i < j else self._leaves(j, limit)
                made = self.size(i, j), kept(points)
                rows[i].append(made)
                column.append(made)
        return rows[1][-1][1]

    def _leaves(self, i: int, limit: int) -> Iterator[Point]:
        """Every way to have the Jacobian of stage ``i`` itself."""
        size = self.size(i, i)
        if size <= limit:
            for cost, operation, _ in leaf_choices(self.instance, i):
                yield Point(cost, size, operation, i)

    def _points(self, span: tuple[int, int], before: list[Made], behind: list[Made], limit: int) -> Iterator[Point]:
        """Every way to have ``i:j`` from the points of its first parts and of its last ones, longer ones last."""
        i, j = span
        size = self.size(i, j)
        pairs = zip(before, reversed(behind), self.prices.splits(i, j), strict=True)
        for k, ((first, lefts), (second, rights), work) in enumerate(pairs, i):
            if first + second + size <= limit:
                for left in lefts:
                    for right in rights:
                        if (peak := _peak(first, second, size, left.peak, right.peak)) <= limit:
                            yield Point(left.cost + right.cost + work, peak, MULTIPLY, k, left, right)
        if self.instance.costs is None:
            return
        d, tangent, adjoint = self.instance.dims, self.instance.costs[j - 1].tangent, self.instance.costs[i - 1].adjoint
        (first, lefts), (second, rights) = before[-1], behind[-1]
        if tangent is not None and first + size <= limit:
            for left in lefts:
                yield Point(left.cost + d[i - 1] * tangent, max(left.peak, first + size), TANGENT, j - 1, left)
        if adjoint is not None and second + size <= limit:
            for right in rights:
                yield Point(right.cost + d[j] * adjoint, max(right.peak, second + size), ADJOINT, i, None, right)

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
