"""What puts a hand-derived entry right: one part of it replaced by what belongs there.

A part may have the wrong sign, be another function of the same argument (a cosine for a sine), or be the derivative of a function
that belongs there itself.  A repair counts when it makes the entry right at every point that it was looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from jacchain.errors import Span
from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import CONDITIONS, CONSTANT, INPUT, Graph
from jacchain.expression.program import Program, execute
from jacchain.expression.table import FUNCTIONS, ROWS
from jacchain.expression.texts import node_text
from jacchain.frozen import Frozen
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

Expected = tuple[Array, float, float]
"""A point, what an entry should be there, and how far off that may be."""
Change = Callable[[Arithmetic, Array], Array]
"""From the registers of an author's program, ``(1, registers)``, what belongs in the place of a part."""


class Repair(Frozen):
    """A part of a hand-derived Jacobian, by its node, and what belongs in its place: as text, and as numbers."""

    kind: str
    part: int
    instead: str
    change: Change


class Misplaced(Frozen):
    """What is written, what belongs there ``instead``, and where; ``kind`` is ``sign``, ``function`` or ``derivative``."""

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
    repairs = [
        Repair("sign", part, f"-{node_text(author.graph, part)}", partial(_negated, author.place[part]))
        for part in _parts(author.graph, _output(stage, entry))[1:]
    ]
    return _first(stage, entry, repairs, expected)


def wrong_function(stage: Stage, entry: tuple[int, int], expected: Sequence[Expected]) -> Misplaced | None:
    """A part of a hand-derived entry that makes it what is ``expected`` when another function takes its place; None for none.

    Either the function itself is another one, or its derivative stands where it belongs itself.
    """
    author = _author(stage)
    parts = _parts(author.graph, _output(stage, entry))
    repairs = [repair for part in parts for repair in _others(author, part)]
    repairs += [repair for part in parts for repair in _underived(stage, part, [x for x, _, _ in expected])]
    return _first(stage, entry, repairs, expected)


def _first(stage: Stage, entry: tuple[int, int], repairs: list[Repair], expected: Sequence[Expected]) -> Misplaced | None:
    """The first of some repairs that makes an entry right at all points."""
    author = _author(stage)
    if not repairs or len(repairs) * author.start.size > LARGEST:
        return None
    register = int(author.result_registers[entry[0] * len(stage.inputs) + entry[1]])
    right = np.ones(len(repairs), bool)
    for x, value, bar in expected:
        with np.errstate(invalid="ignore"):
            right &= np.abs(_repaired(author, x, repairs)[:, register] - value) <= bar + SAME * abs(value)
    if not right.any():
        return None
    repair = repairs[int(right.argmax())]
    span = _within(author.graph.nodes[repair.part].span, author_span(stage, *entry))
    return Misplaced(repair.kind, node_text(author.graph, repair.part), repair.instead, span)


def _others(author: Program, part: int) -> Iterator[Repair]:
    """The functions that a part may have been mistaken for."""
    node = author.graph.nodes[part]
    text = node_text(author.graph, part)
    places = [author.place[argument] for argument in node.arguments]
    for pair in PAIRS:
        for one, other in (pair, pair[::-1]):
            name = one.removesuffix(" of")
            if node.operation == one and text.startswith(f"{name}("):
                yield Repair("function", part, f"{other.removesuffix(' of')}{text[len(name) :]}", partial(_valued, other, places))


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
            yield Repair("derivative", part, node_text(program.graph, number), change)


def _negated(place: slice, _arithmetic: Arithmetic, registers: Array) -> Array:
    return np.asarray(-registers[:, place])


def _valued(name: str, places: Sequence[slice], arithmetic: Arithmetic, registers: Array) -> Array:
    """Another function of the same arguments."""
    value = ROWS[name].value
    assert value is not None
    return np.asarray(value(arithmetic, *(registers[:, place] for place in places)))


def _as_in(program: Program, register: int, _arithmetic: Arithmetic, registers: Array) -> Array:
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
                if repair.part in instruction.nodes:
                    registers[row, program.place[repair.part]] = repair.change(arithmetic, registers[row : row + 1])[0]
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
    seen: list[int] = []
    pending = [output]
    while pending:
        number = pending.pop(0)
        node = graph.nodes[number]
        if number not in seen and node.operation not in {INPUT, CONSTANT, *CONDITIONS}:
            seen.append(number)
            pending.extend(node.arguments)
    return seen


def _within(span: Span | None, outer: Span | None) -> Span | None:
    """The span of a part if it lies inside the entry; equal parts are kept once, perhaps where they stood first."""
    if span is None or outer is None:
        return outer
    inside = span.source is outer.source and outer.start <= span.start and span.end <= outer.end
    return span if inside else outer
