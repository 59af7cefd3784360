"""What is to be planned: the shapes of a chain and, where known, its zero patterns and what each stage costs to differentiate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jacchain.chain.plan import Mode
from jacchain.frozen import Frozen

if TYPE_CHECKING:
    from jacchain.linear.pattern import Pattern

LONGEST_CHAIN = 100_000
"""Factors that a chain may have."""


class StageCost(Frozen, eq=True):
    """What the Jacobian ``J`` of one stage costs, in multiplications; ``None`` means that it cannot be had this way.

    ``given`` is the price of the whole matrix when it does not come out of products (0 when it lies there already),
    ``tangent`` that of one column ``J v`` and ``adjoint`` that of one row ``wᵀ J``, neither of them building J.
    """

    given: int | None = 0
    tangent: int | None = None
    adjoint: int | None = None


class Instance(Frozen):
    """A chain ``J₁ᵀ … J_qᵀ`` of dims ``(d₀, …, d_q)``.

    ``patterns[i-1]`` is the zero pattern of ``Jᵢᵀ``, of shape ``(d[i-1], d[i])``.  Without ``costs`` every Jacobian is
    given and there is nothing to do but multiply; with them, each stage has at least one of the three.
    """

    dims: tuple[int, ...]
    patterns: tuple[Pattern, ...] | None = None
    costs: tuple[StageCost, ...] | None = None

    def __post_init__(self) -> None:
        assert self.costs is None or StageCost(None, None, None) not in self.costs

    @classmethod
    def of_patterns(cls, patterns: Sequence[Pattern], costs: Sequence[StageCost] | None = None) -> Instance:
        """The chain of the given zero patterns of ``J₁ᵀ, …, J_qᵀ``; chains without a structural zero need shapes alone."""
        dims = (patterns[0].shape[0], *(pattern.shape[1] for pattern in patterns))
        dense = all(pattern.is_full for pattern in patterns)
        return cls(dims, None if dense else tuple(patterns), None if costs is None else tuple(costs))

    @property
    def length(self) -> int:
        """How many factors the chain has."""
        return len(self.dims) - 1

    @property
    def mode(self) -> Mode:
        """Whether every Jacobian is given, or stages can be differentiated without building it."""
        return "explicit" if self.costs is None else "matrix-free"


def difference_cost(evaluation: int, columns: int, samples: int) -> StageCost:
    """A stage that only differences can differentiate, from the operations of one ``evaluation``.

    ``columns`` is the number of inputs, or of colours where the zero pattern is known; each takes ``samples`` evaluations
    around the point, two for a central difference with one step.
    """
    return StageCost(columns * samples * evaluation, samples * evaluation, None)
