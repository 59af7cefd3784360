"""The check: a student's slips get their names and places, a right sheet raises no alarm, a broken rule of ours cannot hide."""

import json
import re
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from jacchain.check import check, curve
from jacchain.errors import JacchainError
from jacchain.expression.graph import CONDITIONS, GATHER, MATRIX, STACK, WHERE
from jacchain.expression.table import FUNCTIONS, ROWS
from jacchain.frozen import replace
from jacchain.jacobian import analytic
from jacchain.linear.map import LinearMap
from jacchain.pipeline import from_expressions, load
from jacchain.report.documents.check import check_document
from jacchain.report.documents.curve import curve_document
from jacchain.report.layout.lines import plain
from jacchain.report.look import Look
from jacchain.run import Request, run

SHEET = """
functions:
  polar(r, theta):
    outputs: {x: r*cos(theta), y: r*sin(theta)}
    jacobian:
      - [cos(theta), r*sin(theta)]
      - [sin(theta), r*cos(theta)]
  mix(v[2]):
    outputs: W @ v
    jacobian:
      - [1.5, -2]
      - [-0.25, 3]
  L(u, v): u^2 + v^2
constants: {W: [[1.5, -0.25], [-2, 3]]}
at: {r: 2, theta: pi/6}
"""


def checked(text, at=None):
    pipeline = load(text.encode(), "sheet.yaml", at=at)
    return check(pipeline, run(pipeline, Request()))


def sheet(parameters, outputs, jacobian, at, more=""):
    lines = ["functions:", f"  f({parameters}):", "    outputs:"]
    lines += [f"      {name}: '{formula}'" for name, formula in outputs.items()]
    lines += ["    jacobian:"] + ["      - [" + ", ".join(f"'{entry}'" for entry in row) + "]" for row in jacobian]
    return "\n".join([*lines, f"at: [{at}]", more])


@pytest.mark.parametrize(
    ("output", "wrong", "at"),
    [
        ("sigmoid(x)", "3*sigmoid(x)*(1 - sigmoid(x))", 30),
        ("1 - exp(-x)", "-exp(-x)", 29),
        ("1 + 1e-13*x", "-1e-13", 1),
        ("cos(x)", "sin(x)", 1e-13),
    ],
)
def test_a_wrong_entry_is_wrong_however_little_it_moves_the_output(output, wrong, at):
    assert checked(sheet("x", {"u": output}, [[wrong]], at)).exit_code == 1


@pytest.mark.parametrize(
    ("text", "at"), [("f(x, y): exp(x) - exp(y)", "1e-8,2e-8"), ("f(v[3]): mean((v - mean(v))^2)", "0.1,0.1,0.1")]
)
def test_a_witness_that_cannot_tell_takes_nothing_from_entries_that_agree(text, at):
    pipeline = from_expressions([text], at=at)
    report = check(pipeline, run(pipeline, Request()))
    assert "inconclusive" in {witness.judgement for witness in report.witnesses}
    assert report.judgement == "agree"
    alone = replace(report, total=None)
    assert alone.judgement == "inconclusive"


def test_a_sign_error_and_a_transposed_matrix_are_both_named_with_their_places():
    report = checked(SHEET)
    assert report.exit_code == 1
    polar, mix = (stage for stage in report.stages if stage.judged == "author")
    (sign,) = polar.diagnoses
    assert (sign.kind, sign.entries, str(sign.span)) == ("sign", ((0, 1),), "sheet.yaml:6:22")
    assert sign.where == "cos(theta)"
    assert str(sign.where_span) == "sheet.yaml:4:20"
    (transposed,) = mix.diagnoses
    assert (transposed.kind, str(transposed.span)) == ("transposed", "sheet.yaml:11:10")


def test_the_rest_of_that_sheet_is_right_and_so_is_the_chain():
    report = checked(SHEET)
    assert {stage.verdict.judgement for stage in report.stages if stage.judged == "analytic"} == {"agree"}
    assert report.total.judgement == "agree"
    assert {witness.name: witness.judgement for witness in report.witnesses} == {
        "taylor": "agree",
        "complex step": "agree",
        "transpose": "agree",
    }
    assert report.witnesses[0].value == pytest.approx(2, abs=0.01)


XY = {"p": "x^2*y", "q": "sin(x) + exp(y)"}
RIGHT = [["2*x*y", "x^2"], ["cos(x)", "exp(y)"]]

