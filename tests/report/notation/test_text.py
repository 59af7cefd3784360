"""What is printed is safe, measured rightly, and ASCII where only that can be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from jacchain.report.notation.text import base, cells, cleaned, component, shortened, to_ascii

ACTING = "\x1b\x00\x07\x08\r\n\t\x7f\x85\x9b\u200b\u200e\u202e\u2066\ufeff\u2028\ud800"


@given(st.text())
def test_cleaned_text_is_printable_and_as_long(text):
    assert len(cleaned(text)) == len(text)
    assert cleaned(text).isprintable()
    assert cleaned(cleaned(text)) == cleaned(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_what_shows_is_left_alone(text):
    assert cleaned(text) == text


@pytest.mark.parametrize("character", ACTING)
def test_no_character_that_acts_survives(character):
    assert character not in cleaned(f"a{character}b")


def test_control_characters_become_their_pictures():
    assert cleaned("a\x1b[31mb\nc\x7f\u202e\u00a0") == "a␛[31mb␊c␡� "


@given(st.text(), st.booleans())
def test_the_ascii_twin_is_printable_ascii(text, symbol):
    twin = to_ascii(cleaned(text), symbol=symbol)
    assert twin.isascii()
    assert twin == "" or twin.isprintable()


@pytest.mark.parametrize(
    ("text", "twin"),
    [
        ("x₁₂", "x[12]"),
        ("θ", "theta"),
        ("R² → R", "R^2 -> R"),
        ("x⁻³", "x^-3"),
        ("é", "e"),
        ("日", "??"),
        ("columns 6–19", "columns 6-19"),
    ],
)
def test_twins(text, twin):
    assert to_ascii(text) == twin


@pytest.mark.parametrize(("text", "twin"), [("J₂ᵀ", "J2T"), ("∂net₁/∂x", "dnet1/dx"), ("∇E", "grad E"), ("·", "*")])
def test_twins_of_symbols(text, twin):
    assert to_ascii(text, symbol=True) == twin


@given(st.text(st.characters(categories=["L", "Nd", "P", "Mn", "Sm"], max_codepoint=0xFFFF)))
def test_cells_are_those_of_a_terminal(text):
    """rich's table is another source; the two may differ on letters that no terminal agrees on."""
    agreed = "".join(character for character in text if cell_len(character) == cells(character))
    assert cells(agreed) == sum(cell_len(character) for character in agreed)
    assert cells("ab日本e\u0301") == 2 + 4 + 1


@given(st.text(), st.integers(0, 20))
def test_shortened_text_fits(text, width):
    text = cleaned(text)
    short = shortened(text, width)
    assert cells(short) <= width
    assert short in {text, ""} or (short.endswith("…") and text.startswith(short[:-1]))


def test_components_are_read_with_subscripts():
    assert component("f[12]") == "f₁₂"
    assert base("f[12]") == "f"
    assert component("f") == base("f") == "f"
    assert component("[1]") == "[1]"
