"""A hand-derived Jacobian beside the right one, at the point and a little beside it.

What is true of a slip is true at both; a number that only happens to be one, or the square of another, is not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jacchain.errors import JacchainError
from jacchain.expression.arithmetic import Array
from jacchain.expression.intervals import enclose
from jacchain.expression.program import Program
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.accuracy.chance import Chance
from jacchain.jacobian.accuracy.rounding import derivative_error, value_error
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.differences.difference import dense
from jacchain.jacobian.judgement.dissection import dissect
from jacchain.jacobian.judgement.slips import Trials
from jacchain.jacobian.judgement.verdict import Verdict
from jacchain.jacobian.nonsmooth.enclosure import differentiate_enclosed
from jacchain.jacobian.nonsmooth.limits import stands_alike
from jacchain.linear.interval import Interval
from jacchain.linear.map import Numbers
from jacchain.pipeline.stage import Stage

BESIDE = 2.0**-9, 2.0**-16, 2.0**-23
"""Of the size of an input: far enough to tell numbers apart, and nearer where that is on another branch."""
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

    @cached_property
    def refuted(self) -> npt.NDArray[np.bool_]:
        """Where the formula of the author is proved to be another than the derivative at x, in intervals; ``(m, n)``.

        As far apart as constants that were rounded, ``0.1`` or ``pi``, may make a right one is not enough; nor is anything where
        the stage is too large for a proof.
        """
        x, author = Interval.point(self.x), author_of(self.stage)
        try:
            right = differentiate_enclosed(self.stage.program, x).jacobian
        except JacchainError:
            return np.zeros(self.value.shape, bool)
        given = enclose(author, x[None])[0, author.results].mapped(lambda end: end.reshape(self.value.shape))
        with np.errstate(invalid="ignore"):
            return np.asarray((given - right).mignitude > 64 * EPSILON * right.magnitude)

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


def sights(stage: Stage, author: Verdict, analytic: Verdict, x: Array) -> list[Sight]:
    """What was judged at x, and the same beside it, as near as it has to be for everything to stand there as it does at x.

    Right at x is the analytic entry; where that is none, or differences find another, what they find.
    """
    pattern, found = author.difference.pattern, author.difference
    right = np.where(analytic.is_derivative, analytic.value, found.value)
    right_bar = np.where(analytic.is_derivative, analytic.value_bar, found.error_bar)
    seen = [Sight(stage, x, *(dense(pattern, numbers) for numbers in (author.value, author.value_bar, right, right_bar)))]
    direction = np.where(x == 0, 1, np.abs(x)) * Chance().direction(x.size)
    for nearness in BESIDE:
        move = nearness * direction
        if stage.bounds is not None:
            move = np.where((x + move < stage.bounds[:, 0]) | (x + move > stage.bounds[:, 1]), -move, move)
        if all(stands_alike(program, x, x + move) for program in (stage.program, author_of(stage))):
            with np.errstate(over="ignore"):
                there = _beside(stage, x + move)
            return [*seen, there] if np.isfinite([there.value, there.right]).all() else seen
    return seen


def _beside(stage: Stage, x: Array) -> Sight:
    """The matrix of the author at a point that is not that of the chain, and the analytic one."""
    m, author = len(stage.outputs), author_of(stage)
    linear = differentiate(stage.program, x[None]).linear
    return Sight(
        stage,
        x,
        written(stage, x[None])[0],
        value_error(author, x).reshape(m, -1),
        linear.dense[0].astype(float),
        dense(linear.pattern, derivative_error(stage.program, x)),
    )


def written(stage: Stage, points: Array) -> Numbers:
    """The matrix of the author at points ``(batch, n)``, in doubles: ``(batch, m, n)``."""
    with np.errstate(over="ignore"):
        return author_of(stage).values(points).astype(float).reshape(len(points), len(stage.outputs), -1)


def author_of(stage: Stage) -> Program:
    """The hand-derived Jacobian of a stage that has one."""
    assert stage.author is not None
    return stage.author
