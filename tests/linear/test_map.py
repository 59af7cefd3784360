"""Linear maps against dense matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.linear import maps, sizes

from jacchain.linear.map import LinearMap, Scaled, add, spread, stack
from jacchain.linear.pattern import Pattern


@st.composite
def any_map(draw):
    return draw(maps(draw(sizes), draw(sizes), draw(st.integers(1, 3))))


@given(any_map())
def test_values_and_dense_entries_say_the_same(linear):
    boolean = linear.pattern.boolean()
    assert linear.dense.shape == (linear.batch, *linear.shape)
    assert (linear.dense[:, ~boolean] == 0).all()
    assert (linear.dense[:, boolean] == linear.values).all()


@given(any_map())
def test_the_transpose_is_the_transpose(linear):
    assert (linear.T.dense == linear.dense.transpose(0, 2, 1)).all()
    assert (linear.T.T.values == linear.values).all()


@given(any_map(), st.data())
def test_rows_are_taken_in_the_order_asked_for(linear, data):
    rows = np.array(data.draw(st.lists(st.integers(0, linear.shape[0] - 1), min_size=1, max_size=8)))
    assert (linear.take(rows).dense == linear.dense[:, rows]).all()


@given(any_map(), st.data())
def test_a_window_shows_the_numbers_of_rows_and_columns_and_which_may_be_nonzero(linear, data):
    rows, columns = (sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1))) for size in linear.shape)
    values, present = linear.window(rows, columns)
    assert (values == linear.dense[0][np.ix_(rows, columns)]).all()
    assert (present == linear.pattern.boolean()[np.ix_(rows, columns)]).all()


@given(any_map(), st.data())
def test_rows_are_placed_among_zeros(linear, data):
    m = linear.shape[0] + data.draw(st.integers(0, 3))
    rows = np.array(sorted(data.draw(st.permutations(range(m)))[: linear.shape[0]]))
    expected = np.zeros((linear.batch, m, linear.shape[1]))
    expected[:, rows] = linear.dense
    assert (linear.placed(rows, m).dense == expected).all()


@given(st.data(), sizes, sizes, st.integers(1, 3))
def test_sums_and_stacks(data, m, n, batch):
    a, b = data.draw(maps(m, n, batch)), data.draw(maps(m, n, batch))
    assert (add(a, b).dense == a.dense + b.dense).all()
    assert (stack([a, b]).dense == np.concatenate(np.broadcast_arrays(a.dense, b.dense), axis=1)).all()
    union = a.pattern.union(b.pattern)
    assert (LinearMap(union, spread(a, union)).dense == a.dense).all()


@given(any_map())
def test_only_maps_of_ones_call_themselves_units(linear):
    for made in (linear, linear.T, add(linear, linear), stack([linear, linear]), linear.take(np.zeros(2, int))):
        assert not made.unit or (made.values == 1).all()


def test_factors_wait_beside_the_matrix():
    core, rows, columns = np.arange(6.0).reshape(1, 2, 3), np.array([[2.0, 3.0], [5.0, 7.0]]), np.array([[1.0, 10.0, 100.0]])
    linear = LinearMap(Pattern.full(2, 3), Scaled(core, rows, columns))
    expected = np.einsum("bi,ij,j->bij", rows, core[0], columns[0])
    assert linear.batch == 2
    assert (linear.dense == expected).all()
    assert (linear.T.dense == expected.transpose(0, 2, 1)).all()
    assert (linear.take(np.array([1, 0, 1])).dense == expected[:, [1, 0, 1]]).all()
    assert linear.astype(float) is linear
    assert (linear.astype(np.float32).values == expected.reshape(2, 6)).all()


@pytest.mark.parametrize(
    ("linear", "name"),
    [
        (LinearMap.identity(3), "identity"),
        (LinearMap.identity(1), "identity"),
        (LinearMap.selection([2, 0], 3), "selection"),
        (LinearMap.selection([1, 0], 2), "permutation"),
        (LinearMap.diagonal(np.array([[2.0, 1.0]])), "diagonal"),
        (LinearMap.constant(np.array([[2.0, 0.0], [1.0, 3.0]])), "lower triangular"),
        (LinearMap.zero(2, 3), "zero"),
    ],
)
def test_structures_are_named(linear, name):
    assert linear.structure == name


def test_the_zeros_of_a_known_matrix_are_structural():
    matrix = np.array([[0.0, 2.0], [3.0, 0.0]])
    linear = LinearMap.constant(matrix)
    assert linear.pattern.count == 2
    assert (linear.dense[0] == matrix).all()


def test_numbers_cannot_be_changed_and_are_not_taken_away():
    matrix = np.array([[1.0, 2.0], [3.0, 4.0]])
    linear = LinearMap.constant(matrix)
    for held in (linear.values, linear.dense, linear.T.dense, LinearMap.identity(2).values):
        with pytest.raises(ValueError, match="read-only"):
            held[0, 0] = 5
    matrix[0, 0] = 7


NUMBERS = st.sampled_from([0.0, 1.0, -3.5, 1e-200, -1e160, 1e308, np.inf, np.nan])


def numbers(size):
    return st.lists(NUMBERS, min_size=size, max_size=size).map(lambda entries: np.array([entries]))


@given(numbers(6), st.none() | numbers(2), st.none() | numbers(3))
def test_the_magnitude_bounds_every_entry_and_tells_what_is_not_finite(entries, rows, columns):
    linear = LinearMap(Pattern.full(2, 3), Scaled(entries.reshape(1, 2, 3), rows, columns))
    magnitude, values = linear.magnitude, linear.values
    assert (magnitude < np.inf) == np.isfinite(values).all()
    exponents = np.frexp(values[values != 0])[1]
    if magnitude < np.inf:
        assert exponents.max(initial=-5000) <= magnitude or not exponents.size
        assert rows is not None or columns is not None or not exponents.size or exponents.max() == magnitude
