"""Expressions of a pipeline file: read where they stand, with the traps of YAML recognised before the grammar sees them."""

from __future__ import annotations

from jacchain.errors import Fragment, JacchainError, Problem, Span
from jacchain.expression.parser import RESERVED, parse
from jacchain.expression.table import FUNCTIONS
from jacchain.expression.tree import Name, Tree, postorder
from jacchain.expression.words import NAME_LENGTH, canonical, name_end
from jacchain.frozen import Frozen
from jacchain.pipeline.document import Block, Node, Scalar, Sequence, clip, unexpected
from jacchain.pipeline.numbers import trap, word_trap

TITLE, DESCRIPTION = 200, 10_000
"""Characters that a title and a description may have."""


class Written(Frozen):
    """An expression and where it is written."""

    fragment: Fragment
    tree: Tree
    scalar: Scalar | None = None

    @property
    def span(self) -> Span:
        """Where it stands, without blanks around it."""
        return self.fragment.span(self.tree.start, self.tree.end)

    def names(self) -> set[str]:
        """The names it reads."""
        return {part.name for part in postorder(self.tree) if isinstance(part, Name)}

    def place(self, name: str) -> Span:
        """Where it reads a name first."""
        part = next(part for part in postorder(self.tree) if isinstance(part, Name) and part.name == name)
        return self.fragment.span(part.start, part.end)


Values = tuple[Written | Block, ...]
"""Numbers and vectors that stand one after the other."""


def written(node: Node, due: str = "an expression", *, primes: bool = False) -> Written:
    """The expression that a value is; one with ``primes`` may have transposes.

    Raises JacchainError when it is none (JC112), when YAML plays a trick (JC113, JC114), or for its grammar (JC15x).
    """
    match node:
        case Scalar(kind="text" | "number"):
            if problem := trap(node):
                raise JacchainError(problem)
            return Written(node.fragment, parse(node.fragment, primes=primes), node)
        case Scalar(kind="boolean"):
            problem = word_trap(node)
            assert problem is not None
            raise JacchainError(problem)
        case Scalar():
            raise JacchainError(Problem("JC112", f"{due} is missing here", node.span, help="write a number or a formula"))
        case Sequence() | Block():
            raise unexpected(node, due, "quote a list inside an expression: '[x, y]'")
        case _:
            raise unexpected(node, due, "write a number or a formula")


def scalar_of(node: Node, due: str) -> Scalar:
    """A value that is a text."""
    if isinstance(node, Scalar) and node.kind in {"text", "number"}:
        return node
    raise unexpected(node, due, "write a text, in quotes if need be")


def text_of(node: Node, due: str, limit: int = TITLE) -> str:
    """What a text says, of at most so many characters."""
    scalar = scalar_of(node, due)
    if len(scalar.text) > limit:
        message = f"{due} may have {limit:,} characters, and this has {len(scalar.text):,}"
        raise JacchainError(Problem("JC198", message, scalar.span, help="shorten it"))
    return scalar.text


def name_of(fragment: Fragment, due: str) -> str:
    """The name that a key spells, in the spelling by which names are compared.

    Raises JacchainError (JC305) when it is not a name.
    """
    text = fragment.text
    if not text or name_end(text, 0) != len(text):
        message = f"`{clip(text)}` is not a name" if text.strip() else f"{due} needs a name"
        way_out = "names are letters, digits and _, and begin with a letter"
        end = name_end(text, 0)
        if end and text[end : end + 1] == ":":
            way_out = f"put a blank behind the colon: `{clip(text[:end])}: {clip(text[end + 1 :])}`"
        raise JacchainError(Problem("JC305", message, fragment.span(), help=way_out))
    if len(text) > NAME_LENGTH:
        message = f"the name has {len(text)} characters; the limit is {NAME_LENGTH}"
        raise JacchainError(Problem("JC198", message, fragment.span()))
    if text in RESERVED:
        raise JacchainError(Problem("JC305", f"`{text}` is a word of the language", fragment.span(), help="choose another name"))
    return canonical(text)


def refuse_function(name: str, span: Span, what: str) -> None:
    """Raises JacchainError (JC306) when a name would hide a function of the table."""
    if name in FUNCTIONS:
        message = f"{what} `{name}` would hide the function of that name"
        raise JacchainError(Problem("JC306", message, span, help="choose another name"))


def with_trap(error: JacchainError, expression: Written) -> JacchainError:
    """The error, said better when the unknown name is ``yes``, ``no``, ``nan`` or the like."""
    scalar = expression.scalar
    if scalar is None or (problem := word_trap(scalar)) is None:
        return error
    return JacchainError(*(problem if known.code == "JC252" else known for known in error.problems))
