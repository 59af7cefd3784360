"""The one way in which a number is shown to people.

A value that is exact and said in full by its digits stays short (``0.25``, ``1000``); one that was rounded, here or before, keeps
all its digits, zeros included, and a decimal at least (``0.2500``, ``1000.4``), so the two cannot be mistaken for each other.
Numbers from 1e-3 to 1e5 are written out, others as ``1.235e-7``.  Read back, what is shown is within half a unit of its last
digit; where there is an error bar, the exact number is within one.  A number whose error bar leaves fewer digits than asked for
has a mark behind them (``0.33~``), and one whose error bar leaves none is ``~0``: a zero is ``0`` where it is exact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from math import floor, inf, isfinite, log10, nan

from jacchain.report.look import DIGITS

SMALLEST_FIXED, LARGEST_FIXED = 1e-3, 1e5

MARK = "~"
UNCERTAIN = f"{MARK}0"
UNCERTAIN_NOTE = f"{UNCERTAIN}  cannot be told from zero: the error bar is at least the size of the number"
MARK_NOTE = f"{MARK}  behind a number: its error bar leaves no more digits"
ROUNDED, UNKNOWN = 5e-324, nan
"""Error bars: of a number that was rounded as usual, and of one of which that was not found out; it is taken for rounded, a zero
for exact."""
FINE = 0.05
"""An error bar up to which a decimal may be shown."""

_WHOLE = re.compile(r"[<>=~ +-]*\d[\d,]*")
EXACT = Context(prec=2200)
"""Enough digits for a sum of any two doubles."""
GENERAL = tuple(f"#.{digits}g" for digits in range(18))
USUAL = tuple(min(10.0 ** (digits - 1), LARGEST_FIXED) if digits < 16 else 0.0 for digits in range(18))
"""By digits, the bound below which a number has decimals when it is shown; zero where doubles have no more digits to lose."""


def number_text(value: float, digits: int = DIGITS, error_bar: float = 0.0) -> str:
    """A double to so many significant digits, fewer and a mark where its error bar leaves fewer, ``~0`` where it leaves none."""
    if not error_bar > ROUNDED and SMALLEST_FIXED <= abs(value) < USUAL[digits]:
        text = format(value, GENERAL[digits])
        if text[-1] not in ("." if error_bar else "0."):
            return text
    return _with_care(value, digits, error_bar)


def _with_care(value: float, digits: int, error_bar: float) -> str:
    """The same where something may be left out, rounded up to a power of ten, or not to be trusted."""
    size = abs(value)
    known = digits + 1
    if error_bar > 0 and isfinite(value):
        if error_bar >= size:
            return UNCERTAIN
        known = max(1, floor(floor(log10(size)) + 1 - log10(error_bar) - log10(2)))
    shown = min(digits, known)
    mark = MARK if known < digits else ""
    decimals = int(not error_bar > FINE)
    if SMALLEST_FIXED <= size < LARGEST_FIXED and (decimals or size < 10**shown):
        return _fixed(value, shown, decimals, exact=not error_bar) + (mark if decimals else MARK)
    if not size:
        return "0"
    return _scientific(value, max(shown - 1, int(known > 1)), exact=not error_bar) + mark if isfinite(value) else str(value)


def number_texts(values: Sequence[float], digits: int = DIGITS, error_bars: Sequence[float] | None = None) -> list[str]:
    """Several of them; there may be more error bars than numbers."""
    if error_bars is None:
        return [number_text(value, digits) for value in values]
    return [number_text(value, digits, bar) for value, bar in zip(values, error_bars, strict=False)]


def point_of(text: str) -> int:
    """Where in a number as it is shown its decimal point is, or would be."""
    found = _WHOLE.match(text)
    return found.end() if found else len(text)


def bound_text(value: float) -> str:
    """A positive lower bound to three digits, zeros included, rounded down: ``2.09``, ``690``, ``1.20e-7``."""
    return _directed(Decimal(value), 3, ROUND_FLOOR)


def bar_text(bar: float) -> str:
    """An error bar to two digits, rounded up; it is that of the number itself, however that is cut to be shown."""
    return _directed(Decimal(bar), 2, ROUND_CEILING) if 0 < bar < inf else number_text(bar, 2)


def _directed(exact: Decimal, digits: int, rounding: str) -> str:
    shown = exact.quantize(Decimal(1).scaleb(exact.adjusted() + 1 - digits), rounding, EXACT)
    if Decimal(SMALLEST_FIXED) <= shown < 10**digits:
        return f"{shown:f}"
    mantissa, power = f"{shown:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(power):+d}"


def scaled_text(value: float, exponent: int, digits: int = DIGITS) -> str:
    """``value`` times two to the ``exponent``, which may lie far outside the doubles: ``1.235e+400``."""
    if not exponent or not value or not isfinite(value):
        return number_text(value, digits)
    context = Context(prec=digits + 800, Emax=10**9, Emin=-(10**9))
    exact = context.multiply(Decimal(value), context.power(2, exponent))
    if Decimal(SMALLEST_FIXED) <= abs(exact) < Decimal(LARGEST_FIXED):
        return number_text(float(exact), digits)
    mantissa, power = f"{exact:.{max(digits - 1, 1)}e}".split("e")
    return f"{mantissa}e{int(power):+d}"


def _fixed(value: float, digits: int, decimals: int, *, exact: bool) -> str:
    """Written out; a number that is rounded has at least so many decimals, so that 1000.4 is not taken for 1000."""
    text = f"{value:#.{digits}g}" if abs(value) < 10 ** (digits - 1) else "."
    if text[-1] == ".":
        text = f"{value:.{decimals}f}"
    return repr(value).removesuffix(".0") if exact and float(text) == value else text


def _scientific(value: float, decimals: int, *, exact: bool) -> str:
    text = f"{value:.{decimals}e}"
    if exact and float(text) == value:
        return f"{Decimal(repr(value)).normalize():e}"
    mantissa, power = text.split("e")
    return f"{mantissa}e{int(power):+d}"
