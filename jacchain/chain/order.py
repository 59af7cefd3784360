"""The order a person asks for: ``optimal``, ``forward``, ``reverse``, or a bracketing such as ``(1 (2 3))``; and sub-chains."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jacchain.chain.plan import Tree
from jacchain.errors import Fragment, JacchainError, Problem, did_you_mean

Order = str | Tree
NAMED = ("optimal", "forward", "reverse")

TOKEN = re.compile(r"[\s,·*]*(?:(?P<bracket>[()\[\]])|J?(?P<number>[0-9]+|[₀-₉]+)(?:ᵀ|\^?T)?|(?P<other>\S))")
SUBCHAIN = re.compile(r"\s*([0-9]{1,9})\s*:\s*([0-9]{1,9})\s*")
DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉[]", "0123456789()")
LARGEST_FACTOR = 9


def parse_order(fragment: Fragment, length: int) -> Order:
    """One of the three names, or the bracketing of a chain of ``length`` factors that the text spells.

    ``(1 (2 3))``, ``1 (2 3)``, ``[1, [2, 3]]`` and ``J₁ᵀ (J₂ᵀ J₃ᵀ)`` are the same.

    Raises:
        JacchainError: the text is no bracketing (JC020), a pair of parentheses does not hold two things (JC021), or the
            factors are not 1 to ``length`` in order (JC022).

    """
    word = fragment.text.strip().lower()
    if word in NAMED:
        return word
    if word.isalpha():
        raise _error("JC020", fragment, (0, None), f"no order is called `{word}`", did_you_mean(word, NAMED))
    return _bracketing(fragment, length)


def parse_subchain(fragment: Fragment, length: int) -> tuple[int, int]:
    """The first and the last factor of a sub-chain written as ``2:4``.

    Raises:
        JacchainError: the text is no sub-chain of ``length`` factors (JC023).

    """
    found = SUBCHAIN.fullmatch(fragment.text)
    first, last = (int(number) for number in found.groups()) if found else (0, 0)
    if not 1 <= first <= last <= length:
        shown = f"`{fragment.text[:60]}`"
        raise _error(
            "JC023", fragment, (0, None), f"{shown} is no sub-chain of {length} factors", f"write two of 1 to {length}: 1:2"
        )
    return first, last


def _bracketing(fragment: Fragment, length: int) -> Tree:
    groups: list[tuple[int, list[Tree]]] = [(0, [])]
    expected = 1
    for kind, text, start, end in _tokens(fragment):
        if kind == "number":
            if not text.isascii() or len(text) > LARGEST_FACTOR or int(text) != expected or expected > length:
                raise _order_of_factors(fragment, (start, end), text, expected, length)
            groups[-1][1].append(expected)
            expected += 1
        elif text == "(":
            groups.append((start, []))
        else:
            if len(groups) == 1:
                raise _error("JC020", fragment, (start, end), "`)` closes nothing")
            opened, members = groups.pop()
            groups[-1][1].append(_pair(fragment, (opened, end), members))
    if len(groups) > 1:
        raise _error("JC020", fragment, (groups[-1][0], groups[-1][0] + 1), "`(` is never closed")
    if expected <= length:
        found = f"stops after {expected - 1}" if expected > 1 else "is empty"
        raise _error("JC022", fragment, (0, None), f"the bracketing {found}: the chain has {length} factors")
    members = groups[0][1]
    return members[0] if len(members) == 1 else _pair(fragment, (0, None), members)


def _tokens(fragment: Fragment) -> Iterator[tuple[str, str, int, int]]:
    text, offset = fragment.text.rstrip(), 0
    while offset < len(text):
        found = TOKEN.match(text, offset)
        if found is None or found["other"] is not None:
            start = len(text) - 1 if found is None else found.start("other")
            raise _error("JC020", fragment, (start, start + 1), f"`{text[start]}` has no place in a bracketing")
        kind = "number" if found["number"] else "bracket"
        start, offset = found.start(kind), found.end()
        yield kind, found[kind].translate(DIGITS), start, offset


def _pair(fragment: Fragment, place: tuple[int, int | None], members: list[Tree]) -> Tree:
    if len(members) != 2:
        raise _error(
            "JC021", fragment, place, f"a product has two operands, this one has {len(members)}", "write ((1 2) 3) or (1 (2 3))"
        )
    return members[0], members[1]


def _order_of_factors(fragment: Fragment, place: tuple[int, int | None], text: str, expected: int, length: int) -> JacchainError:
    if expected > length:
        return _error("JC022", fragment, place, f"the chain has {length} factors, there is no place for `{text}`")
    return _error(
        "JC022", fragment, place, f"factor {expected} comes next, not `{text}`", "matrices do not commute: 1, 2, 3, … in order"
    )


def _error(code: str, fragment: Fragment, place: tuple[int, int | None], message: str, way_out: str = "") -> JacchainError:
    way_out = way_out or "an order is optimal, forward, reverse, or a bracketing such as '(1 (2 3))'"
    return JacchainError(Problem(code, message, fragment.span(*place), help=way_out))
