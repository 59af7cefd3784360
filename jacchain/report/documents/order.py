"""The order of the products in words: the bracketing, its cost, and what the obvious orders would have cost."""

from __future__ import annotations

from jacchain.chain.plan import Plan, Tree, bracketing
from jacchain.errors import counted
from jacchain.report.document import Paragraph, Run, headed
from jacchain.report.look import Look
from jacchain.report.notation.symbols import jacobian_symbol

FACTORS = 24
"""Factors up to which a bracketing is written out."""


def order_line(plan: Plan, look: Look) -> Paragraph:
    """The order of the products, what it costs, and what the obvious orders would have cost."""
    if plan.length == 1:
        return headed("order", "one function: nothing to multiply")
    trivial = plan.length == 2 and plan.mode == "explicit"
    remark = "" if trivial else f"   (forward {plan.forward:,}, reverse {plan.reverse:,}: {remark_on(plan)})"
    cost = Run(f"   {counted(plan.multiplications, 'multiplication')}", "number")
    order = Run(bracketing_text(plan.tree, plan.length, look), "symbol")
    return headed("order", order, cost, Run(remark, "note"))


def bracketing_text(tree: Tree, length: int, look: Look) -> str:
    """A bracketing; of a long chain only the name of its shape, or its beginning."""
    if length <= FACTORS or look.full:
        return bracketing(tree)
    first, second, last = (f"{jacobian_symbol(number)}ᵀ" for number in (1, 2, length))
    if _comb_of(tree, 1) == length:
        return f"{first} ({second} (… {last}))"
    if _comb_of(tree, 0) == length:
        return f"(({first} {second}) …) {last}"
    return f"{length} factors, bracketed in between (--full)"


def _comb_of(tree: Tree, side: int) -> int:
    """How many factors follow before the first operand on the other side that is a product."""
    factors = 1
    while isinstance(tree, tuple) and isinstance(tree[1 - side], int):
        tree = tree[side]
        factors += 1
    return factors


def remark_on(plan: Plan) -> str:
    """Which of the obvious orders is the cheapest, or how far the one chosen is from it."""
    if plan.multiplications != plan.optimum:
        return f"the optimum is {plan.optimum:,}"
    forward, reverse = plan.forward == plan.optimum, plan.reverse == plan.optimum
    if forward and reverse:
        return "both are optimal"
    if not forward and not reverse:
        return "neither is optimal"
    return f"{'forward' if forward else 'reverse'} is optimal"
