"""The section ``functions``: the three forms of outputs, and the long form around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from jacchain.errors import JacchainError, Problem, Span, did_you_mean, suggestion
from jacchain.expression.words import canonical, name_end
from jacchain.pipeline.bulk import expand
from jacchain.pipeline.document import Block, Broken, Mapping, Node, Scalar, Sequence, clip, unexpected
from jacchain.pipeline.ledger import Ledger, Part
from jacchain.pipeline.placed import read_placed
from jacchain.pipeline.signature import read_signature
from jacchain.pipeline.spec import Author, FunctionSpec, OutputSpec, Signature
from jacchain.pipeline.stage import Method
from jacchain.pipeline.written import DESCRIPTION, Written, name_of, refuse_function, text_of, written

METHODS = ("analytic", "difference")
SYNONYMS = {
    **dict.fromkeys(("point", "x0", "inputs"), "at"),
    **dict.fromkeys(("parameters", "params"), "constants"),
    **dict.fromkeys(("stages", "layers"), "functions"),
    **dict.fromkeys(("pipeline", "composition"), "chain"),
    "title": "name",
}
"""Keys that other programs have for what a section means."""
LONG_FORM = ("outputs", "description", "let", "jacobian", "method", "scale", "bounds")
NEEDED = ("outputs", "let", "functions", "constants", "at")
"""Keys without which other mistakes would be found that are none."""
LETS = 2_000
"""Names that a function may give to sub-expressions."""
ENTRIES = 10_000
"""Entries a hand-derived Jacobian may have."""


def read_functions(node: Node, ledger: Ledger) -> dict[str, FunctionSpec]:
    """The functions of a file by name, in order; those that are not whole are there too, so that their names are known."""
    if not isinstance(node, Mapping):
        raise unexpected(node, "a mapping of definitions", _definition_advice(node))
    if not node.entries:
        raise JacchainError(Problem("JC301", "there are no functions", node.span, help="write `f(x, y): x*y`"))
    functions: dict[str, FunctionSpec] = {}
    for key, value in node.entries:
        with ledger.gather():
            try:
                signature = read_signature(key.fragment)
            except JacchainError:
                name = canonical(key.text[: name_end(key.text, 0)])
                functions.setdefault(name, FunctionSpec(Signature(name, (), key.span), whole=False))
                raise
            if signature.name in functions:
                related = ((functions[signature.name].signature.span, "it is defined here already"),)
                message = f"the function `{signature.name}` is defined twice"
                raise JacchainError(Problem("JC304", message, key.span, related=related, help="rename one of them"))
            functions[signature.name] = _Reader(signature, ledger).function(value)
    return functions


class _Reader:
    """Reads one function."""

    def __init__(self, signature: Signature, ledger: Ledger) -> None:
        self.signature = signature
        self.part = Part(ledger)
        self.unread: set[str] = set()

    def function(self, node: Node) -> FunctionSpec:
        """The function, in the short form or in the long one."""
        if isinstance(node, Mapping) and _is_long(node):
            return self.long_form(node)
        outputs = tuple(self.outputs(node))
        return FunctionSpec(self.signature, outputs, whole=self.part.whole)

    def written(self, node: Node, *, primes: bool = False) -> Iterator[Written]:
        """The expressions of a value: one, or those of a list and of the lists in it."""
        if isinstance(node, Sequence | Block):
            for item in expand(node) if isinstance(node, Block) else node.items:
                yield from self.written(item, primes=primes)
            return
        expression = None
        with self.part.noting():
            expression = written(node, primes=primes)
        if expression is not None:
            yield expression

    def outputs(self, node: Node) -> Iterator[OutputSpec]:
        """The outputs in one of the three short forms: an expression, a list, or a mapping of names."""
        if _is_empty(node):
            message = f"`{self.signature.name}` has no outputs"
            self.part.note(Problem("JC301", message, node.span, help="write at least one expression"))
        if not isinstance(node, Mapping):
            yield OutputSpec(self.signature.name, tuple(self.written(node)), isinstance(node, Sequence | Block))
            return
        if node.entries and all(isinstance(value, Scalar) and value.kind == "null" for _, value in node.entries):
            message = (
                "`{ }` holds outputs with names, and here are none" if len(node.entries) == 1 else "the outputs have no values"
            )
            self.part.note(Problem("JC112", message, node.span, help="write `name: expression`; around a formula write ( )"))
            return
        for key, value in node.entries:
            name = None
            with self.part.noting():
                name = name_of(key.fragment, "an output")
            expressions = tuple(self.written(value))
            if name is not None:
                yield OutputSpec(name, expressions, isinstance(value, Sequence | Block))

    def long_form(self, node: Mapping) -> FunctionSpec:
        """The mapping with the key ``outputs``."""
        parts = known_keys(node, LONG_FORM, f"the function `{self.signature.name}`", self.part.ledger)
        outputs: tuple[OutputSpec, ...] = ()
        if "outputs" in parts:
            outputs = tuple(self.outputs(parts["outputs"]))
        else:
            message = f"`{self.signature.name}` has no `outputs`"
            way_out = "put the expression, the list or the named outputs under the key `outputs`"
            self.part.note(Problem("JC301", message, self.signature.span, help=way_out))
        description, method = "", "analytic"
        author = None
        with self.part.noting():
            description = text_of(parts["description"], "a description", DESCRIPTION) if "description" in parts else ""
        with self.part.noting():
            method = _method(parts["method"]) if "method" in parts else "analytic"
        with self.part.noting():
            author = self.author(parts["jacobian"]) if "jacobian" in parts else None
        scale = read_placed(parts["scale"], self.part.ledger) if "scale" in parts else None
        lets = tuple(self.lets(parts["let"])) if "let" in parts else ()
        return FunctionSpec(
            self.signature,
            outputs,
            lets,
            author,
            cast("Method", method),
            scale,
            parts.get("bounds"),
            description,
            whole=self.part.whole and (scale is None or scale.whole),
            unread=frozenset(self.unread),
        )

    def lets(self, node: Node) -> Iterator[tuple[str, Span, Written]]:
        """Names for sub-expressions, in order."""
        entries: tuple[tuple[Scalar, Node], ...] = ()
        with self.part.noting():
            if not isinstance(node, Mapping):
                raise unexpected(node, "a mapping of names to expressions", "write `let:` and, indented, `name: expression`")
            entries = node.entries
            if len(entries) > LETS:
                message = f"`let` has {len(entries):,} names; the limit is {LETS:,}"
                raise JacchainError(Problem("JC450", message, entries[LETS][0].span, help="split the function"))
        for key, value in entries:
            name = None
            with self.part.noting():
                name = name_of(key.fragment, "a `let`")
                refuse_function(name, key.span, "the name")
                self.refuse_parameter(name, key.span)
            expression = None
            with self.part.noting():
                expression = written(value)
            if name is not None and expression is not None:
                yield name, key.span, expression
            elif name is not None:
                self.unread.add(name)

    def refuse_parameter(self, name: str, span: Span) -> None:
        for parameter in self.signature.parameters:
            if parameter.name == name:
                message = f"`{name}` is a parameter of `{self.signature.name}` already"
                related = ((parameter.span, "the parameter"),)
                raise JacchainError(Problem("JC306", message, span, related=related, help="choose another name"))

    def author(self, node: Node) -> Author:
        """A hand-derived Jacobian: one matrix expression, or rows."""
        if isinstance(node, Sequence | Block):
            return Author(tuple(self.rows(node)), node.span)
        if not isinstance(node, Scalar):
            way_out = "write a list of rows, one for each output, as in [[1, 2*x], [y, 0]], or a formula: diag(2*x) @ W"
            raise unexpected(node, "a matrix of expressions", way_out)
        return Author(written(node, "a matrix of expressions", primes=True), node.span)

    def rows(self, node: Sequence | Block) -> Iterator[tuple[Written, ...]]:
        """The rows of a hand-derived Jacobian; a flat list is given back as rows of one value each."""
        count = 0
        for row in expand(node) if isinstance(node, Block) else node.items:
            entries = tuple(self.written(row, primes=True))
            count += len(entries)
            if count > ENTRIES:
                message = f"a hand-derived Jacobian may have {ENTRIES:,} written entries"
                raise JacchainError(Problem("JC450", message, node.span, help="write a row as one expression of a vector"))
            yield entries


def _is_long(node: Mapping) -> bool:
    """Whether a mapping is meant as the long form and not as one of named outputs."""
    values = {key.text: value for key, value in node.entries}
    if "outputs" in values or isinstance(values.get("let"), Mapping):
        return True
    method = values.get("method")
    if isinstance(method, Scalar) and method.text in METHODS:
        return True
    is_misspelt = any(suggestion(word, ("outputs",)) for word in values)
    return is_misspelt and any(isinstance(values.get(word), Mapping | Sequence | Block) for word in LONG_FORM)


def _method(node: Node) -> str:
    word = text_of(node, "`analytic` or `difference`")
    if word not in METHODS:
        way_out = did_you_mean(word, METHODS, "write `analytic` or `difference`")
        raise JacchainError(Problem("JC302", f"there is no method `{clip(word)}`", node.span, help=way_out))
    return word


def known_keys(node: Mapping, known: tuple[str, ...], where: str, ledger: Ledger) -> dict[str, Node]:
    """The values of a mapping by key.

    A key that is not known is written down with the one that was probably meant, and read as that one where it is needed and
    the kind of its value allows it.
    """
    parts: dict[str, Node] = {}
    for key, value in node.entries:
        if key.text in known:
            parts[key.text] = value
            continue
        nearest = _meant(key.text, known)
        if nearest in NEEDED and all(nearest != other.text for other, _ in node.entries):
            parts.setdefault(nearest, value if _may_be(nearest, value) else Broken(value.span))
        way_out = f"did you mean `{nearest}`?" if nearest else "known keys: " + ", ".join(known)
        ledger.add(Problem("JC300", f"{where} has no key `{clip(key.text)}`", key.span, help=way_out))
    return parts


def _meant(word: str, known: tuple[str, ...]) -> str:
    """The known key that another one probably means, or nothing."""
    lower = word.lower()
    return lower if lower in known else next(filter(known.__contains__, [SYNONYMS.get(lower, "")]), "") or suggestion(word, known)


def _may_be(key: str, node: Node) -> bool:
    """Whether a value is of the kind that a key has."""
    return isinstance(node, Mapping) or key in {"outputs", "at"}


def _definition_advice(node: Node) -> str:
    """What to write instead of something that is no mapping of definitions."""
    if isinstance(node, Sequence):
        return "write `name(x, y): expression`, one a line, without `- ` before it"
    text = node.text if isinstance(node, Scalar) else ""
    closing = text.find(")") + 1
    if closing and text[closing:].lstrip().startswith(":"):
        return f"put a blank behind the colon: `{clip(text[:closing])}: ...`"
    if closing and text[closing:].lstrip().startswith("="):
        return f"write `: ` instead of `=`: `{clip(text[:closing])}: ...`"
    if closing:
        return f"put `: ` behind the parameters: `{clip(text[:closing])}: ...`"
    return "write `name(x, y): expression`, one a line, indented"


def _is_empty(node: Node) -> bool:
    """Whether there is nothing in lists and mappings, however they are nested; their depth is limited."""
    match node:
        case Mapping():
            return all(_is_empty(value) for _, value in node.entries)
        case Sequence():
            return all(map(_is_empty, node.items))
    return False
