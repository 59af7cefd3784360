"""The analytic engine against chains of functions whose Jacobians are known to 17 digits from three independent methods."""

import math

import numpy as np
import pytest

from jacchain.errors import Fragment
from jacchain.expression import Builder, compile_graph, parse
from jacchain.jacobian.analytic import differentiate, working_type

EPSILON = 2.0**-52


def compiled(stage):
    builder = Builder([(name, ()) for name in stage["inputs"]], {})
    fragments = [Fragment.whole(output["expr"], output["name"]) for output in stage["outputs"]]
    return compile_graph(builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments]))


def carried(problem):
    """Every stage at the value the engine carries to it, in the type the engine chooses."""
    point = np.array([problem["x"]])
    for stage in problem["stages"]:
        program = compiled(stage)
        derivative = differentiate(program, point.astype(working_type(program)))
        yield derivative
        point = derivative.values


def rounded(problem):
    """Every stage in doubles, at the double nearest to the exact value before it."""
    points = [problem["x"], *problem["expected"]["values_per_stage"]]
    for stage, point in zip(problem["stages"], points, strict=False):
        yield differentiate(compiled(stage), np.array([point]))


def ulps(got, expected):
    """The distance in units of the last place of the expected double."""
    return abs(float(got) - expected) / math.ulp(expected)


@pytest.fixture(scope="session")
def problems(oracle):
    # a stage written so that its own formula cancels says nothing about how it is differentiated
    return [problem for problem in oracle("chains.json")["problems"] if "float64_hard" not in problem["tags"]]


@pytest.mark.parametrize("engine", [carried, rounded])
def test_stage_entries_are_within_four_ulp(problems, engine):
    distances = {}
    for problem in problems:
        if engine is rounded and "overflow_naive" in problem["tags"]:
            continue  # exp(800) is no double: the formula as written needs the longer range
        for k, derivative in enumerate(engine(problem)):
            expected = problem["expected"]["jacobian_per_stage"][k]
            for i, row in enumerate(expected):
                for j, entry in enumerate(row):
                    if entry != 0:
                        distances[problem["name"], k, i, j] = ulps(derivative.linear.dense[0, i, j], entry)
    close = sum(distance <= 4 for distance in distances.values()) / len(distances)
    worst = max(distances, key=distances.get)
    assert close >= 0.95, f"{close:.2%} of {len(distances)} entries"
    assert distances[worst] <= 64, f"{worst} is {distances[worst]:.0f} ulp away"


def test_zeros_are_exact_and_structural(problems):
    for problem in problems:
        for stage, derivative in zip(problem["stages"], carried(problem), strict=True):
            assert derivative.linear.pattern.boolean().astype(int).tolist() == stage["jacobian_structure"], problem["name"]


def test_products_are_as_good_as_the_chain_allows(problems):
    for problem in problems:
        total = None
        for derivative in carried(problem):
            stage = derivative.linear.dense[0].astype(float)
            total = stage if total is None else stage @ total
        expected = np.array(problem["expected"]["total_jacobian"])
        allowed = 4 * EPSILON * np.array(problem["expected"]["abs_product"]) + 4 * EPSILON * abs(expected) + 5e-324
        assert (abs(total - expected) <= allowed).all(), problem["name"]
