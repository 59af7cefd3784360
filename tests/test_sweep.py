"""A sweep says at every point what a run there says, also where there is little to say."""

import json
import re
from io import BytesIO

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strategies.outcomes import outcome

import jacchain.sweep
from jacchain.cli.schema import schema
from jacchain.frozen import replace
from jacchain.pipeline import from_expressions, load
from jacchain.report import render_sweep
from jacchain.report.look import Look
from jacchain.run import Request, run
from jacchain.sweep import sweep

CHAINS = {
    "smooth": ["f(x, y): [x*exp(y), sin(x*y), x]", "g(u, v, w): [u*w, v^2]"],
    "gradient": ["f(x, y): [tanh(x), x*y, y]", "L(v): norm(v) + sum(v)"],
    "kinks": ["f(x, y): [abs(x), max(x, y), relu(-y)]", "L(v): where(v[1] > v[2], v[3], v[1]*v[2])"],
    "domains": ["f(x, y): [log(x), sqrt(y), where(x > 0, sqrt(x), -x)]", "g(u, v, w): [u/w, v]"],
    "sizes": ["f(x, y): [exp(x), exp(-y)]", "g(u, v): u*v^3"],
    "steps": ["f(x, y): [floor(x), x - y, sign(y)]", "g(v[3]): [v[2]^2, v[1] + v[3]]"],
    "cancelling": ["f(x, y): [exp(x) - 1, (x + 1e12*y) - 1e12*y]", "g(u, v): [u + v, u/v]"],
    "inverse": ["f(r, t): [r*cos(t), r*sin(t)]", "g(x, y): [hypot(x, y), atan2(y, x)]"],
    "constant": ["f(x, y): [x + y, x - y]", "g(u, v): 2*u - v"],
}
SPECIAL = [0.0, 1.0, -1.0, 0.25, 2.0, 3.5, 1e-200, -1e-200, 300.0, 800.0, 1e-310]
points = st.lists(st.tuples(*2 * [st.sampled_from(SPECIAL) | st.floats(-4, 4)]), min_size=1, max_size=12).map(np.array)


def at(pipeline, point):
    return run(replace(pipeline, at=np.array(point)), Request(check=False))


def rows(parts):
    for part in parts:
        for row in range(len(part.at)):
            remarks = [remark.code for remark in part.remarks.get(row, ())]
            yield part.at[row], part.value[row], part.jacobian[row], remarks, part.failures.get(row)


