"""What a person did wrong, said once and in full: a code, a place, a reason and a way out.

A :class:`Source` is a text a person wrote, a :class:`Span` a stretch of it, a :class:`Fragment` a piece cut out of it
(the text of one YAML scalar, say) that still knows where each of its characters stands.  A :class:`Problem` is one mistake;
a :class:`JacchainError` carries all the mistakes found at once.  Anything else that is raised is a bug of ours.
"""

from __future__ import annotations

import re

from jacchain.frozen import Frozen

CANDIDATES = 1000
"""Words among which the one that was probably meant is looked for."""

ROW = re.compile(r"\s*(?:-\s+)*\[?\s*")
"""What stands before the first entry of a row, in blocks and in brackets."""

USAGE, PIPELINE, NUMBERS, OUTPUT = 2, 3, 4, 74


def exit_code(code: str) -> int:
    """The process exit code of a problem: by the hundred of its code (JC0 usage, JC1-JC3 the file, JC4 numbers, JC5 output)."""
    return {"0": USAGE, "4": NUMBERS, "5": OUTPUT}.get(code[2], PIPELINE)


class Source(Frozen):
    """A text a person wrote, under the name it is shown by (``polar.yaml``, ``<stdin>``, ``--at``).

    ``option`` says that it came from the command line: whatever is wrong in it is a mistake of usage.
    """

    name: str
    text: str
    option: bool = False

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both counted from 1."""
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        start = 0
        for _ in range(number - 1):
            start = self.text.index("\n", start) + 1
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].removesuffix("\r")


class Span(Frozen, eq=True):
    """The characters ``start <= offset < end`` of a source."""

    source: Source
    start: int
    end: int

    @property
    def position(self) -> tuple[int, int]:
        """Line and column of the first character, both counted from 1."""
        return self.source.position(self.start)

    @property
    def lines(self) -> tuple[Span, ...]:
        """The parts of it on each line, without the blanks around them, nor what begins a row of a matrix."""
        found: list[Span] = []
        start = self.start
        for line in self.source.text[self.start : self.end].splitlines(keepends=True):
            lead = ROW.match(line)
            first = lead.end() if lead and found else 0
            if text := line[first:].rstrip():
                found.append(Span(self.source, start + first, start + first + len(text)))
            start += len(line)
        return tuple(found) or (self,)

    def __str__(self) -> str:
        line, column = self.position
        return f"{self.source.name}:{line}:{column}"


class Fragment(Frozen):
    """A piece of a source, with the place of each of its characters.

    ``places[i]`` is the offset in the source of character ``i`` and ``places[len(text)]`` is the end;
    escapes and folded lines make it differ from a plain shift.
    """

    text: str
    source: Source
    places: range | tuple[int, ...]

    @classmethod
    def whole(cls, text: str, name: str, *, option: bool = False) -> Fragment:
        """A text that is a source by itself; ``option`` for one of the command line."""
        return cls(text, Source(name, text, option), range(len(text) + 1))

    def part(self, start: int, end: int) -> Fragment:
        """The piece ``text[start:end]``."""
        return Fragment(self.text[start:end], self.source, self.places[start : end + 1])

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """The span in the source of ``text[start:end]``."""
        end = len(self.text) if end is None else end
        first = self.places[start]
        return Span(self.source, first, max(first, self.places[end]))


class Problem(Frozen, eq=True):
    """One mistake: ``message`` says what, ``label`` what is wrong at ``span``, ``related`` other places, ``help`` the way out.

    ``kind`` names, for a point where numbers fail, what the point is: ``domain_error``, ``discontinuity``, ….
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    related: tuple[tuple[Span, str], ...] = ()
    help: str = ""
    notes: tuple[str, ...] = ()
    kind: str = ""


class JacchainError(Exception):
    """One or more mistakes of the person who wrote the file or the command line."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems

    @property
    def exit_code(self) -> int:
        """The exit code of the first problem; in an option of the command line, everything but numbers is usage."""
        first = self.problems[0]
        status = exit_code(first.code)
        return USAGE if status == PIPELINE and first.span is not None and first.span.source.option else status


def suggestion(word: str, known: list[str] | tuple[str, ...]) -> str:
    """The known word a misspelt one probably means, or ``""``: at most three edits, only for words of three letters or more.

    Among words equally far away the one made of the same letters is meant (``tahn`` is ``tanh``, ``sinn`` is ``sin``), then the
    one that begins alike.
    """
    if len(word) < 3:
        return ""
    limit = min(3, (len(word) + 1) // 2)

    def unlikeness(candidate: str) -> tuple[int, int, bool, str]:
        return _edits(word, candidate, limit), len({*word} ^ {*candidate}), candidate[:1] != word[:1], candidate

    best = min(known[:CANDIDATES], key=unlikeness, default="")
    return best if unlikeness(best)[0] <= limit else ""


def did_you_mean(word: str, known: list[str] | tuple[str, ...], otherwise: str = "") -> str:
    """The way out of a misspelt word: the known one that it probably means, ``otherwise`` where none is near."""
    nearest = suggestion(word, known)
    return f"did you mean `{nearest}`?" if nearest else otherwise


def counted(count: int, noun: str = "number") -> str:
    """``1 number``, ``3 numbers``, ``1,000 entries``, ``42 ways``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and not noun.endswith("ay") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def _edits(a: str, b: str, limit: int) -> int:
    """The edit distance of two words (insert, delete, replace, swap neighbours), or ``limit + 1`` when it is larger."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
