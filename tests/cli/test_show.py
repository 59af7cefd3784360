"""One matrix of a run, for people and for programs."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from jacchain.pipeline import load
from jacchain.report import render_run
from jacchain.report.look import Look
from jacchain.run import Request, run

MAZUR = Path(__file__).parents[2] / "samples" / "mazur.yaml"


@pytest.fixture(scope="module")
def printed():
    report = run(load(MAZUR.read_bytes(), "mazur.yaml"), Request(check=False))
    facts = json.loads(render_run(report, "json", Look()))
    named = {f"J{stage['index']}": stage["jacobian"]["data"] for stage in facts["stages"]}
    return named | {product["name"]: product["data"] for product in facts["products"]} | {"J": facts["jacobian"]}


@pytest.mark.parametrize("name", ["J", "J2", "J5", "P1", "P4"])
def test_csv_and_npy_hold_the_numbers_of_the_json(jacchain, printed, name, tmp_path):
    text = jacchain("show", MAZUR, name, "--format", "csv").stdout.decode()
    assert [[float(entry) for entry in line.split(",")] for line in text.splitlines()] == printed[name]
    assert jacchain("show", MAZUR, name, "-o", tmp_path / "a.npy").returncode == 0
    assert np.load(BytesIO((tmp_path / "a.npy").read_bytes())).tolist() == printed[name]


def test_a_person_sees_it_with_its_labels(jacchain):
    assert jacchain("show", MAZUR, "J2").stdout.decode().splitlines() == [
        "J₂ =",
        "            net₁    net₂",
        "    act1₁ ⎡ 0.2413  ·      ⎤",
        "    act1₂ ⎣ ·       0.2406 ⎦",
    ]
    assert rb"J_{2} = \begin{pmatrix} 0.2413" in jacchain("show", MAZUR, "J2", "--format", "latex").stdout


def test_of_an_expression_it_is_the_only_word(jacchain):
    assert jacchain("show", "-e", "f(x, y): x*y", "J1", "--at", "2,3", "--format", "csv").stdout == b"3.0,2.0\n"
    small = jacchain("show", "-e", "f(x, y): [1e-7*x, y]", "J1", "--at", "2,3", "--format", "csv").stdout
    assert small == b"1e-7,0.0\n0.0,1.0\n"  # as JSON writes them


def test_a_name_may_be_written_in_small_letters_or_as_it_is_printed(jacchain):
    meant = jacchain("show", MAZUR, "J2").stdout
    assert jacchain("show", MAZUR, "j2").stdout == jacchain("show", MAZUR, "J₂").stdout == meant
    assert jacchain("explain", "p1[2,1]", MAZUR).stdout == jacchain("explain", "P1[2,1]", MAZUR).stdout


def test_the_jacobian_of_the_chain_is_explained_as_the_last_product(jacchain, printed):
    assert b"(0.003804, 0.004741)" in jacchain("explain", "J", MAZUR).stdout
    lines = jacchain("explain", "J[1,2]", MAZUR).stdout.decode().splitlines()
    assert lines[0] == "J[1,2] = P4[2,1]   P4 is the transpose of J"
    assert "\n".join(lines[1:]) + "\n" == jacchain("explain", "P4[2,1]", MAZUR).stdout.decode()
    assert any(line.startswith("P4[2,1] = ") and line.endswith(f"= {printed['J'][0][1]:.4g}") for line in lines)
    alone = jacchain("explain", "J[2,1]", "-e", "f(x, y): [x*y, y^2]", "--at", "2,3").stdout.decode()
    assert alone.startswith("J[2,1] = J1[2,1]")


@pytest.mark.parametrize(("name", "said"), [("P9", "it has J1"), ("J[9,9]", "J is 1×2 and has no entry 9,9")])
def test_what_a_run_does_not_have_is_not_explained(jacchain, name, said):
    done = jacchain("explain", name, MAZUR)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()


@pytest.mark.parametrize("name", ["J6", "P5", "K1", "J0"])
def test_a_matrix_there_is_not_is_answered_with_those_there_are(jacchain, name):
    done = jacchain("show", MAZUR, name)
    assert (done.returncode, done.stdout) == (2, b"")
    assert "it has J1 … J5, P1 … P4, and J for the whole chain" in done.stderr.decode()
