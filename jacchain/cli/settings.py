"""How the output is to look: the words of the command line, handed to ``report`` to be settled once."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jacchain.report.look import Look


def look_of(options: dict[str, Any]) -> Look:
    """The look of the answer, which goes to stdout or to a file."""
    from jacchain.report.terminal import Wishes, resolve

    wishes = Wishes(options.get("width"), options.get("digits"), options.get("color", "auto"), options["ascii"], options["full"])
    return resolve(wishes, sys.stdout if options.get("output") in {None, "-"} else None, os.environ)


def look_of_errors(color: str, *, ascii_only: bool) -> Look:
    """The look of what goes to stderr; a plain one where the environment asks for something that is not to be had."""
    from jacchain.errors import JacchainError
    from jacchain.report.look import Look
    from jacchain.report.terminal import Wishes, resolve

    try:
        return resolve(Wishes(color=color, ascii_only=ascii_only), sys.stderr, os.environ)
    except JacchainError:
        return Look(ascii_only=True)
