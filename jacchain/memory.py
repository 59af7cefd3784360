"""The one place that decides what fits into memory: every room asks here before it takes much of it.

What is asked for is an estimate from sizes alone, on the safe side; what the interpreter and its libraries need comes on top.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from jacchain.errors import Fragment, JacchainError, Problem, Span

DEFAULT = 384 << 20
"""Bytes that the numbers and the texts of one answer may take, unless the user says otherwise."""

_SIZE = re.compile(r"([1-9][0-9]{0,11})([KMGT]?)i?B?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}

_room: ContextVar[int] = ContextVar("room", default=DEFAULT)


def read_size(text: Fragment) -> int:
    """The bytes that a size such as ``512M`` or ``2G`` means.  Raises JacchainError (JC010) when it is none."""
    found = _SIZE.fullmatch(text.text.strip())
    if found is None:
        raise JacchainError(Problem("JC010", "this is not a size of memory", text.span(), help="write --max-memory 512M, or 2G"))
    return int(found[1]) << _UNITS[found[2].upper()]


@contextmanager
def allowing(size: int) -> Iterator[None]:
    """Lets the block take so many bytes."""
    token = _room.set(size)
    try:
        yield
    finally:
        _room.reset(token)


def room() -> int:
    """Bytes that may be taken."""
    return _room.get()


def claim(size: int, what: str, span: Span | None = None, way_out: str = "make it smaller") -> None:
    """Raises JacchainError (JC451) when something that takes so many bytes does not fit."""
    if size > room():
        message = f"{what} would take about {_mebibytes(size)}; the limit is {_mebibytes(room())}"
        raise JacchainError(Problem("JC451", message, span, help=f"{way_out}, or allow more: --max-memory {_suggested(size)}"))


def _mebibytes(size: int) -> str:
    """A number of bytes in words, rounded up."""
    return f"{-(-size >> 20):,} MiB"


def _suggested(size: int) -> str:
    """A round number of bytes that would do."""
    return f"{-(-size >> 20)}M" if size < 1 << 30 else f"{-(-size >> 30)}G"
