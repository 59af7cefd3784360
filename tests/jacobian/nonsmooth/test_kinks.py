import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jacchain.errors import Fragment, JacchainError
from jacchain.expression import Builder, compile_graph, parse
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.nonsmooth.kinks import REMARKS, examine
from jacchain.pipeline.stage import Stage


def stage_of(names, texts, vectors=()):
    builder = Builder([(name, (dict(vectors)[name],) if name in dict(vectors) else ()) for name in names], {})
    fragments = [Fragment.whole(text, "test") for text in texts]
    program = compile_graph(builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments]))
    inputs = tuple(f"{p.name}{i}" if p.shape else p.name for p in program.graph.parameters for i in range(p.size))
    return Stage(1, "f", "f", inputs, tuple(f"f{i}" for i in range(program.outputs)), program)


def examined(texts, at):
    """The examination of one or more expressions of the names in ``at``."""
    stage = stage_of(list(at), [texts] if isinstance(texts, str) else texts)
    point = np.array([list(at.values())], np.longdouble)
    return examine(stage, differentiate(stage.program, point))


def verdict(text, at):
    """The kind of point, ``smooth`` when there is nothing to say."""
    try:
        kinds = {remark.kind for remark in examined(text, at).diagnostics}
    except JacchainError as error:
        kinds = {problem.kind for problem in error.problems}
    assert len(kinds) <= 1
    return kinds.pop() if kinds else "smooth"


