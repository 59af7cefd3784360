"""What every role looks like on a terminal, and the painter that writes the escapes.

Only the sixteen colours that a terminal's own theme defines are used.  Colour never carries a meaning alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.color import ColorSystem
from rich.style import Style

from jacchain.report.document import Role
from jacchain.report.layout.box import Line

STYLES: dict[Role, str] = {
    "title": "bold",
    "heading": "bold",
    "name": "bold",
    "symbol": "bold cyan",
    "formula": "green",
    "negative": "magenta",
    "zero": "dim",
    "structural": "dim",
    "uncertain": "yellow",
    "label": "cyan",
    "note": "dim",
    "good": "green",
    "warning": "yellow",
    "error": "bold red",
    "help": "cyan",
    "code": "none",
    "command": "bold",
    "chosen": "reverse",
}

_PARSED: dict[str, Style] = {role: Style.parse(definition) for role, definition in STYLES.items()}


def style(role: Role) -> Style | None:
    """The style of a role, ``None`` for ordinary text."""
    return _PARSED.get(role)


def coloured(lines: Iterable[Line]) -> str:
    """The lines with escape sequences around what is not ordinary text."""
    painted = []
    for line in lines:
        pieces = []
        for run in line:
            paint = _PARSED.get(run.role)
            blank = paint is None or not run.text.strip()
            pieces.append(run.text if blank or paint is None else paint.render(run.text, color_system=ColorSystem.STANDARD))
        painted.append("".join(pieces) + "\n")
    return "".join(painted)
