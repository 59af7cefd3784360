"""Evidence on the Jacobian of a whole chain, from as few numbers as will do.

A Taylor remainder in a random direction shrinks like the square of the step if the Jacobian is right, and like the step if it is
not; an imaginary step cancels nothing; and what is pushed forward through the stages has to meet what is pulled back.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from jacchain.expression.arithmetic import Array
from jacchain.frozen import Frozen
from jacchain.jacobian.accuracy.chance import Chance
from jacchain.jacobian.accuracy.rounding import ULPS
from jacchain.jacobian.differences.samples import Evaluate
from jacchain.jacobian.differences.schemes import SCHEMES, scheme_jacobian
from jacchain.jacobian.differences.stage_difference import chain_epsilon, chain_noise, composed, directional_difference
from jacchain.jacobian.judgement.verdict import JUDGEMENTS, Judgement, Verdict, judge
from jacchain.linear.map import LinearMap, Numbers
from jacchain.linear.pattern import Integers
from jacchain.linear.product import multiply
from jacchain.pipeline.stage import Stage

EPSILON = float(np.finfo(float).eps)
NO_OUTPUTS: Integers = np.zeros(0, np.int64)
ALONG = "direction"
"""The name of the one input of a verdict along a direction."""
STEPS = 44
"""Steps at which a remainder is looked at, from a quarter of the direction down to where all is rounding."""
FLOOR = 8
"""The finest of them, where nothing but noise is left of a right approximation."""
TELLING = 0.25
"""Of a slope, the bar that leaves no doubt whether it is 1 or 2."""
DIFFERENCES: dict[Judgement, str] = {
    "agree": "",
    "inconclusive": ", and the difference along it cannot tell",
    "disagree": ", but the difference along it is another",
}
"""What is added of the difference along a direction, where it says something else than the remainder."""
TINY = 1e-40
"""The longest imaginary step: it is added to no real number, so that it may be short however large an input is."""
SHAKEN, UNLUCKY = 2, 8.0
"""How often an imaginary step is repeated with rounding in between, and how much more than is seen that may do."""
CLEAR = 2.0**7
"""Times its noise, a remainder stands out of it."""


class Witness(Frozen, eq=True):
    """Evidence on the Jacobian of the whole chain that needs no difference of every entry.

    ``name`` is ``taylor``, ``complex step`` or ``transpose``; ``value`` the number it comes to (a slope, or a distance in terms
    of its bar), None where there is none.
    """

    name: str
    judgement: Judgement
    message: str
    value: float | None = None


class Factors(Frozen):
    """The Jacobians of the stages, with the bars of their entries: what a product is made of."""

    maps: tuple[LinearMap, ...]
    bars: tuple[LinearMap, ...]

    @classmethod
    def of(cls, maps: Sequence[LinearMap], bars: Sequence[Numbers]) -> Factors:
        """From the maps in the order of the chain, and a bar for each entry of their patterns."""
        with_patterns = [LinearMap(linear.pattern, np.array(bar)[None]) for linear, bar in zip(maps, bars, strict=True)]
        return cls(tuple(maps), tuple(with_patterns))

    def total_bars(self) -> tuple[Numbers, Numbers]:
        """How far each entry of ``J_k … J_1`` may be from exact, and how large all of its terms are together, ``(m, n)`` both.

        Bars are those of the factors, and rounding in the sums.
        """
        size, error = _absolute(self.maps[0]), self.bars[0]
        for linear, bar in zip(self.maps[1:], self.bars[1:], strict=True):
            rounding = LinearMap(linear.pattern, np.abs(linear.values) * (EPSILON * linear.shape[1]) + bar.values)
            own, carried = multiply(rounding, size), multiply(_absolute(linear), error)
            error = LinearMap.full(own.dense[0] + carried.dense[0])
            size = multiply(_absolute(linear), size)
        return np.asarray(error.dense[0]), np.asarray(size.dense[0])

    def direction_bars(self, direction: Numbers) -> Numbers:
        """How far each entry of ``J_k … J_1 v`` may be from exact ``(m,)``."""
        size, error = np.abs(direction), np.zeros(direction.size)
        for linear, bar in zip(self.maps, self.bars, strict=True):
            absolute = _absolute(linear)
            rounding = LinearMap(linear.pattern, absolute.values * (EPSILON * linear.shape[1]) + bar.values)
            error = times(absolute, error) + times(rounding, size)
            size = times(absolute, size)
        return error

    def forward(self, direction: Numbers) -> Numbers:
        """``J_k (… (J_1 v))``, entry by entry."""
        for linear in self.maps:
            direction = times(linear, direction)
        return direction

    def backward(self, weights: Numbers) -> Numbers:
        """``J_1ᵀ (… (J_kᵀ w))``, entry by entry."""
        for linear in reversed(self.maps):
            weights = times(linear.T, weights)
        return weights

    @property
    def absolute(self) -> Factors:
        """The same with absolute values."""
        return Factors(tuple(_absolute(linear) for linear in self.maps), self.bars)


def times(linear: LinearMap, vector: Numbers) -> Numbers:
    """``J v``, summed entry by entry: nothing of the products that are to be checked."""
    pattern = linear.pattern
    with np.errstate(over="ignore", invalid="ignore"):
        if pattern.is_full:
            return np.asarray((linear.dense[0] * vector).sum(1))
        return np.bincount(pattern.rows, weights=linear.values[0] * vector[pattern.columns], minlength=linear.shape[0])


def along_direction(stages: Sequence[Stage], x: Array, direction: Numbers, judged: tuple[Numbers, Numbers, Numbers]) -> Verdict:
    """The verdict on a derivative along a direction, one entry for each output: what stands for a Jacobian too large to judge.

    ``judged`` are the derivatives ``(m,)``, how far they may be off, and about ``|J| |x|``.
    """
    along, bar, size = judged
    found = directional_difference(stages, x, direction[:, None], size)
    return judge(stages[-1].outputs, (ALONG,), (LinearMap.full(along[:, None]), bar), found)


def stage_along_direction(stage: Stage, x: Array, judged: tuple[LinearMap, Numbers]) -> Verdict:
    """The verdict on the Jacobian of a stage, a map with a bar for each entry, along a random direction."""
    linear, bars = judged
    factors, direction = Factors.of([linear], [bars]), random_direction(x)
    size = factors.absolute.forward(np.abs(x).astype(float))
    return along_direction([stage], x, direction, (factors.forward(direction), factors.direction_bars(direction), size))


def taylor(stages: Sequence[Stage], x: Array, total: LinearMap, factors: Factors, bent: Integers = NO_OUTPUTS) -> Witness:
    """The derivative along a random direction, with the order to which the remainder of the linear approximation vanishes.

    Outputs that are ``bent`` by a kink have no linear approximation, and are left out.
    """
    direction = random_direction(x)
    along, size = times(total, direction), times(_absolute(total), np.abs(x).astype(float))
    bar = factors.direction_bars(direction) + EPSILON * x.size * times(_absolute(total), np.abs(direction))
    verdict = along_direction(stages, x, direction, (along, bar, size))
    smooth = ~np.isin(verdict.difference.pattern.rows, bent)
    found = JUDGEMENTS[int(verdict.codes[smooth].max(initial=0))]
    slope = remainder_slope(stages, x, direction, (along, bar, size), bent)
    if slope is None:
        message = "along a random direction no remainder of the linear approximation is left to be seen"
        return Witness("taylor", found, message + DIFFERENCES[found])
    message = f"along a random direction the remainder of the linear approximation shrinks like h^{slope.value:.2f}"
    if slope.is_quadratic:
        return Witness("taylor", found, message + DIFFERENCES[found], slope.value)
    judgement: Judgement = "disagree" if found == "disagree" else "inconclusive"
    return Witness("taylor", judgement, f"{message}, not h^2", slope.value)


class Slope(Frozen, eq=True):
    """The power of h with which a remainder vanishes, and a bar on it from the remainders' own noise and from their trend."""

    value: float
    bar: float

    @property
    def is_quadratic(self) -> bool:
        """Whether it may be 2 or more."""
        return self.value + self.bar >= 2


