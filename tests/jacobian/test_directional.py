"""Products with a Jacobian that is never built are the products with the one that is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.expression.table import FUNCTIONS
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.directional import evaluation_operations, linearise, operations
from jacchain.linear.map import LinearMap
from jacchain.linear.pattern import Pattern
from jacchain.linear.product import multiply

STAGES = {
    "a layer": ("v[3]", "tanh(v)*v[2] + sum(v)"),
    "shared parts": ("x, y", "exp(x*y)*sin(x*y)", "x*y/(1 + exp(x*y))", "y"),
    "picked parts": ("v[4], x", "v[2:3]*x", "[v[1], x, v[1]]", "v[4]^2 - v[1]*v[4]"),
    "a choice": ("x, v[3]", "where(v > x, v^2, x*v)", "where(x > 0, sqrt(x), x)"),
    "one number for many": ("x, v[3]", "where(v > 1, x, v)", "max(v, x)", "v/x"),
    "norms": ("v[3], u[3]", "norm(v)*normalize(u)", "dot(u, v)", "softmax(v)", "layernorm(v, u[1]^2)"),
    "running sums": ("v[4]", "cumsum(v)", "reverse(v^3)", "prod(v)"),
    "constants": ("x", "3", "2*x", "x"),
    "nothing varies": ("x", "3", "4"),
}


def call(name, arguments):
    return f"{name}({', '.join(arguments)})"


def table_functions():
    """Every function of the table as a stage of its own, at the test point of its row."""
    for name, row in FUNCTIONS.items():
        if name in {"where", "transpose"} or row.arity == -1:
            continue
        names = [f"a{position}" for position in range(len(row.at))]
        sizes = [f"[{len(value)}]" if isinstance(value, list) else "" for value in row.at]
        parameters = ", ".join(name + size for name, size in zip(names, sizes, strict=True))
        yield pytest.param(parameters, call(name, names), np.hstack(row.at).astype(float), id=name)


def random_map(m, n, rng, density=1.0):
    pattern = Pattern.from_boolean(rng.random((m, n)) < density)
    return LinearMap(pattern, rng.normal(size=(1, pattern.count)))


def assert_both_directions(program, points, rng, density=1.0):
    jacobian = differentiate(program, points).linear
    stage = linearise(program, points)
    np.testing.assert_array_equal(stage.values, program.values(points))
    columns, rows = random_map(program.inputs, 3, rng, density), random_map(2, program.outputs, rng, density)
    for found, expected in (
        (stage.tangent(columns), multiply(jacobian, columns)),
        (stage.adjoint(rows), multiply(rows, jacobian)),
    ):
        every_point = np.broadcast_to(found.dense, (max(found.batch, expected.batch), *found.shape))
        np.testing.assert_allclose(every_point, np.broadcast_to(expected.dense, every_point.shape), rtol=1e-12, atol=1e-14)
        np.testing.assert_array_equal(found.pattern.boolean(), expected.pattern.boolean())


@pytest.mark.parametrize(("parameters", "expression", "point"), list(table_functions()))
@pytest.mark.parametrize("dtype", [float, np.longdouble])
def test_every_function_of_the_table(compiled, parameters, expression, point, dtype):
    assert_both_directions(compiled(parameters, expression), point[None].astype(dtype), np.random.default_rng(1))


@pytest.mark.parametrize("name", STAGES)
@given(seed=st.integers(0, 99), density=st.sampled_from([0.0, 0.4, 1.0]))
def test_stages_of_many_operations(compiled, name, seed, density):
    program = compiled(STAGES[name][0], *STAGES[name][1:])
    rng = np.random.default_rng(seed)
    assert_both_directions(program, rng.normal(size=(1, program.inputs)) ** 2 + 0.1, rng, density)


@pytest.mark.parametrize("name", STAGES)
def test_several_points_at_once(compiled, name):
    program = compiled(STAGES[name][0], *STAGES[name][1:])
    rng = np.random.default_rng(2)
    assert_both_directions(program, rng.normal(size=(5, program.inputs)) ** 2 + 0.1, rng)


@pytest.mark.parametrize("x", [-1.0, 0.0])
def test_a_branch_that_is_not_taken_never_contaminates(compiled, x):
    program = compiled("x, y", "where(x > 0, log(x)*sqrt(x), x*y)", "where(x > 0, norm([1/x, y]), y)")
    stage = linearise(program, np.array([[x, 3.0]]))
    identity = LinearMap.identity(2)
    for found in (stage.tangent(identity), stage.adjoint(identity)):
        np.testing.assert_array_equal(found.dense[0], [[3.0, x], [0.0, 1.0]])


def test_branches_are_taken_point_by_point(compiled):
    program = compiled("x", "where(x > 0, sqrt(x), -x)")
    found = linearise(program, np.array([[4.0], [-1.0]])).adjoint(LinearMap.identity(1))
    np.testing.assert_array_equal(found.dense[:, 0, 0], [0.25, -1.0])


def test_what_has_no_derivative_is_not_hidden(compiled):
    stage = linearise(compiled("x", "sqrt(x)"), np.array([[0.0]]))
    assert not np.isfinite(stage.tangent(LinearMap.identity(1)).values).all()
    assert not np.isfinite(stage.adjoint(LinearMap.identity(1)).values).all()


@pytest.mark.parametrize(
    ("parameters", "outputs", "edges"),
    [
        ("x", ("sin(x)",), 1),
        ("x, y", ("x*y",), 2),
        ("x", ("3*x",), 1),
        ("x", ("x",), 0),
        ("x", ("5",), 0),
        ("x, y", ("exp(x*y)", "exp(x*y)"), 3),
        ("v[4]", ("tanh(v)",), 4),
        ("v[4]", ("sum(v)",), 4),
        ("v[4]", ("softmax(v)",), 16),
        ("v[4], x", ("v*x",), 8),
        ("v[4]", ("v[2]",), 0),
        ("x, y", ("where(x > 0, x, y)",), 1),
    ],
)
def test_operations_are_the_edges_of_the_linearised_graph(compiled, parameters, outputs, edges):
    assert operations(compiled(parameters, *outputs)) == edges


def test_a_matrix_counts_its_entries(compiled):
    program = compiled("v[3]", "cumsum(v)")
    assert operations(program) == 6
    assert evaluation_operations(program) == 6


def test_an_evaluation_counts_what_varies(compiled):
    assert evaluation_operations(compiled("x, v[4]", "exp(2)*sin(x)", "v[2]")) == 2
    assert evaluation_operations(compiled("x, v[4]", "where(v > x and x > 1, v, x)")) == 4 + 1 + 4 + 4
    assert evaluation_operations(compiled("x", "7")) == 0
