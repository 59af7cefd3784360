"""A run says of every number whether it can be trusted: no silent zero, no digits that are not there."""

import re

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies.exact import evaluate, exactly

from jacchain.errors import Fragment, JacchainError
from jacchain.expression import Builder, compile_graph, parse
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.report import render_run
from jacchain.report.documents.matrices import Bars
from jacchain.report.look import Look
from jacchain.run import Request, run


def chain(*functions, at):
    """A chain of functions, each a text of parameters and a list of outputs."""
    stages = []
    for index, (parameters, *outputs) in enumerate(functions, 1):
        names = parameters.split()
        builder = Builder([(name, ()) for name in names], {})
        fragments = [Fragment.whole(output, "test") for output in outputs]
        program = compile_graph(builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments]))
        stages.append(
            Stage(index, f"f{index}", f"f{index}", tuple(names), tuple(f"f{index}_{k + 1}" for k in range(len(outputs))), program)
        )
    return Pipeline("test", "", "", tuple(stages), stages[0].inputs, np.array(at, float))


def remarks(report):
    return [(remark.kind, remark.stage) for remark in report.diagnostics]


@pytest.mark.parametrize("check", [True, False])
def test_what_underflows_in_a_stage_or_in_a_product_is_said(check):
    request = Request(check=check)
    found = run(chain(("x", "1e-200*x"), ("y", "1e-200*y"), at=[1]), request)
    assert found.jacobian.dense.ravel().tolist() == [0]
    assert remarks(found) == [("underflow", "f2"), ("underflow", None)]
    assert found.digits.surviving.tolist() == [[0]]
    alone = run(chain(("x", "exp(-x)"), at=[1000]), request)
    assert {kind for kind, _ in remarks(alone)} == {"underflow"}
    assert alone.digits.surviving.tolist() == [[0]]


def test_a_value_that_lost_its_digits_is_named_and_spoils_what_follows():
    found = run(chain(("x", "(1 - cos(x))/x^2"), ("y", "exp(y)"), at=[1e-10]), Request())
    assert remarks(found) == [("imprecise", "f1")]
    assert found.stages[0].error_bar[0] > 0.5
    assert found.stages[1].jacobian.error_bar[0, 0] > 0.1
    assert found.digits.surviving[0, 0] < 1


def test_ordinary_numbers_need_no_bars():
    found = run(chain(("x y", "x*sin(y)", "x - y"), ("a b", "a^2 + exp(b)"), at=[0.7, 1.9]), Request())
    assert found.diagnostics == ()
    assert [stage.error_bar for stage in found.stages] == [None, None]
    assert found.digits.surviving.min() > 14


def test_kinks_that_cancel_in_a_later_stage_are_said_to():
    found = run(chain(("x", "relu(x)", "relu(-x)"), ("a b", "a - b"), at=[0]), Request())
    assert remarks(found) == [("kink", "f1"), ("kink", "f1"), ("kink", None)]
    assert (found.diagnostics[-1].left, found.diagnostics[-1].right, found.diagnostics[-1].used) == (1, 1, 0)


def test_strict_refuses_the_kinks_of_all_stages_and_what_they_do_to_the_chain():
    bent = chain(("x", "relu(x)", "relu(-x)"), ("a b", "a - b", "abs(a)"), ("p q", "p + q"), at=[0])
    with pytest.raises(JacchainError) as refused:
        run(bent, Request(strict=True))
    assert [problem.code for problem in refused.value.problems] == ["JC407"] * 3 + ["JC415"]
    assert "on the way here: x = 0, f1 = (0, 0)" in refused.value.problems[2].notes
    cancels = chain(("x", "x*abs(x)"), ("y", "y + 1"), at=[0])
    assert run(cancels, Request(strict=True)).jacobian.dense.tolist() == [[[0]]]


def test_the_way_to_a_problem_names_the_inputs():
    with pytest.raises(JacchainError) as refused:
        run(chain(("x y", "y", "x"), ("a b", "log(b)*a"), at=[-1, 0]), Request())
    assert refused.value.problems[0].notes[-1] == "on the way here: x = -1, y = 0, f1 = (0, -1)"


def test_differences_at_a_kink_say_so_and_are_refused_by_the_strict():
    bent = chain(("x y", "abs(x) + 3*x + y"), at=[0, 1])
    (remark,) = run(bent, Request(method="difference")).diagnostics
    assert (remark.code, remark.input, remark.used) == ("JC407", "x", 3)
    assert (remark.left, remark.right) == pytest.approx((2, 4))
    with pytest.raises(JacchainError, match="strict"):
        run(bent, Request(method="difference", strict=True))


def test_the_reach_of_a_long_chain_is_left_out_unless_asked_for():
    long = chain(*[("x", "sin(x) + 0.1*x^2")] * 30, ("y", "log(y + 3)"), at=[0.4])
    found = run(long, Request())
    assert found.reach is None
    assert "-v" in found.unreached
    assert run(long, Request(verbose=True)).reach is not None


# fmt: off
PIECES = [
    "exp(x) - 1", "1 - tanh(x)", "(x + y) - y", "x/y", "x*y", "(x - 1)*(x - 1) - x^2 + 2*x - 1", "cos(x)", "relu(x - y)", "0.1*x",
    "exp(-20000*y^2)", "x^2 - y^2", "tanh(y)", "x + 1e-30*sin(y)", "1/3*x", "x/x", "sigmoid(-x)", "log(1 + y^2)", "x^3",
    "0.25*y - x", "norm([x, y])", "[x, y] @ [0.5, 3]", "mean([x, y])", "where(x > y, x, 1/3)", "x*y - y*x",
    "exp(-400*y^2)*exp(-400*y^2)",
]
# fmt: on
AWKWARD = st.sampled_from([0.0, 1.0, -1.0, 0.5, 3.0, 0.1, 1e-20, 1e-9, 20.0, 100.0, -2.5, 1 / 3, 1e10])


