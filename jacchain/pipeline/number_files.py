"""Arrays in files: what is accepted as .npy and as .csv, read from bytes that are not trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from jacchain.errors import JacchainError, Problem, Source, Span, counted
from jacchain.expression.arithmetic import Array
from jacchain.memory import claim
from jacchain.pipeline.document import clip
from jacchain.pipeline.ledger import EnoughError, Ledger
from jacchain.pipeline.numbers import NUMBER as LITERAL

NUMBER = 24
"""Bytes that a number of a parameter file takes: as it is in the file, as a double, and once more on the way."""
CSV_BYTES = 1 << 24
"""Bytes that a .csv file may have."""
BLOCK = 1 << 16
"""Characters of a .csv file that are read at a time."""

_HEADER = (
    r"\{\s*'descr':\s*'(?P<type>[<>|=][fiu][0-9]{1,2})',\s*'fortran_order':\s*(?P<fortran>True|False),"
    r"\s*'shape':\s*\((?P<shape>[0-9, ]*)\),?\s*\}\s*"
)
_CELL = rf"[ \t]*+{LITERAL.pattern}[ \t]*+"
_ROWS = rf"(?:{_CELL}(?:,{_CELL})*+\r?+\n)*+(?:{_CELL}(?:,{_CELL})*+)?+"
"""Patterns as text: they are compiled where a pipeline has such files."""
_TYPES = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"}


def read_npy(content: bytes, held: int = 0) -> Array:
    """The array of a .npy file of version 1, 2 or 3 (NEP 1), as doubles; ``held`` numbers are there already.

    Raises ValueError, with what is wrong as its text, unless it is one vector, one matrix or one number, real and finite, and
    JacchainError (JC451) when it takes too much memory.
    """
    if content[:6] != b"\x93NUMPY" or len(content) < 12 or content[6] not in {1, 2, 3}:
        raise ValueError("is not a .npy file")
    start = 10 if content[6] == 1 else 12
    end = start + int.from_bytes(content[8:start], "little")
    header = re.fullmatch(_HEADER, content[start:end].decode("latin-1")) if end - start <= 4096 else None
    if header is None or header["type"][1:] not in _TYPES:
        raise ValueError("does not hold a plain array of real numbers")
    sizes = [part.strip() for part in header["shape"].split(",") if part.strip()]
    if len(sizes) > 2 or any(len(size) > 9 for size in sizes):
        raise ValueError("is neither a number, a vector nor a matrix")
    shape = tuple(map(int, sizes))
    count = int(np.prod(shape, dtype=np.int64)) if shape else 1
    dtype = np.dtype(header["type"])
    if not count:
        raise ValueError("holds no numbers")
    if len(content) - end != count * dtype.itemsize:
        raise ValueError(f"has {len(content) - end:,} bytes of numbers, and its header announces {count * dtype.itemsize:,}")
    claim(NUMBER * (held + count), "all constants up to this file", way_out="use a smaller matrix")
    flat = np.frombuffer(content, dtype, count, end).astype(float, copy=False)
    array: Array = flat.reshape(shape[::-1]).T.copy() if header["fortran"] == "True" else flat.reshape(shape)
    if not np.isfinite(array).all():
        raise ValueError("holds a number that is not finite")
    return array


def read_csv(content: bytes, name: str) -> Array:
    """The matrix of a .csv file: numbers separated by commas, one row a line; a single row or column is a vector.

    Raises JacchainError (JC343) with the place in that file.
    """
    if len(content) > CSV_BYTES:
        message = f"the file has {len(content):,} bytes; the limit for .csv is {CSV_BYTES:,}"
        raise csv_error(Source(name, ""), 0, 0, message, "save large arrays as .npy")
    array = rows_of(csv_source(content, name))
    return array.reshape(() if array.size == 1 else -1) if 1 in array.shape else array


def csv_source(content: bytes, name: str) -> Source:
    """The text of a .csv file.  Raises JacchainError (JC343) when it is not UTF-8."""
    try:
        return Source(name, content.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except UnicodeDecodeError:
        raise csv_error(Source(name, ""), 0, 0, "the file is not UTF-8", "save it as UTF-8") from None


def rows_of(source: Source, begin: int = 0) -> Array:
    """The matrix of a text from the character ``begin`` on, a row a line.  Raises JacchainError (JC343) with the place."""
    parts: list[Array] = []
    for start, end in _blocks(source.text, begin):
        rows = _plain_rows(source.text[start:end])
        parts += _rows_one_by_one(source, start, end, parts) if rows is None or not _fits(rows, parts) else [rows]
    if not parts:
        raise csv_error(source, begin, begin, "the file holds no numbers", "write one row a line")
    return np.concatenate(parts)


def _blocks(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Where a long text may be cut from ``start`` on: at the ends of lines, a bearable number of characters apart."""
    while start < len(text):
        end = text.find("\n", start + BLOCK) + 1 or len(text)
        yield start, end
        start = end


