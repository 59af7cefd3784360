"""What building graphs may cost, so that no expression, and no set of them, exhausts the machine."""

from __future__ import annotations

from jacchain.expression.graph import Part
from jacchain.memory import claim, room

NUMBER = 32
"""Bytes that each number of a sub-expression takes: where it starts, where it is worked out, and what is made of it."""

WORK = 1 << 31
"""Multiplications that products of constant matrices may cost within one budget."""


class Budget:
    """What has been spent: ``numbers`` that the sub-expressions have together, and ``work`` on constant matrices."""

    def __init__(self, numbers: int = 0, work: int = 0) -> None:
        self.numbers = numbers
        self.work = work

    def spend(self, place: Part, numbers: int, work: int = 0) -> None:
        """Adds what a sub-expression costs.

        Raises JacchainError at the sub-expression that takes more memory than there is (JC451), or more work (JC450).
        """
        self.numbers += numbers
        self.work += work
        if NUMBER * self.numbers > room():
            claim(NUMBER * self.numbers, "all vectors and matrices up to here", place.span, "work with smaller ones")
        if self.work > WORK:
            message = f"the products of constant matrices up to here cost more than {WORK:,} multiplications"
            raise place.error("JC450", message, "multiply once and keep the result in a .npy file")
