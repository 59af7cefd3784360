"""Scalars are decoded as libyaml decodes them, and every character knows where it stood."""

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from jacchain.errors import Fragment, Source
from jacchain.pipeline.yaml_scalars import block_scalar, flow_scalar

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
words = st.text("ab.é🙂*+'\"\\#-", min_size=1, max_size=4)
gaps = st.sampled_from([" ", "  ", "\n  ", "\n\n  ", " \n \n  ", "\r\n   ", "\n\n\n    "])
escapes = st.sampled_from(
    ["\\n", "\\t", "\\x41", "\\u00e9", "\\U0001F642", "\\\\", '\\"', "\\/", "\\ ", "\\\n   ", "\\\n\n  ", "\\e"]
)


def scalar(text: str) -> tuple[Source, object]:
    """The value of ``k`` in a file, as libyaml reads it; ``None`` where it reads something else."""
    source = Source("f.yaml", text)
    try:
        events = [event for event in yaml.parse(text, Loader=LOADER) if isinstance(event, yaml.ScalarEvent)]
    except yaml.YAMLError:
        events = []
    return source, events[1] if len(events) == 2 else None


def decoded(source: Source, event: object) -> Fragment:
    start, end = event.start_mark.index, event.end_mark.index
    if event.style in {"|", ">"}:
        return block_scalar(source, start, end, 0)
    return flow_scalar(source, start, end, event.style or "")


def assert_agrees(text: str) -> None:
    source, event = scalar(text)
    assume(event is not None)
    fragment = decoded(source, event)
    assert fragment.text == event.value
    assert len(fragment.places) == len(fragment.text) + 1
    assert list(fragment.places) == sorted(fragment.places)
    for character, place in zip(fragment.text, fragment.places, strict=False):
        written = source.text[place]
        assert written == character or written in " \t\r\n\\'", (character, written)
        if not character.isspace() and written not in "\\'":
            assert written == character


@given(st.lists(st.tuples(words, gaps), min_size=1, max_size=5))
def test_plain_scalars(parts):
    assert_agrees("k: " + "".join(word + gap for word, gap in parts).rstrip() + "\n")


@given(st.lists(st.one_of(words.map(lambda word: word.replace("'", "''")), gaps), max_size=6))
def test_single_quoted_scalars(parts):
    assert_agrees("k: '" + "".join(parts) + "'\n")


@given(st.lists(st.one_of(words.map(lambda word: word.replace("\\", "").replace('"', "")), gaps, escapes), max_size=6))
def test_double_quoted_scalars(parts):
    assert_agrees('k: "' + "".join(parts) + '"\n')


@given(
    st.sampled_from(["|", ">", "|-", ">-", "|+", ">+", "|2", ">2-", "|1", "> # why"]),
    st.lists(st.sampled_from(["  a", "  bé", "   c", "", " ", "  d  ", "    e", "  - 1", "   ", "  \tf"]), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_block_scalars(header, lines, ending, ends):
    assert_agrees(f"k: {header}{ending}" + ending.join(lines) + (ending if ends else ""))


@pytest.mark.parametrize(
    ("text", "part", "line", "column"),
    [
        ("k: r*sin(q)\n", "sin", 1, 6),
        ("k: r\n  + sin(q)\n", "sin", 2, 5),
        ("k: 'it''s sin(q)'\n", "sin", 1, 11),
        ('k: "\\u0072 + sin(q)"\n', "sin", 1, 14),
        ("k: >\n  r\n  + sin(q)\n", "sin", 3, 5),
        ("k: |\n    r\n    + sin(q)\n", "sin", 3, 7),
    ],
)
def test_a_name_in_an_expression_is_where_it_was_written(text, part, line, column):
    source, event = scalar(text)
    fragment = decoded(source, event)
    start = fragment.text.index(part)
    span = fragment.span(start, start + len(part))
    assert span.position == (line, column)
    assert source.text[span.start : span.end] == part
