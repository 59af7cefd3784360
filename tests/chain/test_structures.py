"""Prices from zero patterns are the counts of the products themselves, formed here as boolean matrices."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.chains import boolean_chains, sub_chains

from jacchain.chain import structures
from jacchain.chain.structures import Structures, bytes_needed
from jacchain.linear.pattern import Pattern


@given(chain=boolean_chains())
def test_prices_are_counts(chain):
    products, prices = sub_chains(chain), Structures([Pattern.from_boolean(matrix) for matrix in chain])
    for (i, j), product in products.items():
        assert prices.entries(i, j) == product.sum()
        counted = [int((products[i, k][:, :, None] & products[k + 1, j][None]).sum()) for k in range(i, j)]
        assert prices.splits(i, j) == counted if i < j else counted == []


@pytest.mark.parametrize("few", [16, 0])
@given(chain=boolean_chains())
def test_a_panel_holds_the_prices_of_one_split(few, chain):
    prices, q = Structures([Pattern.from_boolean(matrix) for matrix in chain]), len(chain)
    for k in range(1, q):
        with mock.patch.object(structures, "FEW", few):
            left, right = prices.panel(k)
        expected = [[prices.splits(i, j)[k - i] for j in range(k + 1, q + 1)] for i in range(1, k + 1)]
        np.testing.assert_array_equal(left.astype(int) @ right, expected)


@given(chain=boolean_chains(), data=st.data())
def test_products_of_a_bracketing_are_told_from_counts(chain, data):
    products, prices = sub_chains(chain), Structures([Pattern.from_boolean(matrix) for matrix in chain])
    joins, pending = [], [(1, len(chain))]
    while pending:
        i, j = pending.pop()
        if i < j:
            k = data.draw(st.integers(i, j - 1))
            joins.insert(0, (i, k, j))
            pending += [(i, k), (k + 1, j)]
    told = [(Pattern.from_boolean(products[i, j]).structure, products[i, j].sum()) for i, _, j in joins]
    assert prices.matrices(joins) == told
    assert prices.costs(joins) == [(products[i, k][:, :, None] & products[k + 1, j][None]).sum() for i, k, j in joins]


def test_the_memory_of_the_counts_is_known_before():
    pattern = Pattern.diagonal(300)
    prices = Structures([pattern] * 5)
    assert prices.rows.nbytes + prices.columns.nbytes <= bytes_needed((300,) * 6) < 4 * prices.rows.nbytes
