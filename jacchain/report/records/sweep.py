"""The answers of a sweep, a row for each point, as they come: lines of JSON or of CSV."""

from __future__ import annotations

from itertools import product

import numpy as np

from jacchain.pipeline.stage import Pipeline
from jacchain.report.notation.symbols import output_names
from jacchain.report.records.json_arrays import numbers_text
from jacchain.report.records.json_text import Json, json_bytes
from jacchain.report.records.problems import problem_record
from jacchain.results import Answers


def json_lines(answers: Answers, *, scalar: bool) -> bytes:
    """An object for each point, one a line: where it is, the value, the gradient or the Jacobian, remarks or an error.

    All numbers are written in one go, with an undefined one wherever other text belongs: there they are taken apart again.
    """
    b, m, n = answers.jacobian.shape
    gap = np.zeros((b, 1))
    rows = (part for row in range(m) for part in (answers.jacobian[:, row], gap))
    numbers = np.concatenate([answers.at, gap, answers.value, gap, *rows], axis=1)
    special = [*{*answers.remarks, *answers.failures}]
    numbers[special] = 0
    numbers[:, [n, *range(n + 1 + m, numbers.shape[1], n + 1)]] = np.nan
    texts = numbers_text(numbers.reshape(-1)[:-1]).split(b",null,")
    before, after = (b'],"gradient":[', b'],"jacobian":null') if scalar else (b'],"gradient":null,"jacobian":[[', b"]]")
    heads = [b'{"at":[', b'],"value":[', before, *[b"],["] * (m - 1)]
    width = 2 * len(heads) + 1
    words = [after + b',"diagnostics":[],"error":null}\n'] * (width * b)
    for place, head in enumerate(heads):
        words[2 * place :: width] = [head] * b
        words[2 * place + 1 :: width] = texts[place :: len(heads)]
    for row in special:
        words[width * row : width * (row + 1)] = [json_bytes(_record(answers, row, scalar=scalar)), *[b""] * (width - 1)]
    return b"".join(words)


def _record(answers: Answers, row: int, *, scalar: bool) -> Json:
    failed = answers.failures.get(row)
    jacobian = None if failed else answers.jacobian[row]
    return {
        "at": answers.at[row],
        "value": None if failed else answers.value[row],
        "gradient": jacobian[0] if scalar and jacobian is not None else None,
        "jacobian": None if scalar else jacobian,
        "diagnostics": () if failed else answers.remarks.get(row, ()),
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
    lines = numbers_text(numbers)[1:-1].split(b"],[")
    words = [b",\n"] * (2 * len(lines))
    words[::2] = lines
    for row in {*answers.remarks, *answers.failures}:
        words[2 * row : 2 * row + 2] = lines[row].replace(b"null", b""), b",%b\n" % answers.codes(row).encode()
    return b"".join(words)
