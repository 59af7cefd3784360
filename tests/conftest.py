"""What the tests of every room share: verified data from outside, when it is there, and a calm hypothesis."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default", max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ROOT = Path(__file__).parent.parent
ORACLES = Path(os.environ.get("JACCHAIN_ORACLES", ROOT.parent / "shared" / "oracles"))


@pytest.fixture(scope="session")
def oracle():
    """Reads a file of verified data by name; the test is skipped where the data is not there."""

    def read(name):
        path = ORACLES / name
        if not path.is_file():
            pytest.skip(f"no {name} (set JACCHAIN_ORACLES to the folder that holds it)")
        return json.loads(path.read_text(encoding="utf-8"))

    return read


def pytest_addoption(parser):
    parser.addoption("--bless", action="store_true", help="rewrite the golden texts with what is printed now; read the diff")


@pytest.fixture
def golden(request):
    """Holds a text to the one in a file; with ``--bless`` the file is written instead."""

    def hold(path, text):
        assert text.strip(), f"nothing is printed for {path.name}"
        if request.config.getoption("--bless"):
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path.name} is missing: pytest --bless writes it"
        assert text == path.read_text(encoding="utf-8")

    return hold
