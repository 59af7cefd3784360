"""A run says of every number whether it can be trusted: no silent zero, no digits that are not there."""

import numpy as np
import pytest

from jacchain.errors import Fragment, JacchainError
from jacchain.expression import Builder, compile_graph, parse
from jacchain.pipeline.stage import Pipeline, Stage
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
