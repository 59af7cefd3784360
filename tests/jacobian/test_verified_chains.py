"""Differences on chains verified by other means: the targets that the engine was built to."""

import numpy as np
import pytest

from jacchain.jacobian.differences.stage_difference import stage_difference
from jacchain.pipeline.stage import Stage


@pytest.fixture(scope="module")
def stages(oracle, compiled):
    """The stages whose points are exact: the first of every chain, with their exact Jacobians."""
    found = []
    for problem in oracle("chains.json")["problems"]:
        stage = problem["stages"][0]
        program = compiled(", ".join(stage["inputs"]), *(output["expr"] for output in stage["outputs"]))
        truth = np.array(problem["expected"]["jacobian_per_stage"][0], float)
        found.append((program, np.array(problem["x"], float), truth))
    return found


def measured(stages, dtype):
    """Relative errors of the nonzero entries, and whether each is inside its own bar (and the last digit of the truth)."""
    errors, inside = [], []
    for program, x, truth in stages:
        point = x.astype(dtype)
        names = tuple(map(str, range(x.size)))
        found = stage_difference(Stage(1, "f", "f", names, tuple(map(str, range(program.outputs))), program), point)
        apart, nonzero = np.abs(found.matrix - truth), truth != 0
        errors.append((apart[nonzero] / np.abs(truth[nonzero])).astype(float))
        inside.append((apart <= found.bars + np.spacing(np.abs(truth)))[nonzero])
    return np.concatenate(errors), np.concatenate(inside)


def test_in_long_doubles_every_target_is_met(stages):
    if np.finfo(np.longdouble).nmant <= np.finfo(float).nmant:
        pytest.skip("this machine has nothing longer than double")
    errors, inside = measured(stages, np.longdouble)
    assert not np.isnan(errors).any()
    assert np.median(errors) <= 2e-16
    assert (errors > 1e-8).mean() <= 0.005
    assert inside.mean() >= 0.997


def test_in_doubles_what_can_be_evaluated_is_inside_its_bar(stages):
    errors, inside = measured(stages, float)
    defined = np.isfinite(errors)
    assert defined.mean() > 0.98
    assert np.median(errors[defined]) <= 2e-14
    assert inside[defined].mean() >= 0.997
