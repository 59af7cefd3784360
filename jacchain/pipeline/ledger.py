"""The problems and warnings of one file, collected while reading goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jacchain.errors import JacchainError, Problem

MOST = 10
"""Problems that are reported at once: enough to mend a file in one go, few enough to be read."""


class EnoughError(Exception):
    """So many problems that reading stops."""


class Ledger:
    """Where mistakes are written down so that those after them are found too."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Writes one problem down; the same one twice counts once."""
        if problem in self.problems:
            return
        self.problems.append(problem)
        if len(self.problems) >= MOST:
            raise EnoughError

    def warn(self, problem: Problem) -> None:
        """Writes down a remark that stops nothing."""
        if len(self.warnings) < MOST:
            self.warnings.append(problem)

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Writes down what the block raises; it is left at the first mistake."""
        try:
            yield
        except JacchainError as error:
            for problem in error.problems:
                self.add(problem)

    def settle(self) -> None:
        """Raises what has been written down, in the order of the file."""
        if self.problems:
            raise JacchainError(*sorted(self.problems, key=_order))


def _order(problem: Problem) -> tuple[bool, int]:
    """The order of the file, and what is wrong with the options of the command line after it."""
    return (False, 0) if problem.span is None else (problem.span.source.option, problem.span.start)


class Part:
    """A part of the file that is ``whole`` until a mistake in it is written down."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.whole = True

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Writes down what the block raises; it is left at the first mistake."""
        try:
            yield
        except JacchainError as error:
            self.note(*error.problems)

    def note(self, *problems: Problem) -> None:
        """Writes problems down; with none at all, the part is not whole for a reason that is known already."""
        self.whole = False
        for problem in problems:
            self.ledger.add(problem)
