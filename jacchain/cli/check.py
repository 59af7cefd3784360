"""``jacchain check``: every Jacobian against differences."""

from __future__ import annotations

from typing import Any

import click

from jacchain.cli.options import DOCUMENT, display_options, file_argument, output_options, pipeline_options, strict_option


@click.command()
@file_argument
@pipeline_options
@strict_option
@display_options
@output_options(*DOCUMENT)
def check(file: str | None, **options: Any) -> int:
    """Judge every Jacobian of FILE against differences.

    The author's own Jacobians are judged too, and the product of all; a formula that is right at this point by chance is wrong.

    Leaves with 0 when all agree, 1 when something disagrees, 5 when nobody could tell.
    """
    from jacchain.check import check as judge
    from jacchain.cli.input import foretold, read_pipeline
    from jacchain.cli.output import deliver
    from jacchain.cli.settings import look_of
    from jacchain.report import render_check
    from jacchain.run import Request, multiply_out

    pipeline = foretold(read_pipeline(file, options), options)
    found = judge(pipeline, multiply_out(pipeline, Request(strict=options["strict"], check=False), barred=False))
    deliver(render_check(found, options["format"], look_of(options)), options["output"])
    return found.exit_code
