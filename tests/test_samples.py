"""Every sample against numbers from elsewhere: the mathematics again in fifty digits, closed forms, and printed figures.

``MATHEMATICS`` states each sample as one function of its inputs, without stages, written from the textbook and not from the
file; ``mpmath`` evaluates it, and a difference with a step of 1e-20 differentiates it.  No sample is without an entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

from jacchain.pipeline import load
from jacchain.results import Report
from jacchain.run import Request, run

SAMPLES = Path(__file__).parents[1] / "samples"
STEP = mp.mpf(10) ** -20

Function = Callable[..., list[mp.mpf]]


@dataclass(frozen=True)
class Known:
    """A sample as one function of its inputs, and the point."""

    function: Function
    at: tuple[float, ...]


def logistic(x: mp.mpf) -> mp.mpf:
    return 1 / (1 + mp.exp(-x))


def product(matrix: Sequence[Sequence[float]], vector: Sequence[mp.mpf]) -> list[mp.mpf]:
    return [mp.fdot(row, vector) for row in matrix]


def neuron(w0, x0, w1, x1, w2):
    return [logistic(w0 * x0 + w1 * x1 + w2)]


def mazur_error(i1, i2, *weights):
    w5, w6, w7, w8 = weights or (0.40, 0.45, 0.50, 0.55)
    h1 = logistic(0.15 * i1 + 0.20 * i2 + 0.35)
    h2 = logistic(0.25 * i1 + 0.30 * i2 + 0.35)
    o1 = logistic(w5 * h1 + w6 * h2 + 0.60)
    o2 = logistic(w7 * h1 + w8 * h2 + 0.60)
    return [(0.01 - o1) ** 2 / 2 + (0.99 - o2) ** 2 / 2]


def cross_entropy(a, b, c):
    return [mp.log(mp.exp(a) + mp.exp(b) + mp.exp(c)) - a]


def signs_product(*x):
    """Six corners of the matrix of Legendre symbols ((i + j)/73), by Euler's criterion."""
    widths = (25, 20, 10, 5, 15, 35, 30)
    vector = list(x)
    for n, m in pairwise(widths):
        vector = [
            mp.fsum(v if pow(i + j, 36, 73) == 1 else -v for j, v in enumerate(vector[:n], start=1)) for i in range(1, m + 1)
        ]
    return vector


def planar_tip(q1, q2, q3):
    tip = 3 * mp.expj(q1) + 2 * mp.expj(q1 + q2) + mp.expj(q1 + q2 + q3)
    return [tip.real, tip.imag]


UR5 = ((0.089159, 0, 1), (0, -0.425, 0), (0, -0.39225, 0), (0.10915, 0, 1), (0.09465, 0, -1), (0.0823, 0, 0))
"""Offset, length and twist (in right angles) of each link, from the maker's Denavit-Hartenberg table."""


def link(q, offset, length, twist):
    """The homogeneous matrix of one Denavit-Hartenberg link."""
    c, s, cosine, sine = mp.cos(q), mp.sin(q), 1 - abs(twist), twist
    rows = [[c, -s * cosine, s * sine, length * c], [s, c * cosine, -c * sine, length * s], [0, sine, cosine, offset]]
    return mp.matrix([*rows, [0, 0, 0, 1]])


def arm(q, tool):
    """The frames of the links (4 by 4), the last holding the tool."""
    frames = [mp.eye(4)]
    for angle, row in zip(q, UR5, strict=True):
        frames.append(frames[-1] * link(angle, *row))
    return frames, frames[-1] * mp.matrix([*tool, 1])


def arm_tip(*q):
    return list(arm(q, (0.05, 0, 0.12))[1])[:3]


def reprojection(w1, w2, w3, *t):
    point, pixel = mp.matrix([-0.612000, 0.571759, -1.847081]), (-332.65, 262.09)
    rotation = mp.expm(mp.matrix([[0, -w3, w2], [w3, 0, -w1], [-w2, w1, 0]]), method="taylor")
    x, y, z = rotation * point + mp.matrix(t)
    square = (x / z) ** 2 + (y / z) ** 2
    scale = -399.75 * (1 + mp.mpf(-3.177e-7) * square + mp.mpf(5.882e-13) * square**2) / z
    return [((scale * x - pixel[0]) ** 2 + (scale * y - pixel[1]) ** 2) / 2]


def fifty_steps(*h):
    weights, bias = ((0.6, -0.5, 0.2), (0.4, 0.5, -0.3), (-0.1, 0.3, 0.7)), (0.1, -0.2, 0.3)
    for _ in range(50):
        h = [mp.tanh(mp.fdot(row, h) + b) for row, b in zip(weights, bias, strict=True)]
    return [mp.fsum(v**2 for v in h) / 2]


