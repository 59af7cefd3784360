"""What is around a point where an operation stands on a switch or an edge: one-sided slopes, and the cells of directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.program import Program
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.dependence import Mask
from jacchain.jacobian.nonsmooth.clarke import Cell, Vector
from jacchain.jacobian.nonsmooth.germ import NEAR, Germ, Real
from jacchain.jacobian.nonsmooth.germ_arithmetic import CLOSE, GermArithmetic
from jacchain.jacobian.nonsmooth.rays import along

ORDERS = (2.0, 5.0)
"""Powers of t up to which a neighbourhood is worked out: first cheaply, then again where that told too little."""

GOLDEN, SILVER = 0.6180339887498949, 0.41421356237309515
"""The golden ratio less one and the root of two less one: multiples of them are spread over all fractions, and never meet."""

Slope = float | str


class Side(Frozen, eq=True):
    """The one-sided derivative along an axis: a number, ``inf``, ``-inf``, ``domain`` or ``unknown``; ``jump`` when f jumps."""

    slope: Slope
    jump: bool = False


def sides(program: Program, registers: Array, inputs: list[int], chosen: Mask) -> dict[int, tuple[Array, Array]]:
    """For each input, the germs of all chosen registers to its left and to its right."""
    starts = axis_germs(registers[: program.inputs], inputs)
    values = along(program, registers, starts, chosen, GermArithmetic())
    return {j: (values[2 * row], values[2 * row + 1]) for row, j in enumerate(inputs)}


def axis_germs(point: Array, inputs: Sequence[int]) -> Array:
    """Two rows of germs for each of ``inputs``: the point with that input going down, and going up."""
    starts = np.empty((2 * len(inputs), point.size), object)
    starts[:] = point
    for row, (j, direction) in enumerate((j, direction) for j in inputs for direction in (-1, 1)):
        starts[row, j] = _moving(point[j], [(1.0, Real(direction))], ORDERS[-1])
    return starts


def one_sided(value: Any, y: Any, direction: int) -> Side:
    """The derivative from one side, of a number with the given value at the point and germ ``y`` on that side."""
    if not isinstance(y, Germ):
        if not np.isfinite(y):
            return Side("domain")
        jump = _differs(y, value)
        return Side(_infinite(y - value, direction) if jump else 0.0, jump)
    if y.lost:
        return Side(y.lost)
    limit = y.limit
    if np.isnan(limit):
        return Side("unknown")
    if _differs(limit, value):
        return Side(_infinite(limit - value, direction), jump=True)
    change = y.without(0.0)
    if change.lead < 1 - NEAR:
        return Side(_infinite(change.sign, direction) if change.terms else "unknown")
    return Side(float(direction * change.coefficient(1.0)) + 0.0 if change.order > 1 + NEAR else "unknown")


class View(Frozen):
    """One output (from 0) of a program, in its ``register``, as a function of all ``inputs`` that it depends on.

    ``registers`` are those at the point, ``chosen`` says which of them the output is computed from, and ``events`` which of these
    stand on a switch or an edge.
    """

    program: Program
    registers: Array
    output: int
    register: int
    inputs: list[int]
    chosen: Mask
    events: Mask


def looker(view: View, *, curved: bool) -> Callable[[Vector], Cell]:
    """A function from a direction (one number for each input) to the cell of it; ``curved`` when cells are known to be."""
    size = len(view.inputs)

    def look(direction: Vector) -> Cell:
        cell = Cell((), None, trouble="unknown")
        for order in ORDERS if size <= 8 else ORDERS[:1]:
            powers = _powers(size, GOLDEN)
            y, decisions = _germ(view, direction, powers, order)
            cell = _cell(view.registers[view.register], y, decisions, powers)
            if cell.trouble != "unknown":
                break
        cell = replace(cell, curved=cell.curved or curved)
        if not cell.curved or cell.gradient is None or size == 1:
            return cell
        other, _ = _germ(view, direction, _powers(size, SILVER), order)
        return replace(cell, gradient=None, trouble="infinite") if _steep(y, powers, other) else cell

    return look


def _powers(size: int, ratio: float) -> list[float]:
    """A power of t for each input, between t and t^2: its factor in a germ is then the partial derivative near the ray."""
    return [1.5 + 0.45 * float(np.modf((k + 1) * ratio)[0]) for k in range(size)]


def _germ(view: View, direction: Vector, powers: list[float], order: float) -> tuple[Any, list[Germ]]:
    """The germ of the output along a direction, every input marked by its power, and the decisions taken on the way."""
    arithmetic = GermArithmetic()
    starts = np.empty((1, view.program.inputs), object)
    starts[0] = view.registers[: view.program.inputs]
    for j, slope, exponent in zip(view.inputs, direction, powers, strict=True):
        starts[0, j] = _moving(view.registers[j], [(1.0, slope), (exponent, Real(1))], order)
    values = along(view.program, view.registers, starts, view.chosen, arithmetic)
    return values[0, view.register], arithmetic.decisions


def _cell(value: Any, y: Any, decisions: list[Germ], powers: list[float]) -> Cell:
    """The cell of a ray on which the output, ``value`` at the point, has the germ y, and the given decisions were taken."""
    gradient, trouble = _gradient(value, y, powers)
    walls = [germ_gradient(decision, powers) * decision.sign for decision in decisions]
    curved = any(decision.lead < 1 - NEAR or decision.lead > max(powers) + NEAR for decision in decisions)
    shown = () if gradient is None else tuple(f"{entry:.12e}" for entry in gradient)
    key = (tuple(decision.sign for decision in decisions), shown, trouble)
    return Cell(key, gradient, tuple(wall for wall in walls if wall.any()), trouble, curved)


def _gradient(value: Any, y: Any, powers: list[float]) -> tuple[Vector | None, str]:
    """The limit of the gradient along a ray, or what goes wrong there."""
    if not isinstance(y, Germ):
        if not np.isfinite(y):
            return None, ""
        return (None, "jump") if _differs(y, value) else (np.zeros(len(powers), np.longdouble), "")
    if y.lost:
        return None, "" if y.lost == "domain" else "unknown"
    if not np.isnan(y.limit) and _differs(y.limit, value):
        return None, "jump"
    change = y.without(0.0)
    if change.terms and change.lead < 1 - NEAR:
        return None, "infinite"
    if change.order <= max(powers) + NEAR:
        return None, "unknown"
    return germ_gradient(change, powers), ""


def _steep(y: Any, powers: list[float], other: Any) -> bool:
    """Whether a partial derivative grows without bound: the mark of an input then shows at a power that moves with the marks."""
    if not isinstance(y, Germ) or not isinstance(other, Germ):
        return False
    others = [e for e, _ in other.terms]
    unmarked = [e for e, _ in y.terms if 0 < e < max(powers) and all(abs(e - exponent) >= NEAR for exponent in powers)]
    return any(all(abs(e - f) >= NEAR for f in others) for e in unmarked)


def germ_gradient(y: Germ, powers: list[float]) -> Vector:
    """The factors of the powers that mark the inputs."""
    found = np.zeros(len(powers), np.longdouble)
    if y.terms:
        exponents, coefficients = (np.array(numbers) for numbers in zip(*y.terms, strict=True))
        term, power = np.nonzero(np.abs(exponents[:, None].astype(float) - np.array(powers)) < NEAR)
        found[power] = coefficients[term]
    return found


def _moving(start: Any, terms: list[tuple[float, Any]], order: float) -> Germ:
    """The germ of a number that begins to move: ``start`` plus the terms (exponent, factor), known up to an order."""
    constant = [(0.0, Real(start))] if start else []
    return Germ((*constant, *((e, c) for e, c in sorted(terms) if c)), order)


def _differs(limit: Any, value: Any) -> bool:
    """Whether a limit is another number than the value at the point, by more than rounding explains."""
    return not abs(limit - value) <= CLOSE * max(abs(value), abs(limit)) if np.isfinite(limit) else True


def _infinite(change: Any, direction: int) -> str:
    """The infinite slope of a value that changes at once in a direction (-1 or 1)."""
    return "inf" if (change > 0) == (direction > 0) else "-inf"
