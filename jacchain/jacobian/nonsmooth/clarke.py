"""The Clarke set of an output at a kink: the hull of its limiting gradients, found cell by cell, and its point nearest to zero.

The switches that hinge on the direction cut the space of directions into cones; in each, the gradient has one limit.  Crossing
the walls of a cone one by one reaches all of them.  Sources: Clarke, Optimization and Nonsmooth Analysis, 1983, 2.6;
Wolfe, Finding the nearest point in a polytope, Math. Programming 11 (1976).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.frozen import Frozen

Vector = npt.NDArray[np.longdouble]
TOLERANCE = 1e-13
"""Relative size of what is taken for zero: far above the rounding of long doubles, far below what anybody writes."""
CELLS = 96
"""Cells that are looked at; a point where more meet is called incomplete."""
CLEAR = 0.5
"""How far inside walls a direction has to be that was worked out to be inside by three quarters at least."""


class Cell(Frozen):
    """What one direction shows: the limit of the gradient there, and the normals of the walls, pointing inwards.

    ``key`` is the same for directions of one cell.  ``gradient`` is None where the direction leaves the domain; ``trouble`` is
    ``jump``, ``infinite`` or ``unknown`` where there is no limit for another reason.  ``curved`` says that walls or the gradient
    bend with the direction.
    """

    key: tuple[Any, ...]
    gradient: Vector | None
    walls: tuple[Vector, ...] = ()
    trouble: str = ""
    curved: bool = False

    def holds(self, direction: Vector) -> bool:
        """Whether a direction is known to lie in the cell."""
        return bool(self.walls) and not self.curved and bool((self._inwards @ direction.astype(float) > 0).all())

    @cached_property
    def _inwards(self) -> npt.NDArray[np.float64]:
        """The normals as doubles, one in each row."""
        with np.errstate(over="ignore"):
            return np.array(self.walls, float)


class Cells(Frozen):
    """The cells found around a point; ``complete`` when there are no others."""

    cells: tuple[Cell, ...]
    complete: bool

    @property
    def gradients(self) -> Vector:
        """The limiting gradients, one in each row."""
        found = [cell.gradient for cell in self.cells if cell.gradient is not None]
        return np.array(found, np.longdouble)

    @property
    def trouble(self) -> str:
        """The worst of what goes wrong in any cell."""
        troubles = {cell.trouble for cell in self.cells}
        return next((kind for kind in ("jump", "infinite", "unknown") if kind in troubles), "")

    @property
    def leaves_domain(self) -> bool:
        """Whether some direction leaves the domain at once."""
        return any(cell.gradient is None and not cell.trouble for cell in self.cells)


def explore(look: Callable[[Vector], Cell], size: int) -> Cells:
    """Every cell of the directions in ``size`` dimensions; where cells are curved, those that many directions hit."""
    first = generic_direction(size)
    pending = [first, -first]
    found: dict[tuple[Any, ...], Cell] = {}
    curved = False
    while pending and len(found) < CELLS:
        direction = pending.pop(0)
        if any(cell.holds(direction) for cell in found.values()):
            continue
        cell = look(direction)
        if cell.curved and not curved and size > 1:
            curved = True
            pending += _samples(size)
        if cell.key not in found:
            found[cell.key] = cell
            pending += _beyond(cell.walls)
    return Cells(tuple(found.values()), not (pending or curved))


def generic_direction(size: int) -> Vector:
    """A direction that no simple relation between the components describes."""
    steps = np.modf(np.arange(1, size + 1) * 0.6180339887498949)[0]
    return np.asarray((0.75 + steps / 2) * np.where(np.arange(size) % 3 == 1, -1, 1), np.longdouble)


def _samples(size: int) -> list[Vector]:
    """More directions, each with its opposite: along eight axes at most, and four times as many that are spread out."""
    few = min(size, 8)
    # fractional parts of multiples of independent square roots fill a cube evenly (Weyl)
    spread = np.modf(np.outer(np.arange(1, 4 * few + 1), np.sqrt(np.arange(size) + 1.5)))[0] - 0.5
    return [np.asarray(sign * direction, np.longdouble) for direction in [*np.eye(size)[:few], *spread] for sign in (1, -1)]


def _beyond(walls: tuple[Vector, ...]) -> list[Vector]:
    """A direction across each wall of a cell, inside all the others; walls in the same place are crossed together."""
    normals = _distinct(walls)
    sizes = np.abs(generic_direction(len(normals)))
    across = _towards(normals)
    directions = []
    for crossed in range(len(normals)):
        signs = np.where(np.arange(len(normals)) == crossed, -1, 1)
        flipped, direction = normals * signs[:, None], across @ (signs * sizes)
        if not (flipped @ direction > CLEAR).all():
            direction = nearest_point(flipped)
        if (direction * direction).sum() > TOLERANCE:
            directions.append(direction)
    return directions


def _distinct(walls: tuple[Vector, ...]) -> Vector:
    """The normals of walls, of length one, each of several in the same place once."""
    normals = np.array(walls)
    if not len(normals):
        return normals
    lengths = np.sqrt((normals * normals).sum(1, keepdims=True))
    normals = (normals / np.where(lengths > 0, lengths, 1))[lengths[:, 0] > 0]
    kept: list[int] = []
    for place, normal in enumerate(normals):
        others = normals[kept]
        apart = np.minimum(np.abs(others - normal).max(1), np.abs(others + normal).max(1))
        if (apart > TOLERANCE).all():
            kept.append(place)
    return np.asarray(normals[kept])


def _towards(normals: Vector) -> Vector:
    """What takes distances from some walls to a direction that has them, where the walls are independent of one another."""
    try:
        return np.asarray(normals.T @ np.linalg.inv((normals @ normals.T).astype(float)), np.longdouble)
    except np.linalg.LinAlgError:
        return np.zeros_like(normals.T)


def nearest_point(points: Vector) -> Vector:
    """The point of least norm in the convex hull of the rows of ``points``; exactly zero when the origin is in it."""
    nearest = np.array(points[0])
    differ = (points != points[0]).any(0)  # where all are the same, so is the nearest
    if differ.any():
        nearest[differ] = _nearest(points[:, differ])
    return nearest


def _nearest(points: Vector) -> Vector:
    """The point of least norm by Wolfe's algorithm, which moves among the affine hulls of a few of the points (a corral)."""
    scale = np.abs(points).max()
    p = points / scale
    chosen = [int(np.argmin((p * p).sum(1)))]
    weights = np.ones(1, np.longdouble)
    for _ in range(20 * (len(p) + p.shape[1])):
        x = weights @ p[chosen]
        products = p @ x
        entering = int(np.argmin(products))
        rounding = 8 * np.finfo(np.longdouble).eps * (np.abs(p[entering]) @ np.abs(x))
        if products[entering] >= (1 - TOLERANCE) * (x * x).sum() - rounding or entering in chosen:
            break
        chosen.append(entering)
        weights = np.append(weights, np.longdouble(0))
        chosen, weights = _corral(p, chosen, weights)
    x = weights @ p[chosen]
    x[np.abs(x) < TOLERANCE * np.abs(p).max(0)] = 0  # what is left of components that cancel
    return np.asarray(np.zeros_like(x) if np.sqrt((x * x).sum()) < TOLERANCE else x * scale)


