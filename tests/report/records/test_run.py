"""The JSON is valid whatever the numbers are, and is what its schema says, neither less nor more."""

import json
import re
from importlib import resources

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from jsonschema import Draft202012Validator
from strategies.reports import numbers, reports

from jacchain.chain.digits import Digits
from jacchain.chain.instance import Instance
from jacchain.chain.planner import make_plan
from jacchain.chain.spectrum import StageSpectrum, spectrum
from jacchain.frozen import replace
from jacchain.jacobian.nonsmooth.reach import Reach
from jacchain.linear.enclosure import Enclosure
from jacchain.linear.map import LinearMap
from jacchain.reference import function_facts
from jacchain.report import render_plan, render_run
from jacchain.report.look import Look
from jacchain.report.records.functions import functions_json
from jacchain.report.records.json_text import json_bytes
from jacchain.report.records.run import run_json
from jacchain.results import Certificate

SCHEMAS = resources.files("jacchain") / "schemas"


def closed(schema):
    """The schema with every object closed to keys that it does not describe."""
    match schema:
        case {"properties": _, **rest} if "additionalProperties" not in schema:
            inner = {key: closed(value) for key, value in rest.items()}
            inner["properties"] = {key: closed(value) for key, value in schema["properties"].items()}
            return inner | {"unevaluatedProperties": False} if schema.get("type") == "object" or "allOf" in schema else inner
        case dict():
            return {key: closed(value) for key, value in schema.items()}
        case list():
            return [closed(value) for value in schema]
        case _:
            return schema


def open_bases(schema):
    """Schemas that others build on have to stay open; those others are closed."""
    for name in ("planned", "place"):
        schema["$defs"][name].pop("unevaluatedProperties", None)
    return schema


RESULT = json.loads((SCHEMAS / "result.json").read_text(encoding="utf-8"))
STRICT = Draft202012Validator(open_bases(closed(RESULT)))


def strictly(text):
    """What the JSON says; no word that JSON does not have is let through."""

    def refuse(word):
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


def test_the_schemas_are_schemas():
    for name in ("input", "result"):
        Draft202012Validator.check_schema(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))


def test_a_key_that_nobody_described_is_noticed():
    assert not STRICT.is_valid(
        {"format_version": "1.0", "tool": {"name": "jacchain", "version": "1", "colour": "red"}, "functions": []}
    )
    assert STRICT.is_valid({"format_version": "1.0", "tool": {"name": "jacchain", "version": "1"}, "functions": []})


@given(reports())
def test_every_report_is_what_the_schema_says(report):
    STRICT.validate(strictly(run_json(report)))


@given(reports())
def test_the_numbers_are_all_there_in_full(report):
    found = strictly(run_json(report))
    for stage, said in zip(report.stages, found["stages"], strict=True):
        assert said["value"] == stage.value.tolist()
        assert said["jacobian"]["data"] == stage.jacobian.linear.dense[0].tolist()
    for product, said in zip(report.products, found["products"], strict=True):
        assert said["data"] == product.linear.dense[0].tolist()
    assert found["jacobian"] == report.jacobian.dense[0].tolist()
    assert found["gradient"] == (None if report.gradient is None else report.gradient.tolist())
    assert found["pipeline"]["at"] == report.pipeline.at.tolist()


@given(reports())
def test_the_same_report_is_the_same_bytes(report):
    assert run_json(report) == run_json(report) == render_run(report, "json", Look())


elements = st.one_of(numbers, st.sampled_from([np.nan, np.inf, -np.inf]))
leaves = st.one_of(
    elements,
    st.integers(-9, 9),
    st.text(st.characters(codec="utf-8")),
    arrays(float, array_shapes(max_dims=2, max_side=3), elements=elements),
)
trees = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner)),
)


@given(trees)
def test_what_is_not_finite_is_null_and_listed(facts):
    found = strictly(json_bytes(facts))
    listed = found.pop("nonfinite", [])
    for entry in listed:
        value = found
        for step in entry["path"].replace("[", ".").replace("]", "").split(".")[1:]:
            value = value[int(step)] if step.isdigit() else value[step]
        assert value is None
        assert entry["value"] in {"nan", "inf", "-inf"}
    plain = json.dumps(facts, default=lambda array: array.tolist())
    assert len(listed) == sum(plain.count(word) for word in ("NaN", "Infinity")) - sum(
        text.count(word) for text in _strings(facts) for word in ("NaN", "Infinity")
    )


