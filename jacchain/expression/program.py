"""A graph as a straight line of vector instructions.

All values of a stage live in one array of registers ``(batch, registers)``, each register's batch in one stretch of memory.
Scalar nodes of the same operation and the same height in the graph become one instruction, so a thousand written formulas of
one shape cost as many numpy calls as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import CONDITIONS, CONSTANT, GATHER, INPUT, MATRIX, STACK, WHERE, Graph, Node
from jacchain.expression.table import ROWS
from jacchain.linear.map import LinearMap
from jacchain.linear.pattern import Integers

Registers = slice | Integers
COMPARE = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
}


@dataclass(frozen=True, eq=False)
class Instruction:
    """One operation on vectors: ``registers[:, output] = operation(registers[:, a], ...)``.

    ``varies`` says for the output and ``reads`` for each argument whether an input reaches it;
    ``nodes`` are the nodes it computes.
    """

    operation: str
    arguments: tuple[Registers, ...]
    output: slice
    nodes: tuple[int, ...]
    reads: tuple[bool, ...]
    matrix: Array | None = None

    @property
    def varies(self) -> bool:
        """Whether an input reaches it."""
        return any(self.reads)

    @cached_property
    def linear(self) -> LinearMap:
        """The matrix of a product as a linear map, its zeros structural."""
        assert self.matrix is not None
        return LinearMap.constant(self.matrix)

    @property
    def size(self) -> int:
        """Numbers it makes."""
        return int(self.output.stop - self.output.start)


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled stage: ``inputs`` numbers in, ``outputs`` numbers out.

    ``start`` holds the constants at their registers; ``results`` are the registers of the outputs.
    """

    graph: Graph
    start: Array
    constants: tuple[Instruction, ...]
    instructions: tuple[Instruction, ...]
    results: Registers
    place: tuple[Registers, ...]

    @property
    def inputs(self) -> int:
        """Numbers it takes."""
        return self.graph.size

    @property
    def outputs(self) -> int:
        """Numbers it makes."""
        return self.graph.output_size

    @cached_property
    def real(self) -> bool:
        """Whether some function has no complex form here (so that a complex step is not to be had)."""
        return any(_is_real(node.operation) for node in self.graph.nodes)

    @cached_property
    def double(self) -> bool:
        """Whether some function is computed in doubles only (erf and its family)."""
        return any(node.operation in ROWS and ROWS[node.operation].double for node in self.graph.nodes)

    def values(self, points: Array) -> Array:
        """The outputs at each row of ``points``, of shape ``(batch, outputs)``, in the type of the points.

        Never raises for the numbers: what is undefined is NaN, what overflows is infinite.
        """
        return np.ascontiguousarray(read(self.registers(points), self.results))

    def registers(self, points: Array) -> Array:
        """The value of every node at each row of ``points``, of shape ``(batch, registers)``."""
        arithmetic = Arithmetic(points.dtype)
        first = self.start.astype(points.dtype)[None]
        with np.errstate(all="ignore"):
            for instruction in self.constants:
                execute(arithmetic, instruction, first)
            registers = np.repeat(first.T, points.shape[0], axis=1).T
            registers[:, : self.inputs] = points
            for instruction in self.instructions:
                execute(arithmetic, instruction, registers)
        return registers


def read(registers: Array, chosen: Registers) -> Array:
    """The values of some registers, one column for each."""
    return registers[:, chosen] if isinstance(chosen, slice) else registers.T.take(chosen, axis=0).T


def execute(arithmetic: Arithmetic, instruction: Instruction, registers: Array) -> None:
    """Carries out one instruction on every row."""
    arguments = [read(registers, argument) for argument in instruction.arguments]
    operation = instruction.operation
    if operation in {GATHER, STACK}:
        value = arguments[0]
    elif operation == MATRIX:
        value = matrix_times(instruction.matrix, arguments[0])
    elif operation in COMPARE:
        value = COMPARE[operation](*(argument.real for argument in arguments))
    elif operation == WHERE:
        value = np.where(arguments[0] != 0, arguments[1], arguments[2])
    else:
        row = ROWS[operation]
        assert row.value is not None
        value = row.value(arithmetic, *arguments)
    registers[:, instruction.output] = value


