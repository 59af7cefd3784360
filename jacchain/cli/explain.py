"""``jacchain explain``: what a code, a function, a matrix or an entry means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jacchain.cli.completion import codes_and_functions
from jacchain.cli.options import debug_option, display_options, run_options
from jacchain.errors import JacchainError, Problem, suggestion

if TYPE_CHECKING:
    from jacchain.report.document import Document


@click.command()
@click.argument("what", metavar="WHAT", shell_complete=codes_and_functions)
@click.argument("file", required=False, metavar="[FILE]", type=click.Path())
@run_options
@debug_option
@display_options
def explain(what: str, file: str | None, **options: Any) -> None:
    """Explain an error code, a function, a matrix or an entry.

    WHAT is a code (JC201), a function (tanh), or, of the run of FILE, a matrix (J3, P2, J of the whole chain) or one of its
    entries (P2[1,2]).
    """
    from jacchain.cli.output import deliver
    from jacchain.cli.settings import look_of
    from jacchain.expression.table import FUNCTIONS
    from jacchain.report import render_explanation, render_function, render_page
    from jacchain.report.notation.matrix_name import matrix_name

    look = look_of(options)
    if (name := matrix_name(what)) is not None:
        from jacchain.cli.input import report_of

        deliver(render_explanation(report_of(file, options), name, look), None)
    elif what.strip() in FUNCTIONS:
        from jacchain.reference import function_facts

        deliver(render_function(function_facts(what.strip()), "text", look), None)
    else:
        deliver(render_page(_code(what, [*FUNCTIONS]), look), None)


def _code(what: str, functions: list[str]) -> Document:
    """What a code means.  Raises JacchainError (JC003) where there is no such code."""
    from jacchain.codes import CODES
    from jacchain.report.document import Gap, Paragraph, Run, runs

    code = what.strip().upper().removeprefix("ERROR[").removeprefix("WARNING[").removesuffix("]")
    if code not in CODES:
        meant = suggestion(code, list(CODES)) if code.startswith("JC") else suggestion(what.strip(), functions)
        way_out = (
            f"did you mean {meant}?" if meant else "give a code (JC201), a function (tanh), or a matrix and a file (P2[1,2] FILE)"
        )
        raise JacchainError(Problem("JC003", f"there is nothing to explain about `{what[:60]}`", help=way_out))
    title, told = CODES[code]
    return Paragraph(runs(Run(code, "code"), f"  {title}")), Gap(), Paragraph(runs(told), hang=0)
