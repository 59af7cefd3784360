"""Exit codes, streams, signals: what a shell sees."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
POLAR = b"functions:\n  polar(r, theta):\n    x: r*cos(theta)\n    y: r*sin(theta)\nat: [2, pi/6]\n"


def test_a_pipeline_on_stdin_is_evaluated(jacchain):
    done = jacchain("run", "-", "--json", stdin=POLAR)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["stages"][0]["outputs"] == ["x", "y"]


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [
        (["run"], b"", 2),
        (["run", "no-such-file.yaml"], b"", 2),
        (["run", "."], b"", 2),
        (["run", "-", "--no-such-option"], POLAR, 2),
        (["no-such-command"], b"", 2),
        (["run", "-"], b"functions: 3\n", 3),
        (["run", "-"], b"", 3),
        (["run", "-"], b"constants: {a: a}\nfunctions:\n  f(x): x\nat: 1\n", 3),
        (["run", "-"], b"functions:\n  f(x): [[]]\nat: 1\n", 3),
        (["run", "-"], b"functions:\n  f(x): {a: []}\nat: 1\n", 3),
        (["run", "-", "--at", "0,nonsense"], POLAR, 2),
        (["run", "-", "--order", "((1"], POLAR, 2),
        (["run", "-e", "f(x): log(x)", "--at", "-1"], b"", 4),
        (["run", "-e", "f(x): exp(x)", "--at", "1000"], b"", 4),
        (["run", "-", "-o", "/no/such/folder/out.json"], POLAR, 74),
    ],
)
def test_a_mistake_has_its_exit_code_one_message_and_no_output(jacchain, words, stdin, code):
    done = jacchain(*words, stdin=stdin)
    assert done.returncode == code
    assert done.stdout == b""
    assert 1 <= len(done.stderr) <= 4000
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["run"], ["plan"]])
def test_a_warning_is_said_on_stderr_and_stops_nothing(jacchain, words):
    done = jacchain(*words, "-", stdin=POLAR.replace(b"at:", b"  g(y, x): x/y\nat:"))
    assert done.returncode == 0
    assert done.stdout
    assert done.stderr.startswith(b"warning[JC390]: ")
    assert b"<stdin>:5:3" in done.stderr


@pytest.mark.parametrize(
    ("words", "coloured"), [(["--color", "always"], True), (["--color=always"], True), (["--color", "never"], False)]
)
def test_errors_have_colour_when_that_is_asked_for(jacchain, words, coloured):
    done = jacchain("run", "no-such-file.yaml", *words, environment={} if coloured else {"FORCE_COLOR": "1"})
    assert (b"\x1b[" in done.stderr) is coloured


def test_with_json_errors_and_warnings_are_json(jacchain):
    odd = jacchain("run", "-", "--json", stdin=POLAR.replace(b"at:", b"  g(y, x): x/y\nat:"))
    assert odd.returncode == 0
    assert [json.loads(odd.stderr)["warnings"][0][key] for key in ("code", "line", "column")] == ["JC390", 5, 3]
    done = jacchain("run", "-", "--json", stdin=b"functions: 3\n")
    assert done.returncode == 3
    assert json.loads(done.stderr)["errors"][0]["code"].startswith("JC")


def test_a_reader_that_goes_away_ends_the_program_quietly(tmp_path):
    rows = ", ".join(["1.5"] * 3000)
    file = tmp_path / "wide.yaml"
    file.write_text(f"constants:\n  w: [{rows}]\nfunctions:\n  f(v[3000]): w*v\nat: {{v: [{rows}]}}\n")
    command = [sys.executable, "-m", "jacchain", "run", str(file), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        process.stdout.close()
        message = process.stderr.read()
        assert process.wait(60) == 141
    assert message == b""


def test_a_closed_stdout_is_noticed():
    command = f"{sys.executable} -m jacchain run -e 'f(x): x^2' --at 3 >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=ENVIRONMENT, timeout=60, check=False)
    assert done.returncode == 74


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_noticed():
    command = f"{sys.executable} -m jacchain run -e 'f(x): x^2' --at 3 > /dev/full"
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=ENVIRONMENT, timeout=60, check=False)
    assert done.returncode == 74
    assert b"JC501" in done.stderr


def test_an_interrupt_leaves_with_130_and_nothing_behind(tmp_path):
    command = [sys.executable, "-m", "jacchain", "run", "-", "-o", str(tmp_path / "out")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        process.stdin.write(POLAR)
        process.stdin.flush()
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert b"Traceback" not in process.stderr.read()
    assert list(tmp_path.iterdir()) == []


def test_output_replaces_a_file_in_one_step_and_keeps_its_mode(jacchain, tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    target.chmod(0o640)
    assert jacchain("run", "-", "--json", "-o", target, stdin=POLAR).returncode == 0
    assert json.loads(target.read_text())["gradient"] is None
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_a_failing_run_does_not_touch_the_output_file(jacchain, tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    assert jacchain("run", "-e", "f(x): log(x)", "--at", "-1", "-o", target).returncode == 4
    assert target.read_text() == "old"


def test_the_same_input_gives_the_same_bytes(jacchain):
    assert jacchain("run", "-", "--json", stdin=POLAR).stdout == jacchain("run", "-", "--json", stdin=POLAR).stdout


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_and_version_import_nothing_heavy(word):
    code = (
        "import sys\ntry:\n    from jacchain.cli.commands import jacchain\n    jacchain.main([sys.argv[1]])\n"
        "except SystemExit:\n    pass\nprint([name for name in ('numpy', 'rich', 'yaml', 'orjson') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, word], capture_output=True, env=ENVIRONMENT, timeout=60, check=True)
    assert done.stdout.decode().splitlines()[-1] == "[]"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_is_not_utf8_gets_ascii(jacchain, encoding):
    done = jacchain("run", "-", stdin=POLAR, environment={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_what_does_not_fit_into_memory_is_refused_with_the_option_that_allows_more(jacchain):
    words = ["run", "-e", "f(v): softmax(v)", "--at", ",".join(["1"] * 300), "--no-check"]
    done = jacchain(*words, "--max-memory", "1M")
    assert (done.returncode, done.stdout) == (4, b"")
    assert b"JC451" in done.stderr
    assert b"--max-memory" in done.stderr
    assert jacchain(*words, "--max-memory", "1G").returncode == 0


def test_a_memory_that_is_no_size_is_a_mistake_of_usage(jacchain):
    done = jacchain("run", "-e", "f(x): x", "--at", "1", "--max-memory", "much")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--max-memory:1:1" in done.stderr


def test_json_has_no_character_that_a_terminal_obeys(jacchain):
    name = "a\x7f\x9b\u200e\u202e\u2066\u2028\ufeffé"
    file = json.dumps({"name": name, "functions": {"f(x)": "x"}, "at": [1]})
    done = jacchain("run", "-", "--json", stdin=file.encode())
    text = done.stdout.decode()
    assert text.removesuffix("\n").isprintable()
    assert json.loads(text)["pipeline"]["name"] == name


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="names of files are text there")
def test_a_file_whose_name_is_no_text_is_read(jacchain, tmp_path):
    file = os.fsencode(tmp_path) + b"/\xff.yaml"
    Path(os.fsdecode(file)).write_bytes(POLAR)
    for words in (["run", "--json"], ["run"], ["plan", "--json"]):
        done = jacchain(*words, os.fsdecode(file))
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_profiler_has_the_last_word():
    words = [sys.executable, "-m", "cProfile", "-m", "jacchain", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout.startswith("jacchain, version")
    assert "function calls" in done.stdout


def test_no_warning_of_a_library_is_seen_unless_it_is_asked_for():
    """As if some operation had been left unguarded."""
    left = "import warnings\nfrom jacchain.cli import boundary\n"
    left += "boundary.outcome = lambda words: warnings.warn('divide by zero', RuntimeWarning) or 0\nboundary.main()\n"
    quiet, asked = (
        subprocess.run([sys.executable, *flags, "-c", left], capture_output=True, text=True, check=True, env=ENVIRONMENT).stderr
        for flags in ([], ["-W", "default"])
    )
    assert quiet == ""
    assert "divide by zero" in asked


@pytest.mark.parametrize("command", ["run", "check", "curve"])
def test_where_an_argument_is_rounded_by_whole_periods_nothing_warns(command):
    for formula, at in [("sin(x)", "1e22"), ("sec(x)", "1e100"), ("sin(sin(x))^3", "1e63")]:
        words = [sys.executable, "-W", "error", "-m", "jacchain", command, "-e", f"f(x): {formula}"]
        words += ["--at", at]
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=ENVIRONMENT)
        assert (done.returncode, done.stderr) == (5 if command == "check" else 0, "")
