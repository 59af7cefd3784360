"""Bytes become text only as UTF-8, and nothing in it hides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.outcomes import outcome

from jacchain.errors import JacchainError
from jacchain.pipeline import text
from jacchain.pipeline.text import decode


def refused(data):
    with pytest.raises(JacchainError) as raised:
        decode(data, "f.yaml")
    (problem,) = raised.value.problems
    return problem


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp", "Cf"])))
def test_printable_text_is_decoded_with_or_without_a_mark(written):
    assert decode(written.encode(), "f").text == decode(b"\xef\xbb\xbf" + written.encode(), "f").text == written


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_other_unicode_encodings_are_named(encoding):
    problem = refused("name: Größe\n".encode(encoding))
    assert problem.code == "JC100"
    assert encoding[:6].upper() in problem.message


@given(st.binary(max_size=40))
def test_any_bytes_are_text_or_a_located_problem(data):
    source, problems = outcome(lambda: decode(data, "f.yaml"))
    assert source is None or source.text.encode() == data.removeprefix(b"\xef\xbb\xbf")
    assert all(problem.code in {"JC100", "JC101"} and problem.span.position >= (1, 1) for problem in problems)


def test_a_wrong_byte_is_found_behind_characters_of_several_bytes():
    problem = refused("a: é\nb: 🙂".encode() + b"\xff")
    assert problem.span.position == (2, 5)


@pytest.mark.parametrize(
    "character", ["\0", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u202e", "\u2066", "\ufeff", "\r"]
)
def test_characters_that_hide_or_turn_the_text_are_refused(character):
    problem = refused(f"a: 1\nb: {character}2\n".encode())
    assert problem.code == "JC101"
    assert problem.span.position == (2, 4)


def test_lines_may_end_with_crlf():
    assert decode(b"a: 1\r\nb: 2\r\n", "f").line(2) == "b: 2"


def test_large_files_are_refused_unread(monkeypatch):
    monkeypatch.setattr(text, "BYTES", 10)
    assert refused(b"\xff" * 11).code == "JC198"
