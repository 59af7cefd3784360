"""Which texts are numbers: a subset of YAML 1.2 core, and what is said about those that only look like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.errors import Fragment
from jacchain.pipeline.document import Scalar
from jacchain.pipeline.numbers import JSON_NUMBER, NUMBER, kind_of, trap, word_trap

NUMBERS = ["0", "-1", "+12", "1.5", "5.", ".5", "-.5", "1e-3", "1E+3", "1.5e3", "0.0", "0e0"]
TRAPS = {
    "010": "write 10",
    "-007": "write -7",
    "00": "write 0",
    "01.5": "write 1.5",
    "00.5": "write 0.5",
    "0x10": "write 16",
    "0o17": "write 15",
    "0b101": "write 5",
    "0X1F": "write 31",
    "1_000": "write 1000",
    "1:30": "write it with a decimal point, or divide",
    ".inf": "write a finite number",
    "-.Inf": "write a finite number",
    ".NaN": "write a finite number",
    "2024-01-01": "write a number",
}


def plain(text):
    return Scalar(Fragment.whole(text, "f.yaml"), kind_of(text), plain=True)


@pytest.mark.parametrize("text", NUMBERS)
def test_decimal_numbers_are_numbers(text):
    assert kind_of(text) == "number"
    assert trap(plain(text)) is None


@pytest.mark.parametrize("text", TRAPS)
def test_what_readers_of_yaml_disagree_about_is_a_trap_with_the_way_out(text):
    assert kind_of(text) == "text"
    problem = trap(plain(text))
    assert problem.help == TRAPS[text]
    assert trap(Scalar(Fragment.whole(text, "f.json"), "text", plain=False)).help == TRAPS[text]


@pytest.mark.parametrize(
    ("text", "way_out"), [("yes", "write 1"), ("Off", "write 0"), ("TRUE", "write 1"), ("nan", "write a finite number")]
)
def test_words_that_are_values_elsewhere_are_traps_where_no_name_is_meant(text, way_out):
    assert trap(plain(text)) is None
    assert word_trap(plain(text)).help == way_out


@pytest.mark.parametrize(
    "text", ["x", "x*y", "1e", "e3", "1+1", "--1", "1 2", "٣", "١٢", "on_off", "-x", "truth", "Null2", "nULL"]
)
def test_expressions_are_texts_and_no_traps(text):
    assert kind_of(text) == "text"
    assert trap(plain(text)) is word_trap(plain(text)) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_double_as_python_writes_it_is_a_number(value):
    assert kind_of(repr(value)) == "number"
    assert JSON_NUMBER.fullmatch(repr(value))


@given(st.text("0123456789.eE+-_xob:", max_size=8))
def test_what_is_taken_for_a_number_is_one_to_python_and_unambiguous(text):
    if NUMBER.fullmatch(text):
        assert isinstance(float(text), float)
        assert not text.lstrip("+-").startswith(("00", "01", "02", "03", "04", "05", "06", "07", "08", "09"))
    if JSON_NUMBER.fullmatch(text):
        assert NUMBER.fullmatch(text)
