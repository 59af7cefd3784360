"""``jacchain run``: evaluate a pipeline and show everything."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import click

from jacchain.cli.options import DOCUMENT, display_options, file_argument, output_options, run_options


@click.command()
@file_argument
@run_options
@click.option("--method", type=click.Choice(["analytic", "difference"]), help="How to differentiate, whatever the file says.")
@click.option("--mode", type=click.Choice(["explicit", "matrix-free"]), default="explicit", help="How to multiply.")
@click.option("--check/--no-check", default=True, help="Compare analytic Jacobians with differences, where that is cheap.")
@click.option("--seed", metavar="W", help="Also wᵀJ, for a number for each output: 1,0,0.")
@click.option("--direction", metavar="V", help="Also Jv, for a number for each input: 0,1.")
@click.option("--certify", is_flag=True, help="Prove bounds for every number; show only certified digits.")
@click.option("--spectrum", is_flag=True, help="Singular values of every Jacobian and of the running product.")
@click.option("-v", "--verbose", is_flag=True, help="Also where digits went, and how far each input may move, if it takes long.")
@click.option("-q", "--quiet", is_flag=True, help="In text the result alone.")
@display_options
@output_options(*DOCUMENT, "npz")
def run(file: str | None, **options: Any) -> None:
    """Evaluate FILE: every Jacobian, the order, products, the result.

    FILE is a pipeline in YAML or JSON, or `-` for stdin.
    """
    from jacchain.cli.input import foretold, read_pipeline
    from jacchain.cli.output import deliver
    from jacchain.cli.settings import look_of
    from jacchain.frozen import replace
    from jacchain.report import render_run
    from jacchain.run import Request
    from jacchain.run import run as run_pipeline

    request = Request(**{name: options[name] for name in Request.__match_args__})
    report = run_pipeline(foretold(read_pipeline(file, options), options), request)
    steps = _next_steps(file) if options["output"] in {None, "-"} else ()
    look = replace(look_of(options), detail="result" if options["quiet"] else "trust" if options["verbose"] else "usual")
    deliver(render_run(report, options["format"], look, next_steps=steps), options["output"])


def _next_steps(file: str | None) -> tuple[str, ...]:
    """Commands to go on with, for a person at a terminal who has a file."""
    if file in {None, "-"} or sys.stdout is None or not sys.stdout.isatty():
        return ()
    name = shlex.quote(str(file))
    return f"jacchain step {name}", f"jacchain check {name}", f"jacchain plan {name}", "--json"
