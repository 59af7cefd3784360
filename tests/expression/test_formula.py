"""The formula on the blackboard means the numbers beside it: it is worked out by Python and compared with the engine."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.errors import Fragment
from jacchain.expression import Builder, compile_graph, parse
from jacchain.expression.formula import Formula, derivative_formula
from jacchain.expression.graph import Graph
from jacchain.jacobian.analytic import differentiate

W = np.array([[0.5, -1.25, 2], [0.75, 1, -0.5], [-2, 0.25, 1.5]])
B = np.array([0.3, -0.6, 0.9])
POINT = np.array([[0.7, 1.9, 0.4]])


class Column(np.ndarray):
    """A column or a matrix with its transpose under a short name."""

    @property
    def t(self) -> np.ndarray:
        return self.T


def column(*numbers: float) -> np.ndarray:
    return np.array(numbers, float).reshape(-1, 1).view(Column)


def softmax(v: np.ndarray) -> np.ndarray:
    return np.exp(v) / np.exp(v).sum()


BLACKBOARD = {
    **{name: getattr(np, name) for name in ("sin", "cos", "exp", "log", "sqrt", "tanh", "sign", "where", "max", "prod", "abs")},
    "norm": np.linalg.norm,
    "dot": np.vdot,
    "diag": lambda u: np.diagflat(u * np.ones((3, 1))),
    "outer": np.outer,
    "softmax": softmax,
    "sum": np.sum,
    "ones": column(1, 1, 1),
    "I": np.eye(3),
    "W": W,
    "b": column(*B),
    "v": column(*POINT[0]),
    "x": POINT[0, 0],
    "y": POINT[0, 1],
}


def worked_out(text: str) -> np.ndarray:
    """A formula by Python: ``u'`` is a row, ``^`` a power."""
    python = re.sub(r"\b1'", "ones.t", text).replace("'", ".t").replace("^", "**")
    return np.asarray(eval(python, dict(BLACKBOARD)))


def graph(parameters: list[tuple[str, tuple[int, ...]]], *outputs: str) -> Graph:
    builder = Builder(parameters, {"W": W, "b": B})
    fragments = [Fragment.whole(output, "test") for output in outputs]
    return builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments])


def of_vector(*outputs: str) -> tuple[Formula | None, np.ndarray]:
    made = graph([("v", (3,))], *outputs)
    return derivative_formula(made), differentiate(compile_graph(made), POINT).linear.dense[0]


@pytest.mark.parametrize(
    ("output", "formula"),
    [
        ("tanh(W @ v + b)", "diag(1 - tanh(W @ v + b)^2) @ W"),
        ("softmax(W @ v)", "(diag(softmax(W @ v)) - outer(softmax(W @ v), softmax(W @ v))) @ W"),
        ("sum((W @ v - b)^2)/2", "(W @ v - b)' @ W"),
        ("sum((b - v)^2)/2", "(v - b)'"),
        ("v @ v", "2*v'"),
        ("norm(v)", "(v/norm(v))'"),
        ("2*sum(3*v)", "6*1'"),
        ("-sum(3*(W @ v))", "-3*1' @ W"),
        ("v - sum(v)/3", "I - 1*1'/3"),
        ("v*sum(v)", "sum(v)*I + v*1'"),
        ("v/norm(v)", "I/norm(v) - v*(v/norm(v))'/norm(v)^2"),
        ("(v @ b)*b", "b*b'"),
        ("where(v > b, v^2, 0)", "diag(where(v > b, 2*v, 0))"),
        ("v + sin(v)*v", "diag(1 + v*cos(v) + sin(v))"),
        ("W @ (W @ tanh(v))", "W @ W @ diag(1 - tanh(v)^2)"),
        ("sum(b*log(v) + (1 - b)*log(1 - v/9))", "(b/v - (1 - b)/(9*(1 - v/9)))'"),
        ("-2*v", "-2*I"),
        ("exp(-v^2/2)", "-diag(exp(-v^2/2)*v)"),
        ("W @ v + sum(v)", "W + 1*1'"),
        ("prod(v)", "(prod(v)/v)'"),
        ("v + norm(v)*b", "I + b*(v/norm(v))'"),
    ],
)
def test_matrix_formula_is_short_and_right(output, formula):
    shown, numbers = of_vector(output)
    assert shown == Formula(matrix=formula)
    np.testing.assert_allclose(np.broadcast_to(worked_out(formula), numbers.shape), numbers, rtol=1e-13, atol=1e-15)


def test_blocks_of_numbers_zeros_and_identities_are_entries():
    passing = graph([("q", (2,)), ("a", ()), ("x", ())], "q", "x*cos(a)")
    entries = (("1", "0", "0", "0"), ("0", "1", "0", "0"), ("0", "0", "-x*sin(a)", "cos(a)"))
    assert derivative_formula(passing) == Formula(entries=entries)


def test_rows_are_outputs_where_a_list_is_one_vector():
    shown, numbers = of_vector("[v[1]*v[2], v[3]]")
    assert shown == Formula(entries=(("v[2]", "v[1]", "0"), ("0", "0", "1")))
    assert numbers.tolist() == [[POINT[0, 1], POINT[0, 0], 0], [0, 0, 1]]


expressions = st.recursive(
    st.sampled_from(["x", "y", "2", "0.5", "3"]),
    lambda parts: st.one_of(
        st.builds("({} {} {})".format, parts, st.sampled_from("+-*/"), parts),
        st.builds("{}({})".format, st.sampled_from(["sin", "cos", "exp", "tanh"]), parts),
        st.builds("log(2 + ({})^2)".format, parts),
        st.builds("sqrt(1 + ({})^2)".format, parts),
        st.builds("({})^{}".format, parts, st.integers(0, 3)),
    ),
    max_leaves=8,
)


@given(expressions)
def test_entries_mean_the_derivative(expression):
    made = graph([("x", ()), ("y", ())], expression)
    shown = derivative_formula(made)
    derivative = differentiate(compile_graph(made), POINT[:, :2].astype(np.longdouble))
    if shown is None or not np.isfinite(derivative.registers).all() or np.abs(derivative.registers).max() > 1e6:
        return
    assert shown.entries is not None
    numbers = derivative.linear.dense[0, 0].astype(float)
    if not np.isfinite(numbers).all():
        return
    with np.errstate(all="ignore"):
        try:
            values = [float(worked_out(entry)) for entry in shown.entries[0]]
        except ZeroDivisionError:
            return
    np.testing.assert_allclose(values, numbers, rtol=1e-7, atol=1e-9 * (1 + np.abs(numbers).max()))


@pytest.mark.parametrize("sign", ["*", "/", "+"])
def test_formulas_nobody_reads_are_not_written(sign):
    names = [f"x{i}" for i in range(300)]
    assert derivative_formula(graph([(name, ()) for name in names], sign.join(f"sin({name})" for name in names))) is None
