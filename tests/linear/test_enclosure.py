import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jacchain.linear.enclosure import Enclosure

doubles = st.floats(-1e300, 1e300)


def enclose(lower, upper):
    return Enclosure(np.array([lower]), np.array([upper]))


@given(doubles, doubles, st.floats(0, 1))
def test_every_number_between_the_bounds_is_within_the_radius_of_the_middle(a, b, share):
    found = enclose(min(a, b), max(a, b))
    number = min(max(min(a, b) + share * (max(a, b) - min(a, b)), min(a, b)), max(a, b))
    assert found.contains(np.array([number]))
    assert abs(number - found.middle[0]) <= found.radius[0]


@given(doubles, doubles)
def test_certain_digits_agree_at_both_ends(a, b):
    lower, upper = min(a, b), max(a, b)
    digits = enclose(lower, upper).digits[0]
    if 0 < digits < math.inf:
        assert upper - lower <= 1.0001 * 10.0**-digits * min(abs(lower), abs(upper))
        assert (lower > 0) == (upper > 0)


def test_digits_of_the_extremes():
    assert enclose(-1e-300, 1.0).digits[0] == 0
    assert enclose(1.0, math.inf).digits[0] == 0
    assert enclose(0.1, 0.1).digits[0] == math.inf
    assert enclose(0.9999, 1.0001).digits[0] == 3


@given(doubles, doubles, st.floats(0, 1))
def test_a_number_is_off_by_no_more_than_its_error_bar(a, b, share):
    lower, upper = min(a, b), max(a, b)
    exact = min(max(lower + share * (upper - lower), lower), upper)
    assert abs(exact - a) <= enclose(lower, upper).error_bar(np.array([a]))[0]
