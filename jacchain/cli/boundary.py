"""The one place where errors leave the program: as a message on stderr and an exit code, never as a traceback.

0 done · 1 a disagreement · 2 usage · 3 not a valid pipeline · 4 numbers · 5 undecided · 70 a bug · 74 output · 130 · 141.
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

import click

from jacchain.cli.commands import jacchain

if TYPE_CHECKING:
    from jacchain.errors import JacchainError

BUG, INTERRUPTED, READER_GONE = 70, 130, 141

COLLECTION = 100_000, 20, 20
"""New objects after which Python looks for unreachable ones: rarely, since a plan makes a million that all stay reachable."""


def main() -> NoReturn:
    """Runs the command line and ends the process with its exit code.

    All is written by then.  What the run holds is not taken apart, which takes a seventh of a short one; a profiler that is at
    work gets the end it waits for.  A warning of a library tells a user nothing: what there is to say of a number is said by the
    program.  Python shows them all where it is asked to (``python -W``).
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    gc.set_threshold(*COLLECTION)
    code = outcome(sys.argv[1:])
    _flush()
    if sys.getprofile() is not None or sys.gettrace() is not None:
        sys.exit(code)
    os._exit(code)


def outcome(words: Sequence[str]) -> int:
    """The exit code of a command line; what it has to say is said."""
    try:
        code = jacchain.main(args=list(words), prog_name="jacchain", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except Exception as error:
        return _ended(error, words)
    return code if isinstance(code, int) else 0


def _ended(error: Exception, words: Sequence[str]) -> int:
    """The exit code of a command that was ended by an error, which is told."""
    from jacchain.cli.output import ReaderGoneError
    from jacchain.errors import JacchainError, Problem

    match error:
        case click.UsageError():
            way_out = f"see `{error.ctx.command_path if error.ctx else 'jacchain'} --help`"
            message = error.format_message()
            return _refuse(JacchainError(Problem("JC001", message[:1].lower() + message[1:].rstrip("."), help=way_out)), words)
        case ReaderGoneError():
            return READER_GONE
        case JacchainError():
            return _refuse(error, words)
        case MemoryError():
            way_out = "ask for less, or leave out parts of the chain"
            return _refuse(JacchainError(Problem("JC451", "there is not enough memory for this", help=way_out)), words)
        case _:
            return _confess(error, words)


def _refuse(error: JacchainError, words: Sequence[str]) -> int:
    """Says what was wrong, as JSON where the output was to be JSON."""
    from jacchain.cli.output import say
    from jacchain.cli.settings import look_of_errors
    from jacchain.report import render_problems

    form = "json" if "--json" in words or _said(words, "--format") == "json" else "text"
    look = look_of_errors(_said(words, "--color"), ascii_only="--ascii" in words)
    say(render_problems(error, form, look).decode())
    return error.exit_code


def _said(words: Sequence[str], option: str) -> str:
    """The value of an option on a command line that may not have been understood, ``""`` where there is none."""
    followed = dict(pairwise([*words, ""]))
    given = next((word for word in words if word.startswith(f"{option}=")), "")
    return followed.get(option, given.partition("=")[2])


def _confess(bug: Exception, words: Sequence[str]) -> int:
    """Says that jacchain itself is wrong."""
    from jacchain.cli.output import say

    if "--debug" in words:
        import traceback

        say("".join(traceback.format_exception(bug)))
    else:
        say(f"error: a bug in jacchain: {type(bug).__name__}; run again with --debug and report what it prints\n")
    return BUG


def _flush() -> None:
    """Leaves nothing for the interpreter to fail on when it closes the streams."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
