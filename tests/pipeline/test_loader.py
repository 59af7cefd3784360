"""Format 1, feature by feature: what a file says and what it becomes."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from strategies.outcomes import outcome

from jacchain.errors import JacchainError
from jacchain.pipeline import from_expressions, load

SAMPLES = Path(__file__).parents[2] / "samples"


def pipeline(text, name="f.yaml", **options):
    return load(text.encode(), name, **options)


def problems(text, name="f.yaml", **options):
    """Codes and places (line:column) of all problems."""
    found = outcome(lambda: pipeline(text, name, **options))[1]
    return [f"{problem.code} {problem.span.position[0]}:{problem.span.position[1]}" for problem in found]


def value(loaded):
    x = loaded.at[None]
    for stage in loaded.stages:
        x = stage.program.values(x)
    return x[0]


BLACKBOARD = """
name: Polar rectangle, squashed
description: free text
constants:
  W: [[1.5, -0.25], [-20, 120.5], [0.3, 1]]
  b: [0.1, 0.2, pi/6]
functions:
  polar(r, theta):
    x: r*cos(theta)
    y: r*sin(theta)
  hidden(v): tanh(W @ v + b)
  mix(p[2], q):
    - p[1]*p[2]
    - exp(q)
  L(u, v): u^2 + v^2