def matrix_times(matrix: Array | None, vectors: Array) -> Array:
    """``matrix @ v`` for each row v."""
    assert matrix is not None
    return np.asarray((matrix @ vectors[0])[None] if vectors.shape[0] == 1 else vectors @ matrix.T)


def compile_graph(graph: Graph) -> Program:
    """The program of a graph."""
    size = graph.size
    place: dict[int, slice] = {}
    for number, node in enumerate(graph.nodes):
        if node.operation == INPUT and node.data is not None:
            first = int(node.data.flat[0])
            place[number] = slice(first, first + node.size)
    start = [np.zeros(size)]
    for number, node in enumerate(graph.nodes):
        if node.operation == CONSTANT and node.data is not None:
            place[number] = slice(size, size + node.size)
            start.append(node.data.reshape(-1))
            size += node.size
    groups = _groups(graph)
    instructions = []
    for group in groups:
        output = slice(size, size + sum(graph.nodes[number].size for number in group))
        for number in group:
            place[number] = slice(size, size + graph.nodes[number].size)
            size += graph.nodes[number].size
        instructions.append(_instruction(graph, group, output, place))
    start.append(np.zeros(size - sum(part.size for part in start)))
    return Program(
        graph,
        np.concatenate(start),
        tuple(instruction for instruction in instructions if not instruction.varies),
        tuple(instruction for instruction in instructions if instruction.varies),
        _join([place[output] for output in graph.outputs]),
        tuple(place[number] for number in range(len(graph.nodes))),
    )


def _groups(graph: Graph) -> list[tuple[int, ...]]:
    """Nodes that one instruction computes: scalars of one operation and one height together, everything else alone."""
    heights = [0] * len(graph.nodes)
    groups: dict[tuple[int, str, bool, tuple[bool, ...], int], list[int]] = {}
    for number, node in enumerate(graph.nodes):
        if node.operation in {INPUT, CONSTANT}:
            continue
        heights[number] = 1 + max(heights[argument] for argument in node.arguments)
        alone = -1 if not node.shape and _is_elementwise(graph, node) else number
        reads = tuple(graph.nodes[argument].varies for argument in node.arguments)
        groups.setdefault((heights[number], node.operation, node.varies, reads, alone), []).append(number)
    return [tuple(groups[key]) for key in sorted(groups, key=lambda key: (key[0], groups[key][0]))]


def _is_elementwise(graph: Graph, node: Node) -> bool:
    if any(graph.nodes[argument].shape for argument in node.arguments) and node.operation != GATHER:
        return False
    return node.operation in CONDITIONS or node.operation in {WHERE, GATHER} or ROWS[node.operation].form == "diagonal"


def _instruction(graph: Graph, group: tuple[int, ...], output: slice, place: dict[int, slice]) -> Instruction:
    node = graph.nodes[group[0]]
    reads: tuple[bool, ...]
    if node.operation == STACK:
        arguments: list[Registers] = [_join([place[argument] for argument in node.arguments])]
        reads = (node.varies,)
    elif node.operation == GATHER:
        picked = []
        for number in group:
            item = graph.nodes[number]
            assert item.data is not None
            picked.append(place[item.arguments[0]].start + item.data.astype(np.int64).reshape(-1))
        arguments, reads = [_simplest(np.concatenate(picked))], (node.varies,)
    else:
        arguments = [
            _join([place[graph.nodes[number].arguments[position]] for number in group]) for position in range(len(node.arguments))
        ]
        reads = tuple(graph.nodes[argument].varies for argument in node.arguments)
    return Instruction(node.operation, tuple(arguments), output, group, reads, node.data if node.operation == MATRIX else None)


def _join(slices: Sequence[slice]) -> Registers:
    """The registers of several nodes, one after the other."""
    if len(slices) == 1:
        return slices[0]
    return _simplest(np.concatenate([np.arange(part.start, part.stop) for part in slices]))


def _simplest(registers: Integers) -> Registers:
    """A slice where the registers are neighbours, else their numbers."""
    first = int(registers[0])
    if np.array_equal(registers, np.arange(first, first + registers.size)):
        return slice(first, first + registers.size)
    return registers


def _is_real(operation: str) -> bool:
    return operation in COMPARE or (operation in ROWS and ROWS[operation].real)
