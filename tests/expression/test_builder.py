"""Tree to graph: what names mean, which shapes go together, and what is said where they do not."""

import numpy as np
import pytest

from jacchain.codes import CODES
from jacchain.errors import Fragment, JacchainError
from jacchain.expression import Budget, Builder, compile_graph, evaluate_constant, parse
from jacchain.expression.budget import WORK

CONSTANTS = {
    "W": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    "S": np.array([[2.0, 1.0], [0.0, 3.0]]),
    "b": np.array([10.0, 20.0]),
    "c": np.array(2.5),
}
PARAMETERS = [("x", ()), ("y", ()), ("u", (2,)), ("v", (3,)), ("w", (3,))]
POINT = {"x": [0.5], "y": [-2.0], "u": [1.0, 2.0], "v": [1.0, 2.0, 3.0], "w": [0.5, -1.0, 4.0]}


def program(text, lets=(), parameters=PARAMETERS, budget=None):
    builder = Builder(parameters, CONSTANTS, budget)
    for name, written in lets:
        fragment = Fragment.whole(written, name)
        builder.let(name, fragment, parse(fragment))
    fragment = Fragment.whole(text, "f")
    return compile_graph(builder.graph([builder.output(fragment, parse(fragment))]))


def value(text, lets=()):
    point = np.concatenate([POINT[name] for name, _ in PARAMETERS])
    return program(text, lets).values(point[None])[0].tolist()


def problem(text, lets=(), budget=None):
    with pytest.raises(JacchainError) as caught:
        program(text, lets, budget=budget)
    (found,) = caught.value.problems
    assert found.code in CODES
    assert 0 <= found.span.start <= found.span.end <= len(found.span.source.text)
    return found


