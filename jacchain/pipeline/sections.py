"""A tree of values to a :class:`Spec`: the sections of a pipeline file, each by its own rule."""

from __future__ import annotations

import re
from pathlib import PurePath

from jacchain.errors import JacchainError, Problem, Span, did_you_mean
from jacchain.pipeline.document import Broken, Mapping, Node, Scalar, Sequence, already_reported, clip, unexpected
from jacchain.pipeline.functions import known_keys, read_functions
from jacchain.pipeline.ledger import Ledger
from jacchain.pipeline.placed import read_placed
from jacchain.pipeline.spec import ConstantSpec, FunctionSpec, Link, Spec
from jacchain.pipeline.written import DESCRIPTION, name_of, refuse_function, scalar_of, text_of

SECTIONS = ("name", "description", "constants", "functions", "chain", "at")
SCHEMA = "$schema"
STAGES = 2_000
"""Functions a chain may have, copies counted."""

_REPEATED = re.compile(r"\s*(?P<name>[^\s*]+)\s*(?:\*\s*(?P<count>[^\s*]+)\s*)?")
_TURNED = re.compile(r"\s*([0-9]+)\s*\*\s*([^\s*0-9][^\s*]*)\s*")


def read_spec(root: Node, file: str, ledger: Ledger) -> Spec:
    """The pipeline a file describes; its mistakes are written into the ledger, and what is left of the parts is still there.

    Raises JacchainError without problems when nothing is left to go on with.
    """
    way_out = "write the sections `functions:` and `at:`; `jacchain samples` shows whole files"
    if not isinstance(root, Mapping):
        if (isinstance(root, Scalar) and root.kind == "null") or (isinstance(root, Broken) and not ledger.problems):
            raise JacchainError(Problem("JC301", "the file is empty", root.span, help=way_out))
        raise unexpected(root, "a mapping of sections", way_out)
    _refuse_stray_functions(root)
    _refuse_instance(root)
    parts = known_keys(root, (*SECTIONS, SCHEMA), "a pipeline", ledger)
    _admit_functions(parts.get("functions"))
    name, description = PurePath(file).stem, ""
    constants: tuple[ConstantSpec, ...] = ()
    functions: dict[str, FunctionSpec] = {}
    with ledger.gather():
        name = text_of(parts["name"], "a name") if "name" in parts else name
    with ledger.gather():
        description = text_of(parts["description"], "a description", DESCRIPTION) if "description" in parts else ""
    if "constants" in parts:
        with ledger.gather():
            constants = _constants(parts["constants"], ledger)
    with ledger.gather():
        if "functions" not in parts:
            raise JacchainError(Problem("JC301", "there is no section `functions`", root.span, help=way_out))
        functions = read_functions(parts["functions"], ledger)
    chain: tuple[Link | None, ...] = tuple(Link(function.name, function.signature.span) for function in functions.values())
    if "chain" in parts:
        chain = (None,)
        with ledger.gather():
            chain = _chain(parts["chain"], functions, ledger)
    at = read_placed(parts["at"], ledger) if "at" in parts else None
    if not chain:
        raise already_reported()
    return Spec(name, description, constants, functions, chain, at, root.span)


def _constants(node: Node, ledger: Ledger) -> tuple[ConstantSpec, ...]:
    """What is written for each constant, in order."""
    if isinstance(node, Scalar) and node.kind == "null":
        return ()
    if not isinstance(node, Mapping):
        raise unexpected(node, "a mapping of names to values", "write `constants:` and, indented, `name: value`")
    found: dict[str, ConstantSpec] = {}
    for key, value in node.entries:
        with ledger.gather():
            name = name_of(key.fragment, "a constant")
            refuse_function(name, key.span, "the constant")
            if name in found:
                message = f"the constant `{name}` is defined twice"
                related = ((found[name].span, "it is defined here already"),)
                raise JacchainError(Problem("JC304", message, key.span, related=related, help="rename one of them"))
            found[name] = ConstantSpec(name, value, key.span)
    return tuple(found.values())


