"""Signatures: names, parameters, sizes, and a place for every mistake in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.outcomes import outcome

from jacchain.errors import Fragment, JacchainError
from jacchain.pipeline.signature import SIZE, read_signature

names = st.from_regex(r"[a-zA-Zαβθé_][a-zA-Z0-9_₁]{0,5}", fullmatch=True).filter(lambda name: name not in {"and", "or", "not"})
parameters = st.dictionaries(names.map(lambda name: f"p{name}"), st.none() | st.integers(1, 50), min_size=1, max_size=5)


def read(text):
    return read_signature(Fragment.whole(text, "f.yaml"))


@given(names, parameters, st.sampled_from(["", " "]))
def test_what_is_written_is_read(name, sizes, blank):
    inner = f",{blank}".join(f"{key}{blank}[{size}]" if size else key for key, size in sizes.items())
    signature = read(f"{name}{blank}({inner}{blank})")
    assert signature.name == name
    assert {parameter.name: parameter.size for parameter in signature.parameters} == sizes
    assert read(str(signature)).parameters[0].size == signature.parameters[0].size


@pytest.mark.parametrize(
    ("text", "size"), [("f(x)", None), ("f(x[1])", 1), ("f(x, y)", 2), ("f(p[2], q)", 3), ("f(p[2], q[3])", 5), ("f(v[7])", 7)]
)
def test_how_many_numbers_a_function_takes(text, size):
    assert read(text).size == size


def test_names_are_compared_in_one_normal_form():
    assert read("f(e\u0301)").parameters[0].name == read("f(\u00e9)").parameters[0].name
    assert read("f(а)").parameters[0].name != read("f(a)").parameters[0].name


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("f", "JC303", 1),
        ("f()", "JC303", 3),
        ("f(x", "JC303", 1),
        ("f(x))", "JC303", 5),
        ("f(x) y", "JC303", 6),
        ("f(x,)", "JC303", 5),
        ("f(x y)", "JC303", 5),
        ("f(1)", "JC303", 3),
        ("f(x, x)", "JC303", 6),
        ("f(x[])", "JC303", 5),
        ("f(x[0])", "JC303", 5),
        ("f(x[-1])", "JC303", 5),
        ("f(x[1.5])", "JC303", 5),
        ("f(x[n])", "JC303", 5),
        ("f(x[2)", "JC303", 5),
        ("f(x) = x", "JC303", 6),
        ("2f(x)", "JC303", 1),
        ("(x)", "JC303", 1),
        ("", "JC303", 1),
        ("f[x]", "JC303", 2),
        ("f(sin)", "JC306", 3),
        ("f(or)", "JC305", 3),
        ("not(x)", "JC305", 1),
        ("f(x\u200b)", "JC151", 4),
        (f"f(x[{SIZE + 1}])", "JC450", 5),
        (f"f(x[{SIZE}], y)", "JC450", 1),
        ("f(x[" + "9" * 300 + "])", "JC450", 5),
        ("f" * 65 + "(x)", "JC198", 1),
    ],
)
def test_a_mistake_in_a_signature_has_its_place(text, code, column):
    with pytest.raises(JacchainError) as raised:
        read(text)
    (problem,) = raised.value.problems
    assert (problem.code, problem.span.position) == (code, (1, column))


@given(st.text("fxy()[],12 .", max_size=12))
def test_any_text_is_a_signature_or_a_located_problem(text):
    signature, problems = outcome(lambda: read(text))
    assert problems or signature.parameters
    assert all(problem.span.position[0] == 1 for problem in problems)
