"""What puts a hand-derived entry right: one part of it replaced by what belongs there.

A part may have the wrong sign, be another function of the same argument (a cosine for a sine), or be the derivative of a function
that belongs there itself; a part of a matrix may also be twice or half of what it should be, in all entries at once.  A repair
counts when it makes right what hangs on it, at every point that it was looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from jacchain.errors import Span
from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import CONDITIONS, CONSTANT, INPUT, Graph
from jacchain.expression.program import Program, execute
from jacchain.expression.table import FUNCTIONS, ROWS, operation
from jacchain.expression.texts import node_text
from jacchain.expression.tree import Call
from jacchain.expression.writer import write
from jacchain.frozen import Frozen
from jacchain.linear.map import Numbers
from jacchain.pipeline.stage import Stage

LARGEST = 1 << 20
"""Numbers that are worked out for all repairs of an entry at one point."""
SAME = 64 * float(np.finfo(float).eps)
"""Relative difference of two doubles that mean the same number."""

# fmt: off
PAIRS = (
    ("sin", "cos"), ("sinh", "cosh"), ("asin", "acos"), ("sin", "sinh"), ("cos", "cosh"), ("tan", "tanh"), ("atan", "atanh"),
    ("exp", "log"), ("exp", "exp2"), ("log", "log2"), ("log", "log10"), ("exp", "expm1"), ("log", "log1p"),
    ("tanh", "sigmoid"), ("sigmoid", "softplus"), ("erf", "normcdf"), ("normcdf", "normpdf"),
    ("sqrt", "square"), ("sqrt", "cbrt"), ("abs", "sign"), ("abs", "relu"), ("floor", "ceil"), ("max", "min"),
    ("max of", "min of"),
)
"""Functions that are taken for one another."""
# fmt: on

SCALES = (("sign", -1.0), ("factor 2", 0.5), ("factor 1/2", 2.0))
"""What is wrong with a part that this factor puts right."""

Entries = Sequence[tuple[int, int]]
"""Rows and columns of a hand-derived Jacobian, as it is written."""
Expected = tuple[Array, Numbers, Numbers]
"""A point, what some entries should be there, and how far off that may be."""
Change = Callable[[Arithmetic, Array, slice], Array]
"""From the registers of an author's program, ``(1, registers)``, what belongs into those of a part."""


class Repair(Frozen):
    """A part of a hand-derived Jacobian, by its nodes, and what belongs in its place: as text, and as numbers."""

    kind: str
    parts: tuple[int, ...]
    instead: str
    change: Change


class Misplaced(Frozen):
    """What is written, what belongs there ``instead``, and where; ``kind`` as in ``SCALES``, ``function`` or ``derivative``."""

    kind: str
    text: str
    instead: str
    span: Span | None


def author_span(stage: Stage, row: int, column: int) -> Span | None:
    """Where an entry of the hand-derived Jacobian of the file is written."""
    output = _author_output(stage, row, column)
    return stage.author_spans[output] if output < len(stage.author_spans) else stage.span


def negated_part(stage: Stage, entry: tuple[int, int], expected: Sequence[Expected]) -> Misplaced | None:
    """The largest part inside a hand-derived entry that makes it what is ``expected`` when its sign is turned; None for none."""
    author = _author(stage)
    parts = _parts(author.graph, _output(stage, entry))[1:]
    return _first(stage, [entry], [Repair("sign", (part,), "", partial(_scaled, -1.0)) for part in parts], expected)


def wrong_function(stage: Stage, entry: tuple[int, int], expected: Sequence[Expected]) -> Misplaced | None:
    """A part of a hand-derived entry that makes it what is ``expected`` when another function takes its place; None for none.

    Either the function itself is another one, or its derivative stands where it belongs itself.
    """
    author = _author(stage)
    parts = _parts(author.graph, _output(stage, entry))
    repairs = [repair for part in parts for repair in _others(author, part)]
    repairs += [repair for part in parts for repair in _underived(stage, part, [x for x, _, _ in expected])]
    return _first(stage, [entry], repairs, expected)


def wrong_part(stage: Stage, entries: Entries, expected: Sequence[Expected]) -> Misplaced | None:
    """The largest part of a matrix whose repair, in all rows, makes all entries what is ``expected``; None for none."""
    author = _author(stage)
    repairs: list[Repair] = []
    for parts in _places(stage):
        repairs += [Repair(kind, parts, "", partial(_scaled, factor)) for kind, factor in SCALES]
        repairs += _others(author, parts[0]) if len(parts) == 1 else ()
    return _first(stage, entries, repairs, expected)


def _places(stage: Stage) -> list[tuple[int, ...]]:
    """For each part that is written in a matrix, the nodes of its rows; the larger first, and not the whole."""
    graph, spans = _author(stage).graph, stage.author_spans
    whole = Span(spans[0].source, spans[0].start, spans[-1].end)
    found: dict[Span, list[int]] = {}
    for number in dict.fromkeys(part for output in dict.fromkeys(graph.outputs) for part in _parts(graph, output)):
        span = graph.nodes[number].span
        if span is not None and _within(span, whole) is span and span != whole:
            found.setdefault(span, []).append(number)
    inside = {
        span: {argument for number in numbers for argument in graph.nodes[number].arguments} for span, numbers in found.items()
    }
    return [tuple(number for number in numbers if number not in inside[span]) for span, numbers in found.items()]


