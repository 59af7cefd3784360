"""The answer of ``run`` as a document: the chain, every Jacobian, the order, every product, the result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from jacchain.chain.plan import Operand
from jacchain.expression.formula import Formula
from jacchain.frozen import replace
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.jacobian import Jacobian
from jacchain.jacobian.judgement.verdict import Verdict
from jacchain.report.document import (
    Block,
    Column,
    Document,
    Equation,
    Formulas,
    Gap,
    Matrix,
    Paragraph,
    Run,
    Runs,
    Table,
    Term,
    Vector,
    runs,
)
from jacchain.report.documents.order import order_line
from jacchain.report.documents.trust import Bars, trust_blocks
from jacchain.report.layout.box import width_of, words
from jacchain.report.layout.matrix import ROWS, formulas_box, left_out, some_numbers
from jacchain.report.look import Look
from jacchain.report.notation.number import number_text
from jacchain.report.notation.symbols import (
    NAMES,
    NUMBERS,
    grouped,
    jacobian_symbol,
    numbers,
    operand_symbol,
    point,
    space,
    variables,
)
from jacchain.report.notation.text import component
from jacchain.results import DECLINED, ProductResult, Report, StageResult

STAGES = 24
"""Rows up to which the table of the stages is shown whole."""
SHOWN = 12
"""Jacobians, and products, up to which all are shown."""
ENTRIES = 12
"""Formulas of single entries that are listed."""
COLUMNS = 12
"""Columns up to which the operands of a product are shown beside it."""
NAMED = 4
"""Outputs that are named."""
FORMULA = 400
"""Characters of a formula that are shown."""

Place = tuple[int | None, int | None]
"""A row and a column, from 0."""
NOWHERE: Place = (None, None)

_NUMERAL = re.compile(r"-?[0-9.]+")


def run_document(report: Report, look: Look, *, next_steps: Sequence[str] = ()) -> Document:
    """The whole answer; ``next_steps`` are commands to go on with."""
    if look.detail == "result":
        return (*_diagnostics(report.diagnostics, look), *result_document(report, look))
    blocks: list[Block] = [
        *run_title(report, look),
        Gap(),
        *_stages(report, look),
        *((Gap(), *_diagnostics(report.diagnostics, look)) if report.diagnostics else ()),
        Gap(),
        *_jacobians(report, look),
        order_line(report.plan, look),
        Gap(),
        *_products(report, look),
        *result_document(report, look),
        *trust_blocks(report, look),
    ]
    if next_steps:
        parts = [part for step in next_steps for part in (" · ", Run(step, "command"))][1:]
        blocks += [Gap(), Paragraph(runs(Run("next: ", "note"), *parts))]
    return tuple(blocks)


def result_document(report: Report, look: Look) -> Document:
    """The result alone: the value and the gradient at a scalar end, else the Jacobian of the chain; and either along vectors."""
    along = ((("wᵀ J", "w"), report.seed), (("J v", "v"), report.direction))
    said = []
    for (product, vector), found in along:
        if found is not None:
            result = runs(Run(product, "symbol"), " = ", numbers(found.product, look))
            said.append(Paragraph(runs(*result, "   ", Run(vector, "symbol"), " = ", numbers(found.vector, look)), hang=4))
    return (*_result(report, look), *said)


def _result(report: Report, look: Look) -> Document:
    last, inputs, bars = report.stages[-1], report.pipeline.inputs, Bars(report)
    if report.gradient is None:
        by = derivative(last.name, variables(inputs, look).text)
        whole = Matrix(report.jacobian, "J", last.outputs, inputs, error_bar=bars.whole)
        return Paragraph(runs(Run("J", "symbol"), " = ", by)), Equation((whole,))
    name = component(last.outputs[0])
    value = runs(Run(name, "name"), " = ", numbers(last.value, look, bars.value(len(report.stages))))
    if report.gradient.size > NUMBERS and not look.full:
        column = Matrix(report.jacobian.T, f"∇{name}", inputs, error_bar=None if bars.whole is None else bars.whole.T)
        return Paragraph(value), Gap(), Equation((column,), runs(Run(f"∇{name}", "symbol"), " ="))
    result = numbers(report.gradient, look, None if bars.whole is None else bars.whole[0])
    if len(inputs) == 1:
        symbol = Run(f"d{name}/d{component(inputs[0])}", "symbol")
        return (Paragraph(runs(*value, "   ", symbol, " = ", result)),)
    entries = ""
    if len(grouped(inputs)) > 1 and len(inputs) <= NAMES:
        entries = f"({', '.join(f'∂{name}/∂{component(variable)}' for variable in inputs)}) = "
    gradient = runs(Run(f"∇{name}", "symbol"), " = ", entries, result)
    return (Paragraph(runs(*value, "   ", *gradient), hang=4),)


def run_title(report: Report, look: Look) -> Iterator[Block]:
    """The file, the chain and the point, and what the author says of them."""
    facts, outputs = report.pipeline, report.stages[-1].outputs
    count = f"{len(report.stages):,} stage{'' if len(report.stages) == 1 else 's'}"
    maps = (
        variables(facts.inputs, look),
        f" ∈ {space(len(facts.inputs))} → ",
        variables(outputs, look),
        f" ∈ {space(len(outputs))}",
    )
    parts = runs(Run(facts.file, "title"), "   ", count, "   ", *maps, "   at ", *point(facts.inputs, facts.at, look))
    yield Paragraph(parts, hang=4)
    if facts.name and facts.name not in {facts.file, facts.file.rpartition("/")[2].partition(".")[0]}:
        yield Paragraph(runs(Run(facts.name, "heading")), hang=0)
    for line in facts.description.splitlines():
        if line.strip():
            yield Paragraph(runs(Run(line.strip(), "note")), hang=0)


def _stages(report: Report, look: Look) -> Iterator[Block]:
    """The table of the functions, with how well differences agree where they were made."""
    checked = any(stage.agreement is not None for stage in report.stages)
    columns = (
        Column("#", right=True),
        Column("function"),
        Column("shape", optional=2),
        Column("value"),
        Column("Jacobian", optional=3),
        *((Column("differences agree to", optional=1),) if checked else ()),
    )
    shown = some_numbers(len(report.stages), STAGES, look)
    rows: list[tuple[Runs | Vector, ...] | Run] = []
    for number in shown:
        rows.append(_stage_row(report.stages[number], Bars(report), look)[: len(columns)])
        if number + 1 < len(report.stages) and number + 1 not in shown:
            rows.append(left_out("stages", shown, len(report.stages), look))
    yield Table(columns, tuple(rows))
    if report.unchecked not in {"", DECLINED}:
        yield Paragraph(runs(Run(f" no differences were made: {report.unchecked}", "note")))


def _stage_row(stage: StageResult, bars: Bars, look: Look) -> tuple[Runs | Vector, ...]:
    m, n = stage.jacobian.linear.shape
    method = "" if stage.jacobian.method == "analytic" else f", {stage.jacobian.method}"
    return (
        runs(str(stage.index)),
        runs(Run(stage.name, "name")),
        runs(f"{n} → {m}"),
        Vector(stage.value, bars.value(stage.index)),
        runs(f"{m}×{n} {stage.jacobian.structure}{method}"),
        _agreement(stage.agreement, look),
    )


def _agreement(verdict: Verdict | None, look: Look) -> Runs:
    """How far differences are from the Jacobian, or that they do not agree with it."""
    if verdict is None:
        return ()
    distance = verdict.relative_distance
    if verdict.judgement == "agree" and distance is not None:
        return runs(Run(number_text(distance, min(look.digits, 2)), "good"))
    return runs(Run(verdict.judgement, "error" if verdict.judgement == "disagree" else "warning"))


def _diagnostics(diagnostics: Sequence[Diagnostic], look: Look) -> Iterator[Block]:
    """Every remark on the point, at a kink with the one-sided derivatives, and the Clarke set where that is larger.

    Remarks on one output that differ by the input alone are told once.
    """
    for _, alike in groupby(diagnostics, _but_for_its_input):
        diagnostic, *others = alike
        parts: list[str | Run] = [Run(f"{diagnostic.kind.replace('_', ' ')}: ", "warning"), diagnostic.message]
        if said := _slopes(diagnostic, look):
            parts.append(f"   ({said})")
        if others:
            told = others if look.full else others[:NAMED]
            names = ", ".join(component(other.input) for other in told if other.input is not None)
            parts.append(f"; the same for {names}" + (f" and {len(others) - len(told)} more" if len(others) > len(told) else ""))
        yield Paragraph(runs(*parts))


def _but_for_its_input(diagnostic: Diagnostic) -> tuple[object, ...]:
    """What a remark says, its input left out."""
    of = (diagnostic.kind, diagnostic.code, diagnostic.stage, diagnostic.output, diagnostic.where)
    told = diagnostic.message if diagnostic.input is None else None
    return (*of, diagnostic.left, diagnostic.right, diagnostic.clarke, diagnostic.used, told)


def _slopes(diagnostic: Diagnostic, look: Look) -> str:
    """Both slopes at a kink, and the Clarke set where it goes beyond them; nothing where the message has said all."""
    left, right, clarke = diagnostic.left, diagnostic.right, diagnostic.clarke
    if diagnostic.kind != "kink" or clarke is None or left is None or right is None:
        return ""
    said = f"left {_slope(left, look)}, right {_slope(right, look)}"
    numbers = [slope for slope in (left, right) if isinstance(slope, float)]
    if clarke != (min(numbers, default=None), max(numbers, default=None)):
        return f"{said}, Clarke set [{', '.join(number_text(end, look.digits) for end in clarke)}]"
    return said if left != right else ""


def _slope(slope: float | str, look: Look) -> str:
    return {"domain": "outside the domain"}.get(slope, slope) if isinstance(slope, str) else number_text(slope, look.digits)


def _jacobians(report: Report, look: Look) -> Iterator[Block]:
    """Every stage's Jacobian, its formula and its numbers; of a function that is repeated the formula is told once."""
    stages = report.stages
    shown = some_numbers(len(stages), SHOWN, look)
    first: dict[tuple[str, Formula | None], str] = {}
    for number in shown:
        stage, before = stages[number], denominator(report, number, look)
        symbol = jacobian_symbol(stage.index)
        told = first.setdefault((stage.name.partition("#")[0], stage.jacobian.formula), symbol)
        if told != symbol and _is_told(stage.jacobian):
            remarks = (*stage.jacobian.remarks, f"formula as for {told}")
            stage = replace(stage, jacobian=replace(stage.jacobian, spell=None, remarks=remarks))
        yield from jacobian_blocks(stage, before, Bars(report), look)
        yield Gap()
        if number + 1 < len(stages) and number + 1 not in shown:
            yield Paragraph((left_out("Jacobians", shown, len(stages), look),))
            yield Gap()


