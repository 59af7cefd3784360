"""How many bits numbers take: sums of products that have no more than fit a float are exact, in whatever order they are made."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from jacchain.linear.map import Numbers


def fineness(numbers: Numbers) -> Numbers:
    """How many of the last bit of each number make one: zero for zero, infinite where that is too many.

    A number is a whole multiple of its last bit, and a sum of products one of the product of the last bits.
    """
    long = np.abs(numbers).astype(np.longdouble, copy=False)
    bits = min(np.finfo(long.dtype).nmant + 1, 64)
    with np.errstate(all="ignore"):
        mantissa, exponent = np.frexp(long)
        scaled = np.ldexp(mantissa, bits)
        whole = np.where(np.isfinite(scaled), scaled, 0).astype(np.uint64)
        last = (whole & (~whole + np.uint64(1))).astype(np.longdouble)
        return np.asarray(np.where(whole == scaled, np.where(last > 0, np.ldexp(1 / last, bits - exponent), 0), np.inf))


def has_room(size: Numbers, fine: Numbers, dtype: npt.DTypeLike) -> npt.NDArray[np.bool_]:
    """Whether sums of products are exact in a type: their terms add up in size to ``size`` and in fineness to ``fine``."""
    limits: Any = np.finfo(np.dtype(dtype))
    with np.errstate(all="ignore"):
        return np.asarray((size * fine <= 2.0 ** (limits.nmant + 1)) & (fine <= 1 / np.longdouble(limits.smallest_subnormal)))
