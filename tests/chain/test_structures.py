"""Prices from zero patterns are the counts of the products themselves, formed here as boolean matrices."""

from itertools import pairwise
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jacchain.chain import structures
from jacchain.chain.structures import Structures, TooLargeError, bytes_needed
from jacchain.linear.pattern import Pattern


@st.composite
def boolean_chains(draw):
    dims = draw(st.lists(st.integers(1, 6), min_size=2, max_size=7))
    return [draw(arrays(bool, shape)) for shape in pairwise(dims)]


def sub_chains(chain):
    products = {}
    for i, matrix in enumerate(chain, 1):
        products[i, i] = matrix
        for j in range(i + 1, len(chain) + 1):
            products[i, j] = (products[i, j - 1][:, :, None] & chain[j - 1][None]).any(1)
    return products


@pytest.mark.parametrize(("narrow", "sets"), [(64, 256), (64, 2), (0, 0)])
@given(chain=boolean_chains())
def test_prices_are_counts(narrow, sets, chain):
    with mock.patch.multiple(structures, NARROW=narrow, SETS=sets):
        products, prices = sub_chains(chain), Structures([Pattern.from_boolean(matrix) for matrix in chain])
    for (i, j), product in products.items():
        assert prices.entries(i, j) == product.sum()
        counted = [int((products[i, k][:, :, None] & products[k + 1, j][None]).sum()) for k in range(i, j)]
        assert prices.splits(i, j) == counted if i < j else counted == []
        assert [prices.split(i, k, j) for k in range(i, j)] == counted


@pytest.mark.parametrize("few", [16, 0])
@given(chain=boolean_chains())
def test_a_panel_holds_the_prices_of_one_split(few, chain):
    prices, q = Structures([Pattern.from_boolean(matrix) for matrix in chain]), len(chain)
    for k in range(1, q):
        with mock.patch.object(structures, "FEW", few):
            left, right = prices.panel(k)
        expected = [[prices.split(i, k, j) for j in range(k + 1, q + 1)] for i in range(1, k + 1)]
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


@given(st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=1, max_size=12))
def test_equal_rows_are_found_also_when_sums_collide(rows):
    pattern = Pattern.of(
        (len(rows), 4), np.repeat(np.arange(len(rows)), [len(row) for row in rows]), [column for row in rows for column in row]
    )
    like = structures._first_equal(pattern)
    found = [set(row) for row in rows]
    for number, row in enumerate(found):
        assert like[number] == found.index(row)


def test_colliding_sums_are_scrambled_anew(monkeypatch):
    salts = []

    def feeble(numbers, salt):
        salts.append(salt)
        return scrambled(numbers, salt) if salt > 2 else np.ones(numbers.size, np.uint64)

    scrambled = structures._scrambled
    monkeypatch.setattr(structures, "_scrambled", feeble)
    np.testing.assert_array_equal(structures._first_equal(Pattern.from_boolean(np.eye(3, dtype=bool))), [0, 1, 2])
    assert salts == [1, 2, 3]


def test_patterns_that_fill_up_beyond_a_limit_are_refused(monkeypatch):
    monkeypatch.setattr(structures, "LARGEST_PUSH", 100)
    monkeypatch.setattr(structures, "NARROW", 0)
    band = Pattern.from_boolean(np.abs(np.subtract.outer(np.arange(12), np.arange(12))) < 3)
    with pytest.raises(TooLargeError):
        Structures([band] * 3)
    Structures([Pattern.full(1000, 1000)] * 3)
