"""Bytes to stdout or to a file, whole or not at all; words to stderr."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from jacchain.errors import JacchainError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


OPEN = re.compile(r"(?:/dev|/proc/self)/(stdout|stderr|fd/\d+)")
"""Paths of streams that are open already: to open one anew would write over what it holds."""


class ReaderGoneError(Exception):
    """Whoever read the output has gone away."""


def deliver(content: bytes, target: str | None) -> None:
    """Writes the answer to a file, or to stdout without one.  Raises what :func:`sink` raises."""
    with sink(target) as write:
        write(content)


@contextmanager
def sink(target: str | None) -> Iterator[Callable[[bytes], None]]:
    """What takes an answer part by part: to a file, or to stdout without one.

    A file is replaced in one step at the end of the block, so that nobody ever sees half of it, and left as it is when the block
    fails; a pipe or a device is written to directly.

    Raises:
        JacchainError: it cannot be written (JC501).
        ReaderGoneError: the reader of the output went away.

    """
    if target is None or target == "-":
        yield _write_stdout
        return
    from pathlib import Path

    with _named(target):
        path, open_already = Path(target), OPEN.fullmatch(target)
        if open_already or (path.exists() and not path.is_file()):
            writer: _Device | _Replacement = _Device(os.dup(_number(open_already)) if open_already else _opened(path))
        else:
            writer = _Replacement(path.resolve())

    def write(part: bytes) -> None:
        with _named(target):
            writer.stream.write(part)

    try:
        yield write
        with _named(target):
            writer.commit()
    finally:
        writer.close()


def say(text: str) -> None:
    """Writes to stderr what can be written there."""
    stream = sys.stderr
    if stream is None:
        return
    with suppress(OSError, ValueError):
        stream.write(text.encode(stream.encoding or "ascii", "backslashreplace").decode(stream.encoding or "ascii"))
        stream.flush()


def _write_stdout(content: bytes) -> None:
    """Writes to stdout at once, so that what cannot be written is noticed."""
    if sys.stdout is None:
        raise _failure("stdout", "it is closed")
    with _named("stdout"):
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


@contextmanager
def _named(target: str) -> Iterator[None]:
    """Says of what fails in the block where it was to be written."""
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except (OSError, ValueError, RuntimeError) as error:  # a loop of links is a RuntimeError
        raise _failure(target, (error.strerror if isinstance(error, OSError) else None) or str(error)) from error


def _number(opened: re.Match[str]) -> int:
    """The number of a stream that is named as something open already."""
    name = opened[1]
    return {"stdout": 1, "stderr": 2}.get(name) or int(name.rpartition("/")[2])


def _opened(target: Path) -> int:
    """A pipe or a device, opened; a pipe that nobody reads is not waited for."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    try:
        handle = os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "no program reads from it") from error
        raise
    os.set_blocking(handle, True)
    return handle


class _Device:
    """A stream that is written to directly, and goes on where it is."""

    def __init__(self, handle: int) -> None:
        self.stream = os.fdopen(handle, "wb")

    def commit(self) -> None:
        """Writes what is left."""
        self.stream.close()

    def close(self) -> None:
        """Lets go of it, whatever has happened."""
        with suppress(OSError):
            self.stream.close()


class _Replacement:
    """A new file that takes the place of the target once it is whole."""

    def __init__(self, target: Path) -> None:
        import tempfile
        from pathlib import Path

        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
        self.target, self.path, self.stream = target, Path(name), os.fdopen(handle, "wb")

    def commit(self) -> None:
        """Puts the file in the place of the target, on the disk and with its permissions."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        self.path.chmod(_mode(self.target))
        self.path.replace(self.target)

    def close(self) -> None:
        """Lets go of it, and leaves no half of a file behind."""
        with suppress(OSError):
            self.stream.close()
        with suppress(OSError):
            self.path.unlink()


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those a new one gets here."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _failure(target: str, reason: str) -> JacchainError:
    """The error for an output that cannot be written."""
    return JacchainError(Problem("JC501", f"the output cannot be written to {target}: {reason.lower()}"))
