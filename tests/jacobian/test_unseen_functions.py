"""Evidence on functions that nobody has tuned to: honest bars, no false alarm, and few bugs that get past them."""

import numpy as np
import pytest
from strategies.unseen import unseen

from jacchain.jacobian.accuracy.rounding import derivative_error
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.differences.stage_difference import stage_difference
from jacchain.jacobian.judgement.verdict import judge
from jacchain.linear.map import LinearMap
from jacchain.pipeline.stage import Stage

CASES = tuple(unseen(range(5_000, 5_140)))
TYPES = [float, np.longdouble]


def difference(case, dtype):
    names = tuple(f"x{j}" for j in range(case.point.size))
    return stage_difference(Stage(1, "f", "f", names, ("f",), case.program), case.point.astype(dtype))


@pytest.mark.parametrize("dtype", TYPES)
def test_bars_are_honest_and_entries_exact_where_noise_allows(dtype):
    errors, bars = [], []
    for case in CASES:
        found = difference(case, dtype)
        nonzero = case.truth != 0
        size = np.abs(case.truth[nonzero])
        known = np.isfinite(found.bars[0][nonzero])
        assert (known == np.isfinite(found.matrix[0][nonzero])).all()
        errors += list(np.where(known, np.abs(found.matrix[0][nonzero] - case.truth[nonzero]) / size, 0))
        bars += list(found.bars[0][nonzero] / size)
    errors, bars = np.array(errors, float), np.array(bars, float)
    assert errors.size > 200
    assert (errors <= bars + np.finfo(float).eps).mean() >= 0.997
    assert ((errors > 1e-8) & (bars <= 1e-8)).mean() <= 0.004
    assert np.median(errors) <= (1e-13 if dtype is float else 1e-15)


@pytest.mark.parametrize("dtype", TYPES)
def test_right_derivatives_raise_no_alarm_and_wrong_ones_are_told(dtype):
    seen = {1.0: [], 1.01: [], -1.0: []}
    for case in CASES:
        point, found = case.point.astype(dtype), difference(case, dtype)
        linear = differentiate(case.program, point[None]).linear.astype(float)
        if not np.isfinite(linear.values).all():
            continue
        bars = derivative_error(case.program, point)
        for factor, judgements in seen.items():
            judged = LinearMap(linear.pattern, linear.values * factor), bars
            verdict = judge(["f"], [""] * case.point.size, judged, found)
            usual = (np.abs(verdict.value) > 1e-6) & (np.abs(found.value) > 1e-9 * np.abs(found.at[0]))
            judgements += [entry.judgement for entry in map(verdict.entry, np.flatnonzero(usual))]
    assert "disagree" not in seen[1.0]
    assert seen[1.0].count("agree") > 0.95 * len(seen[1.0]) > 150
    for factor in (1.01, -1.0):
        assert seen[factor].count("disagree") > 0.95 * len(seen[factor])
