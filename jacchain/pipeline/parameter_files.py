"""Constants from .npy and .csv files: which paths may be opened at all.

A pipeline file is not trusted, so its paths are judged by how they are written before the file system is asked, and a file is
opened so that neither a link nor a pipe can be followed.  No reader of numpy is ever given a name: they fetch URLs.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from jacchain.errors import JacchainError, Problem, suggestion
from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen, replace
from jacchain.memory import claim
from jacchain.pipeline.document import Scalar, clip
from jacchain.pipeline.number_files import NUMBER, read_csv, read_npy

LENGTH = 1000
"""Characters that a path may have."""
SUFFIXES = (".npy", ".csv")

_PART = r"[^\x00-\x1f\x7f\\:]+"
_DEVICE = r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?"


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
        what = f"all constants up to `{clip(name.text)}`"
        claim(NUMBER * (held + status.st_size // 8), what, name.span, "use a smaller matrix")
        return stream.read(status.st_size + 1)


def _refused(name: Scalar, reason: str, way_out: str) -> JacchainError:
    """The error for a path that is not opened."""
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
