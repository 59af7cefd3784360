"""Mistakes of single entries of a hand-derived matrix: a zero, a sign, a rule, another function, a factor, another input."""

from __future__ import annotations

from functools import partial

import numpy as np

from jacchain.expression.texts import node_text
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.differences.difference import dense
from jacchain.jacobian.judgement.diagnosis import NAMED, name_of
from jacchain.jacobian.judgement.repairs import negated_part, wrong_function
from jacchain.jacobian.judgement.sheet import MANY, Sheet, has_or_have, is_or_are, only
from jacchain.jacobian.judgement.verdict import REASONS

FEW = 16
"""Inputs up to which another one in an entry is thought of."""

RATIOS = (
    ("factor 2", 2.0, "twice what it should be"),
    ("factor 1/2", 0.5, "half of what it should be"),
    ("degrees", np.pi / 180, "what it would be for an angle in degrees, not in radians"),
    ("degrees", 180 / np.pi, "57.3 times what it should be: radians turned into degrees"),
)


def zeros(sheet: Sheet) -> None:
    """Zeros where there should be none: of a whole input, of a whole output, or single ones."""
    zero = np.logical_and.reduce([sight.value == 0 for sight in sheet.sights]) & sheet.wrong
    for j in np.flatnonzero(zero.any(0) & (sheet.value == 0).all(0)):
        name = sheet.verdict.inputs[j]
        if sheet.wrong.shape[0] > 1:
            sheet.explain("zero column", f"the column of `{name}` is zero, as if it were not used", only(zero, (slice(None), j)))
    for i in np.flatnonzero((zero & sheet.wrong).any(1) & (sheet.value == 0).all(1)):
        name = sheet.verdict.outputs[i]
        if sheet.wrong.shape[1] > 1:
            sheet.explain("zero row", f"the row of `{name}` is zero, as if it depended on nothing", only(zero, (i, slice(None))))
    left = zero & sheet.wrong
    if left.any():
        sheet.explain("zero entry", f"{sheet.names(left)} {is_or_are(left)} written as zero, but not zero", left)


def signs(sheet: Sheet) -> None:
    """Minus what it should be: the sign of a part, of an entry, or of all of them."""
    negative = sheet.wrong & ~sheet.differs(np.negative)
    if negative.any():
        where = sheet.suspected(negative, "sign")
        hint = f", as if the derivative of `{where[0]}` had been taken with the wrong sign" if where[0] else ""
        sheet.explain("sign", f"{sheet.names(negative)} {has_or_have(negative)} the wrong sign{hint}", negative, where)
    for i, j in np.argwhere(sheet.wrong):
        part = negated_part(sheet.stage, sheet.written(int(i), int(j)), sheet.expected(int(i), int(j)))
        if part is not None:
            sheet.blame(part, only(sheet.wrong, (i, j)))


def slips(sheet: Sheet) -> None:
    """One wrong local derivative after the other, each explaining as many entries as it can."""
    while sheet.wrong.any():
        entries = np.argwhere(sheet.wrong)[:MANY]
        best = sheet.best(entries)
        if best is None:
            return
        suspicion, explained = best
        mask = np.zeros_like(sheet.wrong)
        mask[tuple(entries[explained].T)] = True
        message = f"the derivative of `{suspicion.text}` {suspicion.slip.says} in {sheet.names(mask)}"
        sheet.explain(suspicion.slip.kind, message, mask, (suspicion.text, suspicion.span))


def functions(sheet: Sheet) -> None:
    """Another function in the place of the right one, or its derivative in the place of the function."""
    for i, j in np.argwhere(sheet.wrong)[:MANY].tolist():
        part = wrong_function(sheet.stage, sheet.written(i, j), sheet.expected(i, j))
        if part is not None:
            sheet.blame(part, only(sheet.wrong, (i, j)))


