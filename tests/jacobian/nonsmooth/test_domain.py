import numpy as np
import pytest

from jacchain.errors import JacchainError, Problem
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.dependence import needed
from jacchain.jacobian.nonsmooth.domain import led_here, refuse_derivatives, refuse_values


def refuse_failures(name, program, derivative):
    used = needed(program, derivative.registers)
    refuse_values(name, program, derivative.registers, used)
    refuse_derivatives(name, program, derivative, used)


def refused(program, point):
    with pytest.raises(JacchainError) as caught:
        refuse_failures("f", program, differentiate(program, np.array([point], np.longdouble)))
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "point", "expected"),
    [
        ("x + log(x - 3)", [1, 0], ("JC401", "log(x - 3)", "x - 3 = -2")),
        ("sqrt(x*y)", [2, -3], ("JC401", "sqrt(x*y)", "x*y = -6")),
        ("1/(x - y)", [2, 2], ("JC401", "1/(x - y)", "x - y = 0")),
        ("atan2(x, y)", [0, 0], ("JC401", "atan2(x, y)", "x = 0, y = 0")),
        ("tanh(exp(x*y))", [400, 400], ("JC402", "exp(x*y)", "x*y = 160000")),
        ("x*x", [1e300, 0], ("JC402", "x*x", "x = 1e+300")),
        ("exp(x)", [1000, 0], ("JC402", "exp(x)", "x = 1000")),
        ("[y, exp(x)][2]", [1000, 0], ("JC402", "exp(x)", "x = 1000")),
        ("x^x", [0, 0], ("JC401", "x^x", "x = 0")),
    ],
)
def test_the_sub_expression_that_fails_is_named_with_what_it_was_given(compiled, text, point, expected):
    code, place, label = expected
    problem = refused(compiled("x, y", text), point)
    assert problem.code == code
    assert problem.label == label
    if place:
        line, column = problem.span.position
        assert (line, column) == (1, text.index(place) + 1)
        assert f"`{place}`" in problem.message


def test_a_derivative_that_overflows_is_told_from_a_value(compiled):
    problem = refused(compiled("x, y", "sin(1e200*x)*1e200*y"), [1e-200, 1.0])
    assert (problem.code, problem.kind) == ("JC403", "overflow")


def test_a_domain_is_stated_in_the_note(compiled):
    for text, note in (
        ("acosh(y)", "`acosh(x)` is defined for x >= 1"),
        ("y^y", "`x^p` is defined for x > 0 or (x == 0 and p > 0)"),
        ("1/y", "`a/b` is defined for b != 0"),
        ("y^-2", "`x^n` is defined for x != 0 or n >= 0"),
        ("layernorm([y, 1], y - 1)", "`layernorm(v, epsilon)` is defined for epsilon >= 0"),
    ):
        assert refused(compiled("y", text), [0.0]).notes == (note,)


def test_what_is_not_used_may_fail(compiled):
    program = compiled("x, v[2]", "where(x > 0, x, log(x))", "log(v)[1]")
    refuse_failures("f", program, differentiate(program, np.array([[1.0, 2.0, -5.0]])))


def test_the_way_to_a_failure_is_told_in_order():
    undefined = Problem("JC401", "undefined")
    (problem,) = led_here([undefined], [("x", np.array([1.0, 2.0])), ("polar", np.array([0.5]))])
    assert problem.notes[-1] == "on the way here: x = (1, 2), polar = 0.5"
    (problem,) = led_here([undefined], [(f"f{number}", np.array([number])) for number in range(20)])
    assert problem.notes[-1] == "on the way here: " + ", ".join(
        [*(f"f{number} = {number}" for number in range(4)), "…", *(f"f{number} = {number}" for number in range(16, 20))]
    )
