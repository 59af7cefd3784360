"""The command line: options are parsed here, and nothing else.

A command reads its options, calls ``run`` or ``check``, and hands the answer to ``report``.  Modules import click alone at the
top and the rest where a command needs it, so that ``--help`` and completion answer at once.
"""

from jacchain.cli.boundary import main

__all__ = ["main"]
