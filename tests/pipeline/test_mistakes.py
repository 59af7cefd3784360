"""One file for each mistake, and the exact text a person gets to see for it."""

from pathlib import Path

import pytest

from jacchain.errors import JacchainError
from jacchain.pipeline import load
from jacchain.report import render_problems, render_warnings
from jacchain.report.look import Look

FOLDER = Path(__file__).parents[2] / "samples" / "mistakes"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in {".yaml", ".json"})


def said(path: Path) -> str:
    """What is painted for a file: its errors, or its warnings when it has none."""
    try:
        warnings = load(path.read_bytes(), path.name, folder=FOLDER).warnings
    except JacchainError as error:
        return render_problems(error, "text", Look()).decode()
    return render_warnings(warnings, "text", Look()).decode()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_mistake_is_answered_with_the_text_beside_it(path, golden):
    golden(path.with_name(path.name + ".txt"), said(path))


def test_no_text_is_without_its_mistake():
    assert {path.name.removesuffix(".txt") for path in FOLDER.glob("*.txt")} == {path.name for path in FILES}


def test_five_mistakes_are_five_problems():
    path = FOLDER / "five_mistakes.yaml"
    with pytest.raises(JacchainError) as raised:
        load(path.read_bytes(), path.name)
    places = [(problem.code, str(problem.span)) for problem in raised.value.problems]
    assert places == [
        ("JC312", "five_mistakes.yaml:3:15"),
        ("JC113", "five_mistakes.yaml:4:6"),
        ("JC252", "five_mistakes.yaml:6:14"),
        ("JC253", "five_mistakes.yaml:8:9"),
        ("JC310", "five_mistakes.yaml:9:12"),
    ]
