import math

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from jacchain.jacobian.dependence import differentiated, needed
from jacchain.jacobian.nonsmooth import reach as reach_module
from jacchain.jacobian.nonsmooth.limits import outside, standing
from jacchain.jacobian.nonsmooth.reach import reach

INF = math.inf
# fmt: off
FACTS = [
    ("abs(x - 1)", 3.0, 2, INF, "abs(x - 1)"),
    ("log(x)", 2.0, 2, INF, "log(x)"),
    ("sqrt(1 - x^2)", 0.5, 1.5, 0.5, "sqrt(1 - x^2)"),
    ("asin(x/2)", 0.5, 2.5, 1.5, "asin(x/2)"),
    ("tan(x)", 0.0, math.pi / 2, math.pi / 2, "tan(x)"),
    ("abs(x^2 - 2)", 1.0, 1 + math.sqrt(2), math.sqrt(2) - 1, "abs(x^2 - 2)"),
    ("floor(x)", 1.25, 0.25, 0.75, "floor(x)"),
    ("mod(x, 2)", 5.5, 1.5, 0.5, "mod(x, 2)"),
    ("where(x > 1 and x < 2, sqrt(x), x)", 1.5, 0.5, 0.5, "x > 1 and x < 2"),
    ("where(x > 0, 1/x, x)", -1.0, INF, 1, "x > 0"),
    ("max([x, 1, 2])", 0.5, INF, 1.5, "max([x, 1, 2])"),
    ("max(x, 1, 3*x - 4)", 1.5, 0.5, 0.5, "max(x, 1, 3*x - 4)"),
    ("abs(3*x - 2*x - 1)", 3.0, 2, INF, "abs(3*x - 2*x - 1)"),
    ("where(2*x < x + 3, x, 0)", 1.0, INF, 2, "2*x < x + 3"),
    ("min([x, 2*x - 1])", 0.5, INF, 0.5, "min([x, 2*x - 1])"),
    ("1/(x - 0.012)", 0.0, INF, 0.012, "1/(x - 0.012)"),
    ("relu(x)", 0.0, 0, 0, "relu(x)"),
    ("sin(x)*exp(x)", 0.0, INF, INF, ""),
    ("x^3 + x^-2", 1.0, 1, INF, "x^-2"),
    ("atan2(0, x)", -1.0, INF, 1, "atan2(0, x)"),
    ("atan2(-1, x)", -1.0, INF, INF, ""),
    ("atan2(x, -1)", 0.5, 0.5, INF, "atan2(x, -1)"),
]
# fmt: on


@pytest.mark.parametrize(("text", "x", "left", "right"), [fact[:4] for fact in FACTS])
def test_distances_to_switches_and_edges(compiled, text, x, left, right):
    found = reach([compiled("x", text)], np.array([x]))
    assert found.left[0] == pytest.approx(left, rel=1e-8)
    assert found.right[0] == pytest.approx(right, rel=1e-8)
    assert found.left[0] <= left * (1 + 1e-15)
    assert found.right[0] <= right * (1 + 1e-15)


@pytest.mark.parametrize(("text", "x", "nearest"), [(fact[0], fact[1], fact[4]) for fact in FACTS])
def test_what_ends_the_way_is_named(compiled, text, x, nearest):
    assert reach([compiled("x", text)], np.array([x])).nearest == (nearest,)


def test_inputs_move_one_at_a_time(compiled):
    found = reach([compiled("x, y", "max(x, y) + log(y)")], np.array([1.0, 3.0]))
    assert found.left == pytest.approx([INF, 2])
    assert found.right == pytest.approx([2, INF])
    assert found.distance == pytest.approx([2, 2])


def test_the_way_goes_through_the_whole_chain(compiled):
    found = reach([compiled("x, y", "x*y", "x - y"), compiled("a, b", "abs(b) + log(a)")], np.array([2.0, 1.0]))
    assert found.left == pytest.approx([1, 1])
    assert found.right == pytest.approx([INF, 1])
    assert found.nearest == ("abs(b)", "log(a)")


@given(st.sampled_from(["log(x)", "logit(x)", "abs(x)", "sqrt(x)", "1 + relu(x)"]), st.floats(1e-300, 1e-6))
def test_an_input_that_is_small_may_move_by_its_own_size(compiled, text, x):
    """However small: what ends the way is at zero, and no nearer."""
    found = reach([compiled("x", text)], np.array([x]))
    assert 0.99 * x <= found.left[0] <= x
    assert found.right[0] >= 0.9 * (x if text == "logit(x)" else 1)


