"""Diagnoses on matrices large and odd; the slips of single entries are told in the test of the check."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.expressions import scalars, vectors

from jacchain.frozen import replace
from jacchain.jacobian.accuracy.rounding import derivative_error, value_error
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.differences.stage_difference import stage_difference
from jacchain.jacobian.judgement.bisection import wrong_rule
from jacchain.jacobian.judgement.by_hand import judge_by_hand
from jacchain.jacobian.judgement.repairs import author_span, negated_part
from jacchain.jacobian.judgement.verdict import judge
from jacchain.linear.map import LinearMap
from jacchain.pipeline import load


def stage_of(outputs, jacobian, parameters, at):
    rows = "\n".join("      - [" + ", ".join(f"'{entry}'" for entry in row) + "]" for row in jacobian)
    text = f"functions:\n  f({parameters}):\n    outputs: {outputs}\n    jacobian:\n{rows}\nat: [{at}]\n"
    pipeline = load(text.encode(), "sheet.yaml")
    return pipeline.stages[0], pipeline.at.astype(np.longdouble)


def diagnosed(stage, x, matrix=None):
    values = stage.author.values(x[None])[0].astype(float) if matrix is None else matrix.ravel()
    linear = LinearMap.full(values.reshape(len(stage.outputs), -1))
    right = differentiate(stage.program, x[None]).linear.astype(float), derivative_error(stage.program, x)
    difference = stage_difference(stage, x, linear.pattern)
    author, analytic = (
        judge(stage.outputs, stage.inputs, judged, difference) for judged in ((linear, value_error(stage.author, x)), right)
    )
    verdict, found = judge_by_hand(stage, author, analytic, x)
    return found, verdict


V5 = ", ".join(f"{0.3 * i + 0.1}" for i in range(1, 6))


def ring(i, j):
    """An entry of the Jacobian of ``v[i]^2*v[i+1]`` around a ring of five."""
    following = i % 5 + 1
    return f"2*v[{i}]*v[{following}]" if j == i else f"v[{i}]^2" if j == following else "0"


RING = "[" + ", ".join(f"'v[{i}]^2*v[{i % 5 + 1}]'" for i in range(1, 6)) + "]"


@pytest.mark.parametrize(
    ("order", "kind", "message"),
    [
        (lambda i, j: (j, i), "transposed", "rows are outputs, columns are inputs"),
        (lambda i, j: ({2: 4, 4: 2}.get(i, i), j), "rows exchanged", "the rows of `f[2]` and `f[4]`"),
        (lambda i, j: (i, {1: 3, 3: 1}.get(j, j)), "columns exchanged", "the columns of `v[1]` and `v[3]`"),
    ],
)
def test_a_matrix_in_the_wrong_order_is_one_mistake(order, kind, message):
    jacobian = [[ring(*order(i, j)) for j in range(1, 6)] for i in range(1, 6)]
    stage, x = stage_of(RING, jacobian, "v[5]", V5)
    found, verdict = diagnosed(stage, x)
    assert [diagnosis.kind for diagnosis in found] == [kind]
    assert message in found[0].message
    assert len(found[0].entries) == verdict.count("disagree")


def test_everything_with_the_wrong_sign_is_one_mistake():
    stage, x = stage_of(RING, [[f"-({ring(i, j)})" for j in range(1, 6)] for i in range(1, 6)], "v[5]", V5)
    found, _ = diagnosed(stage, x)
    assert [diagnosis.kind for diagnosis in found] == ["sign"]
    assert len(found[0].entries) == 10
    assert "and 6 more" in found[0].message


def test_every_wrong_entry_is_told_once_and_no_right_one():
    rng = np.random.default_rng(11)
    stage, x = stage_of(RING, [[ring(i, j) for j in range(1, 6)] for i in range(1, 6)], "v[5]", V5)
    right = stage.author.values(x[None])[0].astype(float)
    for _ in range(20):
        changed = rng.choice(25, 3, replace=False)
        wrong = right.copy()
        wrong[changed] = wrong[changed] * rng.choice([-1, 2, 0.5, 3.7], 3) + (right[changed] == 0)
        found, verdict = diagnosed(stage, x, wrong)
        told = [entry for diagnosis in found for entry in diagnosis.entries]
        assert sorted(told) == sorted((e.row, e.column) for e in verdict.entries() if e.judgement == "disagree")
        assert sorted(told) == sorted(divmod(int(position), 5) for position in changed)


def test_a_wrong_sign_inside_an_entry_is_shown_at_its_term():
    jacobian = [["3*x^2*sin(y) - exp(x*y)*y", "x^3*cos(y) + x*exp(x*y)"]]
    stage, x = stage_of("'x^3*sin(y) + exp(x*y)'", jacobian, "x, y", "0.7, 1.2")
    found, verdict = diagnosed(stage, x)
    assert [diagnosis.kind for diagnosis in found] == ["sign"]
    entry = verdict.entries(1)[0]
    part = negated_part(stage, (0, 0), [(x, entry.difference, entry.difference_bar)])
    assert (part.kind, part.text) == ("sign", "exp(x*y)*y")
    assert part.span.source.text[part.span.start : part.span.end] == "exp(x*y)*y"


def test_places_are_those_of_the_entry_even_when_equal_entries_are_kept_once():
    stage, x = stage_of("{a: 'x*y', b: 'x + y', c: 'y'}", [["y", "x"], ["1", "1"], ["1", "1"]], "x, y", "0.7, 1.2")
    (found,), _ = diagnosed(stage, x)
    assert found.entries == ((2, 0),)
    assert str(found.span) == str(author_span(stage, 2, 0)) == "sheet.yaml:7:11"


def test_no_rule_is_blamed_when_none_is_wrong():
    stage, x = stage_of("'x^3*sin(y) + exp(x*y)'", [["1", "1"]], "x, y", "0.7, 1.2")
    assert wrong_rule(stage, x) is None
    assert wrong_rule(replace(stage, author=None), x) is None


def matrix_stage(outputs, matrix):
    text = f'functions:\n  f(v[3]):\n    outputs: {outputs}\n    jacobian: "{matrix}"\nat: [0.3, -0.4, 0.8]\n'
    pipeline = load(f"constants: {{W: [[1, -2, 0.5], [0.25, 1, -1]]}}\n{text}".encode(), "sheet.yaml")
    return pipeline.stages[0], pipeline.at.astype(np.longdouble)


@pytest.mark.parametrize(
    ("outputs", "right", "wrong", "kind", "part"),
    [
        ("softmax(v)", "diag(f) - outer(f, f)", "diag(f) + outer(f, f)", "sign", "outer(f, f)"),
        ("softmax(v)", "diag(f) - outer(f, f)", "diag(f) - 2*outer(f, f)", "factor 2", "2*outer(f, f)"),
        ("softmax(v)", "diag(f) - outer(f, f)", "diag(f/2) - outer(f, f)", "factor 1/2", "diag(f/2)"),
        ("tanh(W @ v)", "diag(1 - f^2) @ W", "diag(1 + f^2) @ W", "sign", "f^2"),
        ("tanh(W @ v)", "diag(1 - f^2) @ W", "-diag(1 - f^2) @ W", "sign", ""),
        ("sin(W @ v)", "diag(cos(W @ v)) @ W", "diag(sin(W @ v)) @ W", "wrong function", "sin(W @ v)"),
        ("v/norm(v)", "(I - outer(f, f))/norm(v)", "(I + outer(f, f))/norm(v)", "sign", "outer(f, f)"),
        ("['v @ v', 'sum(v^3)']", "[2*v', 3*(v^2)']", "[2*v', 6*(v^2)']", "factor 2", "6*(v^2)'"),
    ],
)
def test_one_slip_in_a_matrix_is_one_mistake_and_shown_where_it_is_written(outputs, right, wrong, kind, part):
    stage, x = matrix_stage(outputs, right)
    assert diagnosed(stage, x)[1].judgement == "agree"
    stage, x = matrix_stage(outputs, wrong)
    (found,), verdict = diagnosed(stage, x)
    assert found.kind == kind
    assert len(found.entries) == verdict.count("disagree")
    shown = found.span.source.text[found.span.start : found.span.end]
    assert shown == (part or shown)
    assert part in {found.where, ""}


NAMED = {"power rule", "logarithm", "quotient", "other branch", "entries exchanged", "rows exchanged", "columns exchanged"}
CONSTANTS = "constants: {W: [[1, -2, 0.5], [0.25, 1, -1]], M: [[1, 2, 0.3], [0.7, -1, 2], [4, 1, 1]], b: [0.25, -1.5, 0.75]}"


@settings(max_examples=15)
@given(st.one_of(scalars(depth=2), vectors(depth=2)), st.integers(0, 2**32 - 1))
def test_numbers_that_are_wrong_by_chance_are_no_slip_with_a_name(text, seed):
    zeros = "'0*x*outer(f, [v, u, w, x, y])'"
    parameters, at = "x, y, v[3], u[3], w[2]", "0.3, -0.8, 0.5, -0.2, 1.1, 0.9, 0.4, -0.7, -0.6, 0.35"
    file = f"{CONSTANTS}\nfunctions:\n  f({parameters}):\n    outputs: ['{text}']\n    jacobian: {zeros}\nat: [{at}]\n"
    pipeline = load(file.encode(), "sheet.yaml")
    stage, x = pipeline.stages[0], pipeline.at.astype(np.longdouble)
    right = differentiate(stage.program, x[None]).linear.dense[0].astype(float)
    random = np.random.default_rng(seed)
    wrong = np.where(random.random(right.shape) < 0.5, right * random.uniform(-3, 3, right.shape), right)
    found, _ = diagnosed(stage, x, wrong)
    assert not NAMED & {diagnosis.kind for diagnosis in found}
