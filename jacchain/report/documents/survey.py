"""What a plan was chosen from, as a document: the triangle of all sub-chains, the next best plans, the splits of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from jacchain.report.document import Block, Column, Figure, Gap, Paragraph, Run, Runs, Table, runs
from jacchain.report.documents.order import bracketing_text
from jacchain.report.look import Look
from jacchain.report.notation.elision import elided
from jacchain.report.notation.number import number_text
from jacchain.report.notation.symbols import jacobian_symbol
from jacchain.report.notation.text import cells

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
    texts = [[_cell_text(candidate) for candidate in row] for row in survey.triangle]
    heads = [f"{jacobian_symbol(number)}ᵀ" for number in range(1, length + 1)]
    margin = max(map(cells, heads)) + 2
    natural = [max(cells(heads[j]), *(len(texts[i][j - i]) for i in range(j + 1))) for j in range(length)]
    gap = 3 if margin + sum(natural) + 3 * length <= look.width else 2
    widths = [width + gap for width in natural]
    yield Gap()
    if margin + sum(widths) > look.width:
        note = f"the triangle of all sub-chains takes {margin + sum(widths)} columns (--width)"
        yield Paragraph(runs(Run(note, "note")))
        return
    head = runs(" " * margin, *(Run(f"{name:>{width}}", "symbol") for name, width in zip(heads, widths, strict=True)))
    lines = [head]
    for i, row in enumerate(texts):
        before = " " * sum(widths[:i])
        pieces = [
            Run(f"{text:>{width}}", "structural" if text == "·" else "number")
            for text, width in zip(row, widths[i:], strict=True)
        ]
        lines.append(runs(Run(f"  {heads[i]:<{margin - 2}}", "symbol"), before, *pieces))
    yield Figure(tuple(lines))
    yield Paragraph(runs(Run(_caption(survey), "note")), hang=2)


def _cell_text(candidate: Candidate) -> str:
    if candidate.first == candidate.last:
        return f"{candidate.multiplications:,}{MARKS[candidate.operation]}" if candidate.multiplications else "·"
    return f"{candidate.multiplications:,}|{MARKS[candidate.operation] or candidate.split}"


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
        )
        for rank, plan in enumerate(alternatives, 1)
    ]
    columns = (
        Column("#", right=True),
        Column("multiplications", right=True),
        Column("more", right=True),
        Column("order", flexible=True),
    )
    yield Gap()
    yield Table(columns, tuple(rows))


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
        Column("left part", right=True, optional=2),
        Column("right part", right=True, optional=2),
        Column("this product", right=True, optional=1),
        Column("together", right=True),
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
