"""What is wrong with one of our own Jacobians that disagrees, why one could not be judged, and what a kink leaves open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.differences.unsettled import reason
from jacchain.jacobian.judgement.bisection import wrong_rule
from jacchain.jacobian.judgement.diagnosis import NAMED, Diagnosis, Mask, entries_of, name_of, named
from jacchain.jacobian.judgement.verdict import JUDGEMENTS, REASONS, EntryVerdict, Verdict
from jacchain.jacobian.settled import Kink, KinkTable
from jacchain.pipeline.stage import Stage


def diagnose(stage: Stage, verdict: Verdict, x: Array) -> tuple[Diagnosis, ...]:
    """What is wrong with the analytic Jacobian of a stage at x, and what there is to say about its kinks.

    Of any that was judged along a direction only, which rows are wrong.
    """
    found: list[Diagnosis] = []
    if verdict.judgement == "disagree" and verdict.inputs != stage.inputs:
        found = [_somewhere(stage, verdict)]
    elif verdict.judgement == "disagree":
        found = _broken(stage, verdict, x)
    why = partial(reason, stage, x) if verdict.inputs == stage.inputs else None
    return (*found, *unclear(verdict, why))


def diagnose_chain(verdict: Verdict, remarks: Sequence[Diagnostic]) -> tuple[Diagnosis, ...]:
    """What there is to say about the Jacobian of a chain at kinks, on which a run has already made remarks."""
    found = []
    for remark in remarks:
        if remark.code == "JC415" and remark.output is not None and remark.input is not None:
            entry = verdict.outputs.index(remark.output), verdict.inputs.index(remark.input)
            found.append(Diagnosis("kink", remark.message, (entry,)))
    explained = {diagnosis.entries for diagnosis in found}
    return (*found, *(diagnosis for diagnosis in unclear(verdict) if diagnosis.entries not in explained))


def _broken(stage: Stage, verdict: Verdict, x: Array) -> list[Diagnosis]:
    """Our own Jacobian disagrees, not at a kink: the operation whose rule is to blame."""
    entries = entries_of(verdict, verdict.disagrees & ~verdict.difference.kink)
    if not entries:
        return []
    culprit, names = wrong_rule(stage, x), named(verdict, entries)
    if culprit is None:
        return [Diagnosis("unknown", f"{names}: the analytic derivative disagrees with differences", entries, stage.span)]
    message = f"the analytic derivative of `{culprit.text}` is wrong; this is a mistake in jacchain, and makes {names} wrong"
    return [Diagnosis("rule", message, entries, culprit.span, culprit.text, culprit.span)]


def _somewhere(stage: Stage, verdict: Verdict) -> Diagnosis:
    """Which rows are wrong in a Jacobian that was judged along a direction only."""
    rows = verdict.difference.pattern.rows[verdict.disagrees]
    names = ", ".join(f"`{verdict.outputs[row]}`" for row in rows[:NAMED])
    more = f" and {rows.size - NAMED} more" if rows.size > NAMED else ""
    return Diagnosis(
        "unknown", f"something is wrong in the Jacobian of {names}{more}; it is too large to look for the entry", (), stage.span
    )


def unclear(verdict: Verdict, why: Callable[[tuple[int, int]], str] | None = None) -> Iterator[Diagnosis]:
    """What there is to say about kinks, and about entries of which differences cannot tell anything.

    ``why`` knows what hinders differences of an entry that they have no number for.
    """
    kinks = verdict.reasons == REASONS.index("kink")
    known = {(kink.row, kink.column): kink for kink in verdict.kinks}
    undecided = verdict.codes == JUDGEMENTS.index("inconclusive")
    settled = np.zeros_like(kinks)
    settled[KinkTable.of(verdict.kinks, verdict.difference.pattern).position] = True
    wrong = verdict.disagrees & (verdict.difference.kink | settled)
    for chosen in (wrong, undecided & kinks, undecided & settled & ~kinks, kinks & ~undecided):
        if chosen.any():
            yield _kink(verdict, chosen, known)
    lost = undecided & ~kinks & ~settled
    silent = lost & np.isnan(verdict.difference.value)
    if silent.any():
        entries = entries_of(verdict, silent)
        because = f": {why(entries[0])}" if why else ""
        yield Diagnosis("untrustworthy", f"differences yield no number for {named(verdict, entries)}{because}", entries)
    if (lost & ~silent).any():
        entries = entries_of(verdict, lost & ~silent)
        message = f"differences are not to be trusted here, and cannot tell whether {named(verdict, entries)} is right"
        yield Diagnosis("untrustworthy", message, entries)


def _kink(verdict: Verdict, chosen: Mask, known: dict[tuple[int, int], Kink]) -> Diagnosis:
    """Some kinks that were judged alike: the slopes of the first, and what its number is beside them."""
    entries, first = entries_of(verdict, chosen), verdict.entry(int(np.flatnonzero(chosen)[0]))
    kink = known.get(entries[0])
    left, right = (first.left, first.right) if kink is None else kink.slopes
    sides = f"is {left:.6g} from the left and {right:.6g} from the right, and no derivative is there"
    if kink is not None and kink.is_at_an_edge:
        sides = f"is {left:.6g} from inside the domain, yet no derivative is there: other directions have other slopes"
    elif left == right:
        sides = f"is {left:.6g} from both sides, yet no derivative is there: other directions have other slopes"
    others = len(entries) - 1
    more = f" ({others} more entr{'y has a kink' if others == 1 else 'ies have kinks'}, too)" if others else ""
    head = f"{name_of(verdict, entries[0])} {sides}{more}"
    return Diagnosis("kink", f"{head}; {_standing(first, kink)}", entries)


def _standing(entry: EntryVerdict, kink: Kink | None) -> str:
    """What a number is beside the slopes of a kink, and what differences say of these."""
    value = f"{entry.value:.6g}"
    if entry.judgement == "disagree":
        if kink is None or not kink.clarke[0] <= entry.value <= kink.clarke[1]:
            return f"{value} is no generalised derivative either"
        return f"differences find other slopes: {entry.difference:.6g} in their middle"
    if kink is None:
        return f"nothing tells whether {value} is the number to be used"
    if entry.reason != "kink":
        return f"differences find no slopes here that could be compared, {kink.used[0]:.6g} is the number used by convention"
    if entry.judgement == "inconclusive":
        return f"by convention {kink.used[0]:.6g} is used, and {value} is as good a generalised derivative"
    if kink.used[0] == kink.used[1]:
        return f"differences find the slopes, and {value} is the number used by convention"
    return f"differences find the slopes, and {value} between them is the product of what is used at the kinks of stages"
