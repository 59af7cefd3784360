"""An instance written down: plain fields, as a reader of YAML or JSON gives them, to an ``Instance``.

dims      d₀, …, d_q; Jᵢ is d[i] × d[i-1]
edges     linearised operations |Eᵢ| of each stage: what one tangent or one adjoint costs; without any costs all Jᵢ are given
tangent   the cost of one column Jᵢv where it is not |Eᵢ|; null where it cannot be had
adjoint   the cost of one row wᵀJᵢ where it is not |Eᵢ|; null where it cannot be had, as of a stage that is differenced
memory    adjoints are to be had only of stages with at most this many operations
patterns  of each Jᵢ its rows of 0 and 1, null for a dense one, or diagonal, lower triangular, upper triangular, tridiagonal
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from jacchain.chain.instance import LONGEST_CHAIN, Instance, StageCost
from jacchain.errors import JacchainError, Problem, Span, did_you_mean

if TYPE_CHECKING:
    from jacchain.linear.pattern import Pattern

Path = tuple[str | int, ...]
Counts = list[int | None]

KEYS = ("dims", "edges", "tangent", "adjoint", "memory", "patterns")
WORDS = ("dense", "diagonal", "lower triangular", "upper triangular", "tridiagonal")
LARGEST_COUNT = 10**15
LARGEST_PATTERN = 1 << 22


def instance_from_fields(fields: Mapping[str, Any], where: Callable[[Path], Span | None] = lambda _: None) -> Instance:
    """The instance that the fields describe; ``where`` tells the place of an entry, such as ``("edges", 2)``, counted from 0.

    Raises:
        JacchainError: everything that is wrong with the fields at once (JC300, JC361-JC363, JC450).

    """
    reader = _Reader(fields, where)
    instance = reader.instance()
    if instance is None:
        raise JacchainError(*reader.problems)
    return instance


class _Reader:
    """The fields, and the problems found in them so far."""

    def __init__(self, fields: Mapping[str, Any], where: Callable[[Path], Span | None]) -> None:
        self.fields, self.where = fields, where
        self.problems: list[Problem] = []

    def report(self, code: str, path: Path, message: str, way_out: str = "") -> None:
        """Notes a problem at the place of an entry."""
        self.problems.append(Problem(code, message, self.where(path), help=way_out))

    def instance(self) -> Instance | None:
        """The instance, None when something is wrong with the fields."""
        for key in self.fields:
            if key not in KEYS:
                way_out = did_you_mean(str(key), KEYS, f"it has {', '.join(KEYS)}")
                self.report("JC300", (key,), f"an instance has no `{key}`", way_out)
        dims = self.dims()
        if dims is None:
            return None
        patterns, costs = self.patterns(dims), self.costs(len(dims) - 1)
        return None if self.problems else Instance(dims, patterns, costs)

    def dims(self) -> tuple[int, ...] | None:
        """The dims, None when they cannot be used."""
        dims = self.fields.get("dims")
        if not _is_list(dims) or len(dims) < 2:
            self.report(
                "JC361", ("dims",), "`dims` is a list of two or more sizes", "dims: [2, 3, 1] is a chain of two Jacobians"
            )
            return None
        if len(dims) > LONGEST_CHAIN + 1:
            self.report("JC450", ("dims",), f"`dims` has {len(dims):,} sizes, {LONGEST_CHAIN + 1:,} is the most")
            return None
        wrong = [place for place, size in enumerate(dims) if not _is_count(size, least=1)]
        for place in wrong:
            self.report("JC361", ("dims", place), f"size {place} of `dims` is not a whole number from 1 up")
        return None if wrong else tuple(dims)

    def costs(self, length: int) -> tuple[StageCost, ...] | None:
        """What each stage costs to differentiate, None when every Jacobian is given."""
        edges = self.counts("edges", length, absent=False)
        tangent, adjoint = (self.counts(key, length, absent=True) or edges for key in ("tangent", "adjoint"))
        memory = self.fields.get("memory")
        if memory is not None and not (_is_count(memory) and edges):
            self.report("JC361", ("memory",), "`memory` is a whole number of operations, beside `edges`")
        if tangent is None and adjoint is None:
            return None
        none: Counts = [None] * length
        if _is_count(memory) and edges and adjoint:
            adjoint = [cost if (size or 0) <= memory else None for cost, size in zip(adjoint, edges, strict=True)]
        costs = tuple(StageCost(None, *pair) for pair in zip(tangent or none, adjoint or none, strict=True))
        for place, cost in enumerate(costs):
            if cost.tangent is None and cost.adjoint is None:
                message = f"stage {place + 1} can be differentiated in no way: it has neither a tangent nor an adjoint"
                self.report("JC362", ("adjoint", place), message, "give it one of them, or more memory")
        return costs

    def counts(self, key: str, length: int, *, absent: bool) -> Counts | None:
        """One count for each stage, or None; with ``absent``, of some stages there may be none."""
        counts = self.fields.get(key)
        if counts is None:
            return None
        if not _is_list(counts) or len(counts) != length:
            self.report("JC362", (key,), f"`{key}` is a list of {length} numbers, one for each Jacobian")
            return None
        wrong = [place for place, count in enumerate(counts) if not (_is_count(count) or (absent and count is None))]
        for place in wrong:
            self.report("JC361", (key, place), f"number {place + 1} of `{key}` is not a whole number from 0 up")
        return None if wrong else list(counts)

    def patterns(self, dims: tuple[int, ...]) -> tuple[Pattern, ...] | None:
        """The zero patterns of the transposes, None when all of them are dense."""
        patterns = self.fields.get("patterns")
        if patterns is None:
            return None
        if not _is_list(patterns) or len(patterns) != len(dims) - 1:
            self.report("JC362", ("patterns",), f"`patterns` is a list of {len(dims) - 1}, one for each Jacobian")
            return None
        read = [self.pattern(place, written, (dims[place + 1], dims[place])) for place, written in enumerate(patterns)]
        known = [pattern.T for pattern in read if pattern is not None]
        return tuple(known) if len(known) == len(read) and not all(pattern.is_full for pattern in known) else None

    def pattern(self, place: int, written: Any, shape: tuple[int, int]) -> Pattern | None:
        """The zero pattern of one Jacobian, None when it cannot be understood."""
        from jacchain.linear.pattern import Pattern  # noqa: PLC0415 - shapes alone need no numpy

        m, n = shape
        name, path = f"pattern {place + 1}", ("patterns", place)
        if written is None or written == "dense":
            return Pattern.full(m, n)
        if m * n > LARGEST_PATTERN:
            self.report("JC450", path, f"{name} has {m:,} × {n:,} entries, {LARGEST_PATTERN:,} is the most")
        elif isinstance(written, str):
            if written in WORDS:
                return Pattern.from_boolean(_named(written, m, n))
            self.report("JC363", path, f"no pattern is called `{written[:60]}`", did_you_mean(written, WORDS))
        elif not _is_list(written) or len(written) != m or not all(_is_list(row) and len(row) == n for row in written):
            self.report("JC363", path, f"{name} is a list of {m} rows of {n} entries", "rows are outputs, columns are inputs")
        elif not all(_is_count(entry) and entry <= 1 for row in written for entry in row):
            self.report("JC363", path, f"{name} has an entry other than 0 and 1")
        else:
            return Pattern.from_boolean(written)
        return None


def _named(word: str, m: int, n: int) -> Any:
    """The truth values of a pattern with a name."""
    import numpy as np  # noqa: PLC0415

    below = np.subtract.outer(np.arange(m), np.arange(n))
    match word:
        case "diagonal":
            return below == 0
        case "lower triangular":
            return below >= 0
        case "upper triangular":
            return below <= 0
        case _:
            return abs(below) <= 1


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_count(value: Any, *, least: int = 0) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST_COUNT
