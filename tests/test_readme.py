"""The README shows what the program prints: every command in it is run, every file in it written and read, every option known.

A block of the README that begins with ``$`` is a command and what it prints; one that begins with ``# name.yaml`` is a file the
commands may read.  ``pytest --bless`` writes what is printed now.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from jacchain.cli.commands import jacchain

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"(?:^    .*\n(?:\n*(?=    ))?)+", re.MULTILINE)
FILE = re.compile(r"# ([a-z]+\.yaml)\n")
AGREEMENT = "differences agree to"
SMALL = (re.compile(r"[0-9]\.[0-9]+e-[0-9]{2,}"), "rounding"), (re.compile(r"[0-9]\.[0-9]+e-[0-9]"), "small")
"""What is below 1e-9, and what is not: a step that was chosen for its luck."""


def blocks() -> list[str]:
    """Every indented block of the README, without its indentation."""
    return [re.sub("^    ", "", found.group(), flags=re.MULTILINE) for found in BLOCK.finditer(README.read_text("utf-8"))]


COMMANDS = [block for block in blocks() if block.startswith("$ ")]
FILES = {found[1]: block for block in blocks() if (found := FILE.match(block))}


@pytest.fixture(scope="session")
def shell(tmp_path_factory):
    """Runs a line as a reader would: in a folder with the samples and the files of the README, ``jacchain`` being on the path."""
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(ROOT / "samples", folder / "samples")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    program = folder / "jacchain"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jacchain "$@"\n')
    program.chmod(0o755)
    told = {key: value for key, value in os.environ.items() if not key.startswith(("JACCHAIN", "NO_COLOR", "FORCE", "CLI"))}
    told |= {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}

    def run(line: str) -> str:
        done = subprocess.run(
            ["sh", "-c", line], cwd=folder, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
        )
        return done.stdout.decode()

    return run


def without_rounding(text: str) -> list[str]:
    """The text without what rounding decides, which is not the same on every machine."""
    kept, cut = [], None
    for line in text.splitlines():
        if AGREEMENT in line:
            cut = line.index(AGREEMENT)
        elif not line:
            cut = None
        if "long double" not in line:
            told = line[:cut]
            for numbers, word in SMALL:
                told = numbers.sub(word, told)
            kept.append(" ".join(told.split()))
    return kept


@pytest.mark.parametrize("block", COMMANDS, ids=lambda block: block[2 : block.index("\n")])
def test_a_command_prints_what_is_shown(block, shell, request):
    first, _, shown = block.partition("\n")
    printed = shell(first[2:])
    if request.config.getoption("--bless") and without_rounding(shown) != without_rounding(printed):
        old, new = (re.sub("^(?=.)", "    ", text, flags=re.MULTILINE) for text in (shown, printed))
        README.write_text(README.read_text("utf-8").replace(old, new), encoding="utf-8")
        shown = printed
    assert without_rounding(printed) == without_rounding(shown)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_shown_is_read_by_a_command_or_stands_for_itself(name, shell):
    used = any(name in block.partition("\n")[0] for block in COMMANDS)
    assert used or "error" not in shell(f"jacchain run {name} --no-check")


def test_every_block_is_a_command_a_file_a_set_up_or_the_one_formula():
    others = [block for block in blocks() if block not in COMMANDS and block not in FILES.values()]
    assert [block.split()[0] for block in others] == ["∇ₓL", "python3", "python3"]


def test_every_option_and_every_command_in_it_exists_and_no_command_is_missing():
    text = README.read_text("utf-8")
    context = click.Context(jacchain)
    commands = {name: jacchain.get_command(context, name) for name in jacchain.list_commands(context)}
    parameters = [parameter for command in commands.values() for parameter in command.params]
    known = {name for parameter in parameters for name in (*parameter.opts, *parameter.secondary_opts)}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) - {"--quiet", "--bless"}
    assert named
    assert named <= known | {"--help", "--version"}
    assert set(re.findall(r"jacchain ([a-z]+)(?= |`)", text)) <= set(commands)
    for name in commands:
        assert re.search(rf"`{name}\b", text), f"the README does not tell of `{name}`"
