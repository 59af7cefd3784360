"""``jacchain plan``: the order of the products and its cost, without multiplying anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from jacchain.cli.options import DOCUMENT, display_options, file_argument, order_option, output_options, pipeline_options
from jacchain.errors import Fragment, JacchainError, Problem

if TYPE_CHECKING:
    from jacchain.chain.instance import Instance
    from jacchain.results import PipelineFacts


@click.command()
@file_argument
@pipeline_options
@click.option("--dims", metavar="WIDTHS", help="The widths of a chain instead of FILE: 25,20,10,5,15,35,30.")
@order_option
@click.option("--mode", type=click.Choice(["explicit", "matrix-free"]), default="explicit", help="How to multiply.")
@click.option("--memory-limit", type=click.IntRange(0), metavar="N", help="At most N numbers of intermediate matrices at a time.")
@click.option("--best", type=click.IntRange(1, 1000), default=1, metavar="K", help="Show the K cheapest plans.")
@click.option("--explain", metavar="I:J", help="Show every way to have the product of the factors I to J.")
@display_options
@output_options(*DOCUMENT)
def plan(file: str | None, **options: Any) -> None:
    """Show the cheapest order of the products, and what others cost.

    Of FILE, or of any chain of widths (--dims).

    FILE is a pipeline, or an instance: a file with `dims` and, if wanted, `edges`, `tangent`, `adjoint`, `patterns`, `memory`
    (see `jacchain schema instance`).
    """
    from jacchain.chain.order import parse_order, parse_subchain
    from jacchain.chain.planner import make_plan
    from jacchain.chain.survey import candidates, survey
    from jacchain.cli.output import deliver
    from jacchain.cli.settings import look_of
    from jacchain.frozen import replace
    from jacchain.report import render_plan

    facts, instance = _asked(file, options)
    order = parse_order(Fragment.whole(options["order"], "--order"), instance.length)
    chosen = make_plan(instance, order, memory_limit=options["memory_limit"], thorough=True)
    surroundings = survey(instance, best=options["best"])
    if options["explain"] is not None:
        first, last = parse_subchain(Fragment.whole(options["explain"], "--explain"), instance.length)
        surroundings = replace(surroundings, candidates=candidates(instance, first, last))
    deliver(render_plan(chosen, facts, options["format"], look_of(options), surroundings), options["output"])


def _asked(file: str | None, options: dict[str, Any]) -> tuple[PipelineFacts | None, Instance]:
    """The instance of the command line, and the pipeline it belongs to if there is one."""
    from jacchain.chain.instance import Instance

    if options["dims"] is not None:
        if file is not None or options["expression"]:
            raise JacchainError(Problem("JC001", "--dims and a pipeline exclude each other", help="give one of them"))
        return None, _differentiable(Instance(parse_widths(options["dims"])), options)

    from jacchain.chain.fields import instance_from_fields
    from jacchain.cli.input import pipeline_of, read_pipeline, read_source
    from jacchain.pipeline import load_fields

    if file is None:
        pipeline = read_pipeline(file, options, needs_point=False)
    else:
        text, name, folder = read_source(file)
        fields = load_fields(text, name, "dims") if b"dims" in text else None
        if fields is not None:
            return None, _differentiable(instance_from_fields(fields.values, fields.where), options)
        pipeline = pipeline_of((text, name, folder), options, needs_point=False)

    from jacchain.run import instance_of, pipeline_facts

    return pipeline_facts(pipeline), instance_of(pipeline, options["mode"])


def _differentiable(instance: Instance, options: dict[str, Any]) -> Instance:
    """The instance.  Raises JacchainError (JC001) where it does not say what a plan without matrices costs."""
    if options["mode"] == "matrix-free" and instance.costs is None:
        message = "without the operations of the stages there is nothing to plan matrix-free"
        way_out = "write a file with `dims` and `edges`; `jacchain schema instance` describes it"
        raise JacchainError(Problem("JC001", message, help=way_out))
    return instance


def parse_widths(text: str) -> tuple[int, ...]:
    """The widths d0, d1, ... of a chain, written with commas or blanks between them.

    Raises JacchainError when they are not at least two whole numbers above zero (JC015), or too many (JC450).
    """
    from jacchain.chain.instance import LONGEST_CHAIN

    fragment = Fragment.whole(text, "--dims")
    words = [*re.finditer("[^, ]+", text)]
    if len(words) > LONGEST_CHAIN + 1:
        raise JacchainError(Problem("JC450", f"--dims has {len(words):,} widths, {LONGEST_CHAIN + 1:,} is the most"))
    for word in words:
        if not re.fullmatch("0*[1-9][0-9]*", word[0]) or len(word[0]) > 18:
            message = f"`{word[0][:60]}` is not a width"
            raise JacchainError(Problem("JC015", message, fragment.span(*word.span()), help="widths are whole numbers from 1"))
    widths = tuple(int(word[0]) for word in words)
    if len(widths) < 2:
        message = f"a chain has two widths or more, here {'is one' if widths else 'are none'}"
        raise JacchainError(Problem("JC015", message, help="write --dims 25,20,10 for a 25×20 and a 20×10 matrix"))
    return widths
