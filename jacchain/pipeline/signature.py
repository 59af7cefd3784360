"""The left side of a definition: ``polar(r, theta)``, ``mix(p[2], q)``, ``v[1]``."""

from __future__ import annotations

from collections.abc import Iterator

from jacchain.errors import Fragment, JacchainError, Problem
from jacchain.expression.words import Token, tokens
from jacchain.pipeline.document import clip
from jacchain.pipeline.spec import ParameterSpec, Signature
from jacchain.pipeline.written import name_of, refuse_function

SIZE = 100_000
"""Numbers a function may take."""


def read_signature(fragment: Fragment) -> Signature:
    """The name and the parameters of a function.

    Raises JacchainError: not of the form ``name(parameters)`` (JC303), a name that cannot be one (JC305, JC306), a size too
    large (JC450).
    """
    if "=" in fragment.text:
        place = fragment.text.index("=")
        message = "`=` has no place in a signature"
        raise JacchainError(Problem("JC303", message, fragment.span(place, place + 1), help="write `name(x, y): ...`"))
    words = tokens(fragment)
    if words[0].kind != "name":
        raise _error(fragment, words[0], f"`{clip(fragment.text)}` does not name a function")
    name = name_of(fragment.part(words[0].start, words[0].end), "a function")
    if words[1].kind == "end":
        message = f"`{name}` says nothing about its parameters"
        raise JacchainError(Problem("JC303", message, fragment.span(), help=f"write `{name}(x): ...` or `{name}(x, y): ...`"))
    if words[1].text != "(":
        raise _error(fragment, words[1], "`(` and the parameters are expected after the name")
    parameters = tuple(_parameters(fragment, words, 2))
    total = sum(parameter.size or 1 for parameter in parameters)
    if total > SIZE:
        message = f"`{name}` would take {total:,} numbers; the limit is {SIZE:,}"
        raise JacchainError(Problem("JC450", message, fragment.span(), help="declare smaller vectors"))
    return Signature(name, parameters, fragment.span())


def _parameters(fragment: Fragment, words: list[Token], position: int) -> Iterator[ParameterSpec]:
    """The parameters from the given word up to the closing parenthesis, which ends the text."""
    known: set[str] = set()
    if words[position].text == ")":
        raise _error(fragment, words[position], "a function of nothing has no derivative", "name at least one parameter")
    while True:
        word = words[position]
        if word.kind != "name":
            raise _error(fragment, word, "the name of a parameter is expected here")
        piece = fragment.part(word.start, word.end)
        name = name_of(piece, "a parameter")
        refuse_function(name, piece.span(), "the parameter")
        if name in known:
            raise _error(fragment, word, f"the parameter `{name}` stands twice", "give each its own name")
        known.add(name)
        size, position = _size(fragment, words, position + 1)
        yield ParameterSpec(name, size, piece.span())
        closing = words[position]
        if closing.text == ")":
            if words[position + 1].kind != "end":
                raise _error(fragment, words[position + 1], "nothing may follow the parameters", "the formula comes after `: `")
            return
        if closing.text != ",":
            raise _error(fragment, closing, "`,` or `)` is expected here")
        position += 1


def _size(fragment: Fragment, words: list[Token], position: int) -> tuple[int | None, int]:
    """The size in brackets at the given word, if there is one, and the word after it."""
    if words[position].text != "[":
        return None, position
    number = words[position + 1]
    if not number.text.isascii() or not number.text.isdigit() or words[position + 2].text != "]":
        raise _error(fragment, number, "a size is a whole number in brackets", "write `p[2]`")
    size = int(number.text) if len(number.text) < 16 else 10**16
    if not size:
        raise _error(fragment, number, "a vector has at least one component", "write `[1]`, or leave the parameter out")
    if size > SIZE:
        message = f"a vector of length {size:,} is beyond the limit of {SIZE:,}"
        raise JacchainError(Problem("JC450", message, fragment.span(number.start, number.end), help="declare a smaller vector"))
    return size, position + 3


def _error(fragment: Fragment, word: Token, message: str, way_out: str = "write `name(x, y): ...`") -> JacchainError:
    """The error (JC303) for a word of a signature, or for all of it where a word is missing at its end."""
    span = fragment.span() if word.kind == "end" else fragment.span(word.start, word.end)
    return JacchainError(Problem("JC303", message, span, help=way_out))
