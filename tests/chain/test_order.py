"""Orders as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.chain.order import parse_order, parse_subchain
from jacchain.errors import Fragment, JacchainError


def order(text, length=3):
    return parse_order(Fragment.whole(text, "--order"), length)


def problem(text, length=3, parse=parse_order):
    with pytest.raises(JacchainError) as caught:
        parse(Fragment.whole(text, "--order"), length)
    (found,) = caught.value.problems
    return found


@st.composite
def trees(draw, first=1, last=6):
    if first == last:
        return first
    split = draw(st.integers(first, last - 1))
    return draw(trees(first, split)), draw(trees(split + 1, last))


def written(tree, style):
    if isinstance(tree, int):
        return style["factor"](tree)
    opening, between, closing = style["pair"]
    return opening + written(tree[0], style) + between + written(tree[1], style) + closing


STYLES = [
    {"factor": str, "pair": ("(", " ", ")")},
    {"factor": str, "pair": ("[", ", ", "]")},
    {"factor": lambda number: f"J{number}T", "pair": ("( ", " * ", ")")},
    {"factor": lambda number: f"J{number}ᵀ".translate(str.maketrans("123456", "₁₂₃₄₅₆")), "pair": ("(", "·", ")")},
    {"factor": lambda number: f"J{number}^T", "pair": ("(", "", ")")},
]


@given(trees(), st.sampled_from(STYLES))
def test_a_bracketing_is_read_as_it_is_written(tree, style):
    text = written(tree, style)
    assert order(text, 6) == tree
    assert order(text[1:-1], 6) == tree


@pytest.mark.parametrize("text", ["optimal", "forward", "reverse", " Reverse "])
def test_names(text):
    assert order(text) == text.strip().lower()


def test_a_chain_of_one():
    assert order("1", 1) == 1
    assert order("(1 (2 3))") == (1, (2, 3))


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("", "JC022", 1),
        ("fastest", "JC020", 1),
        ("(1 (2 3)", "JC020", 1),
        ("1 2) 3", "JC020", 4),
        ("(1 (2 ? 3))", "JC020", 7),
        ("1 2 3", "JC021", 1),
        ("((1) 2) 3", "JC021", 2),
        ("(1 (3 2))", "JC022", 5),
        ("(1 2)", "JC022", 1),
        ("(1 (2 (3 4)))", "JC022", 10),
        ("(1 (2 99999999999999999999))", "JC022", 7),
    ],
)
def test_mistakes_and_their_places(text, code, column):
    found = problem(text)
    assert found.code == code
    assert found.span.position == (1, column)
    assert found.help


def test_a_misspelt_name():
    assert problem("forwrad").help == "did you mean `forward`?"


def test_sub_chains():
    assert parse_subchain(Fragment.whole(" 2 : 3", "--explain"), 3) == (2, 3)
    for text in ("2", "0:1", "3:2", "1:4", "a:b", "1:2:3", ""):
        assert problem(text, parse=parse_subchain).code == "JC023"
