"""The Jacobians of a run: the formula of each, and its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jacchain.expression.formula import Formula
from jacchain.frozen import replace
from jacchain.jacobian.jacobian import Jacobian
from jacchain.report.document import Block, Equation, Formulas, Gap, Matrix, Paragraph, Run, Runs, runs
from jacchain.report.documents.matrices import stage_matrix
from jacchain.report.layout.matrix import formulas_box
from jacchain.report.look import Look
from jacchain.report.notation.elision import elided, some_names
from jacchain.report.notation.symbols import jacobian_symbol, variables
from jacchain.report.notation.text import component
from jacchain.results import Report, StageResult

SHOWN = 12
"""Jacobians up to which all are shown."""
ENTRIES = 12
"""Formulas of single entries that are listed."""
NAMED = 4
"""Outputs that are named."""
FORMULA = 400
"""Characters of a formula that are shown."""

Place = tuple[int | None, int | None]
"""A row and a column, from 0."""
NOWHERE: Place = (None, None)

_NUMERAL = re.compile(r"-?[0-9.]+")


def jacobians(report: Report, look: Look) -> Iterator[Block]:
    """Every stage's Jacobian, its formula and its numbers; of a function that is repeated the formula is told once."""
    first: dict[tuple[str, Formula | None], str] = {}
    for number in elided("Jacobians", len(report.stages), SHOWN, look):
        if isinstance(number, Run):
            yield from (Paragraph((number,)), Gap())
            continue
        stage, symbol = report.stages[number], jacobian_symbol(number + 1)
        told = first.setdefault((stage.name.partition("#")[0], stage.jacobian.formula), symbol)
        if told != symbol and _is_told(stage.jacobian):
            remarks = (*stage.jacobian.remarks, f"formula as for {told}")
            stage = replace(stage, jacobian=replace(stage.jacobian, spell=None, remarks=remarks))
        yield from _blocks(stage, denominator(report, number, look), stage_matrix(report, number + 1), look)
        yield Gap()


def jacobian_blocks(report: Report, number: int, look: Look, chosen: Place = NOWHERE) -> Iterator[Block]:
    """The Jacobian of a stage (from 1), with marks on the row and the column of a ``chosen`` entry."""
    matrix = replace(stage_matrix(report, number), row=chosen[0], column=chosen[1])
    return _blocks(report.stages[number - 1], denominator(report, number - 1, look), matrix, look)


def denominator(report: Report, number: int, look: Look) -> str:
    """By what the function in place ``number`` (from 0) is differentiated, as a word: the function before it, or the point."""
    return report.stages[number - 1].name if number else variables(report.pipeline.inputs, look).text


def _blocks(stage: StageResult, before: str, matrix: Matrix, look: Look) -> Iterator[Block]:
    """The formula of a Jacobian and its numbers, beside each other where that is possible."""
    jacobian = stage.jacobian
    head = runs(Run(matrix.name, "symbol"), " = ", derivative(stage.name, before))
    remarks = [Run(f"   {', '.join((jacobian.method, *jacobian.remarks, *_beside(stage)))}", "note")]
    entries = _entries(jacobian)
    if jacobian.formula is not None and jacobian.formula.matrix is not None:
        head = runs(*head, " = ", *_formula(jacobian.formula.matrix, look))
    elif entries is not None and len(entries) == len(entries[0]) == 1:
        head = runs(*head, " = ", *_formula(entries[0][0], look))
    elif entries is not None:
        yield Paragraph(runs(*head, *remarks))
        formulas = Formulas(entries, stage.outputs)
        if len(entries) <= ENTRIES and formulas_box(formulas, look).width <= look.width:
            holds = not jacobian.settled.outputs.size
            yield Equation((formulas, runs("=") if holds else runs(Run(" here ", "note")), replace(matrix, rows=())))
        else:
            yield from _listed(stage, entries, look)
            yield Equation((matrix,))
        return
    yield Paragraph(runs(*head, *remarks), hang=5)
    yield Equation((matrix,))


def _beside(stage: StageResult) -> Iterator[str]:
    """That a formula is no equation at the point for outputs that were settled from its surroundings."""
    settled = stage.jacobian.settled.outputs.tolist()
    if settled and _is_told(stage.jacobian):
        few = some_names([component(stage.outputs[output]) for output in settled], NAMED)
        yield "the formula holds beside the point" + (f" for {few}" if len(settled) < len(stage.outputs) else "")


def _entries(jacobian: Jacobian) -> tuple[tuple[str, ...], ...] | None:
    """The formulas of the entries, unless all of them are numerals: then they are the matrix itself."""
    entries = None if jacobian.formula is None else jacobian.formula.entries
    if entries is None or all(_NUMERAL.fullmatch(entry) for row in entries for entry in row):
        return None
    return entries


def _is_told(jacobian: Jacobian) -> bool:
    """Whether there is a formula, and it says more than the numbers."""
    return jacobian.formula is not None and (jacobian.formula.matrix is not None or _entries(jacobian) is not None)


def _listed(stage: StageResult, entries: tuple[tuple[str, ...], ...], look: Look) -> Iterator[Block]:
    """The formulas that are more than a number, one on a line."""
    places = [(i, j) for i, row in enumerate(entries) for j, entry in enumerate(row) if not _NUMERAL.fullmatch(entry)]
    shown = places if look.full or len(places) == ENTRIES + 1 else places[:ENTRIES]
    for i, j in shown:
        by = derivative(component(stage.outputs[i]), component(stage.inputs[j]))
        yield Paragraph(runs("  ", by, " = ", *_formula(entries[i][j], look)), hang=6)
    if len(shown) < len(places):
        yield Paragraph(
            runs(Run(f"  … {len(places) - len(shown):,} more formulas (of {len(places):,}; --full shows all)", "note"))
        )


def _formula(text: str, look: Look) -> Runs:
    """A formula, cut where nobody reads on."""
    if len(text) <= FORMULA or look.full:
        return runs(Run(text, "formula"))
    return runs(Run(text[:FORMULA], "formula"), Run(f"… {len(text) - FORMULA:,} more characters (--full)", "note"))


def derivative(numerator: str, denominator: str) -> Run:
    """``∂y/∂x``."""
    return Run(f"∂{numerator}/∂{denominator}", "symbol")
