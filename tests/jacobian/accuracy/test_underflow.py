"""What is smaller than any double is said to be so, and what is zero is not."""

import numpy as np
import pytest

from jacchain.jacobian.accuracy.underflow import vanished
from jacchain.jacobian.analytic import LONGER, differentiate
from jacchain.pipeline import from_expressions
from jacchain.pipeline.stage import Stage
from jacchain.run import Request, run


def remarks(compiled, text, point, dtype=np.longdouble):
    program = compiled("x, y", text)
    derivative = differentiate(program, np.array([point], dtype))
    stage = Stage(1, "f", "f", ("x", "y"), ("f",), program)
    return [remark.message for remark in vanished(stage, derivative)]


@pytest.mark.parametrize("dtype", [float, np.longdouble])
@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("exp(-x)", [20000, 0]),
        ("x*y", [1e-200, 1e-200]),
        ("x^40", [1e-200, 0]),
        ("sigmoid(x)", [-20000, 0]),
        ("x/y", [1e-200, 1e200]),
        ("prod([x, y, x])", [1e-150, 1e-150]),
        ("erfc(x)", [40, 0]),
    ],
)
def test_values_that_cannot_be_zero(compiled, text, point, dtype):
    assert "`f` is too small for a double" in remarks(compiled, text, point, dtype)[0]


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("x*y", [0, 3]),
        ("relu(-x)*y", [1, 2]),
        ("exp(x)*0", [1, 1]),
        ("x - y", [3, 3]),
        ("x^2", [0, 1]),
        ("softmax([x, y])[1]", [1, 2]),
    ],
)
def test_zeros_that_are_zero(compiled, text, point):
    assert remarks(compiled, text, point) == []


@pytest.mark.skipif(not LONGER, reason="nothing is longer than a double here")
def test_derivatives_beside_values_that_are_none(compiled):
    (remark,) = remarks(compiled, "1 + exp(-x)", [1000, 0])
    assert "∂f/∂x is too small for a double" in remark


def test_differences_are_no_witness_of_what_rounds_to_zero():
    """Their Jacobian may have entries that the analytic one has not: the condition of a choice is read, not differentiated."""
    (stage,) = from_expressions(["f(x, y): [where(x > 0, y, 1), x*y]"], at="2,3").differentiated_by("difference").stages
    derivative = differentiate(stage.program, np.array([[2, 1e-330]], np.longdouble))
    said = [remark.message for remark in vanished(stage, derivative)]
    assert not any("∂" in message for message in said)
    pipeline = from_expressions(["f(x, y): [x, where(x > 0, y^2, 1), floor(x)]"], at="2.5,0")
    report = run(pipeline, Request(method="difference"))
    assert report.stages[0].jacobian.linear.pattern.count == 4
    assert not report.diagnostics
