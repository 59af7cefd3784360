"""Bytes to stdout or to a file, whole or not at all; words to stderr."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from jacchain.errors import JacchainError, Problem

if TYPE_CHECKING:
    from pathlib import Path


class ReaderGoneError(Exception):
    """Whoever read the output has gone away."""


def deliver(content: bytes, target: str | None) -> None:
    """Writes the answer to a file, or to stdout without one.

    Raises:
        JacchainError: it cannot be written (JC501).
        ReaderGoneError: the reader of the output went away.

    """
    if target is None or target == "-":
        _write_stdout(content)
    else:
        from pathlib import Path

        _write_file(content, Path(target))


def say(text: str) -> None:
    """Writes to stderr what can be written there."""
    stream = sys.stderr
    if stream is None:
        return
    with suppress(OSError, ValueError):
        stream.write(text.encode(stream.encoding or "ascii", "backslashreplace").decode(stream.encoding or "ascii"))
        stream.flush()


def _write_stdout(content: bytes) -> None:
    if sys.stdout is None:
        raise _failure("stdout", "it is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except (OSError, ValueError) as error:
        raise _failure("stdout", _reason(error)) from error


def _write_file(content: bytes, target: Path) -> None:
    """Replaces the file in one step, so that nobody ever sees half of it; a pipe or a device is written to directly."""
    try:
        if target.exists() and not target.is_file():
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            _write_through(content, target)
            return
        _replace(content, target.resolve())
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except (OSError, ValueError, RuntimeError) as error:  # a loop of links is a RuntimeError
        raise _failure(str(target), _reason(error)) from error


def _write_through(content: bytes, target: Path) -> None:
    """Writes to a pipe or a device; a pipe that nobody reads is not waited for."""
    try:
        handle = os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "no program reads from it") from error
        raise
    with os.fdopen(handle, "wb") as stream:
        os.set_blocking(handle, True)
        stream.write(content)


def _replace(content: bytes, target: Path) -> None:
    import tempfile
    from pathlib import Path

    handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_mode(target))
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those a new one gets here."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _failure(target: str, reason: str) -> JacchainError:
    return JacchainError(Problem("JC501", f"the output cannot be written to {target}: {reason.lower()}"))
