"""Which chains mix, and that the prices of their splits fall apart as they are said to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.chains import random_instance

from jacchain.chain import mixing
from jacchain.chain.planner import prices_of
from jacchain.chain.prices import Shapes
from jacchain.chain.structures import Structures
from jacchain.linear.pattern import Pattern


def band(n, width):
    return Pattern.from_boolean(np.abs(np.subtract.outer(np.arange(n), np.arange(n))) <= width)


def assert_splits(prices, found):
    q = len(prices.dims) - 1
    for apart in range(1, q):
        expected = [prices.splits(i, i + apart) for i in range(1, q - apart + 1)]
        np.testing.assert_array_equal(found.splits(apart), np.transpose(expected))


@given(st.integers(1, 20), st.integers(0, 999))
def test_prices_fall_apart_where_a_chain_mixes(length, seed):
    prices, _ = prices_of(random_instance(length, seed, patterns=True, costs=False, densities=(0.6, 0.9, 1)))
    found = prices.mixing()
    if found is not None:
        assert_splits(prices, found)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=9).map(tuple))
def test_dense_chains_mix_at_once(dims):
    assert_splits(Shapes(dims), Shapes(dims).mixing())


@pytest.mark.parametrize(("n", "width"), [(2, 1), (5, 1), (9, 2), (9, 3)])
def test_a_band_mixes_when_it_has_grown_from_corner_to_corner(n, width):
    found = Structures([band(n, width)] * 12).mixing()
    assert len(found.before) + 1 == -(-(n - 1) // width)
    assert_splits(Structures([band(n, width)] * 12), found)


@pytest.mark.parametrize(
    "patterns",
    [
        [Pattern.diagonal(3)] * 5,
        [Pattern.from_boolean(np.tri(3))] * 5,
        [Pattern.from_boolean(np.kron(np.eye(2), np.ones((2, 2))))] * 5,
        [Pattern.full(2, 2), Pattern.zero(2, 2), Pattern.full(2, 2)],
        [Pattern.selection([1, 1], 3), Pattern.from_boolean([[1, 0], [0, 0], [0, 1]])],
    ],
    ids=["diagonal", "triangular", "two parts", "zero", "a zero product"],
)
def test_other_chains_do_not_mix(patterns):
    assert Structures(patterns).mixing() is None


def test_a_chain_that_would_take_too_long_to_look_through_is_taken_not_to_mix(monkeypatch):
    monkeypatch.setattr(mixing, "LARGEST_NEAR", 16 * 5 * 13 - 1)
    assert Structures([band(5, 1)] * 12).mixing() is None
    monkeypatch.setattr(mixing, "LARGEST_NEAR", 16 * 5 * 13)
    assert Structures([band(5, 1)] * 12).mixing() is not None
