"""The answers of a sweep as a document: a table of the points, and what there is to say of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import product
from math import isnan

from jacchain.pipeline.stage import Pipeline
from jacchain.report.document import Block, Column, Document, Gap, Paragraph, Run, Runs, Table, note, runs
from jacchain.report.look import Look
from jacchain.report.notation.elision import elided
from jacchain.report.notation.number import number_text
from jacchain.report.notation.symbols import output_names
from jacchain.report.notation.text import component
from jacchain.results import Answers

MESSAGES = 3
"""Remarks of one code that are told."""
SHOWN = 40
"""Points up to which a table for people is whole; of more it shows half as many."""


def sweep_document(pipeline: Pipeline, parts: Sequence[Answers], look: Look) -> Document:
    """A table of the points, of many the first and the last."""
    count = sum(len(part.at) for part in parts)
    outputs = output_names(pipeline)
    derivatives = [f"∂{component(y)}/∂{component(x)}" for y, x in product(outputs, pipeline.inputs)]
    names = [*map(component, (*pipeline.inputs, *outputs)), *derivatives]
    numbers = (Column(name, "point", optional=number) for number, name in enumerate(names, 1))
    columns = (Column("#", "right"), *numbers, Column("remark"))
    rows = [
        number if isinstance(number, Run) else _row(*_found(parts, number), look)
        for number in elided("points", count, SHOWN, look)
    ]
    blocks: list[Block] = [Table(columns, tuple(rows))]
    for code, messages in _told(parts).items():
        for message in list(messages)[: len(messages) if look.full else MESSAGES]:
            others = f" (so at {messages[message]} points)" if messages[message] > 1 else ""
            blocks += [Gap(), Paragraph(runs(Run(code, "warning"), f"  {message}{others}"), hang=7)]
        if len(messages) > MESSAGES and not look.full:
            blocks.append(note(f"and {len(messages) - MESSAGES} more like these (--full)", 7))
    return tuple(blocks)


def _told(parts: Sequence[Answers]) -> dict[str, Counter[str]]:
    """For each code what it says, in the order of the points, and at how many of them."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for part in parts:
        for row in sorted({*part.remarks, *part.failures}):
            for code, message in dict.fromkeys((said.code, said.message) for said in part.said(row)):
                found[code][message] += 1
    return found


def _found(parts: Sequence[Answers], number: int) -> tuple[Answers, int]:
    """Where the answer at a point is, the points counted from 0."""
    part = next(part for part in reversed(parts) if part.first <= number + 1)
    return part, number + 1 - part.first


def _row(answers: Answers, row: int, look: Look) -> tuple[Runs, ...]:
    numbers = (*answers.at[row], *answers.value[row], *answers.jacobian[row].ravel())
    said = Run(answers.codes(row), "error" if row in answers.failures else "warning")
    return runs(str(answers.first + row)), *(runs(_number(float(number), look)) for number in numbers), runs(said)


def _number(number: float, look: Look) -> Run:
    return Run("-", "note") if isnan(number) else Run(number_text(number, look.digits), "number")
