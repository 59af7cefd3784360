"""Colouring: what may be differenced together, and with how many evaluations less."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jacchain.jacobian.differences.colouring import colour_columns
from jacchain.linear.pattern import Pattern


@st.composite
def patterns(draw):
    m, n = draw(st.integers(1, 7)), draw(st.integers(1, 9))
    return Pattern.from_boolean(np.array(draw(st.lists(st.booleans(), min_size=m * n, max_size=m * n))).reshape(m, n))


@given(patterns())
def test_columns_of_one_colour_share_no_row(pattern):
    colours = colour_columns(pattern)
    for colour in range(colours.max() + 1):
        together = pattern.boolean()[:, colours == colour]
        assert together.shape[1] > 0
        assert together.sum(1).max() <= 1


@given(patterns())
def test_never_more_colours_than_columns_nor_fewer_than_the_fullest_row_has_entries(pattern):
    count = colour_columns(pattern).max() + 1
    assert max(1, pattern.row_counts.max()) <= count <= pattern.shape[1]


def test_a_band_needs_as_many_colours_as_it_is_wide():
    n = 1000
    for width in (0, 1, 2):
        rows = np.repeat(np.arange(n), 2 * width + 1)
        columns = rows + np.tile(np.arange(-width, width + 1), n)
        inside = (columns >= 0) & (columns < n)
        assert colour_columns(Pattern.of((n, n), rows[inside], columns[inside])).max() + 1 == 2 * width + 1


def test_one_full_row_leaves_nothing_to_group():
    boolean = np.eye(6, dtype=bool)
    boolean[3] = True
    assert colour_columns(Pattern.from_boolean(boolean)).tolist() == list(range(6))
