"""Sums of products of expressions, collected as a person would: like terms added, factors cancelled, signs in front.

Everything is elementwise, so that what holds for numbers holds for the components of vectors; what is not a sum, a product, a
quotient or a whole power is an atom.  Nothing is expanded: ``a*(b + c)`` stays a product.
"""

from __future__ import annotations

from fractions import Fraction

from jacchain.expression.tree import Binary, Call, Index, Name, Number, Tree, Unary, postorder
from jacchain.frozen import Frozen, replace

ZERO, ONE = Number("0"), Number("1")
MOST = 100
"""Exponents below which a power counts as a product of that many equal factors."""

BITS = 2000
"""Bits up to which the coefficient of a power is worked out."""

Factors = tuple[tuple[Tree, Fraction], ...]
"""Atoms with their exponents, in the order in which they came."""


class Term(Frozen, eq=True):
    """``coefficient`` times a product of powers."""

    coefficient: Fraction = Fraction(1)
    factors: Factors = ()

    def __mul__(self, other: Term) -> Term:
        """The product, equal atoms put together."""
        exponents = dict(self.factors)
        for atom, exponent in other.factors:
            exponents[atom] = exponents.get(atom, Fraction(0)) + exponent
        factors = tuple((atom, exponent) for atom, exponent in exponents.items() if exponent)
        return Term(self.coefficient * other.coefficient, factors)

    def __pow__(self, exponent: int) -> Term:
        """A whole power."""
        return Term(self.coefficient**exponent, tuple((atom, own * exponent) for atom, own in self.factors))


Sum = tuple[Term, ...]


def collected(terms: Sum) -> Sum:
    """The sum with like terms added and those that vanish left out."""
    coefficients: dict[frozenset[tuple[Tree, Fraction]], Term] = {}
    for term in terms:
        key = frozenset(term.factors)
        known = coefficients.get(key)
        coefficients[key] = replace(known, coefficient=known.coefficient + term.coefficient) if known else term
    return tuple(term for term in coefficients.values() if term.coefficient)


def summands(tree: Tree) -> Sum:
    """An expression as a sum of products."""
    match tree:
        case Number():
            return _numeral(tree)
        case Unary("-"):
            return opposites(summands(tree.operand))
        case Binary("+"):
            return collected(summands(tree.left) + summands(tree.right))
        case Binary("-"):
            return collected(summands(tree.left) + summands(Unary("-", tree.right)))
        case Binary("*"):
            return collected((single(tree.left) * single(tree.right),))
        case Binary("/") if single(tree.right).coefficient:
            return collected((single(tree.left) * single(tree.right) ** -1,))
        case Binary("^") if (exponent := number_of(tree.right)) is not None and abs(exponent) < MOST:
            return _raised(tree.left, exponent)
        case Call("sqrt", (inner,)):
            return _raised(inner, Fraction(1, 2))
        case _:
            return (Term(factors=((tree, Fraction(1)),)),)


def single(tree: Tree) -> Term:
    """An expression as one product: a sum of several terms is an atom of it, after the minus that all of them have."""
    if isinstance(tree, Unary) and tree.operator == "-":
        opposite = single(tree.operand)
        return replace(opposite, coefficient=-opposite.coefficient)
    terms = summands(tree)
    if len(terms) == 1:
        return terms[0]
    if not terms:
        return Term(Fraction(0))
    if all(term.coefficient < 0 for term in terms):
        return Term(Fraction(-1), ((written(opposites(terms)), Fraction(1)),))
    return Term(factors=((written(terms), Fraction(1)),))


def opposites(terms: Sum) -> Sum:
    """The sum with the other sign."""
    return tuple(replace(term, coefficient=-term.coefficient) for term in terms)


def number_of(tree: Tree) -> Fraction | None:
    """The value of an expression of small literals, None for any other."""
    terms = summands(tree) if all(isinstance(part, Number | Unary | Binary) for part in postorder(tree)) else ()
    if len(terms) == 1 and not terms[0].factors:
        return terms[0].coefficient
    return Fraction(0) if not terms and isinstance(tree, Number) and not float(tree.text) else None


def _raised(tree: Tree, exponent: Fraction) -> Sum:
    """The base as one product, every factor raised; a root of it stays an atom, since the root of a square is not the base."""
    base = single(tree)
    above, below = base.coefficient.as_integer_ratio()
    bits = (above.bit_length() + below.bit_length()) * abs(exponent)
    if exponent.denominator == 1 and (base.coefficient or exponent > 0) and bits <= BITS:
        return collected((base ** int(exponent),))
    if exponent.denominator == 2:
        return (Term(factors=((tree, exponent),)),)
    return (Term(factors=((Binary("^", tree, _fraction(exponent)), Fraction(1)),)),)


