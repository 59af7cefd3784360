"""The schema of pipeline files: an editor that goes by it marks mistakes and no sample."""

import json
import re
from importlib import resources
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

SCHEMA = json.loads((resources.files("jacchain") / "schemas" / "input.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
SAMPLES = sorted(path for path in (Path(__file__).parents[2] / "samples").glob("*.*") if path.suffix in {".yaml", ".json"})


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_sample_is_what_the_schema_says(path):
    VALIDATOR.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "pipeline",
    [
        {"functions": {"f(x)": "x^2"}},
        {"functions": {"f(x)": ["x", "2*x"]}, "at": [1]},
        {"functions": {"f(p[2], q)": {"a": "p[1]", "b": ["q", 1]}}, "at": {"p": [1, "pi/6"], "q": 3}},
        {"functions": {"größe(θ, x₁)": {"φ": "θ*x₁"}}},
        {"functions": {"f(x)": {"outputs": ["x"], "let": {"y": "x"}, "jacobian": [["1"]], "method": "difference", "scale": 2}}},
        {"functions": {"f(x)": {"outputs": "x", "bounds": [0, None]}}},
        {"functions": {"p(z)": {"outputs": "softmax(z)", "jacobian": "diag(p) - outer(p, p)"}}},
        {"functions": {"f(x, y)": {"outputs": "x*y", "bounds": {"x": [0, 1]}, "scale": {"x": 1, "y": 2}}}},
        {"functions": {"f(x)": "x"}, "chain": ["f", "f * 50"], "constants": None},
        {
            "constants": {"W": [[1, 2], ["pi", "-1e-3"]], "M": {"file": "weights.npy"}, "b": "2*pi"},
            "functions": {"f( x )": "W @ x"},
        },
    ],
)
def test_what_the_format_allows_is_allowed(pipeline):
    VALIDATOR.validate(pipeline)


@pytest.mark.parametrize(
    "pipeline",
    [
        {},
        {"functions": {}},
        {"functions": {"f": "1"}},
        {"functions": {"f()": "1"}},
        {"functions": {"f(x[0])": "1"}},
        {"functions": {"2f(x)": "x"}},
        {"functions": {"f(x)": ""}},
        {"functions": {"f(x)": True}},
        {"functions": {"f(x)": []}},
        {"functions": {"f(x)": {"outputs": "x", "method": "numeric", "let": {"y": 1}, "colour": 1}}},
        {"functions": {"f(x)": "x"}, "chain": []},
        {"functions": {"f(x)": "x"}, "chain": ["f * 0"]},
        {"functions": {"f(x)": "x"}, "chain": ["f + g"]},
        {"functions": {"f(x)": "x"}, "constant": {}},
        {"functions": {"f(x)": "x"}, "constants": {"W": {"path": "w.npy"}}},
        {"functions": {"f(x)": "x"}, "at": {"x y": 1}},
    ],
)
def test_what_the_format_forbids_is_marked(pipeline):
    assert not VALIDATOR.is_valid(pipeline)


def test_patterns_mean_the_same_to_python_and_to_an_editor():
    """ECMAScript's classes are ASCII, Python's are not: no pattern depends on that."""
    patterns = re.findall(r'"pattern": "(.*?)"', json.dumps(SCHEMA))
    assert patterns
    assert not any(re.search(r"\\\\[wWpP]", pattern) for pattern in patterns)
