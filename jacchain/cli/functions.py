"""``jacchain functions``: the table of functions."""

from __future__ import annotations

from typing import Any

import click

from jacchain.cli.completion import function_names
from jacchain.cli.options import DOCUMENT, display_options, output_options


@click.command()
@click.argument("name", required=False, shell_complete=function_names)
@display_options
@output_options(*DOCUMENT)
def functions(name: str | None, **options: Any) -> None:
    """List the functions of the language, or show one in full.

    In full are its derivative, where it is defined, its kinks, and an example.
    """
    from jacchain.cli.output import deliver
    from jacchain.cli.settings import look_of
    from jacchain.errors import JacchainError, Problem, did_you_mean
    from jacchain.expression.table import FUNCTIONS
    from jacchain.reference import function_facts
    from jacchain.report import render_function, render_functions

    form, look = options["format"], look_of(options)
    if name is None:
        deliver(render_functions(function_facts(), form, look), options["output"])
        return
    if name not in FUNCTIONS:
        way_out = did_you_mean(name, list(FUNCTIONS), "`jacchain functions` lists them")
        raise JacchainError(Problem("JC003", f"there is no function `{name}`", help=way_out))
    deliver(render_function(function_facts(name), form, look), options["output"])