def _plain_rows(text: str) -> Array | None:
    """The matrix of a text that is nothing but rows of one length of finite numbers; None for any other."""
    if not re.fullmatch(_ROWS, text):
        return None
    signs = np.frombuffer(text.encode(), np.uint8)
    ends, commas = np.flatnonzero(signs == ord("\n")), np.flatnonzero(signs == ord(","))
    if not text.endswith("\n"):
        ends = np.append(ends, signs.size)
    widths = np.diff(np.searchsorted(commas, ends), prepend=0) + 1
    values = np.fromstring(text.removesuffix("\n").replace("\r", "").replace("\n", ","), sep=",")
    same = bool((widths == widths[0]).all()) and values.size == widths.sum()
    return values.reshape(-1, widths[0]) if same and np.isfinite(values).all() else None


def _fits(rows: Array, parts: list[Array]) -> bool:
    """Whether rows are as long as those before them."""
    return not parts or rows.shape[1] == parts[0].shape[1]


def _rows_one_by_one(source: Source, start: int, end: int, before: list[Array]) -> list[Array]:
    """The rows of a part of the text, blank lines left out, with whatever is wrong found at its place."""
    parts: list[Array] = []
    width = before[0].shape[1] if before else 0
    ledger = Ledger()
    with suppress(EnoughError):
        for found in re.compile(r"[^\r\n]+").finditer(source.text, start, end):
            place, line = found.start(), found.group()
            if not line.strip():
                continue
            row, cells = _plain_rows(line), line.count(",") + 1
            width = width or cells
            if row is None:
                for problem in _mistakes(source, place, line):
                    ledger.add(problem)
            elif cells != width:
                message = f"this row has {counted(cells, 'cell')}, the first has {width}"
                ledger.add(_problem(source, place, place + len(line), message, "give every row as many cells"))
            else:
                parts.append(row)
    ledger.settle()
    return parts


def _mistakes(source: Source, start: int, line: str) -> Iterator[Problem]:
    """What is wrong with the cells of a line that begins at ``start``."""
    place = start
    for cell in line.split(","):
        text = cell.strip(" \t")
        if not LITERAL.fullmatch(text) or not np.isfinite(float(text)):
            message = f"`{clip(text)}` is not a finite number" if text else "a cell is empty"
            yield _problem(source, place, place + len(cell), message, _cell_advice(text, line, first=not start))
            if not start and text[:1].isalpha():
                return  # a line of names is one mistake
        place += len(cell) + 1


def _cell_advice(text: str, line: str, *, first: bool) -> str:
    """What to do about a cell of a line, the ``first`` of the file or another one."""
    if ";" in text or "\t" in line:
        return "separate the cells by commas, and write the decimal point as `.`"
    if text.startswith('"'):
        return "write numbers without quotes"
    if first and text[:1].isalpha():
        return "a header line is not read: delete it"
    return "write finite decimal numbers such as 0.5 or 1e-3"


def csv_error(source: Source, start: int, end: int, message: str, way_out: str) -> JacchainError:
    """The error for a stretch of a .csv file."""
    return JacchainError(_problem(source, start, end, message, way_out))


def _problem(source: Source, start: int, end: int, message: str, way_out: str) -> Problem:
    return Problem("JC343", message, Span(source, start, end), help=way_out)
