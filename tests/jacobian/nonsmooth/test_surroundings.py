import math

import numpy as np
import pytest

from jacchain.jacobian.nonsmooth.germ import UNDEFINED, UNKNOWN, Germ, Real
from jacchain.jacobian.nonsmooth.surroundings import Side, View, looker, one_sided, sides


def germ(*terms, order=5.0):
    return Germ(tuple((float(e), Real(c)) for e, c in terms), order)


@pytest.mark.parametrize(
    ("y", "left", "right"),
    [
        (germ((0, 2), (1, 3)), Side(-3.0), Side(3.0)),
        (germ((0, 2), (2, 3)), Side(0.0), Side(0.0)),
        (germ((0, 2), (0.5, 3)), Side("-inf"), Side("inf")),
        (germ((0, 2), (0.5, -3)), Side("inf"), Side("-inf")),
        (germ((0, 5), (1, 3)), Side("-inf", jump=True), Side("inf", jump=True)),
        (germ((-1, 1)), Side("-inf", jump=True), Side("inf", jump=True)),
        (Real(2), Side(0.0), Side(0.0)),
        (Real(1), Side("inf", jump=True), Side("-inf", jump=True)),
        (UNDEFINED, Side("domain"), Side("domain")),
        (UNKNOWN, Side("unknown"), Side("unknown")),
        (germ((0, 2), order=0.5), Side("unknown"), Side("unknown")),
    ],
)
def test_one_sided_slopes_of_a_germ_beside_the_value_two(y, left, right):
    assert one_sided(Real(2), y, -1) == left
    assert one_sided(Real(2), y, 1) == right


def around(program, point, output=0):
    registers = program.registers(np.array([point], np.longdouble))[0]
    register = int(program.result_registers[output])
    every, none = np.ones(registers.size, bool), np.zeros(registers.size, bool)
    return View(program, registers, output, register, list(range(program.inputs)), every, none)


def test_both_sides_of_every_axis(compiled):
    view = around(compiled("x, y", "abs(x) + 3*y"), [0, 1])
    found = sides(view.program, view.registers, [0, 1], view.chosen)
    slopes = [
        one_sided(view.registers[view.register], found[j][k][view.register], 2 * k - 1).slope for j in (0, 1) for k in (0, 1)
    ]
    assert slopes == [-1, 1, 3, 3]


def test_a_direction_shows_the_gradient_of_its_cell_and_the_walls(compiled):
    look = looker(around(compiled("x, y", "max(x, y)*x"), [2, 2]), curved=False)
    above, below = look(np.array([-1, 1], Real)), look(np.array([1, -1], Real))
    assert above.gradient.astype(float) == pytest.approx([2, 2])
    assert below.gradient.astype(float) == pytest.approx([4, 0])
    (wall,) = above.walls
    assert wall.astype(float) == pytest.approx([-1, 1])
    assert above.holds(np.array([0, 1], Real))
    assert not above.holds(np.array([1, 0], Real))


def test_gradients_of_a_norm_at_zero_are_exact_in_every_direction(compiled):
    look = looker(around(compiled("x, y", "norm([x, y])"), [0, 0]), curved=True)
    cell = look(np.array([3, 4], Real))
    assert cell.curved
    assert cell.gradient.astype(float) == pytest.approx([0.6, 0.8], abs=1e-18)


def test_a_partial_derivative_that_grows_near_an_axis_is_found(compiled):
    look = looker(around(compiled("x, y", "sqrt(x*y)"), [0, 0]), curved=True)
    assert look(np.array([1, 1], Real)).gradient.astype(float) == pytest.approx([0.5, 0.5])
    assert look(np.array([1, 0], Real)).trouble == "infinite"


def test_leaving_the_domain_is_no_trouble(compiled):
    look = looker(around(compiled("x, y", "sqrt(x)^3 + y"), [0, 0]), curved=True)
    outside, inside = look(np.array([-1, 1], Real)), look(np.array([1, 1], Real))
    assert (outside.gradient, outside.trouble) == (None, "")
    assert inside.gradient.astype(float) == pytest.approx([0, 1])
    assert not math.isnan(float(inside.gradient[0]))
