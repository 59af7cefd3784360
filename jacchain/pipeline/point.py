"""The point: ``at`` of the file, ``--at`` and ``--set`` of the command line, and the sizes that follow from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from jacchain.errors import Fragment, JacchainError, Problem, Span, counted, did_you_mean
from jacchain.expression.arithmetic import Array
from jacchain.frozen import replace
from jacchain.pipeline.components import gathered, with_components
from jacchain.pipeline.constants import Constants
from jacchain.pipeline.document import Block, Scalar, already_reported, clip
from jacchain.pipeline.ledger import Ledger
from jacchain.pipeline.numbers import kind_of
from jacchain.pipeline.spec import Component, ConstantSpec, Named, Placed, Signature
from jacchain.pipeline.written import Written, name_of, written

_ASSIGNED = re.compile(r"\s*(?P<name>[^\s=()\[\],+*/^<>!-]+)\s*=(?!=)")
_COMPONENT = re.compile(r"\s*(?P<name>[^\s=()\[\],+*/^<>!-]+)\s*\[\s*(?P<index>[1-9][0-9]{0,8})\s*\]\s*=(?!=)")
_LISTED = re.compile(r"\([^()]*,[^()]*\)|\{.*\}", re.DOTALL)
_BRACKET = re.compile(r"[()\[\]{},]")


def read_at(text: str, ledger: Ledger) -> Placed:
    """The point that ``--at`` spells: ``r=3,theta=pi/4``, ``v=[1,2],q=3``, ``v[2]=4``, or numbers by position.

    What is wrong with it is written into the ledger (JC010 for its form, else by the expression), in the source ``--at``.
    """
    text_of_option = Fragment.whole(text, "--at", option=True)
    named: list[Named] = []
    positional: list[Written] = []
    components: list[Component] = []
    whole = False
    with ledger.gather():
        for piece in _pieces(text_of_option):
            if assigned := _ASSIGNED.match(piece.text):
                key = piece.part(assigned.start("name"), assigned.end("name"))
                name = name_of(key, "an input")
                _refuse_twice(name, key.span(), next((entry.span for entry in named if entry.name == name), None))
                named.append(Named(name, (value_of(piece, assigned.end()),), key.span()))
            elif found := _COMPONENT.match(piece.text):
                key, index = piece.part(found.start("name"), found.end("name")), int(found["index"])
                name, span = name_of(key, "an input"), piece.span(found.start("name"), found.end("index") + 1)
                alike = (one.span for one in components if (one.name, one.index) == (name, index))
                _refuse_twice(f"{name}[{index}]", span, next(alike, None))
                components.append(Component(name, index, value_of(piece, found.end()), span))
            else:
                positional.append(value_of(piece, 0))
        if (named or components) and positional:
            message = "some numbers have a name and some have none"
            way_out = "name all: --at r=3,theta=pi/4; or none: --at 3,pi/4"
            raise JacchainError(Problem("JC010", message, positional[0].span, help=way_out))
        whole = True
    return Placed(text_of_option.span(), tuple(positional), tuple(named), whole, tuple(components))


def _refuse_twice(name: str, span: Span, before: Span | None) -> None:
    """Raises JacchainError (JC010) for a name that stood somewhere ``before``."""
    if before is not None:
        related = ((before, "it stands here already"),)
        raise JacchainError(Problem("JC010", f"`{name}` is given twice", span, related=related, help="delete one"))


def read_direction(text: str, option: str, names: Sequence[str]) -> Array:
    """The numbers of an option that has one for each of ``names``, in their order: ``1,0,pi/2``, or ``[1,0],2``.

    Raises JacchainError (JC010 for their number, else by the expression).
    """
    whole = Fragment.whole(text, option, option=True)
    numbers = Constants().numbers(tuple(value_of(piece, 0) for piece in _pieces(whole)))
    if numbers.size != len(names):
        listed = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
        message = f"{option} has {numbers.size:,} numbers, and {len(names):,} are due"
        raise JacchainError(Problem("JC010", message, whole.span(), help=f"give one for each of {listed}"))
    return numbers


def read_sets(texts: Sequence[str], constants: Sequence[ConstantSpec], ledger: Ledger) -> dict[str, Written]:
    """The constants that ``--set NAME=VALUE`` replaces."""
    known = [constant.name for constant in constants]
    places: dict[str, Span] = {}
    sets: dict[str, Written] = {}
    for text in texts:
        with ledger.gather():
            whole = Fragment.whole(text, "--set", option=True)
            assigned = _ASSIGNED.match(text)
            if not assigned:
                message = f"`{clip(text)}` sets nothing"
                raise JacchainError(Problem("JC010", message, whole.span(), help="write --set b=0.5, or --set 'W=[[1,2],[3,4]]'"))
            key = whole.part(assigned.start("name"), assigned.end("name"))
            name = name_of(key, "a constant")
            if name not in known:
                listed = "the constants are " + ", ".join(known[:8]) if known else "the pipeline has no constants"
                way_out = did_you_mean(name, known, listed)
                raise JacchainError(Problem("JC011", f"there is no constant `{name}` to set", key.span(), help=way_out))
            if name in places:
                related = ((places[name], "it is set here already"),)
                raise JacchainError(Problem("JC010", f"`{name}` is set twice", key.span(), related=related, help="set it once"))
            places[name] = key.span()
            if len([*_pieces(whole)]) > 1:
                way_out = f"write a vector as {name}=[1, 2], and repeat --set for another constant"
                raise JacchainError(Problem("JC010", "one value is set at a time", whole.span(), help=way_out))
            sets[name] = value_of(whole, assigned.end())
    return sets


def _pieces(whole: Fragment) -> Iterator[Fragment]:
    """The parts of a text between the commas that stand outside of brackets."""
    start = depth = 0
    for sign in _BRACKET.finditer(whole.text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign.group(), 0)
        if sign.group() == "," and depth <= 0:
            yield whole.part(start, sign.start())
            start = sign.end()
    yield whole.part(start, len(whole.text))


def value_of(piece: Fragment, start: int) -> Written:
    """The expression from ``start`` to the end of a piece of an option."""
    rest = piece.part(start, len(piece.text))
    text = rest.text.strip()
    if _LISTED.fullmatch(text):
        message, way_out = "a vector stands in square brackets", "write [1, 2]"
        raise JacchainError(Problem("JC010", message, rest.span(rest.text.index(text[0])), help=way_out))
    offset = start + (rest.text.index(text[0]) if text else 0)
    fragment = piece.part(offset, offset + len(text))
    return written(Scalar(fragment, "number" if kind_of(text) == "number" else "text", plain=True))


def merged(file: Placed | None, option: Placed | None) -> Placed | None:
    """The point of the command line over that of the file: by name it replaces single inputs, by position all of them."""
    if file is not None and option is not None and option.components and not option.named:
        return replace(file, components=option.components, whole=option.whole and file.whole)
    if file is None or option is None or not option.named or not file.named:
        return option or file
    given = {entry.name for entry in option.named}
    kept = (entry for entry in file.named if entry.name not in given)
    return replace(option, named=(*option.named, *kept), whole=option.whole and file.whole)


def point_of(signature: Signature, placed: Placed | None, constants: Constants, ledger: Ledger) -> Array | None:
    """The numbers for the inputs of the first function, ``None`` when they could not all be had (the reason is in the ledger)."""
    if placed is None:
        message = f"there is no point at which to evaluate `{signature}`"
        listed = ",".join(f"{parameter.name}=..." for parameter in signature.parameters)
        ledger.add(Problem("JC320", message, signature.span, help=f"add the section `at:` to the file, or give --at {listed}"))
        return None
    if not placed.whole:
        return None
    with ledger.gather():
        placed = gathered(placed)
        numbers = _numbers_of(signature, placed, constants, ledger)
        return None if numbers is None else with_components(numbers, placed, signature, constants)
    return None


def _numbers_of(signature: Signature, placed: Placed, constants: Constants, ledger: Ledger) -> Array | None:
    """The numbers of a point, by name or by position, its single components left aside."""
    if placed.named:
        parts = [part for part in _by_name(signature, placed, constants, ledger) if part is not None]
        return np.concatenate(parts) if len(parts) == len(signature.parameters) else None
    with ledger.gather():
        least = sum(value.count if isinstance(value, Block) else 1 for value in placed.positional)
        if signature.size is not None and least > signature.size:
            raise JacchainError(_count(signature, least, placed.span))
        numbers = constants.numbers(placed.positional)
        if not numbers.size or (signature.size is not None and numbers.size != signature.size):
            raise JacchainError(_count(signature, numbers.size, placed.span))
        return numbers
    return None


def _by_name(signature: Signature, placed: Placed, constants: Constants, ledger: Ledger) -> list[Array | None]:
    """The numbers for each parameter, ``None`` for those that failed."""
    known = [parameter.name for parameter in signature.parameters]
    given = {entry.name: entry for entry in placed.named}
    for entry in placed.named:
        if entry.name not in known:
            way_out = did_you_mean(entry.name, known, f"the inputs are those of `{signature}`")
            ledger.add(Problem("JC321", f"`{clip(entry.name)}` is not an input of `{signature.name}`", entry.span, help=way_out))
    parts: list[Array | None] = []
    for parameter in signature.parameters:
        part = None
        with ledger.gather():
            if parameter.name not in given:
                if len(given) == len(known) and set(given) - set(known):
                    raise already_reported()
                message = f"the point says nothing about `{parameter.name}`"
                way_out = f"add `{parameter.name}`: a point has a number for every input"
                raise JacchainError(
                    Problem("JC321", message, placed.span, related=((parameter.span, "the input"),), help=way_out)
                )
            entry = given[parameter.name]
            numbers = constants.numbers(entry.values)
            size = numbers.size if signature.takes_all else parameter.size or 1
            if numbers.size != size or not size:
                raise JacchainError(_count_of_one(parameter.name, size, numbers.size, _span(entry), parameter.span))
            part = numbers
        parts.append(part)
    return parts


def _span(entry: Named) -> Span:
    """Where the values under a name stand, or the name itself where there are none."""
    if not entry.values:
        return entry.span
    first, last = entry.values[0].span, entry.values[-1].span
    return Span(first.source, first.start, last.end)


def _count(signature: Signature, found: int, span: Span) -> Problem:
    """The problem of a point with another number of numbers than a function takes."""
    due = "at least one number" if signature.size is None else counted(signature.size)
    return Problem(
        "JC322",
        f"`{signature}` takes {due}, the point has {found}",
        span,
        related=((signature.span, f"takes {due}"),),
        help="give one number for each input, in order",
    )


def _count_of_one(name: str, size: int, found: int, span: Span, parameter: Span) -> Problem:
    """The problem of one input that has another number of numbers than its parameter, which stands at another place."""
    due = counted(size) if size else "at least one number"
    related = ((parameter, f"takes {due}"),)
    way_out = f"write {name} as a list of {size} numbers" if size > 1 else "write one number, or declare a vector: `p[2]`"
    return Problem("JC322", f"`{name}` takes {due}, the point has {found} for it", span, related=related, help=way_out)
