"""What a plan was chosen from: the table of all sub-chains, the next best plans, how many are as good, and why a split won."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import islice
from math import comb

from jacchain.chain.dynamic import ADJOINT, BUILDINGS, OPERATIONS, SCALAR_LENGTH, TANGENT, Choice, Table
from jacchain.chain.instance import Instance
from jacchain.chain.memory import Memory
from jacchain.chain.plan import Building, Operation, Tree
from jacchain.chain.planner import LONGEST_SURVEY, prices_of, tabulate
from jacchain.chain.prices import Chain
from jacchain.chain.ranking import Ranking, count_optimal
from jacchain.chain.scheme import Scheme, cost_of
from jacchain.frozen import Frozen


class Candidate(Frozen, eq=True):
    """One way to have the sub-chain ``first:last``: from the best of its parts, split behind factor ``split``.

    ``multiplications`` is what it costs altogether: ``left`` and ``right`` for the parts (nothing for a stage that is never
    built) and ``own`` for what is made of them.  A single stage has no parts; the operation says how it is built.
    """

    first: int
    last: int
    operation: Operation | Building
    split: int
    multiplications: int
    left: int
    right: int
    own: int


class Alternative(Frozen, eq=True):
    """One of the cheapest plans: its bracketing, what it costs, and the most entries that are alive at one time.

    ``passes`` are the sub-chains ``first:last`` that tangents or adjoints form in it; of a single stage they build the Jacobian.
    """

    tree: Tree
    multiplications: int
    peak: int
    passes: tuple[tuple[int, int, Operation | Building], ...] = ()


class Survey(Frozen, eq=True):
    """The surroundings of a plan; what would take too long for a long chain is ``None`` or empty.

    ``triangle[i-1][j-i]`` is the best way to have the sub-chain ``i:j``.  ``alternatives`` are the cheapest plans, the best one
    first, and ``margin`` what the second of them costs more, zero when several attain the optimum.  Of the ``bracketings``
    that there are, ``optimal`` attain it.  ``candidates`` are all ways to have one sub-chain, where somebody asked.
    """

    triangle: tuple[tuple[Candidate, ...], ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    margin: int | None = None
    bracketings: int | None = None
    optimal: int | None = None
    candidates: tuple[Candidate, ...] = ()


def survey(instance: Instance, *, best: int = 1) -> Survey:
    """What the plans of an instance are chosen from, with its ``best`` cheapest plans (fewer when there are not so many)."""
    q = instance.length
    if q > LONGEST_SURVEY:
        return Survey()
    prices, _ = prices_of(instance)
    table = tabulate(instance, prices)
    size = cache(Memory(instance, prices).size)
    schemes = list(islice(Ranking(table).schemes(), max(best, 2)))
    return Survey(
        triangle=_triangle(table) if q <= SCALAR_LENGTH else (),
        alternatives=tuple(_alternative(scheme, q, size) for scheme in schemes[:best]),
        margin=cost_of(schemes[1]) - cost_of(schemes[0]) if len(schemes) > 1 else None,
        bracketings=comb(2 * q - 2, q - 1) // q,
        optimal=count_optimal(table),
    )


def candidates(instance: Instance, first: int, last: int) -> tuple[Candidate, ...]:
    """Every way to have the sub-chain ``first:last``, splits in order, then without building the stage at its right or left end.

    Raises:
        JacchainError: the chain is too long (JC450).

    """
    assert 1 <= first <= last <= instance.length
    table = tabulate(instance, prices_of(instance)[0])
    return tuple(_candidate(table, first, last, choice) for choice in table.choices(first, last))


def _candidate(table: Table, i: int, j: int, choice: Choice) -> Candidate:
    cost, operation, k = choice
    left = 0 if i == j or operation == ADJOINT else table.cost(i, k)
    right = 0 if i == j or operation == TANGENT else table.cost(k + 1, j)
    name = BUILDINGS[operation] if i == j else OPERATIONS[operation]
    return Candidate(i, j, name, k, cost, left, right, cost - left - right)


def _triangle(table: Table) -> tuple[tuple[Candidate, ...], ...]:
    q = table.instance.length
    return tuple(tuple(_candidate(table, i, j, table.best(i, j)) for j in range(i, q + 1)) for i in range(1, q + 1))


def _alternative(scheme: Scheme, length: int, size: Callable[[int, int], int]) -> Alternative:
    """The plan that follows a scheme, of which every sub-chain that is built takes so many entries."""
    made: dict[Chain, tuple[Tree, int, int]] = {}
    for i, k, j, _, _ in scheme:
        own = size(i, j)
        if i == j:
            made[i, j] = i, own, own
            continue
        left, first, left_peak = made.get((i, k), (i, 0, 0))
        right, second, right_peak = made.get((k + 1, j), (j, 0, 0))
        meanwhile = (first if i < k else 0) + right_peak
        made[i, j] = (left, right), own, max(left_peak, meanwhile, first + second + own)
    tree, _, peak = made.get((1, length), (1, 0, 0))
    names = [(entry, (BUILDINGS if entry.first == entry.last else OPERATIONS)[entry.operation]) for entry in scheme]
    passes = tuple((entry.first, entry.last, name) for entry, name in names if name in {"tangent", "adjoint"})
    return Alternative(tree, cost_of(scheme), peak, passes)
