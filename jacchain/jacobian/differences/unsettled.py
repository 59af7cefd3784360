"""Why differences yield no number for an entry, as far as values on both sides of the point tell."""

from __future__ import annotations

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.jacobian.differences.samples import Evaluate
from jacchain.linear.map import Numbers

STEPS = 0.25 ** np.arange(2, 22)
"""Steps that are tried, in units of the size of the input."""
LAST = 8
"""Steps at the end of those, at which a reason has to show."""
JUMP = 0.5
"""Share of the change at the first of them that is still there at the last where a function jumps."""
GROWTH = 1.2
"""By how much slopes have grown from the first of them to the last, step by step, where they have no limit."""

SAID = {
    "undefined": "it is not defined",
    "bounds": "its bounds leave no room",
    "jump": "it jumps",
    "steep": "its slopes grow without limit",
}


def reason(evaluate: Evaluate, x: Array, entry: tuple[int, int], bounds: Numbers | None) -> str:
    """What hinders differences of the output ``entry[0]`` by the input ``entry[1]`` at x, in words; ``bounds`` are ``(n, 2)``.

    ``evaluate`` takes points ``(batch, n)`` to values ``(batch, m)``.
    """
    below, above = (_obstacle(evaluate, x, entry, bounds, sign) for sign in (-1, 1))
    if below == above:
        return f"{SAID[below]} on either side" if below else "quotients with ever smaller steps settle on no number"
    sides = ((below, "below"), (above, "above"))
    return " and ".join(f"{SAID[obstacle]} {side}" for obstacle, side in sides if obstacle)


def _obstacle(evaluate: Evaluate, x: Array, entry: tuple[int, int], bounds: Numbers | None, sign: int) -> str:
    """The key of what is said of one side, empty where nothing is seen."""
    row, column = entry
    steps = ((np.abs(x[column]) or 1) * STEPS).astype(x.dtype)
    points = np.repeat(x[None], steps.size + 1, axis=0)
    points[1:, column] += sign * steps
    if bounds is not None and not bounds[column, 0] <= points[-1, column] <= bounds[column, 1]:
        return "bounds"
    values = evaluate(points)[:, row]
    with np.errstate(all="ignore"):
        rises = np.abs(values[1:] - values[0])[-LAST:]
        slopes = rises / steps[-LAST:]
    if not np.isfinite(rises).all():
        return "undefined"
    if rises[-1] > JUMP * rises[0] and rises[-1] > STEPS[-1] * np.abs(values[0]):
        return "jump"
    return "steep" if (np.diff(slopes) > 0).all() and slopes[-1] > GROWTH * slopes[0] else ""
