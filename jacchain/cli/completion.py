"""What a shell completes after a command: names of functions, of samples, of codes.  Files it completes itself."""

from __future__ import annotations

import click


def function_names(_context: click.Context, _argument: click.Parameter, begun: str) -> list[str]:
    """The functions of the language that begin like this."""
    from jacchain.expression.table import FUNCTIONS

    return [name for name in FUNCTIONS if name.startswith(begun)]


def sample_names(_context: click.Context, _argument: click.Parameter, begun: str) -> list[str]:
    """The samples that begin like this."""
    from jacchain.cli.samples import known_samples

    return [name for name in sorted(known_samples()) if name.startswith(begun)]


def codes_and_functions(context: click.Context, argument: click.Parameter, begun: str) -> list[str]:
    """What can be explained without a file."""
    from jacchain.codes import CODES

    return [*(code for code in CODES if code.startswith(begun.upper())), *function_names(context, argument, begun)]
