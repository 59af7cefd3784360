"""Points where a stage has no derivative: named for what they are, with the number used by convention, or refused.

A kink has left and right derivatives and a Clarke set, of which the element of least norm is used; at a jump or an infinite slope
there is no such set, and no number.  Whether a derivative exists is decided in the neighbourhood of the point, never by what the
chain rule happens to yield at it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from jacchain.errors import JacchainError, Problem, Span
from jacchain.expression.arithmetic import Array
from jacchain.expression.formula import node_text
from jacchain.expression.graph import CONDITIONS, WHERE
from jacchain.expression.program import Program
from jacchain.jacobian.analytic import Derivative, accumulate
from jacchain.jacobian.clarke import Cells, Vector, explore, nearest_point
from jacchain.jacobian.dependence import Mask, ancestors, descendants, needed
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.domain import node_at, refuse_derivatives, refuse_values
from jacchain.jacobian.limits import active
from jacchain.jacobian.surroundings import Side, Slope, View, looker, one_sided, sides
from jacchain.linear.map import LinearMap
from jacchain.pipeline.stage import Stage

WORK = 60_000
"""Germs worked out for one stage at most; beyond that, outputs keep the convention of each function and say so."""

REMARKS = 64
SAME = 1e-12

FLAT = {"abs", "relu", "max", "min", "max of", "min of", "sign", "floor", "ceil", "mod", "atan2", WHERE, "==", "!="}
"""Operations whose derivative has one limit on each side of their switch."""

CODES = {
    "discontinuity": "JC405",
    "vertical_tangent": "JC406",
    "kink": "JC407",
    "boundary": "JC408",
    "smooth_removable": "JC409",
    "smooth_through_kink": "JC410",
    "undecided": "JC411",
}


@dataclass(frozen=True, eq=False)
class Examination:
    """A derivative in which every entry is the one to be used, and what there is to say about the point."""

    derivative: Derivative
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, eq=False)
class _Finding:
    """What is known about one output: both sides of each of ``inputs``, the gradient used, and the interval of its Clarke set.

    ``complete`` says that the Clarke set is known whole, not only in the directions that were tried.
    """

    output: int
    kind: str
    inputs: list[int]
    sides: list[tuple[Side, Side]]
    used: Vector | None
    clarke: list[tuple[float, float]]
    complete: bool
    where: str
    span: Span | None


def examine(stage: Stage, derivative: Derivative, *, strict: bool = False) -> Examination:
    """The derivative of a stage at one point as it may be shown, with a diagnostic for every entry that needs one.

    Raises JacchainError: JC401-JC403 where numbers fail, JC405 at a jump, JC406 at an infinite slope, JC411 where nothing can be
    said; with ``strict`` also JC407 at a kink.
    """
    program = stage.program
    used = needed(program, derivative.registers)
    refuse_values(stage.name, program, derivative, used)
    affected = _affected(stage, derivative, used[0])
    if not affected:
        refuse_derivatives(stage.name, program, derivative, used)
        return Examination(derivative)
    findings, unexamined = _findings(stage, derivative, affected)
    refused = [finding for finding in findings if finding.kind in {"discontinuity", "vertical_tangent", "undecided"}]
    refused += [finding for finding in findings if strict and finding.kind == "kink"]
    if refused:
        raise JacchainError(*(_problem(stage, finding) for finding in refused[:10]))
    corrected = replace(derivative, linear=_corrected(derivative.linear, findings))
    refuse_derivatives(stage.name, program, corrected, used)
    remarks = [remark for finding in findings for remark in _remarks(stage, finding)]
    return Examination(corrected, _shortened(stage, remarks, unexamined))


def _affected(stage: Stage, derivative: Derivative, used: Mask) -> dict[int, Mask]:
    """The outputs at whose value an operation stands on a switch or an edge, or whose row is not finite, with those registers."""
    program, registers = stage.program, derivative.registers
    events = active(program, registers, used)
    linear = derivative.linear
    singular = set(linear.pattern.rows[~np.isfinite(linear.values[0])].tolist())
    if not events.any() and not singular:
        return {}
    results = np.arange(registers.shape[1])[program.results]
    reached = descendants(program, events)[results]
    affected = {}
    for output in range(len(results)):
        if reached[output] or output in singular:
            own = events & needed(program, registers, results[output : output + 1])[0]
            if own.any() or output in singular:
                affected[output] = own
    return affected


def _findings(stage: Stage, derivative: Derivative, affected: dict[int, Mask]) -> tuple[list[_Finding], int]:
    """What there is to say about each affected output, and how many of them are left when the work allowed is done."""
    program, registers = stage.program, derivative.registers[0]
    results = np.arange(registers.size)[program.results]
    views = {}
    for output in affected:
        chosen = _sources(program, int(results[output]))
        own = [int(j) for j in np.flatnonzero(chosen[: program.inputs])]
        views[output] = View(program, registers, int(results[output]), own, chosen)
    every = sorted({j for view in views.values() for j in view.inputs})
    chosen = np.logical_or.reduce([view.chosen for view in views.values()])
    apart = sum(2 * len(view.inputs) * int(view.chosen.sum()) for view in views.values())
    together = 2 * len(every) * int(chosen.sum())
    shared = sides(program, registers, every, chosen) if together < min(apart, WORK) else None
    work = 0 if shared is None else together
    findings: list[_Finding] = []
    for examined, (output, view) in enumerate(views.items()):
        rays = 4 * (1 + len(view.inputs) // 8) + (2 * len(view.inputs) if shared is None else 0)
        work += rays * int(view.chosen.sum())
        if work > WORK:
            return findings, len(affected) - examined
        around = sides(program, registers, view.inputs, view.chosen) if shared is None else shared
        finding = _finding(stage, derivative, (output, affected[output]), view, around)
        findings += [finding] if finding is not None else []
    return findings, 0


def _finding(
    stage: Stage, derivative: Derivative, case: tuple[int, Mask], view: View, around: dict[int, tuple[Array, Array]]
) -> _Finding | None:
    """What there is to say about one output, from its value on both sides along every axis and from its cells."""
    output, events = case
    value = view.registers[view.output]
    pairs = [
        (one_sided(value, before[view.output], -1), one_sided(value, after[view.output], 1))
        for before, after in (around[j] for j in view.inputs)
    ]
    finite = bool(np.isfinite(derivative.linear.values[0, derivative.linear.pattern.rows == output]).all())
    operations = {instruction.operation for instruction in view.program.instructions if events[instruction.output].any()}
    curved = not finite or not operations <= FLAT
    cells = explore(looker(view, curved=curved), len(view.inputs))
    kind, used = _judged(cells, pairs)
    if kind == "smooth" and (curved or any(cell.key[0] for cell in cells.cells)):
        kind = "smooth_removable" if not finite or operations & {"==", "!="} else "smooth_through_kink"
    if kind == "smooth":
        return None
    where, span = _culprit(stage, derivative, output, events)
    return _Finding(output, kind, view.inputs, pairs, used, _intervals(cells, pairs), cells.complete, where, span)


def _sources(program: Program, register: int) -> Mask:
    wanted = np.zeros(program.start.size, bool)
    wanted[register] = True
    return ancestors(program, wanted)


def _judged(cells: Cells, pairs: list[tuple[Side, Side]]) -> tuple[str, Vector | None]:
    """What the point is for one output, and the gradient to be used."""
    around = [side for pair in pairs for side in pair]
    gradients = cells.gradients
    edge = cells.leaves_domain or any(side.slope == "domain" for side in around)
    if cells.trouble == "jump" or any(side.jump for side in around):
        return "discontinuity", None
    if cells.trouble == "infinite" or any(side.slope in {"inf", "-inf"} for side in around):
        return "vertical_tangent", None
    if cells.trouble == "unknown" or not len(gradients):
        slopes = [_agreed(pair) for pair in pairs]
        known = [slope for slope in slopes if slope is not None]
        return ("boundary", np.array(known, np.longdouble)) if edge and len(known) == len(pairs) else ("undecided", None)
    spread = float((gradients.max(0) - gradients.min(0)).max(initial=0))
    if spread > SAME * float(np.abs(gradients).max(initial=0)):
        return "kink", nearest_point(gradients)
    return "boundary" if edge else "smooth", gradients[0]


def _agreed(pair: tuple[Side, Side]) -> float | None:
    """The slope on both sides, or on the one side that is in the domain."""
    slopes = [side.slope for side in pair if side.slope != "domain"]
    return slopes[0] if slopes and isinstance(slopes[0], float) and slopes[-1] == slopes[0] else None


def _intervals(cells: Cells, pairs: list[tuple[Side, Side]]) -> list[tuple[float, float]]:
    """The interval of the Clarke set for each input; one-sided derivatives lie in it, too."""
    intervals = []
    for position, pair in enumerate(pairs):
        known = [float(gradient[position]) for gradient in cells.gradients]
        known += [side.slope for side in pair if isinstance(side.slope, float)]
        intervals.append((min(known, default=np.nan) + 0.0, max(known, default=np.nan) + 0.0))
    return intervals


def _culprit(stage: Stage, derivative: Derivative, output: int, events: Mask) -> tuple[str, Span | None]:
    """The first sub-expression whose derivative is not finite, or else that stands on a switch or an edge."""
    program = stage.program
    own = _sources(program, int(np.arange(program.start.size)[program.results][output]))
    failing = np.zeros(program.start.size, bool)
    for instruction, linear in accumulate(program, derivative.registers):
        failing[instruction.output][linear.pattern.rows[~np.isfinite(linear.values[0])]] = True
    for mask in (failing & own, events):
        for instruction in program.instructions:
            hits = np.flatnonzero(mask[instruction.output])
            if hits.size and instruction.operation not in CONDITIONS:
                number, _ = node_at(program, instruction, int(hits[0]))
                return node_text(program.graph, number), program.graph.nodes[number].span
    return stage.outputs[output], None


def _corrected(linear: LinearMap, findings: list[_Finding]) -> LinearMap:
    """The map with the gradients to be used in the rows in question; numbers that are right to rounding stay as they are."""
    values = np.array(linear.values)
    for finding in findings:
        assert finding.used is not None
        row = np.zeros(linear.shape[1], np.longdouble)
        row[finding.inputs] = finding.used
        entries = np.flatnonzero(linear.pattern.rows == finding.output)
        wanted, present = row[linear.pattern.columns[entries]], values[0, entries]
        with np.errstate(invalid="ignore"):
            right = np.abs(present - wanted) <= SAME * np.abs(row).max(initial=0)
        values[0, entries] = np.where(right, present, wanted) + 0.0
    return LinearMap(linear.pattern, values)


def _remarks(stage: Stage, finding: _Finding) -> list[Diagnostic]:
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


def _message(finding: _Finding, names: tuple[str, str], used: float) -> str:
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


def _problem(stage: Stage, finding: _Finding) -> Problem:
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
    words = {"domain": "outside the domain", "unknown": "unknown"}
    return words.get(slope, slope) if isinstance(slope, str) else f"{slope:.6g}"


def _shortened(stage: Stage, remarks: list[Diagnostic], unexamined: int) -> tuple[Diagnostic, ...]:
    """The remarks, the rest of very many counted instead of listed."""
    if unexamined:
        message = (
            f"{unexamined} more outputs of `{stage.name}` stand on switches; they were too many to examine: "
            "the convention of each function is used (0 for relu, abs and sign, equal shares for max and min)"
        )
        remarks = [*remarks, Diagnostic("kink", CODES["undecided"], message, stage.name)]
    if len(remarks) <= REMARKS:
        return tuple(remarks)
    message = f"{len(remarks) - REMARKS} more entries of `{stage.name}` stand on switches or edges"
    return (*remarks[:REMARKS], Diagnostic(remarks[-1].kind, remarks[-1].code, message, stage.name))
