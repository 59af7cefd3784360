"""The answers of a sweep, a row for each point: a table for people, lines of JSON or of CSV as they come, or arrays."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import product

import numpy as np

from jacchain.errors import Problem
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.pipeline.stage import Pipeline
from jacchain.report.document import Block, Column, Document, Gap, Paragraph, Run, Runs, Table, runs
from jacchain.report.documents.problems import problem_record
from jacchain.report.layout.matrix import left_out, some_numbers
from jacchain.report.look import Look
from jacchain.report.notation.number import number_text
from jacchain.report.notation.text import component
from jacchain.report.records.json_arrays import rows_text
from jacchain.report.records.json_text import Json, json_bytes
from jacchain.report.records.run import diagnostic_record
from jacchain.results import Answers

SHOWN = 40
"""Points up to which a table for people is whole; of more it shows half as many."""


def json_lines(answers: Answers, *, scalar: bool) -> bytes:
    """An object for each point, one a line: where it is, the value, the gradient or the Jacobian, remarks or an error.

    All numbers are written in one go, with gaps of undefined ones where the text between them belongs: one, two or three.
    """
    b, m = answers.jacobian.shape[:2]
    gap = np.full((b, 1), np.nan)
    parts = [answers.at, gap, answers.value, gap, gap, answers.jacobian[:, 0]]
    for row in range(1, m):
        parts += [gap, gap, gap, answers.jacobian[:, row]]
    numbers = np.concatenate(parts, axis=1)
    special = sorted({*answers.remarks, *answers.failures})
    numbers[special] = 0
    before, after = (b'"gradient":[', b'],"jacobian":null') if scalar else (b'"gradient":null,"jacobian":[[', b"]]")
    text = rows_text(numbers, b'%s,"diagnostics":[],"error":null}\n{"at":[' % after)
    text = text.replace(b",null,null,null,", b"],[").replace(b",null,null,", b"]," + before).replace(b",null,", b'],"value":[')
    text = b'{"at":[%b%b,"diagnostics":[],"error":null}\n' % (text, after)
    if not special:
        return text
    lines = text.splitlines(keepends=True)
    for row in special:
        lines[row] = json_bytes(_record(answers, row, scalar=scalar))
    return b"".join(lines)


def _record(answers: Answers, row: int, *, scalar: bool) -> Json:
    failed = answers.failures.get(row)
    jacobian = None if failed else answers.jacobian[row]
    return {
        "at": answers.at[row],
        "value": None if failed else answers.value[row],
        "gradient": jacobian[0] if scalar and jacobian is not None else None,
        "jacobian": None if scalar else jacobian,
        "diagnostics": [diagnostic_record(remark) for remark in answers.remarks.get(row, ()) if not failed],
        "error": problem_record(failed.problems[0]) if failed else None,
    }


def csv_head(pipeline: Pipeline) -> bytes:
    """The names of the columns."""
    outputs = output_names(pipeline)
    names = [*pipeline.inputs, *outputs, *(f"d{y}/d{x}" for y, x in product(outputs, pipeline.inputs)), "remark"]
    return (",".join(f'"{name}"' if "," in name else name for name in names) + "\n").encode()


def csv_lines(answers: Answers) -> bytes:
    """A line for each point: where, the value, the entries of the Jacobian row by row, codes; empty is what is not there."""
    numbers = np.concatenate([answers.at, answers.value, answers.jacobian.reshape(len(answers.at), -1)], axis=1)
    text = rows_text(numbers, b",\n").replace(b"null", b"") + b",\n"
    special = {*answers.remarks, *answers.failures}
    if not special:
        return text
    lines = text.splitlines()
    for row in special:
        lines[row] += _codes(answers, row).encode()
    return b"\n".join(lines) + b"\n"


def sweep_npz(parts: Sequence[Answers], *, scalar: bool) -> bytes:
    """The arrays ``at``, ``value``, ``jacobian``, at a scalar end ``gradient``, and ``failed``, whose rows are NaN."""
    at, value, jacobian = (np.concatenate(arrays) for arrays in zip(*((p.at, p.value, p.jacobian) for p in parts), strict=True))
    failed = np.zeros(len(at), bool)
    failed[[part.first - 1 + row for part in parts for row in part.failures]] = True
    arrays = {"at": at, "value": value, "jacobian": jacobian, "failed": failed}
    stream = BytesIO()
    np.savez(stream, **arrays | ({"gradient": jacobian[:, 0]} if scalar else {}))  # type: ignore[arg-type]
    return stream.getvalue()


def sweep_document(pipeline: Pipeline, parts: Sequence[Answers], look: Look) -> Document:
    """A table of the points, of many the first and the last."""
    count = sum(len(part.at) for part in parts)
    outputs = output_names(pipeline)
    derivatives = [f"∂{component(y)}/∂{component(x)}" for y, x in product(outputs, pipeline.inputs)]
    columns = (
        Column("#", right=True),
        *(Column(component(name), right=True) for name in (*pipeline.inputs, *outputs)),
        *(Column(name, right=True, optional=number) for number, name in enumerate(derivatives, 1)),
        Column("remark"),
    )
    shown = some_numbers(count, SHOWN, look)
    rows: list[tuple[Runs, ...] | Run] = [_row(*_found(parts, number), look) for number in shown]
    if len(shown) < count:
        rows.insert((len(shown) + 1) // 2, left_out("points", shown, count, look))
    blocks: list[Block] = [Table(columns, tuple(rows))]
    for code, (message, times) in _told(parts).items():
        others = f" (so at {times} points)" if times > 1 else ""
        blocks += [Gap(), Paragraph(runs(Run(code, "warning"), f"  {message}{others}"), hang=7)]
    return tuple(blocks)


def _told(parts: Sequence[Answers]) -> dict[str, tuple[str, int]]:
    """For each code what it means at the first point that has it, and how many points have it."""
    found: dict[str, tuple[str, int]] = {}
    for part in parts:
        for row in sorted({*part.remarks, *part.failures}):
            for said in {said.code: said for said in reversed(_said(part, row))}.values():
                message, times = found.get(said.code, (said.message, 0))
                found[said.code] = message, times + 1
    return found


def _found(parts: Sequence[Answers], number: int) -> tuple[Answers, int]:
    """Where the answer at a point is, the points counted from 0."""
    part = next(part for part in reversed(parts) if part.first <= number + 1)
    return part, number + 1 - part.first


def _row(answers: Answers, row: int, look: Look) -> tuple[Runs, ...]:
    numbers = (*answers.at[row], *answers.value[row], *answers.jacobian[row].ravel())
    texts = [runs(Run("-", "note") if np.isnan(number) else number_text(float(number), look.digits)) for number in numbers]
    said = Run(_codes(answers, row), "error" if row in answers.failures else "warning")
    return runs(str(answers.first + row)), *texts, runs(said)


def _codes(answers: Answers, row: int) -> str:
    """What there is to say of a point, as codes."""
    return " ".join(sorted({said.code for said in _said(answers, row)}))


def _said(answers: Answers, row: int) -> Sequence[Diagnostic | Problem]:
    """What there is to say of a point: why it has no answer, or remarks on the one it has."""
    return answers.failures[row].problems[:1] if row in answers.failures else answers.remarks.get(row, ())


def output_names(pipeline: Pipeline) -> list[str]:
    """The outputs of a chain; one that is called like an input has the name of its function before it: ``polar.r``."""
    last = pipeline.stages[-1]
    function = last.name.partition("#")[0]
    return [f"{function}.{name}" if name in pipeline.inputs else name for name in last.outputs]
