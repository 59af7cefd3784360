"""A hand-derived Jacobian that disagrees, with what is known of the right one, at the point and beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from jacchain.errors import Span
from jacchain.jacobian.differences.difference import dense
from jacchain.jacobian.judgement.diagnosis import Diagnosis, Mask, named
from jacchain.jacobian.judgement.repairs import Expected, Misplaced, author_span
from jacchain.jacobian.judgement.sight import Sight
from jacchain.jacobian.judgement.slips import Suspicion
from jacchain.jacobian.judgement.verdict import Verdict
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Integers
from jacchain.pipeline.stage import Stage

MANY = 50
"""Entries that are explained at a time."""

MISPLACED = {
    "sign": ("sign", "has the wrong sign"),
    "factor 2": ("factor 2", "is twice what it should be"),
    "factor 1/2": ("factor 1/2", "is half of what it should be"),
    "function": ("wrong function", "should be `{}`"),
    "derivative": ("wrong function", "should be `{}`: the derivative stands in the place of the function"),
}
"""The kind of the diagnosis, and what is said, of a part that is not what belongs in its place."""


class Sheet:
    """A hand-derived Jacobian and what is known of the right one; entries are crossed off as they are explained.

    Entries at a kink are left out: there is no right one.
    """

    def __init__(self, stage: Stage, verdict: Verdict, sights: list[Sight]) -> None:
        self.stage, self.verdict = stage, verdict
        self.wrong = dense(verdict.difference.pattern, verdict.disagrees & ~verdict.difference.kink)
        self.turned = False
        self.found: list[Diagnosis] = []
        self.sights = sights

    @property
    def value(self) -> Numbers:
        """The matrix as judged."""
        return self.sights[0].value

    def differs(self, change: Callable[[Numbers], Numbers]) -> Mask:
        """Where the matrix, changed, is not the right one, at the point or beside it."""
        return np.asarray(np.logical_or.reduce([sight.differs(change) for sight in self.sights]))

    def explain(self, kind: str, message: str, explained: Mask, where: tuple[str, Span | None] = ("", None)) -> None:
        """Notes a mistake and crosses off what it explains."""
        entries = tuple((int(i), int(j)) for i, j in np.argwhere(explained & self.wrong))
        self.found.append(Diagnosis(kind, message, entries, self.place(entries), *where))
        self.wrong = self.wrong & ~explained

    def place(self, entries: tuple[tuple[int, int], ...]) -> Span | None:
        """Where some entries are written: those of one row from the first to the last, else the whole matrix."""
        places = [self.written(*entry) for entry in entries]
        alone = len({row for row, _ in places}) == 1
        spans = [span for place in places if (span := author_span(self.stage, *place))] if alone else self.stage.author_spans
        if not spans:
            return self.stage.span
        return Span(spans[0].source, min(span.start for span in spans), max(span.end for span in spans))

    def written(self, i: int, j: int) -> tuple[int, int]:
        """The row and column in which an entry is written."""
        return (j, i) if self.turned else (i, j)

    def blame(self, part: Misplaced, entries: Mask) -> None:
        """Notes what is wrong with a part that is written, and crosses off the entries that it makes wrong."""
        kind, says = MISPLACED[part.kind]
        message = f"`{part.text}` in {self.names(entries)} {says.format(part.instead)}"
        listed = tuple((int(i), int(j)) for i, j in np.argwhere(entries))
        self.found.append(Diagnosis(kind, message, listed, part.span, part.text, part.span))
        self.wrong &= ~entries

    def expected(self, i: Any, j: Any) -> list[Expected]:
        """What some entries should be at the point and beside it."""
        return [(sight.x, sight.right[i, j], sight.right_bar[i, j] + sight.value_bar[i, j]) for sight in self.sights]

    def suspected(self, entries: Mask, kind: str) -> tuple[str, Span | None]:
        """The sub-expression of the function where one slip of a kind explains all of some entries."""
        best = self.best(np.argwhere(entries)[:MANY])
        if best is None or best[0].slip.kind != kind or best[1].size < min(MANY, entries.sum()):
            return "", None
        return best[0].text, best[0].span

    def best(self, entries: Integers) -> tuple[Suspicion, Integers] | None:
        """The slip that explains most of some entries, at the point and beside it, and which of them."""
        trials = [sight.trials for sight in self.sights]
        first = trials[0]
        if first is None or not len(entries):
            return None
        hits = []
        for i, j in entries.tolist():
            at_each = [
                one.hits((i, j), float(sight.value[i, j]), float(sight.value_bar[i, j]))
                for one, sight in zip(trials, self.sights, strict=True)
                if one is not None
            ]
            hits.append(np.logical_and.reduce(at_each))
        return first.best(hits)

    def names(self, entries: Mask) -> str:
        """Some entries by their names."""
        return named(self.verdict, tuple((int(i), int(j)) for i, j in np.argwhere(entries)))


def only(mask: Mask, chosen: object) -> Mask:
    """The part of a mask at an index."""
    part = np.zeros_like(mask)
    part[chosen] = mask[chosen]  # type: ignore[call-overload]
    return part


def is_or_are(mask: Mask) -> str:
    """The verb for the entries of a mask."""
    return "is" if mask.sum() == 1 else "are"


def has_or_have(mask: Mask) -> str:
    """The verb for the entries of a mask."""
    return "has" if mask.sum() == 1 else "have"
