"""JSON is read strictly, to the same values that Python reads, and every character knows where it stood."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.errors import JacchainError, Source
from jacchain.pipeline.constants import numbers_of
from jacchain.pipeline.document import Block, Mapping, Scalar, Sequence
from jacchain.pipeline.json_reader import read_json
from jacchain.pipeline.ledger import Ledger


def read(text):
    ledger = Ledger()
    node = read_json(Source("f.json", text), ledger)
    ledger.settle()
    return node


def simple(node):
    match node:
        case Scalar(kind="number"):
            return float(node.text)
        case Scalar(kind="boolean" | "null"):
            return json.loads(node.text)
        case Scalar():
            return node.text
        case Block():
            return numbers_of(node).tolist()
        case Sequence():
            return [simple(item) for item in node.items]
        case Mapping():
            return {key.text: simple(value) for key, value in node.entries}


def as_doubles(value):
    match value:
        case bool() | None | str():
            return value
        case int() | float():
            return float(value)
        case list():
            return [as_doubles(item) for item in value]
        case dict():
            return {key: as_doubles(item) for key, item in value.items()}


scalars = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(), inner, max_size=5), max_leaves=30
)


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_what_json_can_say_is_read_as_python_reads_it(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert simple(read(text)) == as_doubles(value)


@given(st.text(), st.booleans())
def test_every_character_of_a_text_stands_where_it_was_written(text, ascii_only):
    written = json.dumps([text], ensure_ascii=ascii_only)
    node = read(written)
    fragment = node.items[0].fragment
    for position, character in enumerate(text):
        span = fragment.span(position, position + 1)
        assert json.loads(f'"{written[span.start : span.end]}"') == character


INVALID = [
    ("", 1),
    ("[1,]", 3),
    ("[1 2]", 4),
    ("[01]", 2),
    ("[+1]", 2),
    ("[.5]", 2),
    ("[5.]", 2),
    ("[NaN]", 2),
    ("[-Infinity]", 2),
    ("[1e]", 2),
    ("{a: 1}", 2),
    ("{'a': 1}", 2),
    ('{"a" 1}', 6),
    ('{"a": 1', 1),
    ('{"a": 1,}', 8),
    ('["a', 2),
    ('["a\nb"]', 2),
    ('["\\q"]', 3),
    ('["\\u12"]', 3),
    ('["\\ud800"]', 3),
    ("[1] 2", 5),
    ("[1]]", 4),
    ("tru", 1),
    ("// c\n1", 1),
    ('{1: "a"}', 2),
    ("[", 2),
    ("[1,", 4),
    ("[" * 33 + "]" * 33, 33),
    ("[1, 2, 3, 4, 5, 6, 7, 8, 09]", 26),
    ("[1, 2, 3, 4, 5, 6, 7, 8, ]", 24),
]


@pytest.mark.parametrize(("text", "column"), INVALID)
def test_what_is_not_json_is_refused_at_its_place(text, column):
    with pytest.raises(JacchainError) as raised:
        read(text)
    (problem,) = raised.value.problems
    assert problem.code == ("JC198" if len(text) > 60 else "JC110")
    assert problem.span.position[1] == column


def test_a_key_stands_once():
    with pytest.raises(JacchainError) as raised:
        read('{"a": 1, "b": {"c": 1, "c": 2}, "\\u0061": 3}')
    assert [(problem.code, problem.span.position[1]) for problem in raised.value.problems] == [("JC108", 25), ("JC108", 34)]


def test_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("jacchain.pipeline.json_reader.NODES", 50)
    monkeypatch.setattr("jacchain.pipeline.json_reader.NUMBERS", 50)
    for text in ("[" + '"a", ' * 60 + "1]", "[" + "1, " * 60 + "1]"):
        with pytest.raises(JacchainError) as raised:
            read(text)
        assert raised.value.problems[0].code == "JC198"
