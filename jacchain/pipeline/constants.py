"""The constants of a file, evaluated in order: numbers, vectors, matrices, expressions of earlier ones, files."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence as Items

import numpy as np

from jacchain.errors import JacchainError, Problem, Span, counted
from jacchain.expression import CONSTANTS as BUILT_IN
from jacchain.expression.arithmetic import Array
from jacchain.expression.budget import Budget
from jacchain.expression.builder import evaluate_constant
from jacchain.expression.tree import Stack
from jacchain.memory import claim
from jacchain.pipeline.document import Block, Mapping, Node, Scalar, Sequence, already_reported, clip, unexpected
from jacchain.pipeline.ledger import Ledger
from jacchain.pipeline.numbers import NUMBER as LITERAL
from jacchain.pipeline.spec import ConstantSpec
from jacchain.pipeline.written import Values, Written, scalar_of, with_trap, written

NUMBER = 24
"""Bytes that a number of a constant takes: itself, and two copies that are made of it."""

_FILE = re.compile(r"[\w./-]+\.(?:npy|csv)")

Reader = Callable[[Scalar, int], Array]
"""Reads a parameter file, given its name where it is written, and how many numbers are there already."""


class Constants:
    """The constants known so far; ``failed`` are those that could not be evaluated, ``later`` those still to come.

    ``budget`` is what all expressions of the file may cost together.
    """

    def __init__(self, later: Dictionary[str, Span] | None = None) -> None:
        self.values: dict[str, Array] = {}
        self.failed: set[str] = set()
        self.later = dict(later or {})
        self.budget = Budget()

    def evaluate(self, expression: Written) -> Array:
        """The value of an expression of constants, of 0, 1 or 2 dimensions.

        Raises JacchainError: what is wrong with it, or nothing at all when it needs a constant that failed.
        """
        names = expression.names()
        if self.failed & names:
            raise already_reported()
        for name in sorted(filter(self.later.__contains__, names)):
            related = ((self.later[name], "it is defined here"),)
            way_out = "an expression uses the constants above it"
            raise JacchainError(
                Problem("JC252", f"`{name}` is not known yet", expression.place(name), related=related, help=way_out)
            )
        scalar = expression.scalar
        if scalar is not None and scalar.kind == "number":
            return _finite(np.array(float(scalar.text)), scalar.span)
        tree = expression.tree
        if isinstance(tree, Stack) and all(isinstance(row, Stack) for row in tree.items):
            rows = [evaluate_constant(expression.fragment, row, self.values, self.budget) for row in tree.items]
            return _matrix(rows, [expression.fragment.span(row.start, row.end) for row in tree.items])
        try:
            return evaluate_constant(expression.fragment, tree, self.values, self.budget)
        except JacchainError as error:
            raise with_trap(error, expression) from None

    def numbers(self, values: Values) -> Array:
        """Numbers and vectors one after the other, as one vector."""
        parts = []
        for value in values:
            part = numbers_of(value) if isinstance(value, Block) else self.evaluate(value)
            if part.ndim == 2:
                raise JacchainError(Problem("JC205", "a number or a vector is due here, not a matrix", value.span))
            parts.append(np.atleast_1d(part))
        return np.concatenate(parts) if parts else np.zeros(0)


def evaluate_constants(specs: Items[ConstantSpec], sets: Dictionary[str, Written], reader: Reader, ledger: Ledger) -> Constants:
    """The constants of a file; ``sets`` are those that the command line replaces."""
    constants = Constants(later={spec.name: spec.span for spec in specs})
    total = 0
    for spec in specs:
        if spec.name in BUILT_IN:
            message = f"the constant `{spec.name}` hides the built-in `{spec.name}`"
            ledger.warn(Problem("JC391", message, spec.span, help="choose another name"))
        with ledger.gather():
            value = constants.evaluate(sets[spec.name]) if spec.name in sets else _value(spec.value, constants, (reader, total))
            total += value.size
            claim(NUMBER * total, f"all constants up to `{spec.name}`", spec.span)
            value.flags.writeable = False
            constants.values[spec.name] = value
        del constants.later[spec.name]
        if spec.name not in constants.values:
            constants.failed.add(spec.name)
    return constants


def numbers_of(block: Block) -> Array:
    """The numbers of a long list."""
    values = np.fromstring(block.text.replace(block.separator, ","), sep=",")
    assert values.size == block.count
    if not np.isfinite(values).all():
        position = int(np.flatnonzero(~np.isfinite(values))[0])
        found = [*LITERAL.finditer(block.span.source.text, block.span.start + 1, block.span.end)][position]
        _finite(values[position], Span(block.span.source, *found.span()))
    return values


def _finite(value: Array, span: Span) -> Array:
    """The number.  Raises JacchainError (JC155) when it is infinite."""
    if not np.isfinite(value):
        raise JacchainError(Problem("JC155", "the number is larger than any double", span, help="the largest is 1.797e308"))
    return value


def _value(node: Node, constants: Constants, files: tuple[Reader, int]) -> Array:
    """The value written for a constant; ``files`` reads parameter files beside so many numbers."""
    match node:
        case Block():
            return numbers_of(node)
        case Sequence() if node.items and all(isinstance(item, Sequence | Block) for item in node.items):
            return _matrix([_vector(row, constants) for row in node.items], [row.span for row in node.items])
        case Sequence():
            return _vector(node, constants)
        case Mapping():
            return _from_file(node, *files)
        case Scalar() if _FILE.fullmatch(node.text):
            message, way_out = "this is the name of a file, not an expression", f"write {{file: {clip(node.text)}}}"
            raise JacchainError(Problem("JC312", message, node.span, help=way_out))
        case _:
            return constants.evaluate(written(node, "a number, a list or an expression"))


def _vector(node: Node, constants: Constants) -> Array:
    """A list of numbers, each of which may be an expression."""
    if isinstance(node, Block):
        return numbers_of(node)
    assert isinstance(node, Sequence)
    if not node.items:
        raise JacchainError(Problem("JC312", "an empty list is no vector", node.span, help="write at least one number"))
    return np.array([_entry(item, constants) for item in node.items])


def _entry(node: Node, constants: Constants) -> float:
    """One number of a list."""
    if not isinstance(node, Scalar):
        way_out = "a vector is a list of numbers, a matrix a list of rows: [[1, 2], [3, 4]]"
        raise unexpected(node, "a number", way_out, "JC312")
    value = constants.evaluate(written(node, "a number"))
    if value.ndim:
        raise JacchainError(Problem("JC312", "an entry is one number, and this is more", node.span, help="write the numbers out"))
    return float(value)


def _matrix(rows: list[Array], spans: list[Span]) -> Array:
    """The matrix of rows that are written at some places.  Raises JacchainError (JC312) when their lengths differ."""
    for row, span in zip(rows, spans, strict=True):
        if row.size != rows[0].size:
            first = counted(rows[0].size, "entry")
            message = f"this row has {counted(row.size, 'entry')}, the first has {first}"
            related = ((spans[0], first),)
            raise JacchainError(Problem("JC312", message, span, related=related, help="give every row as many entries"))
    return np.array([np.atleast_1d(row) for row in rows])


def _from_file(node: Mapping, reader: Reader, held: int) -> Array:
    """The numbers of ``{file: weights.npy}``, read beside so many others."""
    if [key.text for key, _ in node.entries] != ["file"]:
        raise unexpected(node, "a number, a list or an expression", "a constant from a file is written {file: weights.npy}")
    return reader(scalar_of(node.entries[0][1], "the name of a file"), held)
