"""The verdict on a hand-derived Jacobian: what differences say of it, and what the analytic one does, at the point and beside it.

Differences see nothing of an entry that moves the output by less than its rounding, and a wrong formula may give the right number
at one point.  The analytic entry has a bar of its own, and an enclosure: what is proved to be another is wrong, wherever that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.frozen import replace
from jacchain.jacobian.differences.difference import dense
from jacchain.jacobian.differences.unsettled import reason
from jacchain.jacobian.judgement.diagnose import diagnose, unclear
from jacchain.jacobian.judgement.diagnosis import NAMED, Diagnosis, Mask, entries_of, name_of, named
from jacchain.jacobian.judgement.mistakes import mistakes
from jacchain.jacobian.judgement.repairs import author_span
from jacchain.jacobian.judgement.sheet import Sheet
from jacchain.jacobian.judgement.sight import Sight, sights
from jacchain.jacobian.judgement.verdict import JUDGEMENTS, REASONS, Verdict
from jacchain.pipeline.stage import Stage


def judge_by_hand(stage: Stage, author: Verdict, analytic: Verdict, x: Array) -> tuple[Verdict, tuple[Diagnosis, ...]]:
    """The verdict on the hand-derived Jacobian of a stage at x and what there is to say, worst first.

    ``author`` and ``analytic`` are the verdicts of differences on it and on the analytic one.
    """
    if author.inputs != stage.inputs:
        return author, diagnose(stage, author, x)
    seen = sights(stage, author, analytic, x)
    verdict = _judged(author, analytic, seen)
    found = [*_unseen(verdict, analytic), *_here_only(stage, verdict, seen)]
    if verdict.judgement == "disagree":
        found += mistakes(Sheet(stage, verdict, seen))
    return verdict, (*found, *unclear(verdict, partial(reason, stage, x)))


def _judged(author: Verdict, analytic: Verdict, seen: list[Sight]) -> Verdict:
    """The same verdict, but that entries disagree that are not the analytic ones, here or beside the point.

    Numbers that were given for the point alone are not asked for beside it; at a kink there is no right one.
    """
    pattern, disagree = author.difference.pattern, JUDGEMENTS.index("disagree")
    here, *beside = seen
    judged = dense(pattern, analytic.is_derivative & ~author.disagrees & np.isfinite(author.value_bar))
    unseen = _wrong(here, judged)
    by_chance = np.zeros_like(unseen)
    for there in beside:
        by_chance |= _wrong(there, judged & ~unseen & (here.value != there.value))
    codes, reasons = author.codes.copy(), author.reasons.copy()
    for wrong, why in ((unseen, "analytic"), (by_chance, "here only")):
        chosen = wrong[pattern.rows, pattern.columns]
        codes[chosen], reasons[chosen] = disagree, REASONS.index(why)
    return replace(author, codes=codes, reasons=reasons)


def _wrong(sight: Sight, judged: Mask) -> Mask:
    """Which of the judged entries are apart from the analytic ones by more than both bars, and by a proof."""
    wrong = judged & sight.differs(np.asarray)
    return wrong & sight.refuted if wrong.any() else wrong


def _unseen(verdict: Verdict, analytic: Verdict) -> Iterator[Diagnosis]:
    """On what ground entries are wrong that differences cannot tell from right ones."""
    chosen = verdict.reasons == REASONS.index("analytic")
    if chosen.any():
        entries, first = entries_of(verdict, chosen), int(np.flatnonzero(chosen)[0])
        value, right = float(verdict.value[first]), float(analytic.value[first])
        of = f" of {name_of(verdict, entries[0])}" if len(entries) > 1 else ""
        message = (
            f"differences see too little here to judge {named(verdict, entries)}; "
            f"the analytic derivative{of} is {_told(right, value)}, and not {_told(value, right)}"
        )
        yield Diagnosis("unseen", message, entries)


def _here_only(stage: Stage, verdict: Verdict, seen: list[Sight]) -> Iterator[Diagnosis]:
    """Entries that are right at the point by chance, with a place beside it where they are not."""
    chosen = verdict.reasons == REASONS.index("here only")
    if chosen.any():
        here, there = seen
        entries = entries_of(verdict, chosen)
        moved = list(zip(stage.inputs, there.x.tolist(), here.x.tolist(), strict=True))
        place = ", ".join(f"{name} = {_told(*numbers)}" for name, *numbers in moved[:NAMED])
        rest = ", …" if len(moved) > NAMED else ""
        value, right = float(there.value[entries[0]]), float(there.right[entries[0]])
        says = f"{name_of(verdict, entries[0])} is {_told(value, right)}, and should be {_told(right, value)}"
        are = "is" if len(entries) == 1 else "are"
        message = f"{named(verdict, entries)} {are} right at this point only: at {place}{rest} {says}"
        yield Diagnosis("here only", message, entries, author_span(stage, *entries[0]))


def _told(number: float, other: float) -> str:
    """A number to six digits, or to as many more as tell it from another."""
    texts = ((f"{number:.{digits}g}", f"{other:.{digits}g}") for digits in range(6, 18))
    return next((text for text, beside in texts if text != beside), f"{number:.6g}")
