"""What a product of two neighbouring sub-chains costs, from shapes alone or from zero patterns."""

from __future__ import annotations

from typing import Any, Protocol


class Prices(Protocol):
    """Exact costs in multiplications; sub-chains ``i:j`` are counted from 1, both ends included."""

    dims: tuple[int, ...]

    def split(self, i: int, k: int, j: int) -> int:
        """The cost of multiplying ``i:k`` by ``k+1:j``, both given."""

    def splits(self, i: int, j: int) -> list[int]:
        """The costs of multiplying ``i:k`` by ``k+1:j``, for ``k = i, …, j-1``."""

    def panel(self, k: int, rows: slice, columns: slice) -> tuple[Any, Any]:
        """Two float matrices whose product holds ``split(i, k, j)`` for the ``i`` of ``rows`` and the ``j`` of ``columns``."""

    def entries(self, i: int, j: int) -> int:
        """How many entries the matrix of ``i:j`` stores."""


class Shapes:
    """Prices of dense matrices: ``d[i-1] d[k] d[j]``."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        self.dims = dims

    def split(self, i: int, k: int, j: int) -> int:
        """The cost of multiplying ``i:k`` by ``k+1:j``."""
        return self.dims[i - 1] * self.dims[k] * self.dims[j]

    def splits(self, i: int, j: int) -> list[int]:
        """The costs of multiplying ``i:k`` by ``k+1:j``, for ``k = i, …, j-1``."""
        outer = self.dims[i - 1] * self.dims[j]
        return [outer * inner for inner in self.dims[i:j]]

    def entries(self, i: int, j: int) -> int:
        """How many entries the matrix of ``i:j`` stores: all of them."""
        return self.dims[i - 1] * self.dims[j]
