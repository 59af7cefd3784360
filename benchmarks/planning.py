"""How long the cheapest order takes to find, beside what others use to find one, in the same run.

    python benchmarks/planning.py [--long]

Dense chains: our whole plan over Hu-Shing alone (the floor), numpy's ``multi_dot`` ordering, and where they are installed
opt_einsum and torch, whose ``multi_dot`` orders matrices that hold no numbers, and passes their shapes through the products.
Structured and matrix-free chains, which nobody else plans, stand beside the dense table of the same length, as do plans under
the tightest limit on memory and a hundred next best ones.
``--long`` adds what takes others seconds.
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise

import numpy as np

from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.memory import Memory
from jacchain.chain.planner import LONGEST_SURVEY, make_plan, prices_of, tabulate
from jacchain.chain.polygon import triangulate
from jacchain.chain.prices import Shapes
from jacchain.chain.survey import survey
from jacchain.cli.boundary import COLLECTION
from jacchain.linear.pattern import Pattern

try:
    import opt_einsum
except ImportError:
    opt_einsum = None
try:
    import torch
except ImportError:
    torch = None

REPEATS = 5


def medians(works: dict[str, Callable[[], object]], repeats: int = REPEATS) -> dict[str, float]:
    """Median seconds of each work, the works taking turns."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def show(title: str, found: dict[str, float], floor: str) -> None:
    line = "   ".join(f"{name} {seconds * 1e3:.3g} ms ({seconds / found[floor]:.3g}x)" for name, seconds in found.items())
    print(f"{title:28}{line}")


def numpy_order(dims: tuple[int, ...]) -> Callable[[], object]:
    matrices = [np.broadcast_to(0.0, shape) for shape in pairwise(dims)]
    order = vars(import_module("numpy.linalg._linalg"))["_multi_dot_matrix_chain_order"]
    return lambda: order(matrices)  # the ordering alone, without the product


def torch_order(dims: tuple[int, ...]) -> Callable[[], object] | None:
    if torch is None:
        return None
    matrices = [torch.empty(shape, device="meta") for shape in pairwise(dims)]
    return lambda: torch.linalg.multi_dot(matrices)


def opt_einsum_order(dims: tuple[int, ...], optimize: str) -> Callable[[], object] | None:
    if opt_einsum is None:
        return None
    symbols = [opt_einsum.get_symbol(index) for index in range(len(dims))]
    inputs = [a + b for a, b in pairwise(symbols)]
    equation = ",".join(inputs) + "->" + symbols[0] + symbols[-1]
    return lambda: opt_einsum.contract_path(equation, *pairwise(dims), shapes=True, optimize=optimize)


def dense(length: int, *, long: bool) -> None:
    dims = tuple(random.choices(range(1, 1001), k=length + 1))
    instance = Instance(dims)
    works: dict[str, Callable[[], object]] = {
        "Hu-Shing": lambda: triangulate(dims),
        "plan": lambda: make_plan(instance),
    }
    if length <= 100 or (long and length <= 500):
        works["numpy"] = numpy_order(dims)
    if length <= 500 and (order := torch_order(dims)):
        works["torch"] = order
    for optimize in ("auto", *(["dp"] if long and length <= 100 else [])):
        if length <= 500 and (path := opt_einsum_order(dims, optimize)):
            works[f"opt_einsum {optimize}"] = path
    show(f"{length:,} dense matrices", medians(works, 3 if long else REPEATS), "Hu-Shing")


def general(length: int) -> None:
    rng = np.random.default_rng(length)
    dims = tuple(rng.integers(3, 11, length + 1).tolist())
    patterns = [Pattern.from_boolean(rng.random(shape) < rng.choice([0.3, 0.6, 1.0])) for shape in pairwise(dims)]
    structured = Instance.of_patterns(patterns)
    edges = rng.integers(10, 400, length).tolist()
    free = Instance(dims, costs=tuple(StageCost(None, size, size) for size in edges))
    band = Pattern.from_boolean(np.abs(np.subtract.outer(np.arange(40), np.arange(40))) <= 1)
    steps = Instance.of_patterns([band] * length)
    works: dict[str, Callable[[], object]] = {
        "dense table": lambda: tabulate(Instance(dims), Shapes(dims)),
        "matrix-free plan": lambda: make_plan(free),
        "structured plan": lambda: make_plan(structured),
        "equal steps": lambda: make_plan(steps),
    }
    if length <= LONGEST_SURVEY:
        least = Memory(structured, prices_of(structured)[0]).least_peak()
        works["least memory"] = lambda: make_plan(structured, memory_limit=least)
        works["100 best"] = lambda: survey(structured, best=100)
    show(f"{length:,} stages", medians(works, 3), "dense table")


def short() -> None:
    instance = Instance((30, 35, 15, 5))
    seconds = medians({"plan": lambda: [make_plan(instance) for _ in range(1000)]})["plan"]
    print(f"{'3 dense matrices':28}plan {seconds * 1e3:.3g} us")


def main() -> None:
    random.seed(1)
    gc.set_threshold(*COLLECTION)  # as the program does
    long = "--long" in sys.argv
    short()
    for length in (20, 100, 500, *([100_000] if long else [10_000])):
        dense(length, long=long)
    for length in (100, 500, 1000):
        general(length)


if __name__ == "__main__":
    main()