def combined(names):
    """A piece or two, of two names."""
    piece = st.sampled_from([re.sub(r"\b[xy]\b", lambda name: names["xy".index(name[0])], f"({text})") for text in PIECES])
    return st.one_of(piece, st.builds("{}{}{}".format, piece, st.sampled_from("+-*"), piece))


def truths(pipeline, moved=None):
    """The values of every stage to 400 digits, at the point or with one input moved by a step to a side."""
    point = [exactly(number) for number in pipeline.at]
    if moved is not None:
        point[moved[0]] += moved[1]
    found = []
    for stage in pipeline.stages:
        point = evaluate(stage.program.graph, point)
        found.append(point)
    return found


@settings(max_examples=150)
@given(combined("xy"), combined("xy"), combined("uv"), AWKWARD, AWKWARD)
def test_what_is_shown_as_exact_is_exact_and_bars_reach_the_truth(first, second, last, x, y):
    """Values and Jacobians of chains that cancel, saturate and underflow: 400 digits are the oracle."""
    pipeline = chain(("x y", first, second), ("u v", last), at=[x, y])
    try:
        report = run(pipeline, Request(check=False))
    except JacchainError:
        return
    assume(not any(remark.kind in {"kink", "boundary"} or "smooth" in remark.kind for remark in report.diagnostics))
    bars, step = Bars(report), mpmath.mpf(10) ** -100
    with mpmath.workdps(400):
        for stage, values in zip(report.stages, truths(pipeline), strict=True):
            for value, bar, error, truth in zip(stage.value, bars.value(stage.index), stage.errors, values, strict=True):
                assert truth == exactly(value) if bar == 0 else abs(truth - exactly(value)) <= error
                assert truth == exactly(value) or abs(value) > 1e-300 or report.diagnostics
        for j in range(2):
            ahead, behind = (truths(pipeline, (j, side * step))[-1][0] for side in (1, -1))
            slope, noise = (ahead - behind) / (2 * step), mpmath.mpf(10) ** -80
            entry, error = exactly(report.jacobian.dense[0, 0, j]), report.digits.errors[-1].T[0, j]
            assert abs(slope - entry) <= error + noise * (1 + abs(slope))


# fmt: off
ZEROS = [
    ([("x", "exp(x) - 1"), ("u", "u*1e20")], [1e-20], ["~0", "~0"], "1.000e+20"),
    ([("x", "exp(x) - 1"), ("u", "u^2")], [1e-20], ["~0", "~0"], "~0"),
    ([("x", "1 - tanh(x)")], [100], ["~0"], "-5.536e-87"),
    ([("x", "(x + 1e20) - 1e20")], [3], ["~0"], "1"),
    ([("x", "tanh(x)"), ("u", "1 - u")], [20], ["1.000", "9e-18~"], "-1.699e-17"),
    ([("x", "(x - 1)*(x - 1) - x^2 + 2*x - 1")], [3], ["0"], "0"),
    ([("x", "x/x")], [3], ["1"], "~0"),
    ([("x", "relu(x - 3.3)")], [1], ["0"], "0"),
    ([("x", "exp(-1e5*x)*x")], [1], ["~0"], "~0"),
    ([("x", "sigmoid(-1.2e4*x)*log1p(cos(x))")], [1], ["~0"], "~0"),
    ([("x", "sigmoid(x)")], [-745], ["~0"], "~0"),
]
# fmt: on


@pytest.mark.parametrize(("functions", "at", "values", "slope"), ZEROS, ids=[functions[0][1] for functions, *_ in ZEROS])
def test_zeros_and_short_numbers_are_shown_only_where_they_are_exact(functions, at, values, slope):
    pipeline = chain(*functions, at=at)
    report = run(pipeline, Request())
    page = render_run(report, "text", Look()).decode()
    assert re.findall(r"^ +\d+  f\d +1 → 1 +(\S+)", page, re.MULTILINE) == values
    assert page.split(" = ")[-1].split()[0] == slope
    assert any("~" in value for value in values) == bool(report.diagnostics)
    certified = render_run(run(pipeline, Request(certify=True)), "text", Look()).decode()
    assert "value certified" in " ".join(certified.split())
    assert not any(
        f"{stage.outputs[0]} = 0 " in certified for stage, text in zip(report.stages, values, strict=True) if text != "0"
    )


def test_errors_of_the_values_are_counted_along_a_chain_of_any_length():
    """A map near the onset of chaos, so many times that differences would take too long: 60 digits are the oracle."""
    pipeline = chain(*[("x", "3.58*x*(1 - x)")] * 260, at=[0.3])
    report = run(pipeline, Request())
    assert report.unchecked
    with mpmath.workdps(60):
        x, slope, rate = exactly(0.3), mpmath.mpf(1), exactly(3.58)
        for stage in report.stages:
            x, slope = rate * x * (1 - x), slope * rate * (1 - 2 * x)
            assert abs(x - exactly(stage.value[0])) <= stage.errors[0]
        relative = abs(slope - exactly(report.jacobian.dense[0, 0, 0])) / abs(slope)
    assert 1 < report.digits.surviving[0, 0] < min(-mpmath.log10(relative), 14)
