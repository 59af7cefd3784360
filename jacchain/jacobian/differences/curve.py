"""The error of a difference against its step: truncation on one side, rounding on the other, and a V between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.accuracy.precision import settled_errors
from jacchain.jacobian.accuracy.rounding import derivative_error
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.differences.adaptive import difference_jacobian
from jacchain.jacobian.differences.difference import Difference
from jacchain.jacobian.differences.samples import MEMORY, Evaluate, Sweep, block_size, sizes_of
from jacchain.jacobian.differences.schemes import SCHEMES, Scheme
from jacchain.jacobian.differences.unsettled import reason
from jacchain.jacobian.nonsmooth.kinks import examine
from jacchain.jacobian.nonsmooth.way import clear
from jacchain.jacobian.settled import Settled
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Integers, Pattern
from jacchain.pipeline.stage import Stage

DECADES = 17
PER_DECADE = 4
AROUND = 2
"""Steps to either side that are looked at together, so that luck with one does not count."""
LONGER = (0.05, 0.3, 1.7)
"""Steps in terms of the size of an input at which it is seen whether an output bends."""
EPSILON = float(np.finfo(float).eps)


class SchemeCurve(Frozen):
    """One scheme: ``errors`` ``(steps,)`` relative to the derivative, NaN where a sample is undefined.

    ``rounding_slope`` and ``truncation_slope`` are those of the two sides of the V on logarithmic axes (in theory -1 and the
    ``order``), None where there is no such side; ``best_step`` is where the error is least, ``rule_of_thumb`` where theory puts
    it.  Both errors there are medians over the steps around.
    """

    scheme: str
    order: int
    errors: Numbers
    rounding_slope: float | None
    truncation_slope: float | None
    best_step: float
    best_error: float
    rule_of_thumb: float
    error_at_rule: float


class Curve(Frozen):
    """The derivative of ``output`` by ``input`` of a stage, by every fixed scheme at many ``steps``, and by the adaptive engine.

    All of it in doubles.  ``reference`` is what errors are relative to, off by ``reference_bar`` at most; the adaptive engine
    found ``adaptive`` (NaN for no number) and vouches for ``adaptive_bar``.  Where the output is linear in the input there is no
    V: no truncation.  At a kink, ``left`` and ``right`` are the slopes on both sides, and the reference is the number used by
    convention.  ``turn`` is about how far away the nearest switch is, infinite where none is seen.
    """

    stage: str
    output: str
    input: str
    at: float
    steps: Numbers
    reference: float
    reference_bar: float
    schemes: tuple[SchemeCurve, ...]
    adaptive: float
    adaptive_error: float
    adaptive_bar: float
    adaptive_step: float
    is_linear: bool
    left: float | None
    right: float | None
    turn: float
    remarks: tuple[str, ...] = ()


def bent_entries(stage: Stage, x: Array) -> npt.NDArray[np.bool_]:
    """Which outputs bend along the first inputs, ``(m, c)``.  Elsewhere a difference has no truncation error.

    All inputs are looked at, or as many as fit into a block of samples.
    """
    return _bent(stage, x, np.arange(min(x.size, block_size(6 * stage.program.start.size, x.dtype, MEMORY))))


def _bent(stage: Stage, x: Array, inputs: Integers) -> npt.NDArray[np.bool_]:
    """Which outputs bend along some inputs, ``(m, inputs)``: seen from the values at a few long steps to both sides."""
    size = sizes_of(x, stage.scale)
    longer = np.array(LONGER)[:, None, None]
    moves = longer * size * (inputs[:, None] == np.arange(x.size))
    at = stage.program.values(x[None])[0]
    up, down = (stage.program.values((x + side * moves).reshape(-1, x.size)).reshape(3, inputs.size, -1) for side in (1, -1))
    with np.errstate(all="ignore"):
        bend = np.abs((up - at) - (at - down))
        grown = np.abs((up - at) - longer / longer[0] * (up - at)[:1])
        rounding = 64 * np.finfo(x.dtype).eps * (np.abs(up) + np.abs(down) + 2 * np.abs(at))
        bent = (bend > rounding) | (grown > longer / longer[0] * rounding[:1] + rounding)
    return np.asarray(bent.any(0).T)


def difference_curve(stage: Stage, x: Array, row: int, column: int) -> Curve:
    """The curve for one entry (from 0) of the Jacobian of a stage at x."""
    point = x.astype(float)
    reference, bar, settled = _reference(stage, point, row, column)
    along = _Along(stage, point, row, column)
    size = float(sizes_of(point, stage.scale)[column])
    steps = size * 10.0 ** (np.arange(-DECADES * PER_DECADE, PER_DECADE + 1) / PER_DECADE)
    schemes = [scheme for scheme in SCHEMES.values() if not (scheme.imaginary and stage.program.real)]
    curves = [_scheme_curve(scheme, along, point[column], (steps, size), reference) for scheme in schemes]
    is_linear = not _bent(stage, x, np.array([column]))[row, 0]
    if is_linear:
        curves = [replace(scheme, truncation_slope=None) for scheme in curves]
    bounds = None if stage.bounds is None else (stage.bounds[column] - point[column])[None]
    found = difference_jacobian(along, np.zeros(1), Sweep(scale=np.array([size]), bounds=bounds))
    adaptive = float(found.value[0])
    left, right = _slopes(settled, found, row, column)
    smooth = left is None
    remarks = _remarks(reference, bar + float(found.error_bar[0]), adaptive, smooth=smooth)
    if np.isnan(adaptive):
        remarks = (*remarks, f"differences yield no number: {reason(stage, point, (row, column))}")
    return Curve(
        stage.name,
        stage.outputs[row],
        stage.inputs[column],
        float(point[column]),
        steps,
        reference,
        bar,
        tuple(curves),
        adaptive,
        float(_relative(found.value[0], reference)),
        float(found.error_bar[0]),
        float(found.step[0]),
        is_linear and smooth,
        left,
        right,
        _turn(stage, point, column),
        remarks,
    )


class _Along:
    """An output of a stage as a function of how far one input has moved from a point."""

    def __init__(self, stage: Stage, point: Numbers, row: int, column: int) -> None:
        self.program, self.point, self.row, self.column = stage.program, point, row, column

    def __call__(self, steps: Array) -> Array:
        block = block_size(self.program.start.size, steps.dtype, MEMORY)
        values = []
        for first in range(0, steps.size, block):
            moved = steps[first : first + block, 0]
            points = np.repeat(self.point.astype(steps.dtype)[None], moved.size, axis=0)
            points[:, self.column] += moved
            values.append(self.program.values(points)[:, self.row : self.row + 1])
        return np.concatenate(values)


def _reference(stage: Stage, point: Numbers, row: int, column: int) -> tuple[float, float, Settled]:
    """An entry of the analytic Jacobian, how far it may be off, and what is known of kinks at the point."""
    x = point.astype(np.longdouble)
    examination = examine(stage, differentiate(stage.program, x[None]))
    linear, settled = examination.derivative.linear, examination.settled
    bars = settled_errors(linear, derivative_error(stage.program, x), settled)
    return float(linear.take(np.array([row])).dense[0, 0, column]), _entry(bars, linear.pattern, row, column), settled


def _slopes(settled: Settled, found: Difference, row: int, column: int) -> tuple[float | None, float | None]:
    """The slopes on both sides of a kink, as they are known, or else as differences see them; None where there is no kink."""
    for kink in settled.kinks:
        if (kink.row, kink.column) == (row, column):
            return kink.slopes
    return (float(found.left[0]), float(found.right[0])) if found.kink[0] else (None, None)


def _turn(stage: Stage, point: Numbers, column: int) -> float:
    """About how far an input may move, either way, before something turns."""
    bounds = clear([stage.program], point)
    return float(np.abs(bounds[column] - point[column]).min()) if bounds is not None else np.inf


def _entry(bars: Numbers, pattern: Pattern, row: int, column: int) -> float:
    """The bar of an entry, zero where the pattern has none."""
    if pattern.is_full:
        return float(bars[row * pattern.shape[1] + column])
    position = np.flatnonzero((pattern.rows == row) & (pattern.columns == column))
    return float(bars[position[0]]) if position.size else 0.0


def _scheme_curve(scheme: Scheme, along: Evaluate, at: float, scales: tuple[Numbers, float], reference: float) -> SchemeCurve:
    steps, size = scales
    errors = _relative(_by_scheme(scheme, along, at, steps), reference)
    rule = float(scheme.step(np.array([size]), EPSILON)[0])
    around = rule * 10.0 ** (np.arange(-AROUND, AROUND + 1) / PER_DECADE)
    at_rule = float(_medians(_relative(_by_scheme(scheme, along, at, around), reference))[AROUND])
    medians = _medians(errors)
    least = float(medians.min())
    best = int(np.flatnonzero(medians == least)[-1])
    left, right = slice(0, best), slice(best, None)
    rounding = None if scheme.imaginary else _slope(steps[left], errors[left], least)
    ruled = np.cumsum(~(errors[right] < 1e-3)) == 0
    truncation = _slope(steps[right][ruled], errors[right][ruled], least)
    if rounding is not None and rounding >= 0:
        rounding = None
    if truncation is not None and truncation <= 0:
        truncation = None
    step, error = (rule, at_rule) if at_rule < least else (float(steps[best]), least)
    return SchemeCurve(scheme.name, scheme.order, errors, rounding, truncation, step, error, rule, at_rule)


def _medians(errors: Numbers) -> Numbers:
    """The median of a few steps around each, for one in the noise may have a small error by luck."""
    padded = np.pad(np.where(np.isfinite(errors), errors, np.inf), AROUND, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1), axis=1))


def _by_scheme(scheme: Scheme, along: Evaluate, at: float, steps: Numbers) -> Numbers:
    """The derivative by a scheme for each of many steps, each as it is really taken from ``at``."""
    offsets = np.array(scheme.offsets)
    weights = np.array([float(weight) for weight in scheme.weights])
    if scheme.imaginary:
        values = along(1j * steps[:, None])[:, 0].imag
        return np.asarray(values / steps)
    with np.errstate(all="ignore"):
        taken = (at + steps[:, None] * offsets) - at
        values = along(taken.reshape(-1, 1)).reshape(taken.shape)
        step = (taken[:, -1] - taken[:, 0]) / (offsets[-1] - offsets[0])
        return np.asarray(values @ weights / step)


def _relative(values: Numbers, reference: float) -> Numbers:
    """The errors relative to the reference, absolute where that is zero."""
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(values - reference) / (abs(reference) or 1.0))


def _slope(steps: Numbers, errors: Numbers, least: float) -> float | None:
    """The slope of one side of the V: the median over all pairs of points that are well above its bottom and below one.

    On the side of truncation the steps end where the leading term no longer rules.
    """
    with np.errstate(invalid="ignore"):
        chosen = (errors > 30 * max(least, EPSILON)) & (errors < 0.1)
    if chosen.sum() < 4:
        return None
    x, y = np.log10(steps[chosen]), np.log10(errors[chosen])
    i, j = np.triu_indices(x.size, 1)
    return float(np.median((y[j] - y[i]) / (x[j] - x[i])))


def _remarks(reference: float, bar: float, adaptive: float, *, smooth: bool) -> tuple[str, ...]:
    remarks = []
    if reference == 0:
        remarks.append(
            "the derivative is zero here: errors are absolute" if smooth else "the number used is zero: errors are absolute"
        )
    if smooth and abs(reference - adaptive) > bar:
        remarks.append("the reference and the adaptive difference do not agree within their bars: `check` looks closer")
    return tuple(remarks)
