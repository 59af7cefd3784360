"""The same chain at many points, block by block: every row is what a run at its point says, to rounding.

A block is worked out in one go.  The few points of it that stand on a switch, or where numbers fail, are examined one at a time,
as a run does it; what cannot be had at one point does not hinder the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jacchain.chain.instance import Instance
from jacchain.chain.plan import Plan
from jacchain.chain.planner import make_plan
from jacchain.chain.products import carry_out
from jacchain.errors import JacchainError, Problem
from jacchain.expression.arithmetic import Array
from jacchain.jacobian.accuracy.underflow import may_have_vanished, product_vanished, vanished
from jacchain.jacobian.analytic import Derivative, differentiate, working_type
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.differences.stage_difference import jacobian_by_differences, reached_pattern
from jacchain.jacobian.memory import claim_stages
from jacchain.jacobian.nonsmooth.kinks import Examination, doubtful, examine, examine_differences
from jacchain.linear.map import LinearMap, Numbers
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.results import Answers
from jacchain.run import kinks_through, multiplied

ROWS, NUMBERS = 1 << 13, 1 << 19
"""Points of a block; fewer where its numbers would not stay in a cache."""


def sweep(pipeline: Pipeline, points: Numbers, *, strict: bool = False) -> Iterator[Answers]:
    """The answers at all points ``(count, n)``, block by block, in their order; ``strict`` refuses points without a derivative.

    Raises JacchainError (JC451) when a single point takes too much memory; what fails at a point is in the answers.
    """
    claim_stages(pipeline.stages)
    numbers = sum(stage.program.start.size + len(stage.inputs) * len(stage.outputs) for stage in pipeline.stages)
    rows = max(1, min(ROWS, NUMBERS // numbers))
    plan: Plan | None = None
    for first in range(0, len(points), rows):
        block = _Block(pipeline.stages, points[first : first + rows], strict=strict)
        jacobians = [block.pass_through(stage) for stage in pipeline.stages]
        plan = plan or make_plan(Instance.of_patterns([linear.pattern.T for linear in jacobians]))
        yield block.answers(first + 1, block.multiplied(plan, [linear.T for linear in jacobians]))


class _Block:
    """Some points ``at`` ``(b, n)`` on their way through a chain: ``x`` is where they are, in the working type of a stage."""

    def __init__(self, stages: Sequence[Stage], at: Numbers, *, strict: bool) -> None:
        self.stages, self.at, self.strict = stages, at, strict
        self.x: Array = at
        self.remarks: dict[int, list[Diagnostic]] = {}
        self.failures: dict[int, JacchainError] = {}

    def pass_through(self, stage: Stage) -> LinearMap:
        """The Jacobian of a stage at all points, in doubles, zero where it failed; moves the points on."""
        derivative = differentiate(stage.program, self.x.astype(working_type(stage.program)))
        self.x = derivative.values
        if stage.method == "difference":
            pattern = reached_pattern(stage.program)
            linear, odd = LinearMap(pattern, np.zeros((1, pattern.count))), np.ones(len(self.at), bool)
        else:
            with np.errstate(over="ignore"):  # what is too large fails below
                linear = derivative.linear.astype(float)
            odd = doubtful(stage, derivative) | may_have_vanished(stage.program, derivative)
        odd[list(self.failures)] = True
        if not odd.any():
            return linear
        entries = np.array(np.broadcast_to(linear.values, (len(self.at), linear.pattern.count)))
        for row in np.flatnonzero(odd).tolist():
            entries[row] = 0 if row in self.failures else self._examined(stage, _at(derivative, row), row)
        return LinearMap(linear.pattern, entries)

    def _examined(self, stage: Stage, derivative: Derivative, row: int) -> Numbers:
        """The entries of the Jacobian at one point, as a run has them, zeros where it has none; what it remarks is kept."""
        examination = Examination(derivative)
        try:
            if stage.method == "difference":
                jacobian = jacobian_by_differences(stage, derivative)
                linear, examination = jacobian.linear, examine_differences(stage, derivative, jacobian)
            else:
                examination = examine(stage, derivative)
                linear = examination.derivative.linear.astype(float)
        except JacchainError as error:
            self.failures[row] = error
            return np.zeros(1)
        self._remark(row, [*examination.diagnostics, *vanished(stage, examination.derivative)], examination.refusals)
        return np.asarray(linear.values[0])

    def multiplied(self, plan: Plan, factors: Sequence[LinearMap]) -> Numbers:
        """The Jacobian of the chain at all points, ``(b, m, n)``, of the transposes of those of its stages."""
        shape = len(self.at), plan.dims[-1], plan.dims[0]
        products = carry_out(plan, factors)
        if not any(product.exponent or product.vanished for product in products):
            total = products[-1].linear if products else factors[0]
            return np.array(np.broadcast_to(total.T.dense, shape))
        found = np.zeros(shape)
        for row in set(range(len(self.at))) - set(self.failures):
            try:
                products = multiplied(plan, [_only(factor, row) for factor in factors])
            except JacchainError as error:
                self.failures[row] = error
                continue
            found[row] = products[-1].linear.T.dense[0]
            self._remark(row, [product_vanished(number, p.vanished) for number, p in enumerate(products, 1) if p.vanished])
        return found

    def _remark(self, row: int, remarks: Sequence[Diagnostic], refusals: Sequence[Problem] = ()) -> None:
        """Keeps what there is to say of a point, and its refusals where they are asked for."""
        if refusals and self.strict:
            self.failures.setdefault(row, JacchainError(*refusals))
        if remarks:
            self.remarks.setdefault(row, []).extend(remarks)

    def answers(self, first: int, jacobian: Numbers) -> Answers:
        """What was found, NaN where something failed; the first row has the number ``first``."""
        for row in self.remarks.keys() - self.failures.keys():
            self._remark(row, *kinks_through(self.stages, self.at[row], LinearMap.full(jacobian[row]), self.remarks[row]))
        with np.errstate(over="ignore"):
            value, failed = self.x.astype(float), list(self.failures)
        value[failed], jacobian[failed] = np.nan, np.nan
        return Answers(first, self.at, value, jacobian, self.remarks, self.failures)


def _at(derivative: Derivative, row: int) -> Derivative:
    """The derivative at one point of a batch."""
    values, registers = (part[row : row + 1] for part in (derivative.values, derivative.registers))
    return Derivative(values, _only(derivative.linear, row), derivative.constant, registers)


def _only(linear: LinearMap, row: int) -> LinearMap:
    """A map at one point of a batch; one that serves all points serves this one."""
    if linear.batch == 1:
        return linear
    return LinearMap(linear.pattern, linear.values[row : row + 1], linear.unit)
