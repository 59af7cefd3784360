"""What a run shows: everything that a report holds, long chains and wide matrices by their ends, and nothing else."""

import re
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.reports import reports

from jacchain.chain.digits import Digits
from jacchain.chain.instance import Instance
from jacchain.chain.planner import make_plan
from jacchain.chain.products import carry_out
from jacchain.chain.spectrum import StageSpectrum, spectrum
from jacchain.expression.formula import Formula
from jacchain.frozen import replace
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.jacobian import Jacobian
from jacchain.jacobian.nonsmooth.reach import Reach
from jacchain.linear.enclosure import Enclosure
from jacchain.linear.map import LinearMap
from jacchain.pipeline import from_expressions
from jacchain.report import render_run
from jacchain.report.documents.run import result_document, run_document
from jacchain.report.layout.lines import plain
from jacchain.report.look import Look
from jacchain.report.painters.paint import paint
from jacchain.results import Certificate, PipelineFacts, Report, StageResult
from jacchain.run import Request, run

WIDE = Look(width=100)


def components(name, size):
    return tuple(f"{name}[{number}]" for number in range(1, size + 1)) if size > 1 else (name,)


def report_of(jacobians, formulas=None, names=None):
    """A report of given Jacobians; functions are f1, f2, …, the input is x."""
    linears = [LinearMap.constant(np.asarray(matrix, float)) for matrix in jacobians]
    names = names or ["x", *(f"f{number}" for number in range(1, len(linears) + 1))]
    stages = tuple(
        StageResult(
            index,
            names[index],
            components(names[index - 1], linear.shape[1]),
            components(names[index], linear.shape[0]),
            np.arange(1.0, linear.shape[0] + 1) / 3,
            Jacobian(
                linear, "analytic", linear.structure, partial((formulas or {}).get, index), errors=np.zeros(linear.pattern.count)
            ),
        )
        for index, linear in enumerate(linears, 1)
    )
    factors = [linear.T for linear in linears]
    plan = make_plan(Instance.of_patterns([factor.pattern for factor in factors]))
    products = carry_out(plan, factors)
    total = (products[-1].linear if products else factors[0]).T
    n = linears[0].shape[1]
    facts = PipelineFacts("a name", "what it is", "x.yaml", components(names[0], n), np.arange(1.0, n + 1) / 2)
    gradient = total.dense[0, 0] if total.shape[0] == 1 else None
    return Report(facts, stages, plan, products, total, gradient)


def digits_of(surviving, place):
    """Digits of the gradient of ``SMALL``, one function's worth of them: what none survives of is off by as much as it is."""
    errors = np.abs(SMALL.jacobian.dense[0]) * 10.0 ** -np.array(surviving)
    return Digits((), (), np.array(surviving), place, (errors.T,))


def shown(report, look=WIDE):
    return plain(run_document(report, look), look)


SMALL = report_of(
    [[[1, 0.25], [0, 2 / 3]], [[4, -1]]], {1: Formula(entries=(("y", "x/4"), ("0", "2/3"))), 2: Formula(matrix="u'")}
)


def test_a_small_run_from_top_to_bottom():
    assert shown(SMALL).splitlines() == [
        "x.yaml   2 stages   x ∈ R² → f2 ∈ R   at x = (0.5, 1)",
        "a name",
        "what it is",
        "",
        " #  function  shape  value           Jacobian",
        " 1  f1        2 → 2  0.3333  0.6667  2×2 upper triangular",
        " 2  f2        2 → 1  0.3333          1×2 dense",
        "",
        "J₁ = ∂f1/∂x   analytic",
        "                   x₁  x₂",
        "f1₁ ⎡ y  x/4 ⎤ = ⎡ 1   0.25   ⎤",
        "f1₂ ⎣ ·  2/3 ⎦   ⎣ ·   0.6667 ⎦",
        "",
        "J₂ = ∂f2/∂f1 = u'   analytic",
        "     f1₁  f1₂",
        "f2 [ 4    -1  ]",
        "",
        "order  J₁ᵀ J₂ᵀ   3 multiplications",
        "",
        "P1 = J₁ᵀ J₂ᵀ   ⎡ 1     ·      ⎤ · ⎡  4 ⎤ = ⎡ 4.000  ⎤",
        "               ⎣ 0.25  0.6667 ⎦   ⎣ -1 ⎦   ⎣ 0.3333 ⎦",
        "",
        "f2 = 0.3333   ∇f2 = (4.000, 0.3333)",
    ]


def test_a_vector_end_shows_the_whole_jacobian():
    text = shown(report_of([[[1, 2]], [[3], [4], [0]]]))
    assert text.splitlines()[-5:] == [
        "J = ∂f2/∂x",
        "      x₁     x₂",
        "f2₁ ⎡ 3.000  6.000 ⎤",
        "f2₂ ⎢ 4.000  8.000 ⎥",
        "f2₃ ⎣ ·      ·     ⎦",
    ]
    assert "∇" not in text


