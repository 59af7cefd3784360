"""The verdict of differences on the Jacobian of a stage, and whether it is cheap beside the rest of a run."""

from __future__ import annotations

from collections.abc import Sequence

from jacchain.expression.arithmetic import Array
from jacchain.jacobian.stage_difference import evaluation_work, stage_difference
from jacchain.jacobian.verdict import Verdict, judge
from jacchain.linear.map import LinearMap, Numbers
from jacchain.pipeline.stage import Stage

SAMPLES = 48
"""Evaluations that differences take for one input."""

CHEAP = 1 << 22
"""Numbers handled up to which differences cost less than starting the program does."""


def is_cheap(stages: Sequence[Stage]) -> bool:
    """Whether differences of all these stages are cheap, however many of their columns have to be differenced alone."""
    return sum(SAMPLES * len(stage.inputs) * evaluation_work([stage.program]) for stage in stages) <= CHEAP


def agreement(stage: Stage, x: Array, judged: tuple[LinearMap, Numbers]) -> Verdict:
    """The verdict between a Jacobian of a stage at x ``(n,)`` and differences.

    ``judged`` is the matrix, rounded to doubles, and how far each entry of its pattern may be off.
    """
    return judge(stage.outputs, stage.inputs, judged, stage_difference(stage, x, judged[0].pattern))
