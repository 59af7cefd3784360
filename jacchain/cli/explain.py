"""``jacchain explain``: what a code, a function, a matrix or an entry means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from jacchain.cli.options import debug_option, display_options, order_option, pipeline_options, point_options
from jacchain.errors import JacchainError, Problem, suggestion

if TYPE_CHECKING:
    from jacchain.report.look import Look

MATRIX = re.compile(r"([JP])([1-9]\d{0,6})(?:\[([1-9]\d{0,8}),\s*([1-9]\d{0,8})\])?")


@click.command()
@click.argument("what", metavar="WHAT")
@click.argument("file", required=False, metavar="[FILE]")
@pipeline_options
@point_options
@order_option
@debug_option
@display_options
def explain(what: str, file: str | None, **options: Any) -> None:
    """Explain an error code, a function, a matrix or an entry.

    WHAT is a code (JC201), a function (tanh), or, of the run of FILE, a matrix (J3, P2) or one of its entries (P2[1,2]).
    """
    from jacchain.cli.output import deliver
    from jacchain.cli.settings import look_of
    from jacchain.expression.table import names

    look = look_of(options)
    found = MATRIX.fullmatch(what.strip())
    if found is not None:
        deliver(_matrix(found, file, options, look).encode(), None)
    elif what.strip() in names():
        from jacchain.reference import function_facts
        from jacchain.report import render_function

        deliver(render_function(function_facts(what.strip()), "text", look), None)
    else:
        deliver(_code(what, names()).encode(), None)


def _code(what: str, functions: tuple[str, ...]) -> str:
    from jacchain.codes import CODES

    code = what.strip().upper().removeprefix("ERROR[").removeprefix("WARNING[").removesuffix("]")
    if code not in CODES:
        meant = suggestion(code, list(CODES)) or suggestion(what.strip(), functions)
        way_out = (
            f"did you mean {meant}?" if meant else "give a code (JC201), a function (tanh), or a matrix and a file (P2[1,2] FILE)"
        )
        raise JacchainError(Problem("JC003", f"there is nothing to explain about `{what[:60]}`", help=way_out))
    title, explanation = CODES[code]
    return f"{code}  {title}\n\n{explanation}\n"


def _matrix(found: re.Match[str], file: str | None, options: dict[str, Any], look: Look) -> str:
    """The matrix in the run of a file, with the entry that was asked for, if one was."""
    from jacchain.chain.plan import Operand
    from jacchain.cli.input import report_of
    from jacchain.report.document import Paragraph
    from jacchain.report.lesson import step_document, steps
    from jacchain.report.matrix_document import matrix_named
    from jacchain.report.paint import paint

    report = report_of(file, options)
    kind, number, row, column = found.groups()
    about = Operand("stage" if kind == "J" else "product", int(number))
    shape = matrix_named(report, f"{kind}{number}").linear.shape
    step = next(step for step in steps(report, look) if step.about == about)
    entry = None if row is None else (int(row) - 1, int(column) - 1)
    if entry is not None and not (entry[0] < shape[0] and entry[1] < shape[1]):
        message = f"{kind}{number} is {shape[0]}×{shape[1]} and has no entry {row},{column}"
        raise JacchainError(Problem("JC003", message, help="row and column count from 1"))
    document = step_document(report, step, look, entry)
    if entry is not None and kind == "P":
        document = (*document, *step_document(report, step, look, entry, symbols=True)[-1:])
    return paint((Paragraph(step.head, hang=4), *document), look)
