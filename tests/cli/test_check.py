"""``jacchain check`` as a user starts it."""

import json

import pytest

SHEET = b"""
functions:
  lin(v[2]):
    outputs: W @ v
    jacobian: [[1, 3], [2, 5]]
  polar(r, t):
    outputs: {x: r*cos(t), y: r*sin(t)}
    jacobian:
      - [cos(t), -r*sin(t)]
      - [sin(t), -r*cos(t)]
constants:
  W: [[1, 2], [3, 5]]
at: [0.3, 0.4]
"""


def test_a_sheet_with_a_sign_error_and_a_transposed_matrix_gets_both_named_with_their_places(jacchain):
    done = jacchain("check", "-", stdin=SHEET)
    assert (done.returncode, done.stderr) == (1, b"")
    text = done.stdout.decode()
    assert "transposed: " in text
    assert "<stdin>:5:" in text
    assert "∂y/∂t has the wrong sign" in text
    assert "<stdin>:10:" in text


def test_the_corrected_sheet_passes(jacchain):
    sheet = SHEET.replace(b"[[1, 3], [2, 5]]", b"[[1, 2], [3, 5]]").replace(b"-r*cos(t)", b"r*cos(t)")
    done = jacchain("check", "-", "--json", stdin=sheet)
    assert done.returncode == 0
    assert json.loads(done.stdout)["check"]["verdict"] == "agree"


def test_text_and_json_tell_the_same(jacchain):
    found = json.loads(jacchain("check", "-", "--json", stdin=SHEET).stdout)["check"]
    assert found["verdict"] == "disagree"
    kinds = [diagnosis["kind"] for stage in found["stages"] for diagnosis in stage["diagnoses"]]
    assert kinds == ["transposed", "sign"]
    worst = found["stages"][3]["entries"][0]
    assert (worst["output"], worst["input"], worst["verdict"]) == ("y", "t", "disagree")
    assert worst["difference"] == pytest.approx(-worst["value"])
    assert found["total"]["verdict"] == "agree"


@pytest.mark.parametrize(
    ("expression", "point", "code"),
    [("f(x): abs(x)", "0", 0), ("f(x): (1 - cos(x))/x^2", "1e-8", 5), ("f(x): tanh(x)", "800", 0), ("f(x): x^3", "1e-200", 0)],
)
def test_the_exit_code_says_whether_anything_was_found_out(jacchain, expression, point, code):
    assert jacchain("check", "-e", expression, "--at", point).returncode == code


SQUASHED = """
functions:
  polar(r, t):
    outputs: {x: r*cos(t), y: r*sin(t)}
    jacobian: [[cos(t), -r*sin(t)], [sin(t), r*cos(t)]]
  squash(u, v):
    outputs: [sigmoid(u), tanh(v)]
    jacobian: [[sigmoid(u)*sigmoid(-u), 0], [0, 1 - tanh(v)^2]]
at: [2, 0.5]
"""


@pytest.mark.parametrize("at", ["2,0.5", "900,0.7", "-50,3", "1e-200,1e-200", "1e-9,2", "1e8,0.3", "1e150,1", "3,1e6"])
def test_a_right_sheet_passes_wherever_it_is_looked_at(jacchain, at):
    done = jacchain("check", "-", "--at=" + at, stdin=SQUASHED.encode())
    assert (done.returncode, done.stderr) == (0, b""), done.stdout.decode()


@pytest.mark.parametrize(
    ("expression", "at", "says"),
    [
        ("f(x): x + sin(x)", "1e18", "differences yield no number for ∂f/∂x: at x = 1e+18"),
        ("f(x): (1 - cos(x))/x^2", "1e-8", "differences are not to be trusted here"),
    ],
)
def test_where_nobody_could_tell_it_says_so_and_leaves_with_five(jacchain, expression, at, says):
    done = jacchain("check", "-e", expression, "--at", at, "--width", "100")
    assert done.returncode == 5
    assert says in done.stdout.decode()
    assert "verdict  inconclusive" in done.stdout.decode()


def test_a_slip_in_a_repeated_function_is_told_once(jacchain):
    sheet = """
functions:
  step(x, y):
    outputs: {x: x - 0.3*y, y: x*y}
    jacobian: [[1, 0.3], [y, x]]
chain: [step * 7]
at: [0.3, 0.2]
"""
    text = jacchain("check", "-", stdin=sheet.encode()).stdout.decode()
    assert text.count("has the wrong sign") == 1
    assert "the same holds for step#2, step#3, step#4, step#5 and 2 more" in text


def test_two_numbers_that_disagree_never_look_the_same(jacchain):
    sheet = "functions:\n  f(x):\n    outputs: {u: x^2}\n    jacobian: [['2*x + 1e-7']]\nat: [1e6]\n"
    text = jacchain("check", "-", stdin=sheet.encode()).stdout.decode()
    assert "∂u/∂x  2.0000000000001e+6 " in text
    assert "∂u/∂x is off by 9.99e-08" in text


def test_a_single_function_is_judged_once(jacchain):
    text = jacchain("check", "-e", "f(x, y): [x^2*y, sin(x)]", "--at", "1,2").stdout.decode()
    assert "whole chain" not in text.partition("witnesses")[0]
    assert "verdict  agree   all 3 entries" in text
    chain = jacchain("check", "-e", "f(x, y): [x^2*y, sin(x)]", "-e", "g(a, b): a*b", "--at", "1,2").stdout.decode()
    assert "whole chain" in chain.partition("witnesses")[0]
    assert "all 7 entries" in chain
