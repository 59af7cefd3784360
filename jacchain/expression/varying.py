"""Matrices that vary with the inputs, each kept as the nodes of its rows; numbers and vectors beside them stay nodes.

A vector is a column, and a number is a vector of as many of it as are due.  Complaints are about shapes (JC202-JC205).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.expression.graph import WHERE, Part, Shape
from jacchain.expression.matrices import check_product, describe
from jacchain.expression.operations import Operations

A_COLUMN = "a vector is a column: `u'` is the row, `diag(u)` the diagonal matrix"


class Matrix(NamedTuple):
    """The nodes of its rows, each of ``width`` numbers; ``diagonal`` is the vector of a diagonal matrix."""

    rows: tuple[int, ...]
    width: int
    diagonal: int | None = None


Made = int | Matrix
"""What a part of a matrix expression is: the node of a number or a vector, or a matrix."""


class Varying:
    """Makes the nodes of the rows of matrices."""

    def __init__(self, make: Operations) -> None:
        self.make = make

    def shape(self, value: Made) -> Shape:
        """The shape of a number, a vector or a matrix."""
        return (len(value.rows), value.width) if isinstance(value, Matrix) else self.make.shape(value)

    def known(self, matrix: Matrix) -> Array | None:
        """The numbers of a matrix that does not vary."""
        rows = [known for row in matrix.rows if (known := self.make.known(row)) is not None]
        return np.array(rows).reshape(-1, matrix.width) if len(rows) == len(matrix.rows) else None

    def component(self, place: Part, vector: int, position: int) -> int:
        """One component of a vector, counted from 0; a number is its own."""
        return self.make.gather(place, vector, np.array([position]), ()) if self.make.shape(vector) else vector

    def joined(self, place: Part, nodes: Sequence[int]) -> int:
        """Numbers and vectors one after the other."""
        return nodes[0] if len(nodes) == 1 else self.make.stack(place, list(nodes))

    def constant(self, place: Part, numbers: Array, name: str = "") -> Matrix:
        """A matrix of known numbers; the rows of one that has a name are called by it."""
        names = (f"{name}[{number}]" if name else "" for number in range(1, len(numbers) + 1))
        rows = zip(numbers, names, strict=True)
        return Matrix(tuple(self.make.hold(place, np.array(row, float), own) for row, own in rows), numbers.shape[1])

    def identity(self, place: Part, size: int) -> Matrix:
        """Ones on the diagonal."""
        self.make.budget.spend(place, size * size)
        return self.constant(place, np.eye(size))._replace(diagonal=self.make.hold(place, np.ones(size)))

    def triangle(self, place: Part, size: int) -> Matrix:
        """Ones on and below the diagonal."""
        self.make.budget.spend(place, size * size)
        return self.constant(place, np.tri(size))

    def diagonal(self, place: Part, vector: int) -> Matrix:
        """A vector on the diagonal, and zeros."""
        size = self.make.items[vector].size
        rows = []
        for position in range(size):
            zeros = [self.make.hold(place, np.zeros(count)) for count in (position, size - 1 - position) if count]
            zeros.insert(position > 0, self.component(place, vector, position))
            rows.append(self.joined(place, zeros))
        return Matrix(tuple(rows), size, vector)

    def outer(self, place: Part, u: int, v: int) -> Matrix:
        """Every component of the one vector times the other."""
        items = self.make.items
        factors = [self.component(place, u, position) for position in range(items[u].size)]
        return Matrix(tuple(self.make.elementwise(place, "*", [factor, v]) for factor in factors), items[v].size)

    def vector(self, place: Part, value: Made, size: int | None) -> int | None:
        """The node of a vector; of a number as often as it is due, None where nobody knows how often that is."""
        if isinstance(value, Matrix):
            if value.width > 1:
                raise place.error("JC205", f"a vector is due here, not {describe(self.shape(value))}", "name or write a vector")
            return self.joined(place, value.rows)
        if self.make.shape(self.make.numbers(place, "[...]", [value])[0]):
            return value
        return None if size is None else self.joined(place, [value] * size)

    def matrix(self, place: Part, value: Made, m: int, n: int) -> Matrix:
        """A matrix; of a number as many as a column is long, or as many zeros as are due."""
        if isinstance(value, Matrix):
            return value
        (node,) = self.make.numbers(place, "[...]", [value])
        shape, number = self.make.shape(node), self.make.known(node)
        if shape:
            return Matrix(tuple(self.component(place, node, position) for position in range(shape[0])), 1)
        if n > 1 and number is not None and not number:
            return Matrix((self.make.hold(place, np.zeros(n)),) * m, n)
        if n > 1:
            raise place.error("JC202", f"a {m}×{n} matrix is due here, not a number", "write `2*I` for a number on the diagonal")
        return Matrix((node,) * m, 1)

    def turned(self, place: Part, value: Made, n: int | None) -> Matrix | None:
        """The transpose; a number is a column of as many of it as are due, None where nobody knows how many those are."""
        if not isinstance(value, Matrix):
            vector = self.vector(place, value, n)
            return None if vector is None else Matrix((vector,), self.make.items[vector].size)
        if value.diagonal is not None:
            return value
        if (known := self.known(value)) is not None:
            return self.constant(place, known.T)
        columns = range(value.width)
        turned = (self.joined(place, [self.component(place, row, column) for row in value.rows]) for column in columns)
        return Matrix(tuple(turned), len(value.rows))

    def negative(self, place: Part, value: Made) -> Made:
        """The opposite."""
        return self._each(place, value, lambda node: self.make.elementwise(place, "neg", [node]))

    def _each(self, place: Part, value: Made, change: Callable[[int], int]) -> Made:
        """A number, a vector or all rows of a matrix, changed in a way that leaves zeros what they are."""
        if not isinstance(value, Matrix):
            return change(value)
        if value.diagonal is not None:
            return self.diagonal(place, change(value.diagonal))
        return Matrix(tuple(map(change, value.rows)), value.width)

    def arithmetic(self, place: Part, operator: str, a: Made, b: Made) -> Made:
        """A sum or a difference of equals, or a number times, or below, anything."""
        shapes = self.shape(a), self.shape(b)
        if isinstance(a, int) and isinstance(b, int):
            made = self.make.arithmetic(place, operator, [a, b])
            assert isinstance(made, int)
            return made
        if operator == "*" and isinstance(a, int) and not shapes[0]:
            return self._each(place, b, lambda row: self.make.elementwise(place, "*", [a, row]))
        if operator in {"*", "/"} and isinstance(b, int) and not shapes[1]:
            return self._each(place, a, lambda row: self.make.elementwise(place, operator, [row, b]))
        if operator in {"*", "/"} or () in shapes:
            way_out = "write `@` for a product of matrices, `diag(u) @ W` for one with a vector" if operator == "*" else ""
            raise place.error("JC202", f"`{operator}` does not combine {' and '.join(map(describe, shapes))}", way_out)
        left, right = (self.matrix(place, value, 1, 1) for value in (a, b))
        if self.shape(left) != self.shape(right):
            way_out = A_COLUMN if 1 in map(len, shapes) else ""
            raise place.error("JC202", f"`{operator}` needs equal shapes: {' and '.join(map(describe, shapes))}", way_out)
        rows = zip(left.rows, right.rows, strict=True)
        return Matrix(tuple(self.make.elementwise(place, operator, list(pair)) for pair in rows), left.width)

    def product(self, place: Part, a: Made, b: Made, names: tuple[str, str]) -> Made:
        """What ``@`` makes of matrices and vectors; matrices that are known are called by the given ``names``."""
        check_product(place, self.shape(a), self.shape(b))
        if isinstance(a, int) and isinstance(b, int):
            return self.make.apply(place, "dot", (a, b), ())
        if isinstance(b, int):
            assert isinstance(a, Matrix)
            if (known := self.known(a)) is not None:
                return self.make.matrix_vector(place, known, b, names[0])
            return self.joined(place, [self.make.apply(place, "dot", (row, b), ()) for row in a.rows])
        if isinstance(a, int):
            return self._row(place, a, b, names[1])
        if a.diagonal is not None:
            factors = [self.component(place, a.diagonal, position) for position in range(a.width)]
            pairs = zip(factors, b.rows, strict=True)
            return Matrix(tuple(self.make.elementwise(place, "*", list(pair)) for pair in pairs), b.width)
        return Matrix(tuple(self._row(place, row, b, names[1]) for row in a.rows), b.width)

    def _row(self, place: Part, row: int, b: Matrix, name: str) -> int:
        """The product of a row and a matrix."""
        if b.diagonal is not None:
            return self.make.elementwise(place, "*", [row, b.diagonal])
        if self.make.shape(row) and (known := self.known(b)) is not None:
            return self.make.matrix_vector(place, known.T, row, f"transpose({name})")
        factors = (self.component(place, row, position) for position in range(len(b.rows)))
        terms = [self.make.elementwise(place, "*", list(pair)) for pair in zip(factors, b.rows, strict=True)]
        return reduce(lambda total, term: self.make.elementwise(place, "+", [total, term]), terms)

    def chosen(self, place: Part, condition: int, a: Matrix, b: Matrix) -> Matrix:
        """Row by row of the one or of the other; a single condition is the same for all rows."""
        shapes = self.shape(a), self.shape(b)
        if shapes[0] != shapes[1]:
            raise place.error("JC202", f"`where` needs equal shapes: {' and '.join(map(describe, shapes))}")
        if self.make.shape(condition) not in {(), (len(a.rows),)}:
            count = self.make.items[condition].size
            raise place.error(
                "JC204", f"`where` has {count} conditions for {len(a.rows)} rows", "write one for each row, or for all"
            )
        rows = []
        for position, pair in enumerate(zip(a.rows, b.rows, strict=True)):
            nodes = (self.component(place, condition, position), *pair)
            rows.append(self.make.apply(place, WHERE, nodes, self.make.common(place, WHERE, pair)))
        return Matrix(tuple(rows), a.width)

    def blocks(self, place: Part, lattice: Sequence[Sequence[Matrix]]) -> Matrix:
        """Matrices side by side, row by row, whose sizes fit."""
        for line in lattice:
            heights, widths = {len(block.rows) for block in line}, [block.width for block in line]
            if len(heights) > 1 or widths != [block.width for block in lattice[0]]:
                shapes = "; ".join(", ".join(describe(self.shape(block)) for block in line) for line in lattice)
                raise place.error("JC204", f"the blocks of this matrix do not fit: {shapes}", A_COLUMN)
        rows = [self.joined(place, pieces) for line in lattice for pieces in zip(*(block.rows for block in line), strict=True)]
        return Matrix(tuple(rows), sum(block.width for block in lattice[0]))
