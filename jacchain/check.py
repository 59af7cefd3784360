"""The story of a check: every stage against differences, then their product against the chain taken as one function.

Every stage can be right and their product wrong, so the whole has witnesses of its own.  Here, too, is the curve of one entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from jacchain.errors import JacchainError, Problem, suggestion
from jacchain.expression.arithmetic import Array
from jacchain.jacobian.agreement import SAMPLES, agreement
from jacchain.jacobian.analytic import differentiate, working_type
from jacchain.jacobian.curve import Curve, difference_curve
from jacchain.jacobian.diagnosis import diagnose
from jacchain.jacobian.kinks import examine
from jacchain.jacobian.rounding import derivative_error, value_error
from jacchain.jacobian.stage_difference import chain_difference, evaluation_work
from jacchain.jacobian.verdict import Verdict, judge
from jacchain.jacobian.witness import Factors, Witness, complex_step, taylor, transpose
from jacchain.linear.map import LinearMap, Numbers
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.results import CheckReport, Report, StageCheck

WORK = 1 << 34
"""Numbers handled up to which the whole chain is differenced by every input."""
ENTRIES = 1 << 22
"""Entries up to which the Jacobian of the chain is judged one by one."""


def check(pipeline: Pipeline, report: Report) -> CheckReport:
    """Judges what a run found, and every hand-derived Jacobian of the file."""
    stages: list[StageCheck] = []
    maps: list[LinearMap] = []
    bars: list[Numbers] = []
    for stage, x in _points(pipeline):
        own, bar = _analytic(stage, x)
        maps.append(own)
        bars.append(bar)
        stages.append(_judged(stage, x, (own, bar), "analytic"))
        if stage.author is not None:
            stages.append(_judged(stage, x, _author(stage, x), "author"))
    factors = Factors.of(maps, bars)
    total, witnesses, remarks = _whole(pipeline, report.jacobian, factors)
    return CheckReport(report.pipeline, tuple(stages), total, witnesses, remarks)


def curve(pipeline: Pipeline, name: str | None = None, entry: tuple[int, int] = (1, 1)) -> Curve:
    """The error of differences against their step, for one entry (from 1) of the Jacobian of a stage, the first unless named.

    ``name`` may also be the number of the stage, from 1.

    Raises JacchainError (JC003) when there is no such stage, or no such entry.
    """
    for stage, x in _points(pipeline):
        if name in {None, stage.name, stage.function, str(stage.index)}:
            row, column = entry
            m, n = len(stage.outputs), len(stage.inputs)
            if not (1 <= row <= m and 1 <= column <= n):
                message = f"the Jacobian of `{stage.name}` is {m}×{n} and has no entry {row},{column}"
                raise JacchainError(Problem("JC003", message, help="row and column count from 1"))
            return difference_curve(stage, x, row - 1, column - 1)
    names = [stage.name for stage in pipeline.stages]
    nearest = suggestion(name or "", names)
    way_out = f"did you mean `{nearest}`?" if nearest else "there are " + ", ".join(f"`{known}`" for known in names[:8])
    raise JacchainError(Problem("JC003", f"there is no stage `{name}`", help=way_out))


def _points(pipeline: Pipeline) -> Iterator[tuple[Stage, Array]]:
    """Every stage with the point it is given."""
    x = pipeline.at.astype(_type(pipeline))
    for stage in pipeline.stages:
        yield stage, x
        x = stage.program.values(x[None])[0]


def _type(pipeline: Pipeline) -> np.dtype[Any]:
    """The numbers the chain is evaluated in: the longest when every stage is small enough for them."""
    types = {working_type(stage.program) for stage in pipeline.stages}
    return np.dtype(float) if np.dtype(float) in types else types.pop()


def _analytic(stage: Stage, x: Array) -> tuple[LinearMap, Numbers]:
    """The Jacobian that a run shows, rounded to doubles, and how far it may be off."""
    linear = examine(stage, differentiate(stage.program, x[None])).derivative.linear
    return linear.astype(float), derivative_error(stage.program, x)


def _author(stage: Stage, x: Array) -> tuple[LinearMap, Numbers]:
    """The hand-derived Jacobian of the file, its zeros left out, and how far rounding may have moved it."""
    assert stage.author is not None
    shape = len(stage.outputs), len(stage.inputs)
    values, bars = stage.author.values(x[None]).astype(float)[0], value_error(stage.author, x)
    return LinearMap.full(values.reshape(shape)), bars


def _judged(stage: Stage, x: Array, judged: tuple[LinearMap, Numbers], by: str) -> StageCheck:
    verdict = agreement(stage, x, judged)
    return StageCheck(stage.index, stage.name, by, verdict, diagnose(stage, verdict, x, by_author=by == "author"))


def _whole(pipeline: Pipeline, total: LinearMap, factors: Factors) -> tuple[Verdict | None, tuple[Witness, ...], tuple[str, ...]]:
    """The Jacobian of the chain against the chain as one function."""
    stages, x = pipeline.stages, pipeline.at.astype(_type(pipeline))
    remarks = [f"evaluated in {'long double' if x.dtype == np.longdouble else 'double'}"]
    quick = [taylor(stages, x, total, factors), transpose(factors, total)]
    work = SAMPLES * x.size * evaluation_work([stage.program for stage in stages])
    if work > WORK or total.shape[0] * total.shape[1] > ENTRIES:
        remarks.append("the chain is too large to be differenced by every input; a random direction stands for all")
        return None, tuple(quick), tuple(remarks)
    bars = factors.total_bars()
    imaginary = complex_step(stages, x, total, bars)
    witnesses = quick if imaginary is None else [quick[0], imaginary, quick[1]]
    judged = total, bars[total.pattern.rows, total.pattern.columns]
    verdict = judge(stages[-1].outputs, stages[0].inputs, judged, chain_difference(stages, x, total.pattern))
    return verdict, tuple(witnesses), tuple(remarks)