chain: [polar, hidden, mix, L]
at: {r: 2, theta: pi/6}
"""


def test_a_file_reads_like_a_blackboard():
    loaded = pipeline(BLACKBOARD)
    assert (loaded.name, loaded.description, loaded.file, loaded.scalar) == (
        "Polar rectangle, squashed",
        "free text",
        "f.yaml",
        True,
    )
    assert loaded.inputs == ("r", "theta")
    assert [stage.name for stage in loaded.stages] == ["polar", "hidden", "mix", "L"]
    assert [stage.inputs for stage in loaded.stages[1:]] == [("v[1]", "v[2]"), ("p[1]", "p[2]", "q"), ("u", "v")]
    assert [stage.outputs for stage in loaded.stages] == [
        ("x", "y"),
        ("hidden[1]", "hidden[2]", "hidden[3]"),
        ("mix[1]", "mix[2]"),
        ("L",),
    ]
    r, theta = 2, np.pi / 6
    h = np.tanh(np.array([[1.5, -0.25], [-20, 120.5], [0.3, 1]]) @ [r * np.cos(theta), r * np.sin(theta)] + [0.1, 0.2, np.pi / 6])
    assert value(loaded) == pytest.approx([(h[0] * h[1]) ** 2 + np.exp(h[2]) ** 2], rel=1e-15)


def test_what_is_loaded_cannot_be_changed():
    loaded = pipeline(BLACKBOARD)
    with pytest.raises(ValueError, match="read-only"):
        loaded.at[0] = 1


@pytest.mark.parametrize(
    ("outputs", "names"),
    [
        ("x*y", ["f"]),
        ("[x, y]", ["f[1]", "f[2]"]),
        ("'[x, y]'", ["f[1]", "f[2]"]),
        ("[x]", ["f[1]"]),
        ("[x, '[x, y]', 1]", ["f[1]", "f[2]", "f[3]", "f[4]"]),
        ("[[x, y], x]", ["f[1]", "f[2]", "f[3]"]),
        ("{a: x, b: y}", ["a", "b"]),
        ("{a: '[x, y]', b: x}", ["a[1]", "a[2]", "b"]),
        ("{a: [x, y], b: [x]}", ["a[1]", "a[2]", "b[1]"]),
        ("{outputs: x}", ["f"]),
        ("{outputs: [x, y]}", ["f[1]", "f[2]"]),
        ("{outputs: {b: x}, description: d}", ["b"]),
        ("{scale: x, description: y}", ["scale", "description"]),
        ("{scale: [x, y], bounds: y}", ["scale[1]", "scale[2]", "bounds"]),
        ("{output: x}", ["output"]),
        ("2", ["f"]),
        ("[1, 2, 3, 4, 5, 6, 7, 8, 9]", [f"f[{i}]" for i in range(1, 10)]),
    ],
)
def test_three_forms_of_outputs_and_their_names(outputs, names):
    assert list(pipeline(f"functions:\n  f(x, y): {outputs}\nat: [1, 2]\n").stages[0].outputs) == names


@pytest.mark.parametrize(
    ("signature", "at", "inputs"),
    [
        ("f(v)", "2", ["v"]),
        ("f(v)", "[2]", ["v"]),
        ("f(v)", "[2, 3]", ["v[1]", "v[2]"]),
        ("f(v)", "{v: [2, 3]}", ["v[1]", "v[2]"]),
        ("f(v[1])", "2", ["v[1]"]),
        ("f(v[2])", "[2, 3]", ["v[1]", "v[2]"]),
        ("f(v, w)", "{w: 1, v: 2}", ["v", "w"]),
        ("f(v[2], w)", "{v: [1, 2], w: 3}", ["v[1]", "v[2]", "w"]),
        ("f(v[2], w)", "[1, 2, 3]", ["v[1]", "v[2]", "w"]),
        ("f(v[2], w)", "[[1, 2], 3]", ["v[1]", "v[2]", "w"]),
        ("f(v)", "c", ["v[1]", "v[2]", "v[3]"]),
        ("f(v)", "{v: 2*c}", ["v[1]", "v[2]", "v[3]"]),
        ("f(v)", "[1, 2, 3, 4, 5, 6, 7, 8, 9]", [f"v[{i}]" for i in range(1, 10)]),
    ],
)
def test_sizes_come_from_the_declaration_or_from_the_point(signature, at, inputs):
    assert list(pipeline(f"constants: {{c: [1, 2, 3]}}\nfunctions:\n  {signature}: v\nat: {at}\n").inputs) == inputs


def test_the_point_holds_expressions_of_constants():
    loaded = pipeline("constants: {a: 3, c: [1, 2]}\nfunctions:\n  f(p[2], q): q\nat: {q: a*pi, p: c^2}\n")
    assert loaded.at.tolist() == [1, 4, 3 * np.pi]


def test_functions_follow_in_the_order_of_the_file_unless_the_chain_says_otherwise():
    text = "functions:\n  f(x): x + 1\n  g(y): 2*y\nat: 3\n"
    assert value(pipeline(text)) == [8]
    assert value(pipeline(text + "chain: [g, f]\n")) == [7]
    assert value(pipeline(text + "chain: [g]\n")) == [6]


def test_copies_of_a_function_are_numbered_and_share_their_program():
    loaded = pipeline("functions:\n  f(x): [x, x]\n  step(v): v/2\n  g(v): sum(v)\nchain: [f, step * 3, g, f, step]\nat: 4\n")
    assert [stage.name for stage in loaded.stages] == ["f#1", "step#1", "step#2", "step#3", "g", "f#2", "step#4"]
    assert [stage.function for stage in loaded.stages[1:4]] == ["step"] * 3
    assert len({id(stage.program) for stage in loaded.stages if stage.function == "step"}) == 1
    assert value(loaded).tolist() == [0.5, 0.5]


def test_a_function_without_a_size_takes_different_sizes():
    loaded = pipeline("functions:\n  half(v): v/2\n  twice(v): '[v, v]'\nchain: [half, twice, half]\nat: 1\n")
    assert [stage.inputs for stage in loaded.stages] == [("v",), ("v",), ("v[1]", "v[2]")]


def test_the_long_form():
    loaded = pipeline("""
functions:
  f(r, t[2]):
    description: a function
    let: {c: "cos(t[1])", d: 2*c}
    outputs: {x: r*c, y: "d + t[2]"}
    jacobian:
      - [c, "-r*sin(t[1])", 0]
      - [0, "-2*sin(t[1])", 1]
    method: difference
    scale: {r: 10, t: [1, 2]}
    bounds: {r: [0, null], t: [[-pi, pi], [0, 9]]}
