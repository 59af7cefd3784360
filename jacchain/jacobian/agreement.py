"""The differences that a run compares its own Jacobians with, as long as they are cheap beside the rest of the work."""

from __future__ import annotations

from collections.abc import Sequence

from jacchain.expression.arithmetic import Array
from jacchain.jacobian.rounding import derivative_error
from jacchain.jacobian.stage_difference import evaluation_work, stage_difference
from jacchain.jacobian.verdict import Verdict, judge
from jacchain.linear.map import LinearMap
from jacchain.pipeline.stage import Stage

SAMPLES = 48
"""Evaluations that differences take for one input."""

CHEAP = 1 << 22
"""Numbers handled up to which differences cost less than starting the program does."""


def is_cheap(stages: Sequence[Stage]) -> bool:
    """Whether differences of all these stages are cheap, however many of their columns have to be differenced alone."""
    return sum(SAMPLES * len(stage.inputs) * evaluation_work([stage.program]) for stage in stages) <= CHEAP


def agreement(stage: Stage, x: Array, linear: LinearMap) -> Verdict:
    """The verdict between the analytic Jacobian of a stage at x ``(n,)``, rounded to doubles, and differences."""
    difference = stage_difference(stage, x, linear.pattern)
    return judge(stage.outputs, stage.inputs, (linear, derivative_error(stage.program, x)), difference)
