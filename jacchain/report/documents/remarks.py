"""Remarks on the point of a run: kinks with the one-sided derivatives, domains, what overflows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.report.document import Block, Paragraph, Run, runs
from jacchain.report.look import Look
from jacchain.report.notation.elision import some_names
from jacchain.report.notation.number import number_text
from jacchain.report.notation.text import component

NAMED = 4
"""Inputs that are named of those of which the same is to be said."""


def remarks(diagnostics: Sequence[Diagnostic], look: Look) -> Iterator[Block]:
    """Every remark on the point, at a kink with the one-sided derivatives, and the Clarke set where that is larger.

    Remarks on one output that differ by the input alone are told once.
    """
    for _, alike in groupby(diagnostics, _but_for_its_input):
        diagnostic, *others = alike
        parts: list[str | Run] = [Run(f"{diagnostic.kind.replace('_', ' ')}: ", "warning"), diagnostic.message]
        if said := _slopes(diagnostic, look):
            parts.append(f"   ({said})")
        if others:
            inputs = [component(other.input) for other in others if other.input is not None]
            parts.append(f"; the same for {some_names(inputs, NAMED, look)}")
        yield Paragraph(runs(*parts))


def _but_for_its_input(diagnostic: Diagnostic) -> tuple[object, ...]:
    """What a remark says, its input left out."""
    of = (diagnostic.kind, diagnostic.code, diagnostic.stage, diagnostic.output, diagnostic.where)
    told = diagnostic.message if diagnostic.input is None else None
    return (*of, diagnostic.left, diagnostic.right, diagnostic.clarke, diagnostic.used, told)


def _slopes(diagnostic: Diagnostic, look: Look) -> str:
    """Both slopes at a kink, and the Clarke set where it goes beyond them; nothing where the message has said all."""
    left, right, clarke = diagnostic.left, diagnostic.right, diagnostic.clarke
    if diagnostic.kind != "kink" or clarke is None or left is None or right is None:
        return ""
    said = f"left {_slope(left, look)}, right {_slope(right, look)}"
    numbers = [slope for slope in (left, right) if isinstance(slope, float)]
    if clarke != (min(numbers, default=None), max(numbers, default=None)):
        return f"{said}, Clarke set [{', '.join(number_text(end, look.digits) for end in clarke)}]"
    return said if left != right else ""


def _slope(slope: float | str, look: Look) -> str:
    return {"domain": "outside the domain"}.get(slope, slope) if isinstance(slope, str) else number_text(slope, look.digits)