# fmt: off
# expression, point, verdict, then for kinks and the like: left, right, number used
FACTS = [
    ("abs(x)", 0, "kink", -1, 1, 0),
    ("relu(x)", 0, "kink", 0, 1, 0),
    ("sqrt(x^2)", 0, "kink", -1, 1, 0),
    ("leaky_relu(x)", 0, "kink", 0.01, 1, 0.01),
    ("where(x > 0, x, 3*x)", 0, "kink", 3, 1, 1),
    ("where(x > 0, -x, -3*x)", 0, "kink", -3, -1, -1),
    ("clip(x, 0, 1)", 1, "kink", 1, 0, 0),
    ("exp(-abs(x))", 0, "kink", 1, -1, 0),
    ("max(x, 2*x, 3*x)", 0, "kink", 1, 3, 1),
    ("x*floor(x)", 0, "kink", -1, 0, 0),
    ("abs(sin(x) + x)", 0, "kink", -2, 2, 0),
    ("norm1([x, 2*x])", 0, "kink", -3, 3, 0),
    ("max([x, -2*x])", 0, "kink", -2, 1, 0),
    ("x*abs(x)", 0, "smooth_through_kink", 0, 0, 0),
    ("abs(x)^3", 0, "smooth_through_kink", 0, 0, 0),
    ("elu(x)", 0, "smooth_through_kink", 1, 1, 1),
    ("max(x, 0)*max(-x, 0)", 0, "smooth_through_kink", 0, 0, 0),
    ("relu(x) - relu(-x)", 0, "smooth_through_kink", 1, 1, 1),
    ("sign(x)*x^2", 0, "smooth_through_kink", 0, 0, 0),
    ("where(x < 0, x - x^2, x)", 0, "smooth_through_kink", 1, 1, 1),
    ("cbrt(x)^3", 0, "smooth_removable", 1, 1, 1),
    ("sqrt(x^4)", 0, "smooth_removable", 0, 0, 0),
    ("where(x == 0, 1, sin(x)/x)", 0, "smooth_removable", 0, 0, 0),
    ("where(x == 0, 0, exp(-1/x^2))", 0, "smooth_removable", 0, 0, 0),
    ("where(x == 2, 4, (x^2 - 4)/(x - 2))", 2, "smooth_removable", 1, 1, 1),
    ("x^1.5", 0, "boundary", "domain", 0, 0),
    ("x*sqrt(x)", 0, "boundary", "domain", 0, 0),
    ("sqrt(x)^2", 0, "boundary", "domain", 1, 1),
    ("sqrt(floor(x))", 0, "boundary", "domain", 0, 0),
    ("acos(x)*sqrt(1 - x)", 1, "boundary", -math.sqrt(2), "domain", -math.sqrt(2)),
]
REFUSED = [
    ("sign(x)", 0, "discontinuity"),
    ("floor(x)", 3, "discontinuity"),
    ("mod(x, 1)", 2, "discontinuity"),
    ("where(x >= 1, x^2, x + 1)", 1, "discontinuity"),
    ("where(x == 0, 5, x)", 0, "discontinuity"),
    ("where(x == 0, 0, 1/x)", 0, "discontinuity"),
    ("floor(x) + floor(-x)", 0, "discontinuity"),
    ("sqrt(x)", 0, "vertical_tangent"),
    ("sqrt(abs(x))", 0, "vertical_tangent"),
    ("cbrt(x)", 0, "vertical_tangent"),
    ("asin(x)", 1, "vertical_tangent"),
    ("acosh(x)", 1, "vertical_tangent"),
    ("where(x > 0, x*log(x), 0)", 0, "vertical_tangent"),
    ("sign(x)*abs(x)^(1/3)", 0, "vertical_tangent"),
    ("where(x == 0, 0, x*sin(1/x))", 0, "undecided"),
    ("log(x)", 0, "domain_error"),
    ("log(x)", -1, "domain_error"),
    ("sqrt(x)", -1, "domain_error"),
    ("1/x", 0, "domain_error"),
    ("sin(x)/x", 0, "domain_error"),
    ("x^0.5*log(abs(x))", 0, "domain_error"),
    ("mod(1, x)", 0, "domain_error"),
    ("normalize([x, 2*x])[1]", 0, "domain_error"),
    ("exp(exp(x))", 10, "overflow"),
]
SMOOTH = [
    ("where(x > 0, sqrt(x), 0)", -1), ("where(x > 0, 1/x, x)", 0 - 1), ("x^2", 0), ("abs(x)", 1e-300), ("floor(x)", 0.5),
    ("sqrt(x)", 1e-300), ("abs(0.1*x - 0.3)", 3), ("tanh(x)", 0), ("softplus(x)", 0), ("sigmoid(x)", 0), ("silu(x)", 0),
    ("softmax([x, x])[1]", 0), ("logsumexp([x, x])", 0), ("layernorm([x, 1, 2])[1]", 0), ("where(x > 1 and x > 0, x, 0)", 0),
    ("prod([x, x])", 0), ("acos(x)", 0), ("max(x, 1)", 0), ("where(x < 0 or not x == 0 or x < 1, x, 2*x)", 0),
]
PLANE = [
    ("max(x, y)", (1, 1), "kink", [0.5, 0.5]),
    ("abs(x - y)", (2, 2), "kink", [0, 0]),
    ("abs(x) + abs(y)", (0, 0), "kink", [0, 0]),
    ("abs(abs(x) - abs(y))", (0, 0), "kink", [0, 0]),
    ("max(x + 2*y, 3*x)", (0, 0), "kink", [1.5, 1.5]),
    ("max(2*x, x + y, 5*x - y)", (0, 0), "kink", [1, 1]),
    ("hypot(x, y)", (0, 0), "kink", [0, 0]),
    ("norm([x, y])", (0, 0), "kink", [0, 0]),
    ("x + norm([x, y])/2", (0, 0), "kink", [0.5, 0]),
    ("where(x > 0, y, 2*y)", (0, 0), "kink", [0, 1]),
    ("max(min(x, y), min(-x, -y))", (0, 0), "kink", [0, 0]),
    ("where(x^2 + y^2 == 0, 0, x^3/(x^2 + y^2))", (0, 0), "kink", [0, 0]),
    ("sqrt(x^2 + y^2)^2", (0, 0), "smooth_removable", [0, 0]),
    ("where(x == 0 and y == 0, 1, sin(hypot(x, y))/hypot(x, y))", (0, 0), "smooth_removable", [0, 0]),
    ("hypot(x, y)^2 + x", (0, 0), "smooth_through_kink", [1, 0]),
    ("x*abs(y)", (0, 0), "smooth_through_kink", [0, 0]),
    ("x^y", (0, 2), "boundary", [0, 0]),
    ("x^y", (0, 1), "boundary", [1, 0]),
    ("where(x > 0, y, 2*y)", (0, 1), "discontinuity", None),
    ("where(x*y > 0, 1, 0)", (0, 0), "discontinuity", None),
    ("where(x^2 + y^2 == 0, 0, x*y/(x^2 + y^2))", (0, 0), "discontinuity", None),
    ("atan2(x, y)", (0, -1), "discontinuity", None),
    ("sqrt(x*y)", (0, 0), "vertical_tangent", None),
    ("sqrt(x) + y", (0, 1), "vertical_tangent", None),
    ("atan2(x, y)", (0, 0), "domain_error", None),
    ("atan2(x, y)", (0, 1), "smooth", [1, 0]),
    ("where(y > 0, abs(y), abs(x))", (0, 1), "smooth", [0, 1]),
]
# fmt: on


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact[0])
def test_points_with_a_number_are_named_and_get_the_right_one(fact):
    text, x, kind, left, right, used = fact
    found = examined(text, {"x": x})
    assert verdict(text, {"x": x}) == kind
    (remark,) = found.diagnostics
    for slope, expected in ((remark.left, left), (remark.right, right), (remark.used, used)):
        assert slope == expected if isinstance(expected, str) else slope == pytest.approx(expected, abs=1e-15)
    assert float(found.derivative.linear.dense[0, 0, 0]) == remark.used
    low, high = remark.clarke
    assert low <= remark.used <= high
    assert remark.where
    assert remark.where in remark.message


