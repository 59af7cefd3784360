"""The table of codes is whole: nothing is raised that it does not explain, and it explains nothing that is never raised."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import jacchain
from jacchain.codes import CODES
from jacchain.errors import exit_code

PACKAGE = Path(jacchain.__file__).parent


def raised() -> Iterator[tuple[str, str]]:
    for path in PACKAGE.rglob("*.py"):
        if path == PACKAGE / "codes.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"JC[0-9]{3}", node.value):
                yield node.value, f"{path.name}:{node.lineno}"


def test_every_code_raised_is_explained() -> None:
    assert {code: place for code, place in raised() if code not in CODES} == {}


def test_every_code_explained_is_raised() -> None:
    assert set(CODES) - {code for code, _ in raised()} == set()


@pytest.mark.parametrize("code", CODES)
def test_an_entry_has_a_title_and_an_explanation_with_a_way_out(code: str) -> None:
    title, explanation = CODES[code]
    assert 5 <= len(title) <= 60
    assert not title.endswith(".")
    assert len(re.findall(r"[.!?](?= [A-Z`]|$)", explanation)) >= 2
    assert exit_code(code) in {2, 3, 4, 74}


def test_the_table_is_in_order() -> None:
    assert list(CODES) == sorted(CODES)
