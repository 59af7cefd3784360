"""A hand-derived Jacobian beside the right one, at the point and a little beside it.

What is true of a slip is true at both; a number that only happens to be one, or the square of another, is not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.accuracy.chance import Chance
from jacchain.jacobian.accuracy.rounding import derivative_error, value_error
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.differences.difference import dense
from jacchain.jacobian.judgement.dissection import dissect
from jacchain.jacobian.judgement.slips import Trials
from jacchain.jacobian.judgement.verdict import Verdict
from jacchain.linear.map import Numbers
from jacchain.pipeline.stage import Stage

BESIDE = 2.0**-9
"""Of the size of an input: far enough to tell numbers apart, and near enough to stay on one branch."""
LARGEST = 1 << 18
"""Local partials up to which a stage is taken apart."""
EPSILON = float(np.finfo(float).eps)


class Sight(Frozen):
    """The matrix of the author and the right one ``(m, n)`` at x, each with the bars of its entries."""

    stage: Stage
    x: Array
    value: Numbers
    value_bar: Numbers
    right: Numbers
    right_bar: Numbers

    def differs(self, change: Callable[[Numbers], Numbers]) -> npt.NDArray[np.bool_]:
        """Where the matrix, changed, is not the right one; ``change`` is linear."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.abs(change(self.value) - self.right) > np.abs(change(self.value_bar)) + self.right_bar)

    def ratio(self, i: int, j: int) -> tuple[float, float]:
        """How many times the right one an entry is, and how far that may be off, as a part of it."""
        value, right = self.value[i, j], self.right[i, j]
        with np.errstate(all="ignore"):
            off = self.value_bar[i, j] / abs(value) + self.right_bar[i, j] / abs(right)
            return float(value / right), float(off + 64 * EPSILON)

    def room(self, expected: Numbers) -> Numbers:
        """How far the matrix may be from what it is expected to be ``(..., m, n)``."""
        return self.value_bar + 64 * EPSILON * np.abs(expected)

    @property
    def transposed(self) -> Sight:
        """The same with the matrix of the author transposed."""
        return replace(self, value=self.value.T, value_bar=self.value_bar.T)

    @cached_property
    def trials(self) -> Trials | None:
        """The stage taken apart, when it is small enough."""
        whole = dissect(self.stage.program, self.x)
        return None if whole is None or whole.output.size > LARGEST else Trials(whole)


def sights(stage: Stage, verdict: Verdict, x: Array) -> list[Sight]:
    """What was judged at x, and the same beside it as far as the file computes it and numbers are finite there."""
    pattern = verdict.difference.pattern
    value, value_bar = dense(pattern, verdict.value), dense(pattern, verdict.value_bar)
    first = Sight(stage, x, value, value_bar, verdict.difference.matrix, verdict.difference.bars)
    move = BESIDE * np.where(x == 0, 1, np.abs(x)) * Chance().direction(x.size)
    if stage.bounds is not None:
        move = np.where((x + move < stage.bounds[:, 0]) | (x + move > stage.bounds[:, 1]), -move, move)
    here, beside = _author(stage, x), _author(stage, x + move)
    linear = differentiate(stage.program, (x + move)[None]).linear
    right_bar = dense(linear.pattern, derivative_error(stage.program, x + move))
    if not np.array_equal(here, value) or not (np.isfinite(beside) & np.isfinite(linear.dense[0])).all():
        return [first]
    assert stage.author is not None
    beside_bar = value_error(stage.author, x + move).reshape(value.shape)
    return [first, Sight(stage, x + move, beside, beside_bar, linear.dense[0].astype(float), right_bar)]


def _author(stage: Stage, x: Array) -> Numbers:
    assert stage.author is not None
    return np.asarray(stage.author.values(x[None])[0].astype(float).reshape(len(stage.outputs), -1))
