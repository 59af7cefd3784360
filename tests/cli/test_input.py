"""What is said of a pipeline before it is run."""

import pytest

import jacchain.cli.input
from jacchain.cli.input import foretold
from jacchain.jacobian.differences.duration import duration
from jacchain.pipeline import from_expressions


@pytest.fixture
def pipeline():
    return from_expressions(["f(x): sin(x)", "g(y): y^2"], at="1")


def test_differences_that_take_long_are_foretold(monkeypatch, capsys, pipeline):
    monkeypatch.setattr(jacchain.cli.input, "PATIENCE", 0.0)
    differenced = foretold(pipeline, {"method": "difference", "ascii": True, "color": "never"}, 1000)
    assert [stage.method for stage in differenced.stages] == ["difference", "difference"]
    said = capsys.readouterr().err
    assert f"{1000 * duration(differenced.stages).evaluations:,} evaluations" in said
    assert "JC453" in said
    assert "`--method analytic`" in said


@pytest.mark.parametrize("method", [None, "analytic", "difference"])
def test_what_is_quick_is_not_spoken_of(method, capsys, pipeline):
    foretold(pipeline, {"method": method, "ascii": True, "color": "never"})
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "spoken"), [(12.3, "12 seconds"), (119, "120 seconds"), (1234, "21 minutes"), (86400, "24 hours")]
)
def test_times_are_told_as_people_tell_them(capsys, pipeline, seconds, spoken):
    points = round(seconds / duration(pipeline.differentiated_by("difference").stages).seconds)
    foretold(pipeline, {"method": "difference", "ascii": True, "color": "never"}, points)
    assert spoken in capsys.readouterr().err
