"""``scale`` and ``bounds`` of the inputs of a function: how large they typically are, and where the function may be evaluated."""

from __future__ import annotations

from collections.abc import Sequence as Items

import numpy as np

from jacchain.errors import JacchainError, Problem, Span, did_you_mean
from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import Shape, size_of
from jacchain.pipeline.constants import Constants
from jacchain.pipeline.document import Mapping, Node, Scalar, Sequence, unexpected
from jacchain.pipeline.spec import FunctionSpec
from jacchain.pipeline.written import name_of, written

Shapes = Items[tuple[str, Shape]]


def scale_of(function: FunctionSpec, shapes: Shapes, constants: Constants) -> Array | None:
    """The typical size of each input, positive; ``None`` without ``scale``.

    One number is for all inputs, a list has one for each; under a name, one number is for all components.
    Raises JacchainError (JC331) when the numbers do not fit.
    """
    placed = function.scale
    if placed is None:
        return None
    places = _places(shapes)
    scale = np.full(_total(shapes), np.nan)
    if placed.positional or not placed.named:
        _fill(scale, constants.numbers(placed.positional), placed.span)
    for entry in placed.named:
        _fill(scale[_place(places, entry.name, entry.span, function)], constants.numbers(entry.values), entry.span)
    if np.isnan(scale).any():
        message = f"the scale does not mention every input of `{function.signature}`"
        raise JacchainError(Problem("JC331", message, placed.span, help="write one number for all, or one for each"))
    if (scale <= 0).any():
        raise JacchainError(Problem("JC331", "a scale is positive", placed.span, help="write the typical size of the input"))
    return scale


def bounds_of(function: FunctionSpec, shapes: Shapes, constants: Constants) -> Array | None:
    """Lower and upper bound of each input, ``(n, 2)``, infinite where there is none; ``None`` without ``bounds``.

    ``[low, high]`` is for all inputs, a list of such pairs has one for each; ``null`` leaves an end open.
    Raises JacchainError (JC331) when they do not fit.
    """
    node = function.bounds
    if node is None:
        return None
    bounds = np.tile([-np.inf, np.inf], (_total(shapes), 1))
    if not isinstance(node, Mapping):
        _bound(bounds, node, constants)
        return bounds
    places = _places(shapes)
    for key, value in node.entries:
        _bound(bounds[_place(places, name_of(key.fragment, "an input"), key.span, function)], value, constants)
    return bounds


def _total(shapes: Shapes) -> int:
    """How many inputs the parameters have together."""
    return sum(size_of(shape) for _, shape in shapes)


def _places(shapes: Shapes) -> dict[str, slice]:
    """Where the components of each parameter stand among the inputs."""
    places, start = {}, 0
    for name, shape in shapes:
        places[name] = slice(start, start + size_of(shape))
        start = places[name].stop
    return places


def _place(places: dict[str, slice], name: str, span: Span, function: FunctionSpec) -> slice:
    """Where the components of a parameter stand.  Raises JacchainError (JC331) when there is none of that name."""
    if name not in places:
        way_out = did_you_mean(name, list(places), f"the inputs are those of `{function.signature}`")
        raise JacchainError(Problem("JC331", f"`{name}` is not an input of `{function.name}`", span, help=way_out))
    return places[name]


def _fill(target: Array, numbers: Array, span: Span) -> None:
    """Writes one number for all inputs, or one for each, into their places.  Raises JacchainError (JC331) for any other count."""
    if numbers.size not in {1, target.size}:
        message = f"{numbers.size} numbers are written for {target.size} inputs"
        raise JacchainError(Problem("JC331", message, span, help="write one for all, or one for each"))
    target[:] = numbers


def _bound(target: Array, node: Node, constants: Constants) -> None:
    """Fills the bounds of some inputs from one pair, or from a pair for each."""
    way_out = "write [low, high] for all, or a list of such pairs; null leaves an end open"
    if not isinstance(node, Sequence):
        raise unexpected(node, "a pair of bounds", way_out, "JC331")
    pairs = node.items
    if len(pairs) == 2 and all(isinstance(end, Scalar) for end in pairs):
        pairs = (node,) * target.shape[0]
    if len(pairs) != target.shape[0]:
        message = f"{len(pairs)} pairs are written for {target.shape[0]} inputs"
        raise JacchainError(Problem("JC331", message, node.span, help=way_out))
    for row, pair in zip(target, pairs, strict=True):
        if not isinstance(pair, Sequence) or len(pair.items) != 2:
            raise unexpected(pair, "a pair of bounds", way_out, "JC331")
        for position, end in enumerate(pair.items):
            if not (isinstance(end, Scalar) and end.kind == "null"):
                value = constants.evaluate(written(end, "a bound"))
                if value.size != 1:
                    raise JacchainError(Problem("JC331", "a bound is one number", end.span, help=way_out))
                row[position] = value.item()
        if row[0] >= row[1]:
            raise JacchainError(Problem("JC331", "the lower bound is not below the upper one", pair.span, help=way_out))
