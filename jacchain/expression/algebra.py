"""A formula tidied as a person does it: common factors cancel, like terms are collected, signs and whole numbers go first.

A product keeps the order of its factors, because rows and columns stand among them.  Nothing is multiplied out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt, prod

from jacchain.expression.tree import Binary, Call, Index, Name, Number, Stack, Tree, Unary, fold
from jacchain.expression.writer import write

ZERO, ONE = Number("0"), Number("1")
WHOLE, POWER = 10**15, 16
"""Whole numbers and powers up to here are worked out; larger ones stay as they are written."""


def times(a: Tree, b: Tree) -> Tree:
    """The product of two expressions, tidied."""
    return _monomial(Binary("*", a, b)).tree


def plus(a: Tree, b: Tree) -> Tree:
    """The sum of two expressions, tidied."""
    if ZERO in (a, b):
        return b if a == ZERO else a
    return _sum(Binary("+", a, b))


def minus(a: Tree) -> Tree:
    """The opposite of an expression, tidied."""
    return _monomial(Unary("-", a)).tree


def transposed(column: Tree) -> Tree:
    """The row ``u'``, tidied."""
    return _monomial(Unary("'", column)).tree


def diagonal(column: Tree) -> Tree:
    """The matrix ``diag(u)``, tidied."""
    return _monomial(Call("diag", (column,))).tree


def turned(tree: Tree) -> Tree:
    """The expression, where it is minus one difference with that difference turned round: ``-(a - b)'/2`` is ``(b - a)'/2``."""
    product = _monomial(tree)
    above = [base for base, halves in product.factors.values() if halves > 0]
    if product.coefficient >= 0 or len(above) != 1 or product.factors[write(above[0])][1] != 2:
        return tree
    match above[0]:
        case Binary("-", left, right):
            opposite: Tree = Binary("-", right, left)
        case Unary("'", Binary("-", left, right)) | Call("diag", (Binary("-", left, right),)):
            opposite = rebuilt(above[0], (Binary("-", right, left),))
        case _:
            return tree
    return times(replace(product, coefficient=-product.coefficient).without(above[0]), opposite)


def cofactor(product: Tree, factor: Tree) -> Tree | None:
    """What a product is a multiple of ``factor`` by; None where it is not."""
    parts = _monomial(product)
    return parts.without(factor) if parts.factors.get(write(factor)) == (factor, 2) else None


def on_diagonal(matrix: Tree, identity: Tree) -> Tree | None:
    """The column ``u`` of a multiple of ``diag(u)`` or of the identity; None where the matrix is neither."""
    parts = _monomial(matrix)
    for base, halves in parts.factors.values():
        if halves != 2:
            continue
        if base == identity:
            return parts.without(base)
        if isinstance(base, Call) and base.name == "diag":
            return times(parts.without(base), base.arguments[0])
    return None


def tidy(tree: Tree) -> Tree:
    """The expression with every part tidied: ``3*x^(3 - 1)/3`` is ``x^2``."""
    return fold(tree, lambda part, parts: _tidied(rebuilt(part, tuple(parts))))


def substitute(tree: Tree, scope: Mapping[str, Tree]) -> Tree:
    """The tree with names replaced by trees."""
    return fold(tree, lambda part, parts: scope.get(part.name, part) if isinstance(part, Name) else rebuilt(part, tuple(parts)))


def rebuilt(tree: Tree, parts: tuple[Tree, ...]) -> Tree:
    """The tree with other parts in the place of its own."""
    match tree:
        case Unary():
            return replace(tree, operand=parts[0])
        case Binary():
            return replace(tree, left=parts[0], right=parts[1])
        case Call():
            return replace(tree, arguments=parts)
        case Index():
            return replace(tree, base=parts[0], selectors=parts[1:])
        case Stack():
            return replace(tree, items=parts)
        case _:
            return tree


def numeral(value: float) -> Tree:
    """A number as a tree, whole numbers without a point."""
    text = str(int(value)) if value.is_integer() and abs(value) < WHOLE else repr(abs(value))
    return Unary("-", Number(text.removeprefix("-"))) if value < 0 else Number(text)


def _tidied(tree: Tree) -> Tree:
    match tree:
        case Binary("+" | "-"):
            return _sum(tree)
        case Binary("*" | "/" | "^") | Unary("-"):
            return _monomial(tree).tree
        case Call("sqrt", (Number(text, is_integer=True),)) if (root := isqrt(int(text))) ** 2 == int(text):
            return Number(str(root))
        case _:
            return tree


@dataclass(frozen=True)
class _Monomial:
    """A fraction times powers: ``factors`` holds a base and twice its exponent by the text of the base, in order.

    ``decimal`` says that the fraction comes from a literal with a point, and is written so again.
    """

    coefficient: Fraction
    factors: dict[str, tuple[Tree, int]]
    decimal: bool = False

    @property
    def key(self) -> str:
        """What two like terms share."""
        return " ".join(sorted(f"{text}^{halves}" for text, (_, halves) in self.factors.items()))

    def without(self, base: Tree) -> Tree:
        """The product of the other factors."""
        return replace(self, factors={text: factor for text, factor in self.factors.items() if factor[0] != base}).tree

    @property
    def tree(self) -> Tree:
        """The product as it is written: numbers, factors, and one fraction bar."""
        above = [part for base, halves in self.factors.values() for part in _powers(base, halves)]
        below = [part for base, halves in self.factors.values() for part in _powers(base, -halves)]
        size, divisor = _written(abs(self.coefficient), decimal=self.decimal)
        if size == ZERO:
            return ZERO
        product = _product([size, *above])
        if divisor != ONE or below:
            product = Binary("/", product, _product([divisor, *below]))
        return _negated(product) if self.coefficient < 0 else product


