"""Constants from .npy and .csv files: which paths may be opened at all, and what is accepted in them.

A pipeline file is not trusted, so its paths are judged by how they are written before the file system is asked, and a file is
opened so that neither a link nor a pipe can be followed.  No reader of numpy is ever given a name: they fetch URLs.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from jacchain.errors import JacchainError, Problem, Source, Span, suggestion
from jacchain.expression.arithmetic import Array
from jacchain.pipeline.document import Scalar, clip
from jacchain.pipeline.numbers import NUMBER

ENTRIES = 1 << 24
BYTES = 8 * ENTRIES + 4096
CSV_BYTES = 1 << 26
LENGTH = 1000
SUFFIXES = (".npy", ".csv")

_PART = r"[^\x00-\x1f\x7f\\:]+"
_DEVICE = r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?"
_HEADER = (
    r"\{\s*'descr':\s*'(?P<type>[<>|=][fiu][0-9]{1,2})',\s*'fortran_order':\s*(?P<fortran>True|False),"
    r"\s*'shape':\s*\((?P<shape>[0-9, ]*)\),?\s*\}\s*"
)
_NUMBERS = rf"[ \t]*+{NUMBER.pattern}[ \t]*+(?:,[ \t]*+{NUMBER.pattern}[ \t]*+)*+"
"""Patterns as text: they are compiled where a pipeline has such files."""
_TYPES = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"}


@dataclass(frozen=True)
class ParameterFiles:
    """Reads parameter files from the folder of the pipeline file (``None`` when it has none) and from allowed folders."""

    folder: Path | None
    allowed: Sequence[Path] = ()

    def read(self, name: Scalar) -> Array:
        """The vector or matrix in a file, finite doubles.

        Raises JacchainError: a path that is not allowed (JC340), a file that cannot be read (JC341), or one whose content is
        not a plain vector or matrix of numbers (JC342 .npy, JC343 .csv).
        """
        written = name.text
        self._refuse_path(name)
        content = self._content(name)
        try:
            return read_npy(content) if written.endswith(".npy") else read_csv(content, written)
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

    def _content(self, name: Scalar) -> bytes:
        """The bytes of the file, from the first folder that has it."""
        bases = [base for base in (self.folder, *self.allowed) if base is not None]
        if not bases:
            raise _refused(name, "a pipeline without a folder has no files", "allow the folder of the file: --allow-dir")
        for base in bases:
            path = Path(os.path.normpath(base / PurePosixPath(name.text)))
            if self._is_inside(path):
                try:
                    return _read(path, name)
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


def _read(path: Path, name: Scalar) -> bytes:
    """The bytes of a regular file of a bearable size."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise JacchainError(Problem("JC341", f"`{clip(name.text)}` is not a regular file", name.span))
        if status.st_size > BYTES:
            message = f"`{clip(name.text)}` has {status.st_size:,} bytes; the limit is {BYTES:,}"
            raise JacchainError(Problem("JC450", message, name.span, help="use a smaller matrix"))
        return stream.read(BYTES + 1)


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


def read_npy(content: bytes) -> Array:
    """The array of a .npy file of version 1, 2 or 3 (NEP 1), as doubles.

    Raises ValueError, with what is wrong as its text, unless it is one vector, one matrix or one number, real and finite.
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
    if not count or count > ENTRIES:
        raise ValueError(f"holds {count:,} numbers; between 1 and {ENTRIES:,} are read")
    if len(content) - end != count * dtype.itemsize:
        raise ValueError(f"has {len(content) - end:,} bytes of numbers, and its header announces {count * dtype.itemsize:,}")
    flat = np.frombuffer(content, dtype, count, end).astype(float)
    array: Array = flat.reshape(shape[::-1]).T.copy() if header["fortran"] == "True" else flat.reshape(shape)
    if not np.isfinite(array).all():
        raise ValueError("holds a number that is not finite")
    return array


def read_csv(content: bytes, name: str) -> Array:
    """The matrix of a .csv file: numbers separated by commas, one row a line; a single row or column is a vector.

    Raises JacchainError (JC343) with the place in that file.
    """
    try:
        source = Source(name, content.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except UnicodeDecodeError:
        raise _csv_error(Source(name, ""), 0, 0, "the file is not UTF-8", "save it as UTF-8") from None
    if len(content) > CSV_BYTES:
        message = f"the file has {len(content):,} bytes; the limit for .csv is {CSV_BYTES:,}"
        raise _csv_error(source, 0, 0, message, "save large arrays as .npy")
    rows: list[Array] = []
    for found in re.finditer(r"[^\r\n]+", source.text):
        start, line = found.start(), found.group()
        if not line.strip():
            continue
        rows.append(_row(source, start, line))
        if rows[-1].size != rows[0].size:
            message = f"this row has {rows[-1].size} cells, the first has {rows[0].size}"
            raise _csv_error(source, start, start + len(line), message, "give every row as many cells")
    if not rows:
        raise _csv_error(source, 0, 0, "the file holds no numbers", "write one row a line")
    array = np.array(rows)
    return array.reshape(() if array.size == 1 else -1) if 1 in array.shape else array


def _row(source: Source, start: int, line: str) -> Array:
    """The numbers of one line that begins at ``start``."""
    if re.fullmatch(_NUMBERS, line):
        values = np.fromstring(line, sep=",")
        if np.isfinite(values).all():
            return values
    place = start
    for cell in line.split(","):
        text = cell.strip(" \t")
        if not NUMBER.fullmatch(text) or not np.isfinite(float(text)):
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
