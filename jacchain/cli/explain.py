"""``jacchain explain``: what a code or a function means."""

from __future__ import annotations

import click

from jacchain.errors import JacchainError, Problem, suggestion


@click.command()
@click.argument("what", metavar="CODE")
def explain(what: str) -> None:
    """Explain an error code such as JC201: what it means, and the way out."""
    from jacchain.cli.output import deliver
    from jacchain.codes import CODES

    code = what.strip().upper().removeprefix("ERROR[").removeprefix("WARNING[").removesuffix("]")
    if code not in CODES:
        meant = suggestion(code, list(CODES))
        way_out = f"did you mean {meant}?" if meant else "codes look like JC201 and stand at the beginning of a message"
        raise JacchainError(Problem("JC003", f"there is no code `{what[:60]}`", help=way_out))
    title, explanation = CODES[code]
    deliver(f"{code}  {title}\n\n{explanation}\n".encode(), None)
