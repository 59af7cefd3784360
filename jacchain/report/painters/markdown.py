"""A document as Markdown: tables, fenced figures, and formulas in TeX between dollar signs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jacchain.report.document import Cell, Document, Equation, Figure, Gap, Paragraph, Run, Runs, Table, Vector
from jacchain.report.layout.box import Line
from jacchain.report.look import Look
from jacchain.report.notation.text import cleaned
from jacchain.report.painters.tex import equation, notes, run_tex, vector_text

_GAP = re.compile(" {3,}")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&])")


def markdown_text(document: Document, look: Look) -> str:
    """The document as Markdown, blocks with an empty line between them."""
    blocks = ["\n".join(_block(block, look)) for block in document if not isinstance(block, Gap)]
    text = "\n\n".join(block for block in blocks if block)
    return "\n\n".join([text, *notes(text)]) + "\n"


def _block(block: Paragraph | Equation | Table | Figure, look: Look) -> Iterator[str]:
    match block:
        case Paragraph():
            titled = bool(block.runs) and block.runs[0].role == "title"
            if titled:
                yield f"# {_escaped(block.runs[0].text)}" + "\n" * (len(block.runs) > 1)
            if block.runs[titled:]:
                yield _inline(block.runs[titled:])
        case Equation():
            yield f"$$\n{equation(block, look)}\n$$"
        case Table():
            yield _row(_escaped(column.title) for column in block.columns)
            yield _row("--:" if column.align != "left" else ":--" for column in block.columns)
            for row in block.rows:
                yield _row(
                    [_inline((row,))] + [""] * (len(block.columns) - 1)
                    if isinstance(row, Run)
                    else (_cell(cell, look) for cell in row)
                )
        case Figure():
            yield _fenced(block.lines)


def _row(cells: Iterator[str] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell, look: Look) -> str:
    return vector_text(cell, look) if isinstance(cell, Vector) else _inline(cell)


def _fenced(lines: tuple[Line, ...]) -> str:
    text = "\n".join(cleaned("".join(run.text for run in line)).rstrip() for line in lines)
    fence = "`" * max(3, 1 + max((len(found) for found in re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def _inline(parts: Runs) -> str:
    return " ".join(_GAP.sub(" &emsp; ", "".join(map(_run, parts)).strip()).split())


def _run(run: Run) -> str:
    text = cleaned(run.text)
    lead = text[: len(text) - len(text.lstrip())]
    trail = text[len(text.rstrip()) :]
    body = text.strip()
    if not body:
        return text
    match run.role:
        case "heading":
            body = f"**{_escaped(body)}**"
        case "code" | "command":
            body = f"`{body.replace('`', chr(39))}`"
        case _:
            body = run_tex(Run(body, run.role), _escaped)
    return f"{lead}{body}{trail}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", cleaned(text))
