import numpy as np
import pytest

from jacchain.expression.intervals import IntervalArithmetic
from jacchain.expression.table import FUNCTIONS, ROWS
from jacchain.jacobian.dependence import needed
from jacchain.jacobian.nonsmooth.limits import active, evaluated, limits, outside, standing
from jacchain.linear.interval import Interval


def at(program, point):
    registers = program.registers(np.array([point], np.longdouble))
    return registers, needed(program, registers)


def is_active(program, point):
    registers, used = at(program, point)
    return bool(active(program, registers, used).any())


@pytest.mark.parametrize(
    ("text", "on", "off"),
    [
        ("abs(x)", 0, 1e-300),
        ("relu(x)", 0, -1e-300),
        ("sign(x)", 0, 2),
        ("floor(x)", 3, 3.5),
        ("ceil(x)", -2, -2.5),
        ("mod(x, 3)", 6, 7),
        ("sqrt(x)", 0, 1e-9),
        ("asin(x)", -1, 0.999),
        ("acosh(x)", 1, 1.001),
        ("x^1.5", 0, 0.1),
        ("hypot(x, 0)", 0, 1),
        ("norm([x, 2*x])", 0, 1),
        ("atan2(x, -1)", 0, 1),
        ("max(x, 1, 2)", 2, 1.5),
        ("min(x, 1, 2)", 1, 2),
        ("max([x, 1, 2])", 2, 1),
        ("where(x < 1, x, 2*x)", 1, 0),
        ("where(not x != 1, x, 2*x)", 1, 0),
    ],
)
def test_switches_and_edges_are_noticed_exactly_there(compiled, text, on, off):
    program = compiled("x", text)
    assert is_active(program, [on])
    assert not is_active(program, [off])


@pytest.mark.parametrize(
    "text", ["x^2", "1/(x + 1)", "tan(x)", "exp(x)", "layernorm([x, 1, 2])", "where(x > -1 or x > 0, x, -x)"]
)
def test_nothing_is_noticed_where_nothing_can_happen(compiled, text):
    assert not is_active(compiled("x", text), [0.0])


def test_a_tie_below_the_maximum_is_none(compiled):
    assert not is_active(compiled("x, y, z", "max(x, y, z)"), [1, 1, 2])
    assert not is_active(compiled("v[3]", "min(v)"), [1, 2, 2])


def test_what_no_output_uses_does_not_count(compiled):
    assert not is_active(compiled("x", "where(x < 5, x, abs(x))"), [0.0])


@pytest.mark.parametrize(
    ("text", "point", "operation"),
    [("atan2(x, y)", [0, 0], "atan2"), ("log(x) + y", [-1, 0], "log"), ("mod(y, x)", [0, 1], "mod"), ("y/x", [0, 1], "/")],
)
def test_operations_outside_their_domain_are_found_also_where_the_machine_returns_a_number(compiled, text, point, operation):
    program = compiled("x, y", text)
    ((instruction, found),) = outside(program, *at(program, point))
    assert (instruction.operation, found.tolist()) == (operation, [[True]])
    assert not any(outside(program, *at(program, [1.0, 2.0])))


@pytest.mark.parametrize("name", [name for name, row in FUNCTIONS.items() if row.domain and row.form == "diagonal"])
def test_a_value_is_finite_where_the_domain_says_so(compiled, name):
    """The row's own condition against the machine's arithmetic, on a grid of both sides."""
    arity = ROWS[name].arity
    program = compiled(", ".join(f"x{k}" for k in range(arity)), f"{name}({', '.join(f'x{k}' for k in range(arity))})")
    grid = [-2.5, -1.0, -0.25, 0.0, 0.25, 1.0, 2.5]
    for x in grid:
        for y in grid if arity == 2 else [0.0]:
            point = [x, y][:arity]
            registers, used = at(program, point)
            inside = not any(outside(program, registers, used))
            finite = bool(np.isfinite(registers[0, program.results]).all())
            assert finite or not inside, (name, point)
            assert inside or not finite or name == "atan2", (name, point)


def test_the_same_condition_is_read_in_intervals(compiled):
    program = compiled("x", "asin(x)")
    stated = limits(program.instructions[0])
    truth = evaluated(IntervalArithmetic(), stated.domain, {"x": Interval([[0.5, 0.9, 2.0]], [[0.6, 1.1, 3.0]])})
    assert truth.always.tolist() == [[True, False, False]]
    assert truth.ever.tolist() == [[True, True, False]]


@pytest.mark.parametrize(
    "text", ["abs(x - 1)", "1/(x - 1)", "floor(x)", "mod(x, 1)", "where(x < 1, x, 0)", "max(x, 1)", "log(x - 1)"]
)
def test_whatever_turns_stands_otherwise_on_the_other_side(compiled, text):
    program = compiled("x", text)
    registers = program.registers(np.array([[0.9], [0.8], [1.1]], np.longdouble))
    used = needed(program, registers[:1])[0]
    states = [state.reshape(3, -1) for state in standing(program, registers, used)]
    assert all((state[0] == state[1]).all() for state in states)
    assert any((state[0] != state[2]).any() for state in states)
