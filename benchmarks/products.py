"""The product of given dense matrices over the plan and its BLAS calls (the floor), those calls alone, and ``multi_dot``.

python benchmarks/products.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from jacchain.chain.instance import Instance
from jacchain.chain.plan import Plan
from jacchain.chain.planner import make_plan
from jacchain.chain.products import carry_out
from jacchain.linear.map import LinearMap

CHAINS = {
    "1000, 10, 1000, ...": (1000, 10) * 5,
    "8 matrices 1000 x 1000": (1000,) * 9,
    "1500 ... 8 ... 1500": (1500, 700, 300, 64, 8, 64, 300, 700, 1500),
    "gradient, 6 x 1500": (*(1500,) * 6, 1),
    "gradient, narrow inside": (800, 4, 1200, 1200, 2, 900, 1),
    "100 matrices 2 ... 60": tuple(np.random.default_rng(3).integers(2, 60, 101).tolist()),
}
REPEATS = 9


def optimal_calls(plan: Plan, matrices: list[np.ndarray]) -> np.ndarray:
    """The products of the plan and nothing else."""
    made: list[np.ndarray] = []
    for product in plan.products:
        left, right = (
            made[side.number - 1] if side.kind == "product" else matrices[side.number - 1]
            for side in (product.left, product.right)
        )
        made.append(left @ right)
    return made[-1]


def ours(matrices: list[np.ndarray]) -> np.ndarray:
    """From the matrices to every product, with the plan made on the way."""
    maps = [LinearMap.full(matrix) for matrix in matrices]
    plan = make_plan(Instance.of_patterns([linear.pattern for linear in maps]))
    return carry_out(plan, maps)[-1].linear.dense[0]


def main() -> None:
    rng = np.random.default_rng(1)
    for name, dims in CHAINS.items():
        matrices = [rng.normal(size=shape) / shape[0] ** 0.5 for shape in pairwise(dims)]
        plan = make_plan(Instance(dims))
        works: dict[str, Callable[[], np.ndarray]] = {
            "floor": lambda dims=dims, matrices=matrices: optimal_calls(make_plan(Instance(dims)), matrices),
            "calls": lambda plan=plan, matrices=matrices: optimal_calls(plan, matrices),
            "ours": lambda matrices=matrices: ours(matrices),
            "multi_dot": lambda matrices=matrices: np.linalg.multi_dot(matrices),
        }
        times: dict[str, list[float]] = {work: [] for work in works}
        for _ in range(REPEATS):
            for work, run in works.items():
                start = time.perf_counter()
                run()
                times[work].append(time.perf_counter() - start)
        np.testing.assert_allclose(works["ours"](), works["floor"](), rtol=1e-9, atol=1e-12)
        found = {work: statistics.median(values) for work, values in times.items()}
        line = "   ".join(f"{work} {seconds * 1e3:.3g} ms ({seconds / found['floor']:.3g}x)" for work, seconds in found.items())
        print(f"{name:28}{line}")


if __name__ == "__main__":
    main()
