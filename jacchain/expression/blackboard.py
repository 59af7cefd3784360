"""Matrices as a person writes them: sums of products of ``diag(u)``, rows ``u'``, columns and named matrices.

A block is the derivative of a node by a whole vector.  Products are worked out as far as the forms allow: two diagonals are
one, a row times a diagonal is a row, a row times a column is a number; blocks that differ in their first factor only are added.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from jacchain.expression.algebra import ONE, ZERO, Term, collected, opposites, plus, single, summands, term_text, times, written
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Stack, Tree, Unary
from jacchain.frozen import Frozen, replace

IDENTITY = Name("identity matrix")
"""No name that a person can write."""

REVERSED = Name("all in reverse order")
"""Stands where components are chosen."""

IsVector = Callable[[Tree], bool]


class Link(NamedTuple):
    """One factor: ``diag``, ``row`` or ``column`` of an elementwise expression, or a ``matrix``."""

    kind: str
    tree: Tree


class Piece(Frozen, eq=True):
    """A number, written as a product, times a chain of matrices; a row when the chain begins with one."""

    term: Term
    chain: tuple[Link, ...]


Block = tuple[Piece, ...]

WHOLE: Block = (Piece(Term(), (Link("diag", ONE),)),)
"""The derivative of a vector by itself."""


def scaled(block: Block, local: Tree) -> Block:
    """A number times a block."""
    term = single(local)
    return tuple(replace(piece, term=piece.term * term) for piece in block) if term.coefficient else ()


def multiplied(link: Link, block: Block, is_vector: IsVector, size: int = 1) -> Block:
    """A factor times the block (from the left) of a vector of so many components."""
    return tuple(_multiplied(link, piece, is_vector, size) for piece in block) if link.tree != ZERO else ()


def _multiplied(link: Link, piece: Piece, is_vector: IsVector, size: int) -> Piece:
    """A factor times a piece, worked out as far as the form of its first link allows."""
    first, rest = piece.chain[0], piece.chain[1:]
    if link.kind == "column":
        return _normalised(piece.term, link, piece.chain, is_vector)
    if link.kind == "matrix":
        if first == WHOLE[0].chain[0]:
            return Piece(piece.term, (link, *rest))
        if first.kind == "column":
            return Piece(piece.term, (Link("column", Binary("@", link.tree, first.tree)), *rest))
        return Piece(piece.term, (link, *piece.chain))
    if first.kind == "diag":
        return _normalised(piece.term, Link(link.kind, times(link.tree, first.tree)), rest, is_vector)
    if first.kind == "column" and link.kind == "diag":
        return _normalised(piece.term, Link("column", times(link.tree, first.tree)), rest, is_vector)
    if first.kind == "column":
        return Piece(piece.term * single(dot(link.tree, first.tree, is_vector, size)), rest)
    return _normalised(piece.term, link, piece.chain, is_vector)


def _normalised(term: Term, link: Link, rest: tuple[Link, ...], is_vector: IsVector) -> Piece:
    """The piece ``term * link @ rest``, with the numbers that the link contains taken out into the term."""
    own = single(link.tree)
    numbers = tuple((atom, exponent) for atom, exponent in own.factors if not is_vector(atom))
    vectors = tuple((atom, exponent) for atom, exponent in own.factors if is_vector(atom))
    link = Link(link.kind, term_text(Term(Fraction(1), vectors)))
    chain = rest if link == WHOLE[0].chain[0] and rest else (link, *rest)
    return Piece(term * Term(own.coefficient, numbers), chain)


def dot(u: Tree, v: Tree, is_vector: IsVector, size: int) -> Tree:
    """The sum of the products of so many components; a number stands for as many of it."""
    if is_vector(u) and is_vector(v):
        if isinstance(u, Stack) and isinstance(v, Stack) and not any(map(is_vector, (*u.items, *v.items))):
            return plus(*(times(a, b) for a, b in zip(u.items, v.items, strict=True)))
        return Call("dot", (u, v))
    if is_vector(u) or is_vector(v):
        number, vector = (v, u) if is_vector(u) else (u, v)
        flat = isinstance(vector, Stack) and not any(map(is_vector, vector.items))
        return times(number, plus(*vector.children) if flat else Call("sum", (vector,)))
    return times(Number(str(size)), u, v)


def added(blocks: list[Block], is_vector: IsVector) -> Block:
    """The sum of blocks."""
    groups: dict[tuple[object, ...], list[Piece]] = {}
    for piece in (piece for block in blocks for piece in block):
        first = piece.chain[0]
        alone = first.kind == "matrix"
        key = (first if alone else first.kind, piece.chain[1:], frozenset(piece.term.factors) if alone else None)
        groups.setdefault(key, []).append(piece)
    return tuple(piece for group in groups.values() for piece in _merged(group, is_vector))


def _merged(group: list[Piece], is_vector: IsVector) -> Block:
    """One piece, or none, for pieces that differ in their number or in the tree of their first link."""
    if len(group) == 1:
        return tuple(group)
    first = group[0]
    if first.chain[0].kind == "matrix":
        coefficient = sum((piece.term.coefficient for piece in group), Fraction(0))
        return (replace(first, term=replace(first.term, coefficient=coefficient)),) if coefficient else ()
    tree = plus(*(vector_of(piece) for piece in group))
    link = Link(first.chain[0].kind, tree)
    return (_normalised(Term(), link, first.chain[1:], is_vector),) if tree != ZERO else ()


def vector_of(piece: Piece) -> Tree:
    """The first link's expression with the number in front multiplied in."""
    return written(collected((piece.term * single(piece.chain[0].tree),)))


