"""A hand-derived Jacobian that disagrees: the slip behind the numbers.

Mistakes of the whole matrix are looked for first, then those of single entries; what is left is said to be wrong and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from jacchain.errors import Span
from jacchain.expression.program import Instruction
from jacchain.expression.texts import node_text
from jacchain.frozen import replace
from jacchain.jacobian.analytic import derivative_of, differentiate
from jacchain.jacobian.differences.difference import dense
from jacchain.jacobian.judgement.diagnosis import NAMED, Diagnosis, Mask, name_of, named
from jacchain.jacobian.judgement.repairs import Expected, Misplaced, author_span, negated_part, wrong_function, wrong_part
from jacchain.jacobian.judgement.sight import Sight
from jacchain.jacobian.judgement.slips import Suspicion
from jacchain.jacobian.judgement.taken import TAKEN, Taken
from jacchain.jacobian.judgement.verdict import REASONS, Verdict
from jacchain.linear.map import Numbers
from jacchain.linear.pattern import Integers
from jacchain.pipeline.stage import Stage

LARGEST = 1 << 18
"""Entries of a matrix up to which mistakes of the whole matrix are looked for."""
WIDEST, FEW, MANY = 64, 16, 50
"""Inputs up to which an inverse, and another input in an entry, are thought of; entries that are explained at a time."""
EPSILON = float(np.finfo(float).eps)

RATIOS = (
    ("factor 2", 2.0, "twice what it should be"),
    ("factor 1/2", 0.5, "half of what it should be"),
    ("degrees", np.pi / 180, "what it would be for an angle in degrees, not in radians"),
    ("degrees", 180 / np.pi, "57.3 times what it should be: radians turned into degrees"),
)

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

    def diagnoses(self) -> list[Diagnosis]:
        """All mistakes, those of the whole matrix first."""
        if self.wrong.size <= LARGEST:
            self.inverse()
            self.transposed()
            self.other_operations()
            self.misplaced(lambda matrix: matrix, self.verdict.outputs, "rows", "({} are outputs)")
            self.misplaced(np.transpose, self.verdict.inputs, "columns", "({} are inputs)")
            self.misread()
        self.zeros()
        self.signs()
        self.exchanged()
        self.slips()
        self.functions()
        self.ratios()
        self.other_inputs()
        self.factors()
        self.rest()
        return self.found

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
        """Where some entries are written: the one, or the whole matrix."""
        spans = self.stage.author_spans
        if len(entries) == 1 or not spans:
            return author_span(self.stage, *self.written(*entries[0])) if entries else self.stage.span
        return Span(spans[0].source, spans[0].start, spans[-1].end)

    def written(self, i: int, j: int) -> tuple[int, int]:
        """The row and column in which an entry is written."""
        return (j, i) if self.turned else (i, j)

    def inverse(self) -> None:
        """The matrix undoes the right one."""
        n = self.wrong.shape[0]
        if self.wrong.shape != (n, n) or not 1 < n <= WIDEST or self.wrong.sum() < n:
            return
        for sight in self.sights:
            sizes = np.abs(sight.value) @ np.abs(sight.right)
            room = np.abs(sight.value) @ sight.right_bar + sight.value_bar @ np.abs(sight.right) + 64 * n * EPSILON * sizes
            if not (np.abs(sight.value @ sight.right - np.eye(n)) <= room).all():
                return
        self.explain("inverse matrix", "this is the inverse: the derivatives of the inputs by the outputs", self.wrong)

    def transposed(self) -> None:
        """The transpose has at most half of the wrong entries."""
        if self.wrong.shape[0] != self.wrong.shape[1] or not self.wrong.any():
            return
        differs = self.differs(np.transpose)
        if 2 * differs.sum() <= self.wrong.sum():
            self.explain("transposed", "the matrix is transposed: rows are outputs, columns are inputs", ~differs)
            self.sights, self.wrong, self.turned = [sight.transposed for sight in self.sights], differs, True

    def other_operations(self) -> None:
        """An operation of the function was taken for another one: a matrix for its transpose, a branch for the other."""
        for taken in TAKEN:
            for position, instruction in enumerate(self.stage.program.instructions):
                if self.wrong.any() and (other := taken.other(instruction)) is not None:
                    fits = self.fits_with(position, other, anew=taken.anew)
                    if (fits & self.wrong).sum() >= taken.least:
                        self.explain_operation(taken, instruction, fits & self.wrong)

    def fits_with(self, position: int, other: Instruction, *, anew: bool) -> Mask:
        """Which entries are right for nothing but another operation in one place; ``anew`` if its values count, too."""
        program = self.stage.program
        instructions = (*program.instructions[:position], other, *program.instructions[position + 1 :])
        slipped = replace(program, instructions=instructions)
        fits, differs = np.ones_like(self.wrong), np.zeros_like(self.wrong)
        for sight in self.sights:
            registers = (slipped if anew else program).registers(sight.x[None])
            expected = derivative_of(slipped, registers).linear.dense[0]
            with np.errstate(invalid="ignore"):
                fits &= np.abs(expected - sight.value) <= sight.room(expected)
                differs |= np.abs(expected - sight.right) > 2 * sight.room(expected)
        return fits & differs

    def explain_operation(self, taken: Taken, instruction: Instruction, entries: Mask) -> None:
        """Notes that an operation was taken for another one; of several worked out together, the first that an entry hangs on."""
        graph = self.stage.program.graph
        owners = [output for output in graph.outputs for _ in range(graph.nodes[output].size)]
        reached = graph.ancestors(owners[int(np.argwhere(entries)[0, 0])])
        number = next(number for number in instruction.nodes if number in reached)
        node, text = graph.nodes[number], node_text(graph, number)
        message = taken.says.format(name=node.name or "the matrix", text=text, entries=self.names(entries))
        self.explain(taken.kind, message, entries, (node.name or text, node.span))

    def exchanged(self) -> None:
        """Entries of one row stand in one another's place."""
        for i in np.flatnonzero(self.wrong.sum(1) > 1)[:MANY]:
            if self.wrong[i].sum() <= FEW:
                where = f"in the row of `{self.verdict.outputs[i]}`"
                self.misplaced(partial(_row_of, int(i)), self.verdict.inputs, "entries", where)

    def misplaced(self, turned: Callable[[Numbers], Numbers], names: tuple[str, ...], what: str, which: str) -> None:
        """Rows (or columns, of the transpose) stand in one another's place; ``turned`` is a view of a matrix."""
        hurt = np.flatnonzero(turned(self.wrong).any(1))
        belongs = {int(row): self.same(turned, int(row), hurt) for row in hurt}
        while belongs:
            first, following = belongs.popitem()
            cycle = [first]
            while following in belongs:
                cycle.append(following)
                following = belongs.pop(following)
            if following != first or len(cycle) < 2:
                continue
            cycle = sorted(cycle)
            explained = np.zeros_like(self.wrong)
            turned(explained)[cycle] = True
            listed = " and ".join(f"`{names[row]}`" for row in cycle[:2]) if len(cycle) == 2 else _listed(names, cycle)
            message = f"the {what} of {listed} are exchanged {which.format(what)}"
            self.explain(f"{what} exchanged", message, explained)

    def same(self, turned: Callable[[Numbers], Numbers], row: int, others: Integers) -> int:
        """Which one of other rows of the right matrix is written as a row, -1 when none is, or several."""
        fits = others != row
        for sight in self.sights:
            value, value_bar = turned(sight.value)[row], turned(sight.value_bar)[row]
            right, right_bar = turned(sight.right)[others], turned(sight.right_bar)[others]
            fits &= (np.abs(value - right) <= value_bar + right_bar).all(1)
        return int(others[fits][0]) if fits.sum() == 1 else -1

    def zeros(self) -> None:
        """Zeros where there should be none: of a whole input, of a whole output, or single ones."""
        zero = np.logical_and.reduce([sight.value == 0 for sight in self.sights]) & self.wrong
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
        negative = self.wrong & ~self.differs(np.negative)
        if negative.any():
            where = self.suspected(negative, "sign")
            hint = f", as if the derivative of `{where[0]}` had been taken with the wrong sign" if where[0] else ""
            self.explain("sign", f"{self.names(negative)} {_has(negative)} the wrong sign{hint}", negative, where)
        for i, j in np.argwhere(self.wrong):
            part = negated_part(self.stage, self.written(int(i), int(j)), self.expected(int(i), int(j)))
            if part is not None:
                self.blame(part, _only(self.wrong, (i, j)))

    def blame(self, part: Misplaced, entries: Mask) -> None:
        """Notes what is wrong with a part that is written, and crosses off the entries that it makes wrong."""
        kind, says = MISPLACED[part.kind]
        message = f"`{part.text}` in {self.names(entries)} {says.format(part.instead)}"
        listed = tuple((int(i), int(j)) for i, j in np.argwhere(entries))
        self.found.append(Diagnosis(kind, message, listed, part.span, part.text, part.span))
        self.wrong &= ~entries

    def misread(self) -> None:
        """A part of an expression of several entries whose repair makes right all there are."""
        if not self.wrong.any() or self.turned or not 0 < len(self.stage.author_spans) < self.wrong.size:
            return
        entries = np.argwhere(self.wrong | ~self.differs(np.positive))
        part = wrong_part(self.stage, [(i, j) for i, j in entries.tolist()], self.expected(*entries.T))
        if part is not None:
            self.blame(part, self.wrong)

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

    def slips(self) -> None:
        """One wrong local derivative after the other, each explaining as many entries as it can."""
        while self.wrong.any():
            entries = np.argwhere(self.wrong)[:MANY]
            best = self.best(entries)
            if best is None:
                return
            suspicion, explained = best
            mask = np.zeros_like(self.wrong)
            mask[tuple(entries[explained].T)] = True
            message = f"the derivative of `{suspicion.text}` {suspicion.slip.says} in {self.names(mask)}"
            self.explain(suspicion.slip.kind, message, mask, (suspicion.text, suspicion.span))

    def functions(self) -> None:
        """Another function in the place of the right one, or its derivative in the place of the function."""
        for i, j in np.argwhere(self.wrong)[:MANY].tolist():
            part = wrong_function(self.stage, self.written(i, j), self.expected(i, j))
            if part is not None:
                self.blame(part, _only(self.wrong, (i, j)))

    def ratios(self) -> None:
        """A factor that has a name."""
        for kind, factor, says in RATIOS:
            off = self.wrong & ~self.differs(partial(np.multiply, 1 / factor))
            if off.any():
                self.explain(kind, f"{self.names(off)} {_is(off)} {says}", off)

    def other_inputs(self) -> None:
        """An entry in which another input was written in the place of the right one."""
        inputs = self.verdict.inputs
        if not self.wrong.any() or not 1 < len(inputs) <= FEW:
            return
        pairs = [(p, q) for p in range(len(inputs)) for q in range(len(inputs)) if p != q]
        fits = np.ones((len(pairs), *self.wrong.shape), bool) & self.wrong
        for sight in self.sights:
            points = np.repeat(sight.x[None], len(pairs), axis=0)
            for point, (p, q) in zip(points, pairs, strict=True):
                point[p] = sight.x[q]
            with np.errstate(all="ignore"):
                expected = differentiate(self.stage.program, points).linear.dense
                fits &= np.abs(expected - sight.value) <= sight.room(expected)
        for i, j in np.argwhere(fits.any(0)):
            p, q = min(
                (pairs[pair] for pair in np.flatnonzero(fits[:, i, j])), key=lambda pair: (pair[0] != j, abs(pair[0] - pair[1]))
            )
            message = (
                f"{name_of(self.verdict, (int(i), int(j)))} is what it would be with `{inputs[q]}` in the place of `{inputs[p]}`"
            )
            self.explain("other input", message, _only(self.wrong, (i, j)))

    def factors(self) -> None:
        """A part of the function is there as a factor and should not be, or the other way round, at the point and beside it."""
        if len(self.sights) < 2 or not self.wrong.any():
            return
        program = self.stage.program
        below = {node_text(program.graph, node.arguments[1]) for node in program.graph.nodes if node.operation == "/"}
        numbers = np.stack([program.registers(sight.x[None])[0].astype(float) for sight in self.sights])
        for i, j in np.argwhere(self.wrong)[:MANY].tolist():
            ratios, rooms = zip(*(sight.ratio(i, j) for sight in self.sights), strict=True)
            ratio, room = np.array(ratios)[:, None], np.array(rooms)[:, None]
            with np.errstate(all="ignore"):
                there, missing = ((np.abs(part - 1) <= room).all(0) for part in (ratio / numbers, ratio * numbers))
            for found, says in ((there, "has the factor"), (missing, "lacks the factor")):
                texts = [node_text(program.graph, number) for number, place in enumerate(program.place) if found[place].all()]
                if texts and self.wrong[i, j]:
                    text = min(texts, key=len)
                    hint = ", as if a denominator were not squared" if says == "has the factor" and text in below else ""
                    self.explain("factor", f"{name_of(self.verdict, (i, j))} {says} `{text}`{hint}", _only(self.wrong, (i, j)))

    def rest(self) -> None:
        """What no slip explains, with the ratio to what it should be; what is right by chance has been said to be."""
        self.wrong = self.wrong & ~dense(self.verdict.difference.pattern, self.verdict.reasons == REASONS.index("here only"))
        for i, j in np.argwhere(self.wrong)[:NAMED]:
            with np.errstate(all="ignore"):
                ratio = float(self.value[i, j] / self.sights[0].right[i, j])
            off = float(self.value[i, j] - self.sights[0].right[i, j])
            times = "not what it should be"
            if f"{ratio:.6g}" == "1":
                times = f"off by {off:.3g}"
            elif np.isfinite(ratio):
                times = f"{ratio:.6g} times what it should be"
            self.explain("unknown", f"{name_of(self.verdict, (int(i), int(j)))} is {times}", _only(self.wrong, (i, j)))
        if self.wrong.any():
            self.explain("unknown", f"{self.names(self.wrong)} {_is(self.wrong)} not what it should be", self.wrong)

    def names(self, entries: Mask) -> str:
        """Some entries by their names."""
        return named(self.verdict, tuple((int(i), int(j)) for i, j in np.argwhere(entries)))


def _row_of(row: int, matrix: Numbers) -> Numbers:
    """A row of a matrix as a column: a view."""
    return matrix[row : row + 1].T


def _listed(names: tuple[str, ...], chosen: list[int]) -> str:
    """Some names, with commas."""
    shown = ", ".join(f"`{names[position]}`" for position in chosen[:NAMED])
    return shown + (f" and {len(chosen) - NAMED} more" if len(chosen) > NAMED else "")


def _only(mask: Mask, chosen: object) -> Mask:
    """The part of a mask at an index."""
    part = np.zeros_like(mask)
    part[chosen] = mask[chosen]  # type: ignore[call-overload]
    return part


def _is(mask: Mask) -> str:
    return "is" if mask.sum() == 1 else "are"


def _has(mask: Mask) -> str:
    return "has" if mask.sum() == 1 else "have"
