"""What people and programs get to see of every sample: the text, held by golden files, and the JSON, by schema and by number."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from jacchain.check import check
from jacchain.cli.boundary import outcome
from jacchain.pipeline import load
from jacchain.report import render_run
from jacchain.report.look import Look
from jacchain.report.notation.text import cells
from jacchain.results import Report
from jacchain.run import Request, run

SAMPLES = Path(__file__).parents[1] / "samples"
GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in {".yaml", ".json"})
PLAIN = Request(check=False)
"""How closely differences agree is rounding, and differs from machine to machine."""
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


@cache
def report(name: str) -> Report:
    """The sample at its point, run once."""
    return run(load((SAMPLES / name).read_bytes(), name, folder=SAMPLES), PLAIN)


@cache
def result(name: str) -> dict[str, Any]:
    """What ``--json`` prints, read back."""
    read: dict[str, Any] = json.loads(render_run(report(name), "json", Look()))
    return read


def text(name: str, look: Look) -> str:
    return render_run(report(name), "text", look).decode()


@cache
def schema() -> jsonschema.Draft202012Validator:
    text = (resources.files("jacchain") / "schemas" / "result.json").read_text("utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def numbers(facts: object) -> set[float]:
    """Every number somewhere in a piece of JSON."""
    if isinstance(facts, dict):
        return set().union(*map(numbers, facts.values()), set())
    if isinstance(facts, list):
        return set().union(*map(numbers, facts), set())
    return {float(facts)} if isinstance(facts, int | float) and not isinstance(facts, bool) else set()


def test_every_golden_text_has_a_sample_and_every_sample_a_golden_text():
    assert sorted(path.name for path in GOLDEN.iterdir()) == [f"{name}.txt" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
class TestEverySample:
    def test_text(self, name, golden):
        golden(GOLDEN / f"{name}.txt", text(name, Look(width=100)))

    def test_no_line_is_wider_than_asked(self, name):
        for width in (40, 60, 100):
            assert max(map(cells, text(name, Look(width=width)).splitlines())) <= width

    def test_ascii_is_enough(self, name):
        assert text(name, Look(width=60, ascii_only=True)).isascii()

    def test_json(self, name):
        schema().validate(result(name))
        gradient, jacobian = result(name)["gradient"], result(name)["jacobian"]
        assert (gradient is None) == (len(jacobian) > 1)
        if gradient is not None:
            assert jacobian == [gradient]
            assert len(gradient) == len(result(name)["pipeline"]["inputs"])
        assert result(name)["diagnostics"] == []

    def test_text_carries_the_numbers_of_the_json(self, name):
        told = [result(name)["pipeline"]["at"], result(name)["jacobian"]]
        told += [part for stage in result(name)["stages"] for part in (stage["value"], stage["jacobian"]["data"])]
        told += [product["data"] for product in result(name)["products"]]
        shown = NUMBER.findall(text(name, Look(width=10_000, digits=17, full=True)))
        assert numbers(told) - {0.0} <= {float(number) for number in shown}

    def test_check_agrees(self, name):
        pipeline = load((SAMPLES / name).read_bytes(), name, folder=SAMPLES)
        assert check(pipeline, report(name)).judgement == "agree"


def test_a_user_sees_the_same(golden, tmp_path, monkeypatch):
    for variable in ("JACCHAIN_WIDTH", "JACCHAIN_COLOR", "JACCHAIN_ASCII", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(SAMPLES)
    assert outcome(["run", "mazur.yaml", "--no-check", "--width", "100", "-o", str(tmp_path / "shown")]) == 0
    golden(GOLDEN / "mazur.yaml.txt", (tmp_path / "shown").read_text("utf-8"))
