"""A scheme: for one way to have the whole chain, what is done with every sub-chain that occurs in it.

Every solver answers with one, whatever it searched: entries ``(i, j, choice)`` with the operands before what is made of them.
Chains can be long and lopsided, so nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from jacchain.chain.dynamic import ADJOINT, BUILDINGS, MULTIPLY, OPERATIONS, TANGENT, Choice, leaf_choices
from jacchain.chain.instance import Instance
from jacchain.chain.plan import Accumulation, Operand, PlannedProduct, Tree
from jacchain.chain.prices import Join, Prices


class Entry(NamedTuple):
    """The sub-chain ``first:last`` and how it is had."""

    first: int
    last: int
    choice: Choice


Scheme = list[Entry]


def follow(best: Callable[[int, int], Choice], length: int) -> Scheme:
    """The scheme that takes the best choice of every sub-chain it meets, left operands before right ones."""
    pending, found = [(1, length)], []
    while pending:
        i, j = pending.pop()
        choice = best(i, j)
        found.append(Entry(i, j, choice))
        if i < j:
            if choice.operation != ADJOINT:
                pending.append((i, choice.split))
            if choice.operation != TANGENT:
                pending.append((choice.split + 1, j))
    return found[::-1]


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


def cheapest_scheme(instance: Instance, prices: Prices, joins: Iterable[Join]) -> Scheme:
    """The scheme of a given bracketing; where a stage need not be built, whichever operation is cheapest."""
    chosen: dict[tuple[int, int], Choice] = {}
    for i in range(1, instance.length + 1):
        chosen[i, i] = min(leaf_choices(instance, i))
    for i, k, j in joins:
        left, right = chosen[i, k].cost, chosen[k + 1, j].cost
        ways = [Choice(left + right + prices.split(i, k, j), MULTIPLY, k)]
        if instance.costs is not None:
            tangent, adjoint = instance.costs[j - 1].tangent, instance.costs[i - 1].adjoint
            if tangent is not None and k == j - 1:
                ways.append(Choice(left + instance.dims[i - 1] * tangent, TANGENT, k))
            if adjoint is not None and k == i:
                ways.append(Choice(right + instance.dims[j] * adjoint, ADJOINT, k))
        chosen[i, j] = min(ways)
    return follow(lambda i, j: chosen[i, j], instance.length)


def products_of(scheme: Scheme, prices: Prices) -> tuple[PlannedProduct, ...]:
    """The products of a scheme in order, numbered from 1; each costs what its entry costs beyond its operands."""
    structures = iter(prices.structures([(i, choice.split, j) for i, j, choice in scheme if i < j]))
    costs: dict[tuple[int, int], int] = {}
    made: dict[tuple[int, int], int] = {}
    products: list[PlannedProduct] = []
    for i, j, choice in scheme:
        costs[i, j] = choice.cost
        if i == j:
            continue
        left, right = (i, choice.split), (choice.split + 1, j)
        paid = sum(costs[part] for part, skipped in ((left, ADJOINT), (right, TANGENT)) if choice.operation != skipped)
        operands = [Operand("product", made[part]) if part[0] < part[1] else Operand("stage", part[0]) for part in (left, right)]
        made[i, j] = len(products) + 1
        shape = prices.dims[i - 1], prices.dims[j]
        work, operation = choice.cost - paid, OPERATIONS[choice.operation]
        products.append(
            PlannedProduct(made[i, j], operands[0], operands[1], shape, work, next(structures), prices.entries(i, j), operation)
        )
    return tuple(products)


def accumulations_of(scheme: Scheme, instance: Instance, prices: Prices) -> tuple[Accumulation, ...]:
    """The stages of a scheme whose Jacobian is built by itself, in order; none when all of them are given."""
    if instance.costs is None:
        return ()
    return tuple(
        Accumulation(i, BUILDINGS[choice.operation], choice.cost, prices.entries(i, i)) for i, j, choice in scheme if i == j
    )
