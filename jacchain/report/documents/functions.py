"""The table of functions, and the page of one function, from facts that others have gathered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jacchain.linear.map import Numbers
from jacchain.report.document import Block, Column, Document, Equation, Gap, Matrix, Paragraph, Run, Table, runs
from jacchain.report.look import Look
from jacchain.report.notation.number import number_texts
from jacchain.report.notation.symbols import numbers
from jacchain.results import FunctionFacts

MARGIN = 12
DERIVATIVE = 36
"""Characters of a derivative that the table shows; the page of the function shows all."""


def functions_document(functions: Sequence[FunctionFacts], look: Look) -> Document:
    """All functions, one a line."""
    rows = []
    for function in functions:
        derivative = ", ".join(function.derivatives)
        shown = derivative if len(derivative) <= DERIVATIVE or look.full else "…"
        rows.append((runs(Run(signature(function), "name")), runs(Run(shown, "formula")), runs(_about(function))))
    table = Table(
        (Column("function"), Column("derivative", flexible=look.full), Column("about", optional=1, flexible=True)), tuple(rows)
    )
    note = runs(
        Run("next: ", "note"), Run("jacchain functions softmax", "command"), " for one function: derivative, domain, example"
    )
    return table, Gap(), Paragraph(note)


def function_document(forms: Sequence[FunctionFacts], look: Look) -> Document:
    """One function in full, in each of its forms."""
    blocks: list[Block] = []
    for function in forms:
        blocks += [Gap(), *_page(function, look)] if blocks else _page(function, look)
    return tuple(blocks)


def signature(function: FunctionFacts) -> str:
    """How it is called: ``atan2(y, x)``."""
    return f"{function.name}({', '.join(function.arguments)})"


def _about(function: FunctionFacts) -> str:
    domain = f"for {function.domain}" if function.domain else ""
    return "; ".join(part for part in (function.says, domain) if part)


def _page(function: FunctionFacts, look: Look) -> Iterator[Block]:
    yield Paragraph(runs(Run(signature(function), "title"), "   ", function.kind))
    if function.says:
        yield Paragraph(runs(function.says), indent=2)
    if function.definition:
        yield _line("stands for", Run(function.definition, "formula"))
    names = [argument for argument in function.arguments if argument != "..."]
    if len(function.derivatives) == len(names):
        for argument, derivative in zip(names, function.derivatives, strict=True):
            yield _line(f"∂/∂{argument}" if len(names) > 1 else "derivative", Run(derivative, "formula"))
    else:
        yield from (_line("derivative", Run(derivative, "formula")) for derivative in function.derivatives)
    if function.domain:
        yield _line("defined for", Run(function.domain, "formula"))
    if function.switch:
        yield _line("jumps" if function.jumps else "kinks", Run(f"{function.switch} == 0", "formula"))
    if function.value is not None and function.jacobian is not None:
        call = f"{function.name}({', '.join(_argument(value, look) for value in function.point)})"
        yield _line("example", Run(f"{call} = {numbers(function.value, look).text}", "code"))
        yield Equation((Matrix(function.jacobian, "example"),), runs(Run("  Jacobian", "heading")), MARGIN + 1)


def _line(title: str, said: Run) -> Paragraph:
    return Paragraph(runs(Run(f"{title:{MARGIN}}  ", "heading"), said), indent=2, hang=MARGIN + 2)


def _argument(value: Numbers, look: Look) -> str:
    texts = number_texts(value.tolist(), look.digits)
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
