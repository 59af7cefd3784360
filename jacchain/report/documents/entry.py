"""How one entry of a matrix comes about: the derivative with its numbers put in, or the sum of a row times a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Literal

import numpy as np

from jacchain.linear.map import Numbers
from jacchain.report.document import Paragraph, Run, runs
from jacchain.report.documents.jacobians import derivative
from jacchain.report.documents.matrices import Bars, operand_matrix
from jacchain.report.look import Look
from jacchain.report.notation.matrix_name import Entry
from jacchain.report.notation.number import MARK, number_text, scaled_text
from jacchain.report.notation.symbols import jacobian_symbol, operand_symbol
from jacchain.report.notation.text import base, component
from jacchain.results import ProductResult, Report, StageResult

TERMS = 8
"""Summands up to which all are written."""

Way = Literal["symbols", "numbers"]
"""How the sum of an entry is written."""

_DIAGONAL = re.compile(r"diag\((.*)\)")
_NAME = re.compile(r"[^\W\d]\w*(?:\[\d+\])?")


def jacobian_entry(report: Report, number: int, entry: Entry, look: Look) -> Paragraph:
    """``J₁[1,2] = ∂x/∂theta = -r*sin(theta) = -2*sin(0.5236) = -1`` for the stage ``number`` (from 1), ``entry`` from 0."""
    stage, (i, j) = report.stages[number - 1], entry
    parts: list[str | Run] = [Run(f"{jacobian_symbol(number)}[{i + 1},{j + 1}]", "symbol"), " = "]
    parts += [derivative(component(stage.outputs[i]), component(stage.inputs[j])), " = "]
    values, present = report.stages[number - 1].jacobian.linear.window([i], [j])
    if not present[0, 0]:
        parts += [Run("0", "structural"), Run("   whatever the point is", "note")]
        return Paragraph(runs(*parts), hang=4)
    formula, settled = _entry_formula(stage, i, j), i in stage.jacobian.settled.outputs
    numeric = "" if settled else with_numbers(formula, _numbers(report, number), look)
    bar = Bars(report).jacobian(number)
    number_shown = number_text(float(values[0, 0]), look.digits, 0.0 if bar is None else float(bar[i, j]))
    said = () if settled else tuple(text for text in (formula, numeric) if text not in {"", number_shown})
    parts += [part for text in said for part in (Run(text, "formula"), " = ")]
    parts.append(Run(number_shown, "uncertain" if MARK in number_shown else "number"))
    if settled:
        parts += [Run("   settled from the surroundings of the point", "note")]
        parts += [Run("; beside it ", "note"), Run(formula, "formula")] if formula else []
    return Paragraph(runs(*parts), hang=4)


def product_entry(
    report: Report, product: ProductResult, entry: Entry, look: Look, ways: Sequence[Way] = ("numbers",)
) -> Paragraph:
    """``P1[1,1] = J₁ᵀ[1,1]·J₂ᵀ[1,1] + … = 0.2247·(-1.517) + … = -0.3410``, in symbols, in numbers, or both; ``entry`` from 0."""
    planned, (i, j) = product.planned, entry
    head = runs(Run(f"P{planned.number}[{i + 1},{j + 1}]", "symbol"), " = ")
    result, result_is_there = product.linear.window([i], [j])
    if not result_is_there[0, 0]:
        return Paragraph(
            runs(*head, Run("0", "structural"), Run("   every summand has a factor that is always 0", "note")), hang=4
        )
    end = runs(" = ", Run(_text(float(result[0, 0]), product.exponent, look), "number"))
    if planned.operation != "multiply":
        return Paragraph(runs(*head, Run(f"by {planned.operation}s", "note"), *end), hang=4)
    inner = operand_matrix(report, planned.left).linear.shape[1]
    said: list[Run | str] = []
    for way in ways:
        summands = _summands(report, product, entry, look, way)
        shown = summands if look.full or len(summands) <= TERMS else [*summands[: TERMS - 2], "…", summands[-1]]
        said += [" = " if said else "", Run(" + ".join(shown), "formula")]
    zeros = inner - len(summands)
    notes = [f"{len(summands) - TERMS + 1:,} summands are left out"] if len(shown) < len(summands) else []
    notes += [f"{zeros:,} more summand{' is' if zeros == 1 else 's are'} always 0"] if zeros else []
    note = Run(f"   ({', '.join(notes)})" if notes else "", "note")
    return Paragraph(runs(*head, *said, *end, note), hang=4)


def with_numbers(formula: str, numbers: dict[str, float], look: Look) -> str:
    """The formula with the numbers in the place of their names, or nothing where that says no more or a name has no number."""
    bases = {base(name) for name in numbers}
    missing = False

    def put(found: re.Match[str]) -> str:
        nonlocal missing
        name = found.group()
        if name not in numbers:
            missing = missing or base(name) in bases
            return name
        text = number_text(numbers[name], look.digits)
        alone = found.start() == 0 and found.end() == len(formula)
        return f"({text})" if text.startswith("-") and not alone else text

    numeric = _NAME.sub(put, formula)
    return "" if missing or numeric == formula else numeric


def _entry_formula(stage: StageResult, i: int, j: int) -> str:
    """The formula of one entry: of a diagonal matrix that of a component, of other matrix expressions nothing."""
    formula = stage.jacobian.formula
    if formula is None or formula.matrix is None:
        return "" if formula is None or formula.entries is None else formula.entries[i][j]
    diagonal = _DIAGONAL.fullmatch(formula.matrix)
    if diagonal is None or not _is_closed(diagonal[1]):
        return ""
    vectors = {base(name) for name in (*stage.inputs, *stage.outputs) if base(name) != name}
    return _NAME.sub(lambda found: f"{found.group()}[{i + 1}]" if found.group() in vectors else found.group(), diagonal[1])


def _is_closed(text: str) -> bool:
    """Whether every bracket of a text is opened and closed in it."""
    depths = list(accumulate((character == "(") - (character == ")") for character in text))
    return not depths or (min(depths) >= 0 and depths[-1] == 0)


def _numbers(report: Report, number: int) -> dict[str, float]:
    """What the names in the formula of a stage stand for: its inputs, and its outputs where no input is called the same."""
    stage = report.stages[number - 1]
    before: Numbers = report.stages[number - 2].value if number > 1 else report.pipeline.at
    outputs = dict(zip(stage.outputs, stage.value.tolist(), strict=True))
    return outputs | dict(zip(stage.inputs, before.tolist(), strict=True))


def _summands(report: Report, product: ProductResult, entry: Entry, look: Look, way: Way) -> list[str]:
    """The products of a row and a column, but for those that are not there because one of both is always zero."""
    planned, (i, j) = product.planned, entry
    left, right = operand_matrix(report, planned.left), operand_matrix(report, planned.right)
    inner = range(left.linear.shape[1])
    (row, in_row), (column, in_column) = left.linear.window([i], inner), right.linear.window(inner, [j])
    together = np.flatnonzero(in_row[0] & in_column[:, 0]).tolist()
    if way == "symbols":
        names = operand_symbol(planned.left), operand_symbol(planned.right)
        return [f"{names[0]}[{i + 1},{t + 1}]·{names[1]}[{t + 1},{j + 1}]" for t in together]
    first = [_text(value, left.exponent, look) for value in row[0, together].tolist()]
    second = [_text(value, right.exponent, look) for value in column[together, 0].tolist()]
    return [f"{_enclosed(a)}·{_enclosed(b)}" for a, b in zip(first, second, strict=True)]


def _text(value: float, exponent: int, look: Look) -> str:
    return scaled_text(value, exponent, look.digits) if exponent else number_text(value, look.digits)


def _enclosed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text
