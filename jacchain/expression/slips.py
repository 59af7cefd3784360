"""What people write out of habit from elsewhere, and what to write here instead."""

from __future__ import annotations

import unicodedata

from jacchain.expression.table import FUNCTIONS
from jacchain.expression.tree import Binary, Name, Tree, Unary

INSTEAD = {
    "−": "write the minus sign as `-`",
    "–": "write the minus sign as `-`",
    "—": "write the minus sign as `-`",
    "×": "write a product as `*`",
    "·": "write a product as `*`",
    "⋅": "write a product as `*`",
    "∗": "write a product as `*`",
    "÷": "write a quotient as `/`",
    "²": "write a power as `^2`",
    "³": "write a power as `^3`",
    "√": "write a square root as `sqrt(...)`",
    "∞": "numbers are finite",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "∧": "write `and`",
    "∨": "write `or`",
    "¬": "write `not`",
    "°": "angles are in radians: write `30*pi/180`",
    "&": "write `and`",
    "|": "write `abs(x)` for an absolute value, `or` between conditions",
    "!": "write `not`, or `!=` for unequal; there is no factorial",
    "~": "write `not`",
    "=": "an expression assigns nothing: `==` compares, inside where(condition, a, b)",
    "%": "write a remainder as `mod(x, y)`",
    "'": "write `transpose(W)` for a transpose; a derivative is what jacchain works out",
    "′": "write `transpose(W)` for a transpose; a derivative is what jacchain works out",
    '"': "an expression holds no text",
    "{": "write parentheses as ( )",
    "}": "write parentheses as ( )",
    ";": "write one expression an output",
    ".": "names have no parts; a number needs a digit beside its point",
    "‖": "write `norm(v)`",
    "$": "write names without `$`",
    "\\": "write plain names, `alpha` or `α`, not commands",
    "#": "a comment may stand only after the whole line, outside the expression",
    "?": "write `where(condition, a, b)` for a choice",
}
"""Characters that are no part of the language."""

DOUBLED = {
    "//": "write a whole quotient as `floor(x/y)`",
    "<>": "write unequal as `!=`",
    "><": "write unequal as `!=`",
}
"""Signs that people write together."""

CHOICES = {"if", "else", "then", "elif"}


def way_out(character: str) -> str:
    """What to write instead of a character that is no part of the language, or ``""``."""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return f"write the digit as {digit}"
    plain = unicodedata.normalize("NFKC", character)
    return INSTEAD.get(character) or (f"write it as `{plain}`" if plain.isascii() and plain.strip() else "")


def _last_part(tree: Tree) -> Tree:
    """The part of a sum, a product or a negative that stands last: what is written next to it belongs to it."""
    while True:
        match tree:
            case Binary(operator="+" | "-" | "*" | "/", right=last) | Unary(operand=last) if last.end == tree.end:
                tree = last
            case _:
                return tree


def two_values(text: str, before: Tree, start: int, word: str) -> tuple[str, str]:
    """What is wrong where a word at ``start`` follows a complete value, and the way out."""
    before = _last_part(before)
    touches = before.end == start
    left = text[before.start : before.end]
    if word in CHOICES:
        return f"`{word}` is not a word of the language", "write `where(condition, a, b)` for a choice"
    if isinstance(before, Name) and before.name in FUNCTIONS:
        return f"the argument of `{left}` stands without parentheses", f"write `{left}(...)`"
    if isinstance(before, Binary) and isinstance(before.left, Name) and before.left.name in FUNCTIONS and word == "(":
        name, rest = before.left.name, text[before.left.end : before.end].strip()
        return f"`{name}` stands without its argument", f"write `{name}(...){rest}`"
    if touches and text[start - 1].isdigit():
        if word[0] == ".":
            return "a number has one decimal point", "write thousands without a sign between them"
        if word[0] == "_":
            return "a number is written without `_`", "write the digits one after the other"
        if word in {"e", "E"}:
            return "the exponent of the number is missing", "write `1e-3`, or `2*e` for a product"
        if left == "0" and word[0] in "xXbBoO" and word[1:].isalnum():
            return "numbers are decimal", "write the number in decimal digits"
    right = word + "...)" if word == "(" else word + "...]" if word == "[" else word
    if text[start + len(word) :].lstrip().startswith("(") and word not in {"(", "["}:
        right += "(...)"
    product = f"{left}*{right}"
    return "an operator is missing between two values", f"write a product as `{product}`" if len(product) <= 60 else "write `*`"
