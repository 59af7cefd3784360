"""A graph as a straight line of vector instructions.

All values of a stage live in one array of registers ``(batch, registers)``, each register's batch in one stretch of memory.
Scalar nodes of the same operation and the same height in the graph become one instruction, so a thousand written formulas of
one shape cost as many numpy calls as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from jacchain.expression.arithmetic import Arithmetic, Array
from jacchain.expression.graph import CONDITIONS, CONSTANT, GATHER, INPUT, MATRIX, STACK, WHERE, Graph
from jacchain.expression.table import ROWS
from jacchain.frozen import Frozen
from jacchain.linear.map import LinearMap
from jacchain.linear.pattern import Integers, distinct

Registers = slice | Integers
ELEMENTWISE = {*CONDITIONS, WHERE, GATHER, *(name for name, row in ROWS.items() if row.form == "diagonal")}
"""Operations whose scalar results can be worked out many at a time."""


class Instruction(Frozen):
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


class Program(Frozen):
    """A compiled stage: ``inputs`` numbers in, ``outputs`` numbers out.

    ``start`` holds the constants at their registers; ``results`` are the registers of the outputs; ``first`` is the first
    register of each node.
    """

    graph: Graph
    start: Array
    constants: tuple[Instruction, ...]
    instructions: tuple[Instruction, ...]
    results: Registers
    first: Integers

    @cached_property
    def place(self) -> tuple[slice, ...]:
        """The registers of each node."""
        return tuple(map(slice, self.first.tolist(), self.ends.tolist()))

    @cached_property
    def ends(self) -> Integers:
        """The register behind the last one of each node."""
        return self.first + np.array([node.size for node in self.graph.nodes], np.int64)

    @cached_property
    def blocks(self) -> tuple[slice, ...]:
        """The registers that vary, as they are worked out: those of the inputs, then those of each instruction."""
        return (slice(0, self.inputs), *(instruction.output for instruction in self.instructions))

    @cached_property
    def _numbers(self) -> dict[tuple[int, int], int]:
        """The numbers of the blocks by their ends."""
        return {(block.start, block.stop): number for number, block in enumerate(self.blocks)}

    @cached_property
    def owner(self) -> Integers:
        """For each register the number of its block, -1 for what no input reaches."""
        owner = np.full(self.start.size, -1)
        for number, block in enumerate(self.blocks):
            owner[block] = number
        return owner

    @cached_property
    def known(self) -> Integers:
        """The registers that no input reaches."""
        return np.flatnonzero(self.owner < 0)

    def block_of(self, registers: Registers) -> int | None:
        """The number of the block that some registers are, None when they are not just one."""
        return self._numbers.get((registers.start, registers.stop)) if isinstance(registers, slice) else None

    def by_block(self, registers: Registers) -> list[tuple[int, Integers, Integers]]:
        """Some registers by the block they belong to: its number, which of the given they are, and where they stand in it."""
        places = one_by_one(registers)
        owners = self.owner[places]
        split = [(owner, np.flatnonzero(owners == owner)) for owner in distinct(owners).tolist()]
        return [(owner, positions, places[positions] - self.blocks[owner].start) for owner, positions in split]

    @cached_property
    def result_registers(self) -> Integers:
        """The register of each output."""
        return one_by_one(self.results)

    def node_at(self, register: int) -> tuple[int, int]:
        """The node whose value is in a register, and which of its components that is."""
        number = int(np.flatnonzero((self.first <= register) & (register < self.ends))[0])
        return number, register - int(self.first[number])

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
            registers = np.empty((first.size, points.shape[0]), points.dtype).T
            registers[:, : self.inputs] = points
            registers.T[self.known] = first.T[self.known]
            for instruction in self.instructions:
                execute(arithmetic, instruction, registers)
        return registers


def one_by_one(registers: Registers) -> Integers:
    """The numbers of some registers."""
    return np.arange(registers.start, registers.stop) if isinstance(registers, slice) else registers


def width(registers: Registers) -> int:
    """How many registers they are."""
    return int(registers.stop - registers.start) if isinstance(registers, slice) else registers.size


def read(registers: Array, chosen: Registers) -> Array:
    """The values of some registers, one column for each."""
    return registers[:, chosen] if isinstance(chosen, slice) else registers.T.take(chosen, axis=0).T


def execute(arithmetic: Arithmetic, instruction: Instruction, registers: Array) -> None:
    """Carries out one instruction on every row."""
    arguments = [read(registers, argument) for argument in instruction.arguments]
    registers[:, instruction.output] = apply(arithmetic, instruction, arguments)


def apply(o: Any, instruction: Instruction, arguments: Sequence[Any]) -> Any:
    """What an instruction makes of its arguments ``(batch, width)``, in an arithmetic: numbers, intervals or germs."""
    operation = instruction.operation
    if operation in {GATHER, STACK}:
        return arguments[0]
    if operation == MATRIX:
        return o.matrix(instruction.matrix, arguments[0])
    if operation in CONDITIONS:
        return o.condition(operation, *arguments)
    if operation == WHERE:
        return o.choice(*arguments)
    value = ROWS[operation].value
    assert value is not None
    return value(o, *arguments)


def compile_graph(graph: Graph) -> Program:
    """The program of a graph."""
    nodes, size = graph.nodes, graph.size
    first = np.zeros(len(nodes), np.int64)
    start = [np.zeros(size)]
    for number, node in enumerate(nodes):
        if node.operation == INPUT and node.data is not None:
            first[number] = node.data.flat[0]
        elif node.operation == CONSTANT and node.data is not None:
            first[number] = size
            start.append(node.data.reshape(-1))
            size += node.size
    instructions = []
    for group in _groups(graph):
        begin = size
        if len(group) == 1:
            first[group[0]] = size
            size += nodes[group[0]].size
        else:
            first[np.array(group)] = np.arange(size, size + len(group))
            size += len(group)
        instructions.append(_instruction(graph, group, slice(begin, size), first))
    start.append(np.zeros(size - sum(part.size for part in start)))
    return Program(
        graph,
        np.concatenate(start),
        tuple(instruction for instruction in instructions if not instruction.varies),
        tuple(instruction for instruction in instructions if instruction.varies),
        _registers(graph, graph.outputs, first),
        first,
    )


def _groups(graph: Graph) -> list[tuple[int, ...]]:
    """Nodes that one instruction computes: scalars of one operation and one height together, everything else alone."""
    heights = [0] * len(graph.nodes)
    varies = [node.varies for node in graph.nodes]
    groups: dict[tuple[int, str, tuple[bool, ...], int], list[int]] = {}
    for number, node in enumerate(graph.nodes):
        operation, arguments = node.operation, node.arguments
        if not arguments:
            continue
        height = heights[number] = 1 + max([heights[argument] for argument in arguments])
        alone = -1 if not node.shape and operation in ELEMENTWISE else number
        reads = tuple([varies[argument] for argument in arguments])
        groups.setdefault((height, operation, reads, alone), []).append(number)
    return [tuple(groups[key]) for key in sorted(groups, key=lambda key: (key[0], groups[key][0]))]


def _instruction(graph: Graph, group: tuple[int, ...], output: slice, first: Integers) -> Instruction:
    """The instruction that computes the nodes of a group into the registers ``output``; ``first`` are those of all nodes."""
    nodes = graph.nodes
    node = nodes[group[0]]
    reads: tuple[bool, ...] = (node.varies,)
    if node.operation == STACK:
        arguments: list[Registers] = [_registers(graph, node.arguments, first)]
    elif node.operation == GATHER:
        picked = [first[nodes[number].arguments[0]] + nodes[number].data for number in group]
        arguments = [_simplest(np.concatenate(picked, axis=None).astype(np.int64))]
    elif len(group) == 1:
        arguments = [_registers(graph, (argument,), first) for argument in node.arguments]
        reads = tuple(nodes[argument].varies for argument in node.arguments)
    else:
        table = np.array([nodes[number].arguments for number in group])
        arguments = [_simplest(first[column]) for column in table.T]
        reads = tuple(nodes[argument].varies for argument in node.arguments)
    return Instruction(node.operation, tuple(arguments), output, group, reads, node.data if node.operation == MATRIX else None)


def _registers(graph: Graph, nodes: Sequence[int], first: Integers) -> Registers:
    """The registers of several nodes, one after the other."""
    sizes = np.array([graph.nodes[number].size for number in nodes])
    starts = first[np.array(nodes)]
    if sizes.size == 1:
        return slice(int(starts[0]), int(starts[0] + sizes[0]))
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return _simplest(np.repeat(starts, sizes) + within)


def _simplest(registers: Integers) -> Registers:
    """A slice where the registers are neighbours, else their numbers."""
    first = int(registers[0])
    if np.array_equal(registers, np.arange(first, first + registers.size)):
        return slice(first, first + registers.size)
    return registers


def _is_real(operation: str) -> bool:
    """Whether an operation has no complex form here."""
    return operation in CONDITIONS or (operation in ROWS and ROWS[operation].real)