# fmt: off
SLIPS = [
    # what was written down, as a change of the right matrix                       the diagnosis, the sub-expression it names
    ("sign",              XY, RIGHT, {(1, 0): "-cos(x)"},                           "sign",             "sin(x)"),
    ("doubled",           XY, RIGHT, {(1, 1): "2*exp(y)"},                          "factor 2",         "exp(y)"),
    ("halved",            XY, RIGHT, {(1, 1): "exp(y)/2"},                          "factor 1/2",       "exp(y)"),
    ("transposed",        XY, RIGHT, {(0, 1): "cos(x)", (1, 0): "x^2"},             "transposed",       ""),
    ("rows",              XY, RIGHT, {(0, 0): "cos(x)", (0, 1): "exp(y)", (1, 0): "2*x*y", (1, 1): "x^2"}, "rows exchanged", ""),
    ("columns",           XY, RIGHT, {(0, 0): "x^2", (0, 1): "2*x*y", (1, 0): "exp(y)", (1, 1): "cos(x)"}, "columns exchanged", ""),
    ("zero column",       XY, RIGHT, {(0, 1): "0", (1, 1): "0"},                    "zero column",      ""),
    ("zero row",          XY, RIGHT, {(1, 0): "0", (1, 1): "0"},                    "zero row",         ""),
    ("zero entry",        XY, RIGHT, {(0, 1): "0"},                                 "zero entry",       ""),
    ("not derived",       XY, RIGHT, {(1, 0): "sin(x)"},                            "not derived",      "sin(x)"),
    ("exponent kept",     XY, RIGHT, {(0, 0): "2*x^2*y"},                           "exponent",         "x^2"),
    ("exponent lost",     XY, RIGHT, {(0, 0): "y"},                                 "missing factor",   "x^2"),
    ("degrees",           XY, RIGHT, {(1, 0): "cos(x)*180/pi"},                     "degrees",          "sin(x)"),
    ("radians",           XY, RIGHT, {(1, 0): "cos(x)*pi/180"},                     "degrees",          "sin(x)"),
    ("chain",             {"p": "sin(3*x + y)"}, [["3*cos(3*x + y)", "cos(3*x + y)"]], {(0, 0): "cos(3*x + y)"}, "missing factor", "3*x"),
    ("chain inside",      {"p": "exp(x^2*y)"}, [["2*x*y*exp(x^2*y)", "x^2*exp(x^2*y)"]], {(0, 0): "exp(x^2*y)*y"}, "missing factor", "x^2"),
    ("inner one",         {"p": "exp(-x^2)*y"}, [["-2*x*exp(-x^2)*y", "exp(-x^2)"]], {(0, 0): "exp(-x^2)*y"}, "missing factor", "-x^2"),
    ("inner root",        {"p": "sqrt(9 - x^2) + y"}, [["-x/sqrt(9 - x^2)", "1"]],  {(0, 0): "1/(2*sqrt(9 - x^2))"}, "missing factor", "9 - x^2"),
    ("inner product",     {"p": "cos(2*x*y)"}, [["-2*y*sin(2*x*y)", "-2*x*sin(2*x*y)"]], {(0, 0): "-sin(2*x*y)", (0, 1): "-sin(2*x*y)"}, "missing factor", "2*x*y"),
    ("chain twice",       {"p": "sin(3*x)*y"}, [["3*cos(3*x)*y", "sin(3*x)"]], {(0, 0): "9*cos(3*x)*y"},   "factor twice",   "3*x"),
    ("product rule",      {"p": "sin(x)*exp(x) + y"}, [["cos(x)*exp(x) + sin(x)*exp(x)", "1"]], {(0, 0): "cos(x)*exp(x)"}, "missing term", "exp(x)"),
    ("quotient rule",     {"p": "sin(x)/x + y"}, [["cos(x)/x - sin(x)/x^2", "1"]],  {(0, 0): "cos(x)/x + sin(x)/x^2"}, "sign", "sin(x)/x^2"),
    ("logarithm",         {"p": "log10(x)*y"}, [["y/(x*log(10))", "log10(x)"]],     {(0, 0): "y/x"},        "logarithm",        "log10(x)"),
    ("of a term",         {"p": "x^3 - y*x"}, [["3*x^2 - y", "-x"]],                {(0, 0): "3*x^2 + y"},  "sign",             "y*x"),
    ("power rule",        {"p": "x^4*y"}, [["4*x^3*y", "x^4"]],                     {(0, 0): "x^3*y"},  "exponent",         "x^4"),
    ("square forgotten",  {"p": "sin(x)/x + y"}, [["(x*cos(x) - sin(x))/x^2", "1"]], {(0, 0): "(x*cos(x) - sin(x))/x"}, "factor", ""),
    ("factor forgotten",  {"p": "(x*y)^2*exp(x + y)"}, [["(2*x*y^2 + (x*y)^2)*exp(x + y)", "(2*x^2*y + (x*y)^2)*exp(x + y)"]],
     {(0, 0): "2*x*y^2 + (x*y)^2"},                                                 "factor",           ""),
    ("other input",       XY, RIGHT, {(1, 1): "exp(x)"},                            "other input",      ""),
    ("power rule of 2^x", {"p": "2^x*y"}, [["y*log(2)*2^x", "2^x"]],                {(0, 0): "y*x*2^(x - 1)"}, "power rule",    "2^x"),
    ("power rule of e^x", {"p": "exp(3*x) + y"}, [["3*exp(3*x)", "1"]],             {(0, 0): "9*x*exp(3*x - 1)"}, "power rule", "exp(3*x)"),
    ("base forgotten",    {"p": "3^(x*y)"}, [["y*log(3)*3^(x*y)", "x*log(3)*3^(x*y)"]], {(0, 0): "y*3^(x*y)"}, "logarithm",    "3^(x*y)"),
    ("square of quotient", {"p": "y/(1 + x^2)"}, [["-2*x*y/(1 + x^2)^2", "1/(1 + x^2)"]], {(0, 0): "-2*x*y/(1 + x^2)"}, "quotient", "y/(1 + x^2)"),
    ("entries of a row",  XY, RIGHT, {(0, 0): "x^2", (0, 1): "2*x*y"},              "entries exchanged", ""),
    ("branch of where",   {"p": "where(x > 0.1, x^2*y, exp(x)*y)"}, [["2*x*y", "x^2"]], {(0, 0): "exp(x)*y"}, "other branch", "where(x > 0.1, x^2*y, exp(x)*y)"),
    ("branch of max",     {"p": "y*max(x^2, y - 9)"}, [["2*x*y", "x^2"]],           {(0, 0): "0", (0, 1): "2*y - 9"}, "other branch", "max(x^2, y - 9)"),
    ("branch of relu",    {"p": "relu(-x)*y + x"}, [["1", "0"]],                    {(0, 0): "1 - y"},      "other branch",     "relu(-x)"),
    ("inverse",           {"p": "x*cos(y)", "q": "x*sin(y)"}, [["cos(y)", "-x*sin(y)"], ["sin(y)", "x*cos(y)"]],
     {(0, 1): "sin(y)", (1, 0): "-sin(y)/x", (1, 1): "cos(y)/x"},                   "inverse matrix",   ""),
    ("cosine for sine",   {"p": "x*sin(y)"}, [["sin(y)", "x*cos(y)"]],              {(0, 0): "cos(y)"},     "wrong function",   "cos(y)"),
    ("in a derivative",   {"p": "x*sin(y)"}, [["sin(y)", "x*cos(y)"]],              {(0, 1): "x*cosh(y)"},  "wrong function",   "cosh(y)"),
    ("logarithm for exp", {"p": "y*exp(x)"}, [["y*exp(x)", "exp(x)"]],              {(0, 1): "log(x)"},     "wrong function",   "log(x)"),
    ("its derivative",    {"p": "y*tanh(x)"}, [["y*(1 - tanh(x)^2)", "tanh(x)"]],   {(0, 1): "1 - tanh(x)^2"}, "wrong function", "1 - tanh(x)^2"),
    ("of a sigmoid",      {"p": "y*sigmoid(x) + x"}, [["y*sigmoid(x)*(1 - sigmoid(x)) + 1", "sigmoid(x)"]],
     {(0, 1): "sigmoid(x)*(1 - sigmoid(x))"},                                       "wrong function",   "sigmoid(x)*(1 - sigmoid(x))"),
    ("nothing known",     XY, RIGHT, {(0, 0): "2*x*y + 0.0001"},                    "unknown",          ""),
]
# fmt: on


