"""Why differences yield no number for an entry, as far as values on both sides of the point tell."""

from __future__ import annotations

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.jacobian.differences.scales import own_scales
from jacchain.pipeline.stage import Stage

STEPS = 0.25 ** np.arange(2, 22)
"""Steps that are tried, in units of the size of the input."""
LAST = 8
"""Steps at the end of those, at which a reason has to show."""
JUMP = 0.5
"""Share of the change at the first of them that is still there at the last where a function jumps."""
GROWTH = 1.2
"""By how much slopes have grown from the first of them to the last, step by step, where they have no limit."""

SAID = {
    "hidden": "rounding alone moves an argument by more than a period",
    "undefined": "it is not defined",
    "bounds": "its bounds leave no room",
    "jump": "it jumps",
    "steep": "its slopes grow without limit",
}


def reason(stage: Stage, x: Array, entry: tuple[int, int]) -> str:
    """What hinders differences of the output ``entry[0]`` by the input ``entry[1]`` of a stage at x ``(n,)``, in words."""
    return f"at {stage.inputs[entry[1]]} = {float(x[entry[1]]):.6g} {_hindrance(stage, x, entry)}"


def _hindrance(stage: Stage, x: Array, entry: tuple[int, int]) -> str:
    if _is_hidden(stage, x, entry):
        return SAID["hidden"]
    below, above = (_obstacle(stage, x, entry, sign) for sign in (-1, 1))
    if below == above:
        return f"{SAID[below]} on either side" if below else "quotients with ever smaller steps settle on no number"
    sides = ((below, "below"), (above, "above"))
    return " and ".join(f"{SAID[obstacle]} {side}" for obstacle, side in sides if obstacle)


def _is_hidden(stage: Stage, x: Array, entry: tuple[int, int]) -> bool:
    """Whether the output turns, or may turn, on the way to the next number."""
    row, column = entry
    moved = x.copy()
    moved[column] = np.nextafter(x[column], np.inf, dtype=x.dtype)
    scales = own_scales([stage.program], x[None], moved[None])
    return scales is not None and bool(scales[0, row] == 0)


def _obstacle(stage: Stage, x: Array, entry: tuple[int, int], sign: int) -> str:
    """The key of what is said of one side, empty where nothing is seen."""
    row, column = entry
    steps = ((np.abs(x[column]) or 1) * STEPS).astype(x.dtype)
    points = np.repeat(x[None], steps.size + 1, axis=0)
    points[1:, column] += sign * steps
    bounds = stage.bounds
    if bounds is not None and not bounds[column, 0] <= points[-1, column] <= bounds[column, 1]:
        return "bounds"
    values = stage.program.values(points)[:, row]
    with np.errstate(all="ignore"):
        rises = np.abs(values[1:] - values[0])[-LAST:]
        slopes = rises / steps[-LAST:]
    if not np.isfinite(rises).all():
        return "undefined"
    if rises[-1] > JUMP * rises[0] and rises[-1] > STEPS[-1] * np.abs(values[0]):
        return "jump"
    return "steep" if (np.diff(slopes) > 0).all() and slopes[-1] > GROWTH * slopes[0] else ""
