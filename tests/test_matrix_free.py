"""Plans that do not build every Jacobian, carried out on real stages, give what the explicit Jacobians give."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.chain import products
from jacchain.chain.instance import Instance, StageCost
from jacchain.chain.planner import make_plan
from jacchain.chain.products import accumulated, carry_out
from jacchain.expression.program import Program
from jacchain.jacobian import analytic, directional
from jacchain.jacobian.analytic import differentiate, working_type
from jacchain.jacobian.differences.stage_difference import Differenced, jacobian_by_differences, samples_per_column
from jacchain.jacobian.directional import linearise, operations
from jacchain.linear.map import LinearMap
from jacchain.linear.pattern import multiplications
from jacchain.pipeline import from_expressions, load
from jacchain.run import Request, instance_of, run

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


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("order", ["optimal", "forward"])
def test_stages_that_are_differenced_give_the_same_without_their_jacobians(name, order):
    pipeline = load((SAMPLES / name).read_bytes(), name, folder=SAMPLES)
    explicit, free = (run(pipeline, Request(order, method="difference", mode=mode)) for mode in ("explicit", "matrix-free"))
    expected = explicit.jacobian.dense[0]
    np.testing.assert_allclose(free.jacobian.dense[0], expected, rtol=1e-11, atol=1e-12 * np.abs(expected).max())
    assert free.jacobian.pattern.boolean().tolist() == explicit.jacobian.pattern.boolean().tolist()


class Counter:
    """The multiplications that are carried out, and the points stages are evaluated at, while it watches."""

    def __init__(self, patch):
        self.multiplications, self.points = 0, {}
        for module in (analytic, directional, products):
            patch.setattr(module, "multiply", self.watched(module.multiply, self.pairs))
        patch.setattr(analytic, "scale_rows", self.watched(analytic.scale_rows, lambda _, linear: linear.pattern.count))
        patch.setattr(Program, "values", self.watched(Program.values, self.evaluation))

    def watched(self, work, price):
        def wrapped(*operands):
            self.multiplications += price(*operands)
            return work(*operands)

        return wrapped

    @staticmethod
    def pairs(left, right):
        return 0 if left.unit or right.unit else multiplications(left.pattern, right.pattern)

    def evaluation(self, program, points):
        self.points[program] = self.points.get(program, 0) + len(points)
        return 0


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("order", ["optimal", "forward", "reverse"])
def test_no_pass_makes_more_multiplications_than_planned(stages, name, order, monkeypatch):
    pairs = stages[name]
    plan = make_plan(Instance.of_patterns([jacobian.pattern.T for _, jacobian in pairs], counted(pairs)), order)
    counter = Counter(monkeypatch)
    carry_out(plan, [stage for stage, _ in pairs])
    assert counter.multiplications <= plan.multiplications


@pytest.mark.parametrize("direction", ["tangent", "adjoint"])
@pytest.mark.parametrize("text", ["softmax(v)", "exp(v)*sin(v)", "norm(v)", "tanh([[1, 2, 3], [4, 5, 6]] @ v)"])
def test_passes_of_full_columns_cost_what_is_planned(direction, text, monkeypatch):
    pipeline = from_expressions([f"f(v[3]): {text}"], at="1,2,3")
    (stage,) = pipeline.stages
    linearised = linearise(stage.program, pipeline.at[None])
    full = LinearMap.full(np.ones((3, 2) if direction == "tangent" else (2, len(stage.outputs))))
    counter = Counter(monkeypatch)
    getattr(linearised, direction)(full)
    assert counter.multiplications == 2 * getattr(instance_of(pipeline, "matrix-free").costs[0], direction)


@pytest.mark.parametrize("size", [3, 40])
def test_differences_along_columns_evaluate_as_often_as_planned(size, monkeypatch):
    at = ",".join(str(1 + number / size) for number in range(size))
    (stage,) = from_expressions([f"f(v[{size}]): v*sin(reverse(v)) + sum(v)"], at=at).stages
    x = np.array([float(word) for word in at.split(",")]).astype(working_type(stage.program))
    factor = Differenced(stage, x, jacobian_by_differences(stage, stage.program.registers(x[None])).linear)
    columns = np.random.default_rng(size).normal(size=(size, 5)) * [1e-6, 1, 1, 1e9, 1]
    counter = Counter(monkeypatch)
    found = factor.tangent(LinearMap.full(columns))
    assert counter.points == {stage.program: 1 + 5 * samples_per_column(stage.program)}
    np.testing.assert_allclose(found.dense[0].astype(float), factor.jacobian.dense[0] @ columns, rtol=1e-9)


def test_differences_along_columns_keep_to_the_bounds(monkeypatch):
    source = b"""
functions:
  f(x, y):
    outputs: ["sqrt(x)*y", y^2]
    method: difference
    bounds: [[0, 1], [-1, 1]]
at: [0.5, 1]
"""
    (stage,) = load(source, "bounds.yaml").stages
    x = np.array([0.5, 1.0])
    jacobian = jacobian_by_differences(stage, stage.program.registers(x[None])).linear
    met, values = [], Program.values
    monkeypatch.setattr(Program, "values", lambda program, points: met.append(points) or values(program, points))
    found = Differenced(stage, x, jacobian).tangent(LinearMap.full(np.array([[3.0, -1.0], [2.0, 4.0]])))
    points = np.concatenate(met)
    assert (points.min(0) >= [0, -1]).all()
    assert (points.max(0) <= [1, 1]).all()
    np.testing.assert_allclose(found.dense[0], jacobian.dense[0] @ [[3.0, -1.0], [2.0, 4.0]], rtol=1e-9)


def test_along_a_kink_the_entries_of_the_jacobian_are_multiplied():
    (stage,) = from_expressions(["f(x, y): [abs(x) + y, y*x]"], at="0,1").stages
    x = np.array([0.0, 1.0])
    jacobian = jacobian_by_differences(stage, stage.program.registers(x[None])).linear
    columns = LinearMap.full(np.array([[1.0], [2.0]]))
    np.testing.assert_array_equal(Differenced(stage, x, jacobian).tangent(columns).dense[0], jacobian.dense[0] @ columns.dense[0])
