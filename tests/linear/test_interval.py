from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jacchain.linear.interval import Interval, Real, choose, hull, matrix_product, to_doubles, total

doubles = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, -1.0, 1e-300, -1e300, 0.1, 3.0])
small = st.floats(-8, 8)


@st.composite
def boxes(draw):
    """An interval and a number in it."""
    a, b = sorted((draw(doubles), draw(doubles)))
    inside = min(max(a + draw(st.floats(0, 1)) * (b - a), a), b)
    return Interval.point(inside) if draw(st.booleans()) else Interval(a, b), inside


def exact(number):
    """A long double as a fraction."""
    if np.isinf(number):
        return Fraction(10) ** 6000 * (1 if number > 0 else -1)
    return Fraction(*Real(number).as_integer_ratio())


def holds(interval, number):
    return exact(interval.lower[()]) <= number <= exact(interval.upper[()])


@given(boxes(), boxes())
def test_operations_hold_the_exact_results(a, b):
    (x, p), (y, q) = a, b
    p, q = Fraction(p), Fraction(q)
    assert holds(x + y, p + q)
    assert holds(x - y, p - q)
    assert holds(x * y, p * q)
    if q:
        assert holds(x / y, p / q)


@given(doubles, doubles)
def test_results_of_points_are_as_narrow_as_long_doubles_allow(a, b):
    x, y = Interval.point(a), Interval.point(b)
    for result in (x + y, x * y):
        assert result.upper - result.lower <= 4 * np.finfo(Real).eps * result.magnitude + 1e-4900


@given(st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_sums_without_rounding_stay_points(a, b):
    result = Interval.point(a / 8) + b / 4
    assert result.lower == result.upper == a / 8 + b / 4


@given(boxes())
def test_zero_times_anything_is_zero(a):
    product = Interval.point(0.0) * a[0] * Interval(-np.inf, np.inf)
    assert product.exact_zero


@given(boxes(), boxes())
def test_comparisons_are_certain_only_when_every_pair_agrees(a, b):
    (x, p), (y, q) = a, b
    for condition, holds_here in (
        (x < y, p < q),
        (x <= y, p <= q),
        (x > y, p > q),
        (x >= y, p >= q),
        (x == y, p == q),
        (x != y, p != q),
    ):
        assert not condition.always or holds_here
        assert condition.ever or not holds_here
        assert (~condition).always == (not condition.ever)


@given(boxes(), boxes())
def test_a_choice_that_is_open_keeps_both(a, b):
    (x, p), (y, q) = a, b
    chosen = choose(x < y, x, y)
    assert holds(chosen, Fraction(min(p, q)))
    assert holds(hull(x, y), Fraction(p))


def test_dividing_by_what_may_be_zero_tells_nothing():
    quotient = Interval.point(1.0) / Interval(-1.0, 1.0)
    assert (quotient.lower, quotient.upper) == (-np.inf, np.inf)


@given(arrays(float, 7, elements=st.floats(-1e10, 1e10)))
def test_sums_hold_the_exact_sum(numbers):
    found = total(Interval.point(numbers))
    assert holds(found[0], sum(map(Fraction, numbers.tolist())))


@given(arrays(float, (3, 4), elements=small), arrays(float, (4, 2), elements=small), st.sampled_from([0.0, 0.125, 1e-12]))
def test_matrix_products_hold_the_exact_ones_of_every_member(a, b, radius):
    found = matrix_product(Interval(a - radius, a + radius), Interval(b - radius, b + radius))
    for signs in (-1, 1):
        left = [[Fraction(x + signs * radius) for x in row] for row in a.tolist()]
        right = [[Fraction(x - signs * radius) for x in row] for row in b.tolist()]
        assume(np.array_equal((a + radius) - radius, a))
        for i in range(3):
            for j in range(2):
                assert holds(found[i, j], sum(left[i][t] * right[t][j] for t in range(4)))


def test_a_product_too_large_for_long_doubles_is_bounded_in_doubles():
    random = np.random.default_rng(1)
    a, b = random.normal(size=(70, 70)), random.normal(size=(70, 70))
    found = matrix_product(Interval.point(a), Interval.point(b))
    reference = a.astype(Real) @ b.astype(Real)
    assert ((found.lower <= reference) & (reference <= found.upper)).all()
    assert (found.upper - found.lower).max() < 1e-10


def test_what_is_unknown_spreads_only_where_it_is_used():
    a = Interval([[0.0, 1.0], [2.0, 0.0]], [[0.0, 1.0], [2.0, 0.0]])
    b = Interval([[1.0], [-np.inf]], [[1.0], [np.inf]])
    product = matrix_product(a, b)
    assert not product.known[0, 0]
    assert product.known[1, 0]


@given(doubles, st.floats(0, 1))
def test_doubles_are_rounded_outwards(middle, radius):
    third = Interval(Real(middle) / 3 - radius, Real(middle) / 3 + radius)
    found = to_doubles(third)
    assert found.lower <= third.lower
    assert third.upper <= found.upper


@pytest.mark.skipif(np.finfo(Real).maxexp == 1024, reason="long doubles reach no further than doubles here")
def test_numbers_beyond_doubles_come_with_a_power_of_two():
    huge = Interval.point(1e300) * 1e200
    found = to_doubles(huge)
    assert found.exponent > 0
    assert Fraction(float(found.lower)) <= Fraction(1e300) * Fraction(1e200) / 2**found.exponent <= Fraction(float(found.upper))
