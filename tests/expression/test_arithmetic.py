"""The arithmetic on arrays, where it is more than a name for numpy's."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from strategies.exact import exactly

from jacchain.expression.arithmetic import Arithmetic

TYPES = [float, np.longdouble]
finite = st.floats(-1e50, 1e50)
vectors = arrays.arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 6)), elements=finite)


def spacing(x):
    return np.spacing(np.abs(x))


@pytest.mark.parametrize("dtype", TYPES)
def test_the_circle_constant_has_all_digits_of_its_type(dtype):
    with mpmath.workdps(40):
        assert abs(exactly(Arithmetic(dtype).pi) - mpmath.pi) <= exactly(spacing(dtype(3)))


@pytest.mark.parametrize(
    ("x", "y", "value"), [(2, 0.5, 2**0.5), (0, 2, 0), (0, 0, np.nan), (0, -1, np.nan), (-8, 1 / 3, np.nan), (-2, 3, np.nan)]
)
def test_a_power_is_defined_where_a_neighbourhood_can_be_raised(x, y, value):
    with np.errstate(all="ignore"):
        found = Arithmetic().power(np.array([[float(x)]]), np.array([[float(y)]]))
    assert np.array_equal(found, [[value]], equal_nan=True)


def test_whole_powers_take_any_sign():
    assert Arithmetic().raw_power(np.array([[-2.0]]), np.array([[3.0]]))[0, 0] == -8


@given(vectors)
def test_the_length_of_a_vector_neither_overflows_nor_vanishes(x):
    o = Arithmetic()
    for scale in (1e150, 1e-150):
        scaled = x / (np.abs(x).max(-1, keepdims=True) + (x == 0).all(-1, keepdims=True)) * scale
        found = o.norm(scaled)[:, 0]
        with mpmath.workdps(40):
            for own, row in zip(found, scaled, strict=True):
                exact = mpmath.sqrt(sum(exactly(number) ** 2 for number in row))
                assert abs(exactly(own) - exact) <= 4 * exactly(spacing(own))


@given(vectors)
def test_sums_and_products_of_all_others_are_those(x):
    o = Arithmetic()
    with np.errstate(all="ignore"):
        sums, products = o.off_sum(x), o.off_product(x)
    n = x.shape[-1]
    last = 4 * n * exactly(np.finfo(float).eps)
    with mpmath.workdps(60):
        for row, own_sums, own_products in zip(x, sums, products, strict=True):
            numbers = list(map(exactly, row))
            for i in range(n):
                others = numbers[:i] + numbers[i + 1 :]
                size, product = sum(map(abs, others)), mpmath.fprod(others)
                assert abs(exactly(own_sums[i]) - sum(others)) <= last * size
                if all(abs(part) > 1e-40 for part in others):
                    assert abs(exactly(own_products[i]) - product) <= last * abs(product)


@given(arrays.arrays(float, (2, 4), elements=finite))
def test_rows_of_a_batch_do_not_meet(x):
    o = Arithmetic()
    spoiled = x.copy()
    spoiled[1] = np.nan
    with np.errstate(all="ignore"):
        for function in (o.total, o.product, o.peak, o.least, o.hits, o.centred, o.norm, o.off_sum, o.off_product):
            assert np.array_equal(function(x)[0], function(spoiled)[0], equal_nan=True), function
            assert np.array_equal(function(x)[0], function(x[:1])[0], equal_nan=True), function


@pytest.mark.parametrize("rate", [1, 0.5])
def test_the_bell_keeps_its_digits_far_out(rate):
    x = np.array([[0.1, 3.3, 9.87654321, 20.123456789, 26.5, -25.99999]])
    with mpmath.workdps(60):
        for own, number in zip(Arithmetic().gauss(x, rate)[0], x[0], strict=True):
            exact = mpmath.exp(-exactly(rate) * exactly(number) ** 2)
            assert abs(exactly(own) - exact) <= 4 * exactly(spacing(own))


def test_the_bell_is_zero_at_the_ends_of_the_line():
    with np.errstate(all="ignore"):
        assert Arithmetic().gauss(np.array([[1e200, -1e308, 1e5]]), 1).tolist() == [[0, 0, 0]]


def test_erf_corrects_for_what_a_double_leaves_out():
    """In longer floats the slope is that of the longer argument, so that differences of erf are not steps."""
    if np.finfo(np.longdouble).nmant <= np.finfo(float).nmant:
        pytest.skip("no longer floats here")
    o = Arithmetic(np.longdouble)
    x = np.array([[np.longdouble(3)]])
    h = np.longdouble(2) ** -56
    assert float(x[0, 0] + h) == 3.0
    slope = (o.erfc(x + h) - o.erfc(x - h)) / (2 * h)
    assert float(slope[0, 0]) == pytest.approx(-2 / np.sqrt(np.pi) * np.exp(-9), rel=1e-2)


def test_the_largest_component_of_complex_numbers_is_that_of_the_largest_real_part():
    x = np.array([[1 + 5j, 2 - 1e-20j, 0 + 9j]])
    o = Arithmetic(complex)
    assert o.peak(x).tolist() == [[2 - 1e-20j]]
    assert o.least(x).tolist() == [[0 + 9j]]
    assert o.hits(x).tolist() == [[0, 1, 0]]


def test_matrices_are_put_together_of_diagonals_and_products():
    o = Arithmetic()
    x, y = np.array([[1.0, 2.0]]), np.array([[3.0, 5.0]])
    assert o.outer(x, y).tolist() == [[[3, 5], [6, 10]]]
    assert o.full(x, o.outer(x, y)).tolist() == [[[1, 5], [6, 2]]]
    assert o.columns(x).tolist() == [[[1, 2], [1, 2]]]
