"""Differences of a stage, and of a whole chain as one function: what is known of a program, told to the engine that only samples.

The zero pattern is read off the program, which input reaches which output; the analytic engine has no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jacchain.errors import JacchainError, Problem
from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import GATHER, MATRIX, STACK
from jacchain.expression.program import Instruction, Program, read
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.accuracy.rounding import value_noise
from jacchain.jacobian.analytic import Derivative, working_type
from jacchain.jacobian.dependence import is_elementwise, needed
from jacchain.jacobian.differences.adaptive import difference_jacobian
from jacchain.jacobian.differences.difference import Difference, dense, in_doubles
from jacchain.jacobian.differences.ladder import steps_to_a_side
from jacchain.jacobian.differences.samples import Evaluate, Sweep, sizes_of
from jacchain.jacobian.differences.scales import own_scales
from jacchain.jacobian.jacobian import Jacobian
from jacchain.jacobian.memory import claim_differences
from jacchain.jacobian.nonsmooth.domain import refuse_values
from jacchain.jacobian.nonsmooth.way import clear
from jacchain.jacobian.settled import Kink, Settled
from jacchain.linear.map import LinearMap, Numbers
from jacchain.linear.pattern import Integers, Pattern
from jacchain.linear.product import multiply
from jacchain.pipeline.stage import Stage

DOUBLE = float(np.finfo(float).eps)
TOGETHER = 1 << 12
"""Inputs or outputs, of one stage at many points, that are differenced together."""
BITS = 1 << 31
"""Registers times inputs up to which it is worked out which input reaches which output, a bit for each."""


def stage_difference(stage: Stage, x: Array, pattern: Pattern | None = None) -> Difference:
    """The Jacobian of a stage at x by differences, in the type of x.

    It covers every entry that can be nonzero, and those of ``pattern``.
    """
    return stage_differences(stage, x[None], pattern)[0]


def stage_differences(stage: Stage, points: Array, pattern: Pattern | None = None) -> list[Difference]:
    """The Jacobians of a stage at many points ``(count, n)``: one function of independent blocks, whose columns go together."""
    reached = reached_pattern(stage.program)
    part = reached.union(pattern) if pattern else reached
    count, n = points.shape
    claim_differences(stage.function, count * part.count, stage.span)
    block = np.repeat(np.arange(count), part.count)
    rows, columns = np.tile(part.rows, count) + block * part.shape[0], np.tile(part.columns, count) + block * n
    whole = Pattern.of((count * part.shape[0], count * n), rows, columns)

    def evaluate(batch: Array) -> Array:
        return stage.program.values(batch.reshape(-1, n)).reshape(len(batch), -1)

    return difference_jacobian(evaluate, points.reshape(-1), _sweep([stage], points, whole)).parts(part, count)


def chain_difference(stages: Sequence[Stage], x: Array, pattern: Pattern | None = None) -> Difference:
    """The Jacobian of the whole chain at x by differences, the chain taken as one function that can be evaluated.

    What a stage rounds may be amplified by the next, more at some distance from x than at x itself: this one is wary.
    """
    reached = reached_pattern(stages[0].program)
    for stage in stages[1:]:
        reached = reached_pattern(stage.program) @ reached
    sweep = replace(_sweep(stages, x[None], reached.union(pattern) if pattern else reached), wary=True)
    return difference_jacobian(composed(stages), x, sweep)


def directional_difference(
    stages: Sequence[Stage], x: Array, directions: Numbers, size: Numbers, pattern: Pattern | None = None
) -> Difference:
    """The derivatives of a chain at x along the columns of ``directions`` ``(n, c)``: an ``m x c`` Jacobian, on ``pattern``.

    A direction is as long as a step may be to either side.  ``size`` is about ``|J| |x|``, ``(m,)``: what rounding the points
    along the directions is worth, to a relative precision.
    """
    evaluate = composed(stages)
    sweep = _sweep(stages, x[None], pattern)
    assert sweep.noise is not None
    assert sweep.turns is not None
    turns, count = sweep.turns, directions.shape[1]
    along = replace(
        sweep,
        noise_at=None,
        turns=lambda moves: turns(moves @ directions.T),
        noise=np.maximum(sweep.noise, float(np.finfo(x.dtype).eps) * size),
        scale=np.ones(count),
        bounds=None if sweep.bounds is None else _bounds_along(sweep.bounds - x[:, None], directions),
    )
    return difference_jacobian(lambda steps: evaluate(x + steps @ directions.T), np.zeros(count, x.dtype), along)


def _bounds_along(room: Numbers, directions: Numbers) -> Numbers:
    """How far one may go along each direction, ``(c, 2)``, where each component has ``room`` ``(n, 2)`` to either side."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.sort(room[:, None, :] / directions[:, :, None], axis=2)
    ends[directions == 0] = -np.inf, np.inf
    return np.stack([ends[:, :, 0].max(0), ends[:, :, 1].min(0)], axis=1)


