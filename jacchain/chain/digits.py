"""How many digits of a chain of products survive: a bound, to first order, on the error of every entry of its Jacobian.

What goes in a product is seen where ``|L| |R|`` is large beside ``|L R|``: terms cancel.  What is left at the end is bounded by
carrying the error of every Jacobian through the products before and after it, which may shrink it, and by doing the products
again with longer floats.  Sources: Higham, Accuracy and Stability of Numerical Algorithms, 3.5; for the telescoping sum, 3.7.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jacchain.chain.plan import Operand, Plan
from jacchain.chain.products import ProductResult
from jacchain.frozen import Frozen
from jacchain.linear.bits import fineness, has_room
from jacchain.linear.map import LinearMap, Numbers, add, spread
from jacchain.linear.product import SMALL, multiply

MOST = 16.0
"""Decimal digits of a double."""

WORTH_SAYING = 1.0
"""Digits that have to be lost somewhere before the place is named."""

WORK = 1 << 22
"""Multiplications of a plan up to which its digits are counted: counting costs about four times as much."""

ENTRIES = 1 << 20
"""Entries, zeros included, that the Jacobians and the products may have: digits are kept for every one."""

AGAIN = 1 << 18
"""Multiplications forward and in reverse up to which products are done again; beyond that, sizes of errors are carried along."""

EPSILON, SUBNORMAL = float(np.finfo(float).eps), float(np.finfo(float).smallest_subnormal)
LONGER = float(np.finfo(np.longdouble).eps)


class Digits(Frozen):
    """How many of 16 digits an entry can be trusted to at least: 0 says that none can.

    ``stages`` has an ``(m, n)`` array for each Jacobian: what rounding inside the stage leaves.  ``products`` has an array
    for each product of the plan: digits that cancel in this product alone.  ``surviving`` is what is left in each entry of the
    Jacobian of the chain, and ``place`` names where most of the rest went (``J3``, ``P2``; empty when nothing worth saying did).
    ``errors`` has, in the shapes of the products, how far each entry may be off: zero where it is exact.  Of a single function
    there are those of its Jacobian, transposed.
    """

    stages: tuple[Numbers, ...]
    products: tuple[Numbers, ...]
    surviving: Numbers
    place: str = ""
    errors: tuple[Numbers, ...] = ()


class _Bounded(Frozen):
    """A matrix, its entries' sizes, and a bound on the error of each."""

    linear: LinearMap
    size: LinearMap
    error: LinearMap


def account(
    plan: Plan, jacobians: Sequence[LinearMap], products: Sequence[ProductResult], bars: Sequence[Numbers | None] = ()
) -> Digits | None:
    """The digits of a chain that was carried out, or None where counting them would cost too much.

    ``jacobians`` are ``J₁ … J_q``, m x n each, ``products`` those of the plan, and ``bars`` the error bars of the entries of
    the Jacobians in the order of their patterns, where they are known; others are taken to be right to the last digit.
    """
    shapes = [*(linear.shape for linear in jacobians), *(planned.shape for planned in plan.products)]
    if plan.multiplications > WORK or sum(m * n for m, n in shapes) > ENTRIES:
        return None
    known = list(bars) or [None] * len(jacobians)
    stages = [_stage(linear, bar) for linear, bar in zip(jacobians, known, strict=True)]
    results: list[_Bounded] = []
    lost: list[Numbers] = []
    with np.errstate(all="ignore"):
        for planned, result in zip(plan.products, products, strict=True):
            left, right = (_operand(side, stages, results) for side in (planned.left, planned.right))
            bounded = _product(left, right, result)
            lost.append(_written_out(bounded.linear, _cancelled(left, right, bounded), 0.0))
            results.append(bounded)
        if len(stages) > 1 and plan.forward + plan.reverse <= AGAIN:
            results.append(_closer(results.pop(), _again(stages, products[-1].linear)))
        by_stage = [_transposed(_digits(stage)) for stage in stages]
        surviving = _transposed(_digits(results[-1])) if results else by_stage[0]
        errors = [np.asarray(bounded.error.dense[0], float) for bounded in results or stages]
    return Digits(tuple(by_stage), tuple(lost), surviving, _place(by_stage, lost, surviving), tuple(errors))


def _stage(jacobian: LinearMap, bar: Numbers | None) -> _Bounded:
    linear = LinearMap(jacobian.T.pattern, np.asarray(jacobian.T.values[:1], np.longdouble), jacobian.unit)
    pattern = linear.pattern
    size = np.abs(linear.values)
    rounding = np.where((size > 0) & (size < np.finfo(float).tiny), np.finfo(float).smallest_subnormal, EPSILON * size)
    error: Numbers = rounding * (not jacobian.unit)
    if bar is not None:
        error = LinearMap(jacobian.pattern, np.asarray(bar, np.longdouble)[None]).T.values
    return _Bounded(linear, _sized(linear), LinearMap(pattern, error))


