"""The answer of ``check`` as a document: the verdict on every Jacobian, what is wrong with those that disagree, the witnesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite

from jacchain.errors import counted
from jacchain.jacobian.judgement.diagnosis import Diagnosis
from jacchain.jacobian.judgement.verdict import EntryVerdict, Judgement, Verdict
from jacchain.report.document import Block, Column, Document, Figure, Gap, Paragraph, Role, Run, Runs, Table, headed, note, runs
from jacchain.report.documents.problems import Place, excerpt
from jacchain.report.look import Look
from jacchain.report.notation.elision import some_names
from jacchain.report.notation.number import bar_text, number_text
from jacchain.report.notation.symbols import point
from jacchain.report.notation.text import component
from jacchain.results import CheckReport, StageCheck

ROLES: dict[Judgement, Role] = {"agree": "good", "inconclusive": "warning", "disagree": "error"}
STAGES = 24
"""Stages up to which all are listed; beyond it only those that do not agree, and as many others as there is room for."""
LINES = 8
"""Lines of a matrix that are marked."""
LEAST, MOST = 6, 17
"""Digits of two numbers that are to be compared: more where they would look the same."""
NAMES = 4
"""Copies of a function that are named."""
ENTRIES = 8
"""Entries that are listed of one Jacobian, the worst first."""


def check_document(check: CheckReport, look: Look) -> Document:
    """The verdicts, worst entries first, each with both numbers, both bars, and how the difference was made."""
    facts = check.pipeline
    title = runs(Run(facts.file, "title"), "   check   at ", *point(facts.inputs, facts.at, look))
    blocks: list[Block] = [Paragraph(title, hang=4), Gap(), *_verdicts(check, look)]
    for first, *others in _alike(check.stages):
        blocks += _details(f"{first.name}, {_whose(first)}", first.verdict, first.diagnoses, look)
        if others:
            names = some_names([stage.name for stage in others], NAMES)
            blocks += [Gap(), note(f"the same holds for {names}")]
    if (whole := _whole(check)) is not None:
        blocks += _details("the Jacobian of the chain", whole, check.diagnoses, look)
    if check.witnesses:
        blocks += [Gap(), Paragraph(runs(Run("witnesses of the whole chain", "heading")))]
    for witness in check.witnesses:
        blocks.append(Paragraph(runs(Run(witness.judgement, ROLES[witness.judgement]), f"  {witness.message}"), indent=2))
    blocks += [note(remark) for remark in check.remarks]
    return (*blocks, Gap(), headed("verdict", Run(check.judgement, ROLES[check.judgement]), f"   {_counted(check)}"))


def _whole(check: CheckReport) -> Verdict | None:
    """The verdict on the chain, unless the same is said of its only function."""
    same = len(check.stages) == 1 and check.total is not None and check.total.judgement == check.stages[0].verdict.judgement
    return None if same else check.total


def _alike(stages: Sequence[StageCheck]) -> Iterable[list[StageCheck]]:
    """The Jacobians of the stages, those together of which the same is to be said: copies of one function."""
    groups: dict[object, list[StageCheck]] = {}
    for stage in stages:
        said = [(diagnosis.message, diagnosis.span, diagnosis.where_span) for diagnosis in stage.diagnoses]
        key = (stage.judged, stage.verdict.judgement, *said) if said else stage
        groups.setdefault(key, []).append(stage)
    return groups.values()


def _whose(stage: StageCheck) -> str:
    return "the author's Jacobian" if stage.judged == "author" else "the analytic Jacobian"


def _counted(check: CheckReport) -> str:
    verdicts = [*(stage.verdict for stage in check.stages), _whole(check)]
    counts = {judgement: sum(verdict.count(judgement) for verdict in verdicts if verdict) for judgement in ROLES}
    said = [f"{judgement} {count:,}" for judgement, count in counts.items() if count]
    total = sum(counts.values())
    return f"all {counted(total, 'entry')}" if len(said) == 1 and total > 1 else f"entries: {', '.join(said) or 'none'}"


def _verdicts(check: CheckReport, look: Look) -> Iterator[Block]:
    columns = (
        Column("#", "right"),
        Column("function"),
        Column("judged", optional=1),
        Column("entries", "right", optional=3),
        Column("verdict"),
        Column("differences agree to", "point"),
        Column("evaluations", "right", optional=2),
    )
    shown = list(check.stages)
    if len(shown) > STAGES and not look.full:
        wrong = [stage for stage in shown if stage.verdict.judgement != "agree"]
        right = [stage for stage in shown if stage.verdict.judgement == "agree"]
        kept = wrong + right[: max(0, STAGES - len(wrong))]
        shown = sorted(kept, key=lambda stage: stage.index)
    rows: list[tuple[Runs, ...] | Run] = [
        _row(str(stage.index), stage.name, stage.judged, stage.verdict, look) for stage in shown
    ]
    if len(shown) < len(check.stages):
        hidden = len(check.stages) - len(shown)
        rows.append(
            Run(f"… {hidden:,} stages that agree are hidden ({len(shown)} of {len(check.stages):,}; --full shows all)", "note")
        )
    if (whole := _whole(check)) is not None:
        rows.append(_row("", "whole chain", "product", whole, look))
    yield Table(columns, tuple(rows))


def _row(number: str, name: str, judged: str, verdict: Verdict, look: Look) -> tuple[Runs, ...]:
    judgement = verdict.judgement
    worst = verdict.relative_distance
    return (
        runs(number),
        runs(Run(name, "name")),
        runs(judged),
        runs(f"{verdict.codes.size:,}"),
        runs(Run(judgement, ROLES[judgement])),
        runs("-" if worst is None else number_text(worst, min(look.digits, 2))),
        runs(f"{int(verdict.difference.evaluations.sum()):,}"),
    )


def _details(title: str, verdict: Verdict, diagnoses: Sequence[Diagnosis], look: Look) -> Iterator[Block]:
    """What there is to say about a Jacobian that does not agree in every entry, or does by convention."""
    told = verdict.told
    if not told.size and not diagnoses:
        return
    yield Gap()
    yield Paragraph(runs(Run(title, "heading"), ": ", Run(verdict.judgement, ROLES[verdict.judgement])))
    if told.size:
        yield from _entries(verdict, look)
    for diagnosis in diagnoses:
        yield from _diagnosis(diagnosis, look)


def _entries(verdict: Verdict, look: Look) -> Iterator[Block]:
    """The entries there is something to say about, the worst first."""
    told = verdict.told
    entries = [verdict.entry(int(position)) for position in (told if look.full else told[:ENTRIES])]
    columns = (
        Column("entry"),
        Column("Jacobian", "point"),
        Column("error bar", "point"),
        Column("difference", "point"),
        Column("error bar", "point"),
        Column("verdict"),
        Column("step", "point", optional=1),
        Column("side", optional=1),
    )
    yield Table(columns, tuple(_entry(entry, look) for entry in entries))
    if told.size > len(entries):
        hidden = told.size - len(entries)
        yield note(f"… {hidden:,} more entries ({len(entries)} of {told.size:,}; --full shows all)")


def _entry(entry: EntryVerdict, look: Look) -> tuple[Runs, ...]:
    reason = f" ({entry.reason})" if entry.reason else ""
    digits = max(look.digits, LEAST)
    if entry.judgement == "disagree" and not entry.reason:
        while digits < MOST and _overlap(entry, digits):
            digits += 1
    return (
        runs(Run(f"∂{component(entry.output)}/∂{component(entry.input)}", "symbol")),
        runs(number_text(entry.value, digits)),
        runs(bar_text(entry.value_bar)),
        *_difference(entry, digits),
        runs(Run(entry.judgement, ROLES[entry.judgement]), reason),
        *((runs(number_text(entry.step, 2)), runs(entry.side)) if isfinite(entry.difference) else (runs("-"), runs("-"))),
    )


def _overlap(entry: EntryVerdict, digits: int) -> bool:
    """Whether two numbers that disagree would look as if they might not, with so many digits."""
    numbers = entry.value, entry.difference
    cut = sum(abs(number - float(number_text(number, digits))) for number in numbers)
    return abs(entry.value - entry.difference) <= entry.value_bar + entry.difference_bar + cut


def _difference(entry: EntryVerdict, digits: int) -> tuple[Runs, Runs]:
    """What differences find and how far it may be off: one slope, at a kink that from the left and that from the right."""
    if not isfinite(entry.difference):
        return runs("none"), runs("-")
    if entry.left is None or entry.right is None or entry.side_bar is None:
        return runs(number_text(entry.difference, digits)), runs(bar_text(entry.difference_bar))
    return runs(f"{number_text(entry.left, digits)} | {number_text(entry.right, digits)}"), runs(bar_text(entry.side_bar))


def _diagnosis(diagnosis: Diagnosis, look: Look) -> Iterator[Block]:
    yield Gap()
    role: Role = "warning" if diagnosis.kind in {"kink", "untrustworthy", "unseen"} else "error"
    yield Paragraph(runs(Run(f"{diagnosis.kind}: ", role), diagnosis.message))
    places: list[Place] = []
    if diagnosis.span is not None:
        places += [Place(part, "", primary=True) for part in diagnosis.span.lines[:LINES]]
    if diagnosis.where_span is not None and diagnosis.where_span != diagnosis.span:
        places.append(Place(diagnosis.where_span, "its derivative is the one that goes wrong", primary=False))
    if places:
        gutter = max(len(str(place.line)) for place in places)
        yield Paragraph(runs(Run(" " * gutter + "--> ", "note"), Run(str(places[0].span), "name")), hang=gutter + 4)
        yield Figure(tuple(excerpt(places, gutter, look)))
