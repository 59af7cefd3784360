"""Single components of the inputs, ``q[1]=1``: numbers in the place of others that the point has for a vector."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from jacchain.errors import JacchainError, Problem, counted
from jacchain.expression.arithmetic import Array
from jacchain.frozen import replace
from jacchain.pipeline.constants import Constants
from jacchain.pipeline.document import clip
from jacchain.pipeline.spec import Component, Named, Placed, Signature


def gathered(placed: Placed) -> Placed:
    """The point with those vectors put together of which it has nothing but components.

    Raises JacchainError (JC321) when a component is missing among them.
    """
    if placed.positional:
        return placed
    known = {entry.name for entry in placed.named}
    own = sorted((one for one in placed.components if one.name not in known), key=lambda one: (one.name, one.index))
    return replace(
        placed,
        named=(*placed.named, *_vectors(own)),
        components=tuple(one for one in placed.components if one.name in known),
    )


def _vectors(components: list[Component]) -> Iterator[Named]:
    """The vectors that components make up, which are sorted."""
    for name, group in groupby(components, key=lambda one: one.name):
        members = list(group)
        for index, one in enumerate(members, 1):
            if one.index != index:
                message, way_out = f"the point says nothing about `{clip(name)}[{index}]`", f"give it too, or {clip(name)}=[...]"
                raise JacchainError(Problem("JC321", message, one.span, help=way_out))
        yield Named(name, tuple(one.value for one in members), members[0].span)


def with_components(numbers: Array, placed: Placed, signature: Signature, constants: Constants) -> Array:
    """The numbers for all inputs with the components of the point in their places.

    Raises JacchainError: JC321 for what is no component of the inputs, JC322 for a vector in its place.
    """
    changed = numbers.copy()
    for one in placed.components:
        start = 0
        for parameter in signature.parameters:
            size = numbers.size if signature.takes_all else parameter.size or 1
            if parameter.name == one.name:
                break
            start += size
        else:
            raise JacchainError(Problem("JC321", f"`{clip(one.name)}` is not an input of `{signature.name}`", one.span))
        if one.index > size:
            message = f"`{one.name}` has {counted(size, 'component')}, and none is `{one.name}[{one.index}]`"
            raise JacchainError(Problem("JC321", message, one.span, help="components count from 1"))
        value = constants.numbers((one.value,))
        if value.size != 1:
            raise JacchainError(Problem("JC322", "a component is one number", one.value.span, help=f"write {one.name}=[...]"))
        changed[start + one.index - 1] = value[0]
    return changed
