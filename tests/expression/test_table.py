"""Every row of the table, against definitions in mpmath: values and derivatives, to the last digits and wherever a double goes.

A new row is picked up by itself: without a definition below, its own value to 250 digits is one.  The derivative to compare
with is a quotient of differences of such values, which no rule has a part in.
"""

import itertools

import mpmath
import numpy as np
import pytest
from strategies import blackboard
from strategies.exact import Exact, exactly, mp_array

from jacchain.errors import Fragment
from jacchain.expression import Builder, compile_graph, parse
from jacchain.expression.table import BY_ARITY, FUNCTIONS, OPERATORS, ROWS, operation
from jacchain.expression.tree import Name, postorder
from jacchain.jacobian.analytic import differentiate

NAMES = {name: called for (called, _), (name, _) in BY_ARITY.items()}
TESTED = [name for name in ROWS if name not in {"where", "transpose", "^n"}]
VECTORS = [name for name in TESTED if any(isinstance(a, list) for a in ROWS[name].at) and name != "cross"]

# fmt: off
DEFINITIONS = blackboard.FUNCTIONS | {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "neg": lambda a: -a, "*": lambda a, b: a*b, "/": lambda a, b: a/b,
    "^": lambda x, p: x**p, "pow": lambda x, p: x**p, "sec": lambda x: 1/mpmath.cos(x), "csc": lambda x: 1/mpmath.sin(x),
    "cot": lambda x: mpmath.cos(x)/mpmath.sin(x), "ln": mpmath.log, "log base": lambda x, b: mpmath.log(x)/mpmath.log(b),
    "clip": lambda x, low, high: min(max(x, low), high), "swish": lambda x: x*blackboard.sigmoid(x),
    "leaky_relu": lambda x: x if x > 0 else x*exactly(0.01), "leaky_relu slope": lambda x, slope: x if x > 0 else x*slope,
    "elu": lambda x: x if x > 0 else mpmath.expm1(x), "elu scale": lambda x, a: x if x > 0 else a*mpmath.expm1(x),
    "norm1": lambda v: sum(map(abs, v)), "cumsum": lambda v: np.array(list(itertools.accumulate(v)), object),
    "cross": lambda u, v: [u[1]*v[2] - u[2]*v[1], u[2]*v[0] - u[0]*v[2], u[0]*v[1] - u[1]*v[0]],
    "max of": max, "min of": min, "layernorm epsilon": blackboard.layernorm,
}
# fmt: on
DIGITS = 420
STEP = mpmath.mpf(10) ** -60
NOTHING = mpmath.mpf(10) ** -295
"""Below this a quotient of differences of what cancels altogether is zero."""

DOUBLE, LONG = 8, 0.6
"""Units of the last place that a value and a derivative may be off by: worked out in doubles, and in longer floats."""

# fmt: off
LOOSER = {  # in doubles only: an argument that is rounded on the way is amplified far out, or a sum cancels
    "^": 64, "pow": 64, "silu": 64, "swish": 64, "gelu": 1024, "normcdf": 1024, "logsumexp": 64, "softmax": 64, "log_softmax": 64,
}
# fmt: on
FAMILY_OF_ERF = 4
"""The same for functions that the platform has in doubles only."""


def defined(name):
    """The function in mpmath: of numbers and object vectors, to a flat list of numbers."""
    row = ROWS[name]

    def own(*arguments):
        return row.value(Exact(), *map(mp_array, arguments))[0]

    function = DEFINITIONS.get(name, own)
    return lambda *arguments: list(np.atleast_1d(np.asarray(function(*arguments), object)))


def split(flat, shapes):
    """The arguments of which ``flat`` has all the numbers."""
    arguments, start = [], 0
    for shape in shapes:
        size = shape[0] if shape else 1
        arguments.append(np.array(flat[start : start + size], object) if shape else flat[start])
        start += size
    return arguments


def exact_derivative(function, point, shapes):
    """Value and Jacobian at a point of doubles, None where the definition has no real number."""
    x = [exactly(number) for number in point]
    try:
        value = function(*split(x, shapes))
        columns = []
        for j in range(len(x)):
            h = min(abs(x[j]) or 1, 1) * STEP
            above, below = (function(*split([*x[:j], x[j] + s * h, *x[j + 1 :]], shapes)) for s in (1, -1))
            columns.append([(p - q) / (2 * h) for p, q in zip(above, below, strict=True)])
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    if any(isinstance(number, mpmath.mpc) for number in itertools.chain(value, *columns)):
        return None
    return value, list(zip(*columns, strict=True))


