import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jacchain.chain.spectrum import running_products, spectra, spectrum
from jacchain.linear.map import LinearMap

entries = st.floats(-8, 8).map(lambda value: round(value, 3))


@given(arrays(float, (3, 4), elements=entries))
def test_squares_of_the_singular_values_sum_to_the_squares_of_the_entries(matrix):
    found = spectrum(LinearMap.full(matrix))
    assert (found.singular_values**2).sum() == pytest.approx((matrix**2).sum(), abs=1e-12)
    assert list(found.singular_values) == sorted(found.singular_values, reverse=True)


@given(arrays(float, 4, elements=entries))
def test_a_diagonal_has_the_spectrum_of_its_dense_twin(diagonal):
    lean = spectrum(LinearMap.diagonal(diagonal[None])).singular_values
    assert lean == pytest.approx(spectrum(LinearMap.full(np.diag(diagonal))).singular_values, abs=1e-12)


def test_golden_ratio_matrix():
    found = spectrum(LinearMap.full(np.array([[1.0, 1.0], [1.0, 0.0]])))
    golden = (1 + math.sqrt(5)) / 2
    assert found.singular_values == pytest.approx([golden, golden - 1])
    assert found.condition == pytest.approx(golden**2)


def test_a_singular_matrix_is_told_from_a_badly_conditioned_one():
    assert spectrum(LinearMap.full(np.array([[1.0, 2.0], [2.0, 4.0]]))).rank == 1
    assert spectrum(LinearMap.full(np.array([[1.0, 0.0], [0.0, 1e-9]]))).rank == 2


def test_zero_has_norm_zero_and_no_finite_condition():
    found = spectrum(LinearMap.zero(2, 3))
    assert (found.norm, found.rank, found.condition) == (0.0, 0, math.inf)


def test_entries_near_the_largest_double_do_not_overflow():
    assert spectrum(LinearMap.full(np.full((2, 2), 8e307))).norm == pytest.approx(1.6e308)


def test_running_products_grow_from_the_first_stage():
    first, second = LinearMap.full(np.array([[2.0, 1.0]])), LinearMap.full(np.array([[3.0], [5.0]]))
    products = [product.dense[0].tolist() for product in running_products([first, second])]
    assert products == [[[2.0, 1.0]], [[6.0, 3.0], [10.0, 5.0]]]


def test_the_smallest_singular_value_of_a_singular_matrix_is_noise():
    found = spectrum(LinearMap.full(np.array([[0.1, 0.7], [0.3, 2.1]])))
    assert found.singular_values[-1] <= found.noise
    assert found.condition == math.inf
    assert found.least_condition > 1e14


@given(arrays(float, (3, 3), elements=entries), arrays(float, (3, 2), elements=entries), arrays(float, (3,), elements=entries))
def test_a_product_through_a_narrow_place_is_singular(wide, narrow, row):
    """The rank of a product is at most that of any factor: here one, however badly it is rounded."""
    first = LinearMap.full(np.outer(row, narrow[:, 0])[:, :3])
    found = spectra([first, LinearMap.full(wide)])[-1].running
    assert found.rank <= 1
    assert found.condition == math.inf


def test_a_contracting_chain_is_not_taken_for_singular():
    steps = [LinearMap.full(0.5 * np.array([[0.8, -0.6], [0.6, 0.8]]))] * 50
    assert spectra(steps)[-1].running.condition == pytest.approx(1)
