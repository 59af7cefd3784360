"""The Jacobian of a chain along vectors, against sums over its entries and against values nearby."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import jacchain.stages
from jacchain.errors import JacchainError
from jacchain.expression.formula import Formula
from jacchain.frozen import replace
from jacchain.pipeline import from_expressions, load
from jacchain.run import Request, multiply_out, run

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in {".yaml", ".json"})


def exact_sum(first, second):
    return float(sum(Fraction(a) * Fraction(b) for a, b in zip(first, second, strict=True)))


@pytest.mark.parametrize("mode", ["explicit", "matrix-free"])
@pytest.mark.parametrize("name", NAMES)
def test_along_vectors_every_sample_is_what_its_entries_add_up_to(name, mode):
    pipeline = load((SAMPLES / name).read_bytes(), name, folder=SAMPLES)
    m, n = len(pipeline.stages[-1].outputs), len(pipeline.inputs)
    w, v = ((-1.5) ** np.arange(size) / 4.0 ** np.arange(size) for size in (m, n))
    seed, direction = (",".join(map(repr, vector.tolist())) for vector in (w, v))
    report = run(pipeline, Request(check=False, mode=mode, seed=seed, direction=direction))
    entries = report.jacobian.dense[0]
    assert report.seed.vector.tolist() == w.tolist()
    for product, rows, vector in ((report.seed.product, entries.T, w), (report.direction.product, entries, v)):
        due = [exact_sum(row, vector) for row in rows.tolist()]
        assert np.allclose(product, due, rtol=1e-14, atol=1e-14 * np.abs(entries).max())


def test_a_direction_is_where_the_values_go():
    pipeline = from_expressions(("f(x, y): [x*y, sin(x) - y^2, exp(x*y)]", "g(v): [v[1]*v[3], norm(v)]"), at="0.3,0.7")
    report = run(pipeline, Request(check=False, direction="2,-1"))
    h = 1e-6

    def end(step):
        moved = replace(pipeline, at=pipeline.at + step * np.array([2.0, -1.0]))
        return run(moved, Request(check=False)).stages[-1].value

    assert np.allclose(report.direction.product, (end(h) - end(-h)) / (2 * h), rtol=1e-8)


def test_a_seed_of_one_number_scales_the_gradient():
    report = run(from_expressions(("f(x, y): x*y^2",), at="3,5"), Request(check=False, seed="2"))
    assert report.seed.product.tolist() == [2 * 25, 2 * 30]
    assert report.direction is None


@pytest.mark.parametrize(("asked", "code"), [({"seed": "1,2"}, "JC010"), ({"direction": "1"}, "JC010"), ({"seed": "z"}, "JC252")])
def test_a_vector_that_does_not_fit_is_a_mistake_of_usage(asked, code):
    with pytest.raises(JacchainError) as caught:
        run(from_expressions(("f(x, y): x*y^2",), at="3,5"), Request(check=False, **asked))
    assert caught.value.problems[0].code == code
    assert caught.value.exit_code == 2


def test_formulas_are_worked_out_for_those_who_read_them_and_once_for_all_copies(monkeypatch):
    spelled = []
    monkeypatch.setattr(jacchain.stages, "derivative_formula", lambda *given: spelled.append(given) or Formula(matrix="A"))
    report = run(load(b"{functions: {f(x): sin(x)}, chain: [f * 3], at: [1]}", "f.yaml"), Request())
    assert not spelled
    assert {stage.jacobian.formula for stage in report.stages} == {Formula(matrix="A")}
    assert len(spelled) == 1


def test_a_run_says_of_a_jacobian_by_hand_who_judges_it():
    sheet = b"functions:\n  f(x): {outputs: {u: x^2}, jacobian: [['2*x']]}\n  g(u): 3*u\nat: [1.5]"
    for method in (None, "difference"):
        by_hand, own = run(load(sheet, "sheet.yaml"), Request(method=method)).stages
        assert "the file's own `jacobian:` is judged by `check`" in by_hand.jacobian.remarks
        assert not [remark for remark in own.jacobian.remarks if "check" in remark]


@pytest.mark.parametrize("barred", [False, True])
def test_nobody_looks_for_lost_digits_that_nobody_is_shown(monkeypatch, barred):
    monkeypatch.setattr(jacchain.stages, "is_cheap", lambda _: False)
    found = multiply_out(from_expressions(["f(x): sqrt((x + 1e12) - 1e12)"], at="1e-3"), Request(), barred=barred)
    assert (found.stages[0].jacobian.error_bar is not None) == barred
