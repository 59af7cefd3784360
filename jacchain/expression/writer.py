"""Tree to text, with the fewest parentheses that read back as the same tree."""

from __future__ import annotations

from collections.abc import Sequence

from jacchain.expression.parser import MINUS, NOT, STRENGTH
from jacchain.expression.tree import COMPARISONS, Binary, Call, Index, Name, Number, Slice, Stack, Tree, Unary, fold

ATOM = 9
"""The strength of what needs no parentheses: more than any operator's."""


def write(tree: Tree) -> str:
    """The expression as text: ``parse(write(tree)) == tree``."""
    return fold(tree, lambda part, parts: (_text(part, parts), strength(part)))[0]


def factor_text(tree: Tree) -> str:
    """The left operand of a product as text, in parentheses where it needs them."""
    return write(tree) if strength(tree) > STRENGTH["+"] else f"({write(tree)})"


def strength(tree: Tree) -> int:
    """How tightly a tree holds together: the strength of its outermost operator."""
    match tree:
        case Binary():
            return STRENGTH[tree.operator]
        case Unary():
            return {"-": MINUS, "not": NOT}.get(tree.operator, ATOM)
        case _:
            return ATOM


def _text(tree: Tree, parts: Sequence[tuple[str, int]]) -> str:
    """The text of a tree from the texts and the strengths of its parts."""
    texts = [text for text, _ in parts]
    match tree:
        case Number():
            return tree.text
        case Name():
            return tree.name
        case Unary():
            if tree.operator == "'":
                return _enclosed(parts[0], ATOM) + "'"
            sign = "-" if tree.operator == "-" else "not "
            return sign + _enclosed(parts[0], strength(tree))
        case Binary():
            return _binary(tree, parts[0], parts[1])
        case Call():
            return f"{tree.name}({', '.join(texts)})"
        case Index():
            return f"{_enclosed(parts[0], ATOM)}[{', '.join(texts[1:])}]"
        case Slice():
            first = texts[0] if tree.first is not None else ""
            last = texts[-1] if tree.last is not None else ""
            return f"{first}:{last}"
        case Stack():
            return f"[{', '.join(texts)}]"


def _binary(tree: Binary, left: tuple[str, int], right: tuple[str, int]) -> str:
    """Two operands and the operator between them: comparisons do not chain, powers do so to the right."""
    own = STRENGTH[tree.operator]
    if tree.operator == "^":
        return f"{_enclosed(left, own + 1)}^{_enclosed(right, MINUS)}"
    first = _enclosed(left, own + (tree.operator in COMPARISONS))
    second = _enclosed(right, own + 1)
    return f"{first}{tree.operator}{second}" if tree.operator in "*/" else f"{first} {tree.operator} {second}"


def _enclosed(part: tuple[str, int], least: int) -> str:
    """A part, in parentheses unless it holds together at least so tightly."""
    text, own = part
    return text if own >= least else f"({text})"