class Differenced(Frozen):
    """A stage at x, to be multiplied with by differences along what it is given; ``jacobian`` is what differences say it is."""

    stage: Stage
    x: Array
    jacobian: LinearMap

    def tangent(self, columns: LinearMap) -> LinearMap:
        """``J @ columns``: a difference along each column, or along several together that no output sees both of.

        Where one has no clear answer, as along a kink, the entries of the Jacobian are multiplied.
        """
        pattern = self.jacobian.pattern @ columns.pattern
        reach = np.abs(columns.dense[0] / sizes_of(self.x, self.stage.scale)[:, None]).max(0)
        lengths = np.ldexp(np.ones(reach.size, self.x.dtype), np.frexp(reach)[1])
        size = (np.abs(self.jacobian.dense[0]) @ np.abs(self.x)).astype(float)
        found = directional_difference([self.stage], self.x, columns.dense[0] / lengths, size, pattern)
        if found.kink.any() or not np.isfinite(found.error_bar).all():
            return multiply(self.jacobian, columns)
        return LinearMap(pattern, (found.value * lengths[pattern.columns])[None])

    def adjoint(self, rows: LinearMap) -> LinearMap:
        """``rows @ J`` from the entries of the Jacobian: differences know no other way, so no plan asks for it."""
        return multiply(rows, self.jacobian)


def samples_per_column(program: Program) -> int:
    """How often a stage is evaluated to know one column of its Jacobian by differences."""
    longer = working_type(program) == np.longdouble and not program.double
    return 2 * steps_to_a_side(float(np.finfo(np.longdouble).eps) if longer else DOUBLE)


def chain_noise(stages: Sequence[Stage], x: Array) -> Numbers:
    """How far the values of a chain around x may be from exact ones, ``(m,)``, beyond a few ulps of the type of x."""
    return value_noise([stage.program for stage in stages], x)


def chain_epsilon(stages: Sequence[Stage], x: Array) -> float:
    """The relative precision of the values of a chain at x: that of a double where a function is worked out in doubles only."""
    return max(float(np.finfo(x.dtype).eps), DOUBLE if any(stage.program.double for stage in stages) else 0.0)


def composed(stages: Sequence[Stage], handed_on: Evaluate = lambda values: values) -> Evaluate:
    """The functions of a chain as one; what each of them makes is ``handed_on`` as that says."""

    def evaluate(points: Array) -> Array:
        for stage in stages:
            points = handed_on(stage.program.values(points))
        return points

    return evaluate


def jacobian_by_differences(stage: Stage, registers: Array) -> Jacobian:
    """The Jacobian of a stage as a run shows it when differences are asked for, with an error bar on every entry.

    ``registers`` ``(1, registers)`` are those of the stage at its point.
    At a kink that is the mean of both slopes, and the bar that of the mean.

    Raises JacchainError: JC401 or JC402 where values fail, JC412 where differences yield no number.
    """
    refuse_values(stage.name, stage.program, registers, needed(stage.program, registers))
    x = registers[0, : stage.program.inputs]
    found = stage_difference(stage, x)
    if not np.isfinite(found.value.astype(float)).all():
        raise JacchainError(_unsettled(stage, x, found))
    remarks = [f"{int(found.evaluations.sum())} evaluations in {'long double' if x.dtype == np.longdouble else 'double'}"]
    if stage.program.double:
        remarks.append("a function of this stage is computed in doubles only")
    elif x.dtype != np.longdouble or working_type(stage.program) != np.longdouble:
        remarks.append("this stage is too large for longer numbers, or the machine has none")
    if not np.isfinite(found.error_bar).all():
        remarks.append(f"nothing can be said of {int((~np.isfinite(found.error_bar)).sum())} entries")
    value, bar = in_doubles(found.value, np.where(found.kink, found.side_bar, found.error_bar))
    linear = LinearMap(found.pattern, value[None])
    bars, settled = dense(found.pattern, bar), Settled(kinks=_kinks(found))
    return Jacobian(linear, "difference", linear.structure, error_bar=bars, remarks=tuple(remarks), settled=settled)


def derivatives_by_differences(stage: Stage, points: Array) -> Derivative:
    """The derivative of a stage at many points ``(count, n)``, in doubles; NaN at those of which a run has more to say.

    These are points where values fail, where differences see a kink, and where they yield no number.
    """
    registers, pattern = stage.program.registers(points), reached_pattern(stage.program)
    values = read(registers, stage.program.results)
    entries = np.full((len(points), pattern.count), np.nan)
    known = np.flatnonzero(np.isfinite(points).all(1) & np.isfinite(values).all(1))
    for first in range(0, known.size, together(stage)):
        rows = known[first : first + together(stage)]
        for row, found in zip(rows, stage_differences(stage, points[rows]), strict=True):
            entries[row] = np.where(found.kink.any(), np.nan, found.value)
    return Derivative(values, LinearMap(pattern, entries), False, registers)


