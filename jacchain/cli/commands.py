"""The commands."""

from __future__ import annotations

import click

from jacchain import __version__
from jacchain.cli.check import check
from jacchain.cli.curve import curve
from jacchain.cli.explain import explain
from jacchain.cli.functions import functions
from jacchain.cli.plan import plan
from jacchain.cli.run import run
from jacchain.cli.samples import samples
from jacchain.cli.schema import schema
from jacchain.cli.step import step


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with:  jacchain samples polar | jacchain run -",
)
@click.version_option(__version__, prog_name="jacchain")
def jacchain() -> None:
    """A calculator for chains of Jacobian matrices.

    From a file of functions f1 … fk and a point: every Jacobian, the cheapest order to multiply them, every product, and the
    gradient (or the whole Jacobian).
    """


for command in (run, check, plan, step, curve, functions, samples, schema, explain):
    jacchain.add_command(command)
