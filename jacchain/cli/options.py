"""The options that several commands share, in the groups in which they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def _group(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


file_argument = click.argument("file", required=False, metavar="FILE")

pipeline_options = _group(
    click.option(
        "-e", "--expression", multiple=True, metavar="TEXT", help="A function instead of FILE: 'f(x, y): x*y'; repeatable."
    ),
    click.option("--at", metavar="POINT", help="The point: r=3,theta=pi/4, v=[1,2],q=3, or all numbers in order: 3,pi/4."),
    click.option("--set", multiple=True, metavar="NAME=VALUE", help="Another value for a constant: W=[[1,2],[3,4]]; repeatable."),
    click.option("--allow-dir", multiple=True, metavar="DIR", help="Parameter files may also lie in DIR; repeatable."),
)

point_options = _group(
    click.option("--strict", is_flag=True, help="Refuse a point without a derivative instead of a convention."),
)

display_options = _group(
    click.option("--digits", type=click.IntRange(1, 17), metavar="N", help="Significant digits shown (4)."),
    click.option("--width", type=click.IntRange(40, 10_000), metavar="N", help="Columns (the terminal's; 100 when piped)."),
    click.option("--ascii", is_flag=True, help="Nothing but ASCII."),
    click.option("--full", is_flag=True, help="Leave nothing out, however large."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colour."),
)


def output_options(*formats: str) -> Callable[[Command], Command]:
    """Where the answer goes and in which of the formats; ``--json`` is short for ``--format json``."""
    return _group(
        click.option("--format", type=click.Choice(formats), default="text", show_default=True, help="The form of the output."),
        click.option("--json", "format", flag_value="json", help="Short for --format json."),
        click.option("-o", "--output", metavar="FILE", help="Write to FILE, in one step, instead of stdout."),
        click.option("--debug", is_flag=True, hidden=True, expose_value=False, help="Show the traceback of a bug."),
    )