def vector_in(block: Block, kind: str) -> Tree | None:
    """The expression u of a block that is ``diag(u)`` or ``u'`` and nothing else; None for any other block."""
    if not block:
        return ZERO
    if len(block) == 1 and len(block[0].chain) == 1 and block[0].chain[0].kind == kind:
        return vector_of(block[0])
    return None


def block_text(block: Block) -> Tree:
    """A block as an expression: pieces without a minus first."""
    total: Tree = ZERO
    for piece in sorted(block, key=lambda piece: piece.term.coefficient < 0):
        if total == ZERO:
            total = _piece_text(piece)
        elif piece.term.coefficient < 0:
            opposite = replace(piece, term=replace(piece.term, coefficient=-piece.term.coefficient))
            total = Binary("-", total, _piece_text(opposite))
        else:
            total = Binary("+", total, _piece_text(piece))
    return total


def _piece_text(piece: Piece) -> Tree:
    """A piece as an expression: its number before the first factor, what the number is divided by under the whole."""
    term, chain = piece.term, piece.chain
    if term == Term(Fraction(-1)) and chain[0].kind == "row" and len(flipped := summands(chain[0].tree)) > 1:
        # the opposite of a difference is the difference the other way round
        term = Term()
        chain = (Link("row", written(opposites(flipped))), *chain[1:])
    above = replace(term, factors=tuple((atom, exponent) for atom, exponent in term.factors if exponent > 0))
    below = Term(Fraction(1), tuple((atom, -exponent) for atom, exponent in term.factors if exponent < 0))
    numerator, divisor = Fraction(above.coefficient.numerator), Fraction(above.coefficient.denominator)
    tree = _matrix_text(chain, term_text(replace(above, coefficient=numerator)))
    under = term_text(replace(below, coefficient=divisor))
    return tree if under == ONE else Binary("/", tree, under)


def _matrix_text(chain: tuple[Link, ...], number: Tree) -> Tree:
    """The product of a chain with a number before its first factor."""
    links = list(chain)
    factors: list[Tree] = []
    while links:
        link = links.pop(0)
        if link.kind == "column" and links and links[0].kind == "row":
            factors.append(Call("outer", (link.tree, links.pop(0).tree)))
        else:
            factors.append(_link_text(link))
    product = _numbered(number, factors[0])
    for factor in factors[1:]:
        product = Binary("@", product, factor)
    return product


def _numbered(number: Tree, factor: Tree) -> Tree:
    """A number times a matrix, without a factor of one."""
    if number == ONE:
        return factor
    if isinstance(number, Unary) and number.operand == ONE:
        return Unary("-", factor)
    return Binary("*", number, factor)


def _link_text(link: Link) -> Tree:
    """One factor as an expression."""
    match link:
        case Link("diag", tree):
            return IDENTITY if tree == ONE else Call("diag", (tree,))
        case Link("row", tree):
            return Unary("'", tree)
        case Link(_, tree):
            return tree


def picked(tree: Tree, selector: Tree) -> Tree:
    """The chosen components of a vector, or rows of a matrix."""
    return Call("reverse", (tree,)) if selector == REVERSED else Index(tree, (selector,))


def rows_of(block: Block, selector: Tree, indexed: Callable[[Tree], Tree], *, one: bool) -> Block:
    """Some rows of the block of a vector, or ``one``; ``indexed`` picks the components of an elementwise expression."""
    kind = "row" if one else "matrix"
    rows = []
    for piece in block:
        first, rest = piece.chain[0], piece.chain[1:]
        if first.kind == "matrix":
            rows.append(Piece(piece.term, (Link(kind, picked(first.tree, selector)), *rest)))
            continue
        scale = indexed(first.tree)
        if first.kind == "diag":
            rest = (Link(kind, picked(_link_text(rest[0]) if rest else IDENTITY, selector)), *rest[1:])
        if one:
            rows.append(Piece(piece.term * single(scale), rest))
        else:
            rows.append(Piece(piece.term, rest if first == WHOLE[0].chain[0] else (Link(first.kind, scale), *rest)))
    return tuple(piece for piece in rows if piece.term.coefficient)
