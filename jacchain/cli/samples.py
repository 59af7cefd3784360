"""``jacchain samples``: pipelines to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jacchain.cli.completion import sample_names
from jacchain.cli.options import output_option
from jacchain.errors import JacchainError, Problem, did_you_mean

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@click.command()
@click.argument("name", required=False, shell_complete=sample_names)
@output_option("Write the sample to FILE, with the files it refers to beside it.")
def samples(name: str | None, output: str | None) -> None:
    """List the samples, or print one.

    Run one with `jacchain samples polar | jacchain run -`.
    """
    from pathlib import Path

    from jacchain.cli.output import deliver, say

    target = None if output == "-" else output
    known = known_samples()
    if name is None:
        width = max(map(len, known))
        lines = [f"{stem:{width}}  {_title(entry)}" for stem, entry in sorted(known.items())]
        deliver("\n".join([*lines, ""]).encode(), target)
        return
    stem = name.removesuffix(".yaml").removesuffix(".json")
    if stem not in known:
        way_out = did_you_mean(stem, list(known), "`jacchain samples` lists them")
        raise JacchainError(Problem("JC003", f"there is no sample `{name}`", help=way_out))
    text = known[stem].read_bytes()
    deliver(text, target)
    beside = [
        entry for entry in _folder().iterdir() if Path(entry.name).suffix in {".csv", ".npy"} and entry.name.encode() in text
    ]
    if target is not None:
        for entry in beside:
            deliver(entry.read_bytes(), str(Path(target).with_name(entry.name)))
    elif beside:
        files = " and ".join(sorted(entry.name for entry in beside))
        say(f"note: it reads {files}: `jacchain samples {stem} -o {known[stem].name}` writes all of it\n")


def known_samples() -> dict[str, Traversable]:
    """The file of each sample by its name."""
    from pathlib import Path

    return {Path(entry.name).stem: entry for entry in _folder().iterdir() if Path(entry.name).suffix in {".yaml", ".json"}}


def _folder() -> Traversable:
    """Where the samples are: installed with the package, or beside it in a source tree."""
    from importlib import resources
    from pathlib import Path

    beside = Path(__file__).parents[2] / "samples"
    return beside if beside.is_dir() and (beside.parent / "pyproject.toml").is_file() else resources.files("jacchain.samples")


def _title(entry: Traversable) -> str:
    """The value of the key ``name`` of a sample, read off its text."""
    for line in entry.read_text("utf-8").splitlines():
        key, _, value = line.strip().partition(":")
        if key.strip('"') == "name":
            return value.strip().rstrip(",").strip('"')
    return ""
