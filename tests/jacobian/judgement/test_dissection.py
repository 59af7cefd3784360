"""The derivative taken apart: adjoints and tangents meet at every cut, and one changed local partial changes entries as said."""

import numpy as np
import pytest

from jacchain.jacobian.analytic import derivative_of, differentiate
from jacchain.jacobian.judgement.dissection import LARGEST, dissect

CASES = [
    ("r, t", ["r*cos(t)", "r*sin(t)"], [2, 0.7]),
    ("v[3]", ["tanh(cumsum(v))*norm(v)"], [1, -2, 3]),
    ("v[3]", ["softmax(v) + where(v[1] > 0, v, v[2])"], [1, 2, 3]),
    ("x, y", ["exp(-x^2)/y", "max(x, y)*x^y", "y"], [0.7, 1.4]),
    ("u[2], v[2]", ["u @ v + logsumexp([u, v])", "mean(u*v)"], [0.7, 1.4, -1, 2]),
]


@pytest.mark.parametrize(("parameters", "outputs", "x"), CASES, ids=[case[1][0] for case in CASES])
def test_adjoints_of_inputs_and_tangents_of_outputs_are_both_the_jacobian(compiled, parameters, outputs, x):
    program = compiled(parameters, *outputs)
    whole = dissect(program, np.array(x, float))
    jacobian = differentiate(program, np.array([x], float)).linear.dense[0]
    results = np.arange(program.start.size)[program.results]
    assert np.abs(whole.tangent[results] - jacobian).max() <= 1e-14 * np.abs(jacobian).max()
    assert np.abs(whole.adjoint[:, : program.inputs] - jacobian).max() <= 1e-14 * np.abs(jacobian).max()


@pytest.mark.parametrize(("parameters", "outputs", "x"), CASES, ids=[case[1][0] for case in CASES])
def test_entries_are_linear_in_each_local_partial(compiled, parameters, outputs, x):
    program = compiled(parameters, *outputs)
    x = np.array(x, float)
    whole = dissect(program, x)
    plain = derivative_of(program, program.registers(x[None])).linear.dense[0]
    last = program.instructions[whole.instruction[-1]]
    edges = np.flatnonzero(whole.instruction == whole.instruction[-1])
    for i in range(program.outputs):
        if program.start.size - 1 not in np.arange(program.start.size)[program.results][i : i + 1]:
            continue
        through = sum(
            whole.shares(i, 0)[edge] * whole.partial[edge] for edge in edges if whole.output[edge] == last.output.stop - 1
        )
        assert through == pytest.approx(plain[i, 0], rel=1e-13, abs=1e-15)


def test_what_is_too_large_is_left_whole(compiled):
    program = compiled("v[3000]", "cumsum(v)")
    assert program.start.size * 6000 > LARGEST
    assert dissect(program, np.ones(3000)) is None
