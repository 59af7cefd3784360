"""A pipeline file as a tree of values that know where they stand: the same tree for YAML and for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from jacchain.errors import Fragment, JacchainError, Problem, Span
from jacchain.frozen import Frozen

Kind = Literal["text", "number", "boolean", "null"]

DEPTH = 32
"""How deep lists and mappings may be nested; libyaml in C runs out of its stack at 25,000."""
DEPTH_ADVICE = "nothing in a pipeline goes deeper than a list of lists"
NODES = 100_000
"""Values of a file beside long lists of numbers."""
NUMBERS = 1 << 21
"""Numbers in those lists."""
TEXT = 2_000_000
"""Characters of a file beside them."""


class Scalar(Frozen):
    """One value: its text decoded, character by character in its place; ``plain`` when it was written without quotes."""

    fragment: Fragment
    kind: Kind
    plain: bool

    @property
    def text(self) -> str:
        """What was written, without quotes and escapes."""
        return self.fragment.text

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.fragment.span()


class Block(Frozen):
    """A long list of number literals, kept as text between ``separator`` s: too many to be a node each."""

    span: Span
    text: str
    count: int
    separator: str


class Sequence(Frozen):
    """A list, with brackets or with dashes."""

    span: Span
    items: tuple[Node, ...]


class Mapping(Frozen):
    """Keys and values in the order they are written; no key stands twice."""

    span: Span
    entries: tuple[tuple[Scalar, Node], ...]


class Broken(Frozen):
    """Where a value could not be read; the reason has been given already, so nobody complains about it again."""

    span: Span


Node = Scalar | Block | Sequence | Mapping | Broken


def mapping_of(span: Span, entries: Iterable[tuple[Node, Node]], problems: list[Problem]) -> Mapping:
    """A mapping whose keys are texts, each once; entries for which that is not so are left out and complained about."""
    known: dict[str, Scalar] = {}
    kept: list[tuple[Scalar, Node]] = []
    for key, value in entries:
        if isinstance(key, Broken):
            continue
        if not isinstance(key, Scalar) or key.kind != "text":
            problems.append(Problem("JC109", "a key has to be a text", key.span, help="write a name"))
        elif key.plain and key.text == "<<":
            problems.append(Problem("JC104", "`<<` merges mappings in YAML, and that is not read", key.span, help="write it out"))
        elif key.text in known:
            related = ((known[key.text].span, "it stands here already"),)
            problems.append(
                Problem("JC108", f"the key `{clip(key.text)}` stands twice", key.span, related=related, help="delete one of them")
            )
        else:
            known[key.text] = key
            kept.append((key, value))
    return Mapping(span, tuple(kept))


def describe(node: Node) -> str:
    """What kind of value it is, in words."""
    match node:
        case Scalar(kind="text"):
            return "a text"
        case Scalar(kind="number"):
            return "a number"
        case Scalar(kind="boolean"):
            return f"the truth value `{node.text}`"
        case Scalar():
            return "nothing"
        case Sequence() | Block():
            return "a list"
        case Mapping():
            return "a mapping"
        case Broken():
            raise already_reported()


def already_reported() -> JacchainError:
    """What is raised where a part cannot be used and its problem has been written down: an error without problems."""
    return JacchainError()


def unexpected(node: Node, due: str, way_out: str, code: str = "JC112") -> JacchainError:
    """The error for a value of the wrong kind: ``due`` is what should stand there."""
    return JacchainError(Problem(code, f"{due} is due here, not {describe(node)}", node.span, help=way_out))


def clip(text: str) -> str:
    """A piece of the file to be shown inside a message: one line, at most 60 characters, nothing a terminal would obey."""
    shown = "".join(character if character.isprintable() else "�" for character in text[:61])
    return shown if len(text) <= 60 else shown[:59] + "…"


def too_deep(span: Span) -> JacchainError:
    """The error for a list or a mapping that lies in too many others."""
    message = f"lists and mappings are nested more than {DEPTH} levels deep"
    return JacchainError(Problem("JC198", message, span, help=DEPTH_ADVICE))


def too_large(span: Span, what: str, limit: int) -> JacchainError:
    """The error for a file with too many parts."""
    way_out = "large vectors and matrices belong into .npy or .csv files: M: {file: weights.npy}"
    return JacchainError(Problem("JC198", f"the file has more than {limit:,} {what}", span, help=way_out))
