"""Certified bounds of oracle chains: whether they hold the exact numbers, how wide they are, and what they cost.

    python benchmarks/certify.py chains.json

The floor is the analytic engine alone on the same chains in the same run, which promises nothing.
"""

from __future__ import annotations

import json
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from jacchain.certify import certify
from jacchain.errors import Fragment
from jacchain.expression import Builder, compile_graph, parse
from jacchain.jacobian.analytic import differentiate
from jacchain.linear.enclosure import Enclosure
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.run import Request, run

ROUNDED, LONG = Fraction(1, 2**53), Fraction(1, 10**29)
"""Relative rounding of the oracle: doubles, and thirty digits for the Jacobian of the chain."""


def pipeline_of(problem: dict) -> Pipeline:
    stages = []
    for index, stage in enumerate(problem["stages"], 1):
        builder = Builder([(name, ()) for name in stage["inputs"]], {})
        fragments = [Fragment.whole(output["expr"].replace("**", "^"), output["name"]) for output in stage["outputs"]]
        program = compile_graph(builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments]))
        names = tuple(output["name"] for output in stage["outputs"])
        stages.append(Stage(index, stage["name"], stage["name"], tuple(stage["inputs"]), names, program))
    return Pipeline(problem["name"], "", "", tuple(stages), stages[0].inputs, np.array([float(x) for x in problem["x"]]))


def compare(found: Enclosure, exact: list, rounding: Fraction) -> tuple[int, int, list[float]]:
    """Entries that are enclosed (the oracle's own numbers have a relative rounding), all entries, and relative radii."""
    held, radii = 0, []
    numbers = [Fraction(str(number)) for number in np.ravel(np.array(exact, object))]
    for low, high, number in zip(found.lower.ravel(), found.upper.ravel(), numbers, strict=True):
        room = abs(number) * rounding + Fraction(5e-324)
        below = np.isinf(low) or Fraction(float(low)) - room <= number
        above = np.isinf(high) or number <= Fraction(float(high)) + room
        held += bool(below and above)
        if abs(number) > 2.3e-308:
            radii.append(float(high - low) / 2 / abs(float(number)))
    return held, len(numbers), radii


def plain(pipeline: Pipeline) -> None:
    """Values and Jacobians without a promise."""
    x = pipeline.at[None].astype(np.longdouble)
    for stage in pipeline.stages:
        x = differentiate(stage.program, x).values


def main() -> None:
    problems = json.loads(Path(sys.argv[1]).read_text(), parse_float=str)["problems"]
    held = entries = 0
    radii: list[float] = []
    spent = floor = 0.0
    for problem in problems:
        pipeline = pipeline_of(problem)
        report = run(pipeline, Request())
        start = time.perf_counter()
        plain(pipeline)
        middle = time.perf_counter()
        found = certify(pipeline, report)
        spent, floor = spent + time.perf_counter() - middle, floor + middle - start
        expected = problem["expected"]
        counts = [compare(*pair, ROUNDED) for pair in zip(found.values, expected["values_per_stage"], strict=True)]
        counts += [compare(*pair, ROUNDED) for pair in zip(found.jacobians, expected["jacobian_per_stage"], strict=True)]
        counts.append(compare(found.jacobian, expected["total_jacobian_30digits"], LONG))
        own = [radius for _, _, widths in counts for radius in widths]
        missed = sum(count - inside for inside, count, _ in counts)
        held, entries, radii = (
            held + sum(inside for inside, _, _ in counts),
            entries + sum(count for _, count, _ in counts),
            radii + own,
        )
        if missed or max(own, default=0) > 1e-10:
            hard = "float64_hard" if "float64_hard" in problem["tags"] else ""
            print(f"{problem['name']:34} missed {missed}, widest {max(own):.1e}  {hard}")
    print(f"{held} of {entries} exact numbers enclosed; relative radius: median {np.median(radii):.1e}, worst {max(radii):.1e}")
    print(f"{len(problems)} chains in {spent:.2f} s, {spent / floor:.1f} times the analytic engine")


if __name__ == "__main__":
    main()
