"""How mathematics writes what a run is about: J₂ᵀ, P1, x ∈ R², the names of points and of components."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from jacchain.chain.plan import Operand
from jacchain.report.document import Role, Run, Runs, runs
from jacchain.report.look import Look
from jacchain.report.notation.number import MARK, number_texts
from jacchain.report.notation.text import SUBSCRIPTS, SUPERSCRIPTS, base

if TYPE_CHECKING:  # widths need no numpy
    from jacchain.linear.map import Numbers
    from jacchain.pipeline.stage import Pipeline

NAMES = 4
"""Names written one by one in a title."""
LIST = 32
"""Characters that a list of more names may take to be written whole."""
NUMBERS = 8
"""Components of a point or a gradient written one by one."""


def jacobian_symbol(number: int) -> str:
    """``J₂``."""
    return f"J{number}".translate(SUBSCRIPTS)


def operand_symbol(operand: Operand) -> str:
    """``J₂ᵀ`` or ``P1``."""
    return f"{jacobian_symbol(operand.number)}ᵀ" if operand.kind == "stage" else f"P{operand.number}"


def space(size: int) -> str:
    """``R`` or ``R²``."""
    return "R" if size == 1 else f"R{str(size).translate(SUPERSCRIPTS)}"


def grouped(names: Sequence[str]) -> list[tuple[str, int]]:
    """The variables that components belong to, each with how many it has: ``v[1], v[2], q`` are two of ``v`` and one ``q``."""
    return [(name, len(list(members))) for name, members in groupby(names, key=base)]


def variables(names: Sequence[str], look: Look) -> Run:
    """The variables of a space: ``x``, or ``(r, theta)``, the middle left out where there are many."""
    groups = [name for name, _ in grouped(names)]
    if len(groups) == 1:
        return Run(groups[0], "name")
    if len(groups) > NAMES and sum(map(len, groups)) + 2 * len(groups) > LIST and not look.full:
        groups = [*groups[: NAMES - 1], "…", groups[-1]]
    return Run(f"({', '.join(groups)})", "name")


def numbers(values: Numbers, look: Look, error_bar: Numbers | None = None) -> Run:
    """``0.5``, or ``(0.05, 0.1)`` for several, with a count of what was left out where they are many."""
    shown = values.size if look.full or values.size <= NUMBERS else NUMBERS - 2
    texts = number_texts(values[:shown].tolist(), look.digits, None if error_bar is None else error_bar.tolist())
    role: Role = "uncertain" if any(MARK in text for text in texts) else "number"
    if shown < values.size:
        texts.append(f"… {values.size - shown:,} more")
    return Run(texts[0] if values.size == 1 else f"({', '.join(texts)})", role)


def point(names: Sequence[str], values: Numbers, look: Look) -> Runs:
    """``x = (0.05, 0.1)`` or ``r = 2, theta = 0.5236``."""
    parts: list[str | Run] = []
    start = 0
    groups = grouped(names)
    shown = groups if look.full or len(groups) <= NUMBERS else groups[: NUMBERS - 2]
    for name, size in shown:
        parts += [", " if parts else "", Run(name, "name"), " = ", numbers(values[start : start + size], look)]
        start += size
    if len(shown) < len(groups):
        parts.append(Run(f", … {len(groups) - len(shown):,} more", "note"))
    return runs(*parts)


def output_names(pipeline: Pipeline) -> list[str]:
    """The outputs of a chain; one that is called like an input has the name of its function before it: ``polar.r``."""
    last = pipeline.stages[-1]
    function = last.name.partition("#")[0]
    return [f"{function}.{name}" if name in pipeline.inputs else name for name in last.outputs]
