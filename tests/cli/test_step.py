"""``jacchain step`` into a pipe and on a terminal, and what ``explain`` says of an entry."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAZUR = ROOT / "samples" / "mazur.yaml"


def test_into_a_pipe_go_all_steps(jacchain):
    done = jacchain("step", MAZUR)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert [f"step {number} of 11   " in text for number in range(1, 12)] == [True] * 11
    assert "P2[1,1] = 0.4·0.1385 + 0.5·(-0.03810) = 0.03635" in text
    assert "\x1b" not in text
    assert "predict" not in text


def test_a_point_without_numbers_is_refused_before_the_first_step(jacchain):
    done = jacchain("step", "-e", "f(x): log(x)", "--at=-1")
    assert (done.returncode, done.stdout) == (4, b"")


class Terminal:
    """A terminal with the program on it, and somebody at the keys."""

    def __init__(self, *words):
        own, theirs = pty.openpty()
        environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-m", "jacchain", *map(str, words)]
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True)
        os.close(theirs)
        self.handle, self.seen = own, b""

    def wait_for(self, words, seconds=30.0):
        end = time.monotonic() + seconds
        while words.encode() not in self.seen:
            ready, _, _ = select.select([self.handle], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{words!r} did not come: {self.seen.decode(errors='replace')!r}"
            self.seen += os.read(self.handle, 65536)

    def type(self, line):
        self._when(canonical=True, keys=line + "\r")

    def press(self, key):
        self._when(canonical=False, keys=key)

    def _when(self, *, canonical, keys):
        """Keys that are pressed before the program is ready for them are lost, as on any terminal."""
        end = time.monotonic() + 30
        while bool(termios.tcgetattr(self.handle)[3] & termios.ICANON) is not canonical:
            assert time.monotonic() < end, "the program does not listen"
            time.sleep(0.01)
        self.seen = b""
        os.write(self.handle, keys.encode())

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.handle)


@pytest.fixture
def terminal():
    """Starts the program on a terminal, and sees to it that it ends."""
    with ExitStack() as opened:

        def start(*words):
            return opened.enter_context(closing(Terminal(*words)))

        yield start


def test_a_class_predicts_looks_and_goes_on(terminal):
    terminal = terminal("step", ROOT / "samples" / "softmax_cross_entropy.yaml")
    terminal.wait_for("what shape is J₁")
    terminal.type("3x3")
    terminal.wait_for("✓ 3x3")
    terminal.wait_for("J₁[1,1]")
    terminal.press("\x1b[B")
    terminal.wait_for("J₁[2,1]")
    terminal.press("\r")
    terminal.wait_for("what shape is J₂")
    terminal.type("7x7")
    terminal.wait_for("✗ not 7x7 but 1x3")
    terminal.press("\r")
    terminal.wait_for("which order is the cheapest")
    terminal.type("\x1b[C")  # an arrow is no answer
    terminal.wait_for("[enter] next")
    assert b"not" not in terminal.seen
    terminal.press("\r")
    terminal.wait_for("what shape is P1")
    terminal.type("")
    terminal.wait_for("P1[1,1] = 0.2247·(-1.517)")
    terminal.press("v")
    terminal.wait_for("P1[1,1] = J₁ᵀ[1,1]·J₂ᵀ[1,1]")
    terminal.press("b")
    terminal.wait_for("step 3 of 5")
    terminal.press("q")
    assert terminal.process.wait(30) == 0


def test_keys_that_come_together_are_all_heeded(terminal):
    terminal = terminal("step", ROOT / "samples" / "widths.yaml")
    terminal.wait_for("what shape is J₁")
    terminal.type("(24, 2)")
    terminal.wait_for("J₁[1,1]")
    terminal.press("\x1b[B" * 6 + "\x1b[C")
    terminal.wait_for("J₁[7,2]")
    assert "▐".encode() in terminal.seen
    terminal.press("\r")
    terminal.wait_for("what shape is J₂")
    terminal.type("b")
    terminal.wait_for("step 1 of")
    terminal.press("q")
    assert terminal.process.wait(30) == 0


def test_interrupting_is_quiet(terminal):
    terminal = terminal("step", MAZUR)
    terminal.wait_for("> ")
    time.sleep(0.2)  # a signal between the prompt and the wait for a key is seen with the key
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.process.wait(30) == 130
    assert b"Traceback" not in terminal.seen


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["P2[1,1]", MAZUR], "P2[1,1] = J₃ᵀ[1,1]·P1[1,1] + J₃ᵀ[1,2]·P1[2,1] = 0.4·0.1385 + 0.5·(-0.03810) = 0.03635"),
        (["J2[2,2]", MAZUR], "J₂[2,2] = ∂act1₂/∂net₂ = act1[2]*(1 - act1[2]) = 0.5969*(1 - 0.5969) = 0.2406"),
        (["J5", MAZUR], "J₅ = ∂E/∂act2 = (o - target)'"),
        (["tanh"], "1 - tanh(x)^2"),
    ],
)
def test_a_matrix_an_entry_a_function_is_explained(jacchain, words, said):
    done = jacchain("explain", *words)
    assert (done.returncode, done.stderr) == (0, b"")
    assert said in done.stdout.decode()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["J9", MAZUR], "there is no matrix `J9`"),
        (["P2[3,1]", MAZUR], "P2 is 2×1 and has no entry 3,1"),
        (["J2[1,1]"], "FILE is missing"),
        (["nothing"], "nothing to explain"),
    ],
)
def test_what_is_not_there_is_a_matter_of_usage(jacchain, words, said):
    done = jacchain("explain", *words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