QUERY = ((0.5, -0.3, 0.8, 0.1), (0.2, 0.9, -0.4, 0.6))
KEYS = ((1, 0.5), (-0.2, 1.5), (0.7, -1))
VALUES = ((1, 0, 2), (-1, 3, 0.5), (0.4, -0.6, 1))


def attention_weights(x):
    scores = [mp.exp(score / mp.sqrt(2)) for score in product(KEYS, product(QUERY, x))]
    return [score / mp.fsum(scores) for score in scores]


def attention_head(*x):
    return product(tuple(zip(*VALUES, strict=True)), attention_weights(x))


def black_scholes(S, K, r, sigma, T):  # noqa: N803 - the letters of the formula
    d1 = (mp.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * mp.sqrt(T))
    return [S * mp.ncdf(d1) - K * mp.exp(-r * T) * mp.ncdf(d1 - sigma * mp.sqrt(T))]


def lorenz(x, y, z):
    h = mp.mpf(0.01)
    for _ in range(50):
        x, y, z = x + 10 * h * (y - x), y + h * (28 * x - y - x * z), z + h * (x * y - 8 * z / 3)
    return [x, y, z]


def conserved(x, y):
    return x - mp.log(x) + (4 * y - 2 * mp.log(y)) / 3


def runge_kutta(*state):
    def rate(x, y):
        return [2 * x / 3 - 4 * x * y / 3, x * y - y]

    def moved(by, slope):
        return [s + by * k for s, k in zip(state, slope, strict=True)]

    h = mp.mpf(0.05)
    for _ in range(10):
        k1 = rate(*state)
        k2 = rate(*moved(h / 2, k1))
        k3 = rate(*moved(h / 2, k2))
        k4 = rate(*moved(h, k3))
        state = moved(h / 6, [a + 2 * b + 2 * c + d for a, b, c, d in zip(k1, k2, k3, k4, strict=True)])
    return [conserved(*state)]


LAUNCHES = (66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58)
DAMAGED = (70, 57, 63, 70, 53, 75, 58)


def launches(b0, b1):
    return [mp.fsum(mp.log1p(mp.exp(b0 + b1 * t)) for t in LAUNCHES) - mp.fsum(b0 + b1 * t for t in DAMAGED)]


ANSCOMBE = (
    (10, 7.46), (8, 6.77), (13, 12.74), (9, 7.11), (11, 7.81), (14, 8.84), (6, 6.08), (4, 5.39), (12, 8.15), (7, 6.42), (5, 5.73),
)  # fmt: skip


def huber(a, b):
    """Huber's loss as the least of r = s + w over s^2/2 + |w|/10: its Moreau envelope."""
    total = mp.mpf(0)
    for x, y in ANSCOMBE:
        r = y - a - b * x
        far = mp.sign(r) * max(abs(r) - mp.mpf(0.1), 0)
        total += (r - far) ** 2 / 2 + mp.mpf(0.1) * abs(far)
    return [total]


MATHEMATICS = {
    "attention": Known(attention_head, (1, -0.5, 2, 0.3)),
    "black_scholes": Known(black_scholes, (42, 40, 0.1, 0.2, 0.5)),
    "camera": Known(reprojection, (0.0157415, -0.0127909, -0.0044008, -0.0340938, -0.1075139, 1.1202240)),
    "challenger": Known(launches, (15.0429, -0.2322)),
    "cs231n_neuron": Known(neuron, (2, -1, -3, -2, -3)),
    "huber": Known(huber, (4, 0.35)),
    "lorenz": Known(lorenz, (1, 1, 1)),
    "lotka_volterra": Known(runge_kutta, (0.9, 1.8)),
    "mazur": Known(mazur_error, (0.05, 0.10)),
    "mazur_weights": Known(mazur_error, (0.05, 0.10, 0.40, 0.45, 0.50, 0.55)),
    "planar_arm": Known(planar_tip, (math.pi / 6, math.pi / 4, -math.pi / 3)),
    "polar": Known(lambda r, theta: [r, theta], (2, math.pi / 6)),
    "recurrent": Known(fifty_steps, (1, -0.5, 0.25)),
    "rosenbrock": Known(lambda x, y: [100 * (y - x**2) ** 2 + (1 - x) ** 2], (-1.2, 1)),
    "six_joint_arm": Known(arm_tip, tuple(math.pi * turn for turn in (1 / 6, -1 / 3, 1 / 4, -1 / 5, 1 / 3, 1 / 7))),
    "softmax_cross_entropy": Known(cross_entropy, (2, 1, 0.1)),
    "vector_chain": Known(lambda x: [2 * mp.log(x), mp.sin(3 * x)], (2,)),
    "widths": Known(signs_product, tuple(range(1, 26))),
}


