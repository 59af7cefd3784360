"""What the samples look like to programs when everything is asked for, and in the formats of papers."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from jacchain.chain.planner import make_plan
from jacchain.chain.survey import candidates, survey
from jacchain.check import check, curve
from jacchain.frozen import replace
from jacchain.pipeline import load
from jacchain.report import render_check, render_curve, render_plan, render_run
from jacchain.report.look import Look
from jacchain.run import Request, instance_of, pipeline_facts, run

SAMPLES = Path(__file__).parents[2] / "samples"
FILES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in {".yaml", ".json"})
GOLDENS = Path(__file__).parent / "goldens"
PLAIN = Request(check=False)
"""What differences agree to is rounding, and rounding is not the same everywhere."""


@cache
def pipeline(name):
    path = SAMPLES / name
    return load(path.read_bytes(), name, folder=path.parent)


@cache
def report(name):
    return run(pipeline(name), Request(certify=True, spectrum=True))


def surroundings(instance):
    return replace(survey(instance, best=3), candidates=candidates(instance, 1, instance.length))


@pytest.fixture(scope="session")
def strict(result_schema):
    return Draft202012Validator(result_schema)


@pytest.mark.parametrize("name", FILES)
def test_json_is_what_the_schema_says(name, strict):
    found = json.loads(render_run(report(name), "json", Look()))
    strict.validate(found)
    if found["gradient"] is not None:
        assert found["jacobian"] == [found["gradient"]]
    if found["products"]:
        assert np.array_equal(np.array(found["products"][-1]["data"]).T, found["jacobian"])


@pytest.mark.parametrize("name", FILES)
def test_the_json_of_check_and_plan_is_what_the_schema_says(name, strict):
    strict.validate(json.loads(render_check(check(pipeline(name), report(name)), "json", Look())))
    instance = instance_of(pipeline(name))
    plan = make_plan(instance)
    found = render_plan(plan, pipeline_facts(pipeline(name)), "json", Look(), surroundings(instance))
    strict.validate(json.loads(found))


@pytest.mark.parametrize("name", FILES)
def test_the_json_of_a_curve_is_what_the_schema_says(name, strict):
    stage = pipeline(name).stages[0]
    strict.validate(json.loads(render_curve(curve(pipeline(name), stage.name, (1, 1)), "json", Look())))


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_documents_are_as_they_are(form, golden):
    golden(GOLDENS / f"camera.{form}.txt", render_run(run(pipeline("camera.yaml"), PLAIN), form, Look()).decode())


def test_the_plan_of_the_classical_widths_is_as_it_is(golden):
    instance = instance_of(pipeline("widths.yaml"))
    plan = make_plan(instance)
    page = render_plan(plan, None, "text", Look(100), surroundings(instance))
    golden(GOLDENS / "plan-widths-100.txt", page.decode())
