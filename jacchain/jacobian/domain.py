"""Where the numbers of a stage fail: which sub-expression is undefined or too large, and what it was given.

A branch that is not taken cannot fail.  Everything an output needs has to be finite, also when a later operation would hide it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jacchain.errors import JacchainError, Problem
from jacchain.expression.arithmetic import Array
from jacchain.expression.formula import node_text
from jacchain.expression.graph import GATHER, MATRIX, STACK, WHERE
from jacchain.expression.program import Instruction, Program, Registers
from jacchain.expression.table import ROWS
from jacchain.jacobian.analytic import Derivative, accumulate
from jacchain.linear.map import Numbers

LARGEST = float(np.finfo(float).max)


def refuse_failures(name: str, program: Program, derivative: Derivative) -> None:
    """Raises JacchainError (JC401-JC404) when a value or a partial derivative of a stage is not a finite double."""
    needed = _needed(program, derivative.registers)
    for instruction in program.constants + program.instructions:
        failing = _failing(derivative.registers[:, instruction.output]) & needed[:, instruction.output]
        if failing.any():
            raise _undefined_value(name, program, instruction, derivative.registers, int(np.argmax(failing[0])))
    if _failing(derivative.values, LARGEST).any():
        output = int(np.argmax(_failing(derivative.values, LARGEST)[0]))
        raise JacchainError(
            Problem("JC402", f"output {output + 1} of `{name}` is larger than any double", help="scale the function")
        )
    if _failing(derivative.linear.values, LARGEST).any():
        raise _undefined_derivative(name, program, derivative, needed)


def _failing(values: Array, largest: float = np.inf) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray(~(np.abs(values) <= largest) | ~np.isfinite(values))


def _needed(program: Program, registers: Array) -> npt.NDArray[np.bool_]:
    """Which registers the outputs really use: of a choice, the condition and the branch taken."""
    needed = np.zeros(registers.shape, bool)
    needed[:, program.results] = True
    for instruction in reversed(program.constants + program.instructions):
        wanted = needed[:, instruction.output]
        if not wanted.any():
            continue
        if instruction.operation == WHERE:
            condition = registers[:, instruction.arguments[0]] != 0
            for argument, mask in zip(instruction.arguments, (wanted, wanted & condition, wanted & ~condition), strict=True):
                _mark(needed, argument, mask)
        elif instruction.operation in {STACK, GATHER} or _is_elementwise(instruction):
            for argument in instruction.arguments:
                _mark(needed, argument, wanted)
        else:
            for argument in instruction.arguments:
                _mark(needed, argument, np.broadcast_to(wanted.any(-1, keepdims=True), wanted.shape))
    return needed


def _is_elementwise(instruction: Instruction) -> bool:
    if instruction.operation == MATRIX:
        return False
    return instruction.operation not in ROWS or ROWS[instruction.operation].form == "diagonal"


def _mark(needed: npt.NDArray[np.bool_], registers: Registers, mask: npt.NDArray[np.bool_]) -> None:
    width = registers.stop - registers.start if isinstance(registers, slice) else registers.size
    if mask.shape[1] != width:
        mask = np.broadcast_to(mask.any(-1, keepdims=True), (mask.shape[0], width))
    if isinstance(registers, slice):
        needed[:, registers] |= mask
    else:
        rows, columns = np.nonzero(mask)
        needed[rows, registers[columns]] = True


def _undefined_value(name: str, program: Program, instruction: Instruction, registers: Array, position: int) -> JacchainError:
    """The error for the first value that fails: the sub-expression, and the numbers it was given."""
    number, component = _node_at(program, instruction, position)
    node = program.graph.nodes[number]
    text = node_text(program.graph, number)
    operands = [registers[0, program.place[argument]] for argument in node.arguments]
    given = ", ".join(
        f"{node_text(program.graph, argument)} = {_shown(values, component)}"
        for argument, values in zip(node.arguments, operands, strict=True)
    )
    value = registers[0, instruction.output][position]
    domain = ROWS[node.operation].domain if node.operation in ROWS else ""
    overflow = np.isinf(value) and not domain
    code, reason = ("JC402", "is larger than any double") if overflow else ("JC401", "is undefined")
    notes = (f"it needs {domain}, with ({ROWS[node.operation].parameters}) its arguments",) if domain else ()
    return JacchainError(
        Problem(code, f"`{text}` in `{name}` {reason} here", node.span, label=given, help="choose another point", notes=notes)
    )


def _undefined_derivative(name: str, program: Program, derivative: Derivative, needed: npt.NDArray[np.bool_]) -> JacchainError:
    """The error for a value that is finite while its derivative is not: the first operation whose partials fail."""
    for instruction, linear in accumulate(program, derivative.registers):
        rows = linear.pattern.rows[_failing(linear.values[0], LARGEST)]
        rows = rows[needed[0, instruction.output][rows]]
        if rows.size:
            number, component = _node_at(program, instruction, int(rows[0]))
            node = program.graph.nodes[number]
            given = ", ".join(
                f"{node_text(program.graph, argument)} = {_shown(derivative.registers[0, program.place[argument]], component)}"
                for argument in node.arguments
            )
            text = node_text(program.graph, number)
            message = f"the derivative of `{text}` in `{name}` is not finite here"
            return JacchainError(Problem("JC403", message, node.span, label=given, help="choose another point"))
    return JacchainError(Problem("JC403", f"a derivative of `{name}` is larger than any double", help="scale the function"))


def _node_at(program: Program, instruction: Instruction, position: int) -> tuple[int, int]:
    """The node that computes a number of an instruction, and which of its components that is."""
    for number in instruction.nodes:
        size = program.graph.nodes[number].size
        if position < size:
            return number, position
        position -= size
    raise AssertionError


def _shown(values: Numbers, component: int) -> str:
    if values.size == 1:
        return f"{float(values[0]):.6g}"
    if component < values.size <= 4:
        return "(" + ", ".join(f"{float(value):.6g}" for value in values) + ")"
    return f"(…, {float(values[min(component, values.size - 1)]):.6g}, …)"
