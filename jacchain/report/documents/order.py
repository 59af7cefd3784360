"""The order of the products in words: the bracketing, its cost, and what the obvious orders would have cost."""

from __future__ import annotations

from jacchain.chain.plan import Plan
from jacchain.report.document import Paragraph, Run, runs
from jacchain.report.look import Look
from jacchain.report.notation.symbols import jacobian_symbol

FACTORS = 24
"""Factors up to which a bracketing is written out."""


def order_line(plan: Plan, look: Look) -> Paragraph:
    """The order of the products, what it costs, and what the obvious orders would have cost."""
    if plan.length == 1:
        return Paragraph(runs(Run("order  ", "heading"), "one function: nothing to multiply"))
    trivial = plan.length == 2 and plan.mode == "explicit"
    remark = "" if trivial else f"(forward {plan.forward:,}, reverse {plan.reverse:,}: {remark_on(plan)})"
    cost = f"{plan.multiplications:,} multiplication{'' if plan.multiplications == 1 else 's'}"
    order = Run(bracketing_text(plan, look), "symbol")
    return Paragraph(runs(Run("order  ", "heading"), order, "   ", Run(cost, "number"), "   ", Run(remark, "note")), hang=7)


def bracketing_text(plan: Plan, look: Look) -> str:
    """The bracketing; of a long chain only the name of its shape, or its beginning."""
    if plan.length <= FACTORS or look.full:
        return plan.bracketing()
    first, second, last = (f"{jacobian_symbol(number)}ᵀ" for number in (1, 2, plan.length))
    products = plan.products
    if all(product.left.kind == "stage" for product in products):
        return f"{first} ({second} (… {last}))"
    if all(product.right.kind == "stage" for product in products):
        return f"(({first} {second}) …) {last}"
    return f"{plan.length} factors, bracketed in between (--full)"


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