def constant(text):
    fragment = Fragment.whole(text, "c")
    return evaluate_constant(fragment, parse(fragment), CONSTANTS)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("W @ v", [14, 32]),
        ("u @ W", [9, 12, 15]),
        ("b @ u", [50]),
        ("v @ w", [10.5]),
        ("transpose(W) @ u", [9, 12, 15]),
        ("u @ W @ v", [78]),
        ("S @ S @ u", [14, 18]),
        ("(S + S) @ u", [8, 12]),
        ("2*S @ u", [8, 12]),
        ("-S @ u", [-4, -6]),
        ("S/2 @ u", [2, 3]),
        ("[[x, 2], [0, y]] @ u", [4.5, -4]),
        ("u @ [[x, 2], [0, y]]", [0.5, -2]),
        ("W[1] @ v", [14]),
        ("W[1, 2] + W[2, 3]", [8]),
        ("W[:, 2] @ u", [12]),
        ("W[1:2, 1:2] @ u", [5, 14]),
        ("v[2:3]", [2, 3]),
        ("v[:2]", [1, 2]),
        ("v[2:]", [2, 3]),
        ("v[:]", [1, 2, 3]),
        ("v[1 + 1]", [2]),
        ("x[1]", [0.5]),
        ("[x, v][2]", [1]),
        ("[x, v][4]", [3]),
        ("[[x, y], u]", [0.5, -2, 1, 2]),
        ("x*v", [0.5, 1, 1.5]),
        ("v^2", [1, 4, 9]),
        ("v^[1, 2, 0]", [1, 4, 1]),
        ("2^v", [2, 4, 8]),
        ("y^3", [-8]),
        ("y^-2", [0.25]),
        ("y^(4/2)", [4]),
        ("y**2", [4]),
        ("-y^2", [-4]),
        ("max(x, y, 3)", [3]),
        ("max(v)", [3]),
        ("max(v, w)", [1, 2, 4]),
        ("min(v, 2)", [1, 2, 2]),
        ("sum(x)", [0.5]),
        ("softmax(x)", [1]),
        ("cumsum(v)", [1, 3, 6]),
        ("cumsum(x)", [0.5]),
        ("reverse(v)", [3, 2, 1]),
        ("cross([1, 0, 0], [0, 1, 0])", [0, 0, 1]),
        ("norm1(w)", [5.5]),
        ("clip(v, 1.5, 2.5)", [1.5, 2, 2.5]),
        ("where(x > 0, 1, 2)", [1]),
        ("where(v > w, v, w)", [1, 2, 4]),
        ("where(x > 0 and not y > 0 or x == 7, v, 0)", [1, 2, 3]),
        ("pi - pi", [0]),
        ("π", [np.pi]),
        ("tau - 2*pi", [0]),
        ("log(8, 2)", [3]),
        ("leaky_relu(y)", [-0.02]),
        ("leaky_relu(y, 0.5)", [-1]),
        ("pow(y, 2)", [4]),
        ("c*x", [1.25]),
    ],
)
def test_expressions_mean_what_they_say(text, numbers):
    assert value(text) == pytest.approx(numbers, rel=1e-15, abs=1e-15)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("v + u", "JC204", ["3 and 2"]),
        ("v * u", "JC204", ["`u @ v`"]),
        ("W * v", "JC202", ["`@`"]),
        ("W * W", "JC202", ["`@`"]),
        ("W + v", "JC202", []),
        ("W + S", "JC202", ["2×3", "2×2"]),
        ("W @ u", "JC203", ["3 and 2"]),
        ("x @ v", "JC203", ["`*`"]),
        ("W @ S", "JC203", []),
        ("u @ transpose(S)[1, 1]", "JC203", ["`*`"]),
        ("v[0]", "JC206", ["count from 1", "[1]"]),
        ("v[-1]", "JC206", ["[3]"]),
        ("v[4]", "JC207", ["there are 3"]),
        ("x[2]", "JC207", ["there is 1"]),
        ("v[1.5]", "JC206", ["whole number"]),
        ("v[x]", "JC206", ["does not depend on the inputs"]),
        ("v[3:2]", "JC207", ["both ends"]),
        ("v[1, 1]", "JC207", ["one index"]),
        ("W[1, 1, 1]", "JC207", ["two indices"]),
        ("W", "JC212", ["2×3 matrix"]),
        ("x > 0", "JC211", ["where(condition, 1, 0)"]),
        ("1 + (x > 0)", "JC211", ["where(condition, a, b)"]),
        ("where(x, 1, 2)", "JC211", ["condition"]),
        ("x and y", "JC211", ["comparison"]),
        ("(x > 0) < 1", "JC211", ["compares numbers"]),
        ("W > 0", "JC205", []),
        ("sin(W)", "JC205", ["`W[1]`"]),
        ("transpose(v)", "JC205", []),
        ("[W, x]", "JC205", []),
        ("cross(u, v)", "JC204", ["length 3"]),
        ("dot(u, v)", "JC204", []),
        ("layernorm(v, u)", "JC204", ["number"]),
        ("sin", "JC251", ["`sin(...)`"]),
        ("sine(x)", "JC253", ["`sin`"]),
        ("foo", "JC252", ["known here"]),
        ("inf", "JC252", ["finite"]),
        ("NaN", "JC252", ["finite"]),
        ("\u0445", "JC252", ["U+0445", "cyrillic"]),
        ("v(1)", "JC253", ["`v[1]`"]),
        ("x(y)", "JC253", ["`x*(...)`"]),
        ("sin(x, y)", "JC254", ["`sin(x)`"]),
        ("log(x, y, 2)", "JC254", ["`log(x, base)`"]),
        ("norm(x, y)", "JC254", ["`norm([a, b])`"]),
        ("where(x > 0, 1)", "JC254", ["where(condition, a, b)"]),
        ("v + (1:2)", "JC154", []),
    ],
)
def test_what_does_not_fit_is_said_with_the_way_out(text, code, words):
    found = problem(text)
    assert found.code == code
    said = " ".join([found.message, found.help, *found.notes])
    for word in words:
        assert word in said


def test_a_parameter_goes_before_a_let_before_a_constant_before_a_built_in():
    assert value("x", [("x", "100")]) == [0.5]
    assert value("c", [("c", "100")]) == [100]
    assert value("pi", [("pi", "3")]) == [3]
    assert value("c") == [2.5]


