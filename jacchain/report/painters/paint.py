"""A document as text of one format: the table of painters, and the two smallest of them."""

from __future__ import annotations

from collections.abc import Callable

from jacchain.report.document import Document
from jacchain.report.layout.lines import lines
from jacchain.report.look import Look


def plain(document: Document, look: Look) -> str:
    """Lines of text and nothing else."""
    return "".join("".join(run.text for run in line) + "\n" for line in lines(document, look))


def text(document: Document, look: Look) -> str:
    """For a terminal: plain, or in colour where the look asks for it."""
    if not look.colour:
        return plain(document, look)
    from jacchain.report.painters.colour import coloured  # noqa: PLC0415 - rich is imported only to paint

    return coloured(lines(document, look))


def svg(document: Document, look: Look) -> str:
    """A picture of a terminal."""
    from jacchain.report.painters.export import svg_picture  # noqa: PLC0415 - rich is imported only to paint

    return svg_picture(lines(document, look))


def html(document: Document, look: Look) -> str:
    """A page for a browser."""
    from jacchain.report.painters.export import html_page  # noqa: PLC0415 - rich is imported only to paint

    return html_page(lines(document, look))


def markdown(document: Document, look: Look) -> str:
    """Markdown with tables and TeX formulas."""
    from jacchain.report.painters.markdown import markdown_text  # noqa: PLC0415 - imported when asked for

    return markdown_text(document, look)


def latex(document: Document, look: Look) -> str:
    """A LaTeX article."""
    from jacchain.report.painters.latex import latex_text  # noqa: PLC0415 - imported when asked for

    return latex_text(document, look)


PAINTERS: dict[str, Callable[[Document, Look], str]] = {
    "text": text,
    "markdown": markdown,
    "latex": latex,
    "svg": svg,
    "html": html,
}


def paint(document: Document, look: Look, form: str = "text") -> str:
    """The document in one of the formats of ``PAINTERS``."""
    return PAINTERS[form](document, look)
