"""Printing matrices, JSON and the page of a run beside what people would use instead, in the same run.

    python benchmarks/printing.py

Matrices: 20 of 8 x 8, in colour; peers are rich.Table, which cuts numbers, and numpy.array2string, which aligns nothing across
notations.  JSON: a 1000 x 1000 Jacobian; the floor is orjson on the bare array, the peer json.dumps.  Rows: the answers of a
sweep at 100,000 points, as objects and as CSV; the floor is orjson on their numbers.  Medians, interleaved.
"""

import io
import json
import statistics
import time

import numpy as np
import orjson
from rich.console import Console
from rich.table import Table

from jacchain.linear.map import LinearMap
from jacchain.pipeline import from_expressions
from jacchain.report.document import Equation, Matrix
from jacchain.report.layout.lines import lines
from jacchain.report.look import Look
from jacchain.report.painters.colour import coloured
from jacchain.report.records.json_text import json_bytes
from jacchain.report.records.sweep import csv_head, csv_lines, json_lines
from jacchain.results import Answers

ROUNDS = 15
LOOK = Look(100, colour=True)


def median_times(**tasks):
    """Milliseconds of each task: the median of several rounds in which they take turns."""
    times = {name: [] for name in tasks}
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - start)
    return {name: 1_000 * statistics.median(found) for name, found in times.items()}


def report(title, times, ours):
    print(title)
    for name, spent in times.items():
        print(f"  {name.replace('_', ' '):28} {spent:9.3f} ms   {spent / times[ours]:7.2f}x ours")


def rich_tables(matrices):
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    for matrix in matrices:
        table = Table(show_header=False)
        for row in matrix:
            table.add_row(*(f"{value:.4g}" for value in row))
        console.print(table)


def main():
    rng = np.random.default_rng(7)
    matrices = [rng.normal(size=(8, 8)) * 10.0 ** rng.integers(-2, 3, size=(8, 8)) for _ in range(20)]
    document = tuple(Equation((Matrix(LinearMap.full(matrix)),)) for matrix in matrices)
    times = median_times(
        jacchain=lambda: coloured(lines(document, LOOK)),
        formatted_strings=lambda: ["  ".join(f"{value:8.4g}" for value in row) for matrix in matrices for row in matrix],
        numpy_array2string=lambda: [np.array2string(matrix, precision=4, max_line_width=100) for matrix in matrices],
        rich_Table=lambda: rich_tables(matrices),
    )
    report("20 matrices of 8 x 8, painted", times, "jacchain")

    large = LinearMap.diagonal(np.arange(1.0, 100_001.0)[None])
    whole = LinearMap.full(rng.normal(size=(1000, 1000)))
    report(
        "one large matrix, shown by its corners",
        median_times(
            dense_1000=lambda: list(lines((Equation((Matrix(whole),)),), LOOK)),
            diagonal_100000=lambda: list(lines((Equation((Matrix(large),)),), LOOK)),
            numpy_array2string_1000=lambda: np.array2string(whole.dense[0], precision=4, max_line_width=100),
        ),
        "dense_1000",
    )

    array = np.ascontiguousarray(whole.dense[0])
    rows = array.tolist()
    report(
        "JSON of a 1000 x 1000 Jacobian",
        median_times(
            jacchain=lambda: json_bytes({"data": array}),
            floor_orjson=lambda: orjson.dumps({"data": array}, option=orjson.OPT_SERIALIZE_NUMPY),
            json_dumps=lambda: json.dumps({"data": rows}),
        ),
        "jacchain",
    )

    numbers = rng.normal(size=(100_000, 7))
    pipeline = from_expressions(["L(x, y, z): x*y*z"], at="1,1,1")
    answers = Answers(1, numbers[:, :3], numbers[:, 3:4], numbers[:, None, 4:], {}, {})
    lists = numbers.tolist()
    report(
        "rows of a sweep at 100,000 points",
        median_times(
            json_lines=lambda: json_lines(answers, scalar=True),
            csv_lines=lambda: csv_head(pipeline) + csv_lines(answers),
            floor_orjson=lambda: orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY),
            json_dumps=lambda: [json.dumps(row) for row in lists],
        ),
        "json_lines",
    )


if __name__ == "__main__":
    main()