@pytest.mark.parametrize("name", CHAINS)
@settings(max_examples=15)
@given(points=points, block=st.integers(1, 5))
def test_every_row_is_what_a_run_at_its_point_says(name, points, block):
    pipeline = from_expressions(CHAINS[name], at="1,1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jacchain.sweep, "ROWS", block)
        found = list(rows(sweep(pipeline, points)))
    assert len(found) == len(points)
    for point, (place, value, jacobian, remarks, failure) in zip(points, found, strict=True):
        assert np.array_equal(place, point)
        report, problems = outcome(lambda point=point: at(pipeline, point))
        if report is None:
            assert failure.problems[0].code == problems[0].code
            assert np.isnan(value).all()
            assert np.isnan(jacobian).all()
            continue
        assert failure is None
        np.testing.assert_array_equal(value, report.stages[-1].value)
        np.testing.assert_array_equal(jacobian, report.jacobian.dense[0])
        assert remarks == [remark.code for remark in report.diagnostics]


def test_points_that_fail_do_not_disturb_their_neighbours():
    pipeline = from_expressions(["f(x): exp(x)", "g(u): u*1e300"], at="1")
    (part,) = sweep(pipeline, np.array([[1.0], [800.0], [20.0], [0.5]]))
    assert {row: error.problems[0].code for row, error in part.failures.items()} == {1: "JC402", 2: "JC402"}
    np.testing.assert_allclose(part.jacobian[[0, 3], 0, 0], np.exp([1.0, 0.5]) * 1e300, rtol=1e-15)


def test_a_product_too_large_for_a_double_at_one_point_is_had_at_the_others():
    pipeline = from_expressions(["f(x): exp(x)", "g(u): exp(u)", "h(w): sin(w)"], at="1")
    (part,) = sweep(pipeline, np.array([[0.0], [6.56], [1.0]]))
    assert {row: error.problems[0].code for row, error in part.failures.items()} == {1: "JC404"}
    e = np.e
    np.testing.assert_allclose(part.jacobian[[0, 2], 0, 0], [np.cos(e) * e, np.cos(e**e) * e**e * e], rtol=1e-13)


def test_strict_refuses_a_kink_and_only_there():
    pipeline = from_expressions(["f(x): abs(x)"], at="1")
    (part,) = sweep(pipeline, np.array([[1.0], [0.0], [-1.0]]), strict=True)
    assert {row: error.problems[0].code for row, error in part.failures.items()} == {1: "JC407"}
    assert part.jacobian[[0, 2], 0, 0].tolist() == [1, -1]


def test_differences_are_had_at_every_point():
    pipeline = from_expressions(["f(x, y): [x*y, where(x > 1, x^2, 1)]"], at="1,1").differentiated_by("difference")
    (part,) = sweep(pipeline, np.array([[2.0, 3.0], [0.5, -1.0]]))
    np.testing.assert_allclose(part.jacobian, [[[3, 2], [4, 0]], [[-1, 0.5], [0, 0]]], atol=1e-12)


def test_differences_say_what_a_run_by_differences_says():
    pipeline = from_expressions(["f(x): [relu(x), abs(x)*x]", "g(u, v): u - v"], at="1").differentiated_by("difference")
    (part,) = sweep(pipeline, np.array([[0.0], [1.0], [-1.0]]))
    report = at(pipeline, [0.0])
    assert part.jacobian[0, 0, 0] == report.jacobian.dense[0, 0, 0] == pytest.approx(0.5, rel=1e-9)
    assert [remark.message for remark in part.remarks[0]] == [remark.message for remark in report.diagnostics]
    (part,) = sweep(pipeline, np.array([[0.0], [1.0], [-1.0]]), strict=True)
    assert {row: error.problems[0].code for row, error in part.failures.items()} == {0: "JC407"}


@settings(max_examples=10)
@given(points=points)
def test_differences_together_find_what_they_find_alone(points):
    functions = ["f(x, y): [log(x), x*relu(y), x - y]", "g(u, v, w): [u*w, sin(v)]"]
    pipeline = from_expressions(functions, at="1,1").differentiated_by("difference")
    for point, (_, value, jacobian, remarks, failure) in zip(points, rows(sweep(pipeline, points)), strict=True):
        report, problems = outcome(lambda point=point: at(pipeline, point))
        if report is None:
            assert failure.problems[0].code == problems[0].code
            continue
        assert remarks == [remark.code for remark in report.diagnostics]
        np.testing.assert_array_equal(value, report.stages[-1].value)
        (first, first_bar), (second, second_bar) = ((s.jacobian.linear.dense[0], s.jacobian.error_bar) for s in report.stages)
        with np.errstate(over="ignore", invalid="ignore"):
            bar = 4 * (second_bar @ np.abs(first) + np.abs(second) @ first_bar + second_bar @ first_bar)
            bar += 4 * np.finfo(float).eps * (np.abs(second) @ np.abs(first)) + 1e-322
        assert (~(np.abs(jacobian - report.jacobian.dense[0]) > bar)).all()


@pytest.fixture(scope="module")
def row_schema():
    return json.loads(CliRunner().invoke(schema, ["row"]).output)


@pytest.fixture(scope="module")
def swept():
    pipeline = from_expressions(["f(x, y): [abs(x), log(y), x*y]"], at="1,1")
    return pipeline, list(sweep(pipeline, np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 0.0], [-0.1, 0.3]])))


def written(swept, form, **options):
    pipeline, parts = swept
    return b"".join(render_sweep(pipeline, parts, form, Look(**options)))


def test_lines_of_json_are_objects_of_the_same_keys(swept, row_schema):
    objects = [json.loads(line) for line in written(swept, "json").splitlines()]
    for found in objects:
        Draft202012Validator(row_schema).validate(found)
    _, (part,) = swept
    assert [found["at"] for found in objects] == part.at.tolist()
    assert [found["error"] and found["error"]["code"] for found in objects] == [None, None, "JC401", None]
    assert [[remark["code"] for remark in found["diagnostics"]] for found in objects] == [[], ["JC407"], [], []]
    for row in (0, 1, 3):
        assert objects[row]["jacobian"] == part.jacobian[row].tolist()
        assert objects[row]["value"] == part.value[row].tolist()
    assert objects[2]["value"] is objects[2]["jacobian"] is objects[0]["gradient"] is None


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.data())
def test_lines_hold_every_number_exactly(b, m, n, data):
    at, value, jacobian = (
        np.array(data.draw(st.lists(numbers, min_size=size, max_size=size))) for size in (b * n, b * m, b * m * n)
    )
    pipeline = from_expressions([f"f(v[{n}]): [{', '.join(['norm(v)'] * m)}]"], at=",".join(["1"] * n))
    part = jacchain.sweep.Answers(1, at.reshape(b, n), value.reshape(b, m), jacobian.reshape(b, m, n), {}, {})
    objects = [json.loads(line) for line in written((pipeline, [part]), "json").splitlines()]
    key = "gradient" if m == 1 else "jacobian"
    for row, found in enumerate(objects):
        expected = part.jacobian[row][0] if m == 1 else part.jacobian[row]
        assert (found["at"], found["value"], found[key]) == (part.at[row].tolist(), part.value[row].tolist(), expected.tolist())
    lines = [line.split(",") for line in written((pipeline, [part]), "csv").decode().splitlines()[1:]]
    every = np.concatenate([part.at, part.value, part.jacobian.reshape(b, -1)], axis=1)
    assert [[float(cell) for cell in line[:-1]] for line in lines] == every.tolist()


