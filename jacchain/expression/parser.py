"""Text to tree: a precedence parser of our own, with a place for every part and a reply to every common slip.

    or < and < not < comparison < + - < * / @ < unary minus < ^ (to the right) < call, index

No part of a text is ever run: there is no ``eval`` here, and none is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from jacchain.errors import Fragment, JacchainError, Problem
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Tree, Unary
from jacchain.expression.words import Token, tokens

DEPTH = 64
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
STRENGTH = {"or": 1, "and": 2} | dict.fromkeys(COMPARISONS, 4) | {"+": 5, "-": 5, "*": 6, "/": 6, "@": 6, "^": 8}
NOT, MINUS = 3, 7
RESERVED = ("and", "or", "not")


def parse(fragment: Fragment) -> Tree:
    """The tree of an expression.

    Raises JacchainError with a located problem (JC150-JC199) when the text is not an expression.
    """
    reader = _Reader(fragment)
    if reader.token.kind == "end":
        raise reader.error("the expression is empty", code="JC150", way_out="write a number, a name or a formula")
    tree = reader.expression(0)
    if reader.token.kind != "end":
        raise reader.unexpected(tree)
    return tree


class _Reader:
    """The words of one expression and how far they have been read."""

    def __init__(self, fragment: Fragment) -> None:
        self.fragment = fragment
        self.words = tokens(fragment)
        self.position = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.words[self.position]

    def next(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def accept(self, text: str) -> bool:
        if self.token.text == text and self.token.kind != "end":
            self.position += 1
            return True
        return False

    def expression(self, strength: int) -> Tree:
        """The longest expression from here whose operators all bind tighter than ``strength``."""
        self.depth += 1
        if self.depth > DEPTH:
            raise self.error(
                f"the expression is nested more than {DEPTH} levels deep",
                code="JC198",
                way_out="name a part with `let`",
            )
        left = self.prefix()
        while (own := STRENGTH.get(self.token.text, 0)) > strength and self.token.kind in {"sign", "name"}:
            operator = self.next()
            if operator.text in COMPARISONS and isinstance(left, Binary) and left.operator in COMPARISONS:
                raise self.chained(left, operator)
            right = self.expression(MINUS - 1 if operator.text == "^" else own)
            left = Binary(operator.text, left, right, start=left.start, end=right.end)
        self.depth -= 1
        return left

    def prefix(self) -> Tree:
        """What an operand begins with: a minus, a `not`, or a thing with its calls and indices."""
        token = self.token
        if token.text in {"-", "+"}:
            self.next()
            operand = self.expression(MINUS)
            return Unary("-", operand, start=token.start, end=operand.end) if token.text == "-" else operand
        if token.text == "not":
            self.next()
            operand = self.expression(NOT)
            return Unary("not", operand, start=token.start, end=operand.end)
        tree = self.primary()
        while self.accept("["):
            selectors = self.items("]", self.selector)
            tree = Index(tree, selectors, start=tree.start, end=self.words[self.position - 1].end)
        return tree

    def primary(self) -> Tree:
        """A number, a name, a call, a stack or a parenthesis."""
        token = self.token
        if token.kind == "number":
            self.next()
            if math.isinf(float(token.text)):
                raise self.error("the number is larger than any double", token, "JC155", "the largest is 1.797e308")
            return Number(token.text, start=token.start, end=token.end)
        if token.kind == "name" and token.text not in RESERVED:
            self.next()
            if self.accept("("):
                arguments = self.items(")", lambda: self.expression(0))
                return Call(token.text, arguments, start=token.start, end=self.words[self.position - 1].end)
            return Name(token.text, start=token.start, end=token.end)
        if self.accept("("):
            tree = self.expression(0)
            if not self.accept(")"):
                raise self.unclosed(token, tree)
            return tree
        if self.accept("["):
            items = self.items("]", lambda: self.expression(0))
            return Stack(items, start=token.start, end=self.words[self.position - 1].end)
        if token.kind == "end":
            raise self.error("the expression ends where a value is expected", code="JC152")
        raise self.error(f"a value is expected before `{token.text}`", token, "JC152")

    def items(self, closing: str, item: Callable[[], Tree]) -> tuple[Tree, ...]:
        """What stands between commas up to the closing sign; the opening one is read already."""
        opening = self.words[self.position - 1]
        found: list[Tree] = []
        if self.token.text == closing:
            raise self.error(f"nothing stands between `{opening.text}` and `{closing}`", code="JC152")
        while True:
            found.append(item())
            if self.accept(closing):
                return tuple(found)
            if not self.accept(","):
                raise self.unclosed(opening, found[-1])

    def selector(self) -> Tree:
        """One index: an expression, or ``first:last`` with either end left out."""
        start = self.token.start
        first = None if self.token.text == ":" else self.expression(0)
        if not self.accept(":"):
            assert first is not None
            return first
        last = None if self.token.text in {"]", ","} else self.expression(0)
        return Slice(first, last, start=start, end=self.words[self.position - 1].end)

    def unclosed(self, opening: Token, before: Tree) -> JacchainError:
        """Neither a comma nor the closing sign follows."""
        if self.token.kind != "end":
            return self.unexpected(before)
        return self.error(f"`{opening.text}` is never closed", opening, "JC153", "close it, or delete it")

    def unexpected(self, before: Tree) -> JacchainError:
        """A complete expression is followed by something that cannot continue it."""
        token, text = self.token, self.fragment.text
        if token.text in {")", "]"}:
            return self.error(f"`{token.text}` closes nothing", token, "JC153", "open it, or delete it")
        if token.text == ",":
            digits = text[token.start - 1 : token.start].isdigit() and text[token.end : token.end + 1].isdigit()
            way_out = "write the decimal point as `.`" if digits else "write `[a, b]` to stack values into a vector"
            return self.error("a comma separates arguments, and there are none here", token, "JC154", way_out)
        if token.kind in {"name", "number"} or token.text in {"(", "["}:
            left, right = text[before.start : before.end], text[token.start : token.end]
            product = f"{left}*{right}{'...' if token.text == '(' else ''}"
            way_out = f"write a product as `{product}`" if len(product) <= 60 else "write a product with `*`"
            return self.error("an operator is missing between two values", token, "JC154", way_out)
        return self.error(f"`{token.text}` is not expected here", token, "JC154")

    def chained(self, left: Binary, operator: Token) -> JacchainError:
        """``a < b < c``: neither mathematics' meaning nor C's is guessed."""
        text = self.fragment.text
        middle = text[left.right.start : left.right.end]
        way_out = f"write `{text[left.start : left.end]} and {middle} {operator.text} ...`"
        return self.error("comparisons do not chain", operator, "JC156", way_out)

    def error(self, message: str, token: Token | None = None, code: str = "JC152", way_out: str = "") -> JacchainError:
        """A located problem at a word (the current one unless told)."""
        token = token or self.token
        end = max(token.end, min(token.start + 1, len(self.fragment.text)))
        return JacchainError(Problem(code, message, self.fragment.span(token.start, end), help=way_out))