def text_of(name, parameters):
    if name in {"+", "-", "*", "/", "^"}:
        return f" {name} ".join(parameters)
    return f"-{parameters[0]}" if name == "neg" else f"{NAMES.get(name, name)}({', '.join(parameters)})"


def compiled(shapes, text):
    builder = Builder([(f"p{i}", shape) for i, shape in enumerate(shapes)], {})
    fragment = Fragment.whole(text, "test")
    return compile_graph(builder.graph([builder.output(fragment, parse(fragment))]))


def program_of(name, shapes):
    return compiled(shapes, text_of(name, [f"p{i}" for i in range(len(shapes))]))


def shapes_of(name, size=None):
    return [(size or len(a),) if isinstance(a, list) else () for a in ROWS[name].at]


def at(name):
    return np.concatenate([np.atleast_1d(np.asarray(a, float)) for a in ROWS[name].at])


def places(name, shapes):
    """Points for a row: its test point, random ones, saturated, tiny, huge, and close to 1, -1 and 0."""
    random = np.random.default_rng(len(name))
    n = sum(shape[0] if shape else 1 for shape in shapes)

    def signed(low, high, count):
        sizes = 10.0 ** random.uniform(low, high, (count, 1)) * random.uniform(0.5, 1, (count, n))
        return random.choice([-1.0, 1.0], (count, n)) * sizes

    found = [random.normal(size=(12, n)), signed(0.5, 1.7, 12), signed(-60, -5, 6), signed(2, 60, 6)]
    found += [1 + signed(-14, -4, 6), -1 + signed(-14, -4, 4), np.abs(signed(-2, 0, 6))]
    return np.concatenate([at(name)[None], *found] if n == at(name).size else found)


def admitted(name, shapes, points):
    """The points inside the stated domain, and off the stated switches."""
    row = ROWS[name]
    inside, off = np.ones(len(points), bool), np.ones(len(points), bool)
    parameters = list(zip(row.parameters.split(", "), shapes, strict=False))
    if row.domain:
        inside = condition(parameters, row.domain)(points)
    if row.switch and row.switch != "gap":
        off = ~condition(parameters, f"{row.switch} == 0")(points)
    return inside, off


def condition(parameters, text):
    builder = Builder(parameters, {})
    fragment = Fragment.whole(f"where({text}, 1, 0)", "stated")
    program = compile_graph(builder.graph([builder.output(fragment, parse(fragment))]))
    return lambda points: program.values(points)[:, 0] == 1


def ulps(found, exact, room=0):
    """The distance of a double from what is exact, in units of the last place of what is exact; the room is free."""
    if abs(exact) < NOTHING and found == 0:
        return 0.0
    if abs(exact) > np.finfo(float).max:
        return 0.0 if np.isinf(found) or abs(found) > 1e308 else np.inf
    if not np.isfinite(found):
        return np.inf
    return float(max(abs(exactly(found) - exact) - room, 0) / exactly(np.spacing(abs(float(exact)))))


def bound(name, program, dtype):
    if dtype is float:
        return LOOSER.get(name, DOUBLE)
    return FAMILY_OF_ERF if program.double else LONG


def rooms(name, dtype, point, value, slopes):
    """What values and derivatives may be off by because vectors cancel: a few last places of the largest that is added up.

    ``(values, derivatives)``; a derivative of what is standardised is as large as its terms, one over the spread.
    """
    if not any(isinstance(a, list) for a in ROWS[name].at):
        return [0] * len(value), [0] * len(value)
    last = 16 * np.finfo(dtype).eps
    terms = [sum(abs(slope * exactly(x)) for slope, x in zip(row, point, strict=True)) for row in slopes]
    of_values = [exactly(last) * term for term in terms]
    if not name.startswith("layernorm"):
        return of_values, [0] * len(value)
    x = list(map(exactly, point[: len(value)]))
    mean = sum(x) / len(x)
    spread = mpmath.sqrt(sum((number - mean) ** 2 for number in x) / len(x)) or mpmath.mpf(1)
    amplified = 1 + max(map(abs, x)) / spread
    return of_values, [exactly(last) * amplified / spread] * len(value)


