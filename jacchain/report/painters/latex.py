"""A document as a LaTeX article that compiles by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jacchain.frozen import replace
from jacchain.report.document import Cell, Document, Equation, Figure, Gap, Matrix, Paragraph, Run, Runs, Table, Vector
from jacchain.report.look import Look
from jacchain.report.notation.text import spoken_text
from jacchain.report.painters.tex import COLUMNS, equation, escaped, notes, run_tex, vector_text

BEGIN = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[a4paper,landscape,margin=2cm]{geometry}
\usepackage{amsmath,amssymb}
\setcounter{MaxMatrixCols}{%d}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.6\baselineskip}
\allowdisplaybreaks
\begin{document}
"""
END = r"\end{document}" + "\n"

_GAP = re.compile(" {3,}")


def latex_text(document: Document, look: Look) -> str:
    """The whole article."""
    widths = [
        term.linear.shape[1]
        for block in document
        if isinstance(block, Equation)
        for term in block.terms
        if isinstance(term, Matrix)
    ]
    columns = max([COLUMNS, *widths]) + 1 if look.full else COLUMNS + 1
    blocks = ["\n".join(_block(block, look)) for block in document if not isinstance(block, Gap)]
    text = "\n\n".join(block for block in blocks if block)
    return BEGIN % columns + "\n\n".join([text, *notes(text), END])


def _block(block: Paragraph | Equation | Table | Figure, look: Look) -> Iterator[str]:
    match block:
        case Paragraph():
            titled = bool(block.runs) and block.runs[0].role == "title"
            if titled:
                yield rf"\section*{{{escaped(block.runs[0].text)}}}"
            yield _inline(block.runs[titled:])
        case Equation():
            yield "\\[\n" + equation(block, look) + "\n\\]"
        case Table():
            yield from _table(block, look)
        case Figure():
            yield r"\begin{verbatim}"
            plain = replace(look, ascii_only=True)
            for line in block.lines:
                yield spoken_text("".join(run.text for run in line), plain).rstrip().replace(r"\end{verbatim}", "")
            yield r"\end{verbatim}"


def _table(table: Table, look: Look) -> Iterator[str]:
    yield rf"\begin{{tabular}}{{{''.join('r' if column.align != 'left' else 'l' for column in table.columns)}}}"
    yield " & ".join(rf"\textbf{{{escaped(column.title)}}}" for column in table.columns) + r" \\ \hline"
    for row in table.rows:
        if isinstance(row, Run):
            yield rf"\multicolumn{{{len(table.columns)}}}{{l}}{{{_inline((row,))}}} \\"
        else:
            yield " & ".join(_cell(cell, look) for cell in row) + r" \\"
    yield r"\end{tabular}"


def _cell(cell: Cell, look: Look) -> str:
    return vector_text(cell, look) if isinstance(cell, Vector) else _inline(cell)


def _inline(parts: Runs) -> str:
    return "".join(map(_run, parts)).strip().removeprefix(r"\quad").strip()


def _run(run: Run) -> str:
    text, body = run.text, run.text.strip()
    if not body:
        return _space(len(text))
    written = _GAP.sub(r"\\quad ", run_tex(Run(body, run.role), escaped))
    command = {"heading": "textbf", "code": "texttt", "command": "texttt"}.get(run.role)
    written = rf"\{command}{{{written}}}" if command else written
    return _space(len(text) - len(text.lstrip())) + written + _space(len(text) - len(text.rstrip()))


def _space(width: int) -> str:
    return r"\quad " if width > 2 else " " * bool(width)