@pytest.mark.parametrize(
    ("outputs", "right", "changes", "kind", "where"), [case[1:] for case in SLIPS], ids=[case[0] for case in SLIPS]
)
@pytest.mark.parametrize("at", ["1.3, 0.7", "0.4, -2.1"])
def test_every_slip_gets_its_name(  # noqa: PLR0917 - a row of the table
    outputs, right, changes, kind, where, at
):
    wrong = [[changes.get((i, j), entry) for j, entry in enumerate(row)] for i, row in enumerate(right)]
    report = checked(sheet("x, y", outputs, wrong, at))
    assert report.exit_code == 1
    (author,) = (stage for stage in report.stages if stage.judged == "author")
    first = author.diagnoses[0]
    assert (first.kind, first.where) == (kind, where)
    explained = {entry for diagnosis in author.diagnoses for entry in diagnosis.entries}
    assert explained == {(e.row, e.column) for e in author.verdict.entries() if e.judgement == "disagree"}
    assert first.span is not None


def test_a_part_of_the_function_that_should_not_be_a_factor_is_named():
    report = checked(sheet("v[3]", {"n": "norm(v)"}, [["v[1]", "v[2]", "v[3]"]], "1, 2, 0.5"))
    (author,) = (stage for stage in report.stages if stage.judged == "author")
    assert [diagnosis.kind for diagnosis in author.diagnoses] == ["factor"] * 3
    assert "∂n/∂v[1] has the factor `norm(v)`" in author.diagnoses[0].message


@pytest.mark.parametrize(
    ("parameters", "outputs", "wrong", "at"),
    [
        ("v[3]", {"n": "norm(v)"}, [["2*v[1]", "2*v[2]", "2*v[3]"]], "1, 2, 0.5"),
        ("x, y", {"n": "x^3*y"}, [["3*x^2*y", "x^2 + x - 2"]], "2, 3"),
        ("x", {"s": "sigmoid(x)"}, [["1 - sigmoid(x)^2"]], "0.4"),
    ],
)
def test_a_number_that_is_right_for_a_slip_by_chance_gets_no_wrong_name(parameters, outputs, wrong, at):
    (author,) = (s for s in checked(sheet(parameters, outputs, wrong, at)).stages if s.judged == "author")
    assert {diagnosis.kind for diagnosis in author.diagnoses} == {"unknown"}


def test_a_wrong_function_is_named_with_the_right_one_and_its_place():
    report = checked(sheet("x, y", {"p": "x*sin(y) + y"}, [["cos(y)", "1 + x*cos(y)"]], "1.3, 0.7"))
    (mistake,) = report.stages[1].diagnoses
    assert mistake.message == "`cos(y)` in ∂p/∂x should be `sin(y)`"
    assert mistake.span.source.text[mistake.span.start : mistake.span.end] == "cos(y)"


def test_rows_that_went_round_are_one_mistake():
    outputs = {"a": "x*y", "b": "y*z", "c": "z*x"}
    wrong = [["0", "z", "y"], ["z", "0", "x"], ["y", "x", "0"]]
    (author,) = (s for s in checked(sheet("x, y, z", outputs, wrong, "1.3, 0.7, 2.2")).stages if s.judged == "author")
    assert [diagnosis.kind for diagnosis in author.diagnoses] == ["rows exchanged"]
    assert "`a`, `b`, `c`" in author.diagnoses[0].message


def test_two_slips_in_one_matrix_get_two_diagnoses():
    wrong = [["2*x*y", "-x^2"], ["cos(x)", "2*exp(y)"]]
    (author,) = (s for s in checked(sheet("x, y", XY, wrong, "1.3, 0.7")).stages if s.judged == "author")
    assert {diagnosis.kind: diagnosis.entries for diagnosis in author.diagnoses} == {"sign": ((0, 1),), "factor 2": ((1, 1),)}


def test_a_transposed_matrix_with_a_sign_error_gets_both():
    wrong = [["2*x*y", "cos(x)"], ["-x^2", "exp(y)"]]
    (author,) = (s for s in checked(sheet("x, y", XY, wrong, "1.3, 0.7")).stages if s.judged == "author")
    assert [diagnosis.kind for diagnosis in author.diagnoses] == ["transposed", "sign"]
    sign = author.diagnoses[1]
    assert sign.entries == ((0, 1),)
    assert sign.span.source.text[sign.span.start : sign.span.end] == "-x^2"


def test_a_transposed_constant_inside_is_named():
    jacobian = [
        ["(1 - tanh(W[1,:] @ v)^2)*W[1,1]", "(1 - tanh(W[1,:] @ v)^2)*W[2,1]"],
        ["(1 - tanh(W[2,:] @ v)^2)*W[1,2]", "(1 - tanh(W[2,:] @ v)^2)*W[2,2]"],
    ]
    more = "constants: {W: [[0.5, -0.25], [-0.7, 0.3]]}"
    (author,) = (
        s for s in checked(sheet("v[2]", {"h": "tanh(W @ v)"}, jacobian, "0.4, -0.9", more)).stages if s.judged == "author"
    )
    assert [(diagnosis.kind, diagnosis.where) for diagnosis in author.diagnoses] == [("transposed", "W")]


RIGHT_SHEETS = [
    ("x", {"y": "sigmoid(x)"}, [["sigmoid(x)*(1 - sigmoid(x))"]], ["0.3", "36", "-36", "100", "800", "-800", "1e-200"]),
    ("x", {"y": "tanh(x)"}, [["1 - tanh(x)^2"]], ["0.3", "18", "20", "400", "-800", "1e-300"]),
    ("x", {"y": "log(x)"}, [["1/x"]], ["1e-300", "1e-5", "1", "1e300"]),
    ("x", {"y": "x^2", "z": "1/x"}, [["2*x"], ["-1/x^2"]], ["1e-100", "3", "1e100"]),
    (
        "x, y",
        {"p": "exp(x - y)", "q": "x*y"},
        [["exp(x - y)", "-exp(x - y)"], ["y", "x"]],
        ["800, 799", "-300, 300", "1e-200, 1e-200"],
    ),
    ("v[3]", {"p": "softmax(v)"}, None, ["800, -800, 799.5", "1e-200, 0, 1", "1e5, 1e5, 3"]),
    ("x, y", {"n": "sqrt(x^2 + y^2)"}, [["x/sqrt(x^2 + y^2)", "y/sqrt(x^2 + y^2)"]], ["3, 4", "1e-100, 1e-100", "1e150, 1e149"]),
    ("x", {"y": "sin(1000*x)*exp(-x)"}, [["(1000*cos(1000*x) - sin(1000*x))*exp(-x)"]], ["0.3", "40", "-7"]),
]


