"""What building graphs may cost, so that no expression, and no set of them, exhausts the machine."""

from __future__ import annotations

from dataclasses import dataclass

from jacchain.expression.graph import Part

NUMBERS = 1 << 25
"""Numbers that the sub-expressions built within one budget may have together."""

WORK = 1 << 31
"""Multiplications that products of constant matrices may cost within one budget."""


@dataclass
class Budget:
    """What is left."""

    numbers: int = NUMBERS
    work: int = WORK

    def spend(self, place: Part, numbers: int, work: int = 0) -> None:
        """Takes away what a sub-expression costs.

        Raises JacchainError (JC450) at the sub-expression that costs more than there is.
        """
        self.numbers -= numbers
        self.work -= work
        if self.numbers < 0:
            message = f"the vectors and matrices up to here have more than {NUMBERS:,} numbers together"
            raise place.error("JC450", message, "work with smaller ones")
        if self.work < 0:
            message = f"the products of constant matrices up to here cost more than {WORK:,} multiplications"
            raise place.error("JC450", message, "multiply once and keep the result in a .npy file")
