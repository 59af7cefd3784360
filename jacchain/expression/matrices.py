"""Constant matrices: what may be done with them before any input is known, and how shapes are called."""

from __future__ import annotations

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import Part, Shape
from jacchain.expression.tree import ARITHMETIC


def describe(shape: Shape) -> str:
    """A shape in words."""
    if not shape:
        return "a number"
    return f"a vector of length {shape[0]}" if len(shape) == 1 else f"a {shape[0]}×{shape[1]} matrix"


def folded(place: Part, operator: str, a: Array | None, b: Array | None, shapes: tuple[Shape, Shape]) -> Array:
    """Arithmetic between constant matrices, or a constant matrix and a constant number; None stands for what varies.

    Raises JacchainError (JC202) for everything else.
    """
    if a is None or b is None or 1 in (a.ndim, b.ndim) or operator == "^" or (operator == "/" and b.ndim):
        way_out = "write `@` for the product of a matrix and a vector" if operator == "*" else "only constants are matrices"
        raise place.error("JC202", f"`{operator}` does not combine {describe(shapes[0])} and {describe(shapes[1])}", way_out)
    if a.ndim == b.ndim and operator == "*":
        raise place.error("JC202", "`*` does not multiply matrices", "write `@`")
    if a.ndim == b.ndim and a.shape != b.shape:
        raise place.error("JC202", f"`{operator}` needs equal shapes: {describe(a.shape)} and {describe(b.shape)}")
    with np.errstate(all="ignore"):
        return np.asarray(ARITHMETIC[operator](a, b))


def check_product(place: Part, a: Shape, b: Shape) -> None:
    """Raises JacchainError (JC203) when ``@`` cannot multiply things of these shapes."""
    if not a or not b:
        raise place.error("JC203", "`@` multiplies matrices and vectors, not numbers", "write `*`")
    if a[-1] != b[0]:
        sides = f"left of `@` stands {describe(a)}, right of it {describe(b)}"
        way_out = "`transpose(W)` turns a matrix around" if len(a) == len(b) == 2 and a[0] == b[0] else ""
        raise place.error("JC203", f"the sizes around `@` differ: {a[-1]} and {b[0]}", way_out, notes=(sides,))


def position(place: Part, numbers: Array | None, length: int) -> int:
    """The whole number an index means, counted from 1, within a length.

    Raises JacchainError when it is none (JC206) or leads outside (JC207).
    """
    if numbers is None or numbers.ndim or not float(numbers).is_integer():
        raise place.error("JC206", "an index is a whole number that does not depend on the inputs")
    number = int(numbers)
    if number < 1:
        way_out = f"write [{length + 1 + number}]" if -length <= number < 0 else "write [1]"
        raise place.error("JC206", f"indices count from 1, as in x₁: [{number}] does not exist", way_out)
    if number > length:
        raise place.error("JC207", f"[{number}] does not exist: there {'is' if length == 1 else 'are'} {length}")
    return number


def positions(place: Part, first: int, last: int) -> Array:
    """The components of a slice, both ends included, counted from 0."""
    if first > last:
        raise place.error("JC207", f"the slice {first}:{last} is empty", "both ends are included, the first comes first")
    return np.arange(first - 1, last)
