"""Which numbers of a stage rounding has spoilt: measured in small chains, looked for in large ones, bars where it is unusual."""

from __future__ import annotations

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.program import Program
from jacchain.jacobian.accuracy.rounding import Errors, derivative_error
from jacchain.jacobian.accuracy.underflow import FEW, vanished_inside
from jacchain.jacobian.analytic import Derivative, differentiate
from jacchain.jacobian.dependence import Mask
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.settled import UNSETTLED, Settled
from jacchain.linear.map import LinearMap, Numbers
from jacchain.pipeline.stage import Stage

DOUBLE = np.finfo(float)
EPSILON, TINY, SUBNORMAL = float(DOUBLE.eps), float(DOUBLE.tiny), float(DOUBLE.smallest_subnormal)

UNUSUAL = 1e-12
"""Relative difference of an entry worked out in doubles from the one with guard digits that calls for a closer look."""

USUAL = 2.0**7
"""Ulps by which a number may be off without a word: functions that are worked out in doubles only stay below."""


def is_unusual(numbers: Numbers, errors: Numbers) -> bool:
    """Whether some number may be off by more than a few ulps."""
    return bool((errors > USUAL * EPSILON * np.abs(numbers) + 2 * SUBNORMAL).any())


def entry_errors(derivative: Derivative, measured: Numbers | None, settled: Settled = UNSETTLED) -> Numbers | None:
    """How far each entry of the Jacobian, as a double, may be off, in the order of its pattern; None where that was not measured.

    Zero where an entry is exact: a constant that rounding left alone, or a zero that is one.
    """
    linear = derivative.linear
    if measured is not None:
        return settled_errors(linear, measured, settled)
    if not derivative.constant:  # then the numbers of a scaled matrix are not written out only to be looked at
        return None
    long, entries = linear.values[0], linear.values[0].astype(float, copy=False)
    exact = long.dtype != entries.dtype and np.array_equal(long, entries)
    return np.zeros(entries.size) if exact else None


def settled_errors(linear: LinearMap, measured: Numbers, settled: Settled) -> Numbers:
    """How far the entries of a Jacobian may be off: as measured, but for those that were settled to the last digit.

    Of those, whole numbers and halves are meant to be.
    """
    entries = linear.values[0].astype(float)
    with np.errstate(over="ignore"):
        last = np.where(2 * entries == np.rint(2 * entries), 0, EPSILON * np.abs(entries))
    return np.where(settled.rows(linear.pattern), last, measured)


def value_bar(derivative: Derivative, errors: Errors, settled: Settled) -> Numbers | None:
    """How far each output ``(m,)`` may be off, or None where rounding did nothing unusual.

    Outputs that are settled where no repetition has a value are put right in ``errors``.
    """
    value = derivative.values[0].astype(float)
    sure = ~np.isfinite(errors.values) & np.isin(np.arange(value.size), settled.outputs)
    errors.points[:, sure], errors.values[sure] = errors.points[0, sure], 0
    return errors.values if is_unusual(value, errors.values) else None


def error_bar(program: Program, derivative: Derivative, errors: Numbers | None = None) -> Numbers | None:
    """How far each entry of the Jacobian may be off, ``(m, n)``, or None where rounding did nothing unusual.

    Where ``errors`` were not measured, the stage is worked out once more in doubles.  Only where that differs from the first
    result by more than a few digits, or where there are no guard digits to compare it with, are they measured then.
    """
    if derivative.constant or not derivative.linear.pattern.count:
        return None
    if errors is None:
        if not _is_suspicious(program, derivative):
            return None
        errors = derivative_error(program, derivative.registers[0, : program.inputs])
    elif not is_unusual(derivative.linear.values[0].astype(float), errors):
        return None
    bars = np.where(errors > np.finfo(float).max, np.inf, errors)
    spread: Numbers = LinearMap(derivative.linear.pattern, bars[None]).dense[0]
    return spread


def _is_suspicious(program: Program, derivative: Derivative) -> bool:
    x = derivative.registers[0, : program.inputs]
    if x.dtype == float:
        return np.finfo(np.longdouble).nmant == np.finfo(float).nmant
    plain, exact = differentiate(program, x[None].astype(float)).linear.values[0], derivative.linear.values[0]
    with np.errstate(all="ignore"):
        close = np.abs(plain - exact) <= UNUSUAL * np.abs(exact)
    return not (close | ~np.isfinite(plain)).all() or bool(vanished_inside(program, derivative.registers).any())


def may_be_spoilt(values: Array, plain: Array) -> Mask:
    """The points of a batch of which :func:`spoilt` may have something to say, ``(batch,)``.

    ``plain`` are the values ``(batch, m)`` worked out with fewer digits: where half of those are right, most of the longer are.
    """
    with np.errstate(all="ignore"):
        rounded = values.astype(plain.dtype)
        return ~np.asarray((np.abs(plain - rounded) <= np.finfo(plain.dtype).eps ** 0.5 * np.abs(rounded)).all(1))


def spoilt(stage: Stage, values: Numbers, errors: Numbers, *, last: bool) -> list[Diagnostic]:
    """The remark that outputs of a stage have lost their digits, on the worst of them; none where they have enough.

    What is too small for its digits has a remark of its own.
    Nothing follows on the ``last`` stage.
    """
    with np.errstate(all="ignore"):
        relative = np.where(errors > TINY, errors / np.abs(values), 0)
    worst = int(np.argmax(relative))
    if not relative[worst] > FEW:
        return []
    digits = int(max(0.0, -np.log10(relative[worst])))
    left = f"about {digits} digit{'' if digits == 1 else 's'}" if digits else "no digit"
    count = int((relative > FEW).sum()) - 1
    others = f", and {count} more outputs of `{stage.name}` few" if count else ""
    name = stage.outputs[worst]
    message = f"`{name}` has {left} that can be trusted{others}: what it is made of cancels"
    message += "" if last else ", and all that follows is as uncertain"
    return [Diagnostic("imprecise", "JC414", message, stage.name, name, where=name)]