def test_lets_read_those_before_them_only():
    assert value("b1 + a1", [("a1", "x + 1"), ("b1", "2*a1")]) == [4.5]
    assert problem("a1", [("a1", "b1 + 1"), ("b1", "x")]).code == "JC252"


def test_an_argument_of_an_abbreviation_is_not_looked_up_again():
    """Inside a definition names mean its own parameters and functions, never what the caller calls so."""
    parameters = [("low", ()), ("x", ())]
    assert program("clip(low, x, 9)", parameters=parameters).values(np.array([[1.0, 2.0]])).tolist() == [[2.0]]


def test_equal_sub_expressions_are_one_node():
    nodes = program("sin(x)*sin(x) + sin(x)").graph.nodes
    assert sum(node.operation == "sin" for node in nodes) == 1


def test_what_no_output_needs_is_left_out():
    graph = program("x", [("unused", "softmax(v)")]).graph
    assert [node.operation for node in graph.nodes] == ["input"] * len(PARAMETERS)


def test_a_matrix_is_held_once_however_often_it_is_used():
    arrays = [node.data for node in program("W @ v + W @ w + W @ (v + w)").graph.nodes if node.operation == "matrix"]
    assert len(arrays) == 3
    assert len({id(array) for array in arrays}) == 1


def test_constant_expressions_are_worked_out():
    assert constant("W @ [1, 1, 1]").tolist() == [6, 15]
    assert constant("transpose(W)[1]").tolist() == [1, 4]
    assert constant("S @ S").tolist() == [[4, 5], [0, 9]]
    assert constant("sin(pi/2)") == 1
    assert constant("W[1:1, 2:3]").tolist() == [[2, 3]]


def test_every_unknown_name_of_an_expression_is_told_once():
    for text, told in (
        ("x*z + sine(y) - z", ["`z`", "`sine`"]),
        ("foo(u) + W @ u", ["`foo`", "`u`", "`W`"]),
        ("(v + [x, y, x]) * z", ["v", "z"]),
        ("sin(x, y) + where(a > 0, b, x)", ["`sin`", "`a`", "`b`"]),
    ):
        builder, fragment = Builder((("x", ()), ("y", ()), ("v", (2,))), {}), Fragment.whole(text, "-e")
        with pytest.raises(JacchainError) as raised:
            builder.output(fragment, parse(fragment))
        messages = [problem.message for problem in raised.value.problems]
        assert len(messages) == len(told)


@pytest.mark.parametrize(
    ("text", "code"), [("1/0", "JC401"), ("log(-1)", "JC401"), ("1e300*1e300", "JC401"), ("x", "JC252"), ("1 > 0", "JC211")]
)
def test_a_constant_is_finite_numbers(text, code):
    with pytest.raises(JacchainError) as caught:
        constant(text)
    assert caught.value.problems[0].code == code


def test_a_budget_is_named_when_it_is_spent():
    assert problem("sin(v)*v", budget=Budget(numbers=10**15)).code == "JC451"
    fragment = Fragment.whole("S @ S @ S", "c")
    with pytest.raises(JacchainError) as caught:
        evaluate_constant(fragment, parse(fragment), CONSTANTS, Budget(work=WORK - 10))
    assert "multiplications" in caught.value.problems[0].message


def test_a_budget_is_shared_by_all_that_is_built_within_it():
    budget = Budget()
    program("sin(v) + cos(v)", budget=budget)
    once = budget.numbers
    program("sin(v) + cos(v)", budget=budget)
    assert budget.numbers == 2 * once > 0


def test_the_extreme_of_many_numbers_is_that_of_a_vector():
    names = [f"x{k}" for k in range(30)]
    parameters = [(name, ()) for name in names]
    many = program(f"max({', '.join(names)}) - min({', '.join(names)})", parameters=parameters)
    assert len(many.instructions) == 4
    assert many.values(np.arange(30.0)[None]).tolist() == [[29.0]]
    assert value("max(1, 2, 3, 4, 5, 6, 7, 8, 9, v)") == [9, 9, 9]
