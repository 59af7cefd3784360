"""The verdict between a Jacobian and its differences: agree, disagree, or nobody can tell.

Both numbers come with a bar on their own error, and there is no tolerance.  Apart by more than both bars: they disagree.  Within
them, they agree if the bars are narrow enough to have told a wrong entry from a right one; otherwise it is inconclusive.
At a kink that was settled by convention, differences have to find its two slopes, and the entry has to be the convention.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from jacchain.frozen import Frozen, replace
from jacchain.jacobian.differences.difference import Difference, in_doubles
from jacchain.jacobian.differences.tableau import SIDES
from jacchain.jacobian.settled import Kink, KinkTable
from jacchain.linear.map import LinearMap, Numbers, spread
from jacchain.linear.pattern import Integers

Judgement = Literal["agree", "inconclusive", "disagree"]
JUDGEMENTS: tuple[Judgement, ...] = ("agree", "inconclusive", "disagree")
"""From good to bad; the numbers of :class:`Verdict` are positions in it."""

REASONS = ("", "negligible", "kink", "no difference", "wide bars", "analytic", "here only")
"""Why an entry was judged as it was, where the bars alone do not say: it moves the output by nothing that can be seen; there is
no derivative, the sides have different slopes; differences yield nothing here; the bars are too wide to tell right from wrong;
differences cannot tell, but the analytic derivative is another; it is right at the point and not beside it."""

TELLING = 0.1
"""Both bars together have to be below this part of an entry: any slip of ten per cent would have been seen."""
INVISIBLE = 2.0**-40
"""Over the largest step of all, an entry that moves the output by less than this part of it is lost in the output's rounding."""
SLOPE = 2.0**-20
"""A zero is a zero when the bar is below this part of the steepest slope around."""
DUST = 8.0
"""Units of relative precision of the steepest slope around that a zero may be off: what is squared there was rounded before."""
ROUNDING = 2.0**-50
"""Relative error of slopes that were settled, and of numbers used by convention."""


class EntryVerdict(Frozen, eq=True):
    """One entry ∂output/∂input (``row`` and ``column`` from 0), the two numbers with their bars, and the judgement.

    ``step``, ``side`` and ``evaluations`` say how the difference was made; ``left`` and ``right``, each within ``side_bar``, are
    set where differences see a kink.
    """

    row: int
    column: int
    output: str
    input: str
    judgement: Judgement
    reason: str
    value: float
    value_bar: float
    difference: float
    difference_bar: float
    step: float
    side: str
    evaluations: int
    left: float | None = None
    right: float | None = None
    side_bar: float | None = None


