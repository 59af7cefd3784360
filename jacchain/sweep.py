"""The same chain at many points, block by block: every row is what a run at its point says.

A block is worked out in one go.  The few points of it that stand on a switch, or where numbers fail or lose their digits, are run
one at a time; what cannot be had at one point does not hinder the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jacchain.chain.instance import Instance
from jacchain.chain.plan import Plan
from jacchain.chain.planner import make_plan
from jacchain.chain.products import carry_out
from jacchain.errors import JacchainError
from jacchain.expression.arithmetic import Array
from jacchain.frozen import replace
from jacchain.jacobian.accuracy.precision import may_be_spoilt
from jacchain.jacobian.accuracy.underflow import may_have_vanished
from jacchain.jacobian.analytic import LONGER, differentiate, working_type
from jacchain.jacobian.differences.stage_difference import derivatives_by_differences
from jacchain.jacobian.judgement.agreement import is_measured
from jacchain.jacobian.memory import claim_stages
from jacchain.jacobian.nonsmooth.kinks import doubtful
from jacchain.linear.map import LinearMap, Numbers
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.results import Answers
from jacchain.run import Request, multiply_out

ROWS, NUMBERS = 1 << 13, 1 << 19
"""Points of a block; fewer where its numbers would not stay in a cache."""


def sweep(pipeline: Pipeline, points: Numbers, *, strict: bool = False) -> Iterator[Answers]:
    """The answers at all points ``(count, n)``, block by block, in their order; ``strict`` refuses points without a derivative.

    Raises JacchainError (JC451) when a single point takes too much memory; what fails at a point is in the answers.
    """
    claim_stages(pipeline.stages)
    numbers = sum(stage.program.start.size + len(stage.inputs) * len(stage.outputs) for stage in pipeline.stages)
    rows = max(1, min(ROWS, NUMBERS // numbers))
    request, measured = Request(strict=strict, check=False), is_measured(pipeline.stages)
    plan: Plan | None = None
    for first in range(0, len(points), rows):
        at = points[first : first + rows]
        block = _Block(at, measured=measured)
        jacobians = [block.pass_through(stage) for stage in pipeline.stages]
        plan = plan or make_plan(Instance.of_patterns([linear.pattern.T for linear in jacobians]))
        jacobian = block.multiplied(plan, [linear.T for linear in jacobians])
        with np.errstate(over="ignore"):
            value = block.x.astype(float)
        remarks, failures = {}, {}
        for row in np.flatnonzero(block.odd).tolist():
            try:
                found = multiply_out(replace(pipeline, at=at[row]), request, plan, barred=False)
            except JacchainError as error:
                value[row], jacobian[row], failures[row] = np.nan, np.nan, error
                continue
            value[row], jacobian[row] = found.stages[-1].value, found.jacobian.dense[0]
            if found.diagnostics:
                remarks[row] = found.diagnostics
        yield Answers(first + 1, at, value, jacobian, remarks, failures)


class _Block:
    """Some points on their way through a chain: ``x`` ``(b, n)`` is where they are, in the working type of a stage.

    ``plain`` is the same without guard digits, where rounding is ``measured``; ``odd`` are the points to be run by themselves.
    """

    def __init__(self, at: Numbers, *, measured: bool) -> None:
        self.x: Array = at
        self.plain = at.astype(float if LONGER else np.float32) if measured else None
        self.odd = np.zeros(len(at), bool)

    def pass_through(self, stage: Stage) -> LinearMap:
        """The Jacobian of a stage at all points, in doubles, zero at those that are odd by now; moves the points on."""
        x = self.x.astype(working_type(stage.program))
        derivative = derivatives_by_differences(stage, x) if stage.method == "difference" else differentiate(stage.program, x)
        self.x = derivative.values
        self.odd |= doubtful(stage, derivative) | may_have_vanished(stage.program, derivative, given=stage.index == 1)
        if self.plain is not None:
            self.plain = stage.program.values(self.plain)
            self.odd |= may_be_spoilt(self.x, self.plain)
        with np.errstate(over="ignore"):
            linear = derivative.linear.astype(float)
        if linear.unit:
            return linear
        values = np.broadcast_to(linear.values, (len(x), linear.pattern.count))  # multiplied as every other
        return LinearMap(linear.pattern, np.where(self.odd[:, None], 0, values) if self.odd.any() else values)

    def multiplied(self, plan: Plan, factors: Sequence[LinearMap]) -> Numbers:
        """The Jacobian of the chain at all points, ``(b, m, n)``, of the transposes of those of its stages.

        Points at which a product leaves the range of doubles are odd, too: they are found by taking half of the points at a time.
        """
        jacobian = np.zeros((len(self.odd), plan.dims[-1], plan.dims[0]))
        parts = [slice(0, len(self.odd))]
        while parts:
            rows = parts.pop()
            here = [_only(factor, rows) for factor in factors]
            products = carry_out(plan, here)
            middle = (rows.start + rows.stop) // 2
            if not any(product.exponent or product.vanished for product in products):
                jacobian[rows] = (products[-1].linear if products else here[0]).T.dense
            elif middle == rows.start:
                self.odd[rows] = True
            else:
                parts += [slice(rows.start, middle), slice(middle, rows.stop)]
        return jacobian


def _only(linear: LinearMap, rows: slice) -> LinearMap:
    """A map at some points of a batch; one that serves all points serves these."""
    return linear if linear.batch in {1, rows.stop - rows.start} else LinearMap(linear.pattern, linear.values[rows], linear.unit)
