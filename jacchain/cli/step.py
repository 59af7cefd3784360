"""``jacchain step``: a run, paced for a class."""

from __future__ import annotations

import re
import sys
from collections import deque
from typing import TYPE_CHECKING, Any

import click

from jacchain.cli.options import debug_option, display_options, file_argument, run_options
from jacchain.frozen import Frozen

if TYPE_CHECKING:
    from jacchain.report.document import Document
    from jacchain.report.documents.lesson import Step
    from jacchain.report.look import Look
    from jacchain.results import Report

KEYS = {
    "": "[enter] next  [b]ack  [q]uit",
    "entry": "[enter] next  [b]ack  [arrows] entry  [q]uit",
    "sum": "[enter] next  [b]ack  [arrows] entry  [v]alues/symbols  [q]uit",
}
"""What can be pressed at a step without entries, with entries, and where an entry is a sum."""
_KEY = re.compile(r"\x1b[\[O][0-9;]*[A-Za-z~]|.", re.DOTALL)
"""One key, as a terminal sends it."""
ARROWS = {"\x1b[A": (-1, 0), "\x1b[B": (1, 0), "\x1b[C": (0, 1), "\x1b[D": (0, -1)}
ARROWS |= {f"\x1bO{key[-1]}": move for key, move in ARROWS.items()}  # as a terminal in application mode sends them
SECONDS = click.FloatRange(0, 3600)


@click.command()
@file_argument
@run_options
@click.option("--pace", type=SECONDS, metavar="SECONDS", help="Ask nothing; show a step every so many seconds.")
@click.option("--no-input", is_flag=True, help="Ask nothing; show all steps at once, as into a pipe.")
@debug_option
@display_options
def step(file: str | None, **options: Any) -> None:
    """Go through a run of FILE step by step, paced for a class.

    Predict a shape, reveal the matrix, and see how each of its entries comes about.
    Arrow keys choose an entry: its row and its column are marked and the sum is written out, in numbers or in symbols.
    """
    from jacchain.cli.input import report_of
    from jacchain.cli.settings import look_of
    from jacchain.report.documents.lesson import steps

    report = report_of(file, options)
    look = look_of(options)
    lesson = _Lesson(report, steps(report, look), look)
    asked = not options["no_input"] and options["pace"] is None and file != "-"
    if asked and sys.stdin is not None and sys.stdin.isatty() and sys.stdout is not None and sys.stdout.isatty():
        _converse(lesson)
    else:
        lesson.recite(options["pace"] or 0.0)


class _Lesson(Frozen, eq=True):
    """The steps of a report, painted."""

    report: Report
    steps: tuple[Step, ...]
    look: Look

    def recite(self, pace: float) -> None:
        """All steps, one after the other, with ``pace`` seconds between them."""
        from time import sleep

        from jacchain.report.documents.lesson import first_entry, opening

        self._print(opening(self.report, self.look))
        for number, step in enumerate(self.steps):
            if number:
                sleep(pace)
            self._print((*self.head(number), *self.body(number, first_entry(self.report, step))))

    def show(self, number: int, entry: tuple[int, int] | None, *, symbols: bool, answer: Document) -> None:
        """One step on a page of its own, with the keys below it."""
        from jacchain.chain.plan import Operand
        from jacchain.report.document import Paragraph, Run

        about = self.steps[number].about
        kind = "" if entry is None else "sum" if isinstance(about, Operand) and about.kind == "product" else "entry"
        click.clear()
        body = self.body(number, entry, symbols=symbols)
        self._print((*self.head(number), *body, *answer, Paragraph((Run(KEYS[kind], "note"),))))

    def head(self, number: int) -> Document:
        """Which step it is, and what it is about."""
        from jacchain.report.document import Paragraph, Run, runs

        place = Run(f"step {number + 1} of {len(self.steps)}   ", "note")
        return (Paragraph(runs(place, *self.steps[number].head), hang=4),)

    def body(self, number: int, entry: tuple[int, int] | None, *, symbols: bool = False) -> Document:
        """What the step reveals."""
        from jacchain.report.document import Gap
        from jacchain.report.documents.lesson import step_document

        return (*step_document(self.report, self.steps[number], self.look, entry, ("symbols" if symbols else "numbers",)), Gap())

    def ask(self, number: int) -> Document | None:
        """The question of a step, on a page of its own, and what is to be said about the answer: nothing to an empty one.

        None where the answer is to go back.
        """
        from jacchain.report.document import Paragraph, Run, runs

        step = self.steps[number]
        click.clear()
        predict = Paragraph(runs(Run(f"predict: {step.question}", "help")))
        self._print((*self.head(number), predict, Paragraph((Run("[enter] shows it, b goes back, q quits", "note"),))))
        click.echo("> ", nl=False)
        line = sys.stdin.readline()
        said = "".join(key for key in _KEY.findall(line) if key.isprintable()).strip()
        if not line or said.lower() in {"q", "quit"}:
            raise click.exceptions.Exit(0)
        if said.lower() in {"b", "back"}:
            return None
        if not said:
            return ()
        right = step.is_right(said)
        verdict = Run("✓ " if right else "✗ ", "good" if right else "error")
        words = step.answer if right else f"not {said[:40]} but {step.answer}"
        return (Paragraph(runs(verdict, f"{words}: {step.reason}")),)

    def _print(self, document: Document) -> None:
        """Paints a document on stdout."""
        from jacchain.cli.output import deliver
        from jacchain.report.painters.paint import paint

        deliver(paint(document, self.look).encode(), None)


def _converse(lesson: _Lesson) -> None:
    """Asks, reveals, and follows the keys until somebody has seen enough."""
    from jacchain.report.documents.lesson import first_entry

    number, asked = 0, set[int]()
    while number < len(lesson.steps):
        step = lesson.steps[number]
        answer: Document | None = ()
        if step.question and number not in asked:
            answer = lesson.ask(number)
            asked |= {number} if answer is not None else set()
        move = -1 if answer is None else _explore(lesson, number, first_entry(lesson.report, step), answer)
        if move is None:
            return
        number = max(0, number + move)


def _explore(lesson: _Lesson, number: int, entry: tuple[int, int] | None, answer: Document) -> int | None:
    """Shows a step and its entries until a key leads to the next one (1) or the one before (-1), or out (None)."""
    from jacchain.report.documents.lesson import matrix_of

    linear = matrix_of(lesson.report, lesson.steps[number])
    symbols, keys = False, deque[str]()
    while True:
        if not keys:
            lesson.show(number, entry, symbols=symbols, answer=answer)
            keys.extend(_KEY.findall(click.getchar()))  # those that come together are read together
        key = keys.popleft()
        if key in {"\r", "\n", " "}:
            return 1
        if key in {"b", "B"}:
            return -1
        if key in {"q", "Q", "\x04", "\x1b"}:
            return None
        if key in {"v", "V"}:
            symbols = not symbols
        elif key in ARROWS and linear is not None and entry is not None:
            entry = _moved(entry, ARROWS[key], linear.shape)


def _moved(entry: tuple[int, int], step: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    """The neighbour of an entry, or the entry itself at the edge."""
    row, column = (min(max(place + by, 0), size - 1) for place, by, size in zip(entry, step, shape, strict=True))
    return row, column