def test_one_function_has_nothing_to_multiply():
    text = shown(report_of([[[1, 2, 3]]]))
    assert "one function: nothing to multiply" in text
    assert "P1" not in text
    assert "∇f1 = (1.000, 2.000, 3.000)" in text


def test_one_input_has_a_derivative():
    assert "df2/dx = 8.000" in shown(report_of([[[2]], [[4]]]))


def test_named_inputs_are_named_in_the_gradient():
    report = report_of([[[1, 2]]])
    renamed = replace(report, pipeline=replace(report.pipeline, inputs=("r", "theta")))
    assert "∇f1 = (∂f1/∂r, ∂f1/∂theta) = (1.000, 2.000)" in shown(renamed)
    assert "(r, theta) ∈ R² → f1 ∈ R   at r = 0.5, theta = 1" in shown(renamed)


def test_a_gradient_by_many_inputs_is_a_column_with_names():
    text = shown(report_of([[np.arange(1, 31)]]))
    assert re.search(r"x₁ +⎡ +1\.000 +⎤", text)
    assert "∇f1: rows 6–25 hidden (20 of 30); --full shows all" in text


@settings(max_examples=30)
@given(st.integers(13, 80))
def test_long_chains_say_how_much_of_them_is_hidden(length):
    report = report_of([np.eye(2)] * length + [[[1, 1]]])
    text = shown(report)
    rows = len(re.findall(r"^ +\d+  f\d+", text, re.MULTILINE))
    jacobians = len(re.findall(r"^J[₀-₉]+ = ", text, re.MULTILINE))
    products = len(re.findall(r"^P\d+ = ", text, re.MULTILINE))
    for kind, here, there in (("stages", rows, length + 1), ("Jacobians", jacobians, length + 1), ("products", products, length)):
        found = re.search(rf"{kind} [\d–]+ hidden \((\d+) of (\d+)\)", text)
        assert here + (int(found[1]) if found else 0) == there
    assert shown(report, replace(WIDE, full=True)).count("hidden") == 0


def test_with_full_a_long_chain_is_whole():
    text = shown(report_of([np.eye(2)] * 30 + [[[1, 1]]]), replace(WIDE, full=True))
    assert len(re.findall(r"^J[₀-₉]+ = ", text, re.MULTILINE)) == 31
    assert len(re.findall(r"^P\d+ = ", text, re.MULTILINE)) == 30


def test_numbers_instead_of_formulas_are_not_said_twice():
    text = shown(report_of([[[1, 2]]], {1: Formula(entries=(("1", "2"),))}))
    assert text.count("[ 1") == 1


def test_formulas_too_wide_for_a_matrix_are_listed():
    long = "sin(x[1])*cos(x[2])*exp(x[1] + x[2])"
    report = report_of([[[1, 2], [3, 4]]], {1: Formula(entries=((long, "1"), ("0", long)))})
    text = shown(report, Look(width=60))
    assert "∂f1₁/∂x₁ = sin(x[1])" in text
    assert "∂f1₂/∂x₂" in text
    assert "∂f1₁/∂x₂" not in text


def test_a_formula_nobody_reads_on_is_cut_and_counted():
    formula = "x + " * 400 + "x"
    report = report_of([[[1]]], {1: Formula(matrix=formula)})
    assert f"{len(formula) - 400:,} more characters (--full)" in " ".join(shown(report).split())
    assert "more characters" not in shown(report, replace(WIDE, full=True))


def test_operands_too_large_to_be_seen_are_told_by_their_shapes():
    rng = np.random.default_rng(3)
    text = shown(report_of([rng.normal(size=(m, n)) for n, m in pairwise([20, 30, 5])]))
    assert "20×30 · 30×5 =" in text


def test_what_cannot_be_vouched_for_is_said():
    remark = Diagnostic("kink", "JC421", "`abs(x)` has a kink at 0", left=-1.0, right=1.0, clarke=(-1.0, 1.0), used=0.0)
    text = shown(replace(SMALL, diagnostics=(remark,)))
    assert "kink: `abs(x)` has a kink at 0   (left -1, right 1)\n" in text
    text = shown(replace(SMALL, diagnostics=(replace(remark, clarke=(-3.0, 1.0)),)))
    assert "(left -1, right 1, Clarke set [-3, 1])\n" in text
    assert "(" not in shown(replace(SMALL, diagnostics=(replace(remark, left=1.0, clarke=(1.0, 1.0)),))).split("at 0")[1][:9]


