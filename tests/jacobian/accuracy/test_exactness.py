"""What is called exact is what fractions make of the expression, read by another evaluator; rounding is never called exact."""

import ast
import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.errors import JacchainError
from jacchain.jacobian.accuracy.exactness import are_exact
from jacchain.pipeline import from_expressions
from jacchain.run import Request, run

OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def exactly(node, names):
    """An expression of Python in fractions, a literal the nearest double."""
    match node:
        case ast.BinOp():
            return OPERATIONS[type(node.op)](exactly(node.left, names), exactly(node.right, names))
        case ast.UnaryOp():
            return -exactly(node.operand, names)
        case ast.Name():
            return names[node.id]
        case ast.Constant():
            return Fraction(node.value)
    raise AssertionError(node)


def expressions():
    leaves = st.sampled_from(["x", "y", "0.1", "3.0", "0.5", "1e20", "7.0"])
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            st.builds("({} {} {})".format, parts, st.sampled_from("+-*/"), parts), st.builds("({})**2".format, parts)
        ),
        max_leaves=6,
    )


@given(expressions(), st.sampled_from([0.0, 3.0, 0.1, -2.5, 1e-9]), st.sampled_from([1.0, 1 / 3, 1024.0]))
def test_sums_products_and_quotients_are_exact_where_every_step_is(text, x, y):
    program = from_expressions([f"f(x, y): {text}"], f"{x!r},{y!r}").stages[0].program
    registers = program.registers(np.array([[x, y]], np.longdouble))
    value = registers[0, program.results][0]
    if are_exact(program, registers, program.result_registers):
        assert Fraction(*value.as_integer_ratio()) == exactly(
            ast.parse(text, mode="eval").body, {"x": Fraction(x), "y": Fraction(y)}
        )


# fmt: off
SURE = [
    ("cos(x)", 0), ("1 - exp(x)", 0), ("log(x)", 1), ("acos(x)", 1), ("x/3", 3), ("sqrt(x)", 4), ("0.1*x - 0.3", 3),
    ("norm([x, 4])", 3), ("[1, 2] @ [x, x/2]", 5), ("cbrt(x)", 27), ("x^3 - 8", 2), ("where(x > 1, x, 1/3*x)", 2),
]
ROUNDED = [
    ("cos(x)", 1e-10), ("sin(x)", 1), ("x/3", 1), ("sqrt(x)", 2), ("(1 + x) - 1", 1e-30), ("sum([x, 1e-30])", 1),
    ("where(x > 1, x, sin(x))", 0.5), ("max(x, cos(x))", 3), ("x^(1/3)", 8),
]
EDGES = [
    ("sqrt(1 - cos(x))", "1e-10", "JC411"), ("floor(3*(x/3))", "1", "JC411"), ("sqrt(x^2 - 1)", "1", "JC406"),
    ("floor(3*x)", "1", "JC405"), ("sqrt(log(x))", "1", "JC406"), ("abs(x)^(1/3)", "0", "JC406"),
]
# fmt: on


@pytest.mark.parametrize(("text", "x", "expected"), [(*case, case in SURE) for case in (*SURE, *ROUNDED)])
def test_functions_are_exact_where_their_values_are_known(text, x, expected):
    program = from_expressions([f"f(x): {text}"], repr(x)).stages[0].program
    assert are_exact(program, program.registers(np.array([[x]], np.longdouble)), program.result_registers) == expected


@pytest.mark.parametrize(("text", "x", "code"), EDGES)
def test_an_edge_that_only_rounding_reached_is_refused_for_that_reason(text, x, code):
    with pytest.raises(JacchainError) as refused:
        run(from_expressions([f"f(x): {text}"], x), Request())
    assert refused.value.problems[0].code == code


@pytest.mark.parametrize(
    ("text", "x", "spoilt"), [("0.1*x - 0.3", "3", False), ("(1 + x) - 1", "1e-18", True), ("1 - cos(x)", "1e-9", True)]
)
def test_a_small_difference_of_exact_numbers_has_not_lost_its_digits(text, x, spoilt):
    found = run(from_expressions([f"f(x): {text}"], x), Request())
    assert [remark.code for remark in found.diagnostics] == ["JC414"] * spoilt
    assert (found.stages[0].error_bar is not None) == spoilt


def test_a_kink_does_not_hide_that_its_output_has_lost_its_digits():
    found = run(from_expressions(["f(x, y): abs(x) + (1 - cos(y))/y^2"], "0,1e-10"), Request())
    assert [remark.code for remark in found.diagnostics] == ["JC407", "JC414"]
    assert found.jacobian.dense[0, 0, 0] == 0
