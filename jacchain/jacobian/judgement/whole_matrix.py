"""Mistakes of a whole hand-derived matrix: inverse, transposed, another operation, rows or columns or entries exchanged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from jacchain.expression.program import Instruction
from jacchain.expression.texts import node_text
from jacchain.frozen import replace
from jacchain.jacobian.analytic import derivative_of
from jacchain.jacobian.judgement.diagnosis import NAMED, Mask
from jacchain.jacobian.judgement.repairs import wrong_part
from jacchain.jacobian.judgement.sheet import MANY, Sheet
from jacchain.jacobian.judgement.taken import TAKEN, Taken
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Integers

WIDEST, FEW = 64, 16
"""Inputs up to which an inverse is thought of; entries of a row up to which another order of them is."""
EPSILON = float(np.finfo(float).eps)


def inverse(sheet: Sheet) -> None:
    """The matrix undoes the right one."""
    n = sheet.wrong.shape[0]
    if sheet.wrong.shape != (n, n) or not 1 < n <= WIDEST or sheet.wrong.sum() < n:
        return
    for sight in sheet.sights:
        sizes = np.abs(sight.value) @ np.abs(sight.right)
        room = np.abs(sight.value) @ sight.right_bar + sight.value_bar @ np.abs(sight.right) + 64 * n * EPSILON * sizes
        if not (np.abs(sight.value @ sight.right - np.eye(n)) <= room).all():
            return
    sheet.explain("inverse matrix", "this is the inverse: the derivatives of the inputs by the outputs", sheet.wrong)


def transposed(sheet: Sheet) -> None:
    """The transpose has at most half of the wrong entries."""
    if sheet.wrong.shape[0] != sheet.wrong.shape[1] or not sheet.wrong.any():
        return
    differs = sheet.differs(np.transpose)
    if 2 * differs.sum() <= sheet.wrong.sum():
        sheet.explain("transposed", "the matrix is transposed: rows are outputs, columns are inputs", ~differs)
        sheet.sights, sheet.wrong, sheet.turned = [sight.transposed for sight in sheet.sights], differs, True


def other_operations(sheet: Sheet) -> None:
    """An operation of the function was taken for another one: a matrix for its transpose, a branch for the other."""
    for taken in TAKEN:
        for position, instruction in enumerate(sheet.stage.program.instructions):
            if sheet.wrong.any() and (other := taken.other(instruction)) is not None:
                fits = _fits_with(sheet, position, other, anew=taken.anew)
                if (fits & sheet.wrong).sum() >= taken.least:
                    _explain_operation(sheet, taken, instruction, fits & sheet.wrong)


def _fits_with(sheet: Sheet, position: int, other: Instruction, *, anew: bool) -> Mask:
    """Which entries are right for nothing but another operation in one place; ``anew`` if its values count, too."""
    program = sheet.stage.program
    instructions = (*program.instructions[:position], other, *program.instructions[position + 1 :])
    slipped = replace(program, instructions=instructions)
    fits, differs = np.ones_like(sheet.wrong), np.zeros_like(sheet.wrong)
    for sight in sheet.sights:
        registers = (slipped if anew else program).registers(sight.x[None])
        expected = derivative_of(slipped, registers).linear.dense[0]
        with np.errstate(invalid="ignore"):
            fits &= np.abs(expected - sight.value) <= sight.room(expected)
            differs |= np.abs(expected - sight.right) > 2 * sight.room(expected)
    return fits & differs


def _explain_operation(sheet: Sheet, taken: Taken, instruction: Instruction, entries: Mask) -> None:
    """Notes that an operation was taken for another one; of several worked out together, the first that an entry hangs on."""
    graph = sheet.stage.program.graph
    owners = [output for output in graph.outputs for _ in range(graph.nodes[output].size)]
    reached = graph.ancestors(owners[int(np.argwhere(entries)[0, 0])])
    number = next(number for number in instruction.nodes if number in reached)
    node, text = graph.nodes[number], node_text(graph, number)
    message = taken.says.format(name=node.name or "the matrix", text=text, entries=sheet.names(entries))
    sheet.explain(taken.kind, message, entries, (node.name or text, node.span))


def rows(sheet: Sheet) -> None:
    """Rows stand in one another's place."""
    _misplaced(sheet, lambda matrix: matrix, sheet.verdict.outputs, "rows", "({} are outputs)")


def columns(sheet: Sheet) -> None:
    """Columns stand in one another's place."""
    _misplaced(sheet, np.transpose, sheet.verdict.inputs, "columns", "({} are inputs)")


def exchanged(sheet: Sheet) -> None:
    """Entries of one row stand in one another's place."""
    for i in np.flatnonzero(sheet.wrong.sum(1) > 1)[:MANY]:
        if sheet.wrong[i].sum() <= FEW:
            where = f"in the row of `{sheet.verdict.outputs[i]}`"
            _misplaced(sheet, partial(_row_of, int(i)), sheet.verdict.inputs, "entries", where)


def _misplaced(sheet: Sheet, turned: Callable[[Numbers], Numbers], names: tuple[str, ...], what: str, which: str) -> None:
    """Rows (or columns, of the transpose) stand in one another's place; ``turned`` is a view of a matrix."""
    hurt = np.flatnonzero(turned(sheet.wrong).any(1))
    belongs = {int(row): _same(sheet, turned, int(row), hurt) for row in hurt}
    while belongs:
        first, following = belongs.popitem()
        cycle = [first]
        while following in belongs:
            cycle.append(following)
            following = belongs.pop(following)
        if following != first or len(cycle) < 2:
            continue
        cycle = sorted(cycle)
        explained = np.zeros_like(sheet.wrong)
        turned(explained)[cycle] = True
        listed = " and ".join(f"`{names[row]}`" for row in cycle[:2]) if len(cycle) == 2 else _listed(names, cycle)
        message = f"the {what} of {listed} are exchanged {which.format(what)}"
        sheet.explain(f"{what} exchanged", message, explained)


def _same(sheet: Sheet, turned: Callable[[Numbers], Numbers], row: int, others: Integers) -> int:
    """Which one of other rows of the right matrix is written as a row, -1 when none is, or several."""
    fits = others != row
    for sight in sheet.sights:
        value, value_bar = turned(sight.value)[row], turned(sight.value_bar)[row]
        right, right_bar = turned(sight.right)[others], turned(sight.right_bar)[others]
        fits &= (np.abs(value - right) <= value_bar + right_bar).all(1)
    return int(others[fits][0]) if fits.sum() == 1 else -1


def misread(sheet: Sheet) -> None:
    """A part of an expression of several entries whose repair makes right all there are."""
    if not sheet.wrong.any() or sheet.turned or not 0 < len(sheet.stage.author_spans) < sheet.wrong.size:
        return
    entries = np.argwhere(sheet.wrong | ~sheet.differs(np.positive))
    part = wrong_part(sheet.stage, [(i, j) for i, j in entries.tolist()], sheet.expected(*entries.T))
    if part is not None:
        sheet.blame(part, sheet.wrong)


def _row_of(row: int, matrix: Numbers) -> Numbers:
    """A row of a matrix as a column: a view."""
    return matrix[row : row + 1].T


def _listed(names: tuple[str, ...], chosen: list[int]) -> str:
    """Some names, with commas."""
    shown = ", ".join(f"`{names[position]}`" for position in chosen[:NAMED])
    return shown + (f" and {len(chosen) - NAMED} more" if len(chosen) > NAMED else "")
