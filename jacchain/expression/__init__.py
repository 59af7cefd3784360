"""Expressions: text to tree to typed graph to program, and the table of functions.

The way the data goes: words -> parser -> tree -> builder -> graph -> program;
``table`` knows the functions, ``arithmetic`` the numbers.
"""

from jacchain.expression.budget import Budget
from jacchain.expression.builder import CONSTANTS, Builder, evaluate_constant
from jacchain.expression.graph import Graph, Shape
from jacchain.expression.parser import parse
from jacchain.expression.program import Program, compile_graph
from jacchain.expression.tree import Tree
from jacchain.expression.writer import write

__all__ = [
    "CONSTANTS",
    "Budget",
    "Builder",
    "Graph",
    "Program",
    "Shape",
    "Tree",
    "compile_graph",
    "evaluate_constant",
    "parse",
    "write",
]