def ratios(sheet: Sheet) -> None:
    """A factor that has a name."""
    for kind, factor, says in RATIOS:
        off = sheet.wrong & ~sheet.differs(partial(np.multiply, 1 / factor))
        if off.any():
            sheet.explain(kind, f"{sheet.names(off)} {is_or_are(off)} {says}", off)


def other_inputs(sheet: Sheet) -> None:
    """An entry in which another input was written in the place of the right one."""
    inputs = sheet.verdict.inputs
    if not sheet.wrong.any() or not 1 < len(inputs) <= FEW:
        return
    pairs = [(p, q) for p in range(len(inputs)) for q in range(len(inputs)) if p != q]
    fits = np.ones((len(pairs), *sheet.wrong.shape), bool) & sheet.wrong
    for sight in sheet.sights:
        points = np.repeat(sight.x[None], len(pairs), axis=0)
        for point, (p, q) in zip(points, pairs, strict=True):
            point[p] = sight.x[q]
        with np.errstate(all="ignore"):
            expected = differentiate(sheet.stage.program, points).linear.dense
            fits &= np.abs(expected - sight.value) <= sight.room(expected)
    for i, j in np.argwhere(fits.any(0)):
        p, q = min(
            (pairs[pair] for pair in np.flatnonzero(fits[:, i, j])), key=lambda pair: (pair[0] != j, abs(pair[0] - pair[1]))
        )
        message = (
            f"{name_of(sheet.verdict, (int(i), int(j)))} is what it would be with `{inputs[q]}` in the place of `{inputs[p]}`"
        )
        sheet.explain("other input", message, only(sheet.wrong, (i, j)))


def factors(sheet: Sheet) -> None:
    """A part of the function is there as a factor and should not be, or the other way round, at the point and beside it."""
    if len(sheet.sights) < 2 or not sheet.wrong.any():
        return
    program = sheet.stage.program
    below = {node_text(program.graph, node.arguments[1]) for node in program.graph.nodes if node.operation == "/"}
    numbers = np.stack([program.registers(sight.x[None])[0].astype(float) for sight in sheet.sights])
    for i, j in np.argwhere(sheet.wrong)[:MANY].tolist():
        ratios, rooms = zip(*(sight.ratio(i, j) for sight in sheet.sights), strict=True)
        ratio, room = np.array(ratios)[:, None], np.array(rooms)[:, None]
        with np.errstate(all="ignore"):
            there, missing = ((np.abs(part - 1) <= room).all(0) for part in (ratio / numbers, ratio * numbers))
        for found, says in ((there, "has the factor"), (missing, "lacks the factor")):
            texts = [node_text(program.graph, number) for number, place in enumerate(program.place) if found[place].all()]
            if texts and sheet.wrong[i, j]:
                text = min(texts, key=len)
                hint = ", as if a denominator were not squared" if says == "has the factor" and text in below else ""
                sheet.explain("factor", f"{name_of(sheet.verdict, (i, j))} {says} `{text}`{hint}", only(sheet.wrong, (i, j)))


def rest(sheet: Sheet) -> None:
    """What no slip explains, with the ratio to what it should be; what is right by chance has been said to be."""
    sheet.wrong = sheet.wrong & ~dense(sheet.verdict.difference.pattern, sheet.verdict.reasons == REASONS.index("here only"))
    for i, j in np.argwhere(sheet.wrong)[:NAMED]:
        with np.errstate(all="ignore"):
            ratio = float(sheet.value[i, j] / sheet.sights[0].right[i, j])
        off = float(sheet.value[i, j] - sheet.sights[0].right[i, j])
        times = "not what it should be"
        if f"{ratio:.6g}" == "1":
            times = f"off by {off:.3g}"
        elif np.isfinite(ratio):
            times = f"{ratio:.6g} times what it should be"
        sheet.explain("unknown", f"{name_of(sheet.verdict, (int(i), int(j)))} is {times}", only(sheet.wrong, (i, j)))
    if sheet.wrong.any():
        sheet.explain("unknown", f"{sheet.names(sheet.wrong)} {is_or_are(sheet.wrong)} not what it should be", sheet.wrong)
