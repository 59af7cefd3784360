"""A run told step by step, or one step of it by the name of its matrix: every Jacobian, the order, every product, the result.

Before it sees a step, a class can be asked for what it should be able to tell by now.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Literal

from jacchain.chain.plan import Operand, Plan
from jacchain.errors import JacchainError, Problem
from jacchain.frozen import Frozen, replace
from jacchain.linear.map import LinearMap
from jacchain.report.document import Document, Equation, Gap, Paragraph, Run, Runs, runs
from jacchain.report.documents.entry import Way, jacobian_entry, product_entry
from jacchain.report.documents.jacobians import NOWHERE, denominator, derivative, jacobian_blocks
from jacchain.report.documents.matrices import Bars, matrix_named, operand_matrix
from jacchain.report.documents.order import order_line
from jacchain.report.documents.plan import orders_blocks
from jacchain.report.documents.products import product_lead, product_terms
from jacchain.report.documents.run import result_document, run_title
from jacchain.report.look import Look
from jacchain.report.notation.matrix_name import Entry, MatrixName
from jacchain.report.notation.symbols import jacobian_symbol, numbers, operand_symbol, space
from jacchain.results import ProductResult, Report

_SHAPE = re.compile(r"[(\[]?\s*(\d{1,9})\s*(?:[x×*,]|by|\s)\s*(\d{1,9})\s*[)\]]?")
_ORDERS = {name: name for name in ("forward", "reverse", "neither", "both")} | {"same": "both", "equal": "both"}
"""What answers about the order mean; each may be cut short."""


class Step(Frozen):
    """One step of a lesson, about a matrix, the order of the products, or the result.

    ``question`` can be asked before the step is shown, its ``answer`` is a shape (``3x1``) or a word, for the ``reason`` given.
    """

    head: Runs
    about: Operand | Literal["order", "result"]
    question: str = ""
    answer: str = ""
    reason: str = ""

    def is_right(self, answer: str) -> bool:
        """Whether somebody's answer is the answer: ``3 × 1`` and ``(3, 1)`` are ``3x1``, ``f`` is ``forward``."""
        said = answer.strip().lower()
        found = _SHAPE.fullmatch(said)
        if found:
            return self.answer == f"{int(found[1])}x{int(found[2])}"
        return bool(said) and self.answer == next((order for word, order in _ORDERS.items() if word.startswith(said)), said)


def steps(report: Report, look: Look) -> tuple[Step, ...]:
    """The steps of a run, in the order of the mathematics."""
    jacobians = [_jacobian_step(report, number, look) for number in range(len(report.stages))]
    order = [_order_step(report.plan)] if report.products else []
    last = runs("the gradient" if report.gradient is not None else "the Jacobian of the chain")
    return (*jacobians, *order, *map(partial(_product_step, report), report.products), Step(last, "result"))


def opening(report: Report, look: Look) -> Document:
    """What is said before the first step."""
    return (*run_title(report, look), Gap())


def step_document(
    report: Report, step: Step, look: Look, entry: Entry | None = None, ways: Sequence[Way] = ("numbers",)
) -> Document:
    """What a step reveals; an ``entry`` of its matrix is marked, and told how it comes about, in symbols, in numbers, or both."""
    if step.about == "result":
        return result_document(report, look)
    if step.about == "order":
        return (order_line(report.plan, look), Gap(), *orders_blocks(report.plan, look))
    number, place = step.about.number, entry or NOWHERE
    if step.about.kind == "stage":
        blocks = jacobian_blocks(report, number, look, place)
        return (*blocks, *([] if entry is None else [jacobian_entry(report, number, entry, look)]))
    product = report.products[number - 1]
    equation = Equation(product_terms(report, product, look, place))
    return (equation, *([] if entry is None else [product_entry(report, product, entry, look, ways)]))


def explanation(report: Report, name: MatrixName, look: Look) -> Document:
    """How a matrix of a run, or one entry of it, comes about; an entry of the chain is one of the last product.

    Raises JacchainError (JC003) when the run has no such matrix, or the matrix no such entry.
    """
    m, n = matrix_named(report, str(replace(name, entry=None))).linear.shape
    entry = name.entry
    if entry is not None and not (entry[0] < m and entry[1] < n):
        message = f"{replace(name, entry=None)} is {m}×{n} and has no entry {entry[0] + 1},{entry[1] + 1}"
        raise JacchainError(Problem("JC003", message, help="row and column count from 1"))
    if not name.number and entry is not None:
        last = len(report.products)
        same = MatrixName("P", last, (entry[1], entry[0])) if last else MatrixName("J", 1, entry)
        told = Run(f"   {f'P{last} is the transpose of J' if last else 'there is one function'}", "note")
        return Paragraph(runs(Run(f"{name} = {same}", "symbol"), told)), *explanation(report, same, look)
    about = Operand("stage" if name.kind == "J" else "product", name.number) if name.number else "result"
    step = next(step for step in steps(report, look) if step.about == about)
    return (Paragraph(step.head, hang=4), *step_document(report, step, look, entry, ("symbols", "numbers")))


def matrix_of(report: Report, step: Step) -> LinearMap | None:
    """The matrix a step is about, a Jacobian as it is or a product of transposes, None where it is about none."""
    if not isinstance(step.about, Operand):
        return None
    number = step.about.number
    return report.stages[number - 1].jacobian.linear if step.about.kind == "stage" else report.products[number - 1].linear


def first_entry(report: Report, step: Step) -> Entry | None:
    """The first entry of a step's matrix that is not always zero, None where there is none."""
    linear = matrix_of(report, step)
    if linear is None or not linear.pattern.rows.size:
        return None
    return int(linear.pattern.rows[0]), int(linear.pattern.columns[0])


def _jacobian_step(report: Report, number: int, look: Look) -> Step:
    stage, symbol = report.stages[number], jacobian_symbol(number + 1)
    m, n = len(stage.outputs), len(stage.inputs)
    value = numbers(stage.value, look, Bars(report).value(number + 1))
    head = runs(Run(symbol, "symbol"), "   ", Run(stage.name, "name"), f": {space(n)} → {space(m)}   value ", value)
    reason = f"a row for each output ({m}), a column for each input ({n})"
    name = derivative(stage.name, denominator(report, number, look)).text
    return Step(head, Operand("stage", number + 1), f"what shape is {symbol} = {name}?", f"{m}x{n}", reason)


def _order_step(plan: Plan) -> Step:
    least = min(plan.forward, plan.reverse)
    if plan.optimum < least:
        answer = "neither"
    else:
        answer = "both" if plan.forward == plan.reverse else "forward" if plan.forward == least else "reverse"
    question = "which order is the cheapest: forward (from J₁ᵀ on), reverse (from the end), both, or neither?"
    reason = f"forward takes {plan.forward:,} multiplications, reverse {plan.reverse:,}, the best order {plan.optimum:,}"
    return Step(runs("the order of the products"), "order", question, answer, reason)


def _product_step(report: Report, product: ProductResult) -> Step:
    planned = product.planned
    (m, n), (_, k) = planned.shape, operand_matrix(report, planned.left).linear.shape
    head = runs(*product_lead(product), f"   {m}×{k} · {k}×{n}")
    reason = f"the rows of {operand_symbol(planned.left)}, the columns of {operand_symbol(planned.right)}"
    return Step(head, Operand("product", planned.number), f"what shape is P{planned.number}?", f"{m}x{n}", reason)
