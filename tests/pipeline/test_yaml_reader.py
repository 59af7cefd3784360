"""YAML to located values: what is read, what is refused, and that long lists of numbers are only a faster way."""

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jacchain.errors import JacchainError, Source
from jacchain.pipeline import bulk
from jacchain.pipeline.constants import numbers_of
from jacchain.pipeline.document import Block, Broken, Mapping, Scalar, Sequence
from jacchain.pipeline.ledger import Ledger
from jacchain.pipeline.yaml_reader import read_yaml


@pytest.fixture(params=["C", "Python"])
def reader(request, monkeypatch):
    """Both parsers that PyYAML may come with."""
    if request.param == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML has no libyaml here")
    return read


def read(text: str):
    """The value of a text and the problems in it."""
    ledger = Ledger()
    try:
        return simple(read_yaml(Source("f.yaml", text), ledger)), ledger.problems
    except JacchainError as error:
        return None, [*ledger.problems, *error.problems]


def simple(node):
    """A node as plain values: numbers as floats, what is broken as ``...``."""
    match node:
        case Scalar(kind="number"):
            return float(node.text)
        case Scalar(kind="null"):
            return None
        case Scalar(kind="boolean"):
            return node.text.lower() == "true"
        case Scalar():
            return node.text
        case Block():
            return numbers_of(node).tolist()
        case Sequence():
            return [simple(item) for item in node.items]
        case Mapping():
            return {key.text: simple(value) for key, value in node.entries}
        case Broken():
            return ...


def test_a_file_is_a_tree_of_texts_and_numbers(reader):
    text = "a: 1e-3\nb: [.5, -2, x*y, '7', true, null]\nc:\n  - d: {e: f(x)}\n  - ~\n  -\n"
    value, problems = reader(text)
    assert problems == []
    assert value == {"a": 0.001, "b": [0.5, -2.0, "x*y", "7", True, None], "c": [{"d": {"e": "f(x)"}}, None, None]}


@pytest.mark.parametrize("word", ["yes", "on", "No", "0x10", "010", "1_000", "1:30", ".inf", ".nan", "2024-01-01", "=", "x"])
def test_what_other_readers_convert_stays_text(word, reader):
    assert reader(f"a: {word}\n")[0] == {"a": word}


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: *b\n", "JC104", 1, 4),
        ("a: &b 1\n", "JC104", 1, 4),
        ("a: &b [1]\n", "JC104", 1, 4),
        ("a: {<<: {b: 1}}\n", "JC104", 1, 5),
        ("a: !!str 1\n", "JC105", 1, 4),
        ("a: ! b\n", "JC105", 1, 4),
        ("a: !b [1]\n", "JC105", 1, 4),
        ("%YAML 1.2\n---\na: 1\n", "JC106", 1, 1),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", "JC106", 1, 1),
        ("a: 1\n---\nb: 2\n", "JC106", 2, 1),
        ("a: 1\n...\nb: 2\n", "JC102", 3, 1),
        ("a: b\n\t\nc: d\n", "JC107", 2, 1),
        ("a:\n\t- b\n", "JC107", 2, 1),
        ("a:\n  \tb: c\n", "JC107", 2, 3),
        ("a:\tb\n", "JC107", 1, 3),
        ("a: [b,\tc]\n", "JC107", 1, 7),
        ("a: b\tc\n", "JC107", 1, 5),
        ("a: 1\nb: 2\na: 3\n", "JC108", 3, 1),
        ("a: {b: 1, 'b': 2}\n", "JC108", 1, 12),
        ("1: a\n", "JC109", 1, 1),
        ("true: a\n", "JC109", 1, 1),
        ("[a, b]: c\n", "JC109", 1, 1),
        ("? {a: b}\n: c\n", "JC109", 1, 3),
        (": a\n", "JC102", 1, 1),
        ("a: [max(b, c), d]\n", "JC103", 1, 5),
        ("a: {b: f(c, d)}\n", "JC103", 1, 8),
        ("{f(x, y): x*y}\n", "JC103", 1, 2),
        ("a: [b[1], b[2]]\n", "JC103", 1, 6),
        ("a: {b: v[1]}\n", "JC103", 1, 9),
        ("a: b: c\n", "JC102", 1, 5),
        ("a: 'b\n", "JC102", 1, 4),
        ('a: "b\\q"\n', "JC102", 1, 4),
        ("a: [b\nc: d\n", "JC102", 2, 2),
        ("  a: 1\n b: 2\n", "JC102", 2, 2),
        ("a: " + "[" * 33 + "]" * 33, "JC198", 1, 35),
        ("- " * 40 + "a", "JC198", 1, 65),
    ],
)
def test_what_a_pipeline_file_may_not_hold_is_refused_at_its_place(text, code, line, column, reader):
    _, problems = reader(text)
    assert [problem.code for problem in problems] == [code]
    assert problems[0].span.position == (line, column)
    assert problems[0].help or code == "JC198"


@pytest.mark.parametrize("text", ["a: b # c\td\n", "# \tc\na: b\n", "a: 'b\tc'\n", "a: |\n  b\tc\n"])
def test_tabs_may_stand_in_texts_and_comments(text, reader):
    assert reader(text)[1] == []