LONGER = [float, np.longdouble] if np.finfo(np.longdouble).nmant > np.finfo(float).nmant else [float]
SIZED = [(name, None) for name in TESTED] + [
    (name, size) for name in VECTORS for size in (1, 2, 5) if (name, size) != ("layernorm", 1)
]


@pytest.mark.parametrize(("name", "size"), SIZED, ids=str)
def test_values_and_derivatives_are_right_to_the_last_digits_wherever_a_double_goes(name, size):
    shapes = shapes_of(name, size)
    program, points = program_of(name, shapes), places(name, shapes)
    inside, off = admitted(name, shapes, points)
    points = points[inside & off]
    assert len(points) >= 6
    function = defined(name)
    derivatives = [(dtype, differentiate(program, points.astype(dtype))) for dtype in LONGER]
    compared = 0
    with mpmath.workdps(DIGITS):
        for k, point in enumerate(points):
            exact = exact_derivative(function, point, shapes)
            if exact is None:
                continue
            compared += 1
            for dtype, derivative in derivatives:
                slopes = derivative.linear.dense.astype(float)[k if len(derivative.linear.values) > 1 else 0]
                found = np.column_stack([derivative.values[k].astype(float), slopes])
                rows = [[v, *row] for v, row in zip(*exact, strict=True)]
                of_values, of_slopes = rooms(name, dtype, point, *exact)
                for i, (own, row) in enumerate(zip(found, rows, strict=True)):
                    for j, (number, true) in enumerate(zip(own, row, strict=True)):
                        off_by = ulps(number, true, of_slopes[i] if j else of_values[i])
                        assert off_by <= bound(name, program, dtype), (point, dtype, i, j, number, float(true))
    assert compared >= 6


@pytest.mark.parametrize("name", [name for name in TESTED if shapes_of(name) == [()] and not program_of(name, [()]).real])
def test_beside_the_real_line_the_real_part_is_the_value(name):
    program, points = program_of(name, [()]), places(name, [()])
    points = points[admitted(name, [()], points)[0]]
    size = np.abs(program.values(points)[:, 0])
    points = points[(size > np.finfo(float).tiny) & (size < np.finfo(float).max)]
    assert len(points) >= 6
    assert program.values(points + 1e-200j).real == pytest.approx(program.values(points), rel=1e-12, abs=0)


@pytest.mark.parametrize("exponent", [-3, -2, -1, 0, 1, 2, 3, 7])
def test_whole_powers_take_bases_of_any_sign(exponent):
    program = compiled([()], f"p0^({exponent})")
    points = np.array([[-2.0], [-0.3], [1e-40], [-7e40], [1.7], [-1.0]])
    derivative = differentiate(program, points)
    slopes = np.broadcast_to(derivative.linear.dense, (len(points), 1, 1))
    with mpmath.workdps(60):
        for k, (x,) in enumerate(points):
            assert ulps(derivative.values[k, 0], exactly(x) ** exponent) <= 2
            assert ulps(slopes[k, 0, 0], exponent * exactly(x) ** (exponent - 1) if exponent else mpmath.mpf(0)) <= 3


def test_powers_at_zero_have_the_limits_of_their_slopes():
    for text, value, slope in [("p0^2", 0, 0), ("p0^1", 0, 1), ("p0^0", 1, 0), ("p0^2.5", 0, 0), ("p0^1.5", 0, 0)]:
        derivative = differentiate(compiled([()], text), np.zeros((1, 1)))
        assert derivative.values[0, 0] == value
        assert derivative.linear.dense[0, 0, 0] == slope
    slopes = differentiate(compiled([(), ()], "p0^p1"), np.array([[0.0, 2.5]])).linear.dense[0, 0]
    assert slopes.tolist() == [0, 0]


