"""What the blackboard shows of a Jacobian is read back as that Jacobian, and a wrong matrix is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.expressions import scalars, vectors
from strategies.programs import CONSTANTS, PARAMETERS

from jacchain.errors import Fragment, JacchainError
from jacchain.expression import Builder, compile_graph, parse
from jacchain.expression.blackboard_reader import BlackboardReader, UnsizedError
from jacchain.expression.formula import derivative_formula
from jacchain.expression.graph import Part
from jacchain.jacobian.analytic import differentiate

KNOWN = CONSTANTS | {"c": np.array(2.0)}
POINT = np.array([[0.3, -0.8, 0.5, -0.2, 1.1, 0.9, 0.4, -0.7, -0.6, 0.35]])


def part(text, *, primes=False):
    fragment = Fragment.whole(text, "f")
    return Part(fragment, parse(fragment, primes=primes))


def read(builder, text, m, n):
    """The rows of a matrix as numbers, of whatever lengths they are."""
    rows = BlackboardReader(builder, part(text, primes=True)).rows(m, n)
    return [numbers(builder, [node for node, _ in row]) for row in rows]


def numbers(builder, nodes, point=POINT):
    program = compile_graph(builder.graph(nodes))
    return program.values(point[:, : program.inputs])[0].tolist()


def shown(text, parameters=PARAMETERS, constants=KNOWN):
    """A builder that knows an output by its name, the formula of its Jacobian, and the Jacobian."""
    builder = Builder(parameters, constants)
    place = part(text)
    node = builder.output(place.fragment, place.tree)
    graph = builder.graph([node])
    size = graph.output_size
    formula = derivative_formula(
        graph, [f"out[{k + 1}]" for k in range(size)] if graph.nodes[graph.outputs[0]].shape else ["out"]
    )
    builder.bind("out", node)
    program = compile_graph(graph)
    return builder, formula, differentiate(program, POINT[:, : program.inputs]).linear.dense[0]


def read_back(builder, formula, shape):
    if formula.matrix:
        return read(builder, formula.matrix, *shape)
    rows = [[BlackboardReader(builder, part(entry, primes=True)).entry(10) for entry in row] for row in formula.entries]
    return [numbers(builder, row) for row in rows]


@given(st.one_of(scalars(), vectors()))
def test_what_is_shown_of_a_function_of_one_vector_is_read_back(text):
    known = {"x": np.array(0.3), "y": np.array(-0.8), "u": np.array([0.9, 0.4, -0.7]), "w": np.array([-0.6, 0.35])}
    builder, formula, expected = shown(text, [("v", (3,))], KNOWN | known)
    if formula is not None and "prod_others" not in str(formula):
        assert np.allclose(read_back(builder, formula, expected.shape), expected, rtol=1e-9, atol=1e-11)


@given(st.one_of(scalars(), vectors()))
def test_what_is_shown_of_several_parameters_is_read_back_unless_nothing_tells_its_size(text):
    builder, formula, expected = shown(text)
    if formula is None or "prod_others" in str(formula):
        return
    try:
        found = read_back(builder, formula, expected.shape)
    except UnsizedError:
        return
    if {len(row) for row in found} == {expected.shape[1]}:
        assert np.allclose(found, expected, rtol=1e-9, atol=1e-11)
    else:
        assert "0" in formula.matrix


V = np.array([0.5, -0.2, 1.1])
W, M = KNOWN["W"], KNOWN["M"]


@pytest.mark.parametrize(
    ("text", "shape", "expected"),
    [
        ("W", (2, 3), W),
        ("2*W/4 - W", (2, 3), -W / 2),
        ("M @ M", (3, 3), M @ M),
        ("M'", (3, 3), M.T),
        ("transpose(W)", (3, 2), W.T),
        ("transpose(outer(v, [1, 2]))", (2, 3), np.outer([1, 2], V)),
        ("reverse(diag(v))", (3, 3), np.diag(V)[::-1]),
        ("diag(v) @ M", (3, 3), np.diag(V) @ M),
        ("M @ diag(v)", (3, 3), M @ np.diag(V)),
        ("diag(v) @ diag(2*v)", (3, 3), np.diag(2 * V * V)),
        ("W @ outer(v, v) @ M", (2, 3), W @ np.outer(V, V) @ M),
        ("outer(v, v) @ outer(v, v)", (3, 3), np.outer(V, V) @ np.outer(V, V)),
        ("I - outer(1, 1)/3", (3, 3), np.eye(3) - 1 / 3),
        ("(I - outer(v, v)/norm(v)^2)/norm(v)", (3, 3), (np.eye(3) - np.outer(V, V) / (V @ V)) / np.linalg.norm(V)),
        ("v'", (1, 3), V[None]),
        ("1' @ M", (1, 3), M.sum(0)[None]),
        ("-v'/2", (1, 3), -V[None] / 2),
        ("(v - I[2])' @ M", (1, 3), ((V - [0, 1, 0]) @ M)[None]),
        ("v' @ (I - outer(1, v))", (1, 3), (V @ (np.eye(3) - V))[None]),
        ("tril(1) @ diag(v)", (3, 3), np.tri(3) * V),
        ("I[2:3]", (2, 3), np.eye(3)[1:]),
        ("I[1:3][2]'", (1, 3), np.eye(3)[1:2]),
        ("(diag(v) - outer(v, v))[1:2]", (2, 3), (np.diag(V) - np.outer(V, V))[:2]),
        ("(M @ diag(v))[2]'", (1, 3), (M * V)[1:2]),
        ("where(v > 0, M, 0)", (3, 3), np.where(V[:, None] > 0, M, 0)),
        ("where(v[1] > 0, M, diag(v))", (3, 3), M),
        ("[v', (v @ M)', W]", (4, 3), np.vstack([V, V @ M, W])),
        ("[[I, v], [0, 1]]", (4, 4), np.block([[np.eye(3), V[:, None]], [np.zeros((1, 3)), np.ones((1, 1))]])),
        ("[[x, 2], [3*x, x^2]]", (2, 2), [[0.3, 2], [0.9, 0.09]]),
        ("M @ [1, x, v[3]]", (3, 1), (M @ [1, 0.3, 1.1])[:, None]),
        ("2*x", (1, 1), [[0.6]]),
        ("0", (2, 3), np.zeros((2, 3))),
        ("tanh(M @ diag(v) @ v)", (3, 1), np.tanh(M @ (V * V))[:, None]),
    ],
)
def test_a_matrix_is_what_linear_algebra_says(text, shape, expected):
    found = read(Builder(PARAMETERS, KNOWN), text, *shape)
    assert np.allclose(found, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("text", "code", "place", "says"),
    [
        ("diag(W) @ W", "JC205", "W", "a vector is due here, not a 2×3 matrix"),
        ("W + diag(v)", "JC202", "W + diag(v)", "needs equal shapes"),
        ("v + W", "JC202", "v + W", "needs equal shapes"),
        ("v*W", "JC202", "v*W", "does not combine a vector of length 3 and a 2×3 matrix"),
        ("diag(v)*M", "JC202", "diag(v)*M", "does not combine a 3×3 matrix and a 3×3 matrix"),
        ("1/diag(v)", "JC202", "1/diag(v)", "does not combine"),
        ("W @ diag([x, y])", "JC203", "W @ diag([x, y])", "the sizes around `@` differ: 3 and 2"),
        ("2 @ diag(v)", "JC203", "2 @ diag(v)", "not numbers"),
        ("exp(diag(v))", "JC205", "exp(diag(v))", "not matrices"),
        ("diag(v, v)", "JC254", "diag(v, v)", "`diag` is not called like this"),
        ("tril(v)", "JC254", "tril(v)", "`tril` is not called like this"),
        ("diag(k) @ M", "JC252", "k", "`k` is not known here"),
        ("1' @ outer(1, 1) @ outer(1, v)", "JC208", "1", "nothing here tells the size of `1`"),
        ("[[x, 2], [3]]", "JC204", "[[x, 2], [3]]", "not equally long"),
        ("[v', v]", "JC204", "[v', v]", "do not fit: a 1×3 matrix; a 3×1 matrix"),
        ("where(v, diag(v), 0)", "JC211", "where(v, diag(v), 0)", "a condition"),
        ("where([x, y] > 0, diag(v), 0)", "JC204", "where([x, y] > 0, diag(v), 0)", "2 conditions for 3 rows"),
        ("where(v > 0, diag(v), W)", "JC202", "where(v > 0, diag(v), W)", "needs equal shapes"),
        ("diag(v)[1, 2]", "JC207", "diag(v)[1, 2]", "only rows"),
        ("diag(v)[4]", "JC207", "4", "[4] does not exist"),
        ("x", "JC202", "x", "a 3×3 matrix is due here, not a number"),
    ],
)
def test_what_does_not_fit_is_said_where_it_stands(text, code, place, says):
    with pytest.raises(JacchainError) as raised:
        read(Builder(PARAMETERS, KNOWN), text, 3, 3)
    problem = raised.value.problems[0]
    assert (problem.code, says in problem.message) == (code, True)
    assert text[problem.span.start : problem.span.end] == place


def test_a_matrix_of_a_thousand_operations_is_refused_and_not_a_fault():
    with pytest.raises(JacchainError, match="operations one inside the other"):
        read(Builder(PARAMETERS, KNOWN), " + ".join(["M"] * 1000), 3, 3)


def test_what_is_nested_is_not_read_again_and_again():
    text, height, width = "[[1, v'], [0, diag(v)]]", 4, 4
    for _ in range(12):
        text, height, width = f"[[1, {text}], [0, I]]", height + width, width + 1
    reader = BlackboardReader(Builder(PARAMETERS, KNOWN), part(text, primes=True))
    assert len(reader.rows(height, width)) == height
    assert len(reader.made) < 300


def test_equal_entries_keep_their_own_places():
    builder = Builder(PARAMETERS, KNOWN)
    rows = BlackboardReader(builder, part("[[x, y], [x, x]]")).rows(2, 2)
    assert [[span.start for _, span in row] for row in rows] == [[2, 5], [10, 13]]