def certified(report, radius):
    def enclosure(array):
        return Enclosure(np.asarray(array - radius), np.asarray(array + radius))

    return replace(
        report,
        certificate=Certificate(
            tuple(enclosure(stage.value) for stage in report.stages),
            tuple(enclosure(stage.jacobian.linear.dense[0]) for stage in report.stages),
            tuple(enclosure(product.linear.dense[0]) for product in report.products),
            enclosure(report.jacobian.dense[0]),
            "the library errs by at most 4 ulp",
        ),
    )


def test_only_certified_digits_are_shown_and_marked():
    text = shown(certified(SMALL, 0.004))
    assert "∇f2 = (4.00~, 0.33~)" in text
    assert text.rstrip().splitlines()[-1] == "~  behind a number: its error bar leaves no more digits"
    assert "certified to 1 digit or more" in text
    assert "the library errs" in text
    assert "0.6667" not in text


@pytest.mark.parametrize(("form", "cell"), [("latex", r"$0.7{\sim}$"), ("markdown", r"$0.7{\sim}$"), ("text", "0.7~")])
def test_values_are_cut_at_their_error_bars_in_every_table(form, cell):
    first = replace(SMALL.stages[0], value=np.array([0.7361, 0.25]), error_bar=np.array([0.2, 0.0]))
    page = paint(run_document(replace(SMALL, stages=(first, *SMALL.stages[1:])), WIDE), WIDE, form)
    assert cell in page
    assert "0.7361" not in page


@pytest.mark.parametrize("form", ["latex", "markdown", "html", "svg"])
def test_a_mark_behind_a_number_is_explained_on_every_page(form):
    for report, explained in ((certified(SMALL, 0.004), True), (SMALL, False)):
        page = paint(run_document(report, WIDE), WIDE, form).replace("&#160;", " ")
        assert ("its error bar leaves no more digits" in page) == explained


def test_numbers_that_might_be_zero_are_not_told_from_it():
    text = shown(certified(SMALL, 0.5))
    assert "~0" in text
    assert "\n~0  cannot be told from zero" in text


def test_digits_reach_and_spectra_have_their_lines_only_when_asked_for():
    assert not re.search("certified|digits|valid for|condition", shown(SMALL))
    trusted = replace(
        SMALL,
        digits=digits_of([[13.7, 15.2]], "J1"),
        reach=Reach(np.array([0.5, np.inf]), np.array([0.012, np.inf]), ("abs(x[1])", "")),
        spectra=tuple(StageSpectrum(spectrum(stage.jacobian.linear), spectrum(stage.jacobian.linear)) for stage in SMALL.stages),
    )
    text = shown(trusted)
    said = (
        "digits at least 13 of 16 are right in every entry of the gradient, if the values are right; most of the others go in J₁"
    )
    assert said in " ".join(text.split())
    assert "valid for  |Δx₁| < 0.0120 (abs(x[1]))" in text
    assert "valid for  not worked out: a reason" in shown(replace(SMALL, unreached="a reason"))
    assert re.search(r"1  f1 +1\.05\d +0\.634\d +1\.7", text)


def test_few_digits_of_the_result_are_not_shown_as_many():
    text = shown(replace(SMALL, digits=digits_of([[15.2, 2.4]], "J1")))
    assert "∇f2 = (4.000, 0.33~)" in text


def test_an_entry_below_all_doubles_is_not_called_rounding():
    remark = Diagnostic("underflow", "JC413", "1 entry of P1 is too small for a double to hold its digits")
    zero = replace(SMALL, jacobian=LinearMap.full(np.array([[0.0, 1.0]])), digits=digits_of([[0.0, 15.2]], "P1"))
    assert "1 entry of the gradient is too small for a double: no digit" in shown(replace(zero, diagnostics=(remark,)))


def test_details_say_what_is_left_of_each_matrix():
    digits = Digits((np.array([[9.5, 16.0]]), np.array([[15.6]])), (np.array([[0.0], [3.25]]),), np.array([[6.0, 15.2]]), "P1")
    text = plain(run_document(replace(SMALL, digits=digits), replace(WIDE, detail="trust")), WIDE)
    assert re.search(r"J₁ +9\.5 *\n +J₂ +15\.6 *\n +P1 +3\.2", text)
    assert "cancel, at most" not in shown(replace(SMALL, digits=digits))


@pytest.mark.parametrize(
    ("distance", "text"),
    [(0.0128, "0.0128"), (2 * (1 - 1e-11), "2.00"), (703.85, "703"), (0.99999, "0.999"), (12345.6, "1.23e+4")],
)
def test_distances_are_rounded_down(distance, text):
    reach = Reach(np.array([distance, np.inf]), np.array([np.inf, np.inf]), ("", ""))
    assert f"|Δx₁| < {text}\n" in shown(replace(SMALL, reach=reach))


