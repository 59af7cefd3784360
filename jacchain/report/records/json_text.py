"""The one writer of JSON: always valid, every double in full, the same number always the same bytes.

JSON has no word for what is not finite: ``null`` stands in its place, and the list ``nonfinite`` says where and what it is.
"""

from __future__ import annotations

import re
from itertools import accumulate
from math import isfinite
from typing import Any

import orjson

from jacchain import __version__
from jacchain.chain.plan import Tree, nesting
from jacchain.frozen import Frozen, contents

DEPTH = 200
"""Levels of nesting that every JSON reader takes."""

FORMAT_VERSION = "1.0"

ACTING = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Characters that JSON may hold and a terminal obeys: they are written as escapes."""

PLAIN = bytes(range(0x7F))
"""Bytes that belong to none of them: nearly all of a text that is full of numbers."""
FINITE = {str, int, bool, type(None)}

Json = dict[str, Any]


def answer_bytes(**parts: Any) -> bytes:
    """The parts of an answer as one JSON object, after what every such object begins with."""
    return json_bytes({"format_version": FORMAT_VERSION, "tool": {"name": "jacchain", "version": __version__}, **parts})


def json_bytes(facts: Json) -> bytes:
    """An object of plain values, of values with fields, and of numpy arrays as JSON.

    ``nonfinite`` is added when something is not finite.
    """
    found = _nonfinite(facts)
    if found:
        facts = {**facts, "nonfinite": found}
    text = _written(facts) + b"\n"
    if ACTING.search(text.translate(None, PLAIN).decode()):
        return ACTING.sub(_escape, text.decode()).encode()
    return text


def _written(facts: Any) -> bytes:
    try:
        return orjson.dumps(facts, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY)
    except orjson.JSONEncodeError:  # an integer of more than 64 bits
        return orjson.dumps(_with_long_integers(facts), default=_plain, option=orjson.OPT_SERIALIZE_NUMPY)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def exact_fragment(facts: Any) -> orjson.Fragment:
    """Words and whole numbers as a part of an object, so that nothing that is not finite has to be looked for in it."""
    return orjson.Fragment(_written(facts))


def tree_fragment(tree: Tree) -> orjson.Fragment | None:
    """A bracketing as nested pairs, None where its nesting would be more than readers of JSON take."""
    brackets = nesting(tree)
    depths = accumulate(brackets, lambda depth, pair: (depth[0] + pair[0] - depth[1], pair[1]))
    if max(depth for depth, _ in depths) > DEPTH:
        return None
    texts = [f"{'[' * opened}{i}{']' * closed}" for i, (opened, closed) in enumerate(brackets, 1)]
    return orjson.Fragment(",".join(texts))


def _plain(value: Any) -> Any:
    if isinstance(value, Frozen):
        return contents(value)
    from jacchain.report.records.json_arrays import plain  # noqa: PLC0415 - for arrays alone

    return plain(value)


def _with_long_integers(facts: Any) -> Any:
    """The same with integers of any length written out."""
    match facts:
        case dict():
            return {key: _with_long_integers(value) for key, value in facts.items()}
        case list() | tuple():
            return [_with_long_integers(value) for value in facts]
        case Frozen():
            return _with_long_integers(contents(facts))
        case int() if not -(1 << 63) <= facts < 1 << 64:
            return orjson.Fragment(str(facts))
        case _:
            return facts


def _nonfinite(facts: Any) -> list[Json]:
    """Where, as a path that jq understands, stands what is not finite, and what it is."""
    found: list[Json] = []
    pending: list[tuple[str, Any]] = [("", facts)]
    while pending:
        path, value = pending.pop()
        match value:
            case dict():
                pending.extend((f"{path}.{key}", part) for key, part in reversed(value.items()) if type(part) not in FINITE)
            case list() | tuple():
                parts = [(f"{path}[{number}]", part) for number, part in enumerate(value) if type(part) not in FINITE]
                pending.extend(reversed(parts))
            case Frozen():
                pending.append((path, contents(value)))
            case float() if not isfinite(value):
                found.append({"path": path, "value": str(value)})
            case object(dtype=_):
                from jacchain.report.records.json_arrays import nonfinite_entries  # noqa: PLC0415 - for arrays alone

                found += [{"path": path + place, "value": text} for place, text in nonfinite_entries(value)]
    return found
