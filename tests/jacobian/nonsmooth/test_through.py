"""What stages at kinks hide from each other shows in the slopes of the whole chain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.jacobian.nonsmooth import through
from jacchain.jacobian.nonsmooth.through import chain_remarks
from jacchain.pipeline.stage import Stage


def chained(compiled, *functions):
    stages = []
    for index, (parameters, *outputs) in enumerate(functions, 1):
        program = compiled(parameters, *outputs)
        names = tuple(f"f{index}_{k}" for k in range(len(outputs)))
        stages.append(Stage(index, f"f{index}", f"f{index}", tuple(parameters.split(", ")), names, program))
    return stages


# fmt: off
CANCEL = [
    ([("x", "relu(x)", "relu(-x)"), ("a, b", "a - b")], 0, 1),
    ([("x", "max(x, 0)", "min(x, 0)"), ("a, b", "a + 2*b - min(b, 0)")], 0, 1),
    ([("x", "abs(x - 1)", "x"), ("a, b", "where(b > 1, a, -a)")], 1, 1),
]
INSIDE = [
    ([("x", "abs(x)"), ("y", "y^2")], 0, 0),
    ([("x", "abs(x)"), ("y", "y + 1")], 0, 0),
    ([("x", "x", "-x"), ("a, b", "max(a, b)")], 0, 0),
    ([("x", "relu(x)"), ("y", "relu(y)")], 0, 0),
]
# fmt: on


@pytest.mark.parametrize(("functions", "x", "slope"), CANCEL)
def test_kinks_that_cancel_later_are_said_to(compiled, functions, x, slope):
    (remark,) = chain_remarks(chained(compiled, *functions), np.array([float(x)]), np.zeros((1, 1)))
    assert (remark.left, remark.right, remark.used) == (slope, slope, 0)
    assert f"the chain has the derivative {slope}" in remark.message
    assert remark.stage is None


@pytest.mark.parametrize(("functions", "x", "used"), INSIDE)
def test_what_lies_between_both_slopes_needs_no_word(compiled, functions, x, used):
    assert chain_remarks(chained(compiled, *functions), np.array([float(x)]), np.array([[float(used)]])) == []


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3))
def test_both_slopes_of_a_bent_chain_and_what_is_outside_them(compiled, a, b, used):
    stages = chained(compiled, ("x, y", "relu(x)", "relu(-x)", "y"), ("p, q, r", f"({a})*p - ({b})*q + r"))
    found = chain_remarks(stages, np.array([0.0, 2.0]), np.array([[used, 1.0]]))
    low, high = sorted((a, b))
    if low < used < high:
        assert found == []
    elif not low - 1e-6 <= used <= high + 1e-6:
        assert (found[0].left, found[0].right) == (b, a)
        assert (found[0].output, found[0].input) == ("f2_0", "x")


def test_large_chains_are_left_alone(compiled, monkeypatch):
    monkeypatch.setattr(through, "WORK", 3)
    assert chain_remarks(chained(compiled, *CANCEL[0][0]), np.zeros(1), np.zeros((1, 1))) == []