def test_csv_says_in_its_last_column_what_there_is_to_say(swept):
    assert written(swept, "csv").decode().splitlines() == [
        "x,y,f[1],f[2],f[3],df[1]/dx,df[1]/dy,df[2]/dx,df[2]/dy,df[3]/dx,df[3]/dy,remark",
        "1.0,2.0,1.0,0.6931471805599453,2.0,1.0,0.0,0.0,0.5,2.0,1.0,",
        "0.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,JC407",
        "3.0,0.0,,,,,,,,,,JC401",
        "-0.1,0.3,0.1,-1.2039728043259361,-0.03,-1.0,0.0,0.0,3.3333333333333335,0.3,-0.1,",
    ]


def test_arrays_say_which_rows_failed(swept):
    arrays = np.load(BytesIO(written(swept, "npz")))
    assert arrays["failed"].tolist() == [False, False, True, False]
    assert np.array_equal(np.isnan(arrays["jacobian"]).any((1, 2)), arrays["failed"])
    assert arrays["at"].shape == (4, 2)
    assert "gradient" not in arrays
    scalar = from_expressions(["f(x): x^2"], at="1")
    ended = np.load(BytesIO(written((scalar, sweep(scalar, arrays["at"][:, :1])), "npz")))
    np.testing.assert_allclose(ended["gradient"], 2 * arrays["at"][:, :1])


def test_a_person_sees_a_table_and_the_remarks_once(swept):
    text = written(swept, "text").decode()
    assert text.splitlines()[0].split()[:8] == ["#", "x", "y", "f₁", "f₂", "f₃", "∂f₁/∂x", "∂f₁/∂y"]
    assert text.splitlines()[3].split() == ["3", "3", "0", *["-"] * 9, "JC401"]
    assert text.count("has a kink here") == 1
    pipeline = from_expressions(["f(x): x"], at="1")
    long = written((pipeline, list(sweep(pipeline, np.arange(100.0)[:, None]))), "text").decode()
    assert "… points 11–90 hidden (80 of 100); --full shows all" in long
    assert written((pipeline, list(sweep(pipeline, np.arange(100.0)[:, None]))), "text", full=True).count(b"\n") == 101


def test_memory_does_not_grow_with_the_points():
    pipeline = load(b"functions:\n  f(v[3]): tanh(v)\n", "f.yaml", needs_point=False)
    parts = sweep(pipeline, np.zeros((3 * jacchain.sweep.ROWS + 1, 3)))
    assert [len(part.at) for part in parts] == 3 * [jacchain.sweep.ROWS] + [1]


def test_zeros_that_nobody_knows_to_be_zero_are_named_at_their_points_and_no_others():
    pipeline = from_expressions(["f(x): exp(x) - 1", "g(u): [relu(u - 2), u*1e20, exp(-1e5*u^2)*u]"], "1")
    (answers,) = sweep(pipeline, np.array([[0.0], [1e-20], [-1.0]]))
    assert [answers.codes(row) for row in range(3)] == ["", "JC414", "JC413"]


def test_every_kink_of_a_sweep_is_told_with_its_own_points():
    pipeline = from_expressions(["f(x, y): [relu(x), abs(y - 5)]"], at="1,1")
    parts = list(sweep(pipeline, np.array([[0.0, 4.0], [0.0, 5.0], [1.0, 4.0], [1.0, 5.0]])))
    page = b"".join(render_sweep(pipeline, parts, "text", Look(width=200))).decode()
    for kink in ("`relu(x)`", "`abs(y - 5)`"):
        assert re.search(rf"JC407  {re.escape(kink)} .*so at 2 points", page)
