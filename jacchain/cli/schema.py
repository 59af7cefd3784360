"""``jacchain schema``: the JSON Schemas of what goes in and what comes out."""

from __future__ import annotations

import click

from jacchain.cli.options import output_option


@click.command()
@click.argument("which", type=click.Choice(["input", "result"]))
@output_option("Write to FILE instead of stdout.")
def schema(which: str, output: str | None) -> None:
    """Print the JSON Schema of pipeline files or of the JSON result."""
    from importlib import resources

    from jacchain.cli.output import deliver

    deliver((resources.files("jacchain") / "schemas" / f"{which}.json").read_bytes(), output)
