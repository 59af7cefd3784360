"""Dense chains with a width of one somewhere: the least cost in O(q), by a rule.

"Reverse mode is optimal for a scalar loss" holds only when nothing else in the chain is one number.  Where two widths are 1,
the widths 2, 5, 1, 1 for instance, the chain falls apart into outer products, and the matrices between two ones are best
multiplied towards the smallest width between them.
"""

from __future__ import annotations

from itertools import pairwise


def cost_with_one(dims: tuple[int, ...]) -> int | None:
    """The least cost of a dense chain one of whose dims is 1; ``None`` when none is.

    The cost of a chain is that of a triangulated polygon, so the ends are neighbours like any others.  With one vertex of
    weight 1 all triangles meet there; more of them are cut off from each other, and in each gap all triangles with a 1
    meet at one vertex of the gap.
    """
    if 1 not in dims:
        return None
    first = dims.index(1)
    around = (*dims[first:], *dims[:first], 1)
    ones = [place for place, width in enumerate(around) if width == 1]
    gaps = [around[start + 1 : end] for start, end in pairwise(ones)]
    sides = sum(a * b for gap in gaps for a, b in pairwise(gap))
    if len(gaps) == 1:
        return sides
    return len(gaps) - 2 + sides + sum(min(gap) for gap in gaps if gap)
