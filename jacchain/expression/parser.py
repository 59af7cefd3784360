"""Text to tree: a precedence parser of our own, with a place for every part and a reply to every common slip.

    or < and < not < comparison < + - < * / @ < unary minus < ^ (to the right) < call, index, '

No part of a text is ever run: there is no ``eval`` here, and none is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from jacchain.errors import Fragment, JacchainError, Problem
from jacchain.expression import slips
from jacchain.expression.tree import COMPARISONS, Binary, Call, Index, Name, Number, Slice, Stack, Tree, Unary
from jacchain.expression.words import canonical, kind, words
from jacchain.frozen import replace

DEPTH = 64
"""How deep brackets, signs and powers may be nested: each level takes a few calls of Python's own stack."""
STRENGTH = {"or": 1, "and": 2} | dict.fromkeys(COMPARISONS, 4) | {"+": 5, "-": 5, "*": 6, "/": 6, "@": 6, "^": 8, "**": 8}
NOT, COMPARISON, MINUS, POWER = 3, 4, 7, 8
"""How tightly operators bind."""
RESERVED = ("and", "or", "not")
DIGITS = frozenset("0123456789.")
NO_NAMES = {*STRENGTH, *RESERVED, ")", "]", ",", ":"}
"""Words that are no value."""


def parse(fragment: Fragment, *, primes: bool = False) -> Tree:
    """The tree of an expression; ``u'`` stands for a transpose where there are ``primes``.

    Raises JacchainError with a located problem (JC150-JC199) when the text is not an expression.
    """
    reader = _Reader(fragment, primes=primes)
    if not reader.word:
        raise reader.error("the expression is empty", code="JC150", way_out="write a number, a name or a formula")
    tree = reader.expression(0)
    if reader.word:
        raise reader.unexpected(tree)
    return tree


