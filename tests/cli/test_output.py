"""Where the answer goes and in which format: endings, pipes, whole files."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

POLAR = b"functions:\n  polar(r, theta):\n    x: r*cos(theta)\n    y: r*sin(theta)\nat: [2, pi/6]\n"

BEGINNINGS = {
    "txt": b"<stdin>   1 stage",
    "json": b'{"format_version"',
    "md": b"# <",
    "tex": rb"\documentclass",
    "svg": b"<svg",
    "html": b"<!DOCTYPE html>",
    "npz": b"PK",
}


def beginning(ending):
    return rb"# \<stdin\>" if ending == "md" else BEGINNINGS[ending]


@pytest.mark.parametrize("ending", BEGINNINGS)
def test_the_ending_of_the_file_says_the_format(jacchain, tmp_path, ending):
    target = tmp_path / f"answer.{ending}"
    done = jacchain("run", "-", "--no-check", "-o", target, stdin=POLAR)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert target.read_bytes().startswith(beginning(ending))


@pytest.mark.parametrize("words", [["check", "-"], ["plan", "-"], ["curve", "-"], ["functions", "tanh"]])
def test_every_answer_is_a_page_too(jacchain, tmp_path, words):
    assert jacchain(*words, "-o", tmp_path / "a.html", stdin=POLAR).returncode == 0
    assert (tmp_path / "a.html").read_bytes().startswith(b"<!DOCTYPE html>")


def test_a_format_that_is_asked_for_wins_over_the_ending_and_says_so(jacchain, tmp_path):
    done = jacchain("run", "-", "--json", "-o", tmp_path / "a.svg", stdin=POLAR)
    assert (done.returncode, done.stderr) == (0, b"note: 'a.svg' is written as json, as asked, whatever its ending says\n")
    assert json.loads((tmp_path / "a.svg").read_bytes())["products"] == []


@pytest.mark.parametrize("ending", [".pdf", ".png", ".xlsx", ".PDF"])
def test_an_ending_that_promises_what_no_command_writes_is_refused(jacchain, tmp_path, ending):
    done = jacchain("run", "-", "-o", tmp_path / f"a{ending}", stdin=POLAR)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"JC006" in done.stderr
    assert b".svg" in done.stderr
    assert list(tmp_path.iterdir()) == []
    asked = jacchain("run", "-", "-o", tmp_path / f"a{ending}", "--format", "text", stdin=POLAR)
    assert (asked.returncode, b"note: " in asked.stderr) == (0, True)


@pytest.mark.parametrize("words", [["run", "-"], ["samples", "polar"], ["schema", "input"]])
def test_two_files_for_one_answer_are_refused(jacchain, tmp_path, words):
    done = jacchain(*words, "-o", tmp_path / "a.txt", "--output", tmp_path / "b.txt", stdin=POLAR)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"JC001" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["answer", "answer.dat", "answer.txt", "answer.log", "answer.v2"])
def test_an_ending_that_means_nothing_is_no_contradiction(jacchain, tmp_path, name):
    done = jacchain("run", "-", "--json", "-o", tmp_path / name, stdin=POLAR)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / name).read_bytes().startswith(b"{")


def test_an_ending_of_a_format_the_command_does_not_have_is_refused_before_anything_is_written(jacchain, tmp_path):
    done = jacchain("plan", "-", "-o", tmp_path / "a.npz", stdin=POLAR)
    assert done.returncode == 2
    assert b"JC006" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_arrays_are_read_back_as_they_are_in_the_json(jacchain, tmp_path):
    jacchain("run", "-", "-o", tmp_path / "a.npz", stdin=POLAR)
    printed = json.loads(jacchain("run", "-", "--json", stdin=POLAR).stdout)
    with np.load(tmp_path / "a.npz") as arrays:
        assert np.array_equal(arrays["jacobian"], printed["jacobian"])


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs names for open streams")
class TestAStreamThatIsOpenAlready:
    def test_goes_on_where_it_is(self, tmp_path):
        with (tmp_path / "log").open("wb") as log:
            log.write(b"first\n")
            log.flush()
            words = [sys.executable, "-m", "jacchain", "plan", "--dims", "2,3,4", "-o", "/dev/stdout"]
            subprocess.run(words, stdout=log, check=True, cwd=Path(__file__).parents[2])
            log.seek(0, os.SEEK_END)
            log.write(b"last\n")
        lines = (tmp_path / "log").read_bytes().splitlines()
        assert (lines[0], lines[-1]) == (b"first", b"last")
        assert len(lines) > 4

    def test_is_named_when_it_is_none(self, jacchain):
        done = jacchain("plan", "--dims", "2,3,4", "-o", "/dev/fd/77")
        assert (done.returncode, done.stdout) == (74, b"")
        assert b"/dev/fd/77" in done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
class TestANamedPipe:
    def test_that_nobody_reads_is_not_waited_for(self, jacchain, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        done = jacchain("run", "-", "-o", tmp_path / "pipe", stdin=POLAR)
        assert done.returncode == 74
        assert b"no program reads from it" in b" ".join(done.stderr.split())

    def test_that_is_read_gets_everything(self, jacchain, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(reader, True)
        parts = []

        def read():
            while (part := os.read(reader, 1 << 16)) or not parts:
                if part:
                    parts.append(part)
                else:
                    time.sleep(0.02)  # nobody writes yet

        rows = ", ".join(["1.5"] * 300)
        text = f"constants:\n  w: [{rows}]\nfunctions:\n  f(v[300]): w*v\nat: {{v: [{rows}]}}\n".encode()
        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        done = jacchain("run", "-", "--json", "--no-check", "-o", tmp_path / "pipe", stdin=text)
        thread.join(60)
        os.close(reader)
        assert done.returncode == 0
        assert len(json.loads(b"".join(parts))["stages"][0]["value"]) == 300