@pytest.mark.parametrize("name", [name for name in TESTED if ROWS[name].domain and name != "tan"])
def test_outside_its_domain_a_function_has_no_number(name):
    shapes = shapes_of(name)
    program = program_of(name, shapes)
    random = np.random.default_rng(7)
    points = np.concatenate([random.normal(size=(60, program.inputs)) * 3, np.zeros((1, program.inputs))])
    inside, _ = admitted(name, shapes, points)
    assert not inside.all()
    outside = differentiate(program, points[~inside])
    assert (~np.isfinite(outside.values).all(-1) | ~np.isfinite(outside.linear.values).all(-1)).all()


@pytest.mark.parametrize("name", [name for name in TESTED if ROWS[name].shown])
def test_the_formula_on_the_blackboard_is_the_rule(name):
    row, shapes = ROWS[name], shapes_of(name)
    parameters = row.parameters.split(", ")[: len(shapes)]
    program = program_of(name, shapes)
    random = np.random.default_rng(3)
    points = np.concatenate([at(name)[None], at(name) + 0.2 * random.normal(size=(5, at(name).size))])
    inside, off = admitted(name, shapes, points)
    points = points[inside & off]
    assert len(points)
    with mpmath.workdps(40):
        for point in points:
            found = differentiate(program, point[None].astype(LONGER[-1])).linear.dense[0].astype(float)
            arguments = split([exactly(x) for x in point], shapes)
            scope = dict(zip(parameters, arguments, strict=True)) | {"n": mpmath.mpf(np.size(arguments[0]))}
            scope |= {"pi": exactly(np.pi)}
            first = 0
            for shown, argument in zip(row.shown, arguments, strict=True):
                n = np.size(argument)
                tree = parse(Fragment.whole(shown, "shown"))
                if row.form == "row":
                    expected = blackboard.Reader(scope, n).block(tree, (n, 1)).T
                else:
                    expected = blackboard.Reader(scope, n).block(tree, (program.outputs, n))
                own = found[:, first : first + n]
                assert np.allclose(own, expected.astype(float), rtol=1e-13, atol=1e-15), (shown, point)
                first += n


@pytest.mark.parametrize(("name", "size"), SIZED, ids=str)
def test_the_zero_pattern_holds_at_every_point(name, size):
    shapes = shapes_of(name, size)
    program = program_of(name, shapes)
    random = np.random.default_rng(5)
    points = at(name) + random.normal(size=(8, at(name).size)) if size is None else random.normal(size=(8, program.inputs))
    linear = differentiate(program, points).linear
    promised = {tuple(key) for key in zip(linear.pattern.rows.tolist(), linear.pattern.columns.tolist(), strict=True)}
    values = program.values(points)
    for j in range(program.inputs):
        moved = points.copy()
        moved[:, j] += random.normal(size=len(points))
        for i in np.flatnonzero((program.values(moved) != values).any(0)):
            assert (int(i), j) in promised


def test_elementwise_rows_keep_the_derivative_of_a_vector_diagonal():
    for name in (name for name in TESTED if ROWS[name].form == "diagonal" and ROWS[name].arity == 1 and not ROWS[name].defined):
        linear = differentiate(program_of(name, [(4,)]), np.full((1, 4), at(name)[0])).linear
        assert linear.pattern.rows.tolist() == linear.pattern.columns.tolist() == [0, 1, 2, 3], name


def test_an_argument_that_a_partial_does_not_contain_is_stated():
    for name in (name for name in TESTED if ROWS[name].rule):
        row, shapes = ROWS[name], shapes_of(name)
        program, random = program_of(name, shapes), np.random.default_rng(1)
        points = at(name) * (1 + 0.1 * random.uniform(size=(2, at(name).size)))
        slopes = differentiate(program, points.astype(float)).linear.dense
        for position in row.linear:
            first = sum(shape[0] if shape else 1 for shape in shapes[:position])
            size = shapes[position][0] if shapes[position] else 1
            moved = points[:1].copy()
            moved[0, first : first + size] *= 1.7
            again = differentiate(program, moved).linear.dense[0]
            assert np.array_equal(again[:, first : first + size], slopes[0][:, first : first + size]), name


