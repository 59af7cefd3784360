"""The error of differences against their step, drawn on logarithmic axes, with the slopes of both sides explained."""

from __future__ import annotations

from math import isfinite, log10

from jacchain.frozen import contents
from jacchain.jacobian.curve import Curve, SchemeCurve
from jacchain.report.document import Block, Column, Document, Figure, Gap, Paragraph, Run, Runs, Table, runs
from jacchain.report.json_text import Json, head, json_bytes
from jacchain.report.look import Look
from jacchain.report.number import number_text
from jacchain.report.text import component

MARGIN = 8
LETTERS = {"forward": "f", "backward": "b", "central": "c", "central4": "4", "complex": "i"}
FLOOR, CEILING = -17, 2
"""Powers of ten, a line for each: errors below are drawn on the lowest line, no double resolves them."""


def curve_document(curve: Curve, look: Look) -> Document:
    """The picture, a line for each scheme, and what the slopes mean."""
    entry = f"∂{component(curve.output)}/∂{component(curve.input)}"
    title = runs(
        Run(entry, "symbol"),
        " of ",
        Run(curve.stage, "name"),
        f" at {component(curve.input)} = {number_text(curve.at, look.digits)}",
    )
    blocks: list[Block] = [
        Paragraph(runs(*title, "   ", Run("the relative error of a difference against its step h", "note"))),
        Gap(),
        Figure(_picture(curve, look)),
        Gap(),
        _schemes(curve),
        Gap(),
        Paragraph(runs(Run("adaptive  ", "heading"), *_adaptive(curve)), hang=10),
        Paragraph(runs(Run(_explanation(curve), "note"))),
        *(Paragraph(runs(Run(remark, "note"))) for remark in curve.remarks),
    ]
    return tuple(blocks)


def curve_json(curve: Curve) -> bytes:
    """The same numbers as one JSON object, under the key ``curve``."""
    record: Json = {**contents(curve), "remarks": list(curve.remarks), "schemes": [contents(scheme) for scheme in curve.schemes]}
    return json_bytes({**head(), "curve": record})


def _picture(curve: Curve, look: Look) -> tuple[Runs, ...]:
    """A letter for each scheme and step; where several fall together the later one is seen."""
    width = max(20, min(look.width - MARGIN - 2, 2 * curve.steps.size))
    exponents = [log10(step) for step in curve.steps.tolist()]
    low, high = min(exponents), max(exponents)
    cells = [[" "] * width for _ in range(CEILING - FLOOR + 1)]
    for scheme in curve.schemes:
        for exponent, error in zip(exponents, scheme.errors.tolist(), strict=True):
            if isfinite(error):
                x = round((exponent - low) / (high - low) * (width - 1))
                cells[_line(error)][x] = LETTERS[scheme.scheme]
    lines: list[Runs] = []
    for number, row in enumerate(cells):
        label = f"1e{CEILING - number:+03d}" if number % 3 == 0 else ""
        lines.append(runs(Run(f"{label:>{MARGIN - 2}} |", "note"), Run("".join(row).rstrip(), "number")))
    axis = f"{'':>{MARGIN - 2}} +{'-' * width}"
    ends = f"{'':>{MARGIN - 1}}h = {10**low:.0e}{'':{max(1, width - 16)}}{10**high:.0e}"
    return (*lines, runs(Run(axis, "note")), runs(Run(ends, "note")))


def _line(error: float) -> int:
    level = min(CEILING, max(FLOOR, log10(error) if error > 0 else FLOOR))
    return round(CEILING - level)


def _schemes(curve: Curve) -> Table:
    columns = (
        Column(""),
        Column("scheme"),
        Column("order", right=True),
        Column("best h", right=True),
        Column("error", right=True),
        Column("h by rule", right=True),
        Column("error", right=True),
        Column("left slope", right=True, optional=1),
        Column("right slope", right=True, optional=1),
    )
    return Table(columns, tuple(_row(scheme) for scheme in curve.schemes))


def _row(scheme: SchemeCurve) -> tuple[Runs, ...]:
    numbers = (scheme.best_step, scheme.best_error, scheme.rule_of_thumb, scheme.error_at_rule)
    return (
        runs(Run(LETTERS[scheme.scheme], "number")),
        runs(Run(scheme.scheme, "name")),
        runs(str(scheme.order)),
        *(runs(number_text(number, 2)) for number in numbers),
        *(runs("-" if slope is None else f"{slope:+.2f}") for slope in (scheme.rounding_slope, scheme.truncation_slope)),
    )


def _adaptive(curve: Curve) -> Runs:
    value, bar = number_text(curve.adaptive, 12), number_text(curve.adaptive_bar, 2)
    return runs(f"{value} ± {bar}, off by {number_text(curve.adaptive_error, 2)} of the derivative, without choosing a step")


def _explanation(curve: Curve) -> str:
    if curve.is_linear:
        return (
            f"{component(curve.output)} is linear in {component(curve.input)}: a difference cuts nothing off, whatever its step, "
            "and there is no V. Only rounding is left, and halving h doubles it, slope -1: the longest step is the best."
        )
    return (
        "Left of the V rounding wins: halving h doubles the error, slope -1. Right of it truncation wins: the slope is the "
        "order of the scheme. The rule of thumb puts h where both are equal, ε^(1/(order+1)) times the size of x; the complex "
        "step cancels nothing and has no left side."
    )
