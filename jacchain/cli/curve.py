"""``jacchain curve``: the error of a difference against its step."""

from __future__ import annotations

from typing import Any

import click

from jacchain.cli.options import DOCUMENT, display_options, file_argument, output_options, pipeline_options
from jacchain.errors import JacchainError, Problem


@click.command()
@file_argument
@pipeline_options
@click.option("--stage", metavar="NAME", help="The function to look at (the first that is not linear).")
@click.option("--entry", metavar="I,J", help="Row and column of its Jacobian (the first that is not constant).")
@display_options
@output_options(*DOCUMENT)
def curve(file: str | None, **options: Any) -> None:
    """Draw the error of differences against their step h.

    It is a V: to the left rounding wins, to the right truncation.
    """
    from jacchain.check import curve as curve_of
    from jacchain.cli.input import read_pipeline
    from jacchain.cli.output import deliver
    from jacchain.cli.settings import look_of
    from jacchain.report import render_curve
    from jacchain.stages import differentiate_stages

    pipeline = read_pipeline(file, options)
    entry = None if options["entry"] is None else parse_entry(options["entry"])
    differentiate_stages(pipeline, checked=False)  # refuses a point at which there is nothing to draw
    found = curve_of(pipeline, options["stage"], entry)
    deliver(render_curve(found, options["format"], look_of(options)), options["output"])


def parse_entry(text: str) -> tuple[int, int]:
    """Row and column, from 1, of an entry written ``i,j``.  Raises JacchainError (JC003) for anything else."""
    from jacchain.report.notation.matrix_name import entry_named

    entry = entry_named(text)
    if entry is None:
        way_out = "write --entry 1,2 for the first row, second column"
        raise JacchainError(Problem("JC003", f"`{text[:60]}` is no entry", help=way_out))
    return entry[0] + 1, entry[1] + 1
