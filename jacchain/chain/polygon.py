"""Dense chains of any length in O(n log n): Hu and Shing's triangulation of the polygon whose vertices are the dims.

Bracketing a chain of n dense matrices is cutting a polygon of n + 1 vertices into triangles, a triangle of the weights u, v, w
costing uvw.  Only n - 2 arcs, which nest, can belong to an optimum; they form a forest, and each arc is either part of the
optimum below its parent or gives way to a fan from the smallest vertex around it, whichever the *supporting weight* of
the arcs decides.  The second, independent algorithm for what ``dynamic`` finds, and the only one for very long chains.

Source: T. C. Hu and M. T. Shing, Computation of matrix chain products, SIAM J. Comput. 11 (1982) and 13 (1984); O. Schwartz and
E. Weiss, Revisiting "Computation of matrix chain products", SIAM J. Comput. 48 (2019), repair the proof.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import accumulate, pairwise

from jacchain.chain.prices import Join

Arc = tuple[int, int]


class _Ceiling:
    """The part of the optimum around an arc, worth ``numerator`` and kept while its ratio to ``denominator`` is small."""

    __slots__ = ("denominator", "members", "numerator")

    def __init__(self, numerator: int, denominator: int, arc: int) -> None:
        self.numerator, self.denominator, self.members = numerator, denominator, [arc]

    def absorb(self, other: _Ceiling) -> None:
        """Makes one ceiling of two that are kept or given up together."""
        self.numerator += other.numerator
        self.denominator += other.denominator
        self.members += other.members

    def __lt__(self, other: _Ceiling) -> bool:
        """Whether the ratio is larger: a heap then yields the largest first."""
        return self.numerator * other.denominator > other.numerator * self.denominator


def triangulate(dims: tuple[int, ...]) -> tuple[int, list[Join]]:
    """The least cost of a dense chain of two or more factors, and an order that attains it, operands first."""
    polygon = _Polygon(dims)
    cost, arcs = polygon.optimum()
    return cost, _joins(polygon, arcs)


class _Polygon:
    """The vertices 1 … N of a chain, turned so that the first is a smallest one, and it once more at N + 1.

    ``along[v]`` adds up the products of neighbouring weights from 1 to v.  ``rightward[u]`` and ``leftward[v]`` hold the other
    ends of the arcs that are present at a vertex, outer ones last.
    """

    def __init__(self, dims: tuple[int, ...]) -> None:
        self.turn = dims.index(min(dims))
        self.size = len(dims)
        self.weight = w = [0, *dims[self.turn :], *dims[: self.turn], dims[self.turn]]
        self.along = [0, 0, *accumulate(w[i] * w[i - 1] for i in range(2, self.size + 2))]
        self.arcs = self._candidates()
        self.rightward: list[list[int]] = [[] for _ in w]
        self.leftward: list[list[int]] = [[] for _ in w]

    def _candidates(self) -> list[Arc]:
        """The arcs that may be part of an optimum, inner ones first; the last is the root, around everything."""
        w = self.weight
        arcs: list[Arc] = []
        stack: list[int] = []
        for i in range(1, self.size + 1):
            while len(stack) >= 2 and w[stack[-1]] > w[i]:
                arcs.append((stack[-2], i))
                stack.pop()
            stack.append(i)
        while len(stack) >= 4:
            arcs.append((1, stack[-2]))
            stack.pop()
        return [*(arc for arc in arcs if arc[0] != 1), (1, self.size + 1)]

    def optimum(self) -> tuple[int, list[Arc]]:
        """The least cost, and the arcs that attain it, inner ones first and the root last."""
        w, along = self.weight, self.along
        pending: list[tuple[int, int, list[_Ceiling]]] = []
        heap: list[_Ceiling] = []
        for number, (u, v) in enumerate(self.arcs):
            mul = w[u] * w[v]
            base = along[v] - along[u] - mul
            denominator, heap = base, []
            while pending and pending[-1][0] >= u:
                _, child_base, child_heap = pending.pop()
                denominator -= child_base
                heap = _merged(heap, child_heap)
            low = min(w[u], w[v])
            ceiling = _Ceiling(0, denominator, number)
            while heap and heap[0].numerator >= low * heap[0].denominator:
                ceiling.denominator += heap[0].denominator
                self._remove(heappop(heap))
            ceiling.numerator = low * (ceiling.denominator + mul - self._beside(u, v))
            while heap and not ceiling < heap[0]:
                ceiling.absorb(heappop(heap))
            heappush(heap, ceiling)
            self.rightward[u].append(v)
            self.leftward[v].append(u)
            pending.append((u, base, heap))
        members = sorted(member for ceiling in heap for member in ceiling.members)
        return sum(ceiling.numerator for ceiling in heap), [self.arcs[member] for member in members]

    def _beside(self, u: int, v: int) -> int:
        """What the sides next to the smaller end of an arc cost: of the region that lies directly below the arc."""
        w = self.weight
        if v > self.size:
            return w[1] * (w[2] + w[self.size])
        if w[u] < w[v]:
            return w[u] * w[self.rightward[u][-1] if self.rightward[u] else u + 1]
        return w[v] * w[self.leftward[v][-1] if self.leftward[v] else v - 1]

    def _remove(self, ceiling: _Ceiling) -> None:
        """Takes the arcs of a ceiling away: outer ones come first among its members, so each is the last of both its ends."""
        for member in ceiling.members:
            u, v = self.arcs[member]
            self.rightward[u].pop()
            self.leftward[v].pop()


def _merged(a: list[_Ceiling], b: list[_Ceiling]) -> list[_Ceiling]:
    """The heap of both, the smaller one poured into the larger."""
    if len(a) < len(b):
        a, b = b, a
    for ceiling in b:
        heappush(a, ceiling)
    return a


def _joins(polygon: _Polygon, arcs: list[Arc]) -> list[Join]:
    """The triangles of the regions between the arcs, each cut as a fan from its smallest vertex, read as a bracketing.

    A triangle of the vertices a < b < c of the chain says that the matrix with the dims a and c is split at b.
    """
    splits: dict[Arc, int] = {}
    following = list(range(1, polygon.size + 2))
    label = [(vertex - 1 + polygon.turn) % polygon.size for vertex in range(polygon.size + 2)]
    for u, v in arcs:
        region = [u]
        while region[-1] != v:
            region.append(following[region[-1]])
        following[u] = v
        if v > polygon.size:
            region.pop()
        apex = min(range(len(region)), key=lambda at: polygon.weight[region[at]])
        fan = [label[vertex] for vertex in (*region[apex:], *region[:apex])]
        top = fan[0]
        for left, right in pairwise(fan[1:]):
            if right < left:
                splits[right, left] = top
            elif top < left:
                splits[top, right] = left
            else:
                splits[left, top] = right
    pending, joins = [(0, polygon.size - 1)], []
    while pending:
        a, c = pending.pop()
        if c > a + 1:
            b = splits[a, c]
            joins.append((a + 1, b, c))
            pending += [(a, b), (b, c)]
    return joins[::-1]
