"""``jacchain sweep``: the same pipeline at many points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from jacchain.cli.options import DOCUMENT, display_options, file_argument, output_options, pipeline_options, strict_option
from jacchain.errors import JacchainError, Problem
from jacchain.frozen import replace

if TYPE_CHECKING:
    from jacchain.linear.map import Numbers
    from jacchain.pipeline.points import Points
    from jacchain.results import Answers


@click.command()
@file_argument
@click.argument("points", required=False, metavar="[POINTS]", type=click.Path())
@click.option("--over", multiple=True, metavar="NAME=FROM:TO:COUNT", help="A range of an input, in place of POINTS; repeatable.")
@pipeline_options
@strict_option
@click.option("--method", type=click.Choice(["analytic", "difference"]), help="How to differentiate, whatever the file says.")
@display_options
@output_options(*DOCUMENT, "csv", "npz")
def sweep(file: str | None, points: str | None, over: tuple[str, ...], **options: Any) -> None:
    """Evaluate FILE and its gradient or Jacobian at many points.

    POINTS is a .csv or .npy file, or `-` for CSV on stdin: a row for each point, with a column for each input, in their order or
    under a first line of names.  Inputs without a column, or without --over, keep the number of `at`.

    JSON is an object for each point, one a line; it and CSV are written as the answers come.  An output that is called like an
    input has a column under the name of its function: `polar.r`.
    """
    from jacchain.cli.input import foretold, read_pipeline
    from jacchain.cli.output import sink
    from jacchain.cli.settings import look_of
    from jacchain.pipeline.points import in_order
    from jacchain.report import render_sweep
    from jacchain.sweep import sweep as sweep_pipeline

    if options["expression"] and points is None:  # then the only word is the points
        file, points = None, file
    given = _points(file, points, over)
    if not given.names and options["at"] is None:  # sizes that the file leaves open follow from the points
        options["at"] = ",".join(map(repr, given.rows[0].tolist()))
    pipeline = read_pipeline(file, options, needs_point=False, stand_in=given.sizes)
    rows = in_order(given, pipeline.inputs, pipeline.at)
    pipeline = foretold(pipeline, options, len(rows))
    tally = _Tally(pipeline.inputs, rows)
    answers = tally.watched(sweep_pipeline(pipeline, rows, strict=options["strict"]))
    with sink(options["output"]) as write:
        for part in render_sweep(pipeline, answers, options["format"], look_of(options)):
            write(part)
    tally.settle()


def _points(file: str | None, points: str | None, over: tuple[str, ...]) -> Points:
    """The points of a command line.  Raises JacchainError (JC001) when there are none, or two kinds of them."""
    from jacchain.cli.input import read_source
    from jacchain.memory import room
    from jacchain.pipeline.points import grid, read_points

    if bool(over) == (points is not None):
        message = "POINTS and --over exclude each other" if over else "the points are missing"
        way_out = "give a table: jacchain sweep FILE points.csv, or ranges: --over x=-1:1:21"
        raise JacchainError(Problem("JC001", message, help=way_out))
    if points is None:
        return grid(over)
    if points == file == "-":
        raise JacchainError(Problem("JC001", "FILE and POINTS cannot both be stdin", help="give one of them as a file"))
    content, name, _ = read_source(points, room())
    return read_points(content, name)


class _Tally:
    """How many points had no answer, and why the first had none."""

    def __init__(self, inputs: Sequence[str], points: Numbers) -> None:
        self.inputs, self.points = inputs, points
        self.failed = 0
        self.first: tuple[int, JacchainError] | None = None

    def watched(self, answers: Iterable[Answers]) -> Iterator[Answers]:
        """The same answers, counted."""
        for part in answers:
            if part.failures and self.first is None:
                row = min(part.failures)
                self.first = part.first + row, part.failures[row]
            self.failed += len(part.failures)
            yield part

    def settle(self) -> None:
        """Raises the first failure, as a JacchainError that says how many there were."""
        if self.first is None:
            return
        row, error = self.first
        place = ", ".join(f"{name} = {number:.6g}" for name, number in zip(self.inputs[:4], self.points[row - 1], strict=False))
        note = f"at point {row}: {place}{', …' if len(self.inputs) > 4 else ''}"
        if len(self.points) > 1:
            note += f"; {self.failed:,} of {len(self.points):,} points have no answer"
        first, *others = error.problems
        raise JacchainError(replace(first, notes=(*first.notes, note)), *others)