def _monomial(tree: Tree) -> _Monomial:
    """The expression as one product; a sum, and whatever cannot be worked out, is a single factor of it."""
    coefficient, decimal = Fraction(1), False
    factors: dict[str, tuple[Tree, int]] = {}
    roots: set[str] = set()
    pending = [(1, tree)]
    while pending:
        power, part = pending.pop()
        match part:
            case Number() if (size := _fraction(part)) is not None and (power > 0 or size):
                coefficient *= size**power
                decimal = decimal or not part.is_integer
                if not _is_short(coefficient):
                    return _Monomial(Fraction(1), {write(tree): (tree, 2)})
            case Unary("-", operand):
                coefficient *= -1 if power % 2 else 1
                pending.append((power, operand))
            case Binary("*", left, right):
                pending += [(power, right), (power, left)]
            case Binary("/", left, right):
                pending += [(-power, right), (power, left)]
            case Binary("^", base, exponent) if (n := _whole_power(exponent)) is not None and abs(power * n) <= POWER:
                pending += [(power * n, base)] if n else []
            case Unary("'") | Call("diag") | Binary("@") if power == 1 and part.children[0] != ONE:
                inner = [_monomial(child) for child in part.children]
                coefficient *= prod(one.coefficient for one in inner)
                _collect(factors, rebuilt(part, tuple(replace(one, coefficient=Fraction(1)).tree for one in inner)), 2)
            case Call("sqrt", (argument,)):
                roots.add(_collect(factors, argument, power))
            case _:
                _collect(factors, part, 2 * power)
        if not pending:
            squared = [text for text in roots & factors.keys() if factors[text][1] % 2 == 0]
            pending = [(halves // 2, base) for base, halves in map(factors.pop, sorted(squared))]
            roots.difference_update(squared)
    return _Monomial(coefficient, factors, decimal)


def _is_short(number: Fraction) -> bool:
    return max(abs(number.numerator), number.denominator) <= WHOLE


def _fraction(number: Number) -> Fraction | None:
    """A literal as it is written, exactly; None where that takes many digits."""
    if number.value and not 1 / WHOLE <= number.value <= WHOLE:
        return None
    exact = Fraction(number.text) if number.value else Fraction(0)
    return exact if _is_short(exact) else None


def _whole_power(exponent: Tree) -> int | None:
    """The exponent, where it is a small whole number."""
    match exponent:
        case Number(text, is_integer=True) if exponent.value <= POWER:
            return int(text)
        case Unary("-", Number(text, is_integer=True) as size) if size.value <= POWER:
            return -int(text)
        case _:
            return None


def _written(size: Fraction, *, decimal: bool) -> tuple[Tree, Tree]:
    """A fraction as it is written: above and below the bar."""
    if decimal and size.denominator != 1 and Fraction(repr(float(size))) == size:
        return Number(repr(float(size))), ONE
    return Number(str(size.numerator)), Number(str(size.denominator))


def _collect(factors: dict[str, tuple[Tree, int]], base: Tree, halves: int) -> str:
    """Multiplies a power into a product; what comes back is the text of its base."""
    text = base.name if isinstance(base, Name) else write(base)
    total = halves + (factors[text][1] if text in factors else 0)
    if total:
        factors[text] = (base, total)
    else:
        del factors[text]
    return text


def _powers(base: Tree, halves: int) -> list[Tree]:
    """The factors a power is written with; none where the exponent is not positive."""
    whole = halves // 2
    power = base if whole == 1 else Binary("^", base, Number(str(whole)))
    return [power] * (whole > 0) + [Call("sqrt", (base,))] * (halves > 0 and halves % 2)


def _product(factors: list[Tree]) -> Tree:
    """The product of a number and what follows it; the number is left out where it is one, and led into a matrix product."""
    size, *others = factors
    match others:
        case [Binary("@", left, right)] if size != ONE:
            return Binary("@", _product([size, left]), right)
    product, *rest = others if size == ONE and others else factors
    for factor in rest:
        product = Binary("*", product, factor)
    return product


def _negated(tree: Tree) -> Tree:
    """The opposite, with the minus at the first factor."""
    if isinstance(tree, Binary) and tree.operator in "*/@":
        return replace(tree, left=_negated(tree.left))
    return Unary("-", tree)


def _sum(tree: Tree) -> Tree:
    """The sum with like terms collected, a positive one first where there is one."""
    collected: dict[str, _Monomial] = {}
    for positive, part in _terms(tree):
        term = _monomial(part if positive else Unary("-", part))
        if (before := collected.get(term.key)) is not None:
            both = before.coefficient + term.coefficient
            term = replace(term, coefficient=both, decimal=before.decimal or term.decimal)
        collected[term.key] = term
    terms = [term for term in collected.values() if term.coefficient]
    if not terms:
        return ZERO
    first = next((position for position, term in enumerate(terms) if term.coefficient > 0), 0)
    terms.insert(0, terms.pop(first))
    total = terms[0].tree
    for term in terms[1:]:
        size = replace(term, coefficient=abs(term.coefficient)).tree
        total = Binary("-" if term.coefficient < 0 else "+", total, size)
    return total


def _terms(tree: Tree) -> Iterator[tuple[bool, Tree]]:
    """The terms of a sum with their signs, from left to right."""
    pending = [(True, tree)]
    while pending:
        positive, part = pending.pop()
        match part:
            case Binary("+" | "-" as operator, left, right):
                pending += [(positive == (operator == "+"), right), (positive, left)]
            case Unary("-", operand):
                pending.append((not positive, operand))
            case _:
                yield positive, part