def _sized(linear: LinearMap) -> LinearMap:
    return LinearMap(linear.pattern, np.abs(linear.values), linear.unit)


def _operand(side: Operand, stages: list[_Bounded], results: list[_Bounded]) -> _Bounded:
    return (stages if side.kind == "stage" else results)[side.number - 1]


def _product(left: _Bounded, right: _Bounded, result: ProductResult) -> _Bounded:
    values = np.ldexp(np.asarray(result.linear.values[:1], np.longdouble), result.exponent)
    linear = LinearMap(result.linear.pattern, values, result.linear.unit)
    size = multiply(left.size, right.size)
    fine = multiply(_fineness(left.linear), _fineness(right.linear))
    exact = has_room(size.values, spread(fine, size.pattern), float) | result.linear.unit
    least = 0.0 if result.exponent else SUBNORMAL
    rounding = LinearMap(size.pattern, np.where(exact, 0, EPSILON * size.values + least))
    carried = add(multiply(left.error, right.size), multiply(left.size, right.error))
    return _Bounded(linear, _sized(linear), add(carried, rounding))


def _fineness(linear: LinearMap) -> LinearMap:
    return LinearMap(linear.pattern, fineness(linear.values), linear.unit)


def _closer(first: _Bounded, second: _Bounded) -> _Bounded:
    """The same matrix with the smaller of two bounds on each of its errors."""
    pattern = second.linear.pattern
    least = np.fmin(spread(first.error, pattern), spread(second.error, pattern))
    return _Bounded(second.linear, second.size, LinearMap(pattern, least))


def _again(stages: Sequence[_Bounded], result: LinearMap) -> _Bounded:
    """The result with a bound on its error, from the distance to a product in longer floats, whose own error telescopes.

    With F the products from the first factor on, it is the sum over k of what rounding F_k and the error of factor k leave,
    times the product of all later factors.
    """
    rest = LinearMap.identity(stages[-1].linear.shape[1])
    after = [rest]
    for stage in stages[:0:-1]:
        after.append(multiply(stage.linear, after[-1]))
    product = LinearMap.identity(stages[0].linear.shape[0])
    errors = []
    for stage, rest in zip(stages, after[::-1], strict=True):
        size, product = _sized(product), multiply(product, stage.linear)
        rounding = LONGER if stage.linear.pattern.count * size.shape[0] <= SMALL else EPSILON
        own = LinearMap(stage.linear.pattern, stage.error.values + rounding * stage.size.values)
        errors.append(multiply(multiply(size, own), _sized(rest)))
    own = LinearMap(result.pattern, np.asarray(result.values[:1], np.longdouble), result.unit)
    errors.append(_sized(add(own, LinearMap(product.pattern, -product.values))))
    total = errors[0]
    for error in errors[1:]:
        total = add(total, error)
    return _Bounded(own, _sized(own), total)


def _cancelled(left: _Bounded, right: _Bounded, product: _Bounded) -> Numbers:
    """Digits by which the terms of each entry are larger than their sum."""
    terms = multiply(left.size, right.size).values[0]
    ratio = np.where(terms > 0, terms / product.size.values[0], 1)
    return np.asarray(np.clip(np.log10(ratio), 0, MOST), float)


def _digits(bounded: _Bounded) -> Numbers:
    """Digits that the bound leaves in each entry: all of them in a zero that is exact."""
    size, error = bounded.size.values[0], bounded.error.values[0]
    digits = np.where(size > 0, -np.log10(error / np.where(size > 0, size, 1)), 0)
    return _written_out(bounded.linear, np.where(error == 0, MOST, np.clip(np.nan_to_num(digits, posinf=MOST), 0, MOST)), MOST)


def _written_out(linear: LinearMap, values: Numbers, elsewhere: float) -> Numbers:
    entries = np.full(linear.shape, elsewhere)
    entries[linear.pattern.rows, linear.pattern.columns] = values
    return entries


def _transposed(entries: Numbers) -> Numbers:
    return np.ascontiguousarray(entries.T)


def _place(stages: Sequence[Numbers], products: Sequence[Numbers], surviving: Numbers) -> str:
    """The Jacobian or the product in which the most digits went."""
    if MOST - surviving.min(initial=MOST) < WORTH_SAYING:
        return ""
    losses = {f"J{i}": MOST - float(digits.min(initial=MOST)) for i, digits in enumerate(stages, 1)}
    losses |= {f"P{i}": float(lost.max(initial=0)) for i, lost in enumerate(products, 1)}
    worst = max(losses, key=losses.__getitem__)
    return worst if losses[worst] >= WORTH_SAYING else ""
