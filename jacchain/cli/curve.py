"""``jacchain curve``: the error of a difference against its step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jacchain.cli.options import display_options, file_argument, output_options, pipeline_options
from jacchain.errors import JacchainError, Problem, suggestion

if TYPE_CHECKING:
    from jacchain.pipeline.stage import Pipeline


@click.command()
@file_argument
@pipeline_options
@click.option("--stage", metavar="NAME", help="The function to look at (the first).")
@click.option("--entry", default="1,1", show_default=True, metavar="I,J", help="Row and column of its Jacobian.")
@display_options
@output_options("text", "json")
def curve(file: str | None, **options: Any) -> None:
    """Draw the error of differences against their step h: the V between rounding and truncation."""
    from jacchain.cli.input import read_pipeline
    from jacchain.cli.output import deliver
    from jacchain.cli.settings import look_of
    from jacchain.jacobian.curve import difference_curve
    from jacchain.report import render_curve
    from jacchain.run import Request
    from jacchain.run import run as run_pipeline

    pipeline = read_pipeline(file, options)
    number = _stage(pipeline, options["stage"])
    stage = pipeline.stages[number]
    row, column = _entry(options["entry"], (len(stage.outputs), len(stage.inputs)))
    report = run_pipeline(pipeline, Request(check=False))
    x = report.stages[number - 1].value if number else pipeline.at
    found = difference_curve(stage, x, row, column)
    deliver(render_curve(found, options["format"], look_of(options)), options["output"])


def _stage(pipeline: Pipeline, name: str | None) -> int:
    """The number, from 0, of the stage of that name, or of that number from 1."""
    names = [stage.name for stage in pipeline.stages]
    if name is None or name in names:
        return 0 if name is None else names.index(name)
    if name.isascii() and name.isdigit() and 1 <= int(name) <= len(names):
        return int(name) - 1
    meant = suggestion(name, names)
    way_out = f"did you mean `{meant}`?" if meant else f"the chain has {', '.join(names[:6])}"
    raise JacchainError(Problem("JC003", f"there is no stage `{name[:60]}`", help=way_out))


def _entry(text: str, shape: tuple[int, int]) -> tuple[int, int]:
    """Row and column from 0 of an entry written ``i,j`` from 1."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 2 and all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        row, column = (int(part) for part in parts)
        if 1 <= row <= shape[0] and 1 <= column <= shape[1]:
            return row - 1, column - 1
    message = f"`{text[:60]}` is no entry of a {shape[0]}×{shape[1]} Jacobian"
    raise JacchainError(Problem("JC003", message, help="write --entry 1,2 for the first row and the second column"))
