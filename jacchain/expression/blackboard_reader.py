"""A matrix as it stands on the blackboard, read back: ``diag(p) - outer(p, p)`` to the nodes of its rows.

Beyond the language stand ``I``, ``diag(u)``, ``outer(u, v)``, ``tril(1)``, ``u'``, and matrices that vary.  A list of lists is a
matrix of blocks, row by row; the items of any other list stand one below the other.  ``I``, and a number in the place of a
vector, have no size of their own: they take the one that is due, or that of what stands beside them.
"""

from __future__ import annotations

from jacchain.errors import JacchainError, Span
from jacchain.expression.builder import Builder
from jacchain.expression.graph import Part
from jacchain.expression.matrices import describe
from jacchain.expression.operations import Value
from jacchain.expression.tree import Binary, Call, Index, Name, Number, Slice, Stack, Tree, Unary, fold
from jacchain.expression.varying import Made, Matrix, Varying
from jacchain.expression.writer import factor_text, write

IDENTITIES = ("I", "Id")
BEYOND = {"diag": "diag(u)", "outer": "outer(u, v)", "tril": "tril(1)"}
"""What is written like a call, is a matrix, and no function of the language."""
DEPTH = 150
"""Operations on matrices, one inside the other."""

Row = list[tuple[int, Span]]
"""The nodes of a row of a matrix, one after the other, and where each is written."""


class UnsizedError(JacchainError):
    """Something takes whatever size is due, and none is known yet."""


