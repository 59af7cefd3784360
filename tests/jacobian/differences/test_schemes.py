"""Fixed schemes: their orders are theorems about their weights."""

from fractions import Fraction

import numpy as np
import pytest

from jacchain.jacobian.differences.schemes import SCHEMES, Scheme, scheme_jacobian
from jacchain.linear.pattern import Pattern


def moment(scheme: Scheme, power: int) -> Fraction:
    """What the scheme makes of the term ``f^(k)(x) h^k / k!`` of Taylor's series, times k!."""
    if scheme.imaginary:
        imaginary_part = {1: 1, 3: -1}.get(power % 4, 0)
        return imaginary_part * sum(weight * offset**power for offset, weight in zip(scheme.offsets, scheme.weights, strict=True))
    return sum((w * Fraction(o) ** power for o, w in zip(scheme.offsets, scheme.weights, strict=True)), Fraction(0))


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_order_is_exactly_what_the_moments_say(scheme):
    moments = [moment(scheme, power) for power in range(scheme.order + 2)]
    assert moments[:-1] == [0, 1] + [0] * (scheme.order - 1)
    assert moments[-1] != 0


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
@pytest.mark.parametrize("dtype", [float, np.longdouble])
def test_error_is_as_small_as_the_rule_of_thumb_promises(scheme, dtype):
    x = np.array([0.7, -1.3, 40.0], dtype)
    jacobian = scheme_jacobian(lambda points: np.stack([np.sin(points[:, 0]) * points[:, 1], np.exp(points[:, 1])], 1), x, scheme)
    truth = np.array([[np.cos(x[0]) * x[1], np.sin(x[0]), 0], [0, np.exp(x[1]), 0]])
    epsilon = float(np.finfo(dtype).eps)
    promised = epsilon if scheme.imaginary else epsilon ** (scheme.order / (scheme.order + 1))
    assert np.abs(jacobian - truth).max() < 20 * promised


def test_imaginary_step_is_never_the_square_root_of_epsilon():
    steps = SCHEMES["complex"].step(np.array([1e-300, 0.0, 1.0, 1e300]), 2.0**-52)
    assert (steps <= np.array([1e-291, 1e-40, 1e-40, 1e260])).all()
    assert (steps > 0).all()


def test_columns_of_one_colour_come_apart_again():
    x = np.linspace(0.3, 2.0, 9)

    def neighbours(points):
        padded = np.pad(points, ((0, 0), (1, 1)))
        return padded[:, :-2] * points + np.square(padded[:, 2:])

    rows = [(i, j) for i in range(9) for j in (i - 1, i, i + 1) if 0 <= j < 9]
    pattern = Pattern.of((9, 9), *zip(*rows, strict=True))
    for scheme in (SCHEMES["central"], SCHEMES["central4"]):
        full = scheme_jacobian(neighbours, x, scheme)
        assert np.abs(scheme_jacobian(neighbours, x, scheme, pattern=pattern) - full).max() < 1e-9


def test_undefined_sample_makes_an_undefined_entry():
    with np.errstate(invalid="ignore"):
        jacobian = scheme_jacobian(np.sqrt, np.array([0.0]), SCHEMES["central"])
    assert np.isnan(jacobian).all()
