"""Norms, condition numbers and singular values of Jacobians: where gradients vanish or explode along a chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from jacchain.linear.map import LinearMap, Numbers
from jacchain.linear.product import SMALL, multiply

SIZE = 1 << 20
"""Entries of a matrix up to which its singular values are worked out."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Singular values of a matrix, largest first: all ``min(m, n)`` of them.

    They are empty where the matrix is too large for them; ``norm`` is then the Frobenius norm, an upper bound.
    """

    singular_values: Numbers
    norm: float
    exact: bool = True

    @property
    def condition(self) -> float | None:
        """Largest over smallest singular value; infinite when the matrix is singular, None where unknown."""
        if not self.exact:
            return None
        smallest = float(self.singular_values[-1])
        return self.norm / smallest if smallest else float("inf")

    @property
    def rank(self) -> int | None:
        """Singular values that rounding cannot have made, None where unknown."""
        if not self.exact:
            return None
        threshold = np.finfo(float).eps * self.norm * self.singular_values.size
        return int((self.singular_values > threshold).sum())


@dataclass(frozen=True, eq=False)
class StageSpectrum:
    """The spectrum of one Jacobian, and of the running product ``Jᵢ … J₁`` that ends with it."""

    jacobian: Spectrum
    running: Spectrum


def spectrum(linear: LinearMap) -> Spectrum:
    """The spectrum of a linear map at its (first) point."""
    largest = np.abs(linear.values[0]).max(initial=0)
    if not 0 < largest < np.inf:
        return Spectrum(np.full(min(linear.shape), float(largest)), float(largest))
    scaled = LinearMap(linear.pattern, (linear.values[:1] / largest).astype(float))
    if linear.shape[0] * linear.shape[1] > SIZE:
        return Spectrum(np.zeros(0), float(largest * np.linalg.norm(scaled.values)), exact=False)
    if linear.pattern.structure in {"diagonal", "permutation"}:
        singular_values = np.sort(np.abs(scaled.values[0]))[::-1]
    else:
        singular_values = np.linalg.svd(scaled.dense[0], compute_uv=False)
    singular_values = np.asarray(largest * singular_values, float)
    return Spectrum(singular_values, float(singular_values[0]))


def spectra(jacobians: Sequence[LinearMap]) -> tuple[StageSpectrum, ...]:
    """For every stage the spectrum of its Jacobian, and of the running product that ends with it."""
    pairs = zip(jacobians, running_products(jacobians), strict=True)
    return tuple(StageSpectrum(spectrum(jacobian), spectrum(running)) for jacobian, running in pairs)


def running_products(jacobians: Sequence[LinearMap]) -> Iterator[LinearMap]:
    """``J₁``, ``J₂ J₁``, ``J₃ J₂ J₁``, …; small ones in the longest floats, in whose range gradients explode much later."""
    product = jacobians[0]
    yield product
    for jacobian in jacobians[1:]:
        small = product.shape[1] * jacobian.pattern.count <= SMALL
        product = multiply(jacobian, product.astype(np.longdouble) if small else product)
        yield product
