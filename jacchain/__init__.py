"""Jacobian chains from a pipeline file: evaluate, differentiate, order, multiply, show.

The rooms, in the order in which the data goes: ``pipeline`` reads the file, ``expression`` compiles its formulas, ``jacobian``
differentiates each stage, ``chain`` plans and carries out the products, ``report`` writes the answer.  ``run`` tells the story,
``check`` judges it, ``sweep`` tells it of many points.
"""

__version__ = "0.1.0"