@pytest.mark.parametrize(
    ("case", "at"),
    [(case, at) for case in RIGHT_SHEETS for at in case[3]],
    ids=[f"{next(iter(c[1].values()))} at {at}" for c in RIGHT_SHEETS for at in c[3]],
)
def test_a_right_sheet_passes_at_saturated_tiny_and_huge_points(case, at):
    parameters, outputs, jacobian, _ = case
    text = sheet(parameters, outputs, jacobian, at) if jacobian else f"functions:\n  f({parameters}): {outputs['p']}\nat: [{at}]"
    report = checked(text)
    assert [stage.diagnoses for stage in report.stages if stage.diagnoses] == []
    assert report.exit_code == 0


SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.[yj]*")), ids=lambda path: path.name)
def test_a_machine_with_doubles_only_passes_every_sample_too(monkeypatch, path):
    monkeypatch.setattr(analytic, "LONGER", False)
    pipeline = load(path.read_bytes(), path.name, folder=SAMPLES)
    report = check(pipeline, run(pipeline, Request(check=False)))
    assert report.remarks[0] == "evaluated in double"
    assert report.exit_code == 0


@pytest.mark.parametrize(("formula", "at"), [("exp(x)/(exp(x) + exp(-x))", "800"), ("exp(v)/sum(exp(v))", "800, 1, -800")])
def test_values_that_overflow_in_doubles_are_refused_not_judged(monkeypatch, formula, at):
    monkeypatch.setattr(analytic, "LONGER", False)
    pipeline = from_expressions([f"f({'v[3]' if 'v' in formula else 'x'}): {formula}"], at)
    with pytest.raises(JacchainError) as error:
        check(pipeline, run(pipeline, Request(check=False)))
    assert error.value.problems[0].code.startswith("JC40")


@pytest.mark.parametrize("at", ["-1e9", "1e9", "3e7", "1e12"])
@pytest.mark.parametrize(
    "formula", ["sin(x) + x^2", "x^2 - cos(3*x)", "x^3 + tanh(x - AT)", "x + sin(x)", "x*10^8 + floor(x + 0.5)"]
)
def test_what_is_lost_in_the_rounding_of_long_steps_raises_no_alarm(formula, at):
    pipeline = from_expressions([f"f(x): {formula.replace('AT', at)}"], at)
    report = check(pipeline, run(pipeline, Request()))
    assert report.exit_code in {0, 5}
    assert report.judgement != "disagree"


def test_what_is_too_large_for_every_input_is_judged_along_a_direction():
    pipeline = load(
        json.dumps({"functions": {"f(v)": "softmax(v)", "g(p)": "3*p"}, "at": [k / 97 for k in range(400)]}).encode(), "x.json"
    )
    report = run(pipeline, Request(check=False))
    found = check(pipeline, report)
    assert found.exit_code == 0
    assert [(stage.name, stage.verdict.inputs == ("direction",)) for stage in found.stages] == [("f", True), ("g", False)]
    assert "`f` is too large" in found.remarks[-1]
    softmax = report.stages[0]
    linear = softmax.jacobian.linear
    wrong = LinearMap(linear.pattern, linear.values * np.where(np.arange(linear.pattern.count) == 1234, 1.001, 1))
    stages = (replace(softmax, jacobian=replace(softmax.jacobian, linear=wrong)), report.stages[1])
    found = check(pipeline, replace(report, stages=stages))
    assert found.exit_code == 1
    assert "the Jacobian of `f[4]`" in found.stages[0].diagnoses[0].message


def test_copies_of_a_stage_are_judged_one_by_one():
    pipeline = load(b"functions: {'step(x, y)': ['x + y/9', 'y - sin(x)/9']}\nchain: [step * 40]\nat: [1, 0.5]", "x.yaml")
    report = run(pipeline, Request(check=False))
    assert check(pipeline, report).exit_code == 0
    eighth = report.stages[7]
    wrong = eighth.jacobian.linear.dense[0] * [[1, 1], [1, 1 + 1e-12]]
    stages = (
        *report.stages[:7],
        replace(eighth, jacobian=replace(eighth.jacobian, linear=LinearMap.full(wrong))),
        *report.stages[8:],
    )
    found = check(pipeline, replace(report, stages=stages))
    assert [stage.name for stage in found.stages if stage.verdict.judgement == "disagree"] == ["step#8"]


@pytest.mark.parametrize(
    ("formula", "at", "kind"),
    [("10^30 + x^2", "1", "untrustworthy"), ("(1 - cos(x))/x^2", "1e-8", "untrustworthy")],
)
def test_where_nobody_could_tell_it_says_so(formula, at, kind):
    pipeline = from_expressions([f"f(x): {formula}"], at)
    report = check(pipeline, run(pipeline, Request()))
    assert report.exit_code == 5
    assert report.stages[0].diagnoses[0].kind == kind


@pytest.mark.parametrize(
    ("formula", "at"),
    [
        ("sin(x)", "1e22"),
        ("sec(x)", "1e100"),
        ("csc(x)", "1e100"),
        ("cot(x)", "1e100"),
        ("sin(sin(x))^3", "1e63"),
        ("floor(x)", "1e22"),
    ],
)
def test_where_an_argument_is_rounded_by_whole_periods_differences_yield_nothing_and_it_says_why(formula, at):
    pipeline = from_expressions([f"f(x): {formula}"], at)
    report = check(pipeline, run(pipeline, Request()))
    assert report.exit_code == 5
    (said,) = report.stages[0].diagnoses
    assert said.message.startswith("differences yield no number for ∂f/∂x: at x = ")
    assert said.message.endswith("rounding alone moves an argument by more than a period")
    page = plain(check_document(report, Look()), Look())
    assert "nan" not in page
    assert re.search(r"∂f/∂x +\S+ +\S+ +none +- +inconclusive \(no difference\) +- +-", page)