class Verdict(Frozen):
    """The judgement on every entry of ``difference.pattern``; entries outside of it are zero by structure on both sides.

    ``value`` and ``value_bar`` are what is judged; ``codes`` and ``reasons`` are positions in :data:`JUDGEMENTS` and
    :data:`REASONS`.  ``kinks`` is what was known of kinks.
    """

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    value: Numbers
    value_bar: Numbers
    difference: Difference
    codes: Integers
    reasons: Integers
    kinks: tuple[Kink, ...] = ()

    @cached_property
    def judgement(self) -> Judgement:
        """The worst of all entries."""
        return JUDGEMENTS[int(self.codes.max(initial=0))]

    @property
    def disagrees(self) -> npt.NDArray[np.bool_]:
        """Which entries do."""
        return np.asarray(self.codes == JUDGEMENTS.index("disagree"))

    @cached_property
    def is_derivative(self) -> npt.NDArray[np.bool_]:
        """Which entries are derivatives by all that is known: not at a kink, and not what differences contradict."""
        smooth = ~(self.disagrees | self.difference.kink)
        smooth[KinkTable.of(self.kinks, self.difference.pattern).position] = False
        return smooth

    def count(self, judgement: Judgement) -> int:
        """How many entries were judged so."""
        return int((self.codes == JUDGEMENTS.index(judgement)).sum())

    @cached_property
    def largest_distance(self) -> float | None:
        """How far apart the two numbers are at the most; None where no difference could be made of any entry."""
        return self._largest(np.ones(1))

    @cached_property
    def relative_distance(self) -> float | None:
        """The same, in terms of the entry where that is larger than one."""
        return self._largest(np.maximum(np.abs(self._expected), 1))

    def _largest(self, unit: Numbers) -> float | None:
        with np.errstate(all="ignore"):
            apart = np.abs(self._expected - self.difference.value) / unit
        known = apart[np.isfinite(apart)]
        return float(known.max()) if known.size else (0.0 if not apart.size else None)

    @cached_property
    def _expected(self) -> Numbers:
        """What differences are to find: the entries themselves, or the mean of both slopes at a kink."""
        expected, known = np.array(self.value), KinkTable.of(self.kinks, self.difference.pattern)
        expected[known.position] = (known.left + known.right) / 2
        return expected

    @cached_property
    def order(self) -> Integers:
        """The entries from worst to best: by judgement, then by how far apart the numbers are in terms of the bars."""
        return np.lexsort((-self._badness, -self.codes))

    @cached_property
    def _badness(self) -> Numbers:
        with np.errstate(all="ignore"):
            bars = self.value_bar + self.difference.error_bar
            apart = np.abs(self._expected - self.difference.value) / bars
            size = np.maximum(np.abs(self.value), np.abs(self.difference.value))
            wide = np.where(size > 0, bars / size, bars)
        return np.nan_to_num(np.where(self.codes == JUDGEMENTS.index("inconclusive"), wide, apart), nan=np.inf)

    @cached_property
    def told(self) -> Integers:
        """The entries that there is something to say about, from worst to best: those that do not agree, and those at kinks."""
        chosen = (self.codes != JUDGEMENTS.index("agree")) | (self.reasons == REASONS.index("kink"))
        return np.asarray(self.order[chosen[self.order]])

    def entries(self, limit: int | None = None) -> tuple[EntryVerdict, ...]:
        """The worst entries, at most ``limit`` of them."""
        return tuple(self.entry(int(position)) for position in self.order[:limit])

    def entry(self, position: int) -> EntryVerdict:
        """One entry, by its position in the pattern."""
        found = self.difference
        row, column = int(found.pattern.rows[position]), int(found.pattern.columns[position])
        is_kink = bool(found.kink[position])
        difference, bar = in_doubles(found.value[position], found.error_bar[position])
        (left, right), side_bars = in_doubles(np.array([found.left[position], found.right[position]]), found.side_bar[position])
        return EntryVerdict(
            row,
            column,
            self.outputs[row],
            self.inputs[column],
            JUDGEMENTS[self.codes[position]],
            REASONS[self.reasons[position]],
            float(self.value[position]),
            float(self.value_bar[position]),
            float(difference),
            float(bar),
            float(found.step[position]),
            "both" if is_kink else SIDES[found.side[position]],
            int(found.evaluations[column]),
            float(left) if is_kink else None,
            float(right) if is_kink else None,
            float(side_bars.max()) if is_kink else None,
        )


def judge(
    outputs: Sequence[str],
    inputs: Sequence[str],
    judged: tuple[LinearMap, Numbers],
    difference: Difference,
    kinks: tuple[Kink, ...] = (),
) -> Verdict:
    """Judges a Jacobian, a map with a bar for each of its entries, by differences whose pattern covers its own.

    ``kinks`` are the entries of which it is known that they have no derivative.
    """
    linear, bars = judged
    pattern = difference.pattern
    value = spread(linear, pattern)[0]
    value_bar = spread(LinearMap(linear.pattern, bars[None]), pattern)[0]
    codes, reasons = _judged(value, value_bar, difference)
    if kinks:
        known = KinkTable.of(kinks, pattern)
        at = known.position
        codes[at], reasons[at] = _judged_by_convention(value[at], value_bar[at], difference, known)
    return Verdict(tuple(outputs), tuple(inputs), value, value_bar, difference, codes, reasons, kinks)