def _chain(node: Node, functions: dict[str, FunctionSpec], ledger: Ledger) -> tuple[Link | None, ...]:
    """The links of the chain, ``None`` for those that could not be read."""
    if not isinstance(node, Sequence):
        raise unexpected(node, "a list of functions", "write `chain: [f, g]`")
    if not node.items:
        raise JacchainError(Problem("JC301", "the chain is empty", node.span, help="write `chain: [f, g]`, or leave it out"))
    links: list[Link | None] = []
    for item in node.items:
        before = len(links)
        with ledger.gather():
            link, count = _link(item, functions)
            _admit(before + count, link.span)
            links += [link] * count
        if len(links) == before:
            links.append(None)
    return tuple(links)


def _refuse_instance(root: Mapping) -> None:
    """Raises JacchainError (JC301) for a chain without functions, which only a planner can use."""
    keys = {key.text: key for key, _ in root.entries}
    if "dims" in keys and "functions" not in keys:
        message = "this is a chain of shapes without functions"
        raise JacchainError(Problem("JC301", message, keys["dims"].span, help="`jacchain plan` reads it"))


def _refuse_stray_functions(root: Mapping) -> None:
    """Raises JacchainError at a definition that stands beside the sections instead of under ``functions``."""
    for key, _ in root.entries:
        if key.text.endswith(")") and "(" in key.text:
            message = f"`{clip(key.text)}` does not stand under `functions`"
            raise JacchainError(
                Problem("JC300", message, key.span, help="write `functions:` above it, and indent every function")
            )


def _admit_functions(node: Node | None) -> None:
    """Raises JacchainError when there are more functions than a chain may have, before any is read."""
    if isinstance(node, Mapping) and len(node.entries) > STAGES:
        message = f"there are {len(node.entries):,} functions; the limit is {STAGES:,}"
        key = node.entries[STAGES][0]
        raise JacchainError(Problem("JC450", message, key.span, help="write many formulas as the outputs of one function"))


def _admit(count: int, span: Span) -> None:
    """Raises JacchainError when a chain is too long."""
    if count > STAGES:
        message = f"the chain would have {count:,} functions; the limit is {STAGES:,}"
        raise JacchainError(Problem("JC450", message, span, help="repeat less often"))


def _link(node: Node, functions: dict[str, FunctionSpec]) -> tuple[Link, int]:
    """A function of the chain and how often it is applied."""
    item = scalar_of(node, "the name of a function")
    if turned := _TURNED.fullmatch(item.text):
        raise JacchainError(
            Problem("JC311", "a repetition begins with the function", item.span, help=f"write `{turned[2]} * {turned[1]}`")
        )
    found = _REPEATED.fullmatch(item.text)
    if not found:
        message = f"`{clip(item.text)}` is neither a function nor a repetition"
        raise JacchainError(Problem("JC311", message, item.span, help="write `f`, or `f * 50` to apply f fifty times"))
    if found["name"].endswith(")"):
        word = clip(found["name"].partition("(")[0])
        raise JacchainError(Problem("JC311", "a link has no arguments", item.span, help=f"write the name alone: `{word}`"))
    name = name_of(item.fragment.part(found.start("name"), found.end("name")), "a function")
    link = Link(name, item.fragment.span(found.start("name"), found.end("name")))
    if name not in functions:
        listed = ", ".join(f"`{known}`" for known in [*functions][:8])
        way_out = did_you_mean(name, list(functions), f"defined are {listed}")
        raise JacchainError(Problem("JC310", f"there is no function `{name}`", link.span, help=way_out))
    count = found["count"]
    if count is None:
        return link, 1
    if not (count.isascii() and count.isdigit()) or not count.strip("0"):
        message = f"`{clip(count)}` does not say how often"
        span = item.fragment.span(found.start("count"), found.end("count"))
        raise JacchainError(Problem("JC311", message, span, help="repeat a whole number of times, at least once"))
    return link, int(count) if len(count) < 16 else 10**16
