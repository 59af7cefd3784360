"""Where an expression goes wrong: the smallest part of it that disagrees.

For a Jacobian of ours, the first operation whose own derivative is not that of its values, although those of its arguments are.
For one that a person wrote, the largest part of an entry that makes it right when it is negated, doubled or halved.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jacchain.errors import Span
from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import CONDITIONS, CONSTANT, INPUT, Graph
from jacchain.expression.program import Instruction, Program, execute
from jacchain.expression.texts import node_text
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.domain import node_at
from jacchain.jacobian.rounding import derivative_error
from jacchain.jacobian.stage_difference import stage_difference
from jacchain.jacobian.verdict import JUDGEMENTS, judge
from jacchain.linear.pattern import Integers
from jacchain.pipeline.stage import Stage

LARGEST = 1 << 16
"""Registers times inputs up to which every operation is judged."""
REPAIRS = (-1.0, 2.0, 0.5)
ENTRIES = 1 << 12
"""Parts of an entry that are tried."""


class Culprit(Frozen, eq=True):
    """A sub-expression as text, and where it is written (None where that is not known)."""

    text: str
    span: Span | None
    factor: float = 1.0


def wrong_rule(stage: Stage, x: Array) -> Culprit | None:
    """The first operation of a stage whose analytic derivative disagrees with differences, its arguments' not."""
    program = stage.program
    if program.start.size * program.inputs > LARGEST:
        return None
    exposed = replace(program, results=slice(0, program.start.size))
    linear = differentiate(exposed, x[None]).linear
    whole = replace(stage, program=exposed)
    names = [""] * program.start.size
    verdict = judge(
        names, [""] * program.inputs, (linear, derivative_error(exposed, x)), stage_difference(whole, x, linear.pattern)
    )
    disagree = verdict.codes == JUDGEMENTS.index("disagree")
    wrong = np.zeros(program.start.size, bool)
    wrong[verdict.difference.pattern.rows[disagree]] = True
    for instruction in program.instructions:
        hits = np.flatnonzero(wrong[instruction.output])
        if hits.size and instruction.operation not in CONDITIONS:
            number, _ = node_at(program, instruction, int(hits[0]))
            return Culprit(node_text(program.graph, number), program.graph.nodes[number].span)
    return None


def author_span(stage: Stage, row: int, column: int) -> Span | None:
    """Where an entry of the hand-derived Jacobian of the file is written."""
    output = _author_output(stage, row, column)
    return stage.author_spans[output] if output < len(stage.author_spans) else stage.span


def wrong_part(stage: Stage, entry: tuple[int, int], expected: Sequence[tuple[Array, float, float]]) -> Culprit | None:
    """The largest part of a hand-derived entry that makes it what is ``expected`` when its factor is put right.

    That is a number with its bar at each of some points.

    None where no such part is smaller than the entry itself.
    """
    author = stage.author
    assert author is not None
    register = int(np.arange(author.start.size)[author.results][entry[0] * len(stage.inputs) + entry[1]])
    parts = _parts(author.graph, author.graph.outputs[_author_output(stage, *entry)])
    registers = [author.place[part] for part in parts]
    if not parts or sum(part.stop - part.start for part in registers if isinstance(part, slice)) > ENTRIES:
        return None
    trials = [(part, factor) for part in parts for factor in REPAIRS]
    right = np.ones(len(trials), bool)
    for x, value, bar in expected:
        with np.errstate(invalid="ignore"):
            right &= np.abs(_scaled(author, x, trials)[:, register] - value) <= bar + 64 * np.finfo(float).eps * abs(value)
    for trial in np.flatnonzero(right):
        part, factor = trials[trial]
        span = author_span(stage, *entry)
        return Culprit(node_text(author.graph, part), _within(author.graph.nodes[part].span, span), factor)
    return None


def _author_output(stage: Stage, row: int, column: int) -> int:
    """Which output of the author's graph holds an entry."""
    assert stage.author is not None
    graph = stage.author.graph
    ends = np.cumsum([graph.nodes[output].size for output in graph.outputs])
    return int(np.searchsorted(ends, row * len(stage.inputs) + column, side="right"))


def _parts(graph: Graph, output: int) -> list[int]:
    """The operations inside a node, larger ones first, without the node itself."""
    seen: list[int] = []
    pending = list(graph.nodes[output].arguments)
    while pending:
        number = pending.pop(0)
        node = graph.nodes[number]
        if number not in seen and node.operation not in {INPUT, CONSTANT, *CONDITIONS}:
            seen.append(number)
            pending.extend(node.arguments)
    return seen


def _scaled(program: Program, x: Array, trials: list[tuple[int, float]]) -> Array:
    """The registers of a program, in each row with one node times a factor."""
    registers = np.repeat(program.start.astype(x.dtype)[None], len(trials), axis=0)
    registers[:, : program.inputs] = x
    arithmetic = Arithmetic(x.dtype)
    with np.errstate(all="ignore"):
        for instruction in program.constants + program.instructions:
            execute(arithmetic, instruction, registers)
            for row in _affected(instruction, trials):
                part, factor = trials[row]
                registers[row, program.place[part]] *= factor
    return registers


def _affected(instruction: Instruction, trials: list[tuple[int, float]]) -> Integers:
    return np.array([row for row, (part, _) in enumerate(trials) if part in instruction.nodes], np.int64)


def _within(span: Span | None, outer: Span | None) -> Span | None:
    """The span of a part if it lies inside the entry; equal parts are kept once, perhaps where they stood first."""
    if span is None or outer is None:
        return outer
    inside = span.source is outer.source and outer.start <= span.start and span.end <= outer.end
    return span if inside else outer