at: [2, 0.5, 1]
""")
    (stage,) = loaded.stages
    assert (stage.description, stage.method, stage.outputs) == ("a function", "difference", ("x", "y"))
    c, s = np.cos(0.5), np.sin(0.5)
    assert value(loaded) == pytest.approx([2 * c, 2 * c + 1], rel=1e-15)
    assert stage.author.values(loaded.at[None])[0] == pytest.approx([c, -2 * s, 0, 0, -2 * s, 1], rel=1e-15)
    assert stage.scale.tolist() == [10, 1, 2]
    assert stage.bounds.tolist() == [[0, np.inf], [-np.pi, np.pi], [0, 9]]


@pytest.mark.parametrize(
    ("jacobian", "entries"),
    [("[2*u, 2*v]", [2, 4]), ("[[2*u, 2*v]]", [2, 4]), ("['[2*u, 2*v]']", [2, 4]), ("[[2, 4]]", [2, 4])],
)
def test_a_gradient_may_be_written_flat_or_as_one_row(jacobian, entries):
    loaded = pipeline(f"functions:\n  L(u, v):\n    outputs: u^2 + v^2\n    jacobian: {jacobian}\nat: [1, 2]\n")
    assert loaded.stages[0].author.values(loaded.at[None])[0].tolist() == entries


@pytest.mark.parametrize(
    ("outputs", "jacobian", "entries"),
    [
        ("softmax(v)", "diag(f) - outer(f, f)", [0.25, -0.25, -0.25, 0.25]),
        ("{p: softmax(v)}", "diag(p) - outer(p, p)", [0.25, -0.25, -0.25, 0.25]),
        ("['v[1]^2', 'v[2]']", """[["2*f[1]/v[1]", 0], "I[2]'"]""", [6, 0, 0, 1]),
        ("norm(v)", "v'/f", [2**-0.5, 2**-0.5]),
        ("{n: norm(v), k: 'v[1]'}", "[['v[1]/n', 'v[2]/n'], [1, 0]]", [2**-0.5, 2**-0.5, 1, 0]),
    ],
)
def test_a_hand_derived_jacobian_may_be_a_matrix_and_speak_of_the_outputs(outputs, jacobian, entries):
    loaded = pipeline(f"functions:\n  f(v[2]):\n    outputs: {outputs}\n    jacobian: {jacobian}\nat: [3, 3]\n")
    assert loaded.stages[0].author.values(loaded.at[None])[0] == pytest.approx(entries, rel=1e-15)


def test_an_output_does_not_hide_what_its_name_means_already():
    loaded = pipeline("constants: {c: 5}\nfunctions:\n  f(x):\n    outputs: {c: x^2, e: x}\n    jacobian: [[c], [e]]\nat: 3\n")
    assert loaded.stages[0].author.values(loaded.at[None])[0] == pytest.approx([5, np.e])


def test_what_is_wrong_with_an_output_is_not_told_again_of_the_jacobian_that_names_it():
    text = "functions:\n  f(x):\n    outputs: {y: sinn(x), z: x}\n    jacobian: [[2*y], [z]]\nat: 3\n"
    assert [problem[:5] for problem in problems(text)] == ["JC253"]


def test_an_entry_is_a_number_or_a_row_and_no_matrix():
    text = "functions:\n  f(v[2]):\n    outputs: v^2\n    jacobian: [['2*diag(v)']]\nat: [1, 2]\n"
    assert [problem[:5] for problem in problems(text)] == ["JC212"]


@pytest.mark.parametrize(
    ("scale", "expected"),
    [("3", [3, 3]), ("[3, 4]", [3, 4]), ("{y: 4, x: 3}", [3, 4]), ("c", [5, 6]), ("[1e-3, 2*5]", [1e-3, 10])],
)
def test_a_scale_for_all_for_each_or_by_name(scale, expected):
    text = f"constants: {{c: [5, 6]}}\nfunctions:\n  f(x, y):\n    outputs: x*y\n    scale: {scale}\nat: [1, 2]\n"
    assert pipeline(text).stages[0].scale.tolist() == expected


@pytest.mark.parametrize("scale", ["0", "-1", "[1, 2, 3]", "{x: 1}", "{x: 1, z: 2}", "[1, -2]"])
def test_a_scale_that_does_not_fit_is_refused(scale):
    found = problems(f"functions:\n  f(x, y):\n    outputs: x*y\n    scale: {scale}\nat: [1, 2]\n")
    assert [problem[:5] for problem in found] == ["JC331"]


@pytest.mark.parametrize("bounds", ["1", "[1]", "[[0, 1]]", "[1, 0]", "{x: 1}", "{z: [0, 1]}", "[[0, 1], [2, 2]]", "[[0, 1], 3]"])
def test_bounds_that_do_not_fit_are_refused(bounds):
    found = problems(f"functions:\n  f(x, y):\n    outputs: x*y\n    bounds: {bounds}\nat: [1, 2]\n")
    assert [problem[:5] for problem in found] == ["JC331"]


@pytest.mark.parametrize(
    ("constant", "expected"),
    [
        ("2", 2),
        ("1e-3", 1e-3),
        ("2*pi", 2 * np.pi),
        ("a + 1", 4),
        ("[1, a, 2*a]", [1, 3, 6]),
        ("'[1, a]'", [1, 3]),
        ("[[1, a], [3, 4]]", [[1, 3], [3, 4]]),
        ("'[[1, a], [3, 4]]'", [[1, 3], [3, 4]]),
        ("[[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, pi]]", [[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, np.pi]]),
        ("[1, 2, 3, 4, 5, 6, 7, 8]", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("V @ [1, 1]", [3, 7]),
        ("transpose(V)", [[1, 3], [2, 4]]),
        ("V[2, :]", [3, 4]),
        ("3*V", [[3, 6], [9, 12]]),
    ],
)
def test_constants_are_numbers_vectors_matrices_and_expressions_of_earlier_ones(constant, expected):
    loaded = pipeline(
        f"constants:\n  a: 3\n  V: [[1, 2], [3, 4]]\n  c: {constant}\nfunctions:\n  f(x): {read_back(expected)}\nat: 1\n"
    )
    assert value(loaded) == pytest.approx(np.ravel(expected), rel=1e-15)


def read_back(expected):
    """An expression that says every entry of the constant ``c``."""
    if np.ndim(expected) == 2:
        return "['" + "', '".join(f"c[{row}, :]" for row in range(1, len(expected) + 1)) + "']"
    return "c"


@pytest.mark.parametrize(
    "constant",
    ["[]", "[[1], [1, 2]]", "[1, [2]]", "[[[1]]]", "[V]", "{file: a.txt}", "{files: a.csv}", "{}", "[{a: 1}]", "'[[1], [1, 2]]'"],
)
def test_what_is_no_constant_is_refused(constant):
    found = problems(f"constants:\n  V: [1, 2]\n  c: {constant}\nfunctions:\n  f(x): c*x\nat: 1\n")
    assert len(found) == 1
    assert found[0][:5] in {"JC312", "JC112", "JC340"}


def test_a_mistake_in_a_constant_is_said_once():
    text = "constants:\n  a: 1 +\n  b: 2*a\n  c: b + zz\nfunctions:\n  f(x): a*b*x\n  g(y): {a: a*y, b: y2}\nat: a\n"
    assert problems(text) == ["JC152 2:9", "JC252 7:21"]


def test_a_mistake_in_one_function_does_not_hide_those_in_others():
    text = "functions:\n  f(x): x +\n  g(y, z): y*zz\n  h(w): ww\n  k(u): sim(u)\nchain: [f, g, h]\nat: 1\n"
    assert problems(text) == ["JC152 2:12", "JC252 3:14", "JC252 4:9", "JC253 5:9"]


def test_sizes_are_followed_past_a_mistake():
    text = "functions:\n  f(x): [x, x, x]\n  g(a, b): '[a, b]'\n  h(p[3]): p\n  k(q[2]): q\nat: 1\n"
    assert problems(text) == ["JC201 3:3", "JC201 4:3", "JC201 5:3"]


@pytest.mark.parametrize("outputs", ["[]", "{}", "{outputs: []}", "{outputs: {}, description: d}", "{let: {a: x}}"])
def test_a_function_has_outputs(outputs):
    assert [problem[:5] for problem in problems(f"functions:\n  f(x): {outputs}\nat: 1\n")] == ["JC301"]


def test_a_section_without_content_is_as_good_as_none():
    assert pipeline("constants:\nfunctions:\n  f(x): x\nat: 1\n").scalar


def test_a_mistake_in_the_chain_does_not_become_one_of_sizes():
    text = "functions:\n  f(x): [x, x]\n  g(p[3]): p\nchain: [f, zz, g, 3]\nat: [1, 2, 3]\n"
    assert problems(text) == ["JC310 4:12", "JC305 4:19"]
    assert problems(text.replace("[f, zz, g, 3]", "g")) == ["JC112 4:8"]
    assert problems(text.replace("[f, zz, g, 3]", "[]")) == ["JC301 4:8"]


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("{r: 1, thta: 2}", ["JC321 3:12"]),
        ("{r: 1}", ["JC321 3:5"]),
        ("{r: 1, q: 2, s: 3}", ["JC321 3:5", "JC321 3:12", "JC321 3:18"]),
        ("{r: 1, theta: 2, s: 3}", ["JC321 3:22"]),
    ],
)
def test_a_point_by_name_has_every_input_and_nothing_else(at, found):
    text = f"functions:\n  f(r, theta): r*theta\nat: {at}\n"
    assert sorted(problems(text)) == sorted(found)


def test_a_hand_derived_jacobian_has_a_bounded_number_of_written_entries(monkeypatch):
    monkeypatch.setattr("jacchain.pipeline.functions.ENTRIES", 4)
    text = "functions:\n  f(x, y):\n    outputs: [x, y]\n    jacobian: {}\nat: [1, 2]\n"
    assert problems(text.replace("{}", "[[1, 0], [0, 1]]")) == []
    assert [problem[:5] for problem in problems(text.replace("{}", "[[1, 0, 0], [0, 1]]"))] == ["JC450"]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "f.yaml", "the file is empty"),
        ("# nothing", "f.yaml", "the file is empty"),
        ("null", "f.json", "the file is empty"),
        ("f(x)", "f.yaml", "a mapping of sections is due here, not a text"),
        ("2", "f.json", "a mapping of sections is due here, not a number"),
        ("- f(x): x", "f.yaml", "a mapping of sections is due here, not a list"),
        ("functions: 2", "f.yaml", "a mapping of definitions is due here, not a number"),
    ],
)
def test_a_file_is_a_mapping_of_sections(text, name, message):
    (problem,) = outcome(lambda: pipeline(text, name))[1]
    assert problem.message == message


def test_only_what_depends_on_the_arriving_size_points_at_where_it_comes_from():
    text = "constants: {b: [1, 2], c: [1, 2, 3]}\nfunctions:\n  f(x): [x, x]\n  g(v): sum(v) * (b + c)\n  h(w): w + c\nat: 1\n"
    found = outcome(lambda: pipeline(text.replace("  h(w): w + c\n", "")))[1]
    assert [(problem.code, problem.related) for problem in found] == [("JC204", ())]
    found = outcome(lambda: pipeline(text.replace("  g(v): sum(v) * (b + c)\n", "")))[1]
    assert [(problem.code, [span.position for span, _ in problem.related]) for problem in found] == [("JC204", [(3, 3)])]


def test_problems_come_in_the_order_of_the_file_and_are_about_ten():
    text = "constants:\n" + "".join(f"  c{i}: zz\n" for i in range(30)) + "functions: {f(x): x}\nat: 1\n"
    found = problems(text)
    assert len(found) == 10
    assert found == sorted(found, key=lambda problem: int(problem.split()[1].split(":")[0]))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("constants: {a: 1}\nfunctions:\n  f(a): a\nat: 1\n", "JC306"),
        ("constants: {a: 1}\nfunctions:\n  f(x):\n    let: {a: 2}\n    outputs: x\nat: 1\n", "JC306"),
        ("functions:\n  f(x):\n    let: {x: 2}\n    outputs: x\nat: 1\n", "JC306"),
        ("functions:\n  f(x):\n    let: {sin: 2}\n    outputs: x\nat: 1\n", "JC306"),
        ("functions:\n  f(sin): sin\nat: 1\n", "JC306"),
        ("constants: {exp: 1}\nfunctions:\n  f(x): x\nat: 1\n", "JC306"),
        ("constants: {'1a': 1}\nfunctions:\n  f(x): x\nat: 1\n", "JC305"),
        ("constants: {and: 1}\nfunctions:\n  f(x): x\nat: 1\n", "JC305"),
    ],
)
def test_names_that_hide_or_are_none_are_refused(text, code):
    assert [problem[:5] for problem in problems(text)] == [code]


def test_a_name_of_let_goes_before_a_built_in_and_the_names_of_functions_are_free():
    loaded = pipeline("functions:\n  tanh(x): tanh(x)\n  g(tanh2):\n    let: {e: 2}\n    outputs: e*tanh2\n  h(g): g\nat: 1\n")
    assert value(loaded) == pytest.approx([2 * np.tanh(1)], rel=1e-15)
    assert [warning.code for warning in loaded.warnings] == ["JC391"]


def test_names_in_another_order_are_a_warning():
    text = "functions:\n  f(r, t): {x: r, y: t}\n  g(y, x): {x: x, y: y}\n  h(x, y): x\nat: [1, 2]\n"
    assert [(warning.code, warning.span.position) for warning in pipeline(text).warnings] == [("JC390", (3, 3))]


@pytest.mark.parametrize("name", ["f.json", "<stdin>", "pipeline"])
def test_json_is_the_same_model(name):
    text = json.dumps({"functions": {"f(x, y)": ["x*y", "x + y"]}, "at": {"x": 2, "y": "pi"}})
    assert value(pipeline(text, name)) == pytest.approx([2 * np.pi, 2 + np.pi], rel=1e-15)


def test_an_editor_may_find_the_schema():
    assert pipeline('{"$schema": "https://example.org/s.json", "functions": {"f(x)": "x"}, "at": 1}', "f.json").scalar


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("r=3", [3, 1, 2]),
        ("r=3,v=[5,6]", [3, 5, 6]),
        ("v=[5,6], r = 2*pi", [2 * np.pi, 5, 6]),
        ("7,8,9", [7, 8, 9]),
        ("7,[8,9]", [7, 8, 9]),
        ("max(1,2),c*2,-1", [2, 8, -1]),
    ],
)
def test_at_on_the_command_line_goes_before_the_file(at, expected):
    text = "constants: {c: 4}\nfunctions:\n  f(r, v[2]): r*v\nat: {r: 0, v: [1, 2]}\n"
    assert pipeline(text, at=at).at.tolist() == expected


@pytest.mark.parametrize(
    ("file", "at", "expected"),
    [
        ("{r: 0, v: [1, 2]}", "v[2]=7", [0, 1, 7]),
        ("{r: 0, v: [1, 2]}", "r=c, v[ 1 ]=c/2", [4, 2, 2]),
        ("{r: 0, v: [1, 2]}", "r[1]=5", [5, 1, 2]),
        ("[0, 1, 2]", "v[1]=8,v[2]=9", [0, 8, 9]),
        ("null", "v[2]=2,r=0,v[1]=1", [0, 1, 2]),
    ],
)
def test_single_components_go_before_those_of_the_point(file, at, expected):
    text = f"constants: {{c: 4}}\nfunctions:\n  f(r, v[2]): r*v\nat: {file}\n".replace("at: null\n", "")
    assert pipeline(text, at=at).at.tolist() == expected


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("v[3]=1", "JC321 1:1"),
        ("w[1]=1", "JC321 1:1"),
        ("v[1]=[1,2]", "JC322 1:6"),
        ("v[1]=1,v[1]=2", "JC010 1:8"),
        ("v[0]=1", "JC151 1:5"),
        ("v[1]=1,2", "JC010 1:8"),
        ("v[1]=zz", "JC252 1:6"),
    ],
)
def test_what_is_no_component_is_said_at_its_place(at, found):
    assert problems("functions:\n  f(r, v[2]): r*v\nat: {r: 0, v: [1, 2]}\n", at=at) == [found]


def test_components_that_are_not_all_there_make_no_vector():
    assert problems("functions:\n  f(v[2]): sum(v)\n", at="v[2]=1") == ["JC321 1:1"]
    assert problems("functions:\n  f(v[2]): sum(v)\n", at="v[1]=1") == ["JC322 1:6"]


def test_sizes_may_change_on_the_command_line_and_are_checked_again():
    text = "constants: {W: [[1, 2], [3, 4]]}\nfunctions:\n  f(v): W @ v\n  g(y): sum(y)\nat: [1, 2]\n"
    assert value(pipeline(text, at="1,1,1", sets=["W=[[1,2,3]]"])) == [6]
    found = outcome(lambda: pipeline(text, at="1,1,1"))[1]
    assert [(problem.code, str(problem.related[-1][0])) for problem in found] == [("JC201", "--at:1:1")]
    assert problems(text, sets=["W=[1, 2]"]) == []


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"at": "r=1,2"}, "JC010 1:5"),
        ({"at": ""}, "JC150 1:1"),
        ({"at": "r="}, "JC150 1:3"),
        ({"at": "r=1,,"}, "JC150 1:5"),
        ({"at": "q=1"}, "JC321 1:1"),
        ({"at": "r=[1,2]"}, "JC322 1:3"),
        ({"at": "1,2,3"}, "JC322 1:1"),
        ({"at": "r=zz"}, "JC252 1:3"),
        ({"at": "r=2x"}, "JC154 1:4"),
        ({"at": "r=010"}, "JC113 1:3"),
        ({"at": "r=nan"}, "JC114 1:3"),
        ({"at": "(1"}, "JC153 1:1"),
        ({"sets": ["c"]}, "JC010 1:1"),
        ({"sets": ["cc=1"]}, "JC011 1:1"),
        ({"sets": ["c="]}, "JC150 1:3"),
        ({"sets": ["c=[[1],[1,2]]"]}, "JC312 1:8"),
        ({"sets": ["1=2"]}, "JC305 1:1"),
    ],
)
def test_a_mistake_in_an_option_is_one_of_usage_at_its_place(options, found):
    text = "constants: {c: 4}\nfunctions:\n  f(r, s): r*s*c\nat: {r: 0, s: 1}\n"
    assert problems(text, **options) == [found]
    with pytest.raises(JacchainError) as raised:
        pipeline(text, **options)
    assert raised.value.exit_code == 2


def test_expressions_without_a_file():
    loaded = from_expressions(["f(x, y): [x*y, x + y]", "g(v): v @ v"], "2,3")
    assert (loaded.file, loaded.name) == ("-e", "f(x, y): [x*y, x + y]; g(v): v @ v")
    assert value(loaded) == [61]


@pytest.mark.parametrize(
    ("texts", "at", "place"),
    [
        (["x*y"], "1", "-e:1:1"),
        (["f(x) = x"], "1", "-e:1:1"),
        (["f(x):"], "1", "-e:1:6"),
        (["f(x): y"], "1", "-e:1:7"),
        (["f(x,): x"], "1", "-e:1:5"),
        (["f(x): x", "f(y): y"], "1", "-e:1:1"),
        (["f(x): x"], "y=1", "--at:1:1"),
        (["f(x): x"], None, "-e:1:1"),
        ([], "1", "-e:1:1"),
    ],
)
def test_a_mistake_in_an_expression_has_its_place(texts, at, place):
    (problem,) = outcome(lambda: from_expressions(texts, at))[1]
    assert str(problem.span) == place


def grown(first, copies, generations):
    """Definitions, each a stack of so many copies of the one before."""
    names = [first, *(f"a{generation}" for generation in range(1, generations))]
    return {name: f"[{', '.join([before] * copies)}]" for before, name in pairwise(names)}


@pytest.mark.parametrize(
    "file",
    [
        {"functions": {"f(v[100001])": "v"}},
        {"functions": {"f(v)": "v"}, "chain": ["f * 2001"]},
        {"functions": {"f(v)": "v"}, "chain": ["f * 99999999999999999999"]},
        {"functions": {"f(x, v[99999])": "[v, v]", "g(v)": "v"}},
        {"functions": {"f(x, y)": {"let": grown("x", 20, 12), "outputs": "a11[1]"}}},
        {"functions": {"f(x, v[9999])": "cumsum(v)[1]"}},
        {"constants": {"a0": 1, **grown("a0", 20, 12)}, "functions": {"f(x)": "x"}},
        {"constants": {"a0": 1, **grown("a0", 20, 5), "b": "cumsum(a4)"}, "functions": {"f(x)": "x"}},
    ],
    ids=["vector", "chain", "long chain", "outputs", "let", "cumsum", "constants", "cumsum of a constant"],
)
def test_nothing_is_built_beyond_the_limits(file):
    assert {"JC450", "JC451"} & {problem[:5] for problem in problems(json.dumps(file), "f.json")}


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.[yj]*")), ids=lambda path: path.name)
def test_every_sample_loads_without_a_warning(path):
    loaded = load(path.read_bytes(), path.name, folder=path.parent)
    assert loaded.warnings == ()
    assert np.isfinite(value(loaded)).all()


@pytest.mark.parametrize(
    ("options", "place", "message"),
    [
        ({"at": "x=1,y=2,x=3"}, "--at:1:9", "`x` is given twice"),
        ({"at": "x=(1,2),y=1"}, "--at:1:3", "a vector stands in square brackets"),
        ({"at": "x={1,2},y=1"}, "--at:1:3", "a vector stands in square brackets"),
        ({"sets": ["a=1", "a=2"]}, "--set:1:1", "`a` is set twice"),
        ({"sets": ["a=1,2"]}, "--set:1:1", "one value is set at a time"),
        ({"sets": ["a=(1, 2)"]}, "--set:1:3", "a vector stands in square brackets"),
    ],
)
def test_what_options_say_twice_or_in_other_brackets_is_refused_at_its_place(options, place, message):
    file = b"constants: {a: 1}\nfunctions:\n  f(x, y): a*x*y\nat: [1, 2]\n"
    with pytest.raises(JacchainError) as caught:
        load(file, "f.yaml", **options)
    problem = caught.value.problems[0]
    assert (problem.code, str(problem.span), problem.message) == ("JC010", place, message)
    assert caught.value.exit_code == 2


def test_a_function_has_a_bearable_number_of_names():
    lets = "".join(f"      t{i}: x\n" for i in range(2001))
    file = f"functions:\n  f(x):\n    let:\n{lets}    outputs: x\nat: 1\n"
    with pytest.raises(JacchainError, match="`let` has 2,001 names"):
        load(file.encode(), "f.yaml")


def test_a_file_that_is_named_without_its_key_is_recognised():
    with pytest.raises(JacchainError) as caught:
        load(b"constants:\n  W: w.csv\nfunctions:\n  f(x): x\nat: 1\n", "f.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.span.position, problem.help) == ("JC312", (2, 6), "write {file: w.csv}")
