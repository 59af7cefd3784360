"""Lines as an SVG picture or an HTML page, by rich's exporter."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME
from rich.text import Text

from jacchain.report.layout.box import Line, width_of
from jacchain.report.painters.colour import style

FONTS = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<title>jacchain</title>
<style>
{{stylesheet}}
body {{{{ color: {{foreground}}; background-color: {{background}}; }}}}
pre {{{{ font-family: {FONTS}; line-height: 1.25; }}}}
</style>
</head>
<body>
<pre><code>{{code}}</code></pre>
</body>
</html>
"""
PICTURE = f"""<svg class="rich-terminal" viewBox="0 0 {{width}} {{height}}" xmlns="http://www.w3.org/2000/svg">
<style>
.{{unique_id}}-matrix {{{{ font-family: {FONTS}; font-size: {{char_height}}px; line-height: {{line_height}}px; }}}}
.{{unique_id}}-title {{{{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}}}
{{styles}}
</style>
<defs>
<clipPath id="{{unique_id}}-clip-terminal">
<rect x="0" y="0" width="{{terminal_width}}" height="{{height}}" />
</clipPath>
{{lines}}
</defs>
{{chrome}}
<g transform="translate({{terminal_x}}, {{terminal_y}})" clip-path="url(#{{unique_id}}-clip-terminal)">
{{backgrounds}}
<g class="{{unique_id}}-matrix">
{{matrix}}
</g>
</g>
</svg>
"""
"""Rich's own picture loads a font from elsewhere; ours takes the fonts that are there."""


def svg_picture(lines: Iterable[Line]) -> str:
    """The lines as they look on a dark terminal."""
    console = _recorded(lines)
    return console.export_svg(title="jacchain", theme=SVG_EXPORT_THEME, code_format=PICTURE, unique_id="jacchain")


def html_page(lines: Iterable[Line]) -> str:
    """The lines as preformatted text on white."""
    return _recorded(lines).export_html(theme=DEFAULT_TERMINAL_THEME, code_format=PAGE)


def _recorded(lines: Iterable[Line]) -> Console:
    """A console that has printed the lines: as text objects, so that nothing in them is markup or a picture.

    It is as wide as they are and a cell more: a picture is cut off at its edge, and no font has just the width that is assumed.
    """
    lines = list(lines)
    width = max([1, *map(width_of, lines)]) + 1
    console = Console(
        file=StringIO(), record=True, width=width, force_terminal=True, color_system="standard", highlight=False, _environ={}
    )
    for line in lines:
        text = Text(no_wrap=True, overflow="ignore", end="\n")
        for run in line:
            text.append(run.text, style(run.role))
        console.print(text, soft_wrap=True, markup=False, emoji=False, highlight=False)
    return console
