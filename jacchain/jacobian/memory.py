"""What the Jacobians of a chain would take of the machine's memory, told from sizes alone before any of it is taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jacchain.errors import Span
from jacchain.expression.graph import CONDITIONS, MATRIX
from jacchain.expression.program import Instruction, Program
from jacchain.expression.table import ROWS
from jacchain.frozen import Frozen
from jacchain.jacobian.analytic import working_type
from jacchain.jacobian.dependence import is_elementwise
from jacchain.linear.pattern import Integers
from jacchain.memory import claim
from jacchain.pipeline.stage import Stage

DOUBLE = 8
"""Bytes of a double."""
PLACE = 24
"""Bytes that the place of an entry takes in a map that is not full: its row, its column, and its position on the way."""
COPIES = 3
"""How many times the largest map of a stage is there at once, while a term is multiplied and added."""

MATRIX_COPIES = 2
"""How many times a constant matrix is there: as it is, and what is made of it for an error bar or a transpose."""

DIFFERENCED = 160
"""Bytes for each entry of a Jacobian by differences: what was found on both sides, with bars and places; measured."""

Sizes = tuple[int, tuple[int, int]]
"""The entries of a map that may be nonzero, and its shape."""


class Need(Frozen, eq=True):
    """Bytes of a Jacobian at the ``peak`` of working it out, and ``kept`` with its transpose; its ``largest`` full operation."""

    peak: int
    kept: int
    largest: Instruction | None


def claim_stages(stages: Sequence[Stage], points: int = 1) -> None:
    """Raises JacchainError (JC451) at the first stage whose Jacobian, at so many points, does not fit beside those before it."""
    needs: dict[int, Need] = {}
    kept = MATRIX_COPIES * _matrices([stage.program for stage in stages])
    for stage in stages:
        need = needs.get(id(stage.program)) or needs.setdefault(id(stage.program), need_of(stage.program))
        what, span = f"the Jacobian of `{stage.name}`", stage.span
        if need.largest is not None:
            node = stage.program.graph.nodes[need.largest.nodes[0]]
            what, span = f"the Jacobian of `{node.operation}` in `{stage.name}`", node.span or span
        claim(kept + points * need.peak, what, span, "work with smaller vectors")
        kept += need.kept


def _matrices(programs: Sequence[Program]) -> int:
    """Bytes of all constant matrices."""
    matrices = (instruction.matrix for program in programs for instruction in program.instructions)
    return sum({id(matrix): matrix.nbytes for matrix in matrices if matrix is not None}.values())


def need_of(program: Program) -> Need:
    """What it takes to differentiate a program at one point: an upper bound on the entries of every map on the way."""
    item, n = working_type(program).itemsize, program.inputs
    counts = np.zeros(program.start.size, np.int64)
    counts[:n] = 1
    total = most = 0
    largest: Instruction | None = None
    for instruction in program.instructions:
        counts[instruction.output] = np.minimum(_reached(instruction, counts), n)
        size = _size(instruction, counts, n, item)
        total += size
        most = max(most, size)
        if _is_full(instruction) and (largest is None or instruction.size > largest.size):
            largest = instruction
    kept = 2 * _bytes(counts[program.results], n, DOUBLE)
    return Need(program.start.size * (DOUBLE + item) + total + (COPIES - 1) * most + kept, kept, largest)


def _reached(instruction: Instruction, counts: Integers) -> Integers:
    """How many inputs may reach each number of an instruction."""
    parts = [counts[argument] for argument in instruction.arguments]
    if instruction.operation == MATRIX:
        assert instruction.matrix is not None
        used = instruction.matrix != 0
        return np.full(len(used), parts[0].sum()) if used.all() else np.asarray(used @ parts[0])
    if is_elementwise(instruction):
        return np.asarray(sum(np.broadcast_to(part, instruction.size) for part in parts))
    return np.full(instruction.size, sum(int(part.sum()) for part in parts))


def _size(instruction: Instruction, counts: Integers, n: int, item: int) -> int:
    """Bytes of the map of an instruction, and of its local one where that is a full matrix."""
    made = counts[instruction.output]
    if instruction.operation in CONDITIONS or not made.any():
        return 0
    local = instruction.size**2 * item if _is_full(instruction) else 0
    read = [counts[argument] for argument in instruction.arguments if counts[argument].any()]
    is_scaled = instruction.operation in ROWS and is_elementwise(instruction) and len(read) == 1 and read[0].size == made.size
    if (is_scaled and (made == n).all()) or (instruction.operation == MATRIX and (read[0] == 1).all()):
        return made.size * item  # factors beside a matrix that is there already
    return local + _bytes(made, n, item)


def _is_full(instruction: Instruction) -> bool:
    """Whether every number it makes may depend on every number it is given."""
    return instruction.operation in ROWS and ROWS[instruction.operation].form == "full"


def _bytes(counts: Integers, n: int, item: int) -> int:
    """Bytes of a map of ``n`` columns with so many entries in each row, each number of ``item`` bytes."""
    entries = int(counts.sum())
    return entries * (item if entries == counts.size * n else item + PLACE)


def claim_differences(name: str, entries: int, span: Span | None) -> None:
    """Raises JacchainError (JC451) when differences for so many entries of a Jacobian do not fit."""
    claim(DIFFERENCED * entries, f"the differences for {entries:,} entries of `{name}`", span, "work with smaller vectors")


def claim_products(jacobians: Sequence[Sizes], products: Sequence[Sizes]) -> None:
    """Raises JacchainError (JC451) at the first product that does not fit beside the Jacobians and the products before it."""
    kept = sum(_entries_size(*sizes) for sizes in jacobians)
    for number, sizes in enumerate(products, 1):
        kept += _entries_size(*sizes)
        claim(kept, f"the product P{number} and all before it", way_out="work with smaller vectors")


def _entries_size(entries: int, shape: tuple[int, int]) -> int:
    """Bytes of a map and of its transpose."""
    return 2 * entries * (DOUBLE if entries == shape[0] * shape[1] else DOUBLE + PLACE)