@pytest.mark.parametrize("at", ["1e22", "1e17"])
def test_a_curve_of_what_is_rounded_by_whole_periods_has_no_adaptive_number(at):
    found = curve(from_expressions(["f(x): sin(x)"], at))
    page = plain(curve_document(found, Look()), Look())
    assert "adaptive  no number" in page
    assert found.remarks == (
        f"differences yield no number: at x = {float(at):.6g} rounding alone moves an argument by more than a period",
    )
    assert "nan" not in page


KINKS = [
    ("x", ["abs(x)"], "0"),
    ("x", ["relu(x)", "x^2", "sin(x)"], "0"),
    ("x, y", ["max(x, y)"], "2,2"),
    ("x, y", ["min(x, y)^2"], "2,2"),
    ("x", ["where(x >= 2, x^2, 4)"], "2"),
    ("v[2]", ["norm(v)"], "0,0"),
    ("x", ["clip(x, 0, 1)"], "1"),
    ("v[3]", ["max(v)"], "1,1,1"),
    ("x, y", ["abs(x + y) - abs(x - y) + x"], "0,0"),
    ("x", ["abs(x)*1e-30"], "0"),
    ("x", ["1e20*relu(x - 1)"], "1"),
    ("x, y", ["hypot(y, softsign(x)) + sqrt(x)^2"], "0,0"),
    ("x, y", ["abs(x*y)"], "0,3"),
    ("x", ["exp(abs(x))"], "0"),
    ("x", ["sqrt(x^2)"], "0"),
    ("v[40]", ["relu(v)"], ",".join("0" * 40)),
]


@pytest.mark.parametrize(("parameters", "outputs", "at"), KINKS)
def test_a_kink_whose_slopes_differences_find_agrees_by_convention_and_is_explained(parameters, outputs, at):
    pipeline = from_expressions([f"f({parameters}): [{', '.join(outputs)}]"], at)
    report = check(pipeline, run(pipeline, Request()))
    assert (report.judgement, report.exit_code) == ("agree", 0)
    (kink,) = report.stages[0].diagnoses
    assert kink.kind == "kink"
    assert "no derivative is there" in kink.message
    assert "used by convention" in kink.message


@pytest.mark.parametrize(
    ("entry", "expected"), [("sign(x)", "agree"), ("where(x >= 0, 1, -1)", "inconclusive"), ("2 + x", "disagree")]
)
def test_the_author_is_right_at_a_kink_by_convention_and_wrong_outside_of_the_slopes(entry, expected):
    report = checked(sheet("x", {"f": "abs(x)"}, [[entry]], 0))
    ours, theirs = report.stages
    assert (ours.verdict.judgement, theirs.verdict.judgement) == ("agree", expected)
    assert [diagnosis.kind for diagnosis in theirs.diagnoses] == ["kink"]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=2, max_size=4, unique=True))
def test_a_maximum_of_planes_agrees_at_the_point_where_they_meet(planes):
    pipeline = from_expressions([f"f(x, y): max({', '.join(f'{a}*x + {b}*y' for a, b in planes)})"], "0,0")
    assert check(pipeline, run(pipeline, Request())).judgement == "agree"


@settings(max_examples=60)
@given(st.integers(-5, 5), st.integers(-5, 5))
def test_kinks_in_two_stages_agree_unless_their_product_is_no_slope_of_the_chain(a, b):
    """The chain has the slope b on the left and a on the right; the product of what is used at both kinks is zero."""
    pipeline = from_expressions(["f(x): [relu(x), relu(-x)]", f"g(p, q): {a}*p - ({b})*q"], "0")
    report = check(pipeline, run(pipeline, Request()))
    assert [stage.verdict.judgement for stage in report.stages] == ["agree", "agree"]
    assert report.total.judgement == ("agree" if min(a, b) <= 0 <= max(a, b) else "disagree")
    assert report.exit_code == (0 if min(a, b) <= 0 <= max(a, b) else 1)
    assert all(diagnosis.kind == "kink" for diagnosis in report.diagnoses)
    assert report.diagnoses or a == b == 0


def test_what_depends_on_nothing_whichever_way_it_is_chosen_is_a_right_zero():
    pipeline = from_expressions(["f(x): where(x < 0, 0*x, 0*x)"], "1")
    report = check(pipeline, run(pipeline, Request()))
    assert (report.judgement, run(pipeline, Request()).jacobian.dense.tolist()) == ("agree", [[[0]]])


@pytest.mark.parametrize(
    ("functions", "at"),
    [
        (["f(x, y): [x, min(y + 0.5, sign(x))]", "g(x, y): min(y - 0.5, y)^2"], "0.5,0"),
        (["f(x, y): [y - relu(y*y), y]", "g(x, y): (max(x, 2)*(2 + x))^2"], "0.5,-1"),
    ],
)
def test_the_square_of_what_cancels_to_zero_raises_no_alarm(functions, at):
    pipeline = from_expressions(functions, at)
    assert check(pipeline, run(pipeline, Request())).judgement == "agree"


def test_a_kink_whose_slopes_differences_cannot_find_is_still_explained():
    pipeline = from_expressions(["f(x): sqrt(1 - cos(x))"], "0")
    report = check(pipeline, run(pipeline, Request()))
    (kink,) = report.stages[0].diagnoses
    assert (report.exit_code, kink.kind) == (5, "kink")
    assert "-0.707107 from the left and 0.707107 from the right" in kink.message
    assert "differences find no slopes here" in kink.message


def test_slopes_that_differences_do_not_find_are_wrong():
    pipeline = from_expressions(["f(x): abs(x)"], "0")
    report = run(pipeline, Request())
    (stage,) = report.stages
    (kink,) = stage.jacobian.settled.kinks
    settled = replace(stage.jacobian.settled, kinks=(replace(kink, right=3.0, clarke=(-1.0, 3.0)),))
    wrong = replace(stage, jacobian=replace(stage.jacobian, settled=settled))
    found = check(pipeline, replace(report, stages=(wrong,)))
    assert found.exit_code == 1
    assert "differences find other slopes" in found.stages[0].diagnoses[0].message


def test_what_has_no_witness_is_said():
    pipeline = from_expressions(["f(x): abs(x)"], "0")
    report = check(pipeline, run(pipeline, Request()))
    assert [witness.name for witness in report.witnesses] == ["transpose"]
    assert any(remark.startswith("no complex step: `f` has no complex form") for remark in report.remarks)
    assert any(remark.startswith("no Taylor remainder") for remark in report.remarks)


