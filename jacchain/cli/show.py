"""``jacchain show``: one matrix of a run."""

from __future__ import annotations

from typing import Any

import click

from jacchain.cli.options import PAGES, display_options, file_argument, output_options, run_options


@click.command()
@file_argument
@click.argument("name", required=False, metavar="[NAME]")
@run_options
@display_options
@output_options(*PAGES, "csv", "npy")
def show(file: str | None, name: str | None, **options: Any) -> None:
    """Show one matrix of FILE, also as CSV or for NumPy.

    NAME is J2 for the Jacobian of the second function, P1 for the first product, J (or nothing) for the Jacobian of the chain.
    """
    from jacchain.cli.input import report_of
    from jacchain.cli.output import deliver
    from jacchain.cli.settings import look_of
    from jacchain.report import render_matrix

    if options["expression"] and name is None:  # then the only word is the name
        file, name = None, file
    report = report_of(file, options)
    deliver(render_matrix(report, name or "J", options["format"], look_of(options)), options["output"])
