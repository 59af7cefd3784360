"""``jacchain schema``: the JSON Schemas of what goes in and what comes out."""

from __future__ import annotations

import click

from jacchain.cli.options import output_option


@click.command()
@click.argument("which", type=click.Choice(["input", "instance", "result", "row"]))
@output_option("Write to FILE instead of stdout.")
def schema(which: str, output: str | None) -> None:
    """Print the JSON Schema of pipeline files, results or rows."""
    from importlib import resources

    from jacchain.cli.output import deliver

    found = (resources.files("jacchain") / "schemas" / f"{'result' if which == 'row' else which}.json").read_bytes()
    deliver(_row(found) if which == "row" else found, output)


def _row(result: bytes) -> bytes:
    """The schema of a line of ``sweep``, whose parts are those of a result."""
    import orjson

    whole = orjson.loads(result)
    row = {"$schema": whole["$schema"], "title": "A row of a sweep by jacchain", "$ref": "#/$defs/row", "$defs": whole["$defs"]}
    return orjson.dumps(row, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
