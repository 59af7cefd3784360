"""Arrays as JSON: what ``json_text`` needs numpy for, which an answer without an array never loads."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

from jacchain.linear.map import Numbers


def numbers_text(numbers: Numbers) -> bytes:
    """The numbers of an array, ``null`` for what is not finite, without its outermost brackets."""
    return orjson.dumps(np.ascontiguousarray(numbers, float), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]


def plain(value: Any) -> Any:
    """What orjson does not know: arrays that are views, and floats longer than a double."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fi":
        return np.ascontiguousarray(value, float if value.dtype.kind == "f" else np.int64)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def nonfinite_entries(values: Any) -> list[tuple[str, str]]:
    """Where in an array stands what is not finite, as in ``[0][2]``, and what it is."""
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f" or np.isfinite(values).all():
        return []
    places = np.argwhere(~np.isfinite(values)).tolist()
    return [("".join(f"[{number}]" for number in place), str(float(values[tuple(place)]))) for place in places]
