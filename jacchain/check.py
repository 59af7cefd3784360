"""The story of a check: every stage against differences, then their product against the chain taken as one function.

Here, too, is the curve of one entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jacchain.errors import JacchainError, Problem, suggestion
from jacchain.expression.arithmetic import Array
from jacchain.jacobian.accuracy.precision import settled_errors
from jacchain.jacobian.accuracy.rounding import REPETITIONS, derivative_error, value_error
from jacchain.jacobian.analytic import differentiate, working_type
from jacchain.jacobian.differences.curve import Curve, bent_entries, difference_curve
from jacchain.jacobian.differences.stage_difference import together
from jacchain.jacobian.judgement.agreement import Judged, agreements, work
from jacchain.jacobian.judgement.by_hand import judge_by_hand
from jacchain.jacobian.judgement.diagnose import diagnose, diagnose_chain
from jacchain.jacobian.judgement.sight import written
from jacchain.jacobian.judgement.verdict import Verdict
from jacchain.jacobian.judgement.whole import TOO_LARGE, Product, judge_whole
from jacchain.jacobian.judgement.witness import Factors, stage_along_direction
from jacchain.jacobian.memory import claim_stages
from jacchain.jacobian.nonsmooth.kinks import examine
from jacchain.jacobian.settled import Settled
from jacchain.linear.map import LinearMap
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.results import CheckReport, Report, StageCheck
from jacchain.run import ChainResult, pipeline_facts

WORK = 1 << 28
"""Numbers handled in all up to which differences are made for every input; what is left over is judged along a direction."""


def check(pipeline: Pipeline, report: Report | ChainResult) -> CheckReport:
    """Judges what a run found, and every hand-derived Jacobian of the file."""
    claim_stages(pipeline.stages, REPETITIONS + 1)
    points = _points(pipeline)
    judged: dict[int, list[Judged]] = {}
    settled: dict[int, Settled] = {}
    verdicts: dict[int, list[Verdict]] = {}
    remarks = []
    left = WORK
    for copies in _copies(pipeline):
        stage, x = copies[0], np.stack([points[copy.index] for copy in copies])
        known, around = _judged(copies, x, report)
        cost = len(copies) * max(work([stage], linear.pattern) for linear, _ in known[0])
        if cost <= left:
            left -= cost
            found = agreements(copies, x, known, around)
        else:
            found = [
                [stage_along_direction(copy, at, one) for one in both] for copy, at, both in zip(copies, x, known, strict=True)
            ]
            remarks.append(f"`{stage.function}` {TOO_LARGE}")
        for copy, one, near, verdict in zip(copies, known, around, found, strict=True):
            judged[copy.index], settled[copy.index], verdicts[copy.index] = one, near, verdict
    stages = [one for stage in pipeline.stages for one in _checks(stage, points[stage.index], verdicts[stage.index])]
    maps, bars = zip(*(judged[stage.index][0] for stage in pipeline.stages), strict=True)
    product = Product(report.jacobian, Factors.of(maps, bars), tuple(settled[stage.index] for stage in pipeline.stages))
    total, witnesses, more = judge_whole(pipeline, product, stages[0].verdict, left)
    diagnoses = () if total is None or len(pipeline.stages) == 1 else diagnose_chain(total, report.diagnostics)
    return CheckReport(pipeline_facts(pipeline), tuple(stages), total, witnesses, (*more, *remarks), diagnoses)


def _checks(stage: Stage, x: Array, found: list[Verdict]) -> Iterator[StageCheck]:
    """What is said of the analytic Jacobian of a stage, then of the one by hand where there is one."""
    analytic, *by_hand = found
    yield StageCheck(stage.index, stage.name, "analytic", analytic, diagnose(stage, analytic, x))
    for author in by_hand:
        yield StageCheck(stage.index, stage.name, "author", *judge_by_hand(stage, author, analytic, x))


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


def _copies(pipeline: Pipeline) -> Iterator[list[Stage]]:
    """The stages that are copies of one another, a few at a time."""
    groups: dict[int, list[Stage]] = {}
    for stage in pipeline.stages:
        groups.setdefault(id(stage.program), []).append(stage)
    for copies in groups.values():
        room = together(copies[0])
        for first in range(0, len(copies), room):
            yield copies[first : first + room]


def _judged(copies: Sequence[Stage], points: Array, report: Report | ChainResult) -> tuple[list[list[Judged]], list[Settled]]:
    """For each copy of a stage its Jacobian as a run shows it, then the one by hand where there is one, with their bars.

    And what is known of kinks at the point of each copy.
    """
    stage = copies[0]
    found, around = [], []
    for copy, x, bars in zip(copies, points, derivative_error(stage.program, points), strict=True):
        jacobian = report.stages[copy.index - 1].jacobian
        linear, settled = jacobian.linear, jacobian.settled
        if jacobian.method != "analytic":
            examination = examine(copy, differentiate(stage.program, x[None]))
            linear, settled = examination.derivative.linear.astype(float), examination.settled
        found.append([(linear, settled_errors(linear, bars, settled))])
        around.append(settled)
    if stage.author is not None:
        for known, value, error in zip(found, written(stage, points), value_error(stage.author, points), strict=True):
            known.append((LinearMap.full(value), error))
    return found, around
