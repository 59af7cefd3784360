"""The verdict of differences on the Jacobians of a stage, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from jacchain.expression.arithmetic import Array
from jacchain.jacobian.differences.stage_difference import evaluation_work, stage_differences
from jacchain.jacobian.judgement.verdict import Verdict, judge
from jacchain.jacobian.settled import UNSETTLED, Settled
from jacchain.linear.map import LinearMap, Numbers
from jacchain.linear.pattern import Pattern
from jacchain.pipeline.stage import Stage

SAMPLES = 48
"""Evaluations that differences take for one input."""
ENTRY = 1 << 12
"""Numbers that are handled to make one derivative of all samples of an entry."""
STAGE = 1 << 16
"""Numbers that are handled in the time it takes to difference a stage at all, however small."""
CHEAP = 1 << 24
"""Numbers handled up to which differences cost less than starting the program does."""

REPEATED = 1 << 12
"""Numbers in the Jacobians of all operations of a stage up to which it is repeated however long the chain is."""

Judged = tuple[LinearMap, Numbers]
"""A matrix, rounded to doubles, and how far each entry of its pattern may be off."""


def is_cheap(stages: Sequence[Stage]) -> bool:
    """Whether differences of all these stages are cheap, however many of their columns have to be differenced alone."""
    return sum(STAGE + _work([stage], n := len(stage.inputs), n * len(stage.outputs)) for stage in stages) <= CHEAP


def is_measured(stages: Sequence[Stage]) -> bool:
    """Whether rounding is measured by repeating these stages: where none of them is large, which takes about as long as a run."""
    return max(stage.program.start.size * len(stage.inputs) for stage in stages) <= REPEATED or is_cheap(stages)


def work(stages: Sequence[Stage], pattern: Pattern) -> int:
    """Numbers handled in differencing a chain by every input, when its Jacobian has a pattern.

    Columns go together where they can: as many groups of them are counted as the fullest row has entries.
    """
    return _work(stages, int(pattern.row_counts.max(initial=0)), pattern.count)


def _work(stages: Sequence[Stage], groups: int, entries: int) -> int:
    return SAMPLES * groups * evaluation_work([stage.program for stage in stages]) + ENTRY * entries


def agreement(stage: Stage, x: Array, judged: Judged, settled: Settled = UNSETTLED) -> Verdict:
    """The verdict between a Jacobian of a stage at x ``(n,)`` and differences."""
    return agreements([stage], x[None], [[judged]], [settled])[0][0]


def agreements(
    copies: Sequence[Stage], points: Array, judged: Sequence[Sequence[Judged]], settled: Sequence[Settled]
) -> list[list[Verdict]]:
    """The verdicts on all Jacobians of each of some copies of a stage, at its point; differenced once, and all together.

    ``settled`` has for each copy what is known of kinks at its point.
    """
    patterns: list[Pattern] = [linear.pattern for known in judged for linear, _ in known]
    found = stage_differences(copies[0], points, reduce(Pattern.union, patterns))
    return [
        [judge(stage.outputs, stage.inputs, one, difference, at.kinks) for one in known]
        for stage, known, difference, at in zip(copies, judged, found, settled, strict=True)
    ]
