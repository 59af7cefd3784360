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
    [("f(x): abs(x)", "0", 5), ("f(x): tanh(x)", "800", 0), ("f(x): x^3", "1e-200", 0)],
)
def test_the_exit_code_says_whether_anything_was_found_out(jacchain, expression, point, code):
    assert jacchain("check", "-e", expression, "--at", point).returncode == code