def beside_terms(verdict: Verdict, size: Numbers) -> Verdict:
    """The verdict on a product whose terms are of the ``size`` ``(m, n)`` together: where they cancel, a zero is one beside them.

    Any slip in a factor would have been seen, unless it is in a term that is as small as what is left.
    """
    found = verdict.difference
    terms = size[found.pattern.rows, found.pattern.columns]
    zero = (verdict.reasons == REASONS.index("wide bars")) & (verdict.value_bar + found.error_bar <= SLOPE * terms)
    return replace(verdict, codes=np.where(zero, 0, verdict.codes), reasons=np.where(zero, 0, verdict.reasons))


def _judged(value: Numbers, value_bar: Numbers, found: Difference) -> tuple[Integers, Integers]:
    agree, inconclusive, disagree = range(3)
    with np.errstate(divide="ignore", invalid="ignore"):
        bar = value_bar + found.error_bar
        unseen = DUST * np.finfo(found.value.dtype).eps * np.where(value == 0, found.steepest, 0)
        apart = np.abs(value - found.value) > bar + unseen
        size = np.maximum(np.abs(value), np.abs(found.value))
        told = bar <= TELLING * size
        zero, negligible = _as_good_as_zero(value, value_bar, found)
    unknown = ~np.isfinite(bar) | np.isnan(found.value)
    cases = [unknown, apart, negligible, found.kink, told | zero]
    codes = np.select(cases, [inconclusive, disagree, agree, inconclusive, agree], inconclusive)
    reasons = np.select(cases, [3, 0, 1, 2, 0], 4)
    return codes, reasons


def _judged_by_convention(value: Numbers, value_bar: Numbers, found: Difference, known: KinkTable) -> tuple[Integers, Integers]:
    """Kinks whose slopes are known: both have to be found, and the entry has to be what is used by convention.

    Any other number of the Clarke set may be meant: that is for nobody to judge.
    """
    agree, inconclusive, disagree = range(3)
    at = known.position
    bar = np.where(found.kink[at], found.side_bar[at], found.error_bar[at])
    slopes = np.stack([known.left, known.right])
    steepest, rise = np.abs(slopes).max(0), np.abs(known.left - known.right)
    room = bar + ROUNDING * steepest
    with np.errstate(invalid="ignore"):
        both = np.maximum(np.abs(found.left[at] - known.left), np.abs(found.right[at] - known.right)) <= room
        between = _inside(found.value[at], np.sort(slopes, axis=0).T, room)
        seen = np.where(found.kink[at], both, between)
        wide = bar > np.maximum(TELLING * np.maximum(rise, steepest), SLOPE * found.steepest[at] + np.finfo(float).tiny)
    unknown = ~np.isfinite(bar)
    used = _inside(value, known.used, value_bar + ROUNDING * np.abs(value))
    possible = _inside(value, known.clarke, value_bar + ROUNDING * np.abs(value))
    cases = [unknown, ~seen, ~possible, wide, used]
    codes = np.select(cases, [inconclusive, disagree, disagree, inconclusive, agree], inconclusive)
    reasons = np.select(cases, [3, 0, 0, 4, 2], 2)
    return codes, reasons


def _inside(value: Numbers, interval: Numbers, room: Numbers) -> npt.NDArray[np.bool_]:
    """Which numbers lie in their intervals ``(k, 2)``, give or take."""
    return np.asarray((interval[:, 0] - room <= value) & (value <= interval[:, 1] + room))


def _as_good_as_zero(
    value: Numbers, value_bar: Numbers, found: Difference
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Entries said to be zero that are, beside the slopes around or to the rounding of the output; and entries that matter not.

    Those move nothing over the largest step that could be seen in the output, whose rounding is coarser, nor anything in units
    a person would use; or they are below every double.
    """
    pattern = found.pattern
    bar = value_bar + found.error_bar
    largest = np.maximum(np.abs(value), np.abs(found.value)) + bar
    seen = INVISIBLE * np.abs(found.at[pattern.rows]) / found.reach[pattern.columns]
    zero = (value == 0) & ((bar <= SLOPE * found.steepest) | (found.steepest == 0) | (bar <= seen))
    return zero, (largest <= np.minimum(seen, INVISIBLE)) | (largest <= np.finfo(float).tiny)