def _corral(p: Vector, chosen: list[int], weights: Vector) -> tuple[list[int], Vector]:
    """The chosen rows of p, without those that are given up, and their weights in the nearest point of their affine hull.

    A point is given up when the way to that nearest point leaves the convex hull on the side opposite of it.
    """
    while True:
        target = _affine(p[chosen])
        if (target > TOLERANCE).all():
            return chosen, target
        behind = target <= TOLERANCE
        steps = weights[behind] / np.maximum(weights[behind] - target[behind], np.finfo(np.longdouble).tiny)
        weights = weights + min(np.longdouble(1), steps.min()) * (target - weights)
        kept = weights > TOLERANCE
        if kept.all():
            return chosen, weights
        chosen = [index for index, keep in zip(chosen, kept, strict=True) if keep]
        weights = weights[kept] / weights[kept].sum()


def _affine(q: Vector) -> Vector:
    """The weights, with sum one, of the point nearest to zero in the affine hull of the rows of q.

    Gauss and Jordan's elimination by hand, since LAPACK knows no long doubles.
    """
    size = len(q)
    system = np.ones((size + 1, size + 2), np.longdouble)
    system[:size, :size] = q @ q.T
    system[size, size] = 0
    system[:size, size + 1] = 0
    for column in range(size + 1):
        pivot = column + int(np.argmax(np.abs(system[column:, column])))
        system[[column, pivot]] = system[[pivot, column]]
        if system[column, column] == 0:
            system[column, column] = np.finfo(np.longdouble).eps
        system[column] /= system[column, column]
        others = np.arange(size + 1) != column
        system[others] -= system[others, column, None] * system[column]
    return np.asarray(system[:size, -1])
