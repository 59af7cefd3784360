"""Which numbers of a Jacobian rounding has spoilt: a cheap look at every run, and error bars where it finds something."""

from __future__ import annotations

import numpy as np

from jacchain.expression.program import Program
from jacchain.jacobian.analytic import Derivative, differentiate
from jacchain.jacobian.rounding import derivative_error
from jacchain.jacobian.underflow import vanished_inside
from jacchain.linear.map import LinearMap, Numbers

UNUSUAL = 1e-12
"""Relative difference of an entry worked out in doubles from the one with guard digits that calls for a closer look."""


def error_bar(program: Program, derivative: Derivative) -> Numbers | None:
    """How far each entry of the Jacobian may be off, ``(m, n)``, or None where rounding did nothing unusual.

    The stage is worked out once more in doubles.  Only where that differs from the first result by more than a few digits, or
    where there are no guard digits to compare it with, are the errors estimated, by :func:`derivative_error`.
    """
    if derivative.constant or not derivative.linear.pattern.count:
        return None
    x = derivative.registers[0, : program.inputs]
    if x.dtype != float:
        plain, exact = differentiate(program, x[None].astype(float)).linear.values[0], derivative.linear.values[0]
        with np.errstate(all="ignore"):
            close = np.abs(plain - exact) <= UNUSUAL * np.abs(exact)
        if (close | ~np.isfinite(plain)).all() and not vanished_inside(program, derivative.registers).any():
            return None
    elif np.finfo(np.longdouble).nmant > np.finfo(float).nmant:
        return None
    bars = derivative_error(program, x)
    bars = np.where(bars > np.finfo(float).max, np.inf, bars)
    spread: Numbers = LinearMap(derivative.linear.pattern, bars[None]).dense[0]
    return spread
