"""What is too large is refused before it is there, with its size and the option that allows more."""

import json
import tracemalloc

import numpy as np
import pytest

from jacchain.errors import Fragment, JacchainError
from jacchain.jacobian.analytic import differentiate, working_type
from jacchain.jacobian.memory import need_of
from jacchain.memory import allowing, claim, read_size, room
from jacchain.pipeline import load
from jacchain.report import render_run
from jacchain.report.look import Look
from jacchain.run import Request, run


def pipeline(expression, size, folder=None, **constants):
    at = [float(1 + i % 7) for i in range(size)]
    file = {"constants": constants, "functions": {"f(v)": expression}, "at": {"v": at}}
    return load(json.dumps(file).encode(), "f.json", folder=folder)


def refusal(action):
    with pytest.raises(JacchainError) as caught:
        action()
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), ("10k", 10240), ("512M", 512 << 20), ("2G", 2 << 30), ("2GiB", 2 << 30), (" 3MB ", 3 << 20)]
)
def test_sizes_are_read(text, size):
    assert read_size(Fragment.whole(text, "--max-memory")) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5G", "G", "1 G", "1e9", "٣M", "9" * 50])
def test_what_is_no_size_is_refused(text):
    assert refusal(lambda: read_size(Fragment.whole(text, "--max-memory", option=True))).code == "JC010"


def test_a_claim_names_the_number_and_the_option():
    with allowing(1 << 20):
        claim(1 << 20, "the thing")
        problem = refusal(lambda: claim((3 << 20) + 1, "the thing"))
    assert (problem.code, problem.message) == ("JC451", "the thing would take about 4 MiB; the limit is 1 MiB")
    assert problem.help == "make it smaller, or allow more: --max-memory 4M"


def test_what_is_allowed_ends_with_its_block():
    before = room()
    with allowing(1):
        assert room() == 1
    assert room() == before


@pytest.mark.parametrize(
    "expression",
    [
        "softmax(v)",
        "softmax(2*softmax(v*v))",
        "layernorm(v)",
        "cumsum(v*v)",
        "v/norm(v)",
        "where(v > 1, v*sum(v), v)",
        "[v*sum(v), v]",
    ],
)
def test_no_jacobian_takes_more_than_was_foreseen(expression):
    stage = pipeline(expression, 300).stages[0]
    points = np.full((1, 300), 1.5, working_type(stage.program))
    tracemalloc.start()
    linear = differentiate(stage.program, points).linear.astype(float)
    assert linear.values.size + linear.T.values.size
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 1.2 * need_of(stage.program).peak + (1 << 20)


@pytest.mark.parametrize("expression", ["v*v + sin(v)", "reverse(v)", "v[2:5000]*v[1:4999]", "sum(v*v)"])
def test_sparse_jacobians_are_not_taken_for_dense_ones(expression):
    assert need_of(pipeline(expression, 5000).stages[0].program).peak < 8 << 20


def test_a_matrix_that_is_scaled_is_not_counted_again(tmp_path):
    np.save(tmp_path / "w.npy", np.ones((500, 500)))
    stage = pipeline("tanh(W @ v)", 500, tmp_path, W={"file": "w.npy"}).stages[0]
    assert need_of(stage.program).peak < 2.5 * 8 * 500**2


def test_a_matrix_that_is_scaled_is_not_written_out_for_a_page(tmp_path):
    np.save(tmp_path / "w.npy", np.full((1100, 1100), 1e-3))
    asked = pipeline("tanh(W @ v)", 1100, tmp_path, W={"file": "w.npy"})
    report = run(asked, Request())  # what is imported here takes no memory below
    assert render_run(report, "text", Look())
    tracemalloc.start()
    assert render_run(run(asked, Request()), "text", Look())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.7 * 8 * 1100**2


@pytest.mark.parametrize(
    ("expression", "message"),
    [("softmax(v)", "the Jacobian of `softmax` in `f` would"), ("v*sum(v)", "the Jacobian of `f` would")],
)
def test_a_jacobian_that_does_not_fit_is_refused_by_its_name_and_place(expression, message):
    asked = pipeline(expression, 200)
    with allowing(1 << 20):
        problem = refusal(lambda: run(asked, Request()))
    assert problem.code == "JC451"
    assert problem.message.startswith(message)
    assert problem.span is not None
    assert "--max-memory" in problem.help


@pytest.mark.parametrize(("form", "full"), [("json", False), ("npz", False), ("text", True), ("svg", True), ("html", True)])
def test_an_answer_too_long_to_be_written_is_refused(form, full):
    report = run(pipeline("v*sum(v)", 100), Request(check=False))
    with allowing(1 << 18):
        assert refusal(lambda: render_run(report, form, Look(full=full))).code == "JC451"
        assert render_run(report, "text", Look())


@pytest.mark.parametrize(
    ("expression", "size"), [("tanh(W @ v)", 300), ("W @ v", 300), ("v*v + sin(v)", 1100), ("softmax(v)", 200), ("sum(v*v)", 900)]
)
def test_no_answer_is_longer_than_was_foreseen(expression, size, tmp_path, monkeypatch):
    claims = []
    monkeypatch.setattr("jacchain.report.size.claim", lambda size, *_, **__: claims.append(size))
    np.save(tmp_path / "w.npy", -np.pi * 10.0 ** np.random.default_rng(1).integers(-300, -200, (300, 300)))
    report = run(pipeline(expression, size, tmp_path, W={"file": "w.npy"}), Request(check=False))
    assert len(render_run(report, "json", Look())) <= sum(claims)
