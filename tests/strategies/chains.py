"""Random chains to be planned."""

from itertools import pairwise

import numpy as np

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