def test_inputs_that_cannot_move_are_named():
    reach = Reach(np.array([0.0, 0.5]), np.array([1.0, np.inf]), ("sqrt(a*b)", "log(x)"))
    assert "valid for  |Δx₂| < 0.500 (log(x)); no move of x₁ (sqrt(a*b))" in shown(replace(SMALL, reach=reach))


def test_details_say_that_a_reach_is_a_bound():
    reach = Reach(np.array([0.5, np.inf]), np.array([1.0, np.inf]), ("log(x)", ""))
    text = plain(run_document(replace(SMALL, reach=reach), replace(WIDE, detail="trust")), WIDE)
    assert "a bound that is proved" in " ".join(text.split())


def test_entries_without_a_digit_are_said_to_have_none():
    text = shown(replace(SMALL, digits=digits_of([[15.2, 0.0]], "P1")))
    assert "digits  1 entry of the gradient cancels in P1, down to rounding: no digit of it can be trusted; at" in text
    assert "∇f2 = (4.000, ~0)" in text
    assert text.splitlines()[-1].startswith("~0  cannot be told from zero")


def test_the_result_alone():
    assert plain(result_document(SMALL, WIDE), WIDE) == "f2 = 0.3333   ∇f2 = (4.000, 0.3333)\n"


def test_the_result_alone_still_says_what_its_numbers_are():
    remark = Diagnostic("kink", "JC421", "`abs(x)` has a kink at 0", used=0.0)
    text = plain(run_document(replace(SMALL, diagnostics=(remark,)), replace(WIDE, detail="result")), WIDE)
    assert text.splitlines() == ["kink: `abs(x)` has a kink at 0", "f2 = 0.3333   ∇f2 = (4.000, 0.3333)"]


def test_next_steps_are_commands():
    text = plain(run_document(SMALL, WIDE, next_steps=("jacchain plan x.yaml", "--json")), WIDE)
    assert text.splitlines()[-1] == "next: jacchain plan x.yaml · --json"


@given(reports(longest=4))
def test_every_number_of_a_product_is_on_the_page(report):
    look = Look(width=130, full=True, digits=17)
    words = re.split(r"[\s\[\]⎡⎢⎣⎤⎥⎦·(),]+", plain(run_document(report, look), look))
    page = {float(word) for word in words if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?", word)}
    for product in report.products:
        assert product.exponent or set(product.linear.values[0].tolist()) <= page


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_documents_have_every_part(form):
    text = paint(run_document(SMALL, WIDE), WIDE, form)
    for part in ("J_{1}", "J_{2}", "P_{1}", "pmatrix", "0.6667", r"\nabla", r"\frac{\partial", "3 multiplications", "x/4"):
        assert part in text


@pytest.mark.parametrize(
    ("kinds", "says"), [(("JC407",), "by convention"), (("JC407", "JC415"), "no derivative of the chain"), ((), "")]
)
def test_digits_say_what_they_are_digits_of_where_it_is_no_derivative(kinds, says):
    remarks = tuple(Diagnostic("kink", code, "a kink") for code in kinds)
    text = " ".join(shown(replace(certified(SMALL, 1e-12), diagnostics=remarks)).partition("certified")[2].split())
    assert "every entry within" in text
    assert says in text
    assert ("convention" in text or "no derivative" in text) == bool(kinds)


def test_remarks_that_differ_by_the_input_alone_are_told_once():
    first = Diagnostic("kink", "JC407", "∂f/∂v[1] bends", "f", "f", "v[1]", 0.0, 1.0, (0.0, 1.0), 0.5, "max(v)")
    alike = [replace(first, input=f"v[{j}]", message=f"∂f/∂v[{j}] bends") for j in range(2, 9)]
    other = replace(first, input="v[9]", message="∂f/∂v[9] bends", left=-1.0, clarke=(-1.0, 1.0))
    text = shown(replace(SMALL, diagnostics=(first, *alike, other)))
    assert "kink: ∂f/∂v[1] bends   (left 0, right 1); the same for v₂, v₃, v₄, v₅ and 3 more" in text
    assert text.count("bends") == 2


def test_the_mean_of_two_slopes_is_no_zero_and_a_chain_may_be_smooth_where_its_functions_are_not():
    kinked = from_expressions(["f(x): relu(x)"], at="0")
    shown = render_run(run(kinked, Request(method="difference")), "text", Look()).decode()
    assert "df/dx = 0.5" in shown
    assert "~0" not in shown
    smooth = from_expressions(["f(x): abs(x)", "g(y): y^2"], at="0")
    shown = " ".join(render_run(run(smooth, Request()), "text", Look()).decode().split())
    assert "made of the numbers used by convention" in shown
    assert "no derivative" not in shown
