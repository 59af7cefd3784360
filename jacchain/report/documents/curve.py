"""The error of differences against their step, drawn on logarithmic axes, with the slopes of both sides explained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import isfinite, log10

from jacchain.jacobian.differences.curve import Curve, SchemeCurve
from jacchain.report.document import Block, Column, Document, Figure, Gap, Paragraph, Run, Runs, Table, headed, note, runs
from jacchain.report.look import Look
from jacchain.report.notation.number import number_text
from jacchain.report.notation.text import component

MARGIN = 8
ORDINARY = 0.3
"""How far a slope may be from the order of its scheme."""
LETTERS = {"forward": "f", "backward": "b", "central": "c", "central4": "4", "complex": "i"}
FLOOR, CEILING = -17, 2
"""Powers of ten, a line for each: errors below are drawn on the lowest line, no double resolves them."""


def curve_document(curve: Curve, look: Look) -> Document:
    """The picture, a line for each scheme, and what the slopes mean."""
    entry = f"∂{component(curve.output)}/∂{component(curve.input)}"
    error = "relative error" if curve.reference else "error"
    title = runs(
        Run(entry, "symbol"),
        " of ",
        Run(curve.stage, "name"),
        f" at {component(curve.input)} = {number_text(curve.at, look.digits)}",
    )
    blocks: list[Block] = [
        Paragraph(runs(*title, "   ", Run(f"the {error} of a difference against its step h", "note"))),
        Gap(),
        Figure(_picture(curve, look)),
        Gap(),
        _schemes(curve.schemes, kink=curve.left is not None),
        note(" where letters fall together they alternate"),
        Gap(),
        headed("adaptive", *_adaptive(curve)),
        note(_explanation(curve)),
        *(note(remark) for remark in curve.remarks),
    ]
    return tuple(blocks)


def _picture(curve: Curve, look: Look) -> tuple[Runs, ...]:
    """A line of letters for each scheme; where several fall together they alternate."""
    width = max(20, min(look.width - MARGIN - 2, 2 * curve.steps.size))
    together: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for scheme in curve.schemes:
        for column, line in enumerate(_lines(scheme.errors.tolist(), width)):
            if line is not None:
                together[line, column].append(LETTERS[scheme.scheme])
    lines: list[Runs] = []
    for number in range(CEILING - FLOOR + 1):
        label = number_text(10.0 ** (CEILING - number), 1) if number % 3 == 0 else ""
        letters = (together.get((number, column), " ") for column in range(width))
        row = "".join(several[column % len(several)] for column, several in enumerate(letters))
        lines.append(runs(Run(f"{label:>{MARGIN - 2}} |", "note"), Run(row.rstrip(), "number")))
    axis = f"{'':>{MARGIN - 2}} +{'-' * width}"
    first, last = (number_text(float(f"{step:.0e}"), 1) for step in (curve.steps[0], curve.steps[-1]))
    ends = f"{'':>{MARGIN - 1}}h = {first}{last:>{width - 3 - len(first)}}"
    return (*lines, runs(Run(axis, "note")), runs(Run(ends, "note")))


def _lines(errors: Sequence[float], width: int) -> Iterator[int | None]:
    """The line of the picture on which the error of the nearest step stands in each column, None where there is none."""
    for column in range(width):
        error = errors[round(column * (len(errors) - 1) / (width - 1))]
        level = min(CEILING, max(FLOOR, log10(error) if error > 0 else FLOOR)) if isfinite(error) else None
        yield None if level is None else round(CEILING - level)


def _schemes(schemes: Sequence[SchemeCurve], *, kink: bool) -> Table:
    """A line for each scheme; at a kink no step is the best."""
    columns = (
        Column(""),
        Column("scheme"),
        Column("order", "right", optional=3),
        Column("h by rule", "point", optional=2),
        Column("error by rule", "point", optional=2),
        Column("best h", "point"),
        Column("best error", "point"),
        Column("left slope", "right", optional=4),
        Column("right slope", "right", optional=4),
    )
    count = 5 if kink else len(columns)
    return Table(columns[:count], tuple(_row(scheme)[:count] for scheme in schemes))


def _row(scheme: SchemeCurve) -> tuple[Runs, ...]:
    numbers = (scheme.rule_of_thumb, scheme.error_at_rule, scheme.best_step, scheme.best_error)
    return (
        runs(Run(LETTERS[scheme.scheme], "number")),
        runs(Run(scheme.scheme, "name")),
        runs(str(scheme.order)),
        *(runs(number_text(number, 2)) for number in numbers),
        *(runs("-" if slope is None else f"{slope:+.2f}") for slope in (scheme.rounding_slope, scheme.truncation_slope)),
    )


def _adaptive(curve: Curve) -> Runs:
    if curve.left is not None and curve.right is not None and curve.left != curve.right:
        return runs(f"{number_text(curve.left, 12)} from the left and {number_text(curve.right, 12)} from the right")
    if not isfinite(curve.adaptive):
        return runs("no number")
    value, bar = number_text(curve.adaptive, 12), number_text(curve.adaptive_bar, 2)
    if curve.left is not None:
        return runs(f"{value} ± {bar} along the axis")
    return runs(f"{value} ± {bar}, off by {number_text(curve.adaptive_error, 2)} of the derivative, without choosing a step")


def _explanation(curve: Curve) -> str:
    """What the picture shows, and nothing that it does not."""
    if curve.left is not None and curve.right is not None:
        return _kink(curve, curve.left, curve.right)
    output, name = component(curve.output), component(curve.input)
    if curve.is_linear:
        return (
            f"{output} is linear in {name}: a difference cuts nothing off, whatever its step, "
            "and there is no V. Only rounding is left, and halving h doubles it, slope -1: the longer the step, the better."
        )
    said = [_sides(curve), "Errors are medians over the steps around, so that luck with one does not count."]
    if isfinite(curve.turn):
        said.append(
            f"About {number_text(curve.turn, 1)} from {name} = {number_text(curve.at, 4)} the function turns or ends: "
            "longer steps look past that, and their error is neither rounding nor truncation."
        )
    if any(scheme.scheme == "complex" for scheme in curve.schemes):
        said.append("The complex step cancels nothing and has no left side: as small a step as there is will do.")
    return " ".join(said)


def _kink(curve: Curve, left: float, right: float) -> str:
    """Why no step leads to a derivative at a kink."""
    place, used = f"{component(curve.input)} = {number_text(curve.at, 4)}", number_text(curve.reference, 6)
    meant = f"There is no V and no derivative: errors are distances from {used}, the number used by convention."
    if left == right:
        return f"Along this axis the slope is {left:.6g}, but in other directions it is another, with a kink at {place}. {meant}"
    return (
        f"There is a kink at {place}: as h shrinks, forward differences go to the slope on the right, {right:.6g}, backward ones "
        f"to that on the left, {left:.6g}, central ones to their mean, {(left + right) / 2:.6g}. {meant}"
    )


def _sides(curve: Curve) -> str:
    """What is seen left and right of the bottom."""
    real = [scheme for scheme in curve.schemes if scheme.scheme != "complex"]
    slopes = [(scheme.truncation_slope, scheme.order) for scheme in real if scheme.truncation_slope is not None]
    rounds = any(scheme.rounding_slope is not None for scheme in real)
    if not slopes:
        return "Only rounding is seen: halving h doubles the error, slope -1." if rounds else "No V is seen here."
    usual = all(abs(slope - order) <= ORDINARY for slope, order in slopes)
    expected = "" if usual else ", where the derivative that rules it exists and is not zero"
    order = f"the slope is the order of the scheme{expected}"
    if not rounds:
        return f"Truncation wins: {order}. Rounding is not seen here."
    return (
        f"Left of the V rounding wins: halving h doubles the error, slope -1. Right of it truncation wins: {order}. "
        "The rule of thumb puts h where both are equal, ε^(1/(order+1)) times the size of x."
    )
