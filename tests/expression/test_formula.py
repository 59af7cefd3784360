"""Formulas of Jacobians: they are what a lecture would write, and they are right."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.blackboard import Reader
from strategies.exact import evaluate, exactly, mp_array
from strategies.expressions import scalars, vectors
from strategies.programs import CONSTANTS, PARAMETERS

from jacchain.errors import Fragment
from jacchain.expression import Builder, compile_graph, parse
from jacchain.expression.formula import _units, derivative_formula
from jacchain.expression.texts import items
from jacchain.expression.tree import Call, Unary, fold, rebuilt
from jacchain.frozen import replace
from jacchain.jacobian.analytic import differentiate

KNOWN = CONSTANTS | {"c": np.array(2.0)}


def graph_of(parameters, *texts, constants=KNOWN, lets=()):
    builder = Builder(parameters, constants)
    for name, text in lets:
        fragment = Fragment.whole(text, name)
        builder.let(name, fragment, parse(fragment))
    fragments = [Fragment.whole(text, "f") for text in texts]
    return builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments])


def formula_of(parameters, *texts, names=(), lets=(), constants=KNOWN):
    formula = derivative_formula(graph_of(parameters, *texts, lets=lets, constants=constants), names)
    return formula and (formula.matrix or formula.entries)


@pytest.mark.parametrize(
    ("parameters", "texts", "names", "expected"),
    [
        # polar coordinates, both ways
        ([("r", ()), ("t", ())], ["r*cos(t)", "r*sin(t)"], ["x", "y"], (("cos(t)", "-r*sin(t)"), ("sin(t)", "r*cos(t)"))),
        (
            [("x", ()), ("y", ())],
            ["sqrt(x^2 + y^2)", "atan2(y, x)"],
            ["r", "t"],
            (("x/r", "y/r"), ("-y/(x^2 + y^2)", "x/(x^2 + y^2)")),
        ),
        # neurons and layers
        ([("z", (2,))], ["sigmoid(z)"], ["act[1]", "act[2]"], "diag(act*(1 - act))"),
        ([("z", (2,))], ["sigmoid(z)"], [], "diag(sigmoid(z)*(1 - sigmoid(z)))"),
        ([("v", (3,))], ["tanh(M @ v + b)"], ["h[1]", "h[2]", "h[3]"], "diag(1 - h^2) @ M"),
        ([("v", (3,))], ["W @ v"], [], "W"),
        ([("v", (3,))], ["2*W @ v"], [], "2*W"),
        ([("v", (3,))], ["(M + M) @ v"], [], "M + M"),
        ([("v", (2,))], ["v @ W"], [], "transpose(W)"),
        ([("v", (3,))], ["relu(M @ v)"], [], "diag(where(M @ v > 0, 1, 0)) @ M"),
        # losses
        ([("o", (3,))], ["sum((b - o)^2)/2"], ["E"], "(o - b)'"),
        ([("o", (3,))], ["o @ o"], ["L"], "2*o'"),
        ([("o", (3,))], ["o @ M @ o"], ["L"], "o' @ transpose(M) + (o @ M)'"),
        ([("z", (3,))], ["softmax(z)"], ["p[1]", "p[2]", "p[3]"], "diag(p) - outer(p, p)"),
        ([("z", (3,))], ["logsumexp(z) - z[2]"], ["L"], "(softmax(z) - I[2])'"),
        ([("p", (3,))], ["-log(p[1])"], ["L"], (("-1/p[1]", "0", "0"),)),
        ([("v", (3,))], ["norm(v)"], ["r"], "v'/r"),
        ([("v", (3,))], ["v/norm(v)"], ["n[1]", "n[2]", "n[3]"], "I/norm(v) - outer(v, v)/norm(v)^3"),
        # vectors
        ([("v", (3,))], ["softmax(M @ v)"], [], "(diag(softmax(M @ v)) - outer(softmax(M @ v), softmax(M @ v))) @ M"),
        ([("v", (3,))], ["sum((M @ v - b)^2)/2"], [], "(M @ v - b)' @ M"),
        ([("v", (3,))], ["2*sum(3*v)"], [], "6*1'"),
        ([("v", (3,))], ["-sum(3*(M @ v))"], [], "-3*1' @ M"),
        ([("v", (3,))], ["v - sum(v)/3"], [], "I - outer(1, 1)/3"),
        ([("v", (3,))], ["v*sum(v)"], [], "sum(v)*I + outer(v, 1)"),
        ([("v", (3,))], ["(v @ b)*b"], [], "outer(b, b)"),
        ([("v", (3,))], ["where(v > b, v^2, 0)"], [], "diag(where(v > b, 2*v, 0))"),
        ([("v", (3,))], ["v + sin(v)*v"], [], "diag(1 + v*cos(v) + sin(v))"),
        ([("v", (3,))], ["M @ (M @ tanh(v))"], [], "M @ M @ diag(1 - tanh(v)^2)"),
        ([("v", (3,))], ["-2*v"], [], "-2*I"),
        ([("v", (3,))], ["exp(-v^2/2)"], ["f[1]", "f[2]", "f[3]"], "-diag(f*v)"),
        ([("v", (3,))], ["prod(v)"], [], "[v[2]*v[3], v[1]*v[3], v[1]*v[2]]'"),
        ([("v", (5,))], ["prod(v)"], [], "prod_others(v)'"),
        ([("x", ()), ("y", ())], ["prod([x, y, 3])"], [], (("3*y", "3*x"),)),
        ([("v", (3,))], ["v + norm(v)*b"], [], "I + outer(b, v)/norm(v)"),
        ([("v", (3,))], ["v"], [], "I"),
        ([("v", (3,))], ["[v[1]*v[2], v[3]]"], [], (("v[2]", "v[1]", "0"), ("0", "0", "1"))),
        (
            [("q", (2,)), ("a", ()), ("x", ())],
            ["q", "x*cos(a)"],
            [],
            (("1", "0", "0", "0"), ("0", "1", "0", "0"), ("0", "0", "-x*sin(a)", "cos(a)")),
        ),
        # ordinary calculus
        ([("x", ())], ["x^3"], ["y"], (("3*x^2",),)),
        ([("x", ())], ["x^-2"], ["y"], (("-2/x^3",),)),
        ([("x", ())], ["sqrt(x)"], ["f"], (("1/(2*f)",),)),
        ([("x", ())], ["x^1.5"], ["f"], (("3*sqrt(x)/2",),)),
        ([("x", ())], ["1/x"], ["f"], (("-1/x^2",),)),
        ([("x", ())], ["exp(-x^2/2)"], ["f"], (("-f*x",),)),
        ([("x", ())], ["log(sin(x))"], ["f"], (("cos(x)/sin(x)",),)),
        ([("x", ()), ("y", ())], ["x^y"], ["f"], (("y*x^(y - 1)", "f*log(x)"),)),
        ([("x", ())], ["x*x"], ["f"], (("2*x",),)),
        ([("x", ())], ["x - x"], ["f"], (("0",),)),
        ([("x", ())], ["0.5*(x - 3)^2"], ["f"], (("x - 3",),)),
        ([("x", ())], ["max(x, 2)"], ["f"], (("where(x >= 2, 1, 0)",),)),
        ([("x", ())], ["c*x"], ["f"], (("c",),)),
        ([("v", (3,))], ["mean(v)"], ["m"], "1'/3"),
        ([("v", (3,))], ["sum(v)"], ["s"], "1'"),
        ([("v", (3,))], ["cumsum(v)"], [], "tril(1)"),
        ([("v", (3,))], ["reverse(v)"], [], "reverse(I)"),
        ([("v", (3,)), ("s", ())], ["v + s"], [], (("1", "0", "0", "1"), ("0", "1", "0", "1"), ("0", "0", "1", "1"))),
        ([("v", (3,)), ("s", ())], ["s*v"], [], "[[s*I, v]]"),
        ([("a", ())], ["[1, 2]*a"], [], "[1, 2]"),
    ],
)
def test_formulas_are_those_of_a_lecture(parameters, texts, names, expected):
    assert formula_of(parameters, *texts, names=names) == expected


def test_names_from_let_are_used():
    assert formula_of([("x", ())], "sin(u)*u", names=["f"], lets=[("u", "x^2")]) == (("2*u*x*cos(u) + 2*x*sin(u)",),)


def test_names_that_mean_something_else_are_not():
    assert formula_of([("x", ())], "exp(x)", names=["x"]) == (("exp(x)",),)
    assert formula_of([("x", ())], "exp(c*x)", names=["c"]) == (("c*exp(c*x)",),)
    assert formula_of([("x", ())], "exp(x)", names=["sin"]) == (("exp(x)",),)
    assert formula_of([("x", ())], "exp(x)", names=["e"]) == (("exp(x)",),)
    assert formula_of([("I", (2,))], "2*I") == "2*Id"


def test_equal_numbers_keep_the_names_they_were_written_with():
    constants = {"a": np.array(2.0), "b": np.array(2.0)}
    assert formula_of([("x", ())], "a*x + 2*x^2 + b*x^3", constants=constants) == (("a + 4*x + 3*b*x^2",),)


def test_what_nobody_would_read_is_not_written():
    long = " + ".join(f"sin({k}*x)*cos(x)^{k}" for k in range(2, 40))
    assert formula_of([("x", ())], long) is None
    assert formula_of([("v", (30,))], *(f"v[{k}]*v[{k + 1}]" for k in range(1, 29))) is None


@pytest.mark.parametrize("sign", ["*", "/", "+"])
def test_the_work_on_a_formula_is_bounded(sign):
    names = [f"x{k}" for k in range(300)]
    assert formula_of([(name, ()) for name in names], sign.join(f"sin({name})" for name in names)) is None


def test_powers_of_powers_of_numbers_are_not_worked_out_to_every_digit():
    assert formula_of([("x", ())], "x*(((((3^99)^99)^99)^99)^99)") == (("((3^99)^99)^970299",),)


def test_ten_thousand_expressions_are_given_up_at_once():
    names = [f"x{k}" for k in range(10_000)]
    assert formula_of([(name, ()) for name in names], *(f"sin({name})" for name in names)) is None


def numbers_of(graph, point):
    """The number of every name a formula may use: parameters, constants, lets, outputs and built-ins."""
    scope = {name: to_objects(value) for name, value in KNOWN.items()}
    scope |= {"pi": exactly(np.pi), "e": exactly(np.e)}
    for parameter in graph.parameters:
        values = point[parameter.start : parameter.start + parameter.size]
        scope[parameter.name] = mp_array(values)[0] if parameter.shape else values[0]
    return scope


def to_objects(array):
    flat = mp_array(array.reshape(-1))[0]
    return flat.reshape(array.shape) if array.ndim else flat[0]


def read_jacobian(graph, formula, point):
    """The numbers of a formula, block by block, by the evaluator of the tests."""
    scope = numbers_of(graph, point)
    outputs = items(graph)
    values = iter(evaluate(replace(graph, outputs=tuple(outputs)), point))
    for output in outputs:
        size = graph.nodes[output].size
        own = [next(values) for _ in range(size)]
        if graph.nodes[output].shape or not any(graph.nodes[number].shape for number in outputs):
            scope[f"out{outputs.index(output)}"] = mp_array(own)[0] if graph.nodes[output].shape else own[0]
    units = _units(graph)
    if formula.entries:
        entries = [[Reader(scope).block(notation(text), (1, 1))[0, 0] for text in row] for row in formula.entries]
        return np.array(entries, object)
    texts = split(formula.matrix, len(outputs), len(units))
    rows = []
    for output, row in zip(outputs, texts, strict=True):
        blocks = []
        for unit, text in zip(units, row, strict=True):
            n = graph.nodes[unit.node].size if unit.wide else 1
            tree = notation(text)
            blocks.append(Reader(scope, n).block(tree, (graph.nodes[output].size, n)))
        rows.append(np.concatenate(blocks, axis=1))
    return np.concatenate(rows)


def notation(text):
    """A formula as a tree: what the language lacks is put in the place of a call."""
    return transposed(parse(Fragment.whole(primed(text), "formula")))


def primed(text):
    """``u'`` written as a call ``row(u)`` that the parser knows."""
    while "'" in text:
        end = text.index("'")
        start = operand_start(text, end)
        text = f"{text[:start]}row({text[start:end]}){text[end + 1 :]}"
    return text


