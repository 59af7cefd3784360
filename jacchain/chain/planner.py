"""From an instance to a plan: the order asked for, what it costs, and what other orders would cost."""

from __future__ import annotations

from jacchain.chain.dynamic import SCALAR_LENGTH, Table, cost_limit, leaf_costs, solve
from jacchain.chain.instance import Instance
from jacchain.chain.lightest import lightest
from jacchain.chain.memory import Memory
from jacchain.chain.narrow import cost_with_one
from jacchain.chain.order import Order
from jacchain.chain.plan import Plan
from jacchain.chain.polygon import triangulate
from jacchain.chain.prices import Join, Prices, Shapes
from jacchain.chain.scheme import (
    Scheme,
    accumulations_of,
    cheapest_scheme,
    cost_of,
    follow,
    forward_joins,
    joins_of,
    price_of,
    products_of,
    reverse_joins,
)
from jacchain.errors import JacchainError, Problem

PATTERN_BYTES = 1 << 29
"""Memory up to which costs are counted on zero patterns; beyond it on shapes alone."""

LONGEST_TABLE = 2000
"""Factors up to which the costs of all sub-chains are tabulated."""

LONGEST_BY_LENGTH = 1000
"""Factors up to which the table of a chain that mixes is made length by length."""

LONGEST_SURVEY = 200
"""Factors up to which a thorough plan and a survey look at more than the optimum by itself needs."""

LONGEST_CHECK, LONGEST_DENSE_CHECK = 100, 500
"""Factors up to which an optimum is confirmed: by settling sub-chains in the order of their costs, of dense ones by a table."""

LONGEST_MEMORY = 200
"""Factors up to which a plan is searched under a limit on memory."""

EXACT_FLOATS = 1 << 53


def make_plan(instance: Instance, order: Order = "optimal", *, memory_limit: int | None = None, thorough: bool = False) -> Plan:
    """The cheapest plan of a chain, or the plan that follows a given order.

    ``order`` is ``optimal``, ``forward``, ``reverse`` or a bracketing; where stages can be differentiated without building
    their Jacobians, a given bracketing is carried out with the cheapest operations.  Of orders that cost the same the one that
    splits first is taken, operation by operation; in dense chains of more than 40 factors, any of them.

    ``memory_limit`` bounds the entries of intermediate matrices that are alive at one time.  A ``thorough`` plan is confirmed by
    other algorithms, and names the worst order also of longer chains.

    Raises:
        JacchainError: no order keeps to the memory limit (JC452; the error names the smallest that would do), or the chain
            is too long for what is asked (JC450).

    """
    prices, upper_bound = prices_of(instance)
    optimal = optimal_scheme(instance, prices)
    scheme = _ordered(instance, prices, order, optimal)
    if memory_limit is not None:
        scheme = _within(Memory(instance, prices), scheme, memory_limit, free=order == "optimal")
    tabulated = instance.length <= (LONGEST_SURVEY if thorough else SCALAR_LENGTH)
    return Plan(
        dims=instance.dims,
        products=products_of(scheme, prices),
        multiplications=cost_of(scheme),
        forward=price_of(instance, prices, forward_joins(instance.length)),
        reverse=price_of(instance, prices, reverse_joins(instance.length)),
        worst=tabulate(instance, prices, worst=True).total if tabulated else None,
        optimum=cost_of(optimal),
        order=order if isinstance(order, str) else "given",
        mode=instance.mode,
        accumulations=accumulations_of(scheme, instance, prices),
        **_homogeneous(instance, prices),
        confirmed=confirm(instance, prices, cost_of(optimal)) if thorough else (),
        upper_bound=upper_bound,
    )


def prices_of(instance: Instance) -> tuple[Prices, bool]:
    """What products cost, and whether that is only an upper bound because the zero patterns are too large to use."""
    if instance.patterns is None:
        return Shapes(instance.dims), False
    from jacchain.chain.reach import TooLargeError  # noqa: PLC0415 - shapes alone need no numpy
    from jacchain.chain.structures import Structures, bytes_needed  # noqa: PLC0415 - as above

    if instance.length <= LONGEST_TABLE and bytes_needed(instance.dims) <= PATTERN_BYTES:
        try:
            return Structures(instance.patterns), False
        except TooLargeError:
            pass
    return Shapes(instance.dims), True


def is_dense(instance: Instance, prices: Prices) -> bool:
    """Whether the chain is one of dense given matrices, whose costs have the geometry of a polygon."""
    return instance.costs is None and isinstance(prices, Shapes)


