"""Where the numbers of a stage fail: which sub-expression is undefined or too large, and what it was given.

A branch that is not taken cannot fail.  Everything an output needs has to be finite, also when a later operation would hide it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jacchain.errors import JacchainError, Problem
from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import CONSTANT, Node
from jacchain.expression.program import Program, read
from jacchain.expression.table import ROWS
from jacchain.expression.texts import node_text
from jacchain.frozen import replace
from jacchain.jacobian.analytic import Derivative, accumulate
from jacchain.jacobian.dependence import Mask
from jacchain.jacobian.nonsmooth.limits import outside
from jacchain.linear.map import LARGEST_EXPONENT, Numbers

STEPS = 8
"""Numbers that led to a problem which are all told; of more the first and the last."""


def refuse_values(name: str, program: Program, registers: Array, used: Mask) -> None:
    """Raises JacchainError (JC401, JC402) when something an output uses is undefined or larger than any double."""
    failing = ~np.isfinite(registers) & used
    for instruction in program.constants + program.instructions if failing.any() else ():
        if failing[:, instruction.output].any():
            raise _undefined_value(
                name, program, registers, instruction.output.start + int(np.argmax(failing[0, instruction.output]))
            )
    for instruction, fails in outside(program, registers, used):
        raise _undefined_value(name, program, registers, instruction.output.start + int(np.argmax(fails[0])))
    if (beyond := _beyond(read(registers, program.results))).any():
        raise _too_large(name, program, registers, int(program.result_registers[np.argmax(beyond[0])]))


def fails(program: Program, derivative: Derivative, used: Mask) -> Mask:
    """The points of a batch at which :func:`refuse_values` or :func:`refuse_derivatives` would refuse a number: ``(batch,)``."""
    wrong = [_beyond(derivative.values), _beyond(derivative.linear.values), ~np.isfinite(derivative.registers) & used]
    wrong += [outer for _, outer in outside(program, derivative.registers, used)]
    found = np.zeros(len(used), bool)
    for numbers in wrong:
        if numbers.any():
            found |= numbers.any(1)
    return found


def refuse_derivatives(name: str, program: Program, derivative: Derivative, used: Mask) -> None:
    """Raises JacchainError (JC403) when a partial derivative of a stage is not a finite double."""
    linear = derivative.linear
    if not linear.magnitude < LARGEST_EXPONENT and _beyond(linear.values).any():
        raise _undefined_derivative(name, program, derivative, used)


def _beyond(values: Array) -> Mask:
    """What is not finite as a double."""
    with np.errstate(over="ignore"):
        return np.asarray(~np.isfinite(values.astype(float, copy=False)))


def _undefined_value(name: str, program: Program, registers: Array, register: int) -> JacchainError:
    """The error for the first value that fails: the sub-expression in a register, and the numbers it was given."""
    text, node, given = _at_fault(program, registers, register)
    domain = ROWS[node.operation].domain if node.operation in ROWS else ""
    overflow = np.isinf(registers[0, register]) and not domain
    code, kind, reason = (
        ("JC402", "overflow", "is larger than any double") if overflow else ("JC401", "domain_error", "is undefined")
    )
    notes = (f"`{_general(node.operation)}` is defined for {domain}",) if domain else ()
    message = f"`{text}` in `{name}` {reason} here"
    return JacchainError(Problem(code, message, node.span, label=given, help="choose another point", notes=notes, kind=kind))


def _too_large(name: str, program: Program, registers: Array, register: int) -> JacchainError:
    """The error for an output that is finite in the numbers it was worked out in and is no double."""
    text, node, given = _at_fault(program, registers, register)
    message = f"`{text}` in `{name}` is larger than any double here"
    return JacchainError(Problem("JC402", message, node.span, label=given, help="scale the function", kind="overflow"))


def _at_fault(program: Program, registers: Array, register: int) -> tuple[str, Node, str]:
    """The sub-expression in a register as text, its node, and the numbers it was given."""
    number, component = program.node_at(register)
    node = program.graph.nodes[number]
    return node_text(program.graph, number), node, _given(program, node, registers, component)


def _general(operation: str) -> str:
    """How an operation is written with the names of its arguments: ``log(x)``, ``x^p``."""
    parameters = ROWS[operation].parameters
    if operation[0].isalpha():
        return f"{operation.partition(' ')[0]}({parameters})"
    return operation[0].join(parameters.split(", "))


def _undefined_derivative(name: str, program: Program, derivative: Derivative, used: Mask) -> JacchainError:
    """The error for a value that is finite while its derivative is not: the first operation whose partials fail."""
    for instruction, linear in accumulate(program, derivative.registers):
        rows = linear.pattern.rows[_beyond(linear.values[0])]
        rows = rows[used[0, instruction.output][rows]]
        if rows.size:
            text, node, given = _at_fault(program, derivative.registers, instruction.output.start + int(rows[0]))
            message = f"the derivative of `{text}` in `{name}` is not finite here"
            return JacchainError(Problem("JC403", message, node.span, label=given, help="choose another point", kind="overflow"))
    return JacchainError(
        Problem("JC403", f"a derivative of `{name}` is larger than any double", help="scale the function", kind="overflow")
    )


def _given(program: Program, node: Node, registers: Array, component: int) -> str:
    """The numbers an operation was given; what is a literal in its text needs no repeating."""
    given = (
        f"{node_text(program.graph, argument)} = {_shown(registers[0, program.place[argument]], component)}"
        for argument in node.arguments
        if program.graph.nodes[argument].operation != CONSTANT or program.graph.nodes[argument].name
    )
    return ", ".join(dict.fromkeys(given))


def led_here(problems: Sequence[Problem], steps: Sequence[tuple[str, Numbers]]) -> list[Problem]:
    """Problems with the numbers that led to them: the inputs, then the value of every stage before the one that failed."""
    told = [f"{name} = {_shown(np.asarray(numbers), 0)}" for name, numbers in steps]
    way = ", ".join(told if len(told) <= STEPS else [*told[: STEPS // 2], "…", *told[-STEPS // 2 :]])
    return [replace(problem, notes=(*problem.notes, f"on the way here: {way}")) for problem in problems]


def _shown(values: Numbers, component: int) -> str:
    """A number, a short vector, or one component of a long one."""
    if values.size == 1:
        return f"{float(values[0]) + 0.0:.6g}"
    if component < values.size <= 4:
        return "(" + ", ".join(f"{float(value) + 0.0:.6g}" for value in values) + ")"
    return f"(…, {float(values[min(component, values.size - 1)]):.6g}, …)"
