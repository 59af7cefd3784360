"""What components reach is counted by boolean products, formed here term by term."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.chains import boolean_chains, stair_chains, sub_chains

from jacchain.chain import reach
from jacchain.chain.reach import TooLargeError, reach_counts
from jacchain.linear.pattern import Pattern


def assert_counts(chain):
    forwards, backwards = reach_counts([Pattern.from_boolean(matrix) for matrix in chain])
    expected = np.zeros((2, *forwards.shape))
    offsets = np.cumsum([0, *(len(matrix) for matrix in chain), chain[-1].shape[1]])
    for (i, j), product in sub_chains(chain).items():
        expected[0, j, offsets[i - 1] : offsets[i]] = product.sum(1)
        expected[1, i - 1, offsets[j] : offsets[j + 1]] = product.sum(0)
    np.testing.assert_array_equal([forwards, backwards], expected)


@pytest.mark.parametrize(("narrow", "sets"), [(64, 256), (64, 2), (0, 0)])
@given(chain=boolean_chains())
def test_reach_is_counted_however_wide_a_chain_is(narrow, sets, chain):
    with mock.patch.multiple(reach, NARROW=narrow, SETS=sets):
        assert_counts(chain)


@given(stair_chains())
def test_reach_is_counted_in_chains_of_stairs(chain):
    with mock.patch.multiple(reach, _narrow_sizes=None, _wide_sizes=None):
        assert_counts(chain)


@given(st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=1, max_size=12))
def test_equal_rows_are_found_also_when_sums_collide(rows):
    pattern = Pattern.of(
        (len(rows), 4), np.repeat(np.arange(len(rows)), [len(row) for row in rows]), [column for row in rows for column in row]
    )
    like = reach._first_equal(pattern)
    found = [set(row) for row in rows]
    for number, row in enumerate(found):
        assert like[number] == found.index(row)


def test_colliding_sums_are_scrambled_anew(monkeypatch):
    salts = []

    def feeble(numbers, salt):
        salts.append(salt)
        return scrambled(numbers, salt) if salt > 2 else np.ones(numbers.size, np.uint64)

    scrambled = reach._scrambled
    monkeypatch.setattr(reach, "_scrambled", feeble)
    np.testing.assert_array_equal(reach._first_equal(Pattern.from_boolean(np.eye(3, dtype=bool))), [0, 1, 2])
    assert salts == [1, 2, 3]


def test_patterns_that_fill_up_beyond_a_limit_are_refused(monkeypatch):
    monkeypatch.setattr(reach, "LARGEST_PUSH", 100)
    monkeypatch.setattr(reach, "NARROW", 0)
    band = Pattern.from_boolean(np.abs(np.subtract.outer(np.arange(12)[::-1], np.arange(12))) < 3)
    with pytest.raises(TooLargeError):
        reach_counts([band] * 3)
    reach_counts([Pattern.full(1000, 1000)] * 3)