def tabulate(instance: Instance, prices: Prices, *, worst: bool = False) -> Table:
    """The costs of all sub-chains, by whichever means is fastest and exact.

    Raises:
        JacchainError: the chain is too long (JC450).

    """
    length = instance.length
    if length > LONGEST_TABLE:
        message = f"a chain of {length:,} factors is too long to tabulate: the limit is {LONGEST_TABLE:,}"
        raise JacchainError(Problem("JC450", message, help="only dense chains of given Jacobians may be longer"))
    if length <= SCALAR_LENGTH or cost_limit(instance) > EXACT_FLOATS:
        return solve(instance, prices, worst=worst)
    from jacchain.chain.repeated import kinds_of, solve_repeated  # noqa: PLC0415 - numpy is imported for long chains only

    kinds = kinds_of(instance)
    if kinds is not None:
        return solve_repeated(instance, prices, kinds, worst=worst)
    mixing = prices.mixing() if length <= LONGEST_BY_LENGTH else None
    if mixing is not None:
        from jacchain.chain.lengths import solve_lengths  # noqa: PLC0415 - as above

        return solve_lengths(instance, prices, mixing, worst=worst)
    from jacchain.chain.blocked import solve_blocked  # noqa: PLC0415 - as above

    return solve_blocked(instance, prices, worst=worst)


def optimal_scheme(instance: Instance, prices: Prices) -> Scheme:
    """The cheapest scheme of the whole chain."""
    if instance.length > SCALAR_LENGTH and is_dense(instance, prices):
        return cheapest_scheme(instance, prices, triangulate(instance.dims)[1])
    return follow(tabulate(instance, prices).best, instance)


def confirm(instance: Instance, prices: Prices, cost: int) -> tuple[str, ...]:
    """The names of the algorithms that find the least cost, the one that was used first; another cost is a bug of ours."""
    length, dense = instance.length, is_dense(instance, prices)
    if not dense:
        checks = {"sub-chains settled by cost": lightest(instance, prices) if length <= LONGEST_CHECK else None}
    else:
        checks = {
            "Hu–Shing": triangulate(instance.dims)[0] if SCALAR_LENGTH >= length > 1 else None,
            "dynamic programming": tabulate(instance, prices).total if SCALAR_LENGTH < length <= LONGEST_DENSE_CHECK else None,
            "rule for a width of one": cost_with_one(instance.dims) if length > 1 else None,
        }
    found = {name: other for name, other in checks.items() if other is not None}
    different = {name: other for name, other in found.items() if other != cost}
    if different:
        raise AssertionError(f"the least cost is {cost}, but {different}")
    return ("Hu–Shing" if dense and length > SCALAR_LENGTH else "dynamic programming", *found)


def _ordered(instance: Instance, prices: Prices, order: Order, optimal: Scheme) -> Scheme:
    """The scheme of the order asked for."""
    match order:
        case "optimal":
            return optimal
        case "forward":
            joins: list[Join] = forward_joins(instance.length)
        case "reverse":
            joins = reverse_joins(instance.length)
        case _:
            assert not isinstance(order, str)
            joins = joins_of(order)
    return cheapest_scheme(instance, prices, joins)


def _within(memory: Memory, scheme: Scheme, limit: int, *, free: bool) -> Scheme:
    """The scheme itself when its products fit into the limit in some sequence, else (if ``free``) the cheapest that does."""
    least, calm = memory.calmest(scheme)
    if least <= limit:
        return calm
    if free:
        length = memory.instance.length
        if length > LONGEST_MEMORY:
            message = f"a chain of {length:,} factors is too long for a search under a memory limit: {LONGEST_MEMORY} is the most"
            raise JacchainError(Problem("JC450", message, help=f"the cheapest plan needs {least:,} live entries"))
        least = memory.least_peak()
        if least <= limit:
            return memory.cheapest_within(limit, tabulate(memory.instance, memory.prices))
    which = "no order keeps" if free else "this order does not keep"
    message = f"{which} to {limit:,} live entries of intermediate matrices"
    raise JacchainError(Problem("JC452", message, help=f"the smallest limit that would do is {least:,}"))


def _homogeneous(instance: Instance, prices: Prices) -> dict[str, int | None]:
    """What it would cost to do the same with every stage: tangents only, adjoints only, or building all Jacobians first."""
    if instance.costs is None:
        return {}
    tangents = [cost.tangent for cost in instance.costs]
    adjoints = [cost.adjoint for cost in instance.costs]
    given = Instance(instance.dims, instance.patterns)
    return {
        "tangent": None if None in tangents else instance.dims[0] * sum(filter(None, tangents)),
        "adjoint": None if None in adjoints else instance.dims[-1] * sum(filter(None, adjoints)),
        "preaccumulation": sum(leaf_costs(instance)) + cost_of(optimal_scheme(given, prices)),
    }
