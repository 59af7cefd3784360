"""What to say about a name, a function or a call that the language does not know."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence

from jacchain.errors import JacchainError, counted, did_you_mean
from jacchain.expression.graph import Part
from jacchain.expression.table import BY_ARITY, FUNCTIONS, ROWS, operation
from jacchain.expression.tree import Call, Name, postorder

ENDLESS = {"inf", "infinity", "nan"}


def everything(whole: Part, known: Sequence[str], vectors: Collection[str]) -> Iterator[JacchainError]:
    """The problems of all names, functions and calls of an expression that are not known, in the order they are written."""
    for tree in sorted(postorder(whole.tree), key=lambda tree: tree.start):
        place = Part(whole.fragment, tree)
        match tree:
            case Name() if tree.name not in known:
                yield name(place, tree.name, known)
            case Call() if tree.name not in FUNCTIONS:
                yield function(place, tree.name, known, vector=tree.name in vectors)
            case Call() if operation(tree.name, len(tree.arguments)) is None:
                yield arity(place, tree.name, len(tree.arguments))


def name(place: Part, word: str, known: Sequence[str]) -> JacchainError:
    """The problem of a name that nothing defines."""
    if word in FUNCTIONS:
        return place.error("JC251", f"`{word}` is a function and needs its arguments", f"write `{word}(...)`")
    listed = "known here: " + ", ".join(f"`{other}`" for other in known[:8])
    way_out = "numbers are finite" if word.lower() in ENDLESS else did_you_mean(word, list(known), listed)
    return place.error("JC252", f"`{word}` is not known here", way_out, _letters(word))


def function(place: Part, word: str, known: Collection[str], *, vector: bool) -> JacchainError:
    """The problem of a call of something that is no function; a vector is called when a component is meant."""
    if vector:
        way_out = f"write a component as `{word}[1]`, a product as `{word}*(...)`"
    elif word in known:
        way_out = f"write a product as `{word}*(...)`"
    else:
        way_out = did_you_mean(word, list(FUNCTIONS), "`jacchain functions` lists them")
    return place.error("JC253", f"there is no function `{word}`", way_out, _letters(word))


def arity(place: Part, word: str, count: int) -> JacchainError:
    """The problem of a call with a number of arguments that the function does not take."""
    forms = [FUNCTIONS[word], *(ROWS[other] for (base, _), (other, _) in BY_ARITY.items() if base == word)]
    way_out = "it is " + " or ".join(f"`{word}({form.parameters})`" for form in forms)
    if count > 1 and all("," not in form.parameters for form in forms) and FUNCTIONS[word].form != "diagonal":
        way_out = f"it takes one vector: `{word}([a, b])`"
    return place.error("JC254", f"`{word}` is called with {counted(count, 'argument')}", way_out)


def _letters(word: str) -> tuple[str, ...]:
    """The letters of a name that are easily taken for others."""
    strange = [letter for letter in word if not letter.isascii()][:3]
    return tuple(f"`{letter}` is U+{ord(letter):04X}, {unicodedata.name(letter, 'unnamed').lower()}" for letter in strange)
