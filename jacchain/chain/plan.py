"""A plan: which products are formed in which order, what each costs, and what the alternatives would have cost."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, NamedTuple

from jacchain.frozen import Frozen

Tree = int | tuple["Tree", "Tree"]
"""A bracketing: the number of a factor, or two bracketings that are multiplied."""

Mode = Literal["explicit", "matrix-free"]
Operation = Literal["multiply", "tangent", "adjoint"]
Building = Literal["given", "tangent", "adjoint"]

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def nesting(tree: Tree) -> list[tuple[int, int]]:
    """How many brackets open before each factor and close behind it; the outermost pair is one of them."""
    brackets: list[tuple[int, int]] = []
    pending = [(tree, 0, 0)]
    while pending:
        part, opened, closed = pending.pop()
        if isinstance(part, tuple):
            pending.append((part[1], 0, closed + 1))
            pending.append((part[0], opened + 1, 0))
        else:
            brackets.append((opened, closed))
    return brackets


def bracketing(tree: Tree) -> str:
    """A tree as people write it: ``J₁ᵀ (J₂ᵀ J₃ᵀ)``."""
    brackets = nesting(tree)
    text = " ".join([f"{'(' * opened}J{i}ᵀ{')' * closed}" for i, (opened, closed) in enumerate(brackets, 1)])
    return (text[1:-1] if len(brackets) > 1 else text).translate(SUBSCRIPTS)


class Operand(NamedTuple):
    """One side of a product: the factor ``Jᵢᵀ`` of a stage, or an earlier product ``Pᵢ``."""

    kind: Literal["stage", "product"]
    number: int


class PlannedProduct(NamedTuple):
    """One product of the plan, of ``shape`` (rows, columns).

    ``operation`` says how: two matrices are multiplied, or the columns of one are pushed through a stage that is never
    built (``tangent``: the right operand, ``adjoint``: the left one).  ``entries`` counts what has to be stored.
    """

    number: int
    left: Operand
    right: Operand
    shape: tuple[int, int]
    multiplications: int
    structure: str
    entries: int
    operation: Operation = "multiply"


class Accumulation(Frozen, eq=True):
    """The Jacobian of a stage, built before it is multiplied: one pass per column (``tangent``) or per row (``adjoint``)."""

    stage: int
    operation: Building
    multiplications: int
    entries: int


class Plan(Frozen, eq=True):
    """An order of the products of a chain with ``dims = (d₀, …, d_q)``, and its cost beside that of the obvious orders.

    ``products`` stand in the order they are computed, operands first.  ``multiplications`` is the exact cost of this plan
    and ``optimum`` the least of all bracketings; ``worst`` is the most expensive one, ``None`` where the chain is too long
    to ask.  ``tangent``, ``adjoint`` and ``preaccumulation`` are the homogeneous strategies of the matrix-free mode,
    ``None`` where they do not apply.  ``confirmed`` names the algorithms that found the same optimum independently.
    ``upper_bound`` is true when the zero patterns were too large to use and the costs are those of dense matrices.
    """

    dims: tuple[int, ...]
    products: tuple[PlannedProduct, ...]
    multiplications: int
    forward: int
    reverse: int
    worst: int | None
    optimum: int
    order: str = "optimal"
    mode: Mode = "explicit"
    accumulations: tuple[Accumulation, ...] = ()
    tangent: int | None = None
    adjoint: int | None = None
    preaccumulation: int | None = None
    confirmed: tuple[str, ...] = ()
    upper_bound: bool = False

    @property
    def length(self) -> int:
        """How many factors the chain has."""
        return len(self.dims) - 1

    @cached_property
    def tree(self) -> Tree:
        """The bracketing as nested pairs of factor numbers, or ``1`` for a chain of one."""
        trees: list[Tree] = [1]
        for product in self.products:
            left, right = (
                trees[operand.number] if operand.kind == "product" else operand.number
                for operand in (product.left, product.right)
            )
            trees.append((left, right))
        return trees[-1]

    @cached_property
    def peak(self) -> int:
        """The most entries of intermediate matrices that are alive at one time; the given factors are not counted."""
        built = {accumulation.stage: accumulation.entries for accumulation in self.accumulations}
        live = peak = 0
        for product in self.products:
            stages = used = 0
            for kind, number in (product.left, product.right):
                if kind == "product":
                    used += self.products[number - 1].entries
                elif built:
                    stages += built.get(number, 0)
            live += product.entries
            peak = max(peak, live + stages)
            live -= used
        return peak if self.products else sum(built.values())