def together(stage: Stage) -> int:
    """At how many points a stage is differenced together."""
    return max(1, TOGETHER // max(len(stage.inputs), len(stage.outputs)))


def _unsettled(stage: Stage, x: Array, found: Difference) -> Problem:
    """The problem of the first entry for which there is no number, and why there is none."""
    from jacchain.jacobian.differences.unsettled import reason  # noqa: PLC0415 - few points need it

    entry = int(np.argmin(np.isfinite(found.value.astype(float))))
    row, column = int(found.pattern.rows[entry]), int(found.pattern.columns[entry])
    message = f"differences of `{stage.name}` yield no number for ∂{stage.outputs[row]}/∂{stage.inputs[column]} here"
    return Problem(
        "JC412", message, stage.span, label=reason(stage, x, (row, column)), help="choose another point, or `method: analytic`"
    )


def _kinks(found: Difference) -> tuple[Kink, ...]:
    """The entries with different slopes on both sides; the mean of these is used."""
    kinks = []
    for entry in np.flatnonzero(found.kink).tolist():
        left, right, mean = float(found.left[entry]), float(found.right[entry]), float(found.value[entry])
        slopes = min(left, right), max(left, right)
        kinks.append(Kink(int(found.pattern.rows[entry]), int(found.pattern.columns[entry]), left, right, (mean, mean), slopes))
    return tuple(kinks)


def evaluation_work(programs: Sequence[Program]) -> int:
    """Numbers handled in one evaluation of a chain: registers, and entries of matrices."""
    return sum(
        program.start.size
        + sum(instruction.matrix.size for instruction in program.instructions if instruction.matrix is not None)
        for program in programs
    )


def _sweep(stages: Sequence[Stage], points: Array, pattern: Pattern | None) -> Sweep:
    """What is known of a chain at some points ``(count, n)``, the points and their values each in one row."""
    programs = [stage.program for stage in stages]
    scale, (count, n) = stages[0].scale, points.shape

    def turns(moves: Array) -> Numbers | None:
        there = points + moves.reshape(-1, count, n)
        scales = own_scales(programs, points, there.reshape(-1, n))
        return None if scales is None else scales.reshape(len(moves), -1)

    return Sweep(
        pattern=pattern,
        scale=None if scale is None else np.tile(scale, count),
        bounds=np.concatenate([_bounds(stages, x) for x in points]),
        epsilon=chain_epsilon(stages, points),
        noise=value_noise(programs, points).reshape(-1),
        noise_at=lambda batch: value_noise(programs, batch.reshape(-1, n)).reshape(len(batch), -1),
        width=count * max(program.start.size for program in programs),
        turns=turns,
    )


def _bounds(stages: Sequence[Stage], x: Array) -> Numbers:
    """The interval of each input ``(n, 2)`` that differences stay in: that of the file, as far as nothing is seen to turn."""
    everything = np.full((x.size, 2), [-np.inf, np.inf])
    given, found = stages[0].bounds, clear([stage.program for stage in stages], x)
    known = [bounds for bounds in (everything, given, found) if bounds is not None]
    return np.stack([np.max([bounds[:, 0] for bounds in known], 0), np.min([bounds[:, 1] for bounds in known], 0)], axis=1)


def reached_pattern(program: Program) -> Pattern:
    """Which input reaches which output, ``m x n``, whatever the numbers are; every one when that is too much to work out."""
    n = program.inputs
    if program.start.size * n > BITS:
        return Pattern.full(program.outputs, n)
    reach = np.zeros((program.start.size, (n + 7) // 8), np.uint8)
    inputs = np.arange(n)
    reach[inputs, inputs // 8] = np.left_shift(1, 7 - inputs % 8)
    for instruction in program.instructions:
        for argument in instruction.arguments:
            reach[instruction.output] |= _through(instruction, reach[argument])
    chosen = reach[program.results]
    rows, columns = np.concatenate([_entries(row, chosen[row : row + 64], n) for row in range(0, len(chosen), 64)], axis=1)
    return Pattern.from_keys((program.outputs, n), rows * n + columns)


def _through(instruction: Instruction, part: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """What reaches an instruction through an argument, bit by bit: a row for each number it makes, or one for all."""
    if instruction.operation == MATRIX:
        assert instruction.matrix is not None
        used = instruction.matrix != 0
        if not used.all():
            return np.stack([np.bitwise_or.reduce(part[row], axis=0) for row in used])
    elif instruction.operation in {GATHER, STACK} or (len(part) in {1, instruction.size} and is_elementwise(instruction)):
        return part
    return np.bitwise_or.reduce(part, axis=0, keepdims=True)


def _entries(first: int, packed: npt.NDArray[np.uint8], n: int) -> Integers:
    """The rows and columns of the bits that are set, the rows counted from ``first``."""
    rows, columns = np.nonzero(np.unpackbits(packed, axis=1, count=n))
    return np.stack([rows + first, columns])