def _first(stage: Stage, entries: Entries, repairs: list[Repair], expected: Sequence[Expected]) -> Misplaced | None:
    """The first of some repairs that makes some entries right at all points."""
    author = _author(stage)
    if not repairs or len(repairs) * author.start.size > LARGEST:
        return None
    registers = author.result_registers[[row * len(stage.inputs) + column for row, column in entries]]
    right = np.ones(len(repairs), bool)
    for x, value, bar in expected:
        with np.errstate(invalid="ignore"):
            right &= (np.abs(_repaired(author, x, repairs)[:, registers] - value) <= bar + SAME * abs(value)).all(1)
    if not right.any():
        return None
    repair = repairs[int(right.argmax())]
    first, last = (author_span(stage, *entry) for entry in (entries[0], entries[-1]))
    outer = first and last and Span(first.source, first.start, last.end)
    span = _within(author.graph.nodes[repair.parts[0]].span, outer)
    return Misplaced(repair.kind, _text(author.graph, repair.parts[0]), repair.instead, span)


def _text(graph: Graph, part: int) -> str:
    """A part as it is written; what is inside an abbreviation, as it would be."""
    place = graph.nodes[part].part
    tree = place and place.tree
    row = ROWS.get(operation(tree.name, len(tree.arguments)) or "") if isinstance(tree, Call) and tree.name in FUNCTIONS else None
    if place is None or tree is None or (row is not None and row.defined):
        return node_text(graph, part)
    return write(tree)


def _others(author: Program, part: int) -> Iterator[Repair]:
    """The functions that a part may have been mistaken for."""
    node = author.graph.nodes[part]
    text = _text(author.graph, part)
    places = [author.place[argument] for argument in node.arguments]
    for pair in PAIRS:
        for one, other in (pair, pair[::-1]):
            name = one.removesuffix(" of")
            if node.operation == one and text.startswith(f"{name}("):
                yield Repair(
                    "function", (part,), f"{other.removesuffix(' of')}{text[len(name) :]}", partial(_valued, other, places)
                )


def _underived(stage: Stage, part: int, points: Sequence[Array]) -> Iterator[Repair]:
    """The functions of the stage whose derivative a part is, at every point."""
    author, program = _author(stage), stage.program
    place = author.place[part]
    written = [author.registers(x[None])[0, place] for x in points]
    if written[0].size != 1:
        return
    registers = [program.registers(x[None]) for x in points]
    for instruction in program.instructions:
        row = ROWS.get(instruction.operation)
        if instruction.operation not in FUNCTIONS or row is None or row.rule is None or len(instruction.arguments) != 1:
            continue
        if row.form != "diagonal":
            continue
        fits = np.ones(instruction.size, bool)
        for numbers, found in zip(registers, written, strict=True):
            y, x = numbers[:, instruction.output], numbers[:, instruction.arguments[0]]
            with np.errstate(all="ignore"):
                slope = np.broadcast_to(np.asarray(row.rule(Arithmetic(numbers.dtype), y, x)[0]), y.shape)[0]
                fits &= (np.abs(slope - found) <= SAME * np.abs(found)) & (np.abs(slope - y[0]) > SAME * np.abs(slope))
        for position in np.flatnonzero(fits):
            register = instruction.output.start + int(position)
            number, _ = program.node_at(register)
            change = partial(_as_in, program, register)
            yield Repair("derivative", (part,), node_text(program.graph, number), change)


def _scaled(factor: float, _arithmetic: Arithmetic, registers: Array, place: slice) -> Array:
    return np.asarray(factor * registers[:, place])


def _valued(name: str, places: Sequence[slice], arithmetic: Arithmetic, registers: Array, _place: slice) -> Array:
    """Another function of the same arguments."""
    value = ROWS[name].value
    assert value is not None
    return np.asarray(value(arithmetic, *(registers[:, place] for place in places)))


def _as_in(program: Program, register: int, _arithmetic: Arithmetic, registers: Array, _place: slice) -> Array:
    """What a register of the function itself holds at the same point."""
    return program.registers(registers[:, : program.inputs])[:, register : register + 1]


def _repaired(program: Program, x: Array, repairs: Sequence[Repair]) -> Array:
    """The registers of an author's program at x, in each row with one repair made."""
    registers = np.repeat(program.start.astype(x.dtype)[None], len(repairs), axis=0)
    registers[:, : program.inputs] = x
    arithmetic = Arithmetic(x.dtype)
    with np.errstate(all="ignore"):
        for instruction in program.constants + program.instructions:
            execute(arithmetic, instruction, registers)
            for row, repair in enumerate(repairs):
                for part in repair.parts:
                    if part in instruction.nodes:
                        place = program.place[part]
                        registers[row, place] = repair.change(arithmetic, registers[row : row + 1], place)[0]
    return registers


def _author(stage: Stage) -> Program:
    assert stage.author is not None
    return stage.author


def _output(stage: Stage, entry: tuple[int, int]) -> int:
    """The node of the author's graph that is, or holds, an entry."""
    return _author(stage).graph.outputs[_author_output(stage, *entry)]


def _author_output(stage: Stage, row: int, column: int) -> int:
    """Which output of the author's graph holds an entry."""
    graph = _author(stage).graph
    ends = np.cumsum([graph.nodes[output].size for output in graph.outputs])
    return int(np.searchsorted(ends, row * len(stage.inputs) + column, side="right"))


def _parts(graph: Graph, output: int) -> list[int]:
    """A node, and the operations inside, larger ones first."""
    seen: dict[int, None] = {}
    pending = [output]
    for number in pending:
        node = graph.nodes[number]
        if number not in seen and node.operation not in {INPUT, CONSTANT, *CONDITIONS}:
            seen[number] = None
            pending.extend(node.arguments)
    return list(seen)


def _within(span: Span | None, outer: Span | None) -> Span | None:
    """The span of a part if it lies inside the entry; equal parts are kept once, perhaps where they stood first."""
    if span is None or outer is None:
        return outer
    inside = span.source is outer.source and outer.start <= span.start and span.end <= outer.end
    return span if inside else outer
