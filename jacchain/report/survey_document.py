"""What a plan was chosen from: the triangle of all sub-chains, the next best plans, and why a split won."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jacchain.chain.survey import Candidate, Survey
from jacchain.report.document import Block, Column, Gap, Paragraph, Run, Runs, Table, runs
from jacchain.report.look import Look
from jacchain.report.symbols import jacobian_symbol

CELL = 2
"""Blanks between the columns of a table."""
CANDIDATES = 30
"""Ways to have a sub-chain that are listed."""


def triangle_blocks(survey: Survey, look: Look) -> Iterator[Block]:
    """The least cost of every sub-chain, with the factor behind which it is split; left out where it is wider than the page."""
    triangle = survey.triangle
    if len(triangle) < 3:
        return
    cells = [[_cell(way) if way.first < way.last else "·" for way in row] for row in triangle]
    count = len(triangle)
    widths = [max(len(cells[i][j - i]) for i in range(j + 1)) for j in range(count)]
    if sum(max(width, 4) + CELL for width in widths) + 6 > look.width:
        note = "the table of all sub-chains is wider than the page (--width, or --json)"
        yield Paragraph(runs(Run(note, "note")))
        yield Gap()
        return
    names = [f"{jacobian_symbol(number)}ᵀ" for number in range(1, count + 1)]
    columns = (Column(""), *(Column(name, right=True) for name in names))
    rows: list[tuple[Runs, ...] | Run] = []
    for i in range(count - 1):
        texts = [""] * i + cells[i]
        rows.append(
            (runs(Run(names[i], "symbol")), *(runs(Run(text, "structural" if text == "·" else "number")) for text in texts))
        )
    yield Table(columns, tuple(rows))
    yield Paragraph(runs(Run("cost|split: the least cost of each sub-chain, and the factor behind which it is split", "note")))
    yield Gap()


def _cell(way: Candidate) -> str:
    mark = {"multiply": f"{way.split}", "tangent": "T", "adjoint": "A"}.get(way.operation, "")
    return f"{way.multiplications:,}|{mark}"


def choice_blocks(survey: Survey) -> Iterator[Block]:
    """How many orders are as good, what the second best costs more, and the best ones when more than one was asked for."""
    if survey.bracketings is not None and survey.optimal is not None and survey.bracketings > 1:
        verb = "attains" if survey.optimal == 1 else "attain"
        said = f"{survey.optimal:,} of {survey.bracketings:,} bracketings {verb} the optimum"
        if survey.margin:
            said += f"; the second best costs {survey.margin:,} more"
        yield Paragraph(runs(said), indent=7)
    if len(survey.alternatives) > 1:
        best = survey.alternatives[0].multiplications
        columns = (Column("#", right=True), Column("cost", right=True), Column("more", right=True), Column("order"))
        rows = []
        for number, plan in enumerate(survey.alternatives, 1):
            more = plan.multiplications - best
            order = runs(Run(plan.bracketing(), "symbol"))
            rows.append((runs(str(number)), runs(f"{plan.multiplications:,}"), runs(f"{more:,}" if more else "-"), order))
        yield Gap()
        yield Table(columns, tuple(rows))


def candidate_blocks(candidates: Sequence[Candidate], look: Look) -> Iterator[Block]:
    """Every way to have one sub-chain, with what its parts cost and what is added."""
    if not candidates:
        return
    first, last = candidates[0].first, candidates[0].last
    least = min(candidate.multiplications for candidate in candidates)
    title = f"every way to have {_range(first, last)}"
    yield Gap()
    yield Paragraph(runs(Run(title, "heading")))
    columns = (
        Column("way"),
        Column("left part", right=True),
        Column("right part", right=True),
        Column("this product", right=True),
        Column("altogether", right=True),
        Column(""),
    )
    shown = candidates if look.full else candidates[:CANDIDATES]
    rows: list[tuple[Runs, ...] | Run] = []
    for way in shown:
        costs = (way.left, way.right, way.own, way.multiplications)
        note = "the least" if way.multiplications == least else f"{way.multiplications - least:,} more"
        rows.append((runs(Run(_way(way), "symbol")), *(runs(f"{cost:,}") for cost in costs), runs(Run(note, "note"))))
    if len(shown) < len(candidates):
        rows.append(Run(f"… {len(candidates) - len(shown):,} more ways ({len(shown)} of {len(candidates):,}; --full)", "note"))
    yield Table(columns, tuple(rows))


def _way(way: Candidate) -> str:
    if way.first == way.last:
        return {"given": "the matrix is given", "tangent": "built by tangents", "adjoint": "built by adjoints"}[way.operation]
    if way.operation == "multiply":
        return f"({_range(way.first, way.split)}) ({_range(way.split + 1, way.last)})"
    if way.operation == "tangent":
        return f"{_range(way.first, way.last - 1)} through {jacobian_symbol(way.last)}, by tangents"
    return f"{_range(way.first + 1, way.last)} through {jacobian_symbol(way.first)}, by adjoints"


def _range(first: int, last: int) -> str:
    symbols = [f"{jacobian_symbol(number)}ᵀ" for number in range(first, last + 1)]
    return " ".join(symbols) if len(symbols) <= 4 else f"{symbols[0]} {symbols[1]} … {symbols[-1]}"
