"""The products of a run: what each multiplies, and what comes out."""

from __future__ import annotations

from collections.abc import Iterator

from jacchain.chain.plan import Operand
from jacchain.frozen import replace
from jacchain.report.document import Block, Equation, Gap, Paragraph, Run, Runs, Term, runs
from jacchain.report.documents.jacobians import NOWHERE, Place
from jacchain.report.documents.matrices import operand_matrix
from jacchain.report.layout.box import width_of, words
from jacchain.report.layout.matrix import ROWS
from jacchain.report.look import Look
from jacchain.report.notation.elision import elided
from jacchain.report.notation.symbols import operand_symbol
from jacchain.results import ProductResult, Report

SHOWN = 12
"""Products up to which all are shown."""
COLUMNS = 12
"""Columns up to which the operands of a product are shown beside it."""


def products(report: Report, look: Look) -> Iterator[Block]:
    """Every product with the matrices it multiplies."""
    shown = list(elided("products", len(report.products), SHOWN, look))
    leads = {number: product_lead(report.products[number]) for number in shown if isinstance(number, int)}
    margin = max((width_of(words(lead, look).lines[0]) for lead in leads.values()), default=0) + 2
    for number in shown:
        if isinstance(number, Run):
            yield Paragraph((number,))
        else:
            yield Equation(product_terms(report, report.products[number], look), leads[number], margin)
        yield Gap()


def product_lead(product: ProductResult) -> Runs:
    """``P2 = J₃ᵀ P1``."""
    planned = product.planned
    text = f"P{planned.number} = {operand_symbol(planned.left)} {operand_symbol(planned.right)}"
    return runs(Run(text, "symbol"))


def product_terms(report: Report, product: ProductResult, look: Look, chosen: Place = NOWHERE) -> tuple[Term, ...]:
    """Both operands and the result, with marks on the row and the column that a ``chosen`` entry of the result comes from."""
    planned = product.planned
    result = replace(operand_matrix(report, Operand("product", planned.number)), row=chosen[0], column=chosen[1])
    if planned.operation != "multiply":
        return runs(Run(f"by {planned.operation}s   =", "note")), result
    left = replace(operand_matrix(report, planned.left), row=chosen[0])
    right = replace(operand_matrix(report, planned.right), column=chosen[1])
    if not look.full and any(rows > ROWS or columns > COLUMNS for rows, columns in (left.linear.shape, right.linear.shape)):
        (m, k), (_, n) = left.linear.shape, right.linear.shape
        return runs(Run(f"{m}×{k} ", "note"), Run("·", "symbol"), Run(f" {k}×{n}", "note"), " ="), result
    return left, runs(Run("·", "symbol")), right, runs("="), result