def remainder_slope(
    stages: Sequence[Stage], x: Array, direction: Numbers, judged: tuple[Numbers, Numbers, Numbers], bent: Integers = NO_OUTPUTS
) -> Slope | None:
    """The least power of h with which an output of ``f(x + h v) - f(x) - h J v`` vanishes; None when too little is seen of it.

    Outputs that are ``bent`` do not count.  ``judged`` is that of :func:`along_direction`.  Only the finest steps count at which
    a remainder stands out of its noise: what rounding does to the values and to the points, the bar of ``J v``, and what the
    very finest steps show.
    """
    along, bar, size = judged
    steps = np.ldexp(np.ones(STEPS, x.dtype), -np.arange(2, STEPS + 2))[:, None]
    evaluate = composed(stages)
    at = evaluate(x[None])[0]
    values = evaluate(x + steps * direction.astype(x.dtype))
    rounding = chain_noise(stages, x) + float(np.finfo(x.dtype).eps) * size
    with np.errstate(all="ignore"):
        remainder = np.abs(values - at - steps * along)
        known = 2 * rounding + 2 * chain_epsilon(stages, x) * (np.abs(values) + np.abs(at)) + steps * bar
        noise = np.maximum(known, np.fmax.reduce(remainder[-FLOOR:]))
        value, bar = _slopes(remainder.astype(float), noise.astype(float))
    bar[bent] = np.inf
    telling = np.flatnonzero(bar < TELLING)
    slow = telling[value[telling] + bar[telling] < 2]
    chosen = slow if slow.size else telling
    if not chosen.size:
        return None
    least = chosen[value[chosen].argmin()]
    return Slope(float(value[least]), float(bar[least]))


