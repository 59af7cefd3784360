"""What several tests of this room read."""

import json
from importlib import resources

import pytest


@pytest.fixture(scope="session")
def result_schema():
    return json.loads((resources.files("jacchain") / "schemas" / "result.json").read_text(encoding="utf-8"))
