"""``jacchain plan`` and ``jacchain curve`` as a user starts them."""

import json
import re

import pytest

from jacchain.cli.plan import parse_widths
from jacchain.errors import JacchainError


def plan(jacchain, *words, stdin=b""):
    done = jacchain("plan", *words, "--json", stdin=stdin)
    assert (done.returncode, done.stderr) == (0, b"")
    return json.loads(done.stdout)


def test_the_widths_of_a_lecture_show_that_neither_order_is_best(jacchain):
    text = jacchain("plan", "--dims", "25,20,10,5,15,35,30").stdout.decode()
    for number in ("15,125", "47,500", "40,500", "42 ways", "neither is optimal"):
        assert number in text


def test_a_scalar_end_where_reverse_is_not_best(jacchain):
    found = plan(jacchain, "--dims", "2,5,1,1")["plan"]
    assert (found["multiplications"], found["reverse"]) == (12, 15)


def test_an_instance_file_is_planned_without_matrices(jacchain):
    text = b"dims: [3, 3, 1, 2]\nedges: [29, 14, 7]\n"
    found = plan(jacchain, "-", stdin=text)["plan"]
    assert [found[key] for key in ("tangent", "adjoint", "preaccumulation", "multiplications")] == [150, 100, 123, 56]


def test_without_costs_nothing_is_planned_matrix_free(jacchain):
    for words, stdin in ((["--dims", "3,2,4"], b""), (["-"], b"dims: [3, 2, 4]\n")):
        done = jacchain("plan", *words, "--mode", "matrix-free", stdin=stdin)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"`edges`" in done.stderr


def test_a_run_of_an_instance_is_sent_to_plan(jacchain):
    done = jacchain("run", "-", stdin=b"dims: [3, 3, 1, 2]\nedges: [29, 14, 7]\n")
    assert (done.returncode, done.stdout, done.stderr.count(b"error[")) == (3, b"", 1)
    assert b"`jacchain plan` reads it" in done.stderr


def test_a_pipeline_that_declares_its_sizes_needs_no_point(jacchain):
    text = b"functions:\n  f(x, y): [x*y, x + y, 'where(x < y, x, y)']\n  g(v): tanh(v)\n  h(v): sum(v)\n"
    for mode in ("explicit", "matrix-free"):
        found = plan(jacchain, "-", "--mode", mode, stdin=text)
        assert found["pipeline"]["at"] is None
        assert "nonfinite" not in found
        assert found == plan(jacchain, "-", "--mode", mode, "--at", "1,2", stdin=text) | {"pipeline": found["pipeline"]}
    assert b"JC320" in jacchain("run", "-", stdin=text).stderr
    assert b"JC320" in jacchain("plan", "-e", "f(v): 2*v").stderr


def test_a_chain_may_have_a_hundred_thousand_factors(jacchain):
    found = plan(jacchain, "-", stdin=b"dims: [" + b"2, 1, " * 50_000 + b"3]")["plan"]
    assert (len(found["products"]), found["multiplications"]) == (99_999, 49_998 + 49_999 * 2 + 8)
    refused = jacchain("plan", "-", stdin=b"dims: [" + b"2, " * 100_001 + b"3]")
    assert refused.returncode == 4
    assert b"100,001 is the most" in refused.stderr


def test_too_many_widths_are_refused_before_they_are_read():
    with pytest.raises(JacchainError) as caught:
        parse_widths("2," * 1_000_000)
    assert caught.value.problems[0].code == "JC450"


def test_a_misspelt_field_of_an_instance_is_found_at_its_place(jacchain):
    done = jacchain("plan", "-", stdin=b"dims: [3, 3, 1]\nedgse: [29, 14]\n")
    assert done.returncode == 3
    assert b"<stdin>:2:8" in done.stderr
    assert b"`edges`" in done.stderr


def test_candidates_and_alternatives_are_told_when_asked_for(jacchain):
    found = plan(jacchain, "--dims", "25,20,10,5,15,35,30", "--best", "3", "--explain", "1:4")["survey"]
    assert [best["multiplications"] for best in found["alternatives"]] == [15125, 17875, 21875]
    assert [way["multiplications"] for way in found["candidates"]] == [10000, 9500, 5375]
    assert (found["bracketings"], found["optimal"], found["margin"]) == (42, 1, 2750)


@pytest.mark.parametrize("words", [["--dims", "3"], ["--dims", "3,x"], ["--dims", "3,4", "--explain", "2:9"], ["--dims", "3,-4"]])
def test_a_slip_in_an_option_is_a_usage_error(jacchain, words):
    done = jacchain("plan", *words)
    assert (done.returncode, done.stdout) == (2, b"")


def test_the_same_gradient_comes_out_without_building_jacobians_for_the_products(jacchain):
    file = b"functions:\n  f(v[3]): [v[1]*v[2], sin(v[3])]\n  L(a, b): a^2 + exp(b)\nat: {v: [1, 2, 3]}\n".replace(
        b"[v[1]*v[2], sin(v[3])]", b'"[v[1]*v[2], sin(v[3])]"'
    )
    built, passed = (
        json.loads(jacchain("run", "-", "--json", "--mode", mode, stdin=file).stdout) for mode in ("explicit", "matrix-free")
    )
    assert passed["plan"]["mode"] == "matrix-free"
    assert passed["gradient"] == pytest.approx(built["gradient"], rel=1e-15)


def test_the_curve_of_a_central_difference_has_the_slopes_of_theory(jacchain):
    found = json.loads(jacchain("curve", "-e", "f(x): sin(x)", "--at", "1", "--json").stdout)["curve"]
    central = next(scheme for scheme in found["schemes"] if scheme["scheme"] == "central")
    assert central["truncation_slope"] == pytest.approx(2, abs=0.1)
    assert central["rounding_slope"] == pytest.approx(-1, abs=0.2)
    assert jacchain("curve", "-e", "f(x): sin(x)", "--at", "1", "--ascii", "--width", "60").stdout.isascii()


@pytest.mark.parametrize("width", [60, 100])
def test_the_curve_of_a_linear_entry_does_not_explain_a_v_that_is_not_there(jacchain, width):
    linear, bent = (
        jacchain("curve", "-e", "f(x, y): x*y + y^2", "--at", "3,4", "--entry", entry, "--width", str(width)).stdout.decode()
        for entry in ("1,1", "1,2")
    )
    assert "there is no V" in linear
    assert "truncation wins" not in linear
    assert "truncation wins" in bent
    assert max(map(len, (linear + bent).splitlines())) <= width
    levels = [line.split()[0] for line in bent.splitlines() if re.match(" +[0-9.e-]+ [|]", line)]
    assert levels == ["100", "0.1", "1e-4", "1e-7", "1e-10", "1e-13", "1e-16"]


def test_the_optimum_of_long_chains_is_confirmed_by_two_algorithms(jacchain):
    shapes = ["--dims", ",".join(str(2 + number * 7 % 40) for number in range(301))]
    structured = "dims: [" + "6, " * 80 + "6]\npatterns: [" + "diagonal, tridiagonal, dense, lower triangular, " * 20 + "]\n"
    for found in (plan(jacchain, *shapes), plan(jacchain, "-", stdin=structured.encode())):
        assert len(found["plan"]["confirmed"]) == 2
