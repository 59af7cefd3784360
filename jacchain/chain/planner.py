"""From an instance to a plan: the order asked for, what it costs, and what the obvious orders would cost."""

from __future__ import annotations

from jacchain.chain.dynamic import SCALAR_LENGTH, solve
from jacchain.chain.instance import Instance
from jacchain.chain.order import Order
from jacchain.chain.plan import Plan
from jacchain.chain.prices import Join, Prices, Shapes
from jacchain.chain.scheme import Scheme, accumulations_of, cheapest_scheme, follow, joins_of, products_of

PATTERN_BYTES = 1 << 29
"""Memory up to which costs are counted on zero patterns; beyond it on shapes alone."""


def make_plan(instance: Instance, order: Order = "optimal") -> Plan:
    """The cheapest plan of a chain, or the plan that follows a given order.

    ``order`` is ``optimal``, ``forward``, ``reverse`` or a bracketing; where stages can be differentiated without building
    their Jacobians, a given bracketing is carried out with the cheapest operations.
    """
    prices, upper_bound = prices_of(instance)
    length = instance.length
    forward = cheapest_scheme(instance, prices, forward_joins(length))
    reverse = cheapest_scheme(instance, prices, reverse_joins(length))
    optimal = follow(solve(instance, prices).best, length)
    match order:
        case "optimal":
            scheme = optimal
        case "forward":
            scheme = forward
        case "reverse":
            scheme = reverse
        case _:
            assert not isinstance(order, str)
            scheme = cheapest_scheme(instance, prices, joins_of(order))
    return Plan(
        dims=instance.dims,
        products=products_of(scheme, prices),
        multiplications=cost_of(scheme),
        forward=cost_of(forward),
        reverse=cost_of(reverse),
        worst=solve(instance, prices, worst=True).total if length <= SCALAR_LENGTH else None,
        optimum=cost_of(optimal),
        order=order if isinstance(order, str) else "given",
        mode=instance.mode,
        accumulations=accumulations_of(scheme, instance, prices),
        upper_bound=upper_bound,
    )


def prices_of(instance: Instance) -> tuple[Prices, bool]:
    """What products cost, and whether that is only an upper bound because the zero patterns are too large to use."""
    if instance.patterns is None:
        return Shapes(instance.dims), False
    from jacchain.chain.structures import Structures, bytes_needed  # noqa: PLC0415 - shapes alone need no numpy

    if bytes_needed(instance.dims) > PATTERN_BYTES:
        return Shapes(instance.dims), True
    return Structures(instance.patterns), False


def forward_joins(length: int) -> list[Join]:
    """``((1 2) 3) …``: tangents first."""
    return [(1, j - 1, j) for j in range(2, length + 1)]


def reverse_joins(length: int) -> list[Join]:
    """``1 (2 (3 …))``: from the end backwards."""
    return [(i, i, length) for i in range(length - 1, 0, -1)]


def cost_of(scheme: Scheme) -> int:
    """What the whole chain costs by a scheme."""
    return scheme[-1].choice.cost
