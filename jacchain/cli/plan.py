"""``jacchain plan``: the order of the products and its cost, without multiplying anything."""

from __future__ import annotations

from typing import Any

import click

from jacchain.cli.options import display_options, file_argument, output_options, pipeline_options
from jacchain.errors import Fragment, JacchainError, Problem

WIDTHS = 1_000_000
"""Widths that ``--dims`` may list."""


@click.command()
@file_argument
@pipeline_options
@click.option("--dims", metavar="WIDTHS", help="The widths of a chain instead of FILE: 25,20,10,5,15,35,30.")
@click.option("--order", default="optimal", metavar="ORDER", help="optimal, forward, reverse, or a bracketing: '(1 (2 3))'.")
@display_options
@output_options("text", "json")
def plan(file: str | None, **options: Any) -> None:
    """Show the cheapest order of the products of FILE, or of any chain of widths, and what the others would cost."""
    from jacchain.chain.instance import Instance
    from jacchain.chain.order import parse_order
    from jacchain.chain.planner import make_plan
    from jacchain.cli.input import read_pipeline
    from jacchain.cli.output import deliver
    from jacchain.cli.settings import look_of
    from jacchain.report import render_plan

    if options["dims"] is not None:
        if file is not None or options["expression"]:
            raise JacchainError(Problem("JC001", "--dims and a pipeline exclude each other", help="give one of them"))
        facts, instance = None, Instance(parse_widths(options["dims"]))
    else:
        from jacchain.run import instance_of, pipeline_facts

        pipeline = read_pipeline(file, options)
        facts, instance = pipeline_facts(pipeline), instance_of(pipeline)
    order = parse_order(Fragment.whole(options["order"], "--order"), instance.length)
    plan = make_plan(instance, order)
    deliver(render_plan(plan, facts, options["format"], look_of(options)), options["output"])


def parse_widths(text: str) -> tuple[int, ...]:
    """The widths d0, d1, ... of a chain, written with commas or blanks between them.

    Raises JacchainError (JC015) when they are not at least two whole numbers above zero.
    """
    fragment = Fragment.whole(text, "--dims")
    widths: list[int] = []
    position = 0
    for word in text.replace(",", " ").split(" "):
        if word:
            if not (word.isascii() and word.isdigit() and len(word) <= 18 and int(word) > 0):
                span = fragment.span(position, position + len(word))
                raise JacchainError(
                    Problem("JC015", f"`{word[:60]}` is not a width", span, help="widths are whole numbers from 1")
                )
            widths.append(int(word))
        position += len(word) + 1
    if not 2 <= len(widths) <= WIDTHS:
        message = f"a chain has 2 to {WIDTHS:,} widths, here are {len(widths)}"
        raise JacchainError(Problem("JC015", message, help="write --dims 25,20,10 for a 25×20 and a 20×10 matrix"))
    return tuple(widths)
