"""What a stage would take of the machine's memory, told before any of it is taken."""

from __future__ import annotations

from jacchain.errors import JacchainError, Problem
from jacchain.expression.program import Program
from jacchain.expression.table import ROWS

MOST = 1 << 29
"""Bytes that the full matrices of one stage may take."""

NUMBER = 64
"""Bytes for each entry: a long double, and three copies on the way."""


def refuse_large(name: str, program: Program) -> None:
    """Raises JacchainError (JC451) when a function of vectors has a full Jacobian larger than fits."""
    for instruction in program.instructions:
        row = ROWS.get(instruction.operation)
        size = NUMBER * instruction.size**2
        if row is not None and row.form == "full" and size > MOST:
            message = f"the Jacobian of `{instruction.operation}` in `{name}` would take {size >> 20:,} MiB"
            help_text = f"the limit is {MOST >> 20} MiB, a vector of {int((MOST / NUMBER) ** 0.5):,} components"
            raise JacchainError(Problem("JC451", message, program.graph.nodes[instruction.nodes[0]].span, help=help_text))