@cache
def report(name: str) -> Report:
    """The sample, run once."""
    path = next(path for path in samples() if path.stem == name)
    return run(load(path.read_bytes(), path.name, folder=path.parent), Request())


def samples() -> list[Path]:
    return sorted(path for path in SAMPLES.iterdir() if path.suffix in {".yaml", ".json"})


def total(name: str) -> np.ndarray:
    """The Jacobian of the whole chain."""
    return report(name).jacobian.dense[0]


@cache
def reference(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Value and Jacobian at the point of the sample, in fifty digits, rounded."""
    known = MATHEMATICS[name]
    with mp.workdps(60):
        at = [mp.mpf(x) for x in known.at]
        value = known.function(*at)
        columns = []
        for j, x in enumerate(at):
            after, before = ([*at[:j], x + h, *at[j + 1 :]] for h in (STEP, -STEP))
            columns.append([(a - b) / (2 * STEP) for a, b in zip(known.function(*after), known.function(*before), strict=True)])
        return np.array(value, float), np.array(columns, float).T


def assert_close(numbers: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(numbers, expected, rtol=1e-12, atol=1e-15 * np.abs(expected).max())


def test_every_sample_has_its_mathematics_and_the_other_way_round():
    assert [path.stem for path in samples()] == sorted(MATHEMATICS)


def test_every_file_beside_the_samples_is_used_by_one():
    texts = "".join(path.read_text("utf-8") for path in samples())
    assert all(path.name in texts for path in SAMPLES.iterdir() if path.suffix in {".csv", ".npy"})


@pytest.mark.parametrize("name", MATHEMATICS)
class TestAgainstTheMathematics:
    def test_value(self, name):
        assert_close(report(name).stages[-1].value, reference(name)[0])

    def test_jacobian(self, name):
        assert_close(total(name), reference(name)[1])

    def test_gradient_of_a_scalar_end_only(self, name):
        gradient = report(name).gradient
        if len(reference(name)[0]) == 1:
            assert gradient is not None
            assert_close(gradient, reference(name)[1][0])
        else:
            assert gradient is None

    def test_reads_without_a_remark(self, name):
        path = next(path for path in samples() if path.stem == name)
        assert load(path.read_bytes(), path.name, folder=path.parent).warnings == ()


def printed(*figures: str) -> list[object]:
    """Figures as they stand in print: each is right to half a unit of its last digit."""
    return [pytest.approx(float(figure), abs=0.5001 * 10.0 ** -len(figure.partition(".")[2])) for figure in figures]


def test_cs231n_prints_these_values_and_gradients():
    gates = [value for stage in report("cs231n_neuron").stages for value in stage.value]
    assert gates == printed("-2", "6", "-3", "1", "-1", "0.37", "1.37", "0.73")
    assert gates[-1:] == printed("0.731059")
    w0, x0, w1, x1, w2 = report("cs231n_neuron").gradient
    assert [w0, x0, w1, x1, w2] == printed("-0.1966", "0.3932", "-0.3932", "-0.5898", "0.1966")


def test_mazur_prints_this_error_and_gradient():
    assert list(report("mazur").stages[-1].value) == printed("0.298371109")
    assert list(report("mazur").gradient) == printed("0.00380427", "0.00474055")
    assert list(report("mazur").stages[1].value) == printed("0.593269992", "0.596884378")
    assert list(report("mazur").stages[3].value) == printed("0.75136507", "0.772928465")


def test_mazur_prints_these_weights_after_one_step():
    slope = report("mazur_weights").gradient[2:]
    assert slope[0] == printed("0.082167041")[0]
    assert list(np.array([0.40, 0.45, 0.50, 0.55]) - 0.5 * slope) == printed(
        "0.35891648", "0.408666186", "0.511301270", "0.561370121"
    )


def test_softmax_and_cross_entropy_leave_p_minus_y():
    gradient = report("softmax_cross_entropy").gradient
    assert list(gradient) == printed("-0.340999", "0.242433", "0.098566")
    assert_close(gradient, report("softmax_cross_entropy").stages[0].value - [1, 0, 0])


def test_explained_ai_prints_this_vector():
    assert list(total("vector_chain")[:, 0]) == printed("1", "2.880511")


def test_there_and_back_is_the_identity():
    assert np.abs(total("polar") - np.eye(2)).max() <= 2.0**-52


def test_clrs_costs():
    plan = report("widths").plan
    assert (plan.multiplications, plan.forward, plan.reverse) == (15_125, 47_500, 40_500)
    assert plan.tree == ((1, (2, 3)), ((4, 5), 6))


def test_whole_numbers_stay_exact():
    assert np.array_equal(total("widths"), reference("widths")[1])


def test_hand_derived_jacobian_of_the_planar_arm():
    stage = load((SAMPLES / "planar_arm.yaml").read_bytes(), "planar_arm.yaml", folder=SAMPLES).stages[1]
    q = np.cumsum(MATHEMATICS["planar_arm"].at)
    textbook = [-3 * np.sin(q[0]), -2 * np.sin(q[1]), -np.sin(q[2]), 3 * np.cos(q[0]), 2 * np.cos(q[1]), np.cos(q[2])]
    assert stage.author is not None
    assert_close(stage.author.values(q[None])[0], textbook)
    assert_close(report("planar_arm").stages[1].jacobian.linear.dense[0].ravel(), textbook)


def test_columns_of_the_arm_are_axis_cross_lever():
    with mp.workdps(30):
        frames, tip = arm([mp.mpf(q) for q in MATHEMATICS["six_joint_arm"].at], (0.05, 0, 0.12))
        axes = [np.array(frame[:3, 2], float) for frame in frames[:6]]
        levers = [np.array(tip[:3] - frame[:3, 3], float) for frame in frames[:6]]
    columns = [np.cross(axis.ravel(), lever.ravel()) for axis, lever in zip(axes, levers, strict=True)]
    assert_close(total("six_joint_arm"), np.array(columns).T)


def test_maker_of_the_arm_gives_this_pose_at_zero():
    _, flange = arm([0] * 6, (0, 0, 0))
    assert [float(x) for x in flange[:3]] == pytest.approx([-0.81725, -0.19145, -0.005491], abs=1e-12)


def test_camera_misses_by_the_known_residual():
    """The first observation of the 49-camera problem of the data set, as solvers print it."""
    assert list(report("camera").stages[4].value) == pytest.approx([-9.0202, 11.2640], abs=2e-3)


def test_attention_is_the_covariance_of_values_and_keys():
    p = np.array(attention_weights(MATHEMATICS["attention"].at), float)
    keys, values = np.array(KEYS), np.array(VALUES)
    covariance = (values - p @ values).T @ np.diag(p) @ (keys - p @ keys)
    assert_close(total("attention"), covariance @ np.array(QUERY) / np.sqrt(2))


def test_greeks():
    S, K, r, sigma, T = MATHEMATICS["black_scholes"].at  # noqa: N806 - the letters of the formula
    d1 = (math.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * math.sqrt(T))
    d2 = d1 - sigma * math.sqrt(T)
    density = math.exp(-d1 * d1 / 2) / math.sqrt(math.tau)
    n1, n2 = (math.erfc(-d / math.sqrt(2)) / 2 for d in (d1, d2))
    strike = math.exp(-r * T)
    vega, rho = S * density * math.sqrt(T), T * K * strike * n2
    decay = S * density * sigma / (2 * math.sqrt(T)) + r * K * strike * n2
    assert_close(report("black_scholes").gradient, np.array([n1, -strike * n2, rho, vega, decay]))


def test_hull_prints_this_price():
    assert list(report("black_scholes").stages[0].value[:2]) == printed("0.7693", "0.6278")
    assert list(report("black_scholes").stages[-1].value) == printed("4.76")


def test_conserved_quantity_keeps_its_value_and_its_gradient():
    x, y = MATHEMATICS["lotka_volterra"].at
    exact = [1 - 1 / x, 4 / 3 - 2 / (3 * y)]
    assert report("lotka_volterra").stages[-1].value[0] == pytest.approx(float(conserved(x, y)), abs=2e-6)
    assert report("lotka_volterra").gradient == pytest.approx(exact, abs=2e-6)


def test_recurrent_gradient_vanishes():
    assert 0 < np.abs(report("recurrent").gradient).max() < 1e-9


def test_published_fit_of_the_o_rings():
    """Residual deviance 20.315; Newton's step from the rounded coefficients is smaller than their rounding."""
    assert 2 * report("challenger").stages[-1].value[0] == pytest.approx(20.315, abs=5e-4)
    x = np.column_stack([np.ones(23), LAUNCHES])
    p = 1 / (1 + np.exp(-x @ MATHEMATICS["challenger"].at))
    step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), report("challenger").gradient)
    assert (np.abs(step) < 5.1e-5).all()


def test_outlier_pulls_with_the_force_delta():
    pull = [min(max(y - (4 + 0.35 * x), -0.1), 0.1) for x, y in ANSCOMBE]
    assert max(pull) == 0.1
    assert_close(report("huber").gradient, np.array([-sum(pull), -sum(p * x for p, (x, _) in zip(pull, ANSCOMBE, strict=True))]))


def test_rosenbrock_at_the_customary_start():
    assert report("rosenbrock").stages[-1].value[0] == pytest.approx(24.2, rel=1e-15)
    assert list(report("rosenbrock").gradient) == pytest.approx([-215.6, -88], rel=1e-14)