# fmt: off
CALLS = {
    "+": "a + b", "-": "a - b", "neg": "-a", "*": "a*b", "/": "a/b", "^": "x^p", "^n": "x^3", "max of": "max(v)", "min of": "min(v)",
    "layernorm epsilon": "layernorm(v, epsilon)", "max": "max(a, b)", "min": "min(a, b)",
}
# fmt: on
BREAKABLE = [(name, position) for name, row in ROWS.items() if row.rule for position in range(max(1, min(row.arity, 2)))]
BREAKABLE = [case for case in BREAKABLE if case != ("^n", 1)]


MADE_OF = {*CONDITIONS, GATHER, STACK, MATRIX, WHERE}


def formula_of(name, row):
    """A call of an operation with its own parameters."""
    return CALLS.get(name, f"{name}({', '.join(parameters_of(row))})")


def parameters_of(row):
    return row.parameters.removesuffix(", ...").split(", ")[: len(row.at)]


def pipeline_of(name, row):
    """An operation alone, at its test point."""
    parameters, point = parameters_of(row), [float(number) for value in row.at for number in np.atleast_1d(value)]
    if name == "^n":
        parameters, point = ["x"], point[:1]
    shapes = [f"{p}[{len(value)}]" if isinstance(value, list) else p for p, value in zip(parameters, row.at, strict=False)]
    return from_expressions([f"f({', '.join(shapes)}): {formula_of(name, row)}"], ",".join(map(str, point)))


@pytest.mark.parametrize(("name", "position"), BREAKABLE, ids=[f"{name} {position}" for name, position in BREAKABLE])
def test_each_rule_of_the_table_broken_once_is_found_and_named(monkeypatch, name, position):
    row = ROWS[name]
    pipeline, formula = pipeline_of(name, row), formula_of(name, row)
    assert check(pipeline, run(pipeline, Request())).exit_code == 0

    def broken(o, y, *arguments):
        partials = row.rule(o, y, *arguments)
        partials[position] = partials[position] * 1.001 + (
            0.001 if name in {"sign", "floor", "ceil", "relu", "max", "min"} else 0
        )
        return partials

    monkeypatch.setitem(ROWS, name, replace(row, rule=broken))
    report = check(pipeline, run(pipeline, Request()))
    assert report.exit_code == 1
    assert report.stages[0].diagnoses[0].kind == "rule"
    assert report.stages[0].diagnoses[0].where == formula


def test_the_rules_broken_above_are_all_there_are():
    """A function without a rule of its own is written in terms of others, or picks and sums components."""
    for name, row in FUNCTIONS.items():
        if row.rule is None and name not in {"where", "transpose"}:
            program = pipeline_of(name, row).stages[0].program
            used = {instruction.operation for instruction in program.constants + program.instructions} - MADE_OF
            assert used <= {broken for broken, _ in BREAKABLE}, name


@pytest.mark.parametrize("name", [name for name, row in FUNCTIONS.items() if name not in {"where", "transpose"}])
def test_a_derivative_of_any_function_that_is_a_thousandth_off_disagrees(name):
    pipeline = pipeline_of(name, ROWS[name])
    report = run(pipeline, Request(check=False))
    stage = report.stages[0]
    linear = stage.jacobian.linear
    off = LinearMap(linear.pattern, linear.values * 1.001 + 0.001 * (linear.values == 0).all())
    wrong = replace(stage, jacobian=replace(stage.jacobian, linear=off))
    assert check(pipeline, report).exit_code == 0
    assert check(pipeline, replace(report, stages=(wrong,))).exit_code == 1


def test_a_broken_rule_is_named_where_it_is_used_and_not_what_is_built_on_it(monkeypatch):
    row = ROWS["sin"]
    monkeypatch.setitem(ROWS, "sin", replace(row, rule=lambda o, _, x: [o.cos(x) * (1 + 1e-9)]))
    pipeline = from_expressions(["f(x, y): [exp(2*sin(x*y))*y, x/y]"], "0.3,0.7")
    (stage,) = check(pipeline, run(pipeline, Request())).stages
    (rule,) = stage.diagnoses
    assert (rule.kind, rule.where) == ("rule", "sin(x*y)")
    assert rule.span.source.text[rule.span.start : rule.span.end] == "sin(x*y)"


CHAIN = ["f(x, y): [x*y, x + y^2]", "g(a, b): [exp(a)*b, a - b]"]


@pytest.mark.parametrize("slip", ["transposed", "scaled", "exchanged", "one entry"])
def test_a_wrong_product_of_right_jacobians_cannot_hide(slip):
    pipeline = from_expressions(CHAIN, "0.6,-1.1")
    report = run(pipeline, Request())
    right = report.jacobian.dense[0]
    first, second = (stage.jacobian.linear.dense[0] for stage in report.stages)
    wrong = {
        "transposed": right.T,
        "scaled": right * (1 + 1e-12),
        "exchanged": first @ second,
        "one entry": right + np.array([[0, 0], [1e-9, 0]]),
    }[slip]
    found = check(pipeline, replace(report, jacobian=LinearMap.full(wrong.copy())))
    assert {stage.verdict.judgement for stage in found.stages} == {"agree"}
    assert found.exit_code == 1
    assert {witness.name for witness in found.witnesses if witness.judgement == "disagree"} == {
        "taylor",
        "complex step",
        "transpose",
    }
    assert found.total.judgement == "disagree"


def test_a_wrong_total_has_a_remainder_that_shrinks_like_the_step():
    pipeline = from_expressions(CHAIN, "0.6,-1.1")
    report = run(pipeline, Request())
    found = check(pipeline, replace(report, jacobian=LinearMap.full(report.jacobian.dense[0] * 1.001)))
    (taylor,) = (witness for witness in found.witnesses if witness.name == "taylor")
    assert taylor.value == pytest.approx(1, abs=0.01)


def test_no_imaginary_step_where_a_function_has_no_complex_form():
    pipeline = from_expressions(["f(x): abs(x)*sin(x)"], "0.6")
    report = check(pipeline, run(pipeline, Request()))
    assert [witness.name for witness in report.witnesses] == ["taylor", "transpose"]
    assert report.exit_code == 0


def test_a_linear_chain_leaves_no_remainder():
    pipeline = from_expressions(["f(x, y): [3*x + y, x]", "g(a, b): a - 2*b"], "0.6,0.1")
    report = check(pipeline, run(pipeline, Request()))
    assert report.witnesses[0].value is None
    assert report.exit_code == 0


