"""The options that several commands share, in the groups in which they are used."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def _group(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one, listed in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _allow(context: click.Context, text: str | None) -> None:
    """Sets how much memory may be taken, for as long as the command lasts."""
    from jacchain.errors import Fragment
    from jacchain.memory import allowing, read_size

    if text is not None:
        context.with_resource(allowing(read_size(Fragment.whole(text, "--max-memory", option=True))))


file_argument = click.argument("file", required=False, metavar="FILE", type=click.Path())

pipeline_options = _group(
    click.option(
        "-e", "--expression", multiple=True, metavar="TEXT", help="A function instead of FILE: 'f(x, y): x*y'; repeatable."
    ),
    click.option(
        "--at", metavar="POINT", help="The point: r=3,theta=pi/4, v=[1,2],q=3, one component v[2]=1, or all numbers: 3,pi/4."
    ),
    click.option("--set", multiple=True, metavar="NAME=VALUE", help="Another value for a constant: W=[[1,2],[3,4]]; repeatable."),
    click.option("--allow-dir", multiple=True, metavar="DIR", help="Parameter files may also lie in DIR; repeatable."),
    click.option(
        "--max-memory",
        metavar="SIZE",
        expose_value=False,
        callback=lambda context, _, text: _allow(context, text),
        help="Memory that numbers and texts may take: 2G (384M).",
    ),
)

strict_option = click.option("--strict", is_flag=True, help="Refuse a point without a derivative instead of a convention.")
order_option = click.option(
    "--order", default="optimal", metavar="ORDER", help="optimal, forward, reverse, or a bracketing: '(1 (2 3))'."
)
run_options = _group(pipeline_options, strict_option, order_option)

debug_option = click.option("--debug", is_flag=True, hidden=True, expose_value=False, help="Show the traceback of a bug.")

display_options = _group(
    click.option(
        "--digits", type=click.IntRange(1, 17), metavar="N", help="Digits of a rounded number (4); one shown with fewer is exact."
    ),
    click.option("--width", type=click.IntRange(40, 10_000), metavar="N", help="Columns (the terminal's; 100 when piped)."),
    click.option("--ascii", is_flag=True, help="Nothing but ASCII."),
    click.option("--full", is_flag=True, help="Leave nothing out, however large."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colour."),
)


PAGES = ("text", "markdown", "latex", "svg", "html")
"""The formats for people."""
DOCUMENT = (*PAGES, "json")
"""The formats that every answer of a command can have."""
ENDINGS = {
    ".txt": "text",
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".tex": "latex",
    ".svg": "svg",
    ".htm": "html",
    ".html": "html",
    ".npz": "npz",
    ".npy": "npy",
    ".csv": "csv",
}
"""What the ending of an output file says about its format."""
FOREIGN = {
    ".pdf", ".ps", ".eps", ".doc", ".docx", ".odt", ".rtf", ".ppt", ".pptx", ".ipynb", ".rst",
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp",
    ".xls", ".xlsx", ".ods", ".tsv", ".xml", ".toml", ".yaml", ".yml", ".parquet", ".h5", ".hdf5", ".mat", ".pkl", ".zip", ".gz",
}  # fmt: skip
"""Endings of documents, pictures and data that nobody expects text in, and that no command writes."""


def _only(_: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> str | None:
    """The value of an option that may be given once."""
    if len(values) > 1:
        from jacchain.errors import JacchainError, Problem

        message = f"{parameter.opts[0]} is given {len(values)} times"
        raise JacchainError(Problem("JC001", message, help=f"give it once: {' or '.join(values[:4])}"))
    return values[0] if values else None


def output_option(said: str) -> Callable[[Command], Command]:
    """Where an answer goes."""
    return click.option("-o", "--output", metavar="FILE", multiple=True, type=click.Path(), callback=_only, help=said)


def output_options(*formats: str) -> Callable[[Command], Command]:
    """Where the answer goes and in which of the formats; the command is given the ``format`` that is meant, always."""
    options = _group(
        click.option("--format", type=click.Choice(formats), help="The form of the output: text, or what the ending of -o says."),
        *([click.option("--json", "format", flag_value="json", help="Short for --format json.")] if "json" in formats else []),
        output_option("Write to FILE, in one step, instead of stdout."),
        debug_option,
    )

    def decorate(command: Command) -> Command:
        @wraps(command)
        def settled(*arguments: Any, **words: Any) -> Any:
            return command(*arguments, **words | {"format": format_of(words["format"], words["output"], formats)})

        return options(settled)  # type: ignore[return-value] # the same command, one of its words settled

    return decorate


def format_of(asked: str | None, output: str | None, formats: tuple[str, ...]) -> str:
    """The format that was asked for, else the one that the ending of the output file means, else text.

    Raises JacchainError (JC006) for an ending that means a format the command does not have.
    """
    name = (output or "").rpartition("/")[2]
    ending = name[name.rindex(".") :].lower() if "." in name else ""
    meant = ENDINGS.get(ending)
    if asked is not None:
        if meant not in {None, "text", asked} or ending in FOREIGN:
            from jacchain.cli.output import say

            say(f"note: {name!r} is written as {asked}, as asked, whatever its ending says\n")
        return asked
    if ending in FOREIGN or (meant is not None and meant not in formats):
        from jacchain.errors import JacchainError, Problem

        endings = [known for known, form in ENDINGS.items() if form in formats]
        way_out = f"it writes {', '.join(formats)}: end the name in {', '.join(endings)}, or say which with --format"
        message = f"this command does not write {meant}, which `{ending}` stands for"
        raise JacchainError(Problem("JC006", message if meant else f"this command writes no `{ending}`", help=way_out))
    return meant or "text"