@pytest.mark.parametrize(("text", "x", "kind"), REFUSED)
def test_points_without_a_number_are_errors_and_named(text, x, kind):
    with pytest.raises(JacchainError) as caught:
        examined(text, {"x": x})
    assert {problem.kind for problem in caught.value.problems} == {kind}
    assert caught.value.exit_code == 4
    assert all(problem.span is not None for problem in caught.value.problems)


@pytest.mark.parametrize(("text", "x"), SMOOTH)
def test_smooth_points_are_left_alone(text, x):
    found = examined(text, {"x": x})
    assert found.diagnostics == ()


@pytest.mark.parametrize(("text", "at", "kind", "gradient"), PLANE)
def test_points_in_the_plane(text, at, kind, gradient):
    point = dict(zip("xy", at, strict=True))
    assert verdict(text, point) == kind
    if gradient is not None:
        assert examined(text, point).derivative.linear.dense[0, 0].astype(float) == pytest.approx(gradient, abs=1e-12)


def test_verdicts_of_the_shared_oracle(oracle):
    for case in oracle("edge_cases.json")["cases"]:
        text = case["expr"].rpartition(": ")[2]
        assert verdict(text, dict(zip(case["inputs"], case["x"], strict=True))) == case["verdict"], case["name"]


@settings(max_examples=60)
@given(st.sets(st.tuples(*[st.integers(-3, 3)] * 3), min_size=2, max_size=5).map(sorted))
def test_the_row_of_a_maximum_of_linear_functions_is_the_nearest_point_of_its_gradients(gradients):
    """Characterised by optimality, not by another algorithm: no gradient that can be active is on the near side of it."""
    text = f"max({', '.join(f'{a}*x + {b}*y + {c}*z' for a, b, c in gradients)})"
    row = examined(text, {"x": 0, "y": 0, "z": 0}).derivative.linear.dense[0, 0].astype(float)
    assert (np.array(gradients) @ row >= row @ row - 1e-11).all()
    corners = np.vstack([np.array(gradients, float).T, np.ones(len(gradients))])
    _, residual, *_ = np.linalg.lstsq(corners, np.append(row, 1), rcond=None)
    assert residual.sum() <= 1e-18


@settings(max_examples=60)
@given(st.integers(-4, 4), st.integers(-4, 4), st.integers(1, 4))
def test_both_slopes_of_a_bent_line(a, b, scale):
    found = examined(f"where(x < 0, {a}*x, {b}*x)/{scale}", {"x": 0}).diagnostics
    if a == b:
        assert all(remark.kind == "smooth_through_kink" for remark in found)
    else:
        assert (found[0].left, found[0].right) == pytest.approx((a / scale, b / scale))