def _strings(value):
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from _strings(part)
        case list():
            for part in value:
                yield from _strings(part)


@given(
    st.text(
        st.sampled_from('\x7f\x80\x9f\xa0\u061b\u061c\u200a\u200b\u200f\u2010\u2028\u202e\u202f\u2060\u206f\u2070\ufeff"\\\n')
        | st.characters(exclude_categories=["Cs"])
    )
)
def test_no_character_that_a_terminal_obeys_is_written_and_none_is_lost(text):
    written = json_bytes({"name": text}).decode().removesuffix("\n")
    assert not re.search("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", written)
    assert json.loads(written) == {"name": text}


@given(arrays(float, (3, 4), elements=numbers))
def test_arrays_that_are_views_are_written_as_they_read(array):
    assert strictly(json_bytes({"a": array.T, "b": array[:, 1], "c": array.astype(np.longdouble)})) == {
        "a": array.T.tolist(),
        "b": array[:, 1].tolist(),
        "c": array.tolist(),
    }


@given(st.lists(st.integers(1, 9), min_size=2, max_size=9))
def test_plans_are_what_the_schema_says(widths):
    plan = make_plan(Instance(tuple(widths)))
    found = strictly(render_plan(plan, None, "json", Look()))
    STRICT.validate(found)
    assert "pipeline" not in found
    assert json.dumps(found["plan"]["tree"]) == json.dumps(plan.tree)


def test_a_bracketing_nested_too_deeply_for_readers_is_null():
    plan = make_plan(Instance((2,) * 300 + (1,)))
    found = strictly(render_plan(plan, None, "json", Look()))
    STRICT.validate(found)
    assert found["plan"]["tree"] is None
    assert len(found["plan"]["products"]) == 299


def test_the_functions_are_what_the_schema_says():
    found = strictly(functions_json(function_facts()))
    STRICT.validate(found)
    assert {"tanh", "softmax", "where"} <= {function["name"] for function in found["functions"]}


@settings(max_examples=25)
@given(reports(longest=3, widest=3))
def test_trust_is_what_the_schema_says(report):
    def enclosure(array):
        return Enclosure(array - 1, array + 1)

    dense = [stage.jacobian.linear.dense[0] for stage in report.stages]
    whole = report.jacobian.dense[0]
    products = [product.linear.dense[0] for product in report.products]
    n = len(report.pipeline.inputs)
    spectra = tuple(StageSpectrum(*2 * (spectrum(stage.jacobian.linear),)) for stage in report.stages)
    certified = replace(
        report,
        certificate=Certificate(
            tuple(enclosure(stage.value) for stage in report.stages),
            tuple(map(enclosure, dense)),
            tuple(map(enclosure, products)),
            enclosure(whole),
            "the library is good",
        ),
        digits=Digits(tuple(dense), tuple(products), np.full(whole.shape, 3.0), "J1"),
        spectra=spectra,
        reach=Reach(np.full(n, np.inf), np.ones(n), ("abs(x)",) + ("",) * (n - 1)),
    )
    found = strictly(run_json(certified))
    STRICT.validate(found)
    assert found["reach"]["left"] == [None] * n
    assert found["certificate"]["jacobian"]["upper"] == (whole + 1).tolist()


@settings(max_examples=2)
@given(reports(longest=1, widest=2))
def test_a_large_sparse_matrix_is_written_by_its_entries(report):
    stage = report.stages[0]
    linear = LinearMap.diagonal(np.arange(1.0, 1101.0)[None])
    large = replace(report, stages=(replace(stage, jacobian=replace(stage.jacobian, linear=linear, spell=None)),))
    found = strictly(run_json(large))
    STRICT.validate(found)
    jacobian = found["stages"][0]["jacobian"]
    assert jacobian["data"] is None
    assert jacobian["sparse"]["rows"] == jacobian["sparse"]["columns"] == list(range(1, 1101))
    assert jacobian["sparse"]["values"][-1] == 1100
