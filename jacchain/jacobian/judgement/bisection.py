"""Where a Jacobian of ours goes wrong: the first operation whose derivative is not that of its values."""

from __future__ import annotations

import numpy as np

from jacchain.errors import Span
from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import CONDITIONS
from jacchain.expression.texts import node_text
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.accuracy.rounding import derivative_error
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.differences.stage_difference import stage_difference
from jacchain.jacobian.judgement.verdict import JUDGEMENTS, judge
from jacchain.pipeline.stage import Stage

LARGEST = 1 << 16
"""Registers times inputs up to which every operation is judged."""


class Culprit(Frozen, eq=True):
    """A sub-expression as text, and where it is written (None where that is not known)."""

    text: str
    span: Span | None


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
            number, _ = program.node_at(instruction.output.start + int(hits[0]))
            return Culprit(node_text(program.graph, number), program.graph.nodes[number].span)
    return None
