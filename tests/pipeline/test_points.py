"""Where the points of a sweep come from, and what is wrong with those that are none."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.outcomes import outcome

from jacchain.errors import JacchainError
from jacchain.memory import allowing
from jacchain.pipeline.points import grid, in_order, read_points

INPUTS = ("r", "v[1]", "v[2]")
AT = np.array([1.0, 2.0, np.nan])


def placed(text, inputs=INPUTS, at=AT):
    return in_order(read_points(text, "p.csv"), inputs, at).tolist()


def problem(act):
    with pytest.raises(JacchainError) as raised:
        act()
    (found,) = raised.value.problems
    return found


def test_rows_are_points_by_position_or_by_name():
    assert placed(b"1,2,3\n4,5,6\n") == [[1, 2, 3], [4, 5, 6]]
    assert placed(b"v[2],r\n1,2\n3,4\n") == [[2, 2, 1], [4, 2, 3]]
    assert placed(b'"v[2]", v[1] ,r\r\n1,2,3\r\n') == [[3, 2, 1]]
    assert placed(b"1\n2\n", ("x",), np.array([np.nan])) == [[1], [2]]
    assert placed(b"1,2,3") == [[1, 2, 3]]


def test_arrays_of_numpy_are_points_too():
    stream = io.BytesIO()
    np.save(stream, np.arange(6.0).reshape(2, 3))
    assert placed(stream.getvalue()) == [[0, 1, 2], [3, 4, 5]]
    stream = io.BytesIO()
    np.save(stream, np.arange(2.0))
    assert placed(stream.getvalue(), ("x",), np.array([0.0])) == [[0], [1]]
    assert problem(lambda: read_points(stream.getvalue()[:-1], "p.npy")).code == "JC342"


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        (b"1,2\n", "JC344", None, "a point has 2 numbers"),
        (b"r,w\n1,2\n", "JC344", "p.csv:1:3", "`w` is not an input"),
        (b"r,v[2],r\n1,2,3\n", "JC344", "p.csv:1:8", "given twice"),
        (b"r,v[1]\n1,2\n", "JC344", "p.csv:1:1", "say nothing about `v[2]`"),
        (b"r,v[2]\n1,2,3\n", "JC343", "p.csv:1:1", "3 cells"),
        (b"r,v[2]\n1,2\n3,x\n", "JC343", "p.csv:3:3", "`x` is not a finite number"),
        (b"r,v[2]\n1,2\n3\n", "JC343", "p.csv:3:1", "this row has 1 cell"),
        (b"r,v[2]\n", "JC343", "p.csv:2:1", "no numbers"),
        (b"", "JC343", "p.csv:1:1", "no numbers"),
        (b"\xff,1\n", "JC343", "p.csv:1:1", "not UTF-8"),
    ],
)
def test_what_are_no_points_is_said_at_its_place(text, code, place, words):
    found = problem(lambda: placed(text))
    assert (found.code, found.span and str(found.span)) == (code, place)
    assert words in found.message


def test_below_a_line_of_names_that_was_read_no_line_is_taken_for_one():
    advice = problem(lambda: placed(b"r,v[2]\n1,2\nabc,2\n")).help
    assert "header" not in advice
    assert "decimal numbers" in advice


@given(st.binary(max_size=40))
def test_any_bytes_are_points_or_a_problem(content):
    points, problems = outcome(lambda: read_points(content, "p.csv"))
    assert points is None or np.isfinite(points.rows).all()
    assert {problem.code for problem in problems} <= {"JC342", "JC343"}


def test_a_grid_has_all_combinations_the_last_running_fastest():
    assert in_order(grid(["r=0:1:2", "v[2]=1:-1:3"]), INPUTS, AT).tolist() == [
        [0, 2, 1],
        [0, 2, 0],
        [0, 2, -1],
        [1, 2, 1],
        [1, 2, 0],
        [1, 2, -1],
    ]
    (ends,) = {tuple(grid(["x = -pi/2 : 2*pi : 2"]).rows[:, 0])}
    assert ends == (-np.pi / 2, 2 * np.pi)
    assert grid(["x=3:5:1"]).rows.tolist() == [[3]]


@pytest.mark.parametrize("text", ["x", "x=1", "x=1:2", "x=1:2:0", "x=1:2:-3", "x=1:2:3.5", "=1:2:3", "x=1:2:3:4", "x=[1,2]:3:4"])
def test_what_is_no_range_is_said_with_an_example(text):
    found = problem(lambda: grid([text]))
    assert (found.code, found.span.source.option) == ("JC010", True)
    assert "--over" in found.help


def test_ends_are_expressions_and_what_is_wrong_in_them_is_found_there():
    found = problem(lambda: grid(["x=0:q:3"]))
    assert (found.code, str(found.span)) == ("JC252", "--over:1:5")


def test_too_many_points_are_refused_before_they_are_made():
    assert problem(lambda: grid(["x=0:1:99999", "y=0:1:99999"])).code == "JC451"
    with allowing(1000):
        assert problem(lambda: read_points(b"1,2\n" * 1000, "p.csv")).code == "JC451"
