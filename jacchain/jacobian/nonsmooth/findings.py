"""What is found out around a point where an operation stands on a switch or an edge: one finding for each output.

The kind of point, the slopes on both sides, the Clarke set and the gradient to be used; nothing here speaks to people.
"""

from __future__ import annotations

import numpy as np

from jacchain.errors import Span
from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import CONDITIONS, WHERE
from jacchain.expression.program import Program
from jacchain.expression.texts import node_text
from jacchain.frozen import Frozen
from jacchain.jacobian.analytic import Derivative, accumulate
from jacchain.jacobian.dependence import Mask, ancestors
from jacchain.jacobian.nonsmooth.clarke import Cells, Vector, explore, nearest_point
from jacchain.jacobian.nonsmooth.surroundings import Side, View, looker, one_sided, sides
from jacchain.linear.map import LinearMap
from jacchain.pipeline.stage import Stage

WORK = 60_000
"""Germs worked out for one stage at most; beyond that, outputs keep the convention of each function and say so."""

SAME = 1e-12
"""Relative spread of limiting gradients that is none."""

FLAT = {"abs", "relu", "max", "min", "max of", "min of", "sign", "floor", "ceil", "mod", "atan2", WHERE, "==", "!="}
"""Operations whose derivative has one limit on each side of their switch."""


class Finding(Frozen):
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


def look_around(stage: Stage, derivative: Derivative, affected: dict[int, Mask]) -> tuple[list[Finding], int]:
    """What there is to say about each affected output, and how many of them are left when the work allowed is done.

    ``affected`` has, for each such output, the registers ``(registers,)`` in it that stand on a switch or an edge.
    """
    program, registers = stage.program, derivative.registers[0]
    views = [_view(program, registers, output, events) for output, events in affected.items()]
    every = sorted({j for view in views for j in view.inputs})
    chosen = np.logical_or.reduce([view.chosen for view in views])
    apart = sum(2 * len(view.inputs) * int(view.chosen.sum()) for view in views)
    together = 2 * len(every) * int(chosen.sum())
    shared = sides(program, registers, every, chosen) if together < min(apart, WORK) else None
    work = 0 if shared is None else together
    infinite = _infinite_slopes(program, registers)
    findings: list[Finding] = []
    for examined, view in enumerate(views):
        rays = 4 * (1 + len(view.inputs) // 8) + (2 * len(view.inputs) if shared is None else 0)
        work += rays * int(view.chosen.sum())
        if work > WORK:
            return findings, len(views) - examined
        around = sides(program, registers, view.inputs, view.chosen) if shared is None else shared
        finding = _finding(stage, derivative.linear, view, around, infinite)
        findings += [finding] if finding is not None else []
    return findings, 0


def _view(program: Program, registers: Array, output: int, events: Mask) -> View:
    """An output, from the inputs and the registers that it is computed from, whatever branch is taken."""
    register = int(program.result_registers[output])
    wanted = np.zeros((1, registers.size), bool)
    wanted[0, register] = True
    chosen = ancestors(program, wanted)[0]
    return View(program, registers, output, register, np.flatnonzero(chosen[: program.inputs]).tolist(), chosen, events)


def _infinite_slopes(program: Program, registers: Array) -> Mask:
    """The registers whose derivatives, as the chain rule yields them, are not finite: ``(registers,)``."""
    failing = np.zeros(registers.size, bool)
    for instruction, linear in accumulate(program, registers[None]):
        failing[instruction.output][linear.pattern.rows[~np.isfinite(linear.values[0])]] = True
    return failing


def _finding(
    stage: Stage, linear: LinearMap, view: View, around: dict[int, tuple[Array, Array]], infinite: Mask
) -> Finding | None:
    """What there is to say about one output, from its value on both sides along every axis and from its cells."""
    value = view.registers[view.register]
    pairs = [
        (one_sided(value, before[view.register], -1), one_sided(value, after[view.register], 1))
        for before, after in (around[j] for j in view.inputs)
    ]
    finite = bool(np.isfinite(linear.values[0, linear.pattern.rows == view.output]).all())
    operations = {instruction.operation for instruction in view.program.instructions if view.events[instruction.output].any()}
    curved = not finite or not operations <= FLAT
    cells = explore(looker(view, curved=curved), len(view.inputs))
    kind, used = _judged(cells, pairs)
    if kind == "smooth" and (curved or any(cell.key[0] for cell in cells.cells)):
        kind = "smooth_removable" if not finite or operations & {"==", "!="} else "smooth_through_kink"
    if kind == "smooth":
        return None
    where, span = _culprit(view, infinite) or (stage.outputs[view.output], None)
    return Finding(view.output, kind, view.inputs, pairs, used, _intervals(cells, pairs), cells.complete, where, span)


def _culprit(view: View, infinite: Mask) -> tuple[str, Span | None] | None:
    """The first sub-expression whose derivative is not finite, or else that stands on a switch or an edge."""
    graph = view.program.graph
    for mask in (infinite & view.chosen, view.events):
        for instruction in view.program.instructions:
            hits = np.flatnonzero(mask[instruction.output])
            if hits.size and instruction.operation not in CONDITIONS:
                number, _ = view.program.node_at(instruction.output.start + int(hits[0]))
                return node_text(graph, number), graph.nodes[number].span
    return None


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