def test_only_the_rows_at_a_kink_are_touched():
    found = examined(["x*y", "abs(x)", "sin(y)"], {"x": 0, "y": 2})
    assert [remark.output for remark in found.diagnostics] == ["f1"]
    assert found.derivative.linear.dense[0].astype(float) == pytest.approx(np.array([[2, 0], [0, 0], [0, math.cos(2)]]))


def test_whoever_is_strict_is_given_kinks_to_refuse_and_nothing_that_cancels():
    (refusal,) = examined("abs(x)", {"x": 0}).refusals
    assert (refusal.code, refusal.kind) == ("JC407", "kink")
    found = examined("x*abs(x)", {"x": 0})
    assert (found.diagnostics[0].kind, found.refusals) == ("smooth_through_kink", ())


def test_very_many_kinks_are_counted_not_listed():
    stage = stage_of(["v"], ["relu(v)"], [("v", 200)])
    found = examine(stage, differentiate(stage.program, np.zeros((1, 200), np.longdouble)))
    assert len(found.diagnostics) == REMARKS + 1
    assert "136 more" in found.diagnostics[-1].message
    assert not found.derivative.linear.values.any()
    assert [(kink.row, kink.column, kink.used) for kink in found.settled.kinks] == [(j, j, (0, 0)) for j in range(200)]


def test_a_layer_too_wide_to_examine_says_so():
    stage = stage_of(["v"], ["relu(sum(v) + v)"], [("v", 400)])
    found = examine(stage, differentiate(stage.program, np.zeros((1, 400), np.longdouble)))
    assert "too many" in found.diagnostics[-1].message
    assert found.refusals[-1].code == "JC411"
    assert found.settled.outputs.size + found.settled.unexamined == 400


def expressions():
    """Expressions in x and y of functions that bend, jump and stop."""
    leaves = st.sampled_from(["x", "y", "0", "1", "0.5", "2"])
    unary = ["abs", "relu", "sqrt", "floor", "sign", "exp", "log", "sin", "acos", "cbrt", "square", "tanh", "elu"]

    def larger(parts):
        return st.one_of(
            st.builds("{}({})".format, st.sampled_from(unary), parts),
            st.builds("({} {} {})".format, parts, st.sampled_from(["+", "-", "*", "/"]), parts),
            st.builds("{}({}, {})".format, st.sampled_from(["max", "min", "hypot", "mod"]), parts, parts),
            st.builds("where({} {} {}, {}, {})".format, parts, st.sampled_from(["<", ">=", "=="]), parts, parts, parts),
            st.builds("({})^{}".format, parts, st.sampled_from(["2", "0.5", "1.5"])),
        )

    return st.recursive(leaves, larger, max_leaves=6)


@settings(max_examples=300)
@given(expressions(), st.sampled_from([0, 1, -1, 0.5]), st.sampled_from([0, 1, 2]))
def test_whatever_is_found_agrees_with_quotients_of_small_steps(text, x, y):
    """Independent of germs: the function itself, at steps so small that only the slope is left."""
    stage = stage_of(["x", "y"], [text])
    point = np.array([[x, y]], np.longdouble)
    try:
        found = examine(stage, differentiate(stage.program, point))
    except JacchainError:
        return
    step = np.longdouble(1e-12)
    for remark in found.diagnostics:
        j = stage.inputs.index(remark.input)
        for way, slope in ((-1, remark.left), (1, remark.right)):
            places = np.repeat(point, 2, axis=0)
            places[1, j] += way * step
            with np.errstate(all="ignore"):
                at, beside = stage.program.values(places)[:, 0]
            if isinstance(slope, float):
                assert float((beside - at) / (way * step)) == pytest.approx(slope, rel=1e-2, abs=1e-2)


@pytest.mark.parametrize("function", ["max", "min"])
def test_a_tie_of_many_components_is_known_whole(function):
    stage = stage_of(["v"], [f"{function}(v)"], [("v", 30)])
    found = examine(stage, differentiate(stage.program, np.ones((1, 30), np.longdouble)))
    assert [kink.used[0] for kink in found.settled.kinks] == pytest.approx([1 / 30] * 30)
    assert not any("as far as" in remark.message for remark in found.diagnostics)