@settings(max_examples=60)
@given(
    st.floats(-3, 3),
    st.sampled_from(["abs(sin(x) - 0.3)", "where(x^2 - x > 1, log(x^2), sqrt(3 - x))", "max(x^3, 2 - x)*cbrt(x - 5)"]),
    st.floats(0, 1),
)
def test_no_switch_turns_within_the_reach(compiled, x, text, share):
    """Independent: the sign of what each switch hangs on, evaluated in plain floats inside the distance that was proved."""
    watched = {
        "abs(sin(x) - 0.3)": [lambda t: math.sin(t) > 0.3],
        "where(x^2 - x > 1, log(x^2), sqrt(3 - x))": [lambda t: t * t - t > 1, lambda t: t != 0 or t * t - t <= 1],
        "max(x^3, 2 - x)*cbrt(x - 5)": [lambda t: t**3 > 2 - t],
    }[text]
    found = reach([compiled("x", text)], np.array([x]))
    assume(found.distance[0] > 0)
    for place in (x - share * min(found.left[0], 10), x + share * min(found.right[0], 10)):
        assert all(condition(place) == condition(x) for condition in watched) or share > 1 - 1e-6


# fmt: off
FORMS = [
    "abs({0} - 0.3)", "relu({0})*{1}", "max({0}, {1})", "log(1.5 + {0})", "sqrt(0.9 - {0})", "1/(x - {0})", "asin({0})",
    "where({0} > {1}, {0}^2, log(2 + {1}))", "log(softmax([{0}, 100*{1}])[1])", "floor(2*{0}) + {1}", "min([{0}, {1}, 0.2])",
    "norm([{0}, {1}])*abs({1})", "hypot({0}, {1})", "atan2({0}, {1})", "log(exp(-300*abs({0})))", "mod({0}, 0.7)",
]
# fmt: on
PARTS = ["x", "y", "x*y", "sin(3*x)", "x - 2*y", "x^2 - y", "0.1*x - 0.3*y", "tanh(x + y)"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_within_the_reach_doubles_meet_no_switch_and_no_edge(compiled, data):
    """One input at a time is put anywhere inside; the chain is evaluated there in plain doubles, as if nothing longer existed."""
    parts = [data.draw(st.sampled_from(PARTS)) for _ in range(4)]
    first = [data.draw(st.sampled_from(FORMS)).format(*parts[:2]), data.draw(st.sampled_from(FORMS)).format(*parts[2:])]
    second = data.draw(st.sampled_from(FORMS)).format(*(data.draw(st.sampled_from(PARTS)) for _ in range(2)))
    programs = [compiled("x, y", *first), compiled("x, y", second)]
    point = np.array([data.draw(st.floats(-2, 2)), data.draw(st.floats(-2, 2))])
    assume(stands(programs, point) is not None)
    found = reach(programs, point, thorough=True)
    for input_, share in ((0, data.draw(st.floats(-1, 1))), (1, data.draw(st.floats(-1, 1)))):
        distance = (found.left if share < 0 else found.right)[input_]
        moved = point.copy()
        moved[input_] += share * min(distance, 1e4)
        if abs(moved[input_] - point[input_]) < distance:
            assert stands(programs, moved, point) == stands(programs, point), (first, second, point, moved, found)


def stands(programs, place, point=None):
    """How everything that matters at the point stands at a place, in doubles; None where something is undefined."""
    states, point = [], place if point is None else point
    for program in programs:
        registers, own = program.registers(place[None]), program.registers(point[None])
        used, passed = needed(program, own), differentiated(program, own)[0]
        if not np.isfinite(np.where(used, registers, 0)).all() or any(outside(program, registers, used)):
            return None
        for instruction in program.instructions:
            kink = instruction.operation in {"abs", "relu", "max", "min", "max of", "min of"}
            mask = np.zeros(used.shape[1], bool)
            mask[instruction.output] = (passed if kink else used[0])[instruction.output]
            states += [state[0].tolist() for state in standing(program, registers, mask)]
        place, point = registers[0, program.results], own[0, program.results]
    return states


def test_branches_that_are_not_taken_do_not_count(compiled):
    found = reach([compiled("x", "where(x > -10, x, log(x - 3))")], np.array([2.0]))
    assert found.left[0] == pytest.approx(12)
    assert found.right[0] == INF


def test_very_large_functions_are_left_out(compiled, monkeypatch):
    program, point = compiled("x, y", "abs(x*y)"), np.array([1.0, 2.0])
    monkeypatch.setattr(reach_module, "QUICK", (1, 1 << 14))
    assert reach([program], point) is None
    assert reach([program], point, thorough=True).distance == pytest.approx([1, 2])
    monkeypatch.setattr(reach_module, "THOROUGH", (9, 8))
    assert reach([program], point, thorough=True) is None
