"""What a product of two neighbouring sub-chains costs, from shapes alone or from zero patterns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy.typing as npt

    from jacchain.chain.mixing import Mixing

    Numbers = npt.NDArray[Any]

Chain = tuple[int, int]
"""``(i, j)``: the sub-chain ``i:j``."""

Join = tuple[int, int, int]
"""``(i, k, j)``: the sub-chain ``i:j`` is made of ``i:k`` and ``k+1:j``."""


LARGEST = 1 << 62
"""Sums below this are worked out in 64 bits."""


class Prices(Protocol):
    """Exact costs in multiplications; sub-chains ``i:j`` are counted from 1, both ends included."""

    dims: tuple[int, ...]

    def splits(self, i: int, j: int) -> list[int]:
        """The costs ``split(i, k, j)`` of multiplying ``i:k`` by ``k+1:j``, both given, for ``k = i, …, j-1``."""

    def split_array(self, i: int, j: int) -> Numbers:
        """The same as an array."""

    def entries(self, i: int, j: int) -> int:
        """How many entries the matrix of ``i:j`` stores."""

    def all_entries(self) -> Numbers:
        """The same for all ``i:j``, by i - 1 and j - 1; anything where there is no sub-chain."""

    def costs(self, joins: Sequence[Join]) -> list[int]:
        """The costs of the products ``i:j`` of ``(i, k, j)``."""

    def matrices(self, joins: Sequence[Join]) -> list[tuple[str, int]]:
        """The structures and the entries of the products ``i:j`` of ``(i, k, j)``, operands before what is made of them."""

    def panel(self, k: int) -> tuple[Numbers, Numbers]:
        """Two arrays with ``split(i, k, j) = left[i - 1] @ right[:, j - k - 1]`` for all i and j on either side of k."""

    def mixing(self) -> Mixing | None:
        """What splits cost by the parts they join, where the chain is known to mix."""


class Shapes:
    """Prices of dense matrices: ``d[i-1] d[k] d[j]``."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        self.dims = dims

    def splits(self, i: int, j: int) -> list[int]:
        """The costs of multiplying ``i:k`` by ``k+1:j``, for ``k = i, …, j-1``."""
        outer = self.dims[i - 1] * self.dims[j]
        return [outer * inner for inner in self.dims[i:j]]

    def split_array(self, i: int, j: int) -> Numbers:
        """The same as an array, of doubles."""
        costs: Numbers = self._widths[i - 1] * self._widths[j] * self._widths[i:j]
        return costs

    def entries(self, i: int, j: int) -> int:
        """How many entries the matrix of ``i:j`` stores: all of them."""
        return self.dims[i - 1] * self.dims[j]

    def all_entries(self) -> Numbers:
        """The same for all ``i:j``, by i - 1 and j - 1: Python's integers where others might overflow."""
        import numpy as np  # noqa: PLC0415 - short chains are planned without numpy

        d = np.array(self.dims, np.int64 if len(self.dims) * max(self.dims) ** 2 < LARGEST else object)
        return np.asarray(np.multiply.outer(d[:-1], d[1:]))

    def costs(self, joins: Sequence[Join]) -> list[int]:
        """The costs of the products ``i:j`` of ``(i, k, j)``."""
        d = self.dims
        return [d[i - 1] * d[k] * d[j] for i, k, j in joins]

    def matrices(self, joins: Sequence[Join]) -> list[tuple[str, int]]:
        """Every product is dense, or one number."""
        d = self.dims
        return [("dense" if (entries := d[i - 1] * d[j]) > 1 else "scalar", entries) for i, _, j in joins]

    def panel(self, k: int) -> tuple[Numbers, Numbers]:
        """The two arrays whose product holds ``split(i, k, j)``."""
        d = self._widths
        return d[k] * d[:k, None], d[None, k + 1 :]

    def mixing(self) -> Mixing:
        """Dense factors mix at once."""
        from jacchain.chain.mixing import Mixing  # noqa: PLC0415 - short chains are planned without numpy

        d = self._widths
        none = d[:0, None] * d[None, :-1]
        return Mixing(d[:-1], d[1:], d[1:-1], none, none, none[:, None])

    @cached_property
    def _widths(self) -> Numbers:
        import numpy as np  # noqa: PLC0415 - short chains are planned without numpy

        return np.array(self.dims, float)
