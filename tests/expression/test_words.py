"""Texts fall into words, and whatever is no word is named with what to write instead."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.errors import Fragment, JacchainError
from jacchain.expression.words import (
    LITERAL_LENGTH,
    NAME_LENGTH,
    TEXT_LENGTH,
    TOKENS,
    begins_name,
    canonical,
    kind,
    name_end,
    tokens,
    words,
)


def fragment(text):
    return Fragment.whole(text, "f")


def problem(text):
    with pytest.raises(JacchainError) as caught:
        words(fragment(text))
    (found,) = caught.value.problems
    return found


def test_words_are_what_is_written_and_where():
    found, starts = words(fragment("a*1.5e-3 <= θ₁**2"))
    assert found == ["a", "*", "1.5e-3", "<=", "θ₁", "**", "2", ""]
    assert starts == [0, 1, 2, 9, 12, 14, 16, 17]


@pytest.mark.parametrize("number", ["1", "0", "1.", ".5", "1.5", "1e3", "1E-3", "2.5e+07", "007.5"])
def test_numbers_are_one_word(number):
    assert [token.kind for token in tokens(fragment(number))] == ["number", "end"]


@pytest.mark.parametrize(
    ("text", "pieces"), [("1e", ["1", "e"]), ("1.2.3", ["1.2", ".3"]), ("2x", ["2", "x"]), ("1_000", ["1", "_000"])]
)
def test_what_only_looks_like_a_number_falls_apart(text, pieces):
    assert words(fragment(text))[0][:-1] == pieces


@pytest.mark.parametrize("name", ["x", "θ", "_a", "x₁", "a_b2", "é", "e\u0301", "ñandú", "Ω", "变量", "E"])
def test_names_are_letters_of_any_script(name):
    assert [token.kind for token in tokens(fragment(name))] == ["name", "end"]


def test_names_are_compared_by_their_composed_form():
    assert canonical("e\u0301") == canonical("\u00e9") == "\u00e9"
    assert tokens(fragment("e\u0301"))[0].text == "\u00e9"


@pytest.mark.parametrize(("one", "other"), [("a", "\u0430"), ("A", "\u0391"), ("K", "\u212a"), ("ﬁ", "fi")])
def test_look_alikes_stay_different(one, other):
    assert unicodedata.normalize("NFC", one) == one
    assert canonical(one) != other


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\x1b", "\x85", "\x9b", "\u00a0", "\u200b", "\u200d", "\u200e", "\u202e", "\u2066", "\u2028", "\ufeff"],
)
@pytest.mark.parametrize("text", ["{}x", "x{}", "x +{} y", "x{}y"])
def test_what_cannot_be_seen_is_refused_by_its_number(character, text):
    found = problem(text.format(character))
    assert found.code == "JC151"
    assert f"U+{ord(character):04X}" in found.message
    assert character not in found.message
    assert found.span.start == text.index("{")


@pytest.mark.parametrize("filler", ["\u115f", "\u1160", "\u3164", "\uffa0", "\ufe0f", "\u034f", "\u180e", "\U000e0101"])
def test_letters_that_show_nothing_make_no_name(filler):
    assert not begins_name(filler)
    assert problem(f"x{filler}").code == "JC151"


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ("x − y", "`-`"),
        ("x – y", "`-`"),
        ("x × y", "`*`"),
        ("x · y", "`*`"),
        ("x ÷ y", "`/`"),
        ("x²", "`^2`"),
        ("x³", "`^3`"),
        ("√x", "sqrt"),
        ("x ≤ y", "`<=`"),
        ("x ≠ y", "`!=`"),
        ("x ∧ y", "`and`"),
        ("x = 1", "assigns nothing"),
        ("x & y", "`and`"),
        ("|x|", "abs(x)"),
        ("!x", "`not`"),
        ("x % 2", "mod(x, y)"),
        ("30°", "radians"),
        ("W'", "transpose(W)"),
        ("{x}", "( )"),
        ("x; y", "one expression"),
        ("x.y", "no parts"),
        ("$x$", "without `$`"),
        ("\\alpha", "plain names"),
        ("x ? 1 : 2", "where(condition, a, b)"),
        ('"x"', "no text"),
        ("٣ + x", "write the digit as 3"),
        ("３*x", "write the digit as 3"),
        ("x ＋ y", "write it as `+`"),
        ("（x）", "write it as `(`"),
        ("∞", "finite"),
        ("‖v‖", "norm(v)"),
    ],
)
def test_signs_from_elsewhere_are_answered_with_ours(text, way_out):
    found = problem(text)
    assert found.code == "JC151"
    assert way_out in found.help


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("x" * (TEXT_LENGTH + 1), f"{TEXT_LENGTH:,}"),
        ("+x" * (TOKENS // 2 + 1), f"{TOKENS:,}"),
        ("y + " + "x" * (NAME_LENGTH + 1), str(NAME_LENGTH)),
        ("θ" * (NAME_LENGTH + 1), str(NAME_LENGTH)),
        ("y + " + "1" * (LITERAL_LENGTH + 1), str(LITERAL_LENGTH)),
    ],
)
def test_every_limit_is_named(text, limit):
    found = problem(text)
    assert found.code == "JC198"
    assert limit in found.message


@pytest.mark.parametrize("text", ["x" * NAME_LENGTH, "1" * LITERAL_LENGTH, "+x" * (TOKENS // 2), " " * TEXT_LENGTH])
def test_up_to_a_limit_everything_is_fine(text):
    assert words(fragment(text))[0][-1] == ""


@given(st.text())
def test_any_text_falls_into_its_words_or_is_answered(text):
    try:
        found, starts = words(fragment(text))
    except JacchainError as error:
        for found in error.problems:
            assert found.code in {"JC151", "JC198"}
            assert 0 <= found.span.start <= len(text)
        return
    for word, start in zip(found, starts, strict=True):
        assert text[start : start + len(word)] == word
    assert "".join(found) == "".join(text.split())
    assert all(kind(word) in {"number", "name", "sign"} for word in found[:-1])


@given(st.text(max_size=8))
def test_a_name_ends_where_its_letters_do(text):
    end = name_end(text, 0)
    assert 0 <= end <= len(text)
    if end:
        assert begins_name(text[0])