class _Reader:
    """The words of one expression and how far they have been read."""

    def __init__(self, fragment: Fragment, *, primes: bool) -> None:
        self.fragment = fragment
        self.words, self.starts = words(fragment, primes=primes)
        self.position = 0
        self.depth = 0

    @property
    def word(self) -> str:
        """The word that is read next, empty at the end."""
        return self.words[self.position]

    @property
    def end(self) -> int:
        """Where the word that was read last ends."""
        return self.starts[self.position - 1] + len(self.words[self.position - 1])

    def accept(self, word: str) -> bool:
        """Reads on when the next word is this one."""
        if self.words[self.position] == word:
            self.position += 1
            return True
        return False

    def expression(self, strength: int) -> Tree:
        """The longest expression from here whose operators all bind tighter than ``strength``."""
        left = self.operand()
        while (own := STRENGTH.get(self.words[self.position], 0)) > strength:
            operator = self.words[self.position]
            if own == COMPARISON and isinstance(left, Binary) and left.operator in COMPARISONS and left.start == left.left.start:
                raise self.chained(left, operator)  # a comparison in parentheses begins before its left side
            self.position += 1
            if own == POWER:
                right = self.deeper(lambda: self.expression(MINUS - 1))
                operator = "^"
            else:
                right = self.expression(own)
            left = Binary(operator, left, right, start=left.start, end=right.end)
        return left

    def deeper(self, read: Callable[[], Tree]) -> Tree:
        """What is read one level further down."""
        self.depth += 1
        if self.depth > DEPTH:
            message = f"the expression is nested more than {DEPTH} levels deep"
            raise self.error(message, code="JC198", way_out="name a part with `let`")
        tree = read()
        self.depth -= 1
        return tree

    def whole(self) -> Tree:
        """An expression with whatever operators, as it stands between brackets and commas."""
        return self.expression(0)

    def operand(self) -> Tree:
        """What an expression begins with: a minus, a `not`, or a thing with its indices."""
        word, start = self.words[self.position], self.starts[self.position]
        if word in {"-", "+", "not"}:
            self.position += 1
            operand = self.deeper(lambda: self.expression(NOT if word == "not" else MINUS))
            if word == "+":
                return replace(operand, start=start)
            return Unary(word, operand, start=start, end=operand.end)
        tree = self.primary(word, start)
        while (behind := self.words[self.position]) in {"[", "'"}:
            self.position += 1
            if behind == "[":
                selectors = self.items("]", self.selector)
                tree = Index(tree, selectors, start=start, end=self.end)
            else:
                tree = Unary("'", tree, start=start, end=self.end)
        return tree

    def primary(self, word: str, start: int) -> Tree:
        """A number, a name, a call, a stack or a parenthesis."""
        self.position += 1
        if word[:1] in DIGITS:
            if math.isinf(float(word)):
                self.position -= 1
                raise self.error("the number is larger than any double", code="JC155", way_out="the largest is 1.797e308")
            if word[0] == "0" and word[1:2].isdigit():
                self.position -= 1
                plain = word.lstrip("0")
                message = "numbers do not begin with a needless 0: some readers take it for octal"
                raise self.error(message, code="JC157", way_out=f"write `{plain if plain[:1].isdigit() else '0' + plain}`")
            return Number(word, start=start, end=start + len(word))
        if word == "(":
            tree = self.deeper(self.whole)
            if not self.accept(")"):
                raise self.unclosed("(", start, tree)
            return replace(tree, start=start, end=self.end)
        if word == "[":
            items = self.items("]", self.whole)
            return Stack(items, start=start, end=self.end)
        if word and word not in NO_NAMES:
            if self.accept("("):
                arguments = self.items(")", self.whole)
                return Call(canonical(word), arguments, start=start, end=self.end)
            return Name(canonical(word), start=start, end=start + len(word))
        self.position -= 1
        if not word:
            raise self.error("the expression ends where a value is expected")
        before = self.words[self.position - 1] if self.position else ""
        raise self.error(f"a value is expected before `{word}`", way_out=slips.DOUBLED.get(before + word, ""))

    def items(self, closing: str, item: Callable[[], Tree]) -> tuple[Tree, ...]:
        """What stands between commas up to the closing sign; the opening one is read already."""
        opening, start = self.words[self.position - 1], self.starts[self.position - 1]
        if self.word == closing:
            raise self.error(f"nothing stands between `{opening}` and `{closing}`")
        found: list[Tree] = []
        while True:
            found.append(self.deeper(item))
            if self.accept(closing):
                return tuple(found)
            if not self.accept(","):
                raise self.unclosed(opening, start, found[-1])

    def selector(self) -> Tree:
        """One index: an expression, or ``first:last`` with either end left out."""
        start = self.starts[self.position]
        first = None if self.word == ":" else self.expression(0)
        if not self.accept(":"):
            assert first is not None
            return first
        last = None if self.word in {"]", ","} else self.expression(0)
        return Slice(first, last, start=start, end=self.end)

    def unclosed(self, opening: str, start: int, before: Tree) -> JacchainError:
        """Neither a comma nor the closing sign follows."""
        if self.word:
            return self.unexpected(before)
        span = self.fragment.span(start, start + 1)
        return JacchainError(Problem("JC153", f"`{opening}` is never closed", span, help="close it, or delete it"))

    def unexpected(self, before: Tree) -> JacchainError:
        """A complete expression is followed by something that cannot continue it."""
        word, text = self.word, self.fragment.text
        if word in {")", "]"}:
            return self.error(f"`{word}` closes nothing here", code="JC153", way_out="open it, or delete it")
        if word == ",":
            start = self.starts[self.position]
            digits = text[start - 1 : start].isdigit() and text[start + 1 : start + 2].isdigit()
            way_out = "write the decimal point as `.`" if digits else "write `[a, b]` to stack values into a vector"
            return self.error("a comma separates arguments, and there are none here", code="JC154", way_out=way_out)
        if word in {"(", "["} or kind(word) in {"name", "number"}:
            message, way_out = slips.two_values(text, before, self.starts[self.position], word)
            return self.error(message, code="JC154", way_out=way_out)
        return self.error(f"`{word}` is not expected here", code="JC154")

    def chained(self, left: Binary, operator: str) -> JacchainError:
        """``a < b < c``: neither mathematics' meaning nor C's is guessed."""
        text, problem = self.fragment.text, self.error("comparisons do not chain", code="JC156")
        first, middle = text[left.start : left.end], text[left.right.start : left.right.end]
        self.position += 1
        last = self.expression(COMPARISON)
        way_out = f"write `{first} and {middle} {operator} {text[last.start : last.end]}`"
        return JacchainError(replace(problem.problems[0], help=way_out))

    def error(self, message: str, *, code: str = "JC152", way_out: str = "") -> JacchainError:
        """A located problem at the word that is read next."""
        start = self.starts[self.position]
        end = max(start + len(self.word), min(start + 1, len(self.fragment.text)))
        return JacchainError(Problem(code, message, self.fragment.span(start, end), help=way_out))