@pytest.mark.parametrize(
    ("text", "point", "slopes"),
    [
        # the saturated derivatives at which other tools lose every digit
        ("sigmoid(p0)", [36], lambda x: [1 / (2 + mpmath.exp(x) + mpmath.exp(-x))]),
        ("tanh(p0)", [18], lambda x: [mpmath.sech(x) ** 2]),
        ("tanh(p0)", [-350], lambda x: [mpmath.sech(x) ** 2]),
        ("expm1(p0)", [-40], lambda x: [mpmath.exp(x)]),
        ("gelu(p0)", [-9], lambda x: [mpmath.ncdf(x) + x * mpmath.npdf(x)]),
        ("acos(p0)", [1 - 1e-10], lambda x: [-1 / mpmath.sqrt((1 - x) * (1 + x))]),
        ("hypot(p0, p1)", [3e-200, 4e-200], lambda x, y: [x / mpmath.hypot(x, y), y / mpmath.hypot(x, y)]),
        ("hypot(p0, p1)", [3e200, 4e200], lambda x, y: [x / mpmath.hypot(x, y), y / mpmath.hypot(x, y)]),
        ("atan2(p0, p1)", [3e-200, 4e-200], lambda y, x: [x / (x * x + y * y), -y / (x * x + y * y)]),
        ("norm([p0, p1])", [3e200, 4e200], lambda x, y: [x / mpmath.hypot(x, y), y / mpmath.hypot(x, y)]),
        ("log1p(p0)", [1e-300], lambda x: [1 / (1 + x)]),
        ("logsumexp([p0, p1])", [1000, 700], lambda x, y: [1 / (1 + mpmath.exp(y - x)), 1 / (1 + mpmath.exp(x - y))]),
        ("softplus(p0)", [-700], lambda x: [1 / (1 + mpmath.exp(-x))]),
        ("cbrt(p0)", [-8], lambda x: [1 / (3 * mpmath.cbrt(-x) ** 2)]),
    ],
)
def test_derivatives_keep_their_digits_where_other_tools_lose_them(text, point, slopes):
    found = differentiate(compiled([()] * len(point), text), np.array([point], float)).linear.dense[0, 0]
    with mpmath.workdps(400):
        for own, true in zip(found, slopes(*map(exactly, point)), strict=True):
            assert ulps(own, true) <= 4


def test_a_call_means_the_row_of_its_name_and_number_of_arguments():
    assert operation("log", 1) == "log"
    assert operation("log", 2) == "log base"
    assert operation("max", 1) == "max of"
    assert operation("max", 5) == "max"
    assert operation("sin", 2) is None
    assert operation("layernorm", 2) == "layernorm epsilon"


def test_every_function_has_a_row_that_a_person_can_read():
    assert not set(OPERATORS) & set(FUNCTIONS)
    for name, row in ROWS.items():
        assert row.shown or row.defined or row.linear or name in {"where", "transpose"}, name
        assert row.defined or name in {"where", "transpose", "cumsum", "reverse"} or (row.value and row.rule), name
        assert len(row.at) == (2 if row.arity == -1 else row.arity), name
        assert all(0 <= place < abs(row.arity) + (row.arity == -1) for place in row.linear), name


@pytest.mark.parametrize("name", [name for name in TESTED if ROWS[name].defined])
def test_a_definition_is_an_expression_of_its_parameters(name):
    row = ROWS[name]
    used = {part.name for part in postorder(parse(Fragment.whole(row.defined, "definition"))) if isinstance(part, Name)}
    assert used <= set(row.parameters.split(", "))


@pytest.mark.parametrize("name", [name for name, row in FUNCTIONS.items() if row.switch])
def test_a_row_says_that_it_jumps_where_values_on_both_sides_are_apart(name):
    place = np.array(
        {"atan2": [0, -1], "mod": [4, 2], "max": [1, 1], "min": [1, 1], "norm": [0, 0]}.get(name, [0] * ROWS[name].arity)
    )
    shapes = [(place.size,)] if name == "norm" else [()] * place.size
    letters = ["abc"[number] for number in range(len(shapes))]
    fragment = Fragment.whole(f"{name}({', '.join(letters)})", name)
    builder = Builder(list(zip(letters, shapes, strict=True)), {})
    program = compile_graph(builder.graph([builder.output(fragment, parse(fragment))]))
    first = np.eye(place.size)[0]
    below, above = program.values(np.stack([place - 1e-9 * first, place + 1e-9 * first]))[:, 0]
    assert ROWS[name].jumps == (abs(above - below) > 0.5)
