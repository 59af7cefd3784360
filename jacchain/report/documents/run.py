"""The answer of ``run`` as a document: the chain, every Jacobian, the order, every product, the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jacchain.errors import counted
from jacchain.jacobian.judgement.verdict import Verdict
from jacchain.report.document import (
    Block,
    Column,
    Document,
    Equation,
    Gap,
    Matrix,
    Paragraph,
    Run,
    Runs,
    Table,
    Vector,
    note,
    runs,
)
from jacchain.report.documents.jacobians import derivative, jacobians
from jacchain.report.documents.matrices import Bars, whole_matrix
from jacchain.report.documents.order import order_line
from jacchain.report.documents.products import products
from jacchain.report.documents.remarks import remarks
from jacchain.report.documents.trust import trust_blocks
from jacchain.report.look import Look
from jacchain.report.notation.elision import elided
from jacchain.report.notation.number import number_text
from jacchain.report.notation.symbols import NAMES, NUMBERS, grouped, numbers, point, space, variables
from jacchain.report.notation.text import component
from jacchain.results import DECLINED, Report, StageResult

STAGES = 24
"""Rows up to which the table of the stages is shown whole."""


def run_document(report: Report, look: Look, *, next_steps: Sequence[str] = ()) -> Document:
    """The whole answer; ``next_steps`` are commands to go on with."""
    if look.detail == "result":
        return (*remarks(report.diagnostics, look), *result_document(report, look))
    result, trust = result_document(report, look), tuple(trust_blocks(report, look))
    apart = isinstance(result[-1], Equation) and trust and not isinstance(trust[0], Gap)
    blocks: list[Block] = [
        *run_title(report, look),
        Gap(),
        *_stages(report, look),
        *((Gap(), *remarks(report.diagnostics, look)) if report.diagnostics else ()),
        Gap(),
        *jacobians(report, look),
        order_line(report.plan, look),
        Gap(),
        *products(report, look),
        *result,
        *((Gap(),) if apart else ()),
        *trust,
    ]
    if next_steps:
        parts = [part for step in next_steps for part in (" · ", Run(step, "command"))][1:]
        blocks += [Gap(), Paragraph(runs(Run("next: ", "note"), *parts))]
    return tuple(blocks)


def result_document(report: Report, look: Look) -> Document:
    """The result alone: the value and the gradient at a scalar end, else the Jacobian of the chain; and either along vectors."""
    bars = Bars(report)
    along = ((("wᵀ J", "w"), report.seed, bars.whole.T), (("J v", "v"), report.direction, bars.whole))
    said = []
    for (product, vector), found, known in along:
        if found is not None:
            bar = bars.along(found.vector, found.product, known)
            result = runs(Run(product, "symbol"), " = ", numbers(found.product, look, bar))
            said.append(Paragraph(runs(*result, "   ", Run(vector, "symbol"), " = ", numbers(found.vector, look)), hang=4))
    return (*_result(report, look), *said)


def _result(report: Report, look: Look) -> Document:
    last, inputs, bars = report.stages[-1], report.pipeline.inputs, Bars(report)
    if report.gradient is None:
        by = derivative(last.name, variables(inputs, look).text)
        return Paragraph(runs(Run("J", "symbol"), " = ", by)), Equation((whole_matrix(report),))
    name = component(last.outputs[0])
    value = runs(Run(name, "name"), " = ", numbers(last.value, look, bars.value(len(report.stages))))
    if report.gradient.size > NUMBERS and not look.full:
        column = Matrix(report.jacobian.T, f"∇{name}", inputs, error_bar=bars.whole.T)
        return Paragraph(value), Gap(), Equation((column,), runs(Run(f"∇{name}", "symbol"), " ="))
    result = numbers(report.gradient, look, bars.whole[0])
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
    maps = (variables(facts.inputs, look), f" ∈ {space(len(facts.inputs))} → ", variables(outputs, look))
    parts = (counted(len(report.stages), "stage"), "   ", *maps, f" ∈ {space(len(outputs))}   at ")
    yield Paragraph(runs(Run(facts.file, "title"), "   ", *parts, *point(facts.inputs, facts.at, look)), hang=4)
    if facts.name and facts.name not in {facts.file, facts.file.rpartition("/")[2].partition(".")[0]}:
        yield Paragraph(runs(Run(facts.name, "heading")), hang=0)
    for line in facts.description.splitlines():
        if line.strip():
            yield Paragraph(runs(Run(line.strip(), "note")), hang=0)


def _stages(report: Report, look: Look) -> Iterator[Block]:
    """The table of the functions, with how well differences agree where they were made."""
    checked = any(stage.agreement is not None for stage in report.stages)
    columns = (
        Column("#", "right"),
        Column("function"),
        Column("shape", optional=2),
        Column("value"),
        Column("Jacobian", optional=3),
        *((Column("differences agree to", "point", optional=1),) if checked else ()),
    )
    rows = [
        number if isinstance(number, Run) else _stage_row(report.stages[number], Bars(report), look)[: len(columns)]
        for number in elided("stages", len(report.stages), STAGES, look)
    ]
    yield Table(columns, tuple(rows))
    if report.unchecked not in {"", DECLINED}:
        yield note(f" no differences were made: {report.unchecked}")


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
