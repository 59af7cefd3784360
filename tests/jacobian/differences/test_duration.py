"""What differences will take is told from sizes, and is what they take."""

import pytest

from jacchain.expression.program import Program
from jacchain.jacobian.analytic import working_type
from jacchain.jacobian.differences.duration import duration
from jacchain.jacobian.differences.stage_difference import stage_difference
from jacchain.pipeline import from_expressions


@pytest.mark.parametrize("function", ["v*sum(v)", "sin(v) + reverse(v)", "norm(v)", "[v[1], sin(v[2])]"])
def test_evaluations_are_counted_before_they_are_made(function, monkeypatch):
    pipeline = from_expressions([f"f(v[5]): {function}"], at="1,2,3,4,5").differentiated_by("difference")
    (stage,), points, values = pipeline.stages, [], Program.values
    monkeypatch.setattr(Program, "values", lambda program, batch: points.append(len(batch)) or values(program, batch))
    stage_difference(stage, pipeline.at.astype(working_type(stage.program)))
    assert sum(points) == 1 + duration([stage]).evaluations


def test_a_function_that_is_not_differenced_takes_no_time():
    (stage,) = from_expressions(["f(x): x^2"], at="1").stages
    assert (duration([stage]).seconds, duration([stage]).evaluations) == (0, 0)


def test_more_entries_and_larger_matrices_take_longer():
    small, large = (
        duration(from_expressions([f"f(v[{size}]): v*sum(v)"], at=",".join(["1"] * size)).differentiated_by("difference").stages)
        for size in (5, 50)
    )
    assert large.seconds > 10 * small.seconds
    assert large.evaluations == 10 * small.evaluations
