"""Random zero patterns and linear maps, with the shapes and the awkward values that products trip over."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jacchain.linear.map import LinearMap
from jacchain.linear.pattern import Pattern

sizes = st.integers(1, 6)


@st.composite
def booleans(draw, m, n):
    """A boolean matrix: anything, or one of the forms with a name."""
    form = draw(st.sampled_from(["any", "any", "full", "zero", "one per row", "one per column", "triangle"]))
    if form == "any":
        return draw(arrays(bool, (m, n)))
    if form == "one per row":
        columns = draw(arrays(np.int64, m, elements=st.integers(0, n - 1)))
        return np.arange(n) == columns[:, None]
    if form == "one per column":
        rows = draw(arrays(np.int64, n, elements=st.integers(0, m - 1)))
        return np.arange(m)[:, None] == rows
    return np.tril(np.ones((m, n), bool)) if form == "triangle" else np.full((m, n), form == "full")


@st.composite
def maps(draw, m, n, batch):
    """A linear map on a random pattern; sometimes all its entries are known to be one."""
    pattern = Pattern.from_boolean(draw(booleans(m, n)))
    if draw(st.integers(0, 4)) == 0:
        return LinearMap(pattern, np.ones((1, pattern.count)), unit=True)
    numbers = st.one_of(st.integers(-4, 4).map(float), st.floats(-1e3, 1e3))
    count = draw(st.sampled_from([1, batch]))
    return LinearMap(pattern, draw(arrays(float, (count, pattern.count), elements=numbers)))


@st.composite
def chains(draw, length):
    """Maps that can be multiplied one after the other."""
    shapes = draw(st.lists(sizes, min_size=length + 1, max_size=length + 1))
    batch = draw(st.integers(1, 3))
    return [draw(maps(m, n, batch)) for m, n in pairwise(shapes)]
