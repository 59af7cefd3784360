"""The points of a sweep: the rows of a table, or a grid, put in the order of the inputs of a pipeline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from jacchain.errors import Fragment, JacchainError, Problem, Span, did_you_mean
from jacchain.frozen import Frozen
from jacchain.linear.map import Numbers
from jacchain.memory import claim
from jacchain.pipeline.constants import Constants
from jacchain.pipeline.document import clip
from jacchain.pipeline.number_files import NUMBER, csv_source, read_npy, rows_of
from jacchain.pipeline.numbers import NUMBER as LITERAL
from jacchain.pipeline.point import value_of

_RANGE = re.compile(r"\s*(?P<name>[^=\s]+)\s*=(?P<ends>[^:]*:[^:]*):\s*(?P<count>[0-9]{1,99})\s*")

_COMPONENT = re.compile(r"(?P<vector>[^\[\]]+)\[[1-9][0-9]*\]")


class Points(Frozen):
    """A number for each of some inputs in every row: ``(count, columns)``.

    ``names`` says which inputs, and where that is written; without any they are all inputs in their order.
    """

    rows: Numbers
    names: tuple[tuple[str, Span], ...] = ()

    @property
    def sizes(self) -> str | None:
        """A point as ``--at`` spells it, that has a number for each of the names; None where some component is missing."""
        names = dict.fromkeys(name for name, _ in self.names)
        vectors = Counter(found["vector"] for name in names if (found := _COMPONENT.fullmatch(name)))
        if any(f"{vector}[{size}]" not in names for vector, size in vectors.items()):
            return None
        return ",".join(f"{name}=0" for name in names)


def read_points(content: bytes, name: str) -> Points:
    """The points of a .npy file, or of a text with a row of numbers a line, under a first line of names or without one.

    Raises JacchainError: JC342 or JC343 where that is not what it is, JC451 when it takes too much memory.
    """
    claim(NUMBER * len(content) // 8, f"the points of {name}", way_out="sweep a part of them")
    if content[:6] == b"\x93NUMPY":
        try:
            array = read_npy(content)
        except ValueError as error:
            message = f"{name} {error}"
            raise JacchainError(Problem("JC342", message, help="save a matrix with a row for each point")) from None
        return Points(array.reshape(-1, 1) if array.ndim < 2 else array)
    source = csv_source(content, name)
    end = source.text.find("\n") + 1
    first = Fragment(source.text[:end], source, range(end + 1))
    cells = [cell.strip() for cell in first.text.split(",")]
    if not any(cells) or all(LITERAL.fullmatch(cell) for cell in cells):
        return Points(rows_of(source))
    names, start = [], 0
    for cell in first.text.split(","):
        names.append((cell.strip().strip('"'), first.span(start, start + len(cell.rstrip()))))
        start += len(cell) + 1
    rows = rows_of(source, end)
    if rows.shape[1] != len(names):
        message = f"the rows have {rows.shape[1]} cells, and the line of names {len(names)}"
        raise JacchainError(Problem("JC343", message, first.span(0, len(first.text.rstrip())), help="name every column"))
    return Points(rows, tuple(names))


def grid(texts: Sequence[str]) -> Points:
    """All combinations of the ranges ``NAME=FROM:TO:COUNT``, both ends included, the last one running fastest.

    Raises JacchainError (JC010 for their form, else by the expressions, JC451 when they are too many).
    """
    names, ranges, count = [], [], 1
    for text in texts:
        whole = Fragment.whole(text, "--over", option=True)
        found = _RANGE.fullmatch(text)
        if found is None or not int(found["count"]):
            message = "this is no range of an input"
            raise JacchainError(Problem("JC010", message, whole.span(), help="write --over x=-1:1:21, or --over 'v[2]=0:pi/2:5'"))
        middle = text.index(":")
        ends = [
            Constants().numbers((value_of(whole.part(start, end), 0),))
            for start, end in ((found.start("ends"), middle), (middle + 1, found.end("ends")))
        ]
        if any(end.size != 1 for end in ends):
            message, way_out = "the ends of a range are numbers", "give one --over for each component: 'v[2]=0:1:5'"
            raise JacchainError(Problem("JC010", message, whole.span(), help=way_out))
        count *= int(found["count"])
        claim(NUMBER * count * len(texts), f"a grid of {count:,} points", whole.span(), "take fewer")
        names.append((found["name"], whole.span(found.start("name"), found.end("name"))))
        ranges.append(np.linspace(ends[0][0], ends[1][0], int(found["count"])))
    rows = np.stack([axis.ravel() for axis in np.meshgrid(*ranges, indexing="ij")], axis=1)
    return Points(rows, tuple(names))


def in_order(points: Points, inputs: Sequence[str], at: Numbers) -> Numbers:
    """The points as ``(count, n)`` in the order of the inputs; where they say nothing of one, ``at`` does, if it is no NaN.

    Raises JacchainError (JC344) when they are not points of these inputs.
    """
    if not points.names:
        if points.rows.shape[1] != len(inputs):
            message = f"a point has {points.rows.shape[1]} numbers, and the inputs are {_listed(inputs)}"
            raise JacchainError(Problem("JC344", message, help="give every input a column, or name the columns in a first line"))
        return points.rows
    columns: dict[str, int] = {}
    for column, (name, span) in enumerate(points.names):
        if name not in inputs:
            way_out = did_you_mean(name, list(inputs), f"the inputs are {_listed(inputs)}")
            raise JacchainError(Problem("JC344", f"`{clip(name)}` is not an input", span, help=way_out))
        if name in columns:
            related = ((points.names[columns[name]][1], "it stands here already"),)
            raise JacchainError(Problem("JC344", f"`{clip(name)}` is given twice", span, related=related, help="delete one"))
        columns[name] = column
    missing = [name for name, number in zip(inputs, at, strict=True) if name not in columns and np.isnan(number)]
    if missing:
        message = f"the points say nothing about {_listed(missing)}"
        raise JacchainError(Problem("JC344", message, points.names[0][1], help="add a column, or give the others with --at"))
    claim(NUMBER * len(points.rows) * len(inputs), f"{len(points.rows):,} points", way_out="sweep a part of them")
    whole = np.tile(at, (len(points.rows), 1))
    whole[:, [inputs.index(name) for name in columns]] = points.rows
    return whole


def _listed(names: Sequence[str]) -> str:
    """A few names, and how many more there are."""
    return ", ".join(f"`{name}`" for name in names[:4]) + (f" and {len(names) - 4:,} more" if len(names) > 4 else "")
