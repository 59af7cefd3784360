"""The scale of a function, told from its values: what a sine is to its argument, infinite for what has none."""

import numpy as np
import pytest

from jacchain.expression.table import ROWS
from jacchain.jacobian.differences.scales import AT_ZERO, LEVELLING, PART, SMOOTH, own_scales


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
        ("x^3 + square(x) - hypot(x, 1)", 1e8, np.inf),
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
        assert found[0] == pytest.approx(PART * scale, rel=0.01)


def test_outputs_have_scales_of_their_own(compiled):
    program = compiled("x, v[2]", "x^2", "sin(x)", "v[1]*v[2]", "sum(softmax(100*v))", "[[1, 2], [3, 4]] @ cos(v)")
    found = scales(program, [1e4, 1e4, 1e4])
    assert np.isinf(found[[0, 2]]).all()
    assert found[1] == pytest.approx(PART, rel=0.01)
    assert found[3] < PART / 50
    assert (found[4:] < 2 * PART).all()


def test_the_lists_name_operations_that_exist():
    known = {name for name in SMOOTH | AT_ZERO | LEVELLING if name.isidentifier()}
    assert known - {"where", "gather", "stack", "matrix", "not", "and", "or"} <= set(ROWS)
    assert not SMOOTH & (LEVELLING | AT_ZERO)