def test_the_rest_of_a_file_is_still_read(reader):
    value, problems = reader("a: *b\nc: [f(x, y), 2]\nd: !t 1\ne: 5\ne: 6\n")
    assert value == {"a": ..., "c": ..., "d": ..., "e": 5.0}
    assert [problem.code for problem in problems] == ["JC104", "JC103", "JC105", "JC108"]


@pytest.mark.parametrize("escape", ["\\ud800", "\\udfff", "\\U00110000", "\\UFFFFFFFF"])
def test_an_escape_that_is_no_character_is_refused(escape, reader):
    _, problems = reader(f'a: "b{escape}c"\n')
    assert [problem.code for problem in problems] == ["JC102"]
    assert problems[0].span.position[0] == 1


def test_too_many_values_are_refused_before_they_are_kept(reader, monkeypatch):
    monkeypatch.setattr("jacchain.pipeline.yaml_reader.NODES", 50)
    _, problems = reader("[" + "a, " * 60 + "a]")
    assert [problem.code for problem in problems] == ["JC198"]


def test_too_many_numbers_are_refused_before_they_are_read(monkeypatch):
    monkeypatch.setattr(bulk, "NUMBERS", 50)
    _, problems = read("[" + "1, " * 60 + "1]")
    assert [problem.code for problem in problems] == ["JC198"]


numbers = st.floats(allow_nan=False, allow_infinity=False).map(repr).filter(lambda text: "e+" not in text or "." in text)
rows = st.lists(numbers, min_size=1, max_size=20)


@given(st.lists(rows, min_size=1, max_size=4), st.sampled_from([", ", ",", " ,\n    "]), st.booleans())
def test_long_lists_in_brackets_read_like_short_ones(matrix, comma, trailing):
    end = "," if trailing else ""
    text = "W: [" + ",\n  ".join(f"[{comma.join(row)}{end}]" for row in matrix) + "]\nb: 1\n"
    assert read(text) == ({"W": [list(map(float, row)) for row in matrix], "b": 1.0}, [])


@given(st.lists(rows, min_size=1, max_size=4), st.sampled_from(["", "  "]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_long_lists_with_dashes_read_like_short_ones(matrix, indent, ending, ends):
    lines = ["W:"]
    for row in matrix:
        lines += [f"{indent}- - {row[0]}", *(f"{indent}  - {number}" for number in row[1:])]
    lines += ["b:", *(f"- {number}" for number in matrix[0])]
    value, problems = read(ending.join(lines) + (ending if ends else ""))
    assert problems == []
    assert value == {"W": [list(map(float, row)) for row in matrix], "b": list(map(float, matrix[0]))}


@pytest.mark.parametrize(
    "text",
    [
        "a: f(x,\n  [1, 2, 3, 4, 5, 6, 7, 8, 9])\n",
        "a: see [1, 2, 3, 4, 5, 6, 7, 8, 9]\n",
        "a: 'see [1, 2, 3, 4, 5, 6, 7, 8, 9]'\n",
        "a: |\n  - 1\n  - 2\n  - 3\n  - 4\n  - 5\n  - 6\n  - 7\n  - 8\n  - 9\n",
        "a: x\n  - 1\n  - 2\n  - 3\n  - 4\n  - 5\n  - 6\n  - 7\n  - 8\n  - 9\n",
        "a: 1 # [1, 2, 3, 4, 5, 6, 7, 8, 9]\nb: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n",
        "a:\n- pi\n- 1\n- 2\n- 3\n- 4\n- 5\n- 6\n- 7\n- 8\n- 9\n- e\n",
        "a:\n- 1\n- 2\n- 3\n- 4\n- 5\n- 6\n- 7\n- 8\n- 9\n- [1]\n",
        "a:\n-\n  - 1\n  - 2\n  - 3\n  - 4\n  - 5\n  - 6\n  - 7\n  - 8\n  - 9\n- x\n",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9]: a\n",
    ],
)
def test_a_list_of_numbers_in_other_company_is_read_as_ever(text, monkeypatch):
    value, problems = read(text)
    monkeypatch.setattr("jacchain.pipeline.yaml_reader.cut", lambda source: (source.text, {}))
    slow_value, slow_problems = read(text)
    assert value == slow_value
    assert [problem.message for problem in problems] == [problem.message for problem in slow_problems]


def test_numbers_of_a_long_list_are_the_doubles_that_python_reads():
    written = ["0.1", "1e-3", "-2.5E+3", "4.9406564584124654e-324", "1.7976931348623157e308", "123456789012345678901", "5.", ".5"]
    value, _ = read("[" + ", ".join(written) + "]")
    assert value == [float(number) for number in written]


def test_a_number_of_a_long_list_beyond_the_doubles_is_found_in_it():
    ledger = Ledger()
    block = read_yaml(Source("f.yaml", "- 1\n" * 9 + "- 1e999\n- 3\n"), ledger)
    with pytest.raises(JacchainError) as raised:
        numbers_of(block)
    assert raised.value.problems[0].span.position == (10, 3)
    assert np.isfinite(numbers_of(read_yaml(Source("f.yaml", "- 1\n" * 9), ledger))).all()
