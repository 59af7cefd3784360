"""Plans that do not build every Jacobian, carried out on real stages, give what the explicit Jacobians give."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.planner import make_plan
from jacchain.chain.products import accumulated, carry_out
from jacchain.jacobian.analytic import differentiate, working_type
from jacchain.jacobian.directional import linearise, operations
from jacchain.pipeline import load

SAMPLES = Path(__file__).parent.parent / "samples"
FILES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in {".yaml", ".json"})


@pytest.fixture(scope="module")
def stages():
    """For each sample its stages at their points, and their Jacobians."""

    def read(name):
        pipeline = load((SAMPLES / name).read_bytes(), name, folder=SAMPLES)
        x, found = pipeline.at[None], []
        for stage in pipeline.stages:
            points = x.astype(working_type(stage.program))
            derivative = differentiate(stage.program, points)
            found.append((linearise(stage.program, points), derivative.linear))
            x = derivative.values
        return found

    return {name: read(name) for name in FILES}


def counted(stages):
    return tuple(StageCost(None, size, size) for size in (operations(stage.program) for stage, _ in stages))


def assert_same(stages, costs, order="optimal"):
    explicit = make_plan(Instance.of_patterns([jacobian.pattern.T for _, jacobian in stages]))
    plan = make_plan(Instance.of_patterns([jacobian.pattern.T for _, jacobian in stages], costs), order)
    results = carry_out(plan, [stage for stage, _ in stages])
    expected = carry_out(explicit, [jacobian.T for _, jacobian in stages])
    if not results:
        total = accumulated(stages[0][0], plan.accumulations[0].operation, plan.dims)
        np.testing.assert_allclose(total.dense, stages[0][1].T.dense, rtol=1e-14)
        return
    for result in results:
        assert result.linear.shape == result.planned.shape
        assert result.linear.pattern.count == result.planned.entries
        assert result.linear.structure in {result.planned.structure, "identity", "selection"}
    found, wanted = (np.ldexp(last.linear.dense, last.exponent) for last in (results[-1], expected[-1]))
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14 * np.abs(wanted).max())


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("order", ["optimal", "forward", "reverse"])
def test_samples_give_the_same_gradient_or_jacobian(stages, name, order):
    assert_same(stages[name], counted(stages[name]), order)


@pytest.mark.parametrize("name", ["mazur.yaml", "softmax_cross_entropy.yaml", "camera.yaml", "huber.yaml", "polar.yaml"])
@settings(max_examples=20)
@given(data=st.data())
def test_every_mix_of_operations_gives_the_same(stages, name, data):
    prices = st.integers(0, 30)
    costs = tuple(StageCost(data.draw(st.one_of(st.none(), prices)), data.draw(prices), data.draw(prices)) for _ in stages[name])
    assert_same(stages[name], costs)


@pytest.mark.parametrize("order", ["forward", "reverse"])
def test_a_stage_whose_matrix_is_there_is_multiplied(stages, order):
    pairs = stages["mazur.yaml"]
    costs = tuple(StageCost(None, 1, 1) for _ in pairs)
    plan = make_plan(Instance.of_patterns([jacobian.pattern.T for _, jacobian in pairs], costs), order)
    mixed = [stage if number % 2 else jacobian.T for number, (stage, jacobian) in enumerate(pairs)]
    every = [stage for stage, _ in pairs]
    found, expected = (carry_out(plan, factors)[-1].linear.dense for factors in (mixed, every))
    assert {product.operation for product in plan.products} & {"tangent", "adjoint"}
    np.testing.assert_allclose(found, expected, rtol=1e-13)


class Steep:
    """A stage with the Jacobian ``scale * [[1, 2], [3, 4]]`` in doubles."""

    def __init__(self, scale):
        self.matrix = scale * np.array([[1.0, 2.0], [3.0, 4.0]])

    def tangent(self, columns):
        return type(columns).full(self.matrix @ columns.dense)

    def adjoint(self, rows):
        return type(rows).full(rows.dense @ self.matrix)


@pytest.mark.parametrize("order", ["forward", "reverse"])
def test_directional_products_leave_the_range_of_doubles_and_come_back(order):
    stages = [Steep(scale) for scale in (1e200, 1e200, 1e-200, 1e-190)]
    plan = make_plan(Instance((2,) * 5, costs=(StageCost(None, 1, 1),) * 4), order)
    results = carry_out(plan, stages)
    expected = np.linalg.matrix_power(np.array([[1.0, 2.0], [3.0, 4.0]]), 4).T * 1e10
    assert any(result.exponent for result in results)
    assert results[-1].exponent == 0
    np.testing.assert_allclose(results[-1].linear.dense[0], expected, rtol=1e-13)
