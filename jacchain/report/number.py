"""The one way in which a number is shown to people.

A value that its digits say in full is *exact* and stays short (``0.25``); one that was rounded keeps all its digits, zeros
included (``0.2500``), so the two cannot be mistaken for each other.  Numbers from 1e-3 to 1e5 are written out, others as
``1.235e-7``.  Read back, what is shown is within half a unit of its last digit, or of the error bar where that is coarser.
"""

from __future__ import annotations

from decimal import Context, Decimal
from math import floor, isfinite, log10

from jacchain.report.look import DIGITS

SMALLEST_FIXED, LARGEST_FIXED = 1e-3, 1e5

UNCERTAIN = "~0"


def number_text(value: float, digits: int = DIGITS, error_bar: float = 0.0) -> str:
    """A double to so many significant digits, fewer where its error bar leaves fewer, and ``~0`` where it leaves none."""
    size = abs(value)
    if error_bar > 0 and isfinite(value):
        if error_bar >= size:
            return UNCERTAIN if size else "0"
        known = max(1, floor(log10(size / error_bar)))
        if known < digits and size >= 10**known:
            return _scientific(value, known)
        digits = min(digits, known)
    if SMALLEST_FIXED <= size < LARGEST_FIXED:
        return _fixed(value, digits)
    if not size:
        return "0"
    return _scientific(value, digits) if isfinite(value) else str(value)


def scaled_text(value: float, exponent: int, digits: int = DIGITS) -> str:
    """``value`` times two to the ``exponent``, which may lie far outside the doubles: ``1.235e+400``."""
    if not exponent or not value or not isfinite(value):
        return number_text(value, digits)
    context = Context(prec=digits + 800, Emax=10**9, Emin=-(10**9))
    exact = context.multiply(Decimal(value), context.power(2, exponent))
    if Decimal(SMALLEST_FIXED) <= abs(exact) < Decimal(LARGEST_FIXED):
        return number_text(float(exact), digits)
    mantissa, power = f"{exact:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(power):+d}"


def _fixed(value: float, digits: int) -> str:
    if abs(value) >= 10 ** (digits - 1):
        text = f"{value:.0f}"
        if abs(float(text)) >= 10**digits or float(text) == value:
            return text
    text = f"{value:#.{digits}g}"
    return _shortest(value) if float(text) == value else text.removesuffix(".")


def _shortest(value: float) -> str:
    return repr(value).removesuffix(".0")


def _scientific(value: float, digits: int) -> str:
    text = f"{value:.{digits - 1}e}"
    if float(text) == value:
        significant = len(repr(abs(value)).partition("e")[0].replace(".", "").strip("0"))
        text = f"{value:.{significant - 1}e}"
    mantissa, power = text.split("e")
    return f"{mantissa}e{int(power):+d}"
