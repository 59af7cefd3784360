"""Programs of random expressions: what those of ``strategies.expressions`` read, and how a text becomes something to run."""

import numpy as np
from strategies.expressions import SIZES

from jacchain.errors import Fragment
from jacchain.expression import Builder, compile_graph, parse

RANDOM = np.random.default_rng(8)
CONSTANTS = {
    "W": RANDOM.normal(size=(2, 3)).round(2),
    "M": RANDOM.normal(size=(3, 3)).round(2),
    "b": np.array([0.25, -1.5, 0.75]),
}
PARAMETERS = [("x", ()), ("y", ()), *((name, (size,)) for name, size in SIZES.items())]
WIDTH = 2 + sum(SIZES.values())


def program_of(*texts, parameters=PARAMETERS, constants=CONSTANTS):
    """The program whose outputs are the texts."""
    builder = Builder(parameters, constants)
    fragments = [Fragment.whole(text, "f") for text in texts]
    return compile_graph(builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments]))
