"""The commands that tell about the program itself."""

import json

import pytest


def test_every_sample_that_is_listed_can_be_printed_and_run(jacchain):
    names = [line.split()[0] for line in jacchain("samples").stdout.decode().splitlines()]
    assert len(names) >= 12
    text = jacchain("samples", names[0]).stdout
    assert jacchain("run", "-", stdin=text).returncode == 0


def test_a_sample_is_written_with_the_files_it_refers_to(jacchain, tmp_path):
    assert jacchain("samples", "challenger", "-o", tmp_path / "my.yaml").returncode == 0
    assert jacchain("run", tmp_path / "my.yaml").returncode == 0


def test_a_sample_for_stdout_leaves_no_files_behind(jacchain, tmp_path):
    printed, asked = (jacchain("samples", "challenger", *words, cwd=tmp_path) for words in ([], ["-o", "-"]))
    assert (asked.stdout, asked.stderr) == (printed.stdout, printed.stderr)
    assert not [*tmp_path.iterdir()]


def test_a_sample_that_needs_files_says_how_to_get_them(jacchain):
    printed = jacchain("samples", "challenger")
    assert printed.stderr.decode() == (
        "note: it reads damaged.npy and temperature.csv: `jacchain samples challenger -o challenger.yaml` writes all of it\n"
    )
    assert printed.stdout.startswith(b"# yaml-language-server")


@pytest.mark.parametrize("which", ["input", "instance", "result", "row"])
def test_schemas_are_json(jacchain, which):
    assert json.loads(jacchain("schema", which).stdout)["$schema"].startswith("https://json-schema.org/")


def test_a_code_is_explained_as_it_stands_in_a_message(jacchain):
    assert jacchain("explain", "error[JC201]").stdout.startswith(b"JC201  ")


def test_what_a_code_means_fits_the_width(jacchain):
    lines = jacchain("explain", "JC407", "--width", 60).stdout.decode().splitlines()
    assert lines[0] == "JC407  a kink at the point"
    assert len(lines) > 3
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize("words", [["explain", "JC999"], ["samples", "plar"], ["functions", "tanhh"]])
def test_what_there_is_not_is_said_with_what_may_be_meant(jacchain, words):
    done = jacchain(*words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"help: " in done.stderr


def test_a_function_is_shown_with_its_derivative(jacchain):
    assert b"1 - tanh(x)^2" in jacchain("functions", "tanh").stdout


def test_without_a_command_there_is_help(jacchain):
    done = jacchain()
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"Usage: jacchain")


@pytest.mark.parametrize(
    ("word", "way_out"),
    [("chek", b"`jacchain check`"), ("polar.yaml", b"jacchain run polar.yaml"), ("tensor", b"`jacchain --help`")],
)
def test_a_command_there_is_not_is_answered_with_one_that_there_is(jacchain, word, way_out):
    done = jacchain(word)
    assert (done.returncode, done.stdout) == (2, b"")
    assert way_out in done.stderr


def test_every_command_is_told_on_one_line_of_the_help(jacchain):
    text = jacchain("--help").stdout.decode()
    told = text.partition("Commands:")[2].partition("Start with")[0].strip().splitlines()
    assert len(told) >= 9
    assert all(len(line.split()) > 2 and line.endswith(".") and not line.endswith("...") for line in told)


@pytest.mark.parametrize(
    ("words", "last", "expected"),
    [
        ("jacchain fun", 1, ["plain,functions"]),
        ("jacchain functions tan", 2, ["plain,tan", "plain,tanh"]),
        ("jacchain samples pol", 2, ["plain,polar"]),
        ("jacchain explain jc20", 2, None),
        ("jacchain run sam", 2, ["file,sam"]),
        ("jacchain run x.yaml -o an", 4, ["file,an"]),
    ],
)
def test_shells_complete_names_and_files(jacchain, words, last, expected):
    done = jacchain(environment={"_JACCHAIN_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(last)})
    told = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert told == expected or (expected is None and "plain,JC201" in told)
