"""The answers of a sweep, a row for each point, as they come: lines of JSON or of CSV."""

from __future__ import annotations

from itertools import product

import numpy as np

from jacchain.pipeline.stage import Pipeline
from jacchain.report.notation.symbols import output_names
from jacchain.report.records.json_arrays import rows_text
from jacchain.report.records.json_text import Json, json_bytes
from jacchain.report.records.problems import problem_record
from jacchain.report.records.run import diagnostic_record
from jacchain.results import Answers


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
        lines[row] += answers.codes(row).encode()
    return b"\n".join(lines) + b"\n"
