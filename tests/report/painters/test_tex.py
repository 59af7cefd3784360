"""TeX that a reader of Markdown (KaTeX, MathJax) and LaTeX both understand."""

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.pipeline import from_expressions, load
from jacchain.report import render_run
from jacchain.report.document import Run, runs
from jacchain.report.look import Look
from jacchain.report.painters.tex import formula, name, words_tex
from jacchain.run import Request, run

SAMPLES = Path(__file__).parents[3] / "samples"
NAMES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in {".yaml", ".json"})
VERBATIM = re.compile(r"```.*?```|\\begin\{verbatim\}.*?\\end\{verbatim\}", re.DOTALL)
DISPLAY = re.compile(r"\$\$(.*?)\$\$|\\\[(.*?)\\\]", re.DOTALL)
INLINE = re.compile(r"(?<!\\)\$(.*?)(?<!\\)\$", re.DOTALL)
LEFT_RIGHT = re.compile(r"\\begin\{(\w+)\}|\\end\{(\w+)\}")


@cache
def report(sample):
    return run(load((SAMPLES / sample).read_bytes(), sample, folder=SAMPLES), Request(check=False))


def mathematics(text):
    """Every formula of a Markdown or LaTeX text."""
    text = VERBATIM.sub("", text)
    displays = ["".join(found.groups("")) for found in DISPLAY.finditer(text)]
    return displays + [found[1] for found in INLINE.finditer(DISPLAY.sub("", text))]


def assert_sound(tex):
    bare = re.sub(r"\\[{}\\]", "", tex)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0, tex
    assert depth == 0, tex
    open_ones = []
    for found in LEFT_RIGHT.finditer(tex):
        if found[1]:
            open_ones.append(found[1])
        else:
            assert open_ones.pop() == found[2], tex
    assert not open_ones
    assert r"\ensuremath" not in tex, f"KaTeX and MathJax do not know it: {tex}"
    assert "%" not in re.sub(r"\\%", "", tex), tex


@pytest.mark.parametrize("form", ["markdown", "latex"])
@pytest.mark.parametrize("sample", NAMES)
def test_the_mathematics_of_every_sample_is_sound(sample, form):
    found = mathematics(render_run(report(sample), form, Look()).decode())
    assert len(found) > 5
    for tex in found:
        assert_sound(tex)


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("x", "x"),
        ("θ", r"\theta"),
        ("theta", r"\theta"),
        ("θ_dot", r"\theta\mathrm{\_dot}"),
        ("Δt", r"\Delta\mathrm{t}"),
        ("μσ", r"\mu\sigma"),
        ("x1", r"\mathrm{x1}"),
        ("v[3]", "v_{3}"),
        ("été", r"\text{été}"),
        ("whole chain", r"\text{whole chain}"),
    ],
)
def test_names(text, tex):
    assert name(text) == tex


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("x^2", "x^{2}"),
        ("x^(1/3)", "x^{1/3}"),
        ("x^-(a + b)", "x^{-(a + b)}"),
        ("2^x[1]", "2^{x_{1}}"),
        ("2^x^3", "2^{x^{3}}"),
        ("2^-x^(a + b)", "2^{-x^{a + b}}"),
        ("K'^2", r"{K^{\top}}^{2}"),
        ("-x/sqrt(1 - x^2)", r"-x/\sqrt{1 - x^{2}}"),
        ("K'*v", r"K^{\top}\,v"),
        ("1e-7*x", r"1\cdot 10^{-7}\,x"),
    ],
)
def test_formulas(text, tex):
    assert formula(text) == tex


def test_signs_between_words_are_mathematics():
    assert (
        words_tex(runs(Run("23×4 · 4×1 by tangents", "note")))
        == r"\text{23}\times\text{4 }\cdot\text{ 4}\times\text{1 by tangents}"
    )


@given(st.sampled_from(["θ", "Δt", "μ_2", "naïve", "é", "a_b", "ω0"]), st.sampled_from(["θ2", "βγ", "x", "ü"]))
def test_names_of_any_script_are_sound(first, second):
    found = run(from_expressions((f"f({first}, {second}): sin({first})*{second}^2",), at="0.5,2"), Request(check=False))
    for form in ("markdown", "latex"):
        for tex in mathematics(render_run(found, form, Look()).decode()):
            assert_sound(tex)


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_what_an_error_bar_leaves_is_explained_wherever_it_is_seen(form):
    asked = from_expressions(("f(x, y): [(x + 1e15) - 1e15, x*y]", "g(a, b): a*b - a*b + 1e-20*a"), at="0.1,0.3")
    text = render_run(run(asked, Request(check=False, certify=True)), form, Look()).decode()
    assert "cannot be told from zero" in text
    assert "leaves no more digits" in text
    body = text.partition("cannot be told")[0]
    assert body.count(r"\approx 0") > 5
    assert not re.search(r"\\~|textasciitilde", body)
    plain = render_run(run(asked, Request(check=False)), form, Look()).decode()
    assert ("cannot be told from zero" in plain) == (r"\approx 0" in plain)
