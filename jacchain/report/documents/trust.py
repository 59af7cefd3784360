"""Why the numbers can be trusted, and how far: certified bounds, digits that survive, the reach of a derivative, spectra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, isfinite

import numpy as np

from jacchain.chain.digits import Digits
from jacchain.chain.spectrum import Spectrum, StageSpectrum
from jacchain.jacobian.nonsmooth.reach import Reach
from jacchain.linear.map import Numbers
from jacchain.report.document import Block, Column, Gap, Paragraph, Run, Runs, Table, headed, runs
from jacchain.report.documents.matrices import bar_of
from jacchain.report.look import Look
from jacchain.report.notation.elision import elided, some_names
from jacchain.report.notation.number import MARK, bound_text, number_text
from jacchain.report.notation.symbols import jacobian_symbol
from jacchain.report.notation.text import component
from jacchain.results import Certificate, Report

NEAREST = 4
"""Inputs whose distance to the nearest switch is given."""
MARGIN = 1e-9
"""What is left out of a distance in proving it, at least where that succeeds at once; it is not worth a unit of what is shown."""
ROWS = 24
"""Matrices, and stages, up to which a table is whole."""
DOUBLE = 16
"""Digits that a double has, about."""


def trust_blocks(report: Report, look: Look) -> Iterator[Block]:
    """A line for each thing that was asked for, none for what was not."""
    if report.certificate is not None:
        yield _certified(report, report.certificate, look)
    elif report.digits is not None:
        yield _surviving(report, report.digits)
    if report.digits is not None and look.detail == "trust":
        yield from _lost(report.digits, look)
    if report.reach is not None:
        yield from _valid(report.reach, report.pipeline.inputs, look)
    elif report.unreached:
        yield headed("valid for", Run(f"not worked out: {report.unreached}", "note"))
    if report.spectra:
        yield from _spectra(report, look)


def _certified(report: Report, certificate: Certificate, look: Look) -> Paragraph:
    bar = bar_of(report.jacobian.dense[0], certificate.jacobian)
    within = number_text(float(bar.max(initial=0)), min(look.digits, 2))
    jacobian, value = certificate.jacobian.digits, certificate.values[-1].digits
    known = f"{_called(report)} certified {_sure(jacobian)}, every entry within {within}{_convention(report)}"
    said = Run(f"{known}; value certified {_sure(value)}", "good" if min(jacobian.min(initial=1), value.min()) else "warning")
    return Paragraph(runs(said, "   ", Run(f"assuming {certificate.assumption}", "note")))


def _sure(digits: Numbers) -> str:
    """To how many digits numbers are certain."""
    least = float(digits.min(initial=np.inf))
    if least == np.inf:
        return "exactly"
    if least:
        return f"to {least:.0f} digit{'' if least == 1 else 's'} or more"
    return f"but for {int((digits == 0).sum())} of {digits.size} entries, no digit of which is sure"


def _called(report: Report) -> str:
    """What the result is called."""
    if report.gradient is None:
        return "Jacobian"
    return "gradient" if len(report.pipeline.inputs) > 1 else "derivative"


def _told(report: Report) -> str:
    """How the digits are known: rounding was repeated at random, or only what it does to Jacobians and products was followed."""
    return "if the values are right" if any(stage.errors is None for stage in report.stages) else "as measured"


def _convention(report: Report) -> str:
    """What the digits are digits of, where it is no derivative."""
    codes = {remark.code for remark in report.diagnostics if remark.kind == "kink"}
    if "JC415" in codes:
        return "; it is the product of the numbers used at kinks, and no derivative of the chain"
    if codes and len(report.stages) > 1:
        return "; it is made of the numbers used by convention at the kinks of single functions"
    return "; at the kink it is the number used by convention, and no derivative" if codes else ""


def _surviving(report: Report, digits: Digits) -> Paragraph:
    """How many digits are right in every entry of the result, and of how many entries none is."""
    spoilt = digits.surviving < 1
    count = int(spoilt.sum())
    least = floor(float(np.nan_to_num(digits.surviving[~spoilt], nan=0).min(initial=DOUBLE)))
    if not count:
        place = f"; most of the others go in {_place(digits.place)}" if digits.place else ""
        entries = f"every entry of the {_called(report)}, {_told(report)}"
        said = f"at least {least} of {DOUBLE} are right in {entries}{place}{_convention(report)}"
        return headed("digits", said)
    one = count == 1
    entries = f"{count} entr{'y' if one else 'ies'} of the {_called(report)}"
    why = f"{'is' if one else 'are'} no more than rounding"
    if (np.abs(report.jacobian.dense[0][spoilt]) < np.finfo(float).tiny).all() and any(
        remark.kind == "underflow" for remark in report.diagnostics
    ):
        why = f"{'is' if one else 'are'} too small for a double"
    elif digits.place.startswith("P"):
        why = f"cancel{'s' if one else ''} in {digits.place}, down to rounding"
    others = f"; at least {least} of {DOUBLE} are right in the others" if count < spoilt.size else ""
    said = f"{entries} {why}: no digit of {'it' if one else 'them'} can be trusted{others}"
    return headed("digits", Run(said, "warning"))


def _lost(digits: Digits, look: Look) -> Iterator[Block]:
    """What is left in each Jacobian, and what goes in each product: the least and the most of all entries."""
    left = [float(stage.min(initial=DOUBLE)) for stage in digits.stages]
    gone = [float(product.max(initial=0)) for product in digits.products]
    rows: list[tuple[Runs, ...]] = [
        (runs(Run(jacobian_symbol(number), "symbol")), runs(f"{least:.1f}"), ()) for number, least in enumerate(left, 1)
    ]
    rows += [(runs(Run(f"P{number}", "symbol")), (), runs(f"{most:.1f}")) for number, most in enumerate(gone, 1)]
    shown = [number if isinstance(number, Run) else rows[number] for number in elided("matrices", len(rows), ROWS, look)]
    yield Gap()
    yield Table(
        (Column("matrix"), Column("right digits, at least", "point"), Column("digits lost, at most", "point")), tuple(shown)
    )


def _place(name: str) -> str:
    return jacobian_symbol(int(name[1:])) if name.startswith("J") else name


def _valid(reach: Reach, inputs: Sequence[str], look: Look) -> Iterator[Block]:
    """How far each input can move, the nearest switch first, and which cannot at all; nothing where no switch is ever met."""
    distances = reach.distance.tolist()
    near = sorted((distance, number) for number, distance in enumerate(distances) if distance > 0 and isfinite(distance))
    shown = near if look.full else near[:NEAREST]
    parts: list[str | Run] = []
    for distance, number in shown:
        name = component(inputs[number])
        parts += [", " if parts else "", Run(f"|Δ{name}|", "symbol"), f" < {bound_text(distance * (1 + MARGIN))}"]
        if reach.nearest[number]:
            parts += [" (", Run(reach.nearest[number], "formula"), ")"]
    if len(shown) < len(near):
        parts.append(Run(f", and {len(near) - len(shown):,} more inputs", "note"))
    still = [number for number, distance in enumerate(distances) if not distance]
    if still:
        names = [component(inputs[number]) for number in still]
        parts += ["; " if parts else "", f"no move of {some_names(names, NEAREST, look)}"]
        parts += [" (", Run(reach.nearest[still[0]], "formula"), ")"]
    if parts:
        proved = " · each is a bound that is proved, the distance itself may be larger" if look.detail == "trust" else ""
        yield headed("valid for", *parts, Run(proved, "note"))


def _spectra(report: Report, look: Look) -> Iterator[Block]:
    """The singular values along the chain: where gradients vanish or explode."""
    rows = [
        number if isinstance(number, Run) else _spectrum_row(report.stages[number].name, number + 1, report.spectra[number], look)
        for number in elided("stages", len(report.spectra), ROWS, look)
    ]
    columns = (
        Column("#", "right"),
        Column("function"),
        Column("largest", "point"),
        Column("smallest", "point", optional=2),
        Column("condition", "point", optional=3),
        Column("product: largest", "point", optional=1),
        Column("product: smallest", "point", optional=4),
        Column("product: condition", "point", optional=4),
    )
    yield Gap()
    yield headed("singular values", "of each Jacobian, and of the product of all up to it")
    yield Table(columns, tuple(rows))
    if any(spectrum.condition is None for pair in report.spectra for spectrum in (pair.jacobian, pair.running)):
        yield Paragraph(
            runs(Run(" ?  is not worked out for a matrix of this size; <= stands before a bound on the largest", "note"))
        )


def _spectrum_row(name: str, number: int, spectrum: StageSpectrum, look: Look) -> tuple[Runs, ...]:
    return (runs(str(number)), runs(Run(name, "name")), *_values(spectrum.jacobian, look), *_values(spectrum.running, look))


def _values(spectrum: Spectrum, look: Look) -> tuple[Runs, Runs, Runs]:
    norm = number_text(spectrum.norm, look.digits)
    if spectrum.condition is None:
        return runs(f"<= {norm}"), runs("?"), runs("?")
    bound = spectrum.condition if isfinite(spectrum.condition) else spectrum.least_condition
    condition = number_text(bound, 2)
    singular = spectrum.condition != bound
    return runs(norm), runs(_smallest(spectrum, look)), runs(f">= {condition}" if singular else condition)


def _smallest(spectrum: Spectrum, look: Look) -> str | Run:
    """The smallest singular value, or that it cannot be told from zero."""
    text = number_text(float(spectrum.singular_values[-1]), look.digits, spectrum.noise)
    return Run(text, "uncertain") if MARK in text else text
