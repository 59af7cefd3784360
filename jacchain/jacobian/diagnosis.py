"""What is wrong with a Jacobian that disagrees: the slip behind the numbers, in words, with its place.

Mistakes of the whole matrix are looked for first, then those of single entries; what is left is said to be wrong and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from jacchain.errors import Span
from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import MATRIX
from jacchain.expression.texts import node_text
from jacchain.jacobian.analytic import derivative_of
from jacchain.jacobian.bisection import author_span, wrong_part, wrong_rule
from jacchain.jacobian.difference import dense
from jacchain.jacobian.dissection import dissect
from jacchain.jacobian.slips import Trials
from jacchain.jacobian.verdict import JUDGEMENTS, REASONS, Verdict
from jacchain.linear.map import Numbers
from jacchain.pipeline.stage import Stage

LARGEST = 1 << 18
"""Entries of a matrix up to which mistakes of the whole matrix are looked for."""
NAMED = 4
Mask = npt.NDArray[np.bool_]

RATIOS = (
    ("factor 2", 2.0, "twice what it should be"),
    ("factor 1/2", 0.5, "half of what it should be"),
    ("degrees", np.pi / 180, "what it would be for an angle in degrees, not in radians"),
    ("degrees", 180 / np.pi, "57.3 times what it should be: radians turned into degrees"),
)


@dataclass(frozen=True)
class Diagnosis:
    """A mistake that explains some entries ``(row, column)``, from 0.

    ``span`` is where it is written; ``where`` is the sub-expression whose derivative went wrong, ``where_span`` its place.
    Kinds: ``transposed``, ``rows exchanged``, ``columns exchanged``, ``zero column``, ``zero row``, ``zero entry``, those of
    :data:`jacchain.jacobian.slips.SLIPS`, ``rule``, ``unknown``; and, of entries nobody can judge, ``kink`` and
    ``untrustworthy``.
    """

    kind: str
    message: str
    entries: tuple[tuple[int, int], ...]
    span: Span | None = None
    where: str = ""
    where_span: Span | None = None


def diagnose(stage: Stage, verdict: Verdict, x: Array, *, by_author: bool) -> tuple[Diagnosis, ...]:
    """What is wrong with the judged Jacobian of a stage at x, worst first; nothing when all entries agree."""
    found: list[Diagnosis] = []
    if verdict.judgement == "disagree" and verdict.inputs != stage.inputs:
        found = [_somewhere(stage, verdict)]
    elif verdict.judgement == "disagree":
        found = _Sheet(stage, verdict, x).diagnoses() if by_author else [_broken(stage, verdict, x)]
    return (*found, *_undecided(verdict))


def _broken(stage: Stage, verdict: Verdict, x: Array) -> Diagnosis:
    """Our own Jacobian disagrees: the operation whose rule is to blame."""
    culprit = wrong_rule(stage, x)
    entries = _entries(verdict, verdict.codes == JUDGEMENTS.index("disagree"))
    names = _named(verdict, entries)
    if culprit is None:
        return Diagnosis("unknown", f"{names}: the analytic derivative disagrees with differences", entries, stage.span)
    message = f"the analytic derivative of `{culprit.text}` is wrong; this is a mistake in jacchain, and makes {names} wrong"
    return Diagnosis("rule", message, entries, culprit.span, culprit.text, culprit.span)


def _somewhere(stage: Stage, verdict: Verdict) -> Diagnosis:
    """Which rows are wrong in a Jacobian that was judged along a direction only."""
    rows = verdict.difference.pattern.rows[verdict.codes == JUDGEMENTS.index("disagree")]
    names = ", ".join(f"`{verdict.outputs[row]}`" for row in rows[:NAMED])
    more = f" and {rows.size - NAMED} more" if rows.size > NAMED else ""
    return Diagnosis(
        "unknown", f"something is wrong in the Jacobian of {names}{more}; it is too large to look for the entry", (), stage.span
    )


def _undecided(verdict: Verdict) -> list[Diagnosis]:
    """Why some entries could not be judged."""
    found = []
    kinks = verdict.reasons == REASONS.index("kink")
    if kinks.any():
        entries = _entries(verdict, kinks)
        first = verdict.entry(int(np.flatnonzero(kinks)[0]))
        slopes = f"{_name(verdict, entries[0])} is {first.left:.6g} from the left and {first.right:.6g} from the right"
        found.append(Diagnosis("kink", f"a kink at this point: {slopes}; no derivative is there to compare with", entries))
    lost = (verdict.codes == JUDGEMENTS.index("inconclusive")) & ~kinks
    if lost.any():
        entries = _entries(verdict, lost)
        message = f"differences are not to be trusted here, and cannot tell whether {_named(verdict, entries)} is right"
        found.append(Diagnosis("untrustworthy", message, entries))
    return found


class _Sheet:
    """A hand-derived Jacobian and what is known of the right one; entries are crossed off as they are explained."""

    def __init__(self, stage: Stage, verdict: Verdict, x: Array) -> None:
        self.stage, self.verdict, self.x = stage, verdict, x
        self.pattern = verdict.difference.pattern
        self.wrong = dense(self.pattern, verdict.codes == JUDGEMENTS.index("disagree"))
        self.turned = False
        self.found: list[Diagnosis] = []
        self.value = dense(self.pattern, verdict.value)
        self.value_bar = dense(self.pattern, verdict.value_bar)
        self.right = verdict.difference.matrix
        self.right_bar = verdict.difference.bars

    def diagnoses(self) -> list[Diagnosis]:
        """All mistakes, those of the whole matrix first."""
        if self.wrong.size <= LARGEST:
            self.transposed()
            self.transposed_constant()
            self.exchanged(lambda matrix: matrix, self.verdict.outputs, "rows", "outputs")
            self.exchanged(np.transpose, self.verdict.inputs, "columns", "inputs")
        self.zeros()
        self.signs()
        self.slips()
        self.ratios()
        self.rest()
        return self.found

    def differs(self, value: Numbers, bar: Numbers) -> Mask:
        """Where a matrix, with its bars, is not what differences say."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.abs(value - self.right) > bar + self.right_bar)

    def explain(self, kind: str, message: str, explained: Mask, where: tuple[str, Span | None] = ("", None)) -> None:
        """Notes a mistake and crosses off what it explains."""
        entries = tuple((int(i), int(j)) for i, j in np.argwhere(explained & self.wrong))
        self.found.append(Diagnosis(kind, message, entries, self.place(entries), *where))
        self.wrong = self.wrong & ~explained

    def place(self, entries: tuple[tuple[int, int], ...]) -> Span | None:
        """Where some entries are written: the one, or the whole matrix."""
        spans = self.stage.author_spans
        if len(entries) == 1 or not spans:
            return author_span(self.stage, *self.written(*entries[0])) if entries else self.stage.span
        return Span(spans[0].source, spans[0].start, spans[-1].end)

    def written(self, i: int, j: int) -> tuple[int, int]:
        """The row and column in which an entry is written."""
        return (j, i) if self.turned else (i, j)

    def transposed(self) -> None:
        """The transpose has fewer wrong entries."""
        if self.wrong.shape[0] != self.wrong.shape[1]:
            return
        differs = self.differs(self.value.T, self.value_bar.T)
        if differs.sum() < self.wrong.sum():
            self.explain("transposed", "the matrix is transposed: rows are outputs, columns are inputs", ~differs)
            self.value, self.value_bar, self.wrong, self.turned = self.value.T, self.value_bar.T, differs, True

    def transposed_constant(self) -> None:
        """The matrix of some product ``W @ v`` was transposed on the way."""
        program = self.stage.program
        if not self.wrong.any():
            return
        registers = program.registers(self.x[None])
        for position, instruction in enumerate(program.instructions):
            matrix = instruction.matrix
            if instruction.operation != MATRIX or matrix is None or matrix.shape[0] != matrix.shape[1]:
                continue
            changed = list(program.instructions)
            changed[position] = replace(instruction, matrix=np.ascontiguousarray(matrix.T))
            slipped = derivative_of(replace(program, instructions=tuple(changed)), registers).linear.dense[0]
            fits = np.abs(slipped - self.value) <= self.value_bar + 64 * np.finfo(float).eps * np.abs(slipped)
            if (fits & self.wrong).sum() >= 2:
                number = instruction.nodes[0]
                node, text = program.graph.nodes[number], node_text(program.graph, number)
                message = f"`{node.name or 'the matrix'}` is transposed, in the derivative of `{text}`"
                self.explain("transposed", message, fits, (node.name, node.span))

    def exchanged(self, turned: Callable[[Numbers], Numbers], names: tuple[str, ...], what: str, of_what: str) -> None:
        """Two rows (or columns, of the transpose) stand in each other's place."""
        hurt = np.flatnonzero(turned(self.wrong).any(1))
        for position, first in enumerate(hurt):
            for second in hurt[position + 1 :]:
                order = np.arange(len(names))
                order[[first, second]] = second, first
                value, bar = turned(turned(self.value)[order]), turned(turned(self.value_bar)[order])
                differs = turned(self.differs(value, bar))[[first, second]]
                if not differs.any() and turned(self.wrong)[[first, second]].any(1).all():
                    explained = np.zeros_like(turned(self.wrong))
                    explained[[first, second]] = True
                    message = f"the {what} of `{names[first]}` and `{names[second]}` are exchanged ({what} are {of_what})"
                    self.explain(f"{what} exchanged", message, turned(explained))

    def zeros(self) -> None:
        """Zeros where there should be none: of a whole input, of a whole output, or single ones."""
        zero = (self.value == 0) & self.wrong
        for j in np.flatnonzero(zero.any(0) & (self.value == 0).all(0)):
            name = self.verdict.inputs[j]
            if self.wrong.shape[0] > 1:
                self.explain(
                    "zero column", f"the column of `{name}` is zero, as if it were not used", _only(zero, (slice(None), j))
                )
        for i in np.flatnonzero((zero & self.wrong).any(1) & (self.value == 0).all(1)):
            name = self.verdict.outputs[i]
            if self.wrong.shape[1] > 1:
                self.explain(
                    "zero row", f"the row of `{name}` is zero, as if it depended on nothing", _only(zero, (i, slice(None)))
                )
        left = zero & self.wrong
        if left.any():
            self.explain("zero entry", f"{self.names(left)} {_is(left)} written as zero, but not zero", left)

    def signs(self) -> None:
        """Minus what it should be: the sign of a part, of an entry, or of all of them."""
        negative = self.wrong & ~self.differs(-self.value, self.value_bar)
        if negative.any():
            where = self.suspected(negative, "sign")
            hint = f", as if the derivative of `{where[0]}` had been taken with the wrong sign" if where[0] else ""
            self.explain("sign", f"{self.names(negative)} {_has(negative)} the wrong sign{hint}", negative, where)
        for i, j in np.argwhere(self.wrong):
            expected = float(self.right[i, j]), float(self.right_bar[i, j] + self.value_bar[i, j])
            part = wrong_part(self.stage, self.x, self.written(int(i), int(j)), expected)
            if part is not None and part.factor < 0:
                entry = ((int(i), int(j)),)
                message = f"`{part.text}` in {_name(self.verdict, entry[0])} has the wrong sign"
                self.found.append(Diagnosis("sign", message, entry, part.span, part.text, part.span))
                self.wrong[i, j] = False

    def suspected(self, entries: Mask, kind: str) -> tuple[str, Span | None]:
        """The sub-expression of the function where one slip of a kind explains all of some entries."""
        trials = self.trials()
        if trials is None:
            return "", None
        best = trials.best([self.hits(trials, entry) for entry in np.argwhere(entries)[:50]])
        if best is None or best[0].slip.kind != kind or best[1].size < min(50, entries.sum()):
            return "", None
        return best[0].text, best[0].span

    def trials(self) -> Trials | None:
        """The stage taken apart, when it is small enough."""
        whole = dissect(self.stage.program, self.x)
        return None if whole is None or whole.output.size > LARGEST else Trials(whole)

    def hits(self, trials: Trials, entry: Numbers) -> Array:
        """Which slips would make an entry what it is."""
        i, j = int(entry[0]), int(entry[1])
        return trials.hits((i, j), float(self.value[i, j]), float(self.value_bar[i, j]))

    def slips(self) -> None:
        """One wrong local derivative after the other, each explaining as many entries as it can."""
        trials = self.trials() if self.wrong.any() else None
        while trials is not None and self.wrong.any():
            entries = np.argwhere(self.wrong)[:50]
            best = trials.best([self.hits(trials, entry) for entry in entries])
            if best is None:
                return
            suspicion, explained = best
            mask = np.zeros_like(self.wrong)
            mask[tuple(entries[explained].T)] = True
            message = f"the derivative of `{suspicion.text}` {suspicion.slip.says} in {self.names(mask)}"
            self.explain(suspicion.slip.kind, message, mask, (suspicion.text, suspicion.span))

    def ratios(self) -> None:
        """A factor that has a name."""
        for kind, factor, says in RATIOS:
            off = self.wrong & ~self.differs(self.value / factor, self.value_bar / factor)
            if off.any():
                self.explain(kind, f"{self.names(off)} {_is(off)} {says}", off)

    def rest(self) -> None:
        """What no slip explains, with the ratio to what it should be."""
        for i, j in np.argwhere(self.wrong)[:NAMED]:
            with np.errstate(all="ignore"):
                ratio = float(self.value[i, j] / self.right[i, j])
            times = f"{ratio:.6g} times what differences give" if np.isfinite(ratio) else "not what differences give"
            self.explain("unknown", f"{_name(self.verdict, (int(i), int(j)))} is {times}", _only(self.wrong, (i, j)))
        if self.wrong.any():
            self.explain("unknown", f"{self.names(self.wrong)} {_is(self.wrong)} not what differences give", self.wrong)

    def names(self, entries: Mask) -> str:
        """Some entries by their names."""
        return _named(self.verdict, tuple((int(i), int(j)) for i, j in np.argwhere(entries)))


def _entries(verdict: Verdict, chosen: Mask) -> tuple[tuple[int, int], ...]:
    pattern = verdict.difference.pattern
    return tuple(zip(pattern.rows[chosen].tolist(), pattern.columns[chosen].tolist(), strict=True))


def _name(verdict: Verdict, entry: tuple[int, int]) -> str:
    return f"∂{verdict.outputs[entry[0]]}/∂{verdict.inputs[entry[1]]}"


def _named(verdict: Verdict, entries: tuple[tuple[int, int], ...]) -> str:
    shown = ", ".join(_name(verdict, entry) for entry in entries[:NAMED])
    return shown + (f" and {len(entries) - NAMED} more" if len(entries) > NAMED else "")


def _only(mask: Mask, chosen: object) -> Mask:
    """The part of a mask at an index."""
    part = np.zeros_like(mask)
    part[chosen] = mask[chosen]  # type: ignore[call-overload]
    return part


def _is(mask: Mask) -> str:
    return "is" if mask.sum() == 1 else "are"


def _has(mask: Mask) -> str:
    return "has" if mask.sum() == 1 else "have"
