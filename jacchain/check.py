"""The story of a check: every stage against differences, then their product against the chain taken as one function.

Every stage can be right and their product wrong, so the whole has witnesses of its own.  Here, too, is the curve of one entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from jacchain.errors import JacchainError, Problem, suggestion
from jacchain.expression.arithmetic import Array
from jacchain.jacobian.agreement import Judged, agreements, work
from jacchain.jacobian.analytic import differentiate, working_type
from jacchain.jacobian.curve import Curve, bent_entries, difference_curve
from jacchain.jacobian.diagnosis import diagnose
from jacchain.jacobian.kinks import examine
from jacchain.jacobian.memory import claim_stages
from jacchain.jacobian.rounding import REPETITIONS, derivative_error, value_error
from jacchain.jacobian.stage_difference import chain_difference
from jacchain.jacobian.verdict import Verdict, judge
from jacchain.jacobian.witness import Factors, Witness, complex_step, stage_along_direction, taylor, transpose
from jacchain.linear.map import LinearMap
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.results import CheckReport, Report, StageCheck

WORK = 1 << 28
"""Numbers handled in all up to which differences are made for every input; what is left over is judged along a direction."""
TOGETHER = 1 << 12
"""Inputs or outputs of copies of one stage that are differenced together."""
TOO_LARGE = "is too large to be differenced by every input; a random direction stands for all"


def check(pipeline: Pipeline, report: Report) -> CheckReport:
    """Judges what a run found, and every hand-derived Jacobian of the file."""
    claim_stages(pipeline.stages, REPETITIONS + 1)
    points = _points(pipeline)
    judged: dict[int, list[Judged]] = {}
    verdicts: dict[int, list[Verdict]] = {}
    remarks = []
    left = WORK
    for copies in _copies(pipeline):
        stage, x = copies[0], np.stack([points[copy.index] for copy in copies])
        known = _judged(copies, x, report)
        cost = len(copies) * max(work([stage], linear.pattern) for linear, _ in known[0])
        if cost <= left:
            left -= cost
            found = agreements(copies, x, known)
        else:
            found = [
                [stage_along_direction(copy, at, one) for one in both] for copy, at, both in zip(copies, x, known, strict=True)
            ]
            remarks.append(f"`{stage.function}` {TOO_LARGE}")
        for copy, one, verdict in zip(copies, known, found, strict=True):
            judged[copy.index], verdicts[copy.index] = one, verdict
    stages = [
        StageCheck(stage.index, stage.name, by, verdict, diagnose(stage, verdict, points[stage.index], by_author=by == "author"))
        for stage in pipeline.stages
        for by, verdict in zip(("analytic", "author"), verdicts[stage.index], strict=False)
    ]
    maps, bars = zip(*(judged[stage.index][0] for stage in pipeline.stages), strict=True)
    total, witnesses, more = _whole(pipeline, report.jacobian, Factors.of(maps, bars), stages[0].verdict, left)
    return CheckReport(report.pipeline, tuple(stages), total, witnesses, (*more, *remarks))


def curve(pipeline: Pipeline, name: str | None = None, entry: tuple[int, int] | None = None) -> Curve:
    """The error of differences against their step, for one entry (from 1) of the Jacobian of a stage.

    ``name`` may also be the number of the stage, from 1.  What is not told is the first stage, and its first entry, in which an
    output is not linear in an input; the very first where all are.

    Raises JacchainError (JC003) when there is no such stage, or no such entry.
    """
    claim_stages(pipeline.stages, REPETITIONS + 1)
    points = _points(pipeline)
    stages = [stage for stage in pipeline.stages if name in {None, stage.name, stage.function, str(stage.index)}]
    if not stages:
        names = [stage.name for stage in pipeline.stages]
        nearest = suggestion(name or "", names)
        way_out = f"did you mean `{nearest}`?" if nearest else "there are " + ", ".join(f"`{known}`" for known in names[:8])
        raise JacchainError(Problem("JC003", f"there is no stage `{name}`", help=way_out))
    if entry is not None:
        stage, (row, column) = stages[0], entry
        m, n = len(stage.outputs), len(stage.inputs)
        if not (1 <= row <= m and 1 <= column <= n):
            message = f"the Jacobian of `{stage.name}` is {m}×{n} and has no entry {row},{column}"
            raise JacchainError(Problem("JC003", message, help="row and column count from 1"))
        return difference_curve(stage, points[stage.index], row - 1, column - 1)
    for stage in stages:
        bent = np.argwhere(bent_entries(stage, points[stage.index]))
        if bent.size:
            return difference_curve(stage, points[stage.index], int(bent[0, 0]), int(bent[0, 1]))
    return difference_curve(stages[0], points[stages[0].index], 0, 0)


def _points(pipeline: Pipeline) -> dict[int, Array]:
    """The point that each stage is given in a run, by the index of the stage."""
    points = {}
    x = pipeline.at
    for stage in pipeline.stages:
        points[stage.index] = x = x.astype(working_type(stage.program))
        x = stage.program.values(x[None])[0]
    return points


def _type(pipeline: Pipeline) -> np.dtype[Any]:
    """The numbers the chain is evaluated in: the longest when every stage is small enough for them."""
    types = {working_type(stage.program) for stage in pipeline.stages}
    return np.dtype(float) if np.dtype(float) in types else types.pop()


def _copies(pipeline: Pipeline) -> Iterator[list[Stage]]:
    """The stages that are copies of one another, a few at a time."""
    groups: dict[int, list[Stage]] = {}
    for stage in pipeline.stages:
        groups.setdefault(id(stage.program), []).append(stage)
    for copies in groups.values():
        room = max(1, TOGETHER // max(len(copies[0].inputs), len(copies[0].outputs)))
        for first in range(0, len(copies), room):
            yield copies[first : first + room]


def _judged(copies: Sequence[Stage], points: Array, report: Report) -> list[list[Judged]]:
    """For each copy of a stage its Jacobian as a run shows it, then the one by hand where there is one, with their bars."""
    stage, shape = copies[0], (len(copies[0].outputs), len(copies[0].inputs))
    shown = {result.index: result.jacobian for result in report.stages}
    found = []
    for copy, x, bars in zip(copies, points, derivative_error(stage.program, points), strict=True):
        jacobian = shown[copy.index]
        if jacobian.method == "analytic":
            found.append([(jacobian.linear, bars)])
        else:
            derivative = examine(copy, differentiate(stage.program, x[None])).derivative
            found.append([(derivative.linear.astype(float), bars)])
    if stage.author is not None:
        values, errors = stage.author.values(points).astype(float), value_error(stage.author, points)
        for known, value, error in zip(found, values, errors, strict=True):
            known.append((LinearMap.full(value.reshape(shape)), error))
    return found


def _whole(
    pipeline: Pipeline, total: LinearMap, factors: Factors, first: Verdict, left: int
) -> tuple[Verdict | None, tuple[Witness, ...], tuple[str, ...]]:
    """The Jacobian of the chain against the chain as one function; ``left`` is what may be spent on it.

    A chain of one stage has been differenced with it, which ``first`` is the verdict on.
    """
    stages, x = pipeline.stages, pipeline.at.astype(_type(pipeline))
    remarks = (f"evaluated in {'long double' if x.dtype == np.longdouble else 'double'}",)
    quick = [taylor(stages, x, total, factors), transpose(factors, total)]
    if first.inputs != stages[0].inputs or (len(stages) > 1 and work(stages, total.pattern) > left):
        return None, tuple(quick), (*remarks, f"the chain {TOO_LARGE}")
    bars = factors.total_bars()
    imaginary = complex_step(stages, x, total, bars)
    witnesses = quick if imaginary is None else [quick[0], imaginary, quick[1]]
    difference = first.difference if len(stages) == 1 else chain_difference(stages, x, total.pattern)
    judged = total, bars[total.pattern.rows, total.pattern.columns]
    return judge(stages[-1].outputs, stages[0].inputs, judged, difference), tuple(witnesses), remarks
