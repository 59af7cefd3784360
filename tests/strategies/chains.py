"""Random chains to be planned, their zero patterns, and the products of these."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jacchain.chain.instance import Instance, StageCost
from jacchain.linear.pattern import Pattern


def random_instance(length, seed, *, patterns, costs, densities=(0.3, 0.6, 1)):
    """A chain of narrow stages; some of their costs are missing, but each has an adjoint."""
    rng = np.random.default_rng(seed)
    dims = rng.integers(1, 6, length + 1).tolist()
    matrices = [Pattern.from_boolean(rng.random(shape) < rng.choice(densities)) for shape in pairwise(dims)]

    def price():
        return None if rng.random() < 0.3 else int(rng.integers(0, 60))

    stages = tuple(StageCost(price(), price(), int(rng.integers(0, 60))) for _ in range(length))
    return Instance(tuple(dims), tuple(matrices) if patterns else None, stages if costs else None)


@st.composite
def boolean_chains(draw):
    """Zero patterns that can be multiplied one after the other, as boolean matrices."""
    dims = draw(st.lists(st.integers(1, 6), min_size=2, max_size=7))
    return [draw(arrays(bool, shape)) for shape in pairwise(dims)]


@st.composite
def stair_chains(draw, least=1, most=6):
    """The same of stairs, of widths between two."""
    dims = draw(st.lists(st.integers(least, most), min_size=2, max_size=7))
    return [draw(stairs(m, n)) for m, n in pairwise(dims)]


@st.composite
def stairs(draw, m, n):
    """A matrix whose rows are runs with ends that never go back, and that leave out no column."""
    last = np.maximum.accumulate([*draw(st.lists(st.integers(0, n - 1), min_size=m - 1, max_size=m - 1)), n - 1])
    latest = np.minimum(np.append(0, last[:-1] + 1), last)
    first = np.maximum.accumulate([draw(st.integers(0, int(most))) for most in latest])
    columns = np.arange(n)
    return (first[:, None] <= columns) & (columns <= last[:, None])


def sub_chains(chain):
    """The boolean products of all sub-chains, term by term."""
    products = {}
    for i, matrix in enumerate(chain, 1):
        products[i, i] = matrix
        for j in range(i + 1, len(chain) + 1):
            products[i, j] = (products[i, j - 1][:, :, None] & chain[j - 1][None]).any(1)
    return products
