"""Whatever the bytes are: a pipeline, or problems with their places.  And what YAML says, JSON says too."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.outcomes import outcome

from jacchain.pipeline import from_expressions, load
from jacchain.pipeline.bulk import expand
from jacchain.pipeline.document import Block, Broken, Mapping, Node, Scalar, Sequence
from jacchain.pipeline.ledger import Ledger
from jacchain.pipeline.numbers import JSON_NUMBER
from jacchain.pipeline.text import decode
from jacchain.pipeline.yaml_reader import read_yaml

SAMPLES = Path(__file__).parents[2] / "samples"
FILES = sorted(path for path in SAMPLES.rglob("*") if path.suffix in {".yaml", ".json"})
SEEDS = [path.read_bytes() for path in FILES]
MORSELS = [
    b"*",
    b"&a ",
    b"!t ",
    b"<<",
    b": ",
    b" #",
    b"- ",
    b"? ",
    b"| ",
    b"> ",
    b"%",
    b"@",
    b"`",
    b"'",
    b'"',
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b"\t",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"---\n",
    b"...\n",
    b"1e999",
    b".nan",
    b"010",
    b"null",
    b"true",
    b"[[[[",
    b"x[2]",
    b" * 50",
    b" * 0",
    b"f(x): x\n",
    b"pi",
    b"\xe2\x80\xae",
    b"\\u0041",
    b"\\",
    b"outputs: ",
    b"let: ",
    b"v[9999999]",
    b"cumsum(",
    b" @ ",
    b"[1,2,3,4,5,6,7,8,9]",
]


@st.composite
def damaged(draw):
    """A file of the project with a few places changed: cut, doubled, or with a morsel put in."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 5, 20])))
        put = draw(st.sampled_from(MORSELS) | st.binary(max_size=3) | st.just(data[start:end] * 2))
        data = data[:start] + put + data[end:]
    return data


def assert_answers(problems):
    for problem in problems:
        assert problem.message
        assert problem.span is not None
        for span in [problem.span, *(span for span, _ in problem.related)]:
            line, column = span.position
            assert 0 <= span.start <= span.end <= len(span.source.text)
            assert 1 <= column <= len(span.source.line(line)) + 2


@given(st.binary(max_size=60), st.sampled_from(["f.yaml", "f.json", "<stdin>"]))
def test_any_bytes_are_answered(data, name):
    assert_answers(outcome(lambda: load(data, name))[1])


@given(damaged(), st.sampled_from(["f.yaml", "f.json", "<stdin>"]))
def test_any_damage_to_a_file_is_answered(data, name):
    assert_answers(outcome(lambda: load(data, name, folder=SAMPLES))[1])


@given(st.text("fxy(),:=[]+*2 .", max_size=14), st.text("xy=12,[]().a ", max_size=10), st.text("Wb=12,[]().a ", max_size=10))
def test_any_text_of_an_option_is_answered(expression, at, value):
    assert_answers(outcome(lambda: from_expressions([expression], at))[1])
    text = b"constants: {W: 1, b: 2}\nfunctions:\n  f(x, y): x*y\nat: [1, 2]\n"
    assert_answers(outcome(lambda: load(text, "f.yaml", at=at, sets=[value]))[1])


def as_json(node: Node) -> str:
    """The JSON text that says the same as a tree."""
    match node:
        case Scalar(kind="number"):
            return node.text if JSON_NUMBER.fullmatch(node.text) else repr(float(node.text))
        case Scalar(kind="text"):
            return json.dumps(node.text)
        case Scalar():
            return {"true": "true", "false": "false"}.get(node.text.lower(), "null")
        case Block():
            return f"[{', '.join(as_json(number) for number in expand(node))}]"
        case Sequence():
            return f"[{', '.join(map(as_json, node.items))}]"
        case Mapping():
            return f"{{{', '.join(f'{json.dumps(key.text)}: {as_json(value)}' for key, value in node.entries)}}}"
        case _:
            raise AssertionError(node)


def twin(path: Path) -> bytes | None:
    """The JSON file that says what a YAML file says, ``None`` where YAML's own syntax is what is wrong."""
    ledger = Ledger()
    root, problems = outcome(lambda: read_yaml(decode(path.read_bytes(), path.name), ledger))
    return None if problems or ledger.problems or isinstance(root, Broken) else as_json(root).encode()


TWINS = {path: text for path in FILES if path.suffix == ".yaml" and (text := twin(path)) is not None}


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.name)
def test_yaml_and_json_say_the_same(path):
    first, problems = outcome(lambda: load(path.read_bytes(), "f.yaml", folder=path.parent))
    second, same_problems = outcome(lambda: load(TWINS[path], "f.json", folder=path.parent))
    assert [(problem.code, problem.message) for problem in problems] == [(same.code, same.message) for same in same_problems]
    if problems:
        return
    assert np.array_equal(first.at, second.at)
    x = y = first.at[None]
    for one, other in zip(first.stages, second.stages, strict=True):
        assert (one.name, one.inputs, one.outputs) == (other.name, other.inputs, other.outputs)
        x, y = one.program.values(x), other.program.values(y)
        assert np.array_equal(x, y)