def _slopes(remainder: Numbers, noise: Numbers) -> tuple[Numbers, Numbers]:
    """The slope of each output at the finest four steps in a row at which remainders stand out of their noise, and its bar.

    The bar is infinite where there are no such steps, or where the next step should stand out too, and does not: what was seen
    is not yet the limit.
    """
    clear = np.isfinite(remainder) & (remainder > CLEAR * noise)
    runs = clear[:-4] & clear[1:-3] & clear[2:-2] & clear[3:-1]
    finest = len(runs) - 1 - runs[::-1].argmax(0) + np.arange(5)[:, None]
    remainder, noise = np.take_along_axis(remainder, finest, 0), np.take_along_axis(noise, finest, 0)
    slopes = -np.diff(np.log2(remainder[:4]), axis=0)
    bar = 2 * np.abs(np.diff(slopes, axis=0)).max(0) + (noise[:4] / remainder[:4]).max(0) * 2 / np.log(2)
    next_one = remainder[3] * 2.0 ** -slopes[-1]
    broken = (remainder[4] <= CLEAR * noise[4]) & (next_one > 2 * CLEAR * noise[4])
    return slopes[-1], np.where(runs.any(0) & ~broken, bar, np.inf)


def complex_obstacle(stages: Sequence[Stage], x: Array) -> str:
    """Why there is no complex step of a chain at x, empty where there is one."""
    for stage in stages:
        if stage.program.real:
            return f"`{stage.function}` has no complex form: it compares, or uses a function of real numbers only"
    steps = _imaginary_steps(x)
    return "x is too close to zero" if (steps > 1e-20 * np.where(x == 0, 1, np.abs(x))).any() else ""


def complex_step(stages: Sequence[Stage], x: Array, total: LinearMap, bars: Numbers, bent: Integers = NO_OUTPUTS) -> Witness:
    """Every entry by an imaginary step, which cancels nothing and is exact to rounding.

    Only for chains that have complex values, see :func:`complex_obstacle`; outputs that are ``bent`` are left out.
    """
    steps = _imaginary_steps(x)
    smooth = np.setdiff1d(np.arange(total.shape[0]), bent)

    def derivatives(evaluate: Evaluate, factor: float) -> Numbers:
        with np.errstate(over="ignore"):
            return scheme_jacobian(evaluate, x, SCHEMES["complex"], steps=steps * factor)[smooth].astype(float)

    larger, found = derivatives(composed(stages), 2.0**20), derivatives(composed(stages), 1.0)
    rounding = composed(stages, partial(_rounded, chance=Chance()))
    shaken = [derivatives(rounding, 1.0) - found for _ in range(SHAKEN if len(stages) > 1 else 0)]
    wanted = total.dense[0][smooth]
    if not np.isfinite(found).all():
        return Witness("complex step", "inconclusive", "the chain has no complex values here", None)
    smallest = float(np.finfo(float).smallest_subnormal)
    room = 4 * (bars[smooth] + EPSILON * np.abs(wanted) + smallest) + 2 * np.abs(found - larger)
    room += (np.finfo(x.dtype).smallest_subnormal / steps).astype(float)
    room += UNLUCKY * np.max(np.abs(shaken), axis=0, initial=0)
    return _distance("complex step", found - wanted, room, "the complex step")


def _imaginary_steps(x: Array) -> Array:
    """The lengths of the imaginary steps at x."""
    return np.minimum(SCHEMES["complex"].step(x, EPSILON), TINY)


def _rounded(values: Array, chance: Chance) -> Array:
    """Values that are off by about as much as rounding may do."""
    moves = chance.uniform(values.shape) * (ULPS * np.finfo(values.dtype).eps)
    return np.asarray(values * (1 + moves.astype(values.real.dtype)))


def transpose(factors: Factors, total: LinearMap) -> Witness:
    """``J v`` and ``wᵀ J`` of the product against v pushed and w pulled through the stages one by one."""
    chance = Chance()
    direction, weights = (chance.direction(size) for size in total.shape[::-1])
    length = sum(linear.shape[1] for linear in factors.maps)
    absolute = factors.absolute
    apart = [
        times(total, direction) - factors.forward(direction),
        times(total.T, weights) - factors.backward(weights),
    ]
    room = [absolute.forward(np.abs(direction)), absolute.backward(np.abs(weights))]
    smallest = float(np.finfo(float).smallest_subnormal)
    bars = 2 * EPSILON * length * np.concatenate(room) + length * smallest
    return _distance("transpose", np.concatenate(apart), bars, "wᵀ(Jv) = (Jᵀw)ᵀv with v and w taken through every stage")


def _distance(name: str, apart: Numbers, room: Numbers, what: str) -> Witness:
    with np.errstate(all="ignore"):
        worst = float(np.max(np.abs(apart) / room, initial=0))
    if not np.isfinite(worst):
        return Witness(name, "inconclusive", f"{what}: the numbers are too large to tell", None)
    judgement: Judgement = "agree" if worst <= 1 else "disagree"
    says = f"{what} agrees to rounding" if worst <= 1 else f"{what} fails by {worst:.3g} times what rounding allows"
    return Witness(name, judgement, says, worst)


def random_direction(x: Array) -> Numbers:
    """A direction that moves every input by about its own size."""
    return np.asarray(np.where(x == 0, 1, np.abs(x)).astype(float) * Chance().direction(x.size))


def _absolute(linear: LinearMap) -> LinearMap:
    return LinearMap(linear.pattern, np.abs(linear.values))
