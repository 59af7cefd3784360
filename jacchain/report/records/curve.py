"""The error of differences against their step as a JSON object."""

from __future__ import annotations

from jacchain.frozen import contents
from jacchain.jacobian.differences.curve import Curve
from jacchain.report.records.json_text import Json, head, json_bytes


def curve_json(curve: Curve) -> bytes:
    """The errors of every scheme, and what was found without choosing a step, under the key ``curve``."""
    record: Json = {**contents(curve), "remarks": list(curve.remarks), "schemes": [contents(scheme) for scheme in curve.schemes]}
    return json_bytes({**head(), "curve": record})
