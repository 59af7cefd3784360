"""Bytes to text: UTF-8 and nothing else, of a bearable size, without characters that hide what a file says."""

from __future__ import annotations

import re

from jacchain.errors import JacchainError, Problem, Source, Span

BYTES = 32 << 20
"""Bytes that a pipeline file may have."""

_OTHER_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_PLAIN = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\r(?!\n)")


def decode(data: bytes, name: str) -> Source:
    """The text of a file.

    Raises JacchainError when it is too large (JC198), not UTF-8 (JC100), or holds control characters (JC101).
    """
    start = Span(Source(name, ""), 0, 0)
    if len(data) > BYTES:
        message = f"the file has {len(data):,} bytes; the limit is {BYTES:,}"
        raise JacchainError(Problem("JC198", message, start, help="large matrices belong into .npy or .csv files"))
    encoding = _other_encoding(data)
    if encoding:
        raise JacchainError(Problem("JC100", f"the file is encoded in {encoding}, not in UTF-8", start, help="save it as UTF-8"))
    try:
        source = Source(name, data.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _not_utf8(data.removeprefix(b"\xef\xbb\xbf"), name, error.start) from None
    if not _is_plain(data) and (found := _REFUSED.search(source.text)):
        raise _refused(Span(source, found.start(), found.end()), found.group())
    return source


def _is_plain(data: bytes) -> bool:
    """Whether bytes are ASCII without anything to refuse: a quick look, since large files are usually that."""
    return data.isascii() and not data.translate(None, _PLAIN) and data.count(b"\r") == data.count(b"\r\n")


def _other_encoding(data: bytes) -> str:
    """The name of another Unicode encoding that the first bytes give away, or nothing."""
    for mark, encoding in _OTHER_ENCODINGS:
        if data.startswith(mark):
            return encoding
    begin = data[:4]
    if len(begin) == 4 and begin.count(0) == 3:
        return "UTF-32"
    if len(begin) == 4 and (begin[0] == begin[2] == 0 or begin[1] == begin[3] == 0) and begin.count(0) == 2:
        return "UTF-16"
    return ""


def _not_utf8(data: bytes, name: str, offset: int) -> JacchainError:
    """The error for the byte at an offset, at the character where it stands."""
    source = Source(name, data.decode("utf-8", "replace"))
    place = len(data[:offset].decode("utf-8"))
    message = f"byte {offset + 1} (0x{data[offset]:02X}) is not UTF-8"
    return JacchainError(Problem("JC100", message, Span(source, place, place + 1), help="save the file as UTF-8"))


def _refused(span: Span, character: str) -> JacchainError:
    """The error for a character that hides what a file says."""
    if character == "\r":
        message, way_out = "a line ends with a lone carriage return", "end lines with LF, or with CRLF"
    else:
        message, way_out = f"the character U+{ord(character):04X} has no place in a pipeline file", "delete it"
    return JacchainError(Problem("JC101", message, span, help=way_out))
