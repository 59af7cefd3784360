"""Norms, condition numbers and singular values of Jacobians: where gradients vanish or explode along a chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jacchain.frozen import Frozen
from jacchain.linear.map import LinearMap, Numbers
from jacchain.linear.product import SMALL, multiply

SIZE = 1 << 20
"""Entries of a matrix up to which its singular values are worked out."""

EPSILON = float(np.finfo(float).eps)


class Spectrum(Frozen):
    """Singular values of a matrix, largest first: all ``min(m, n)`` of them.

    They are empty where the matrix is too large for them; ``norm`` is then the Frobenius norm, an upper bound.  ``noise`` is how
    far rounding may have moved each of them: one that is no larger cannot be told from zero (Weyl).
    """

    singular_values: Numbers
    norm: float
    exact: bool = True
    noise: float = 0.0

    @property
    def condition(self) -> float | None:
        """Largest over smallest singular value; infinite when the matrix may be singular, None where unknown."""
        if not self.exact:
            return None
        smallest = float(self.singular_values[-1])
        return self.norm / smallest if smallest > self.noise else float("inf")

    @property
    def least_condition(self) -> float:
        """What the condition is at least, whatever rounding did."""
        smallest = float(self.singular_values[-1]) + self.noise
        return self.norm / smallest if smallest else float("inf")

    @property
    def rank(self) -> int | None:
        """Singular values that rounding cannot have made, None where unknown."""
        if not self.exact:
            return None
        return int((self.singular_values > self.noise).sum())


class StageSpectrum(Frozen):
    """The spectrum of one Jacobian, and of the running product ``Jᵢ … J₁`` that ends with it."""

    jacobian: Spectrum
    running: Spectrum


def spectrum(linear: LinearMap, error: float = 0.0) -> Spectrum:
    """The spectrum of a linear map at its (first) point, whose own error has at most the given norm."""
    largest = np.abs(linear.values[0]).max(initial=0)
    if not 0 < largest < np.inf:
        return Spectrum(np.full(min(linear.shape), float(largest)), float(largest), noise=error)
    scaled = LinearMap(linear.pattern, (linear.values[:1] / largest).astype(float))
    if linear.shape[0] * linear.shape[1] > SIZE:
        return Spectrum(np.zeros(0), float(largest * np.linalg.norm(scaled.values)), exact=False)
    alone = linear.pattern.structure in {"diagonal", "permutation"}
    singular_values = np.sort(np.abs(scaled.values[0]))[::-1] if alone else np.linalg.svd(scaled.dense[0], compute_uv=False)
    singular_values = np.asarray(largest * singular_values, float)
    norm = float(singular_values[0])
    return Spectrum(singular_values, norm, noise=error + (0 if alone else EPSILON * max(linear.shape) * norm))


def spectra(jacobians: Sequence[LinearMap]) -> tuple[StageSpectrum, ...]:
    """For every stage the spectrum of its Jacobian, and of the running product that ends with it.

    Entries of a Jacobian are right to the last digit; what that leaves uncertain in a product grows with the norms.
    """
    found: list[StageSpectrum] = []
    error = 0.0
    for jacobian, product in zip(jacobians, running_products(jacobians), strict=True):
        rounding = 0.0 if jacobian.unit else float(np.hypot.reduce(EPSILON * jacobian.values[0].astype(float)))
        own = spectrum(jacobian, rounding)
        before = found[-1].running.norm if found else 1.0
        error = own.norm * error + (rounding + EPSILON * own.norm) * before if found else rounding
        found.append(StageSpectrum(own, spectrum(product, error) if found else own))
    return tuple(found)


def running_products(jacobians: Sequence[LinearMap]) -> Iterator[LinearMap]:
    """``J₁``, ``J₂ J₁``, ``J₃ J₂ J₁``, …; small ones in the longest floats, in whose range gradients explode much later."""
    product = jacobians[0]
    yield product
    for jacobian in jacobians[1:]:
        small = product.shape[1] * jacobian.pattern.count <= SMALL
        product = multiply(jacobian, product.astype(np.longdouble) if small else product)
        yield product
