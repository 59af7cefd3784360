"""Who decides what the output looks like: option, JACCHAIN_ variable, what all programs heed, the terminal."""

import fcntl
import io
import os
import pty
import struct
import termios
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.errors import JacchainError
from jacchain.report.look import DIGITS, NARROWEST, PIPED_WIDTH
from jacchain.report.terminal import Wishes, resolve


class Stream(io.StringIO):
    """A stream that is a terminal or not, in some encoding."""

    def __init__(self, terminal=True, encoding="utf-8"):
        super().__init__()
        self.terminal, self.told = terminal, encoding

    encoding = property(lambda self: self.told)

    def isatty(self):
        return self.terminal


TERMINAL, PIPE = Stream(), Stream(terminal=False)


@pytest.mark.parametrize(
    ("wish", "environment", "stream", "colour"),
    [
        ("auto", {}, TERMINAL, True),
        ("auto", {}, PIPE, False),
        ("auto", {}, None, False),
        ("auto", {"TERM": "dumb"}, TERMINAL, False),
        ("auto", {"CLICOLOR": "0"}, TERMINAL, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, PIPE, True),
        ("auto", {"FORCE_COLOR": "1"}, PIPE, True),
        ("auto", {"FORCE_COLOR": "0"}, TERMINAL, False),
        ("auto", {"FORCE_COLOR": "0", "CLICOLOR_FORCE": "1"}, TERMINAL, False),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, PIPE, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, TERMINAL, False),
        ("auto", {"NO_COLOR": ""}, TERMINAL, True),
        ("auto", {"JACCHAIN_COLOR": "always", "NO_COLOR": "1"}, PIPE, True),
        ("auto", {"JACCHAIN_COLOR": "never", "FORCE_COLOR": "1"}, TERMINAL, False),
        ("auto", {"JACCHAIN_COLOR": "auto", "NO_COLOR": "1"}, TERMINAL, False),
        ("always", {"JACCHAIN_COLOR": "never", "NO_COLOR": "1"}, PIPE, True),
        ("never", {"JACCHAIN_COLOR": "always", "FORCE_COLOR": "1"}, TERMINAL, False),
    ],
)
def test_who_decides_about_colour(wish, environment, stream, colour):
    assert resolve(Wishes(color=wish), stream, environment).colour is colour


@pytest.mark.parametrize(
    ("wish", "environment", "stream", "ascii_only"),
    [
        (False, {}, TERMINAL, False),
        (True, {}, TERMINAL, True),
        (False, {}, None, False),
        (False, {}, Stream(encoding="ascii"), True),
        (False, {}, Stream(encoding="cp1252"), True),
        (False, {}, Stream(encoding="UTF8"), False),
        (False, {}, Stream(encoding=None), True),
        (False, {}, Stream(encoding="no such encoding"), True),
        (False, {"JACCHAIN_ASCII": "1"}, TERMINAL, True),
        (False, {"JACCHAIN_ASCII": "0"}, Stream(encoding="ascii"), False),
        (True, {"JACCHAIN_ASCII": "0"}, TERMINAL, True),
    ],
)
def test_who_decides_about_characters(wish, environment, stream, ascii_only):
    assert resolve(Wishes(ascii_only=wish), stream, environment).ascii_only is ascii_only


def test_output_that_is_no_terminal_is_not_cut_to_one():
    assert resolve(Wishes(), PIPE, {"COLUMNS": "70"}).width == PIPED_WIDTH
    assert resolve(Wishes(), None, {"COLUMNS": "70"}).width == PIPED_WIDTH


def test_width_is_that_of_the_terminal():
    leader, follower = pty.openpty()
    try:
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 77, 0, 0))
        with os.fdopen(follower, "w", encoding="utf-8") as stream:
            assert resolve(Wishes(), stream, {"COLUMNS": "50"}).width == 77
            assert resolve(Wishes(), stream, {"JACCHAIN_WIDTH": "66"}).width == 66
            assert resolve(Wishes(width=90), stream, {"JACCHAIN_WIDTH": "66"}).width == 90
    finally:
        os.close(leader)


def test_a_terminal_without_a_size_goes_by_the_variable():
    assert resolve(Wishes(), TERMINAL, {"COLUMNS": "77"}).width == 77
    assert resolve(Wishes(), TERMINAL, {"COLUMNS": "wide"}).width == PIPED_WIDTH
    assert resolve(Wishes(), TERMINAL, {"COLUMNS": "3"}).width == NARROWEST


def test_digits():
    assert resolve(Wishes(), PIPE, {}).digits == DIGITS
    assert resolve(Wishes(), PIPE, {"JACCHAIN_DIGITS": "7"}).digits == 7
    assert resolve(Wishes(digits=9), PIPE, {"JACCHAIN_DIGITS": "7"}).digits == 9


@pytest.mark.parametrize(
    "environment",
    [
        {"JACCHAIN_WIDTH": "wide"},
        {"JACCHAIN_WIDTH": "2"},
        {"JACCHAIN_DIGITS": "99"},
        {"JACCHAIN_COLOR": "red"},
        {"JACCHAIN_ASCII": "x"},
    ],
)
def test_a_variable_that_makes_no_sense_is_named(environment):
    with pytest.raises(JacchainError) as caught:
        resolve(Wishes(), PIPE, environment)
    (name, value), (problem,) = *environment.items(), caught.value.problems
    assert caught.value.exit_code == 2
    assert name in problem.message
    assert problem.span.source.text == value


@given(st.text(max_size=9))
def test_no_variable_of_others_stops_the_program(value):
    environment = dict.fromkeys(["COLUMNS", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM"], value)
    look = resolve(Wishes(), TERMINAL, environment)
    assert look.width >= NARROWEST


def test_a_closed_stream_is_no_terminal():
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        pass
    assert resolve(Wishes(), stream, {}).colour is False
