import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from jacchain.certify import assumption, certify
from jacchain.errors import Fragment
from jacchain.expression import Builder, compile_graph, parse
from jacchain.pipeline import load
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.run import Request, run

SAMPLES = sorted(path for path in (Path(__file__).parents[1] / "samples").glob("*.*") if path.suffix in {".yaml", ".json"})


def pipeline_of(*functions, at):
    """A chain of functions, each a text of parameters and a list of outputs."""
    stages = []
    for index, (parameters, outputs) in enumerate(functions, 1):
        names = parameters.split()
        builder = Builder([(name, ()) for name in names], {})
        fragments = [Fragment.whole(output, "test") for output in outputs]
        program = compile_graph(builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments]))
        stages.append(Stage(index, f"f{index}", f"f{index}", tuple(names), tuple(f"o{k}" for k in range(len(outputs))), program))
    return Pipeline("test", "", "", tuple(stages), stages[0].inputs, np.array(at, float))


def certificate(pipeline):
    return certify(pipeline, run(pipeline, Request()))


def test_polynomials_are_enclosed_exactly_through_the_whole_chain():
    """Fractions are the oracle: all of it is addition and multiplication."""
    x, y = Fraction(0.1), Fraction(-1.7)
    found = certificate(
        pipeline_of(("x y", ["x*y", "x + y^2", "3*x"]), ("a b c", ["a*b - c", "b*c"]), ("p q", ["p^2*q"]), at=[0.1, -1.7])
    )
    a, b, c = x * y, x + y * y, 3 * x
    p, q = a * b - c, b * c
    first = [[y, x], [Fraction(1), 2 * y], [Fraction(3), Fraction(0)]]
    second = [[b, a, Fraction(-1)], [Fraction(0), c, b]]
    third = [[2 * p * q, p * p]]
    middle = [[sum(second[i][t] * first[t][j] for t in range(3)) for j in range(2)] for i in range(2)]
    whole = [[sum(third[0][t] * middle[t][j] for t in range(2)) for j in range(2)]]
    for enclosure, exact in (*zip(found.jacobians, (first, second, third), strict=True), (found.jacobian, whole)):
        for lower, upper, number in zip(
            enclosure.lower.ravel(), enclosure.upper.ravel(), np.ravel(np.array(exact, object)), strict=True
        ):
            assert Fraction(float(lower)) <= number <= Fraction(float(upper))
            assert Fraction(float(upper - lower)) <= abs(number) * Fraction(5e-16)
    assert len(found.products) == 2
    assert found.products[-1].shape == (2, 1)


def test_transposed_products_are_those_of_the_plan():
    found = certificate(pipeline_of(("x y", ["x + y", "x*y"]), ("a b", ["a*b"]), at=[2, 3]))
    assert found.products[0].contains(np.array([[6 + 5 * 3.0], [6 + 5 * 2.0]]))
    assert found.jacobian.contains(found.products[0].middle.T)


def test_numbers_beyond_the_range_of_doubles_survive_inside_a_chain():
    if np.finfo(np.longdouble).maxexp == 1024:
        pytest.skip("long doubles reach no further than doubles here")
    found = certificate(pipeline_of(("x", ["1e300*x"]), ("a", ["1e200*a"]), ("b", ["1e-250*b"]), at=[1e-250]))
    assert found.jacobian.exponent == 0
    assert found.jacobian.middle[0, 0] == pytest.approx(1e250)


def test_what_float64_cannot_resolve_has_no_certain_digits():
    found = certificate(pipeline_of(("x", ["(1 - cos(x))/x^2"]), at=[1e-10]))
    assert found.values[0].digits[0] == 0
    assert found.values[0].lower[0] <= 0.5 <= found.values[0].upper[0]


def test_a_sine_has_all_its_digits():
    found = certificate(pipeline_of(("x", ["sin(x)"]), at=[1.0]))
    assert found.jacobian.digits[0, 0] >= 15
    assert found.jacobian.contains(np.array([[math.cos(1.0)]]))


def test_rows_used_by_convention_are_taken_as_they_are():
    pipeline = pipeline_of(("x", ["where(x > 0, 3*x, 2*x)", "x/3"]), ("a b", ["a*b + b"]), at=[0])
    report = run(pipeline, Request())
    found = certify(pipeline, report)
    assert report.diagnostics[0].used == 2
    assert found.jacobians[0].contains(np.array([[2.0], [1 / 3]]))
    assert found.jacobian.radius[0, 0] < 1e-14


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_every_sample_lies_in_its_certificate(sample):
    pipeline = load(sample.read_bytes(), sample.name, folder=sample.parent)
    report = run(pipeline, Request())
    found = certify(pipeline, report)
    assert found.jacobian.contains(report.jacobian.dense[0])
    for enclosure, stage in zip(found.values, report.stages, strict=True):
        assert enclosure.contains(stage.value)
    for enclosure, stage in zip(found.jacobians, report.stages, strict=True):
        assert enclosure.contains(stage.jacobian.linear.dense[0])
    assert (found.jacobian.digits >= 5).any()


def test_the_assumption_names_what_the_bounds_rest_on():
    assert "4 units in the last place" in assumption()
    assert np.__version__ in assumption()


def test_contracting_steps_keep_their_certified_digits():
    """Plain intervals lose a digit every few steps here; fractions are the oracle."""
    turn = [[Fraction(0.72), Fraction(-0.54)], [Fraction(0.54), Fraction(0.72)]]
    step = ("x y", ["0.72*x - 0.54*y", "0.54*x + 0.72*y"])
    found = certificate(pipeline_of(*[step] * 60, at=[1, 2]))
    exact = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]
    for _ in range(60):
        exact = [[sum(turn[i][t] * exact[t][j] for t in range(2)) for j in range(2)] for i in range(2)]
    for i in range(2):
        for j in range(2):
            assert Fraction(float(found.jacobian.lower[i, j])) <= exact[i][j] <= Fraction(float(found.jacobian.upper[i, j]))
    assert found.jacobian.digits.min() >= 12