def denominator(report: Report, number: int, look: Look) -> str:
    """By what the function in place ``number`` (from 0) is differentiated, as a word: the function before it, or the point."""
    return report.stages[number - 1].name if number else variables(report.pipeline.inputs, look).text


def jacobian_blocks(stage: StageResult, before: str, bars: Bars, look: Look, chosen: Place = NOWHERE) -> Iterator[Block]:
    """The Jacobian of a stage: its formula and its numbers, with marks on the row and the column of a ``chosen`` entry."""
    jacobian, symbol = stage.jacobian, jacobian_symbol(stage.index)
    head = runs(Run(symbol, "symbol"), " = ", derivative(stage.name, before))
    bar = bars.jacobian(stage.index)
    row, column = chosen
    matrix = Matrix(jacobian.linear, symbol, stage.outputs, stage.inputs, error_bar=bar, row=row, column=column)
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
        few = ", ".join(component(stage.outputs[output]) for output in settled[:NAMED])
        more = f" and {len(settled) - NAMED} more outputs" if len(settled) > NAMED else ""
        yield "the formula holds beside the point" + (f" for {few}{more}" if len(settled) < len(stage.outputs) else "")


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


def _products(report: Report, look: Look) -> Iterator[Block]:
    """Every product with the matrices it multiplies."""
    products = report.products
    shown = some_numbers(len(products), SHOWN, look)
    leads = [product_lead(products[number]) for number in shown]
    margin = max((width_of(words(lead, look).lines[0]) for lead in leads), default=0) + 2
    for number, lead in zip(shown, leads, strict=True):
        yield Equation(product_terms(report, products[number], look), lead, margin)
        yield Gap()
        if number + 1 < len(products) and number + 1 not in shown:
            yield Paragraph((left_out("products", shown, len(products), look),))
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


def operand_matrix(report: Report, operand: Operand) -> Matrix:
    """What a product multiplies, ``J₂ᵀ`` or ``P1``, with its error bars."""
    symbol, bars = operand_symbol(operand), Bars(report)
    if operand.kind == "stage":
        bar = bars.jacobian(operand.number)
        linear = report.stages[operand.number - 1].jacobian.linear.T
        return Matrix(linear, symbol, error_bar=None if bar is None else bar.T)
    product = report.products[operand.number - 1]
    return Matrix(product.linear, symbol, exponent=product.exponent, error_bar=bars.product(operand.number))
