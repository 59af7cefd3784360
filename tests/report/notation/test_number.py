"""A number that is shown says how far it can be trusted: exact and short, or rounded and padded."""

import re
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies.reports import numbers

from jacchain.report.notation.number import MARK, ROUNDED, UNCERTAIN, UNKNOWN, bar_text, bound_text, number_text, scaled_text

digits = st.integers(1, 17)
SHAPE = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?")


def unit(text):
    """The value of one unit of the last digit that is shown."""
    return Fraction(10) ** Decimal(text).as_tuple().exponent


def significant(text):
    return len(text.partition("e")[0].lstrip("-0.").replace(".", ""))


@given(numbers, digits)
def test_what_is_shown_is_within_half_a_unit_of_its_last_digit(value, digits):
    text = number_text(value, digits)
    assert SHAPE.fullmatch(text)
    assert abs(Fraction(text) - Fraction(value)) <= unit(text) / 2


@given(numbers, digits)
def test_exact_numbers_are_short_and_rounded_ones_padded(value, digits):
    text = number_text(value, digits)
    mantissa = text.partition("e")[0]
    if float(text) == value:
        assert "." not in mantissa or not mantissa.endswith("0")
    else:
        assert "." in text
        assert significant(text) == digits or (significant(text) > digits and re.search(r"\.[0-9](e|$)", text))


@given(numbers, digits)
def test_notation_is_fixed_in_the_middle_only(value, digits):
    assume(value != 0)
    assert ("e" not in number_text(value, digits)) == (1e-3 <= abs(value) < 1e5)


@given(numbers)
def test_seventeen_digits_are_the_number(value):
    assert float(number_text(value, 17)) == value


@given(numbers, digits, st.floats(1e-300, 1e300))
def test_no_digit_beyond_the_error_bar_is_shown(value, digits, bar):
    text = number_text(value, digits, bar).removesuffix(MARK)
    if bar >= abs(value):
        assert text == UNCERTAIN
    else:
        assert significant(text) == 1 or unit(text) >= Fraction(bar) * Fraction(199, 100) or float(text) == value


@given(numbers, digits, st.sampled_from([ROUNDED, UNKNOWN]))
def test_what_was_rounded_keeps_its_zeros(value, digits, bar):
    assume(abs(value) > ROUNDED)
    text = number_text(value, digits, bar)
    assert "." in text
    assert significant(text) >= digits
    assert abs(Fraction(text) - Fraction(value)) <= unit(text) / 2


def test_a_zero_is_exact_or_uncertain():
    assert [number_text(0.0, 4, bar) for bar in (0.0, UNKNOWN, ROUNDED)] == ["0", "0", "~0"]


@given(numbers, digits, st.floats(-17, 1).map(lambda power: 10.0**power))
def test_a_number_cut_for_its_error_bar_is_marked(value, digits, share):
    bar = share * abs(value)
    assume(value != 0 and 0 < bar < abs(value))
    text = number_text(value, digits, bar)
    if not text.endswith(MARK):
        assert "e" in text or text == number_text(value, digits, ROUNDED)
        assert Fraction(bar) <= unit(f"{abs(value):.{digits - 1}e}") / 2
    elif digits > 1:
        assert Fraction(bar) > unit(f"{abs(value):.{digits - 1}e}") / 22


@given(st.floats(1e-300, 1e300))
def test_a_bound_has_three_digits_and_is_no_larger(value):
    text = bound_text(value)
    assert len(text.partition("e")[0].replace(".", "").lstrip("0")) == 3
    assert 0 <= Fraction(value) - Fraction(text) < Fraction(value) / 100


@pytest.mark.parametrize(
    ("value", "bar", "text"),
    [
        (0.7361, 0.3, "0.7~"),
        (7e35, 3e35, "7e+35~"),
        (-1 / 3, 0.004, "-0.33~"),
        (4.0, 0.004, "4.00~"),
        (1.0, 1e-17, "1.000"),
        (1e20, 1.0, "1.000e+20"),
        (0.0, 1e-30, "~0"),
        (5e-324, 5e-324, "~0"),
        (1234.5, 0.06, "1234~"),
    ],
)
def test_examples_of_marks(value, bar, text):
    assert number_text(value, 4, bar) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.25, "0.25"),
        (0.25000001, "0.2500"),
        (0.1, "0.1"),
        (-0.0381, "-0.0381"),
        (0.0, "0"),
        (-0.0, "0"),
        (12345.678, "12345.7"),
        (12345.0, "12345"),
        (99999.96, "100000.0"),
        (1e5, "1e+5"),
        (0.001, "0.001"),
        (0.00099996, "1.000e-3"),
        (1.2345e-7, "1.235e-7"),
        (1e-73, "1e-73"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (9.9999, "10.00"),
        (1000.4, "1000.4"),
        (999.96, "1000.0"),
    ],
)
def test_examples(value, text):
    assert number_text(value, 4) == text


@given(st.floats(-2, 2), st.integers(-5000, 5000), digits)
def test_scaled_numbers_are_shown_as_what_they_are(value, exponent, digits):
    assume(value != 0)
    text = scaled_text(value, exponent, digits)
    with localcontext(prec=60, Emax=10**6, Emin=-(10**6)):
        true = Decimal(value) * Decimal(2) ** exponent
        last = Decimal(1).scaleb(Decimal(text).as_tuple().exponent)
        assert abs(Decimal(text) - true) <= last / 2 * Decimal("1.0000000001")


def test_a_number_beyond_all_doubles():
    assert scaled_text(1.5, 1500) == "5.261e+451"
    assert scaled_text(1.5, 0) == "1.5"
    assert scaled_text(0.0, 1500) == "0"
    assert scaled_text(3.0, -1) == "1.5"


@given(st.floats(1e-300, 1e300))
def test_a_bar_is_shown_as_no_less_than_it_is_and_no_more_than_a_tenth_above(bar):
    assert Fraction(bar) <= Fraction(bar_text(bar)) <= Fraction(bar) * Fraction(11, 10)