class BlackboardReader:
    """Reads one matrix; ``m`` and ``n`` are the height and the width that are due, None where that is not known."""

    def __init__(self, builder: Builder, whole: Part) -> None:
        self.builder, self.make, self.varying = builder, builder.make, Varying(builder.make)
        self.whole = whole
        self.depth: dict[int, int] = {}
        self.made: dict[tuple[int, int | None, int | None], Made | UnsizedError] = {}
        if fold(whole.tree, self._measured) > DEPTH:
            raise whole.error("JC198", f"the matrix has more than {DEPTH} operations one inside the other", "write it row by row")

    def entry(self, n: int) -> int:
        """The node of one entry, or of several entries of a row of ``n``.

        Raises JacchainError (JC2xx) at the part that is at fault.
        """
        tree = self.whole.tree
        if not self.depth[id(tree)]:
            return self.builder.output(self.whole.fragment, tree)
        value = self.read(tree, 1, n)
        if isinstance(value, Matrix) and len(value.rows) > 1:
            shape = describe(self.varying.shape(value))
            raise self.whole.error("JC212", f"an entry is a number, or a row of them, not {shape}", "write one matrix for all")
        return value.rows[0] if isinstance(value, Matrix) else value

    def rows(self, m: int, n: int) -> list[Row]:
        """The rows of the whole, of whatever shape it is; ``m`` and ``n`` are for what has no size of its own.

        Raises JacchainError (JC2xx) at the part that is at fault.
        """
        tree = self.whole.tree
        matrix = self.varying.matrix(self.whole, self.read(tree, m, n), m, n)
        items = tree.items if isinstance(tree, Stack) and len(tree.items) == len(matrix.rows) else (tree,) * len(matrix.rows)
        return [self.entries(item, row, matrix.width) for item, row in zip(items, matrix.rows, strict=True)]

    def entries(self, tree: Tree, row: int, width: int) -> Row:
        """A row, entry by entry where it is written so."""
        place = self.part(tree)
        if not isinstance(place.tree, Stack) or len(place.tree.items) != width:
            return [(row, place.span)]
        parts = (Part(place.fragment, item) for item in place.tree.items)
        return [(self.varying.component(part, row, position), part.span) for position, part in enumerate(parts)]

    def part(self, tree: Tree) -> Part:
        """A part of the whole, with its place."""
        return Part(self.whole.fragment, tree)

    def _measured(self, tree: Tree, parts: list[int]) -> int:
        """How deep a tree goes in what the language has no word for; zero for what the builder does alone."""
        match tree:
            case Name(name):
                deep = self.builder.is_matrix(name) or self._is_identity(tree)
            case Call(name):
                deep = name in BEYOND or any(parts)
            case Stack(items):
                deep = any(parts) or all(isinstance(item, Stack) for item in items)
            case Unary("'"):
                deep = True
            case _:
                deep = any(parts)
        self.depth[id(tree)] = 1 + max(parts, default=0) if deep else 0
        return self.depth[id(tree)]

    def _is_identity(self, tree: Tree) -> bool:
        return isinstance(tree, Name) and tree.name in IDENTITIES and not self.builder.knows(tree.name)

    def read(self, tree: Tree, m: int | None, n: int | None) -> Made:
        """A part of the matrix, worked out once for each size that is due.

        Raises UnsizedError where a size is needed that is not known.
        """
        key = (id(tree), m, n)
        if key not in self.made:
            try:
                self.made[key] = self._read(tree, m, n)
            except UnsizedError as error:
                self.made[key] = error
        made = self.made[key]
        if isinstance(made, UnsizedError):
            raise made
        return made

    def _read(self, tree: Tree, m: int | None, n: int | None) -> Made:
        place = self.part(tree)
        if not self.depth[id(tree)] or (isinstance(tree, Name) and not self._is_identity(tree)):
            return self.plain(place)
        match tree:
            case Name():
                return self.varying.identity(place, self.sized(place, m or n))
            case Call():
                return self.call(place, tree, m, n)
            case Stack(items):
                return self.blocks(place, items, m, n)
            case Index():
                return self.index(place, tree, m, n)
            case Unary("'", operand):
                return self.turned(place, operand, m, n)
            case Unary("-", operand):
                return self.varying.negative(place, self.read(operand, m, n))
            case Binary("@", left, right):
                return self.product(place, left, right, m, n)
            case Binary("+" | "-" | "*" | "/" as operator, left, right):
                return self.varying.arithmetic(place, operator, *self.pair(left, right, m, n))
        return self.of_vectors(place, tree, m)

    def of_vectors(self, place: Part, tree: Tree, size: int | None) -> Made:
        """What the language makes of numbers and vectors, whatever these are made of."""
        due = None if isinstance(tree, Call) and tree.name != "where" else size
        values = [self.read(part, due, 1) for part in tree.children]
        nodes: list[Value] = [value for value in values if isinstance(value, int)]
        if len(nodes) < len(values):
            raise place.error("JC205", f"numbers and vectors are due in `{write(tree)}`, not matrices")
        return self.number_or_vector(self.builder.made(place, tree, nodes))

    def number_or_vector(self, value: Value) -> int:
        """What is no matrix."""
        assert isinstance(value, int)
        return value

    def plain(self, place: Part) -> Made:
        """What the language has words for."""
        value = self.builder.value(place)
        return value if isinstance(value, int) else self.varying.constant(place, value, write(place.tree))

    def sized(self, place: Part, size: int | None) -> int:
        """A size that has to be known."""
        if size is None:
            way_out = "write it out, as in [[1, 0], [0, 1]]"
            raise UnsizedError(*place.error("JC208", f"nothing here tells the size of `{write(place.tree)}`", way_out).problems)
        return size

    def call(self, place: Part, tree: Call, m: int | None, n: int | None) -> Made:
        """A matrix that is written like a call."""
        match tree:
            case Call("diag", (vector,)):
                return self.varying.diagonal(place, self.vector(vector, m or n))
            case Call("outer", (left, right)):
                return self.varying.outer(place, self.vector(left, m), self.vector(right, n))
            case Call("tril", (Number("1"),)):
                return self.varying.triangle(place, self.sized(place, m or n))
            case Call("transpose", (operand,)):
                return self.turned(place, operand, m, n)
            case Call("reverse", (operand,)) if isinstance(value := self.read(operand, m, n), Matrix):
                return Matrix(value.rows[::-1], value.width)
            case Call("where", (condition, yes, no)) if any(isinstance(value, Matrix) for value in self.pair(yes, no, m, n)):
                return self.choice(place, self.read(condition, m, 1), self.pair(yes, no, m, n))
        if tree.name in BEYOND:
            raise place.error("JC254", f"`{tree.name}` is not called like this", f"it is `{BEYOND[tree.name]}`")
        return self.of_vectors(place, tree, m)

    def vector(self, tree: Tree, size: int | None) -> int:
        """A part that has to be a vector, or a number as often as it is due."""
        place = self.part(tree)
        vector = self.varying.vector(place, self.read(tree, size, 1), size)
        return self.sized(place, None) if vector is None else vector

    def turned(self, place: Part, operand: Tree, m: int | None, n: int | None) -> Made:
        """A row of a vector, or the transpose of a matrix."""
        turned = self.varying.turned(place, self.read(operand, n, m), n)
        return self.sized(place, None) if turned is None else turned

    def choice(self, place: Part, condition: Made, branches: tuple[Made, Made]) -> Matrix:
        """``where`` between two matrices."""
        if not isinstance(condition, int) or not self.make.is_condition(condition):
            raise place.error("JC211", "the first argument of `where` is a condition", "such as x > 0")
        m, n = next((len(value.rows), value.width) for value in branches if isinstance(value, Matrix))
        a, b = (self.varying.matrix(place, value, m, n) for value in branches)
        return self.varying.chosen(place, condition, a, b)

    def pair(self, left: Tree, right: Tree, m: int | None, n: int | None) -> tuple[Made, Made]:
        """Two parts of one size; what has none of its own takes that of the other."""
        try:
            a = self.read(left, m, n)
        except UnsizedError:
            b = self.read(right, m, n)
            return self.read(left, *self.size(b, m, n)), b
        return a, self.read(right, *self.size(a, m, n))

    def size(self, value: Made, m: int | None, n: int | None) -> tuple[int | None, int | None]:
        """The height and the width of what is made; a number is as large as is due."""
        match self.varying.shape(value):
            case ():
                return m, n
            case (size,):
                return size, 1
            case (height, width):
                return height, width
        raise AssertionError(value)

    def product(self, place: Part, left: Tree, right: Tree, m: int | None, n: int | None) -> Made:
        """Two factors; where the left one has no size of its own, the right one tells it."""
        try:
            a = self.read(left, m, None)
        except UnsizedError:
            b = self.read(right, None, n)
            a = self.read(left, m, self.size(b, None, n)[0])
        else:
            b = self.read(right, self.size(a, m, None)[1], n)
        if isinstance(a, Matrix) and isinstance(b, int) and not self.varying.shape(b):
            b = self.vector(right, a.width)
        return self.varying.product(place, a, b, (factor_text(left), write(right)))

    def index(self, place: Part, tree: Index, m: int | None, n: int | None) -> Made:
        """Rows of a matrix, one of which is a vector; a constant has its own indices."""
        root = tree.base
        while isinstance(root, Index):
            root = root.base
        if isinstance(root, Name) and not self._is_identity(root):
            return self.plain(place)
        one = not isinstance(tree.selectors[0], Slice)
        base = self.read(tree.base, None, m if one else n)
        if isinstance(base, int):
            return self.number_or_vector(self.builder.made(place, tree, [base]))
        if len(tree.selectors) > 1:
            raise place.error("JC207", "only rows are picked out of a matrix that varies", "write M[1], or M[1:2]")
        selector = self.part(tree.selectors[0])
        chosen = self.builder.selected(selector, selector.tree, len(base.rows))
        if isinstance(chosen, int):
            return base.rows[chosen]
        return Matrix(tuple(base.rows[row] for row in chosen.tolist()), base.width)

    def blocks(self, place: Part, items: tuple[Tree, ...], m: int | None, n: int | None) -> Made:
        """A matrix of blocks, row by row, or of what stands one below the other.

        Blocks without a size of their own take that of their row and their column, or of the parameter that a column of the
        whole stands for; one below the other, a number is one row.
        """
        is_lattice = all(isinstance(item, Stack) for item in items)
        lattice = [item.children if is_lattice else (item,) for item in items]
        number = None if is_lattice else 1
        if len({len(line) for line in lattice}) > 1:
            raise place.error("JC204", "the rows of this matrix are not equally long", "write an entry for each column")
        heights: list[int | None] = [None] * len(lattice)
        widths: list[int | None] = [None] * len(lattice[0])
        parameters = self.builder.parameters
        for _ in range(2):  # what is known after the first round may tell the rest
            for i, line in enumerate(lattice):
                for j, tree in enumerate(line):
                    height, width = self.alone(tree, heights[i], widths[j], number)
                    heights[i], widths[j] = heights[i] or height, widths[j] or width
            heights, widths = completed(heights, m), completed(widths, n)
            if place.tree is self.whole.tree and len(widths) == len(parameters):
                widths = [width or parameter.size for width, parameter in zip(widths, parameters, strict=True)]
        matrix = self.varying.blocks(place, [self.line(*line, widths) for line in zip(lattice, heights, strict=True)])
        return matrix if is_lattice or matrix.width > 1 else self.varying.joined(place, matrix.rows)

    def line(self, trees: tuple[Tree, ...], height: int | None, widths: list[int | None]) -> list[Matrix]:
        """A row of blocks, numbers made as large as is due."""
        sized = zip(trees, widths, strict=True)
        return [
            self.varying.matrix(self.part(tree), self.read(tree, height, width), height or 1, width or 1) for tree, width in sized
        ]

    def alone(self, tree: Tree, m: int | None, n: int | None, number: int | None) -> tuple[int | None, int | None]:
        """The size of a block as far as it is known; the height of a number is given."""
        try:
            return self.size(self.read(tree, m, n), number, None)
        except UnsizedError:
            return None, None


def completed(sizes: list[int | None], due: int | None) -> list[int | None]:
    """Sizes of which the only one that is missing is what is left of the whole."""
    rest = (due or 0) - sum(size or 0 for size in sizes)
    return [size or rest for size in sizes] if sizes.count(None) == 1 and rest > 0 else sizes
