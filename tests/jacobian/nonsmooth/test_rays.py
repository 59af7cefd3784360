import numpy as np
import pytest

from jacchain.errors import Fragment
from jacchain.expression import Builder, compile_graph, parse
from jacchain.expression.table import BY_ARITY, FUNCTIONS, ROWS
from jacchain.jacobian.nonsmooth.germ import Germ, Real
from jacchain.jacobian.nonsmooth.germ_arithmetic import GermArithmetic
from jacchain.jacobian.nonsmooth.rays import along

NAMES = {operation: name for (name, _), (operation, _) in BY_ARITY.items()}
CALLABLE = [name for name in ROWS if name in FUNCTIONS or name in NAMES]
STEP = 2.0**-10


def compiled(name, at):
    parameters = [(f"p{i}", (len(a),) if isinstance(a, list) else ()) for i, a in enumerate(at)]
    builder = Builder(parameters, {})
    text = f"{NAMES.get(name, name)}({', '.join(parameter for parameter, _ in parameters)})"
    fragment = Fragment.whole(text, "test")
    return compile_graph(builder.graph([builder.output(fragment, parse(fragment))]))


@pytest.mark.parametrize("name", [name for name in CALLABLE if name not in {"transpose", "where"}])
def test_the_germ_of_every_function_is_its_value_nearby(name):
    at = ROWS[name].at
    program = compiled(name, at)
    point = np.array([number for a in at for number in np.atleast_1d(a)], np.longdouble)
    direction = np.asarray(0.5 + np.arange(point.size) / 7, np.longdouble)
    starts = np.array(
        [[Germ(((0.0, x), (1.0, d)), 5.0) if x else Germ(((1.0, d),), 5.0) for x, d in zip(point, direction, strict=True)]]
    )
    registers = program.registers(point[None])
    values = along(program, registers[0], starts, np.ones(registers.shape[1], bool), GermArithmetic())[0, program.results]
    nearby = program.values((point + STEP * direction)[None])[0]
    for y, number in zip(values, nearby, strict=True):
        total = sum(c * Real(STEP) ** Real(e) for e, c in y.terms) if isinstance(y, Germ) else y
        assert float(total) == pytest.approx(float(number), rel=1e-11, abs=1e-13)


@pytest.mark.parametrize(
    ("name", "at", "side", "lead", "factor"),
    [
        ("asin", 1.0, -1, 0.5, -np.sqrt(2)),
        ("acos", 1.0, -1, 0.5, np.sqrt(2)),
        ("acosh", 1.0, 1, 0.5, np.sqrt(2)),
        ("sqrt", 0.0, 1, 0.5, 1.0),
        ("cbrt", 0.0, -1, 1 / 3, -1.0),
    ],
)
def test_roots_at_the_edge_of_a_domain(name, at, side, lead, factor):
    program = compiled(name, [at])
    terms = ((0.0, Real(at)), (1.0, Real(side))) if at else ((1.0, Real(side)),)
    registers = program.registers(np.array([[at]], np.longdouble))
    chosen = np.ones(registers.shape[1], bool)
    starts = np.array([[Germ(terms, 5.0)]])
    y = along(program, registers[0], starts, chosen, GermArithmetic())[0, program.results][0]
    assert y.without(0.0).lead == pytest.approx(lead)
    assert float(y.without(0.0).terms[0][1]) == pytest.approx(factor)
    opposite = np.array([[Germ(tuple((e, c if e == 0 else -c) for e, c in terms), 5.0)]])
    beyond = along(program, registers[0], opposite, chosen, GermArithmetic())[0, program.results][0]
    assert (beyond.lost == "domain") == (name != "cbrt")
