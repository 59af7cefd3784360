"""Chains that others have solved, planned here: what was published, what is found, and how long it takes.

    python benchmarks/instances.py [FOLDER]

FOLDER, else the one that JACCHAIN_ORACLES names, else ../shared/oracles, has ``dense_chains.json``, ``jacobian_chains.json``
and ``matrix_free_variants.json``.  Dense chains longer than those in the files are drawn by the same generator: their cost
stands beside that of the recurrence, where it can be tabulated, and beside that of the tree, product by product.
Exits with 1 when anything differs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.plan import Plan
from jacchain.chain.planner import LONGEST_TABLE, make_plan, prices_of, tabulate
from jacchain.chain.survey import survey

LONGER = (1_000, 10_000, 100_000)
SHOWN = "{:<58}{:>7}{:>26}{:>26}{:>9}  {}"


class Case(NamedTuple):
    """A chain and what has been published of it: costs by the names that a plan has for them, the one in question first."""

    name: str
    instance: Instance
    published: dict[str, Any]


def dense_chains(known: dict[str, Any]) -> Iterator[Case]:
    """Chains of given dense matrices."""
    keys = {"cost": "optimum", "left_to_right": "forward", "right_to_left": "reverse", "n_optimal": "optimal", "tree": "tree"}
    for chain in (*known["named"], *known["random"]):
        chain["tree"] = chain.get("tree_smallest_split")
        published = {name: chain[key] for key, name in keys.items() if chain.get(key) is not None}
        yield Case(chain.get("name", "random, dense"), Instance(tuple(chain["dims"])), published)
    for chain in known["lcg"]:
        yield Case("generated, dense", Instance(generated(chain["n"])), {"optimum": chain["cost"]})
    for length in LONGER:
        instance = Instance(generated(length))
        tabulated = {"optimum": tabulate(instance, prices_of(instance)[0]).total} if length <= LONGEST_TABLE else {}
        yield Case("generated, dense", instance, tabulated)


def generated(length: int) -> tuple[int, ...]:
    """The dims of the generated chains: a linear congruential generator."""
    seed, dims = 12345, []
    for _ in range(length + 1):
        seed = (1103515245 * seed + 12345) % 2**31
        dims.append(1 + (seed >> 8) % 1000)
    return tuple(dims)


def jacobian_chains(known: dict[str, Any]) -> Iterator[Case]:
    """Chains of stages that can be multiplied with in both directions."""
    for chain in known["instances"]:
        stages = chain["jacobians"]
        dims = (stages[0]["n"], *(stage["m"] for stage in stages))
        costs = tuple(StageCost(None, stage["edges"], stage["edges"]) for stage in stages)
        published = {key: chain[key] for key in ("optimum", "tangent", "adjoint")}
        published["preaccumulation"] = chain["preaccumulation"]["total"]
        yield Case(chain["source"].split("/", 1)[1], Instance(dims, costs=costs), published)


def variants(known: dict[str, Any]) -> Iterator[Case]:
    """Chains with limited memory, with tangents and adjoints of different costs, or with all Jacobians built first."""
    for chain in known["instances"]:
        if chain["threads"] == 1:
            memory = chain["available_memory"]
            stages = zip(chain["edges"], chain["tangent_cost"], chain["adjoint_cost"], strict=True)
            costs = tuple(StageCost(None, tangent, None if 0 < memory < size else adjoint) for size, tangent, adjoint in stages)
            kind = "optimum" if chain["matrix_free"] else "preaccumulation"
            name = f"variant, memory {memory:,}" if memory else "variant"
            yield Case(f"{name}, {kind}", Instance(tuple(chain["dims"]), costs=costs), {kind: chain["optimum"]})


def differences(case: Case, plan: Plan) -> list[str]:
    """What differs from what has been published, and from what the tree of the plan costs by itself."""
    found = {name: getattr(plan, name) for name in case.published if name not in {"tree", "optimal"}}
    if "tree" in case.published:
        found["tree"] = str(plan.tree).replace(",", "")
    if "optimal" in case.published:
        found["optimal"] = survey(case.instance).optimal
    wrong = [f"{name} {found[name]}, not {value}" for name, value in case.published.items() if found[name] != value]
    if case.instance.costs is None and cost_of_tree(plan) != plan.optimum:
        wrong.append("the tree costs something else")
    return wrong


def cost_of_tree(plan: Plan) -> int:
    """What the bracketing of a plan costs, counted on the way up."""
    spans: dict[tuple[str, int], tuple[int, int]] = {("stage", i): (i - 1, i) for i in range(1, plan.length + 1)}
    cost = 0
    for product in plan.products:
        (first, split), (again, last) = (spans[side.kind, side.number] for side in (product.left, product.right))
        assert split == again
        cost += plan.dims[first] * plan.dims[split] * plan.dims[last]
        spans["product", product.number] = first, last
    return cost


def main() -> int:
    folder = Path(*sys.argv[1:2] or [os.environ.get("JACCHAIN_ORACLES", "../shared/oracles")])
    sources = {"dense_chains": dense_chains, "jacobian_chains": jacobian_chains, "matrix_free_variants": variants}
    counts = {"agree": 0, "differ": 0}
    print(SHOWN.format("instance", "stages", "published", "ours", "ms", ""))
    for name, cases in sources.items():
        for case in cases(json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))):
            start = time.perf_counter()
            plan = make_plan(case.instance)
            seconds = time.perf_counter() - start
            kind, published = next(iter(case.published.items()), ("optimum", None))
            wrong = differences(case, plan)
            counts["differ" if wrong else "agree"] += 1
            costs = ("" if cost is None else f"{cost:,}" for cost in (published, getattr(plan, kind)))
            print(SHOWN.format(case.name, plan.length, *costs, f"{seconds * 1e3:.3g}", "; ".join(wrong)))
    print(f"{counts['agree']} instances agree, {counts['differ']} differ; those for several processors are left out")
    return 1 if counts["differ"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