def operand_start(text, end):
    depth, start = 0, end
    while start > 0:
        character = text[start - 1]
        if character in ")]":
            depth += 1
        elif character in "([":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and not (character.isalnum() or character in "._"):
            break
        start -= 1
    return start


def transposed(tree):
    def rule(part, parts):
        whole = rebuilt(part, tuple(parts))
        return Unary("'", whole.arguments[0]) if isinstance(whole, Call) and whole.name == "row" else whole

    return fold(tree, rule)


def split(matrix, outputs, units):
    """The texts of the blocks of one matrix expression."""
    return [[matrix]] if outputs == units == 1 else [top_level(row) for row in top_level(matrix)]


def top_level(text):
    """What stands between the commas of a list."""
    depth, parts, current = 0, [], ""
    for character in text[1:-1]:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += character
    return [*parts, current.strip()]


@given(st.one_of(scalars(), vectors()), st.booleans())
def test_formulas_are_the_jacobian(text, named):
    graph = graph_of(PARAMETERS, text)
    size = graph.output_size
    names = ["out0"] if graph.nodes[graph.outputs[0]].shape == () else [f"out0[{k + 1}]" for k in range(size)]
    formula = derivative_formula(graph, names if named and len(items(graph)) == 1 else ())
    if formula is None:
        return
    point = np.array([0.3, -0.8, 0.5, -0.2, 1.1, 0.9, 0.4, -0.7, -0.6, 0.35])
    expected = differentiate(compile_graph(graph), point[None].astype(np.longdouble)).linear.dense[0].astype(float)
    with mpmath.workdps(30):
        found = read_jacobian(graph, formula, [exactly(x) for x in point]).astype(float)
    assert np.allclose(found, expected, rtol=1e-11, atol=1e-11), (formula, found, expected)
