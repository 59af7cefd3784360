"""Points where a stage has no derivative: named for what they are, with the number used by convention, or refused.

A kink has left and right derivatives and a Clarke set, of which the element of least norm is used; at a jump or an infinite slope
there is no such set, and no number.  Whether a derivative exists is decided in the neighbourhood of the point, never by what the
chain rule happens to yield at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isnan
from typing import TYPE_CHECKING

import numpy as np

from jacchain.errors import JacchainError, Problem
from jacchain.expression.arithmetic import Array
from jacchain.expression.program import Program, one_by_one, read
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.analytic import Derivative
from jacchain.jacobian.dependence import Mask, descendants, needed
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.jacobian import Jacobian
from jacchain.jacobian.nonsmooth.domain import fails, refuse_derivatives, refuse_values
from jacchain.jacobian.nonsmooth.limits import active, decisive
from jacchain.jacobian.settled import UNSETTLED, Kink, Settled
from jacchain.linear.map import LinearMap
from jacchain.linear.pattern import Integers
from jacchain.pipeline.stage import Stage

if TYPE_CHECKING:
    from jacchain.jacobian.nonsmooth.findings import Finding
    from jacchain.jacobian.nonsmooth.surroundings import Slope

ROUNDING = 1e-12
"""Relative difference of two gradients that is not one."""

REMARKS = 64
"""Remarks on one stage that are listed; the rest is counted."""

PROBLEMS = 10
"""Refusals of one stage that are listed."""

CODES = {
    "discontinuity": "JC405",
    "vertical_tangent": "JC406",
    "kink": "JC407",
    "boundary": "JC408",
    "smooth_removable": "JC409",
    "smooth_through_kink": "JC410",
    "undecided": "JC411",
}


class Examination(Frozen):
    """A derivative in which every entry is the one to be used, and what there is to say about the point.

    ``refusals`` is why somebody who wants no number by convention gets none here.
    """

    derivative: Derivative
    diagnostics: tuple[Diagnostic, ...] = ()
    settled: Settled = UNSETTLED
    refusals: tuple[Problem, ...] = ()


def examine(stage: Stage, derivative: Derivative) -> Examination:
    """The derivative of a stage at one point as it may be shown, with a diagnostic for every entry that needs one.

    Raises JacchainError: JC401-JC403 where numbers fail, JC405 at a jump, JC406 at an infinite slope, JC411 where nothing can be
    said.
    """
    program = stage.program
    used = needed(program, derivative.registers)
    refuse_values(stage.name, program, derivative.registers, used)
    affected = _affected(stage, derivative, used)
    if not affected:
        refuse_derivatives(stage.name, program, derivative, used)
        return Examination(derivative)
    from jacchain.jacobian.nonsmooth.findings import look_around  # noqa: PLC0415  (few points need it)

    findings, unexamined = look_around(stage, derivative, affected)
    refused = [finding for finding in findings if finding.kind in {"discontinuity", "vertical_tangent", "undecided"}]
    if refused:
        raise JacchainError(*(_refusal(stage, derivative, finding, affected) for finding in refused[:PROBLEMS]))
    corrected = replace(derivative, linear=_corrected(derivative.linear, findings))
    refuse_derivatives(stage.name, program, corrected, used)
    remarks = [remark for finding in findings for remark in _remarks(stage, finding)]
    kinks = [finding for finding in findings if finding.kind == "kink"]
    settled = Settled(
        np.array([finding.output for finding in findings], np.int64),
        tuple(kink for finding in kinks for kink in _kinks(finding)),
        unexamined,
    )
    refusals = [_problem(stage, finding) for finding in kinks[:PROBLEMS]]
    if unexamined:
        refusals.append(Problem(CODES["undecided"], _unexamined(stage, unexamined), stage.span, kind="undecided"))
    return Examination(corrected, _shortened(stage, remarks, unexamined), settled, tuple(refusals))


def doubtful(stage: Stage, derivative: Derivative) -> Mask:
    """The points of a batch of which :func:`examine` may have something to say, ``(batch,)``: at all others it says nothing."""
    used = needed(stage.program, derivative.registers)
    return fails(stage.program, derivative, used) | active(stage.program, derivative.registers, used).any(1)


def examine_differences(stage: Stage, registers: Array, jacobian: Jacobian) -> Examination:
    """What there is to say about the kinks that differences have seen in a stage."""
    derivative = Derivative(read(registers, stage.program.results), jacobian.linear, False, registers)
    remarks, refusals = [], []
    for kink in jacobian.settled.kinks:
        names, left, right, used = (stage.outputs[kink.row], stage.inputs[kink.column]), kink.left, kink.right, kink.used[0]
        message = f"differences of `{stage.function}` see a kink here; ∂{names[0]}/∂{names[1]} = {used:.6g} is their mean"
        where = stage.function
        remarks.append(Diagnostic("kink", CODES["kink"], message, stage.name, *names, left, right, kink.clarke, used, where))
        label = f"∂{names[0]}/∂{names[1]}: {left:.6g} from the left, {right:.6g} from the right"
        message = f"`{stage.function}` has a kink here, which --strict does not accept"
        refusals.append(Problem(CODES["kink"], message, stage.span, label=label, help="choose another point", kind="kink"))
    return Examination(derivative, _shortened(stage, remarks, 0), jacobian.settled, tuple(refusals[:PROBLEMS]))


def _affected(stage: Stage, derivative: Derivative, used: Mask) -> dict[int, Mask]:
    """The outputs at whose value an operation stands on a switch or an edge, or whose row is not finite, with those registers."""
    program, registers = stage.program, derivative.registers
    events = active(program, registers, used)[0]
    linear = derivative.linear
    singular = set() if linear.magnitude < inf else set(linear.pattern.rows[~np.isfinite(linear.values[0])].tolist())
    if not events.any() and not singular:
        return {}
    results = program.result_registers
    reached = descendants(program, events)[results]
    affected = {}
    for output in range(len(results)):
        if reached[output] or output in singular:
            own = events & needed(program, registers, results[output : output + 1])[0]
            if own.any() or output in singular:
                affected[output] = own
    return affected


def _corrected(linear: LinearMap, findings: list[Finding]) -> LinearMap:
    """The map with the gradients to be used in the rows in question; numbers that are right to rounding stay as they are."""
    values = np.array(linear.values)
    for finding in findings:
        assert finding.used is not None
        row = np.zeros(linear.shape[1], np.longdouble)
        row[finding.inputs] = finding.used
        entries = np.flatnonzero(linear.pattern.rows == finding.output)
        wanted, present = row[linear.pattern.columns[entries]], values[0, entries]
        with np.errstate(invalid="ignore", over="ignore"):
            right = np.abs(present - wanted) <= ROUNDING * np.abs(row).max(initial=0)
            values[0, entries] = np.where(right, present, wanted) + 0.0
    return LinearMap(linear.pattern, values)


def _remarks(stage: Stage, finding: Finding) -> list[Diagnostic]:
    """A diagnostic for every entry of one output that is not as smooth as the others."""
    assert finding.used is not None
    remarks = []
    for position, j in enumerate(finding.inputs):
        left, right = finding.sides[position]
        low, high = finding.clarke[position]
        if finding.kind == "kink" and low == high and len(finding.inputs) > 1:
            continue
        used = float(finding.used[position]) + 0.0
        names = (stage.outputs[finding.output], stage.inputs[j])
        remarks.append(
            Diagnostic(
                finding.kind,
                CODES[finding.kind],
                _message(finding, names, used),
                stage.name,
                *names,
                left.slope,
                right.slope,
                (low, high),
                used,
                finding.where,
            )
        )
    return remarks


def _kinks(finding: Finding) -> Iterator[Kink]:
    """The entries of one output at which both slopes are known, and no derivative is there."""
    assert finding.used is not None
    for position, (j, (left, right)) in enumerate(zip(finding.inputs, finding.sides, strict=True)):
        low, high = finding.clarke[position]
        slopes = [float("nan") if side.slope == "domain" else side.slope for side in (left, right)]
        below, above = (slope if isinstance(slope, float) else None for slope in slopes)
        if below is not None and above is not None and not (isnan(below) and isnan(above)) and low < high:
            used = float(finding.used[position]) + 0.0
            yield Kink(finding.output, j, below, above, (used, used), (low, high))


def _message(finding: Finding, names: tuple[str, str], used: float) -> str:
    """What is said of the entry of an output by an input, whose names are given, and of the number used for it."""
    partial = f"∂{names[0]}/∂{names[1]} = {used:.6g}"
    match finding.kind:
        case "kink":
            known = "" if finding.complete else ", as far as directions were tried"
            return (
                f"`{finding.where}` has a kink here; {partial} is used, from the element of least norm of the Clarke set{known}"
            )
        case "boundary":
            return f"`{finding.where}` is at the edge of its domain here; {partial} is the limit from inside"
        case "smooth_removable":
            return f"the rule for `{finding.where}` has no value here, but the derivative exists: {partial}"
        case _:
            return f"`{finding.where}` has a kink here that cancels: {partial} exists"


def _refusal(stage: Stage, derivative: Derivative, finding: Finding, affected: dict[int, Mask]) -> Problem:
    """Why an output has no number, unless it is only rounding that puts the point where it has none."""
    from jacchain.jacobian.accuracy.exactness import are_exact  # noqa: PLC0415  (few points need it)

    if are_exact(stage.program, derivative.registers, _given(stage.program, affected[finding.output])):
        return _problem(stage, finding)
    message = (
        f"`{finding.where}` in `{stage.name}` stands on an edge here, but what it is given was rounded: "
        "nobody can tell on which side of it the point is"
    )
    way_out = "choose another point, or write it so that nothing cancels, such as `2*sin(x/2)^2` for `1 - cos(x)`"
    return Problem(CODES["undecided"], message, finding.span, help=way_out, kind="undecided")


def _given(program: Program, events: Mask) -> Integers:
    """The registers that put operations on a switch or an edge."""
    given = np.zeros(events.size, bool)
    for instruction in program.instructions:
        hits = events[instruction.output]
        for argument in decisive(instruction) if hits.any() else ():
            registers = one_by_one(argument)
            given[registers[hits] if registers.size == hits.size else registers] = True
    return np.flatnonzero(given)


def _problem(stage: Stage, finding: Finding) -> Problem:
    """Why an output has no number that could be used."""
    output = stage.outputs[finding.output]
    slopes = "; ".join(
        f"∂{output}/∂{stage.inputs[j]}: {_shown(left.slope)} from the left, {_shown(right.slope)} from the right"
        for j, (left, right) in zip(finding.inputs[:4], finding.sides, strict=False)
    )
    says = {
        "discontinuity": "has a discontinuity here, and so no derivative",
        "vertical_tangent": "has a vertical tangent here: its slope is infinite",
        "kink": "has a kink here, which --strict does not accept",
        "undecided": "has no derivative here that could be worked out",
    }[finding.kind]
    message = f"`{finding.where}` in `{stage.name}` {says}"
    return Problem(CODES[finding.kind], message, finding.span, label=slopes, help="choose another point", kind=finding.kind)


def _shown(slope: Slope) -> str:
    """A one-sided derivative, or the word for what is in its place."""
    words = {"domain": "outside the domain", "unknown": "unknown"}
    return words.get(slope, slope) if isinstance(slope, str) else f"{slope:.6g}"


def _unexamined(stage: Stage, count: int) -> str:
    """What is said of outputs that were not examined."""
    return (
        f"{count} more outputs of `{stage.name}` stand on switches; they were too many to examine: "
        "the convention of each function is used (0 for relu, abs and sign, equal shares for max and min)"
    )


def _shortened(stage: Stage, remarks: list[Diagnostic], unexamined: int) -> tuple[Diagnostic, ...]:
    """The remarks, the rest of very many counted instead of listed."""
    if unexamined:
        remarks = [*remarks, Diagnostic("kink", CODES["undecided"], _unexamined(stage, unexamined), stage.name)]
    if len(remarks) <= REMARKS:
        return tuple(remarks)
    message = f"{len(remarks) - REMARKS} more entries of `{stage.name}` stand on switches or edges"
    return (*remarks[:REMARKS], Diagnostic(remarks[-1].kind, remarks[-1].code, message, stage.name))
