"""Slips that are made when derivatives are worked out by hand: one row each, recognised by the number that comes out.

A slip puts another number in the place of one local partial derivative.  An entry is linear in each of them, so every slip at
every place is tried at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from math import log, pi

import numpy as np
import numpy.typing as npt

from jacchain.errors import Span
from jacchain.expression.arithmetic import Array
from jacchain.expression.program import Instruction
from jacchain.expression.table import OPERATORS, ROWS
from jacchain.expression.texts import node_text
from jacchain.frozen import Frozen
from jacchain.jacobian.judgement.dissection import Dissection
from jacchain.linear.pattern import Integers

POWERS = ("^", "exp2", "exp")
SAME = 1e-9
"""Relative difference of two numbers that are one by a law of powers."""


class Slip(Frozen, eq=True):
    """``wrong(p, y, x)`` takes the place of the partial p of ``y = f(x)``; ``says`` goes on from "the derivative of `f(x)`".

    It is made of the operations ``only``, or of any.
    """

    kind: str
    says: str
    wrong: Callable[[Array, Array, Array], Array]
    only: tuple[str, ...] = ()


def without_logarithm(p: Array, y: Array, x: Array) -> Array:
    """``y = a^x`` itself where p is its partial by the exponent, ``y*log(a)``; NaN elsewhere."""
    return np.asarray(np.where(np.abs(x * p - y * np.log(y)) <= SAME * np.abs(x * p), y, np.nan))


def power_rule(p: Array, y: Array, x: Array) -> Array:
    """``x*a^(x - 1)`` for ``y = a^x`` where p is its partial by the exponent; NaN elsewhere."""
    return x * without_logarithm(p, y, x) ** (1 - 1 / x)


# fmt: off
SLIPS: tuple[Slip, ...] = (
    Slip("sign",            "was taken with the wrong sign",                lambda p, y, x: -p),
    Slip("other branch",    "is that on the other side of its switch",      lambda p, y, x: 1 - p, only=("relu", "max", "min")),
    Slip("missing term",    "was left out, with all that hangs on it",      lambda p, y, x: 0 * p),
    Slip("missing factor",  "is missing as a factor",                       lambda p, y, x: 1 + 0 * p),
    Slip("factor twice",    "is there twice",                               lambda p, y, x: p * p),
    Slip("factor 2",        "was doubled",                                  lambda p, y, x: 2 * p),
    Slip("factor 1/2",      "was halved",                                   lambda p, y, x: p / 2),
    Slip("quotient",        "lacks the square in its denominator",          lambda p, y, x: -y, only=("/",)),
    Slip("power rule",      "was taken by the power rule",                  power_rule, only=POWERS),
    Slip("logarithm",       "lacks the natural logarithm of the base",      without_logarithm, only=POWERS),
    Slip("not derived",     "was taken to be the function itself",          lambda p, y, x: y),
    Slip("exponent",        "still has the exponent it should lose",        lambda p, y, x: p * x),
    Slip("exponent",        "lacks the exponent as a factor",               lambda p, y, x: y / x, only=("^n", "^")),
    Slip("inverse",         "was turned upside down",                       lambda p, y, x: 1 / p),
    Slip("degrees",         "is for an angle in degrees, not in radians",   lambda p, y, x: p * (pi / 180)),
    Slip("degrees",         "has radians turned into degrees",              lambda p, y, x: p * (180 / pi)),
    Slip("logarithm",       "lacks the natural logarithm of 10",            lambda p, y, x: p * log(10)),
    Slip("logarithm",       "lacks the natural logarithm of 2",             lambda p, y, x: p * log(2)),
)
# fmt: on


class Suspicion(Frozen, eq=True):
    """A slip at one place: the sub-expression of the function whose derivative went wrong, and where it stands."""

    slip: Slip
    text: str
    span: Span | None


class Trials(Frozen):
    """Which slips at which places make an entry what it was found to be.

    A place is a local partial, or a whole sub-expression whose derivative by an input was left out: the local partials come
    first, then the registers of the program.
    """

    dissection: Dissection

    @cached_property
    def _open(self) -> npt.NDArray[np.bool_]:
        """Which slips can be made at which places ``(slips, places)``; picking and stacking leave nothing to get wrong."""
        program = self.dissection.program
        operations = [instruction.operation for instruction in program.instructions]
        made = [[name in (slip.only or ROWS) for name in operations] for slip in SLIPS]
        inside = np.zeros(program.start.size, bool)
        for instruction in program.instructions:
            inside[instruction.output] = instruction.operation in ROWS
        inside[program.results] = False
        whole = [inside & (slip.kind == "missing factor") for slip in SLIPS]
        return np.concatenate([np.array(made, bool)[:, self.dissection.instruction], whole], axis=1)

    def hits(self, entry: tuple[int, int], found: float, bar: float) -> Array:
        """Truth values ``(slips, places)``: the entry would be ``found``, to its bar and to rounding."""
        whole = self.dissection
        with np.errstate(all="ignore"):
            right = whole.tangent[whole.program.result_registers[entry[0]], entry[1]]
            shares = np.concatenate([whole.shares(*entry), whole.adjoint[entry[0]]])
            partial = np.concatenate([whole.partial, whole.tangent[:, entry[1]]])
            values, arguments = (
                whole.registers[np.concatenate([places, np.arange(whole.registers.size)])]
                for places in (whole.output, whole.argument)
            )
            changes = np.stack([shares * (slip.wrong(partial, values, arguments) - partial) for slip in SLIPS])
            rounding = 64 * float(np.finfo(float).eps) * (abs(right) + np.abs(shares * partial) + np.abs(changes))
            room = bar + rounding
            return np.asarray((np.abs(right + changes - found) <= room) & (np.abs(changes) > 2 * room) & self._open)

    def best(self, hits: list[Array]) -> tuple[Suspicion, Integers] | None:
        """The suspicion that explains most of the entries whose hits are given, and which of them; None when nothing does.

        Among equals the plainer slip, then a function before an operator, then the smaller sub-expression.
        """
        together = np.stack(hits)
        counts = together.sum(0)
        most = int(counts.max(initial=0))
        if most == 0:
            return None
        candidates = np.argwhere(counts == most)
        slip, place = min(candidates[:500].tolist(), key=lambda candidate: (candidate[0], *self._rank(candidate[1])))
        text, span = self._written(place)
        return Suspicion(SLIPS[slip], text, span), np.flatnonzero(together[:, slip, place])

    def _rank(self, place: int) -> tuple[bool, bool, int]:
        instruction, _ = self._made(place)
        return place >= self.dissection.output.size, instruction.operation in OPERATORS, len(self._written(place)[0])

    def _made(self, place: int) -> tuple[Instruction, int]:
        """The instruction of a place, and which of its numbers that is."""
        whole = self.dissection
        edges = whole.output.size
        if place < edges:
            instruction = whole.program.instructions[whole.instruction[place]]
            return instruction, int(whole.output[place]) - instruction.output.start
        register = place - edges
        instruction = next(one for one in whole.program.instructions if one.output.start <= register < one.output.stop)
        return instruction, register - instruction.output.start

    def _written(self, place: int) -> tuple[str, Span | None]:
        """The sub-expression whose derivative a place is or belongs to."""
        graph = self.dissection.program.graph
        instruction, position = self._made(place)
        number, _ = self.dissection.program.node_at(instruction.output.start + position)
        return node_text(graph, number), graph.nodes[number].span
