"""What a plan was chosen from, as a document: the triangle of all sub-chains, the next best plans, the splits of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from jacchain.report.document import Block, Column, Gap, Paragraph, Run, Runs, Table, note, runs
from jacchain.report.documents.order import bracketing_text
from jacchain.report.layout.table import table_width
from jacchain.report.look import Look
from jacchain.report.notation.elision import elided
from jacchain.report.notation.number import number_text
from jacchain.report.notation.symbols import jacobian_symbol

if TYPE_CHECKING:
    from jacchain.chain.survey import Alternative, Candidate, Survey

TRIANGLE = 14
"""Factors up to which the triangle is drawn."""

CANDIDATES = 30
"""Ways to have a sub-chain up to which all are listed."""

MARKS = {"multiply": "", "tangent": "t", "adjoint": "a", "given": ""}


def triangle_blocks(survey: Survey, look: Look) -> Iterator[Block]:
    """The least cost of every sub-chain and where it is split, as a triangle, where it is small enough to be seen."""
    length = len(survey.triangle)
    if not 2 < length <= TRIANGLE:
        return
    columns = (Column(""), *(Column(f"{jacobian_symbol(number)}ᵀ", "right") for number in range(1, length + 1)))
    rows = [
        (runs(Run(columns[number].title, "symbol")), *[()] * (number - 1), *map(_cell, row))
        for number, row in enumerate(survey.triangle, 1)
    ]
    table = Table(columns, tuple(rows))
    needed = table_width(table, look)
    yield Gap()
    if needed <= look.width or look.full:
        yield table
        yield Paragraph(runs(Run(_caption(survey), "note")), hang=2)
    else:
        way_out = f"(--width {needed}, or --full for it in parts)"
        yield note(f"the triangle of all sub-chains takes {needed} columns {way_out}")


def _cell(candidate: Candidate) -> Runs:
    mark = MARKS[candidate.operation]
    if candidate.first == candidate.last and not candidate.multiplications:
        return runs(Run("·", "structural"))
    text = mark if candidate.first == candidate.last else f"|{mark or candidate.split}"
    return runs(Run(f"{candidate.multiplications:,}{text}", "number"))


def _caption(survey: Survey) -> str:
    used = {candidate.operation for row in survey.triangle for candidate in row}
    parts = ["cost|split of the sub-chain from the row's factor to the column's"]
    if "tangent" in used:
        parts.append("t: by tangents")
    if "adjoint" in used:
        parts.append("a: by adjoints")
    return "; ".join(parts)


def optimum_text(survey: Survey, optimum: int) -> str:
    """How many bracketings are as good, and how far the next one is behind; nothing where that is not known."""
    if survey.optimal is None or survey.bracketings in {None, 1}:
        return ""
    assert survey.bracketings is not None
    if survey.optimal == survey.bracketings:
        return f"all {_count(survey.bracketings)} bracketings attain the optimum"
    count = f"{_count(survey.optimal)} of {_count(survey.bracketings)} bracketings"
    parts = [f"{count} {'attains' if survey.optimal == 1 else 'attain'} the optimum"]
    if survey.margin:
        more = f" ({number_text(100 * survey.margin / optimum, 2)} %)" if optimum else ""
        parts.append(f"the next best costs {survey.margin:,} more{more}")
    return "; ".join(parts)


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**12 else f"about {number:.2e}".replace("e+", "e")


def alternatives_blocks(alternatives: Sequence[Alternative], length: int, look: Look) -> Iterator[Block]:
    """The cheapest plans, where more than one was asked for."""
    if len(alternatives) < 2:
        return
    least = alternatives[0].multiplications
    rows = [
        (
            runs(str(rank)),
            runs(Run(f"{plan.multiplications:,}", "number")),
            runs(f"+{plan.multiplications - least:,}" if plan.multiplications > least else ""),
            runs(Run(bracketing_text(plan.tree, length, look), "symbol")),
            runs(Run(_passes(plan), "note")),
        )
        for rank, plan in enumerate(alternatives, 1)
    ]
    columns = (
        Column("#", "right"),
        Column("multiplications", "right"),
        Column("more", "right", optional=1),
        Column("order"),
        Column("by passes"),
    )
    count = len(columns) if any(plan.passes for plan in alternatives) else len(columns) - 1
    yield Gap()
    yield Table(columns[:count], tuple(row[:count] for row in rows))
    if count == len(columns):
        yield note(" i:j is the product of the factors i to j, one number a Jacobian that is built")


def _passes(plan: Alternative) -> str:
    """What tangents and what adjoints form in a plan: ``adjoints 3, 2:3; tangents 4``."""
    parts = []
    for operation in ("tangent", "adjoint"):
        formed = [str(first) if first == last else f"{first}:{last}" for first, last, name in plan.passes if name == operation]
        parts += [f"{operation}s {', '.join(formed)}"] if formed else []
    return "; ".join(parts)


def candidates_blocks(candidates: Sequence[Candidate], look: Look) -> Iterator[Block]:
    """Every way to have one sub-chain, with what its parts cost and what is added."""
    if not candidates:
        return
    least = min(candidate.multiplications for candidate in candidates)
    rows = [
        number if isinstance(number, Run) else _candidate_row(candidates[number], least)
        for number in elided("ways", len(candidates), CANDIDATES, look)
    ]
    columns = (
        Column("way"),
        Column("left part", "right", optional=2),
        Column("right part", "right", optional=2),
        Column("this product", "right", optional=1),
        Column("together", "right"),
        Column(""),
    )
    first, last = candidates[0].first, candidates[0].last
    yield Gap()
    yield Paragraph(runs(Run(f"every way to have {_range(first, last)}", "heading")))
    yield Table(columns, tuple(rows))


def _candidate_row(way: Candidate, least: int) -> tuple[Runs, ...]:
    more = way.multiplications - least
    return (
        runs(Run(_way(way), "symbol")),
        *(runs(f"{cost:,}") for cost in (way.left, way.right, way.own)),
        runs(Run(f"{way.multiplications:,}", "number" if more else "chosen")),
        runs(Run(f"{more:,} more", "note") if more else Run("the least", "good")),
    )


def _way(way: Candidate) -> str:
    if way.first == way.last:
        return {"given": "the matrix is given", "tangent": "built by tangents", "adjoint": "built by adjoints"}[way.operation]
    if way.operation == "multiply":
        return f"{_part(way.first, way.split)} {_part(way.split + 1, way.last)}"
    if way.operation == "tangent":
        return f"{_range(way.first, way.last - 1)} through {jacobian_symbol(way.last)}, by tangents"
    return f"{_range(way.first + 1, way.last)} through {jacobian_symbol(way.first)}, by adjoints"


def _part(first: int, last: int) -> str:
    return f"({_range(first, last)})" if first < last else _range(first, last)


def _range(first: int, last: int) -> str:
    symbols = [f"{jacobian_symbol(number)}ᵀ" for number in range(first, last + 1)]
    return " ".join(symbols) if len(symbols) <= 4 else f"{symbols[0]} {symbols[1]} … {symbols[-1]}"
