"""The scale of a function, told from its values: what a sine is to its argument, infinite for what has none."""

import numpy as np
import pytest

from jacchain.expression.table import ROWS
from jacchain.jacobian.differences.scales import AT_ZERO, LEVELLING, SMOOTH, own_scales


def scales(program, x, dtype=float):
    here = np.array([x], dtype)
    move = 1e-9 * np.maximum(np.abs(here), 1)
    found = own_scales([program], here, here + move)
    return None if found is None else found[0] * move[0, 0]


@pytest.mark.parametrize(
    ("formula", "x", "scale"),
    [
        ("sin(x)", -1e9, 1),
        ("sin(x) + x^2", -1e9, 1),
        ("x^2*exp(x/1000)", 1e6, 1000),
        ("exp(50*sin(100*x))", 0.0, 1 / 5000),
        ("sin(x^2)", 300.0, 1 / 600),
        ("2^x", 1e5, 1),
        ("x^2.5 + tanh(x - 7)", 1e5, 1),
        ("x + atan(x)", 1e8, 1e8),
        ("x + atan(x - 12345)", 12345.0, 1),
        ("x^3 + square(x) - x^5", 1e8, np.inf),
        ("sqrt(x)*log(x) - abs(x)", 1e8, 1e8),
        ("1/(x - 3)", 3.001, 0.001),
        ("max(x, 7) + where(x < 8, x, 2)", 7.25, 0.25),
    ],
)
def test_a_scale_is_that_of_the_argument_seen_from_the_input(compiled, formula, x, scale):
    found = scales(compiled("x", formula), [x])
    if np.isinf(scale):
        assert found is None or np.isinf(found[0])
    else:
        assert found[0] == pytest.approx(scale, rel=0.01)


@pytest.mark.parametrize(
    ("formula", "point", "scale"),
    [
        ("hypot(x, y)", [1e-30, 1e-20], 1e-20),
        ("norm([x, 3*y])", [1e-30, 1e-20], 3e-20),
        ("atan2(x, y) + normalize([x, y])[2]", [-4.0, 1e-20], 4),
        ("(x + y)^-2", [1e-30, 1e-20], 1e-20),
        ("(x + y)^2", [1e-30, 1e-20], np.inf),
        ("(x + y)^0.5", [3.0, 1e9], 1e9),
        ("max([x, y, 7])", [5.0, 7.5], 2.5),
        ("max(x, y, 7)", [8.0, 7.5], 0.5),
        ("floor(x + y)", [5.0, 0.25], 0.25),
        ("mod(x, y)", [2.3, 1.0], 0.3),
        ("layernorm([x, y], 1e-30)[1]", [1e-40, 1e-40], 2e-15),
        ("asin(x + y)", [0.0, 0.999], 0.001),
        ("tan(x + y)", [0.0, 1.57], np.cos(1.57)),
    ],
)
def test_a_corner_a_pole_and_an_edge_are_as_far_as_they_are(compiled, formula, point, scale):
    program, here = compiled("x, y", formula), np.array([point])
    move = 1e-9 * scale if np.isfinite(scale) else 1e-9
    found = own_scales([program], here, here + np.array([move, 0.0]))
    assert (np.inf if found is None else found[0, 0] * move) == pytest.approx(scale, rel=1e-3)


def test_outputs_have_scales_of_their_own(compiled):
    program = compiled("x, v[2]", "x^2", "sin(x)", "v[1]*v[2]", "sum(softmax(100*v))", "[[1, 2], [3, 4]] @ cos(v)")
    found = scales(program, [1e4, 1e4, 1e4])
    assert np.isinf(found[[0, 2]]).all()
    assert found[1] == pytest.approx(1, rel=0.01)
    assert found[3] < 1 / 50
    assert (found[4:] < 2).all()


def test_the_lists_name_operations_that_exist():
    known = {name for name in SMOOTH | AT_ZERO | LEVELLING if name.isidentifier()}
    assert known - {"where", "gather", "stack", "matrix", "not", "and", "or"} <= set(ROWS)
    assert not SMOOTH & (LEVELLING | AT_ZERO)
