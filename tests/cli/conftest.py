"""The program as a user starts it: a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])


@pytest.fixture
def jacchain():
    def start(*words, stdin=b"", environment=(), **options):
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("JACCHAIN", "NO_COLOR", "FORCE", "CLI"))}
        return subprocess.run(
            [sys.executable, "-m", "jacchain", *map(str, words)],
            input=stdin,
            capture_output=True,
            timeout=60,
            env=clean | {"PYTHONPATH": ROOT, "PYTHONIOENCODING": "utf-8"} | dict(environment),
            check=False,
            **options,
        )

    return start
