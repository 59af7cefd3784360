"""The table of functions, and a function in each of its forms, as a JSON object."""

from __future__ import annotations

from collections.abc import Sequence

from jacchain.report.records.json_text import Json, answer_bytes
from jacchain.results import FunctionFacts


def functions_json(functions: Sequence[FunctionFacts]) -> bytes:
    """The functions as one JSON object."""
    return answer_bytes(functions=[_record(function) for function in functions])


def _record(function: FunctionFacts) -> Json:
    example = None
    if function.value is not None and function.jacobian is not None:
        example = {
            "point": [value.tolist() for value in function.point],
            "value": function.value.astype(float),
            "jacobian": function.jacobian.dense[0].astype(float),
        }
    return {
        "name": function.name,
        "arguments": list(function.arguments),
        "derivatives": list(function.derivatives),
        "kind": function.kind,
        "says": function.says,
        "definition": function.definition or None,
        "domain": function.domain or None,
        "switch": function.switch or None,
        "jumps": function.jumps,
        "example": example,
    }
