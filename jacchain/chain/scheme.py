"""A scheme: one way to have the whole chain, as what is done for every sub-chain that occurs in it.

Every solver answers with one, whatever it searched.  The operands of an entry stand right before it, each behind its own,
as do those of the joins of a bracketing, so that what is made can wait on a stack until it is used.  Single stages occur where
their Jacobians have to be built, which in explicit mode none has.  Chains can be long and lopsided, so nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from jacchain.chain.dynamic import ADJOINT, BUILDINGS, MULTIPLY, OPERATIONS, TANGENT, Choice, leaf_choices
from jacchain.chain.instance import Instance
from jacchain.chain.plan import Accumulation, Operand, PlannedProduct, Tree
from jacchain.chain.prices import Join, Prices


class Entry(NamedTuple):
    """The sub-chain ``first:last``: what is done, behind which factor it is split, and its cost with that of its parts.

    ``operation`` indexes ``OPERATIONS``, or ``BUILDINGS`` for a single stage.
    """

    first: int
    split: int
    last: int
    operation: int
    cost: int


Scheme = list[Entry]


def cost_of(scheme: Scheme) -> int:
    """What the whole chain costs by a scheme."""
    return scheme[-1].cost if scheme else 0


def follow(best: Callable[[int, int], Choice], instance: Instance) -> Scheme:
    """The scheme that takes the best choice of every sub-chain it meets, left operands before right ones."""
    shortest = 1 if instance.costs is None else 0
    pending = [(1, instance.length)]
    found: Scheme = []
    while pending:
        i, j = pending.pop()
        if j - i < shortest:
            continue
        cost, operation, k = best(i, j)
        found.append(Entry(i, k, j, operation, cost))
        if i < j:
            if operation != ADJOINT:
                pending.append((i, k))
            if operation != TANGENT:
                pending.append((k + 1, j))
    found.reverse()
    return found


def joins_of(tree: Tree) -> list[Join]:
    """The products of a bracketing, operands first, left ones before right ones."""
    pending: list[Tree | None] = [tree]
    spans: list[tuple[int, int]] = []
    joins = []
    while pending:
        match pending.pop():
            case (left, right):
                pending += [None, right, left]
            case int(number):
                spans.append((number, number))
            case None:
                (_, last), (first, split) = spans.pop(), spans.pop()
                spans.append((first, last))
                joins.append((first, split, last))
    return joins


def forward_joins(length: int) -> list[Join]:
    """``((1 2) 3) …``: tangents first."""
    return [(1, j - 1, j) for j in range(2, length + 1)]


def reverse_joins(length: int) -> list[Join]:
    """``1 (2 (3 …))``: from the end backwards."""
    return [(i, i, length) for i in range(length - 1, 0, -1)]


def price_of(instance: Instance, prices: Prices, joins: Sequence[Join]) -> int:
    """What the cheapest scheme of a given bracketing costs."""
    if instance.costs is None:
        return sum(prices.costs(joins))
    return _cheapest(instance, prices, joins)[1, instance.length].cost


def cheapest_scheme(instance: Instance, prices: Prices, joins: Sequence[Join]) -> Scheme:
    """The scheme of a given bracketing; where a stage need not be built, whichever operation is cheapest."""
    if instance.costs is None:
        scheme: Scheme = []
        parts: list[int] = []
        for (i, k, j), work in zip(joins, prices.costs(joins), strict=True):
            cost = work + (parts.pop() if i < k else 0) + (parts.pop() if k + 1 < j else 0)
            parts.append(cost)
            scheme.append(Entry(i, k, j, MULTIPLY, cost))
        return scheme
    chosen = _cheapest(instance, prices, joins)
    return follow(lambda i, j: chosen[i, j], instance)


def _cheapest(instance: Instance, prices: Prices, joins: Sequence[Join]) -> dict[tuple[int, int], Choice]:
    """The cheapest way to have each product of a bracketing, and each stage, of stages that need not be built."""
    assert instance.costs is not None
    d = instance.dims
    chosen = {(i, i): min(leaf_choices(instance, i)) for i in range(1, instance.length + 1)}
    for (i, k, j), work in zip(joins, prices.costs(joins), strict=True):
        left, right = chosen[i, k].cost, chosen[k + 1, j].cost
        best = Choice(left + right + work, MULTIPLY, k)
        if k == j - 1 and (tangent := instance.costs[j - 1].tangent) is not None:
            best = min(best, Choice(left + d[i - 1] * tangent, TANGENT, k))
        if k == i and (adjoint := instance.costs[i - 1].adjoint) is not None:
            best = min(best, Choice(right + d[j] * adjoint, ADJOINT, k))
        chosen[i, j] = best
    return chosen


def products_of(scheme: Scheme, prices: Prices) -> tuple[PlannedProduct, ...]:
    """The products of a scheme in order, numbered from 1; each costs what its entry costs beyond its operands."""
    matrices = iter(prices.matrices([entry[:3] for entry in scheme if entry[0] < entry[2]]))
    dims = prices.dims
    products: list[PlannedProduct] = []
    waiting: list[tuple[int, int, int]] = []
    for i, k, j, operation, cost in scheme:
        left = right = 0
        work = cost
        while waiting and i <= waiting[-1][0] <= j:
            first, part, part_cost = waiting.pop()
            work -= part_cost
            if first > k:
                right = part
            else:
                left = part
        if i == j:
            waiting.append((i, 0, cost))
            continue
        number = len(products) + 1
        waiting.append((i, number, cost))
        operands = (
            Operand("product", left) if left else Operand("stage", i),
            Operand("product", right) if right else Operand("stage", j),
        )
        shape = dims[i - 1], dims[j]
        products.append(PlannedProduct(number, *operands, shape, work, *next(matrices), OPERATIONS[operation]))
    return tuple(products)


def accumulations_of(scheme: Scheme, instance: Instance, prices: Prices) -> tuple[Accumulation, ...]:
    """The stages of a scheme whose Jacobian is built by itself; none when all of them lie there already."""
    costs = instance.costs
    if costs is None:
        return ()
    return tuple(
        Accumulation(i, BUILDINGS[operation], cost, prices.entries(i, i))
        for i, _, j, operation, cost in sorted(scheme)
        if i == j and costs[i - 1].given != 0
    )
