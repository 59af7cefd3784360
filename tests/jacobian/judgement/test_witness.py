"""Witnesses of a whole chain: what they allow is rounding and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.jacobian.accuracy.rounding import derivative_error
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.judgement.witness import Factors, complex_obstacle, complex_step, remainder_slope, taylor, transpose
from jacchain.linear.map import LinearMap
from jacchain.pipeline import from_expressions

CHAIN = ["f(x, y): [x*y, x + y^2, exp(x)]", "g(v[3]): [v[1]*v[2] + v[3], sin(v[1] - v[3])]"]


def factors_of(stages, x):
    maps, bars = [], []
    for stage in stages:
        derivative = differentiate(stage.program, x[None])
        maps.append(derivative.linear.astype(float))
        bars.append(derivative_error(stage.program, x))
        x = derivative.values[0]
    return Factors.of(maps, bars)


def product(factors):
    total = np.eye(factors.maps[0].shape[1])
    for linear in factors.maps:
        total = linear.dense[0] @ total
    return LinearMap.full(total)


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_a_right_product_passes_them_all(x, y):
    pipeline = from_expressions(CHAIN, f"{x},{y}")
    at = pipeline.at.astype(np.longdouble)
    factors = factors_of(pipeline.stages, at)
    total, (bars, _) = product(factors), factors.total_bars()
    assert taylor(pipeline.stages, at, total, factors).judgement == "agree"
    assert complex_step(pipeline.stages, at, total, bars).judgement == "agree"
    assert transpose(factors, total).judgement == "agree"


def test_the_bars_of_a_product_cover_what_the_bars_of_its_factors_allow():
    rng = np.random.default_rng(3)
    matrices = [rng.normal(size=shape) for shape in ((4, 3), (2, 4), (3, 2))]
    bars = [np.abs(rng.normal(size=matrix.size)) * 1e-6 for matrix in matrices]
    factors = Factors.of([LinearMap.full(matrix) for matrix in matrices], bars)
    allowed, size = factors.total_bars()
    assert (np.abs(product(factors).dense[0]) <= size).all()
    total = product(factors).dense[0]
    for _ in range(50):
        moved = [m + rng.choice([-1, 1], m.shape) * bar.reshape(m.shape) for m, bar in zip(matrices, bars, strict=True)]
        assert (np.abs(moved[2] @ moved[1] @ moved[0] - total) <= allowed * (1 + 1e-4)).all()
    assert allowed.max() < 1e-4
    direction = np.array([0.3, -2.0, 1.1])
    for _ in range(50):
        moved = [m + rng.choice([-1, 1], m.shape) * bar.reshape(m.shape) for m, bar in zip(matrices, bars, strict=True)]
        apart = np.abs(moved[2] @ moved[1] @ moved[0] @ direction - total @ direction)
        assert (apart <= factors.direction_bars(direction) * (1 + 1e-4)).all()


def test_vectors_go_through_patterns_of_every_kind():
    maps = [LinearMap.diagonal(np.array([[2.0, 3.0, 0.5]])), LinearMap.constant(np.array([[0, 1.0, 0], [4.0, 0, -1]]))]
    factors = Factors.of(maps, [np.zeros(linear.pattern.count) for linear in maps])
    dense = maps[1].dense[0] @ maps[0].dense[0]
    assert np.array_equal(factors.forward(np.array([1.0, 2, 3])), dense @ [1, 2, 3])
    assert np.array_equal(factors.backward(np.array([1.0, -2])), dense.T @ [1, -2])


@pytest.mark.parametrize(("factor", "slope"), [(1.0, 2), (1.01, 1), (1 + 1e-5, 1)])
def test_the_remainder_shrinks_like_the_square_of_the_step_only_for_the_derivative(factor, slope):
    pipeline = from_expressions(["f(x): exp(x)"], "0.3")
    at = pipeline.at.astype(np.longdouble)
    along = np.array([np.exp(at[0])]) * factor
    found = remainder_slope(pipeline.stages, at, np.ones(1), (along, np.zeros(1), along))
    assert found.value == pytest.approx(slope, abs=0.05)
    assert found.is_quadratic == (factor == 1)


@given(st.lists(st.sampled_from(["exp(x)", "abs(x)*sqrt(abs(x))", "x^3", "2*x", "sin(x)"]), min_size=1, max_size=5), st.data())
def test_of_several_outputs_the_slope_is_that_of_one_that_is_not_bent(formulas, data):
    at, derivatives = np.zeros(1, np.longdouble), {"exp(x)": 1, "2*x": 2, "sin(x)": 1}
    bent = data.draw(st.sets(st.integers(0, len(formulas) - 1)))

    def slope(outputs, left_out=()):
        stages = from_expressions([f"f(x): [{', '.join(outputs)}]"], "0").stages
        along = np.array([derivatives.get(output, 0) for output in outputs], np.longdouble)
        judged = along, np.zeros(along.size), np.zeros(along.size)
        return remainder_slope(stages, at, np.ones(1), judged, np.array(sorted(left_out), np.int64))

    alone = [slope([formula]) for number, formula in enumerate(formulas) if number not in bent]
    told = [found for found in alone if found is not None]
    expected = min(told, key=lambda found: (found.is_quadratic, found.value), default=None)
    assert slope(formulas, bent) == expected


@pytest.mark.parametrize("formula", ["erf(x)", "x - sin(x)", "normcdf(x)", "sqrt(x^2 + 1) - x", "x^3"])
@pytest.mark.parametrize("x", ["0.3", "1e-3", "7", "0"])
def test_a_remainder_in_the_noise_of_its_function_is_never_taken_for_a_slope(formula, x):
    pipeline = from_expressions([f"f(x): {formula}"], x)
    for dtype in (float, np.longdouble):
        at = pipeline.at.astype(dtype)
        factors = factors_of(pipeline.stages, at)
        witness = taylor(pipeline.stages, at, product(factors), factors)
        assert witness.judgement == "agree"
        assert witness.value is None or witness.value > 1.9


def test_a_remainder_that_does_not_shrink_like_the_square_of_the_step_is_not_agreement():
    pipeline = from_expressions(["f(x): abs(x)*sqrt(abs(x))"], "0")
    at = pipeline.at.astype(np.longdouble)
    zero = LinearMap.full(np.zeros((1, 1)))
    witness = taylor(pipeline.stages, at, zero, Factors.of([zero], [np.zeros(1)]))
    assert witness.value == pytest.approx(1.5)
    assert witness.judgement == "inconclusive"


@pytest.mark.parametrize(
    ("formula", "x", "says"), [("abs(x)", 1, "no complex form"), ("log(x)", 1e-300, "close to zero"), ("log(x)", 1, "")]
)
def test_there_is_no_complex_witness_of_real_functions_nor_beside_nothing(formula, x, says):
    obstacle = complex_obstacle(from_expressions([f"f(x): {formula}"], "1").stages, np.array([float(x)]))
    assert (says in obstacle) if says else not obstacle


def test_values_that_overflow_decide_nothing():
    stages = from_expressions(["f(x): exp(x)"], "1").stages
    witness = complex_step(stages, np.array([800.0]), LinearMap.full(np.ones((1, 1))), np.zeros((1, 1)))
    assert witness.judgement == "inconclusive"