def _fraction(number: Fraction) -> Tree:
    """A rational number as an expression."""
    above, below = numerals(abs(number))
    tree = above if below == ONE else Binary("/", above, below)
    return signed(tree) if number < 0 else tree


def _numeral(tree: Number) -> Sum:
    """A literal as a coefficient, or as an atom when it is a size that people write with an exponent."""
    if len(tree.text) > 17 or "e" in tree.text.lower():
        return (Term(factors=((tree, Fraction(1)),)),)
    return (Term(Fraction(tree.text)),) if Fraction(tree.text) else ()


def times(*trees: Tree) -> Tree:
    """The product."""
    term = Term()
    for tree in trees:
        term *= single(tree)
    return written(collected((term,)))


def plus(*trees: Tree) -> Tree:
    """The sum."""
    return written(collected(tuple(term for tree in trees for term in summands(tree))))


def written(terms: Sum) -> Tree:
    """The sum as an expression: the first term without a minus comes first."""
    if not terms:
        return ZERO
    if len(terms) == 1:
        return term_text(terms[0])
    first = next((place for place, term in enumerate(terms) if term.coefficient > 0), 0)
    ordered = (terms[first], *terms[:first], *terms[first + 1 :])
    total = term_text(ordered[0])
    for term in ordered[1:]:
        size = term_text(replace(term, coefficient=abs(term.coefficient)))
        total = Binary("+" if term.coefficient > 0 else "-", total, size)
    return total


def term_text(term: Term) -> Tree:
    """A product as an expression: the number first, then names, then the rest; one quotient."""
    if term.coefficient < 0:
        return negative(replace(term, coefficient=-term.coefficient))
    above = [_power(atom, exponent) for atom, exponent in term.factors if exponent > 0]
    below = [_power(atom, -exponent) for atom, exponent in term.factors if exponent < 0]
    number, divisor = numerals(term.coefficient)
    numerator = _chain([number, *sorted(above, key=_rank)])
    denominator = _chain([divisor, *sorted(below, key=_rank)])
    return numerator if denominator == ONE else Binary("/", numerator, denominator)


def negative(term: Term) -> Tree:
    """The opposite of a product; when that is a difference only, the difference the other way round."""
    if term.coefficient == 1 and len(term.factors) == 1 and term.factors[0][1] == 1:
        atom = term.factors[0][0]
        if isinstance(atom, Binary) and atom.operator == "-":
            return written(collected(summands(Unary("-", atom))))
    return signed(term_text(term))


def signed(tree: Tree) -> Tree:
    """The tree with a minus in front of its first factor."""
    if isinstance(tree, Binary) and tree.operator in "*/":
        return replace(tree, left=signed(tree.left))
    return Unary("-", tree)


def numerals(coefficient: Fraction) -> tuple[Tree, Tree]:
    """A positive coefficient as a number above and one below the line: decimals that end soon stay decimals."""
    above, below = coefficient.numerator, coefficient.denominator
    reduced = below
    for prime in (2, 5):
        while reduced % prime == 0:
            reduced //= prime
    if reduced == 1 and below not in {1, 2, 4, 5, 8} and len(decimal := f"{float(coefficient):.15g}") < 18 and "e" not in decimal:
        return Number(decimal), ONE
    return Number(str(above)), Number(str(below))


def _power(atom: Tree, exponent: Fraction) -> Tree:
    """A whole or a half power of an atom: ``x^2``, ``sqrt(x)``, ``x*sqrt(x)``."""
    whole, half = divmod(exponent, 1)
    factors: list[Tree] = []
    if whole:
        factors.append(atom if whole == 1 else Binary("^", atom, Number(str(whole))))
    if half:
        factors.append(Call("sqrt", (atom,)))
    return _chain(factors)


def _chain(factors: list[Tree]) -> Tree:
    """The product of factors without ones."""
    kept = [factor for factor in factors if factor != ONE]
    product: Tree = kept[0] if kept else ONE
    for factor in kept[1:]:
        product = Binary("*", product, factor)
    return product


def _rank(tree: Tree) -> int:
    """Names stand before their functions, and sums come last."""
    base = tree.left if isinstance(tree, Binary) and tree.operator == "^" else tree
    if isinstance(base, Number):
        return 0
    if isinstance(base, Name | Index):
        return 1
    return 2 if isinstance(base, Call) else 3
