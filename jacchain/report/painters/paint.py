"""A document as text of one format; what a format needs is imported when it is asked for."""

from __future__ import annotations

from jacchain.report.document import Document
from jacchain.report.layout.lines import lines, plain
from jacchain.report.look import Look


def paint(document: Document, look: Look, form: str = "text") -> str:
    """The document as ``markdown``, ``latex``, ``svg``, ``html``, or, whatever else is said, as text for a terminal."""
    match form:
        case "markdown":
            from jacchain.report.painters.markdown import markdown_text

            return markdown_text(document, look)
        case "latex":
            from jacchain.report.painters.latex import latex_text

            return latex_text(document, look)
        case "svg":
            from jacchain.report.painters.export import svg_picture

            return svg_picture(lines(document, look))
        case "html":
            from jacchain.report.painters.export import html_page

            return html_page(lines(document, look))
        case _ if look.colour:
            from jacchain.report.painters.colour import coloured

            return coloured(lines(document, look))
        case _:
            return plain(document, look)
