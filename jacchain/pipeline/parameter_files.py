"""Constants from .npy and .csv files: which paths may be opened at all, and what is accepted in them.

A pipeline file is not trusted, so its paths are judged by how they are written before the file system is asked, and a file is
opened so that neither a link nor a pipe can be followed.  No reader of numpy is ever given a name: they fetch URLs.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from jacchain.errors import JacchainError, Problem, Source, Span, suggestion
from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen, replace
from jacchain.memory import claim
from jacchain.pipeline.document import Scalar, clip
from jacchain.pipeline.numbers import NUMBER as LITERAL

NUMBER = 24
"""Bytes that a number of a parameter file takes: as it is in the file, as a double, and once more on the way."""
CSV_BYTES = 1 << 24
BLOCK = 1 << 16
"""Characters of a .csv file that are read at a time."""
LENGTH = 1000
SUFFIXES = (".npy", ".csv")

_PART = r"[^\x00-\x1f\x7f\\:]+"
_DEVICE = r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?"
_HEADER = (
    r"\{\s*'descr':\s*'(?P<type>[<>|=][fiu][0-9]{1,2})',\s*'fortran_order':\s*(?P<fortran>True|False),"
    r"\s*'shape':\s*\((?P<shape>[0-9, ]*)\),?\s*\}\s*"
)
_CELL = rf"[ \t]*+{LITERAL.pattern}[ \t]*+"
_ROWS = rf"(?:{_CELL}(?:,{_CELL})*+\r?+\n)*+(?:{_CELL}(?:,{_CELL})*+)?+"
"""Patterns as text: they are compiled where a pipeline has such files."""
_TYPES = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"}


class ParameterFiles(Frozen, eq=True):
    """Reads parameter files from the folder of the pipeline file (``None`` when it has none) and from allowed folders."""

    folder: Path | None
    allowed: Sequence[Path] = ()

    def read(self, name: Scalar, held: int = 0) -> Array:
        """The vector or matrix in a file, finite doubles; ``held`` numbers are there already.

        Raises JacchainError: a path that is not allowed (JC340), a file that cannot be read (JC341), or one whose content is
        not a plain vector or matrix of numbers (JC342 .npy, JC343 .csv) or takes too much memory (JC451).
        """
        written = name.text
        self._refuse_path(name)
        content = self._content(name, held)
        try:
            return read_npy(content, held) if written.endswith(".npy") else read_csv(content, written)
        except JacchainError as error:
            related = ((name.span, "it is read here"),)
            raise JacchainError(*(replace(problem, related=related) for problem in error.problems)) from None
        except ValueError as error:
            raise JacchainError(Problem("JC342", f"`{clip(written)}` {error}", name.span, help=_NPY_ADVICE)) from None

    def _refuse_path(self, name: Scalar) -> None:
        """Judges a path as it is written."""
        path = name.text
        if not path.endswith(SUFFIXES):
            raise _refused(name, "parameter files end in .npy or .csv", "save the array as .npy, or as .csv")
        parts = path.removeprefix("/").split("/") if self.allowed else path.split("/")
        if len(path) > LENGTH or not all(re.fullmatch(_PART, part) and not re.fullmatch(_DEVICE, part) for part in parts):
            raise _refused(name, "this is not a plain path of a file", "write a path such as data/weights.npy")
        if ".." in parts and not self.allowed:
            raise _refused(
                name, "the path leaves the folder of the pipeline file", "move the file, or allow its folder: --allow-dir"
            )

    def _content(self, name: Scalar, held: int) -> bytes:
        """The bytes of the file, from the first folder that has it."""
        bases = [base for base in (self.folder, *self.allowed) if base is not None]
        if not bases:
            raise _refused(name, "a pipeline without a folder has no files", "allow the folder of the file: --allow-dir")
        for base in bases:
            path = Path(os.path.normpath(base / PurePosixPath(name.text)))
            if self._is_inside(path):
                try:
                    return _read(path, name, held)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    reason = (error.strerror or "it cannot be opened").lower()
                    raise JacchainError(Problem("JC341", f"`{clip(name.text)}` cannot be read: {reason}", name.span)) from None
        if not any(self._is_inside(Path(os.path.normpath(base / PurePosixPath(name.text)))) for base in bases):
            raise _refused(name, "the path leaves the folders that are allowed", "allow its folder: --allow-dir")
        raise JacchainError(Problem("JC341", f"there is no file `{clip(name.text)}`", name.span, help=_beside(bases, name.text)))

    def _is_inside(self, path: Path) -> bool:
        """Whether a normalised path lies in an allowed folder, and no link on the way leads elsewhere."""
        for base in (self.folder, *self.allowed):
            if base is not None and path.is_relative_to(os.path.normpath(base)):
                inner = path.relative_to(os.path.normpath(base))
                return Path(os.path.realpath(path)) == Path(os.path.realpath(base)) / inner
        return False


_NPY_ADVICE = "save a vector or matrix of numbers with numpy.save"


def _read(path: Path, name: Scalar, held: int) -> bytes:
    """The bytes of a regular file of a bearable size."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise JacchainError(Problem("JC341", f"`{clip(name.text)}` is not a regular file", name.span))
        claim(NUMBER * (held + status.st_size // 8), _all_up_to(name), name.span, "use a smaller matrix")
        return stream.read(status.st_size + 1)


def _all_up_to(name: Scalar) -> str:
    return f"all constants up to `{clip(name.text)}`"


def _refused(name: Scalar, reason: str, way_out: str) -> JacchainError:
    return JacchainError(Problem("JC340", f"`{clip(name.text)}` is not opened: {reason}", name.span, help=way_out))


def _beside(bases: list[Path], written: str) -> str:
    """A file of a similar name in the folder where it was looked for."""
    try:
        folder = bases[0] / PurePosixPath(written).parent
        known = sorted(entry.name for entry in folder.iterdir() if entry.suffix in SUFFIXES)[:1000]
    except OSError:
        return "the path is relative to the pipeline file"
    nearest = suggestion(PurePosixPath(written).name, known)
    meant = PurePosixPath(written).with_name(nearest) if nearest else None
    return f"did you mean `{meant}`?" if meant else "the path is relative to the pipeline file"


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
        raise _csv_error(Source(name, ""), 0, 0, message, "save large arrays as .npy")
    try:
        source = Source(name, content.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except UnicodeDecodeError:
        raise _csv_error(Source(name, ""), 0, 0, "the file is not UTF-8", "save it as UTF-8") from None
    parts: list[Array] = []
    for start, end in _blocks(source.text):
        rows = _plain_rows(source.text[start:end])
        parts += _rows_one_by_one(source, start, end, parts) if rows is None or not _fits(rows, parts) else [rows]
    if not parts:
        raise _csv_error(source, 0, 0, "the file holds no numbers", "write one row a line")
    array = np.concatenate(parts)
    return array.reshape(() if array.size == 1 else -1) if 1 in array.shape else array


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where a long text may be cut: at the ends of lines, a bearable number of characters apart."""
    start = 0
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
    return not parts or rows.shape[1] == parts[0].shape[1]


def _rows_one_by_one(source: Source, start: int, end: int, before: list[Array]) -> list[Array]:
    """The rows of a part of the text, blank lines left out, with whatever is wrong found at its place."""
    parts: list[Array] = []
    for found in re.compile(r"[^\r\n]+").finditer(source.text, start, end):
        place, line = found.start(), found.group()
        if not line.strip():
            continue
        parts.append(_row(source, place, line))
        first = (before or parts)[0]
        if not _fits(parts[-1], [first]):
            message = f"this row has {parts[-1].size} cells, the first has {first.shape[1]}"
            raise _csv_error(source, place, place + len(line), message, "give every row as many cells")
    return parts


def _row(source: Source, start: int, line: str) -> Array:
    """The numbers of one line that begins at ``start``, as a matrix of one row."""
    row = _plain_rows(line)
    if row is not None:
        return row
    place = start
    for cell in line.split(","):
        text = cell.strip(" \t")
        if not LITERAL.fullmatch(text) or not np.isfinite(float(text)):
            message = f"`{clip(text)}` is not a finite number" if text else "a cell is empty"
            raise _csv_error(source, place, place + len(cell), message, _cell_advice(text, line))
        place += len(cell) + 1
    raise AssertionError


def _cell_advice(text: str, line: str) -> str:
    if ";" in text or "\t" in line:
        return "separate the cells by commas, and write the decimal point as `.`"
    if text.startswith('"'):
        return "write numbers without quotes"
    if text[:1].isalpha():
        return "a header line is not read: delete it"
    return "write finite decimal numbers such as 0.5 or 1e-3"


def _csv_error(source: Source, start: int, end: int, message: str, way_out: str) -> JacchainError:
    return JacchainError(Problem("JC343", message, Span(source, start, end), help=way_out))
