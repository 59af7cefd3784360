"""A scheme: one way to have the whole chain, as what is done for every sub-chain that occurs in it.

Every solver answers with one, whatever it searched.  The operands of an entry stand before it, as do those of the joins of a
bracketing.  Single stages occur where their Jacobians have to be built, which in explicit mode none has.  Chains can be long
and lopsided, so nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from jacchain.chain.dynamic import ADJOINT, BUILDINGS, MULTIPLY, OPERATIONS, TANGENT, Choice, leaf_choices
from jacchain.chain.instance import Instance
from jacchain.chain.plan import Accumulation, Operand, PlannedProduct, Tree
from jacchain.chain.prices import Chain, Join, Prices


class Entry(NamedTuple):
    """The sub-chain ``first:last``: what is done, behind which factor it is split, and what that costs beyond its parts.

    ``operation`` indexes ``OPERATIONS``, or ``BUILDINGS`` for a single stage.
    """

    first: int
    split: int
    last: int
    operation: int
    work: int


Scheme = list[Entry]


def cost_of(scheme: Scheme) -> int:
    """What the whole chain costs by a scheme."""
    return sum([entry.work for entry in scheme])


def follow(best: Callable[[int, int], Choice], instance: Instance) -> Scheme:
    """The scheme that takes the best choice of every sub-chain it meets, left operands before right ones."""
    shortest = 1 if instance.costs is None else 0
    pending = [(1, instance.length, 0)]
    work = [0]
    found = []
    while pending:
        i, j, whole = pending.pop()
        if j - i >= shortest:
            choice = best(i, j)
            work[whole] -= choice.cost
            pending += [(*part, len(work)) for part in choice.parts(i, j)]
            found.append((i, choice.split, j, choice.operation))
            work.append(choice.cost)
    return [Entry(*what, own) for what, own in zip(reversed(found), reversed(work), strict=False)]


def joins_of(tree: Tree) -> list[Join]:
    """The products of a bracketing, operands first, left ones before right ones."""
    pending: list[Tree | None] = [tree]
    spans: list[Chain] = []
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
        return [Entry(i, k, j, MULTIPLY, work) for (i, k, j), work in zip(joins, prices.costs(joins), strict=True)]
    chosen = _cheapest(instance, prices, joins)
    return follow(lambda i, j: chosen[i, j], instance)


def _cheapest(instance: Instance, prices: Prices, joins: Sequence[Join]) -> dict[Chain, Choice]:
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
    """The products of a scheme in order, numbered from 1."""
    entries = [entry for entry in scheme if entry[0] < entry[2]]
    matrices = prices.matrices([entry[:3] for entry in entries])
    dims = prices.dims
    products: list[PlannedProduct] = []
    starting: dict[int, Operand] = {}
    for number, ((i, k, j, operation, work), (structure, size)) in enumerate(zip(entries, matrices, strict=True), 1):
        left = starting.pop(i) if i < k else Operand("stage", i)
        right = starting.pop(k + 1) if k + 1 < j else Operand("stage", j)
        shape = dims[i - 1], dims[j]
        products.append(PlannedProduct(number, left, right, shape, work, structure, size, OPERATIONS[operation]))
        starting[i] = Operand("product", number)
    return tuple(products)


def accumulations_of(scheme: Scheme, instance: Instance, prices: Prices) -> tuple[Accumulation, ...]:
    """The stages of a scheme whose Jacobian is built by itself; none when all of them lie there already."""
    costs = instance.costs
    if costs is None:
        return ()
    return tuple(
        Accumulation(i, BUILDINGS[operation], work, prices.entries(i, i))
        for i, _, j, operation, work in sorted(scheme)
        if i == j and costs[i - 1].given != 0
    )
