"""From the blocks of a document to lines of a width: matrices, tables and running text on a grid of cells."""