def test_the_curve_of_an_entry_is_that_of_its_stage_at_its_point():
    pipeline = from_expressions(["f(x, y): [x*y, x + y^2, exp(x)]", "g(v[3]): [v[1]*v[2] + v[3], sin(v[1])]"], "0.6,-1.1")
    found = curve(pipeline, "g", (2, 1))
    assert (found.stage, found.output, found.input, found.at) == ("g", "g[2]", "v[1]", pytest.approx(-0.66))
    assert found.reference == pytest.approx(np.cos(-0.66))
    assert (curve(pipeline).output, curve(pipeline).input) == ("f[2]", "y")
    assert (curve(pipeline, "g").output, curve(pipeline, "g").input) == ("g[2]", "v[1]")


def test_the_curve_is_drawn_where_there_is_one_unless_all_is_linear():
    pipeline = from_expressions(
        ["f(x, y): [2*x - y, x]", "g(v[2]): [v[1]*v[2], v[1] + v[2]^3, v[2]]", "h(v[3]): sum(v)"], "0.6,-1.1"
    )
    found = curve(pipeline)
    assert (found.stage, found.output, found.input, found.is_linear) == ("g", "g[2]", "v[2]", False)
    assert curve(pipeline, "g", (1, 1)).is_linear
    linear = curve(pipeline, "h")
    assert (linear.output, linear.input, linear.is_linear) == ("h", "v[1]", True)
    assert all(scheme.truncation_slope is None for scheme in linear.schemes)


@pytest.mark.parametrize(("name", "entry"), [("h", (1, 1)), ("g", (3, 1)), ("g", (0, 1)), (None, (1, 3))])
def test_a_curve_of_nothing_is_refused(name, entry):
    pipeline = from_expressions(["f(x, y): [x*y, x + y^2, exp(x)]", "g(v[3]): [v[1]*v[2] + v[3], sin(v[1])]"], "0.6,-1.1")
    with pytest.raises(JacchainError) as error:
        curve(pipeline, name, entry)
    assert error.value.problems[0].code == "JC003"


@pytest.mark.parametrize(
    ("outputs", "wrong", "at", "entry"),
    [
        ({"u": "x^2*y"}, [["x*y", "x^2"]], "0, 1.5", (0, 0)),
        ({"u": "x^2 + y"}, [["x + 1", "1"]], "1, 2", (0, 0)),
        ({"u": "sqrt(x^2 + y^2)"}, [["1/(2*sqrt(x^2 + y^2))", "y/sqrt(x^2 + y^2)"]], "0.5, 2", (0, 0)),
        ({"u": "x*y"}, [["x", "x"]], "2, 2", (0, 0)),
        ({"u": "x^10 + y"}, [["10*x^8", "1"]], "1, 2", (0, 0)),
        ({"u": "(x - 1.001)*abs(x - 1.001) + y"}, [["-2*(x - 1.001)*(2 - x)", "1"]], "1, 2", (0, 0)),
    ],
)
def test_what_is_right_by_chance_at_the_point_is_wrong_and_said_to_be_right_there_only(outputs, wrong, at, entry):
    report = checked(sheet("x, y", outputs, wrong, at))
    assert (report.judgement, report.exit_code) == ("disagree", 1)
    analytic, author = report.stages
    assert analytic.verdict.judgement == "agree"
    first = author.diagnoses[0]
    assert (first.kind, first.entries) == ("here only", (entry,))
    assert "is right at this point only" in first.message
    assert first.span is not None
    worst = author.verdict.entries()[0]
    assert (worst.row, worst.column, worst.judgement, worst.reason) == (*entry, "disagree", "here only")
    assert author.verdict.count("disagree") == 1


@settings(max_examples=20)
@given(st.integers(2, 9), st.integers(1, 5), st.sampled_from([1.0, 2.0, -1.0, 0.5]))
def test_a_power_with_the_wrong_exponent_never_passes_where_it_happens_to_be_right(n, k, x):
    """``n*x^(n-1)`` and ``n*x^(n-1+2k)*x0^(-2k)`` are the same number at x0 and at its opposite, and nowhere else."""
    wrong = f"{n}*x^{n - 1 + 2 * k}*({x})^{-2 * k}"
    assert checked(sheet("x", {"u": f"x^{n}"}, [[wrong]], x)).exit_code == 1
    assert checked(sheet("x", {"u": f"x^{n}"}, [[f"{n}*x^{n - 1}"]], x)).exit_code == 0


@pytest.mark.parametrize(
    ("output", "right", "at"),
    [
        ("abs(x - 1.0001)*y", [["-y", "1.0001 - x"]], "1, 2"),
        ("where(x < 1.00000001, x^2, x^3)*y", [["2*x*y", "x^2"]], "1, 2"),
        ("relu(x)*y", [["y", "x"]], "1e-9, 2"),
        ("floor(x)*y", [["0", "floor(x)"]], "1.9999, 2"),
        ("log(x)*y", [["y/x", "log(x)"]], "1e-300, 2"),
        ("sqrt(1 - x)*y", [["-y/(2*sqrt(1 - x))", "sqrt(1 - x)"]], "0.9999, 2"),
    ],
)
def test_a_formula_that_is_right_on_the_branch_of_the_point_need_not_be_right_on_another(output, right, at):
    report = checked(sheet("x, y", {"u": output}, right, at))
    assert (report.judgement, report.stages[1].diagnoses) == ("agree", ())


@pytest.mark.parametrize(
    ("functions", "at"),
    [
        (["f(x, y): where(x > 0, x, y)", "g(f): f^2 + f"], "-1e300,1e154"),
        (["f(x, y): normalize([cos(x), y])[1]", "g(f): f^2 + f"], "1e-300,1e300"),
        (["f(x, y): softplus(x)", "g(f): f^2 + f"], "1e154,1e154"),
        (["f(x, y): floor(sinh(x)) - x", "g(f): f + 1"], "-700,1e300"),
    ],
)
def test_what_overflows_on_the_way_to_a_verdict_raises_no_warning(functions, at):
    """Warnings are errors in tests."""
    pipeline = from_expressions(functions, at)
    report = check(pipeline, run(pipeline, Request(spectrum=True, verbose=True)))
    assert report.judgement != "disagree"


@pytest.mark.parametrize("right", ["2e-30*x", "1 + 2e-30*x - 1", "0"])
def test_where_the_analytic_derivative_has_no_digits_either_nothing_is_wrong_on_its_ground(right):
    """One and 4e-30 is one, also in the longest numbers; the derivative comes out as zero."""
    assert checked(sheet("x", {"u": "x + 1e-30*x^2 - x"}, [[right]], 2)).exit_code != 1


