"""From a document to one format for people: a terminal, a picture, a page, Markdown, LaTeX."""
