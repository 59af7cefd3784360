"""How long differences take, told from the sizes of a chain before any is made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jacchain.frozen import Frozen
from jacchain.jacobian.analytic import working_type
from jacchain.jacobian.differences.stage_difference import evaluation_work, reached_pattern, samples_per_column
from jacchain.pipeline.stage import Stage

ENTRY = 2e-5
"""Seconds to make a derivative of all samples of an entry; measured, as are the following."""
DOUBLE, LONGER = 1e-10, 4e-9
"""Seconds for one of the numbers handled in an evaluation: BLAS multiplies doubles, nobody in a hurry anything longer."""


class Duration(Frozen, eq=True):
    """About how many ``seconds`` differences take, to within a factor of two or three, and in how many ``evaluations``."""

    seconds: float
    evaluations: int


def duration(stages: Sequence[Stage]) -> Duration:
    """What it takes to difference those stages of a chain for which that is the method, at one point.

    Columns go together where they can: as many groups of them are counted as the fullest row has entries.
    """
    seconds, evaluations = 0.0, 0
    for stage in stages:
        if stage.method == "difference":
            pattern = reached_pattern(stage.program)
            count = samples_per_column(stage.program) * int(pattern.row_counts.max(initial=0))
            number = DOUBLE if working_type(stage.program) == np.dtype(float) else LONGER
            seconds += ENTRY * pattern.count + number * count * evaluation_work([stage.program])
            evaluations += count
    return Duration(seconds, evaluations)