def test_an_entry_by_hand_that_is_larger_than_any_double_raises_no_warning():
    assert checked(sheet("x", {"u": "x^2"}, [["2*x*exp(800)"]], 1)).exit_code != 0


UNSEEN = [
    ("tanh(x)", ["0", "-1e-20", "1e-18", "3.6e-26"], 30),
    ("sigmoid(x)", ["7*exp(-x)", "0", "-exp(-x)"], 50),
    ("erf(x)", ["0", "-2/sqrt(pi)*exp(-x^2)"], 7),
    ("1 + 1e-30*x", ["0", "-1e-30", "1.1e-30"], 2),
    ("10^30 + x^2", ["x", "0"], 1),
    ("sin(x)", ["-cos(x)", "sin(x)", "0"], 1e22),
]


@pytest.mark.parametrize(("output", "wrong", "at"), [(o, w, at) for o, wrongs, at in UNSEEN for w in wrongs])
def test_what_differences_cannot_see_is_judged_by_the_analytic_derivative(output, wrong, at):
    report = checked(sheet("x", {"u": output}, [[wrong]], at))
    analytic, author = report.stages
    assert (analytic.verdict.judgement == "disagree", author.verdict.judgement, report.exit_code) == (False, "disagree", 1)
    assert author.verdict.entry(0).reason == "analytic"
    assert author.diagnoses[0].kind == "unseen"
    assert author.diagnoses[0].message.startswith("differences see too little here to judge ∂u/∂x; the analytic derivative is ")


@settings(max_examples=30)
@given(st.sampled_from(["tanh(x)", "sigmoid(x)", "erf(x)"]), st.floats(0.1, 400), st.floats(-2, 2))
def test_a_number_apart_from_the_true_derivative_is_never_right_however_saturated(output, x, factor):
    """The derivatives by mpmath; half a per cent off, or more, is clearly off as long as doubles have such numbers at all."""
    right = {
        "tanh(x)": lambda t: mpmath.sech(t) ** 2,
        "sigmoid(x)": lambda t: mpmath.exp(-t) / (1 + mpmath.exp(-t)) ** 2,
        "erf(x)": lambda t: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-(t**2)),
    }[output]
    with mpmath.workdps(40):
        true = float(right(mpmath.mpf(x)))
    assume(true > 1e-300)
    judged = [checked(sheet("x", {"u": output}, [[repr(number)]], x)).exit_code for number in (true, true * factor)]
    assert judged == [0, 0 if factor == 1 else 1] or abs(factor - 1) < 0.005


def test_numbers_given_for_the_point_alone_are_right_there():
    report = checked(sheet("x, y", {"u": "x^2*y"}, [["12", "4"]], "2, 3"))
    assert report.exit_code == 0
    assert not [diagnosis for stage in report.stages for diagnosis in stage.diagnoses]


@settings(max_examples=40)
@given(
    st.sampled_from(["1 - x", "1/(1 + x)", "cos(x)", "exp(-x)", "sqrt(1 - x)", "(1e6 + x)/1e6"]),
    st.sampled_from(["asin(u)", "log(u)", "sqrt(1 - u)", "log1p(-u)", "1/(1 - u)", "(1 - u)^3"]),
    st.floats(-15, -1),
)
@example("1/(1 + x)", "(1 - u)^3", -10.58967552)
@example("(1e6 + x)/1e6", "1/(1 - u)", -1.72352572)
def test_a_chain_that_amplifies_rounding_is_not_called_wrong(inner, outer, exponent):
    pipeline = from_expressions([f"f(x): {inner}", f"g(u): {outer}"], at=repr(10**exponent))
    try:
        found = check(pipeline, run(pipeline, Request(check=False)))
    except JacchainError:
        return  # so close to an edge that there is no number
    assert found.judgement != "disagree"


@pytest.mark.parametrize("at", ["1e60,1e60", "1e150,1e150"])
@pytest.mark.parametrize(
    "formula", ["exp(x - y)", "(x - y)*exp(x - y)", "sinh(x - y)", "logsumexp([x, y])", "softmax([x, y])[1]", "tanh(x - y)"]
)
def test_where_no_step_is_short_enough_nothing_is_called_wrong(formula, at):
    """Between numbers that far from zero there is no room for what the function does."""
    pipeline = from_expressions([f"f(x, y): {formula}"], at)
    assert check(pipeline, run(pipeline, Request(check=False))).judgement != "disagree"


MATRICES = [
    # output, its derivative as a matrix of folded constants
    ("dot(v, W @ v)", "((W + transpose(W)) @ v)'"),
    ("dot(W @ v - b, W @ v - b)", "2*(transpose(W) @ W @ v - transpose(W) @ b)'"),
    ("(0.7*W) @ v - 0.3*(W @ v)", "0.7*W - 0.3*W"),
    ("tanh(W @ (W @ v) + b)", "diag(1 - q^2) @ (W @ W)"),
]
tenths = st.integers(-20, 20).map(lambda number: number / 10)


@pytest.mark.parametrize(("output", "by_hand"), MATRICES)
@given(st.lists(st.lists(tenths, min_size=3, max_size=3), min_size=5, max_size=5))
def test_constants_of_a_right_sheet_may_be_worked_out_before(output, by_hand, rows):
    constants = f"constants:\n  W: {rows[:3]}\n  b: {rows[3]}\n"
    text = f'{constants}functions:\n  q(v):\n    outputs: "{output}"\n    jacobian: "{by_hand}"\nat: {{v: {rows[4]}}}\n'
    pipeline = load(text.encode(), "sheet.yaml")
    assert check(pipeline, run(pipeline, Request(check=False))).judgement != "disagree"


def test_a_mistake_in_one_row_is_shown_in_that_row():
    text = (
        "functions:\n  a(x, y):\n    outputs: {a: x/y, b: log(x*y)}\n    jacobian:\n"
        "      - [1/y, -x/y^2]\n      - [1/(x*y), 1/(x*y)]\nat: [0.7, 1.3]\n"
    )
    pipeline = load(text.encode(), "sheet.yaml")
    (author,) = [stage for stage in check(pipeline, run(pipeline, Request(check=False))).stages if stage.judged == "author"]
    assert [finding.span.position[0] for finding in author.diagnoses] == [6]
