"""Constants from files: which paths are opened at all."""

import io
import os

import numpy as np
import pytest

from jacchain.errors import Fragment, JacchainError
from jacchain.memory import allowing
from jacchain.pipeline.document import Scalar
from jacchain.pipeline.parameter_files import ParameterFiles


def scalar(path):
    return Scalar(Fragment.whole(path, "f.yaml"), "text", plain=True)


def npy(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), **options)
    return stream.getvalue()


def refused(files, path):
    with pytest.raises(JacchainError) as raised:
        files.read(scalar(path))
    (problem,) = raised.value.problems
    return problem


@pytest.fixture
def folder(tmp_path):
    inner = tmp_path / "pipeline"
    (inner / "data").mkdir(parents=True)
    (inner / "w.npy").write_bytes(npy([[1.0, 2.0], [3.0, 4.0]]))
    (inner / "data" / "b.csv").write_text("1\n2\n3\n")
    (tmp_path / "secret.csv").write_text("7\n8\n")
    return inner


def test_files_are_read_relative_to_the_folder(folder):
    files = ParameterFiles(folder)
    assert files.read(scalar("w.npy")).tolist() == [[1, 2], [3, 4]]
    assert files.read(scalar("data/b.csv")).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.csv",
        "data/../../secret.csv",
        "/etc/passwd",
        "/etc/x.csv",
        "C:\\x.csv",
        "C:x.csv",
        "data\\b.csv",
        "w.npz",
        "w.pkl",
        "w",
        "",
        ".csv/",
        "con.csv",
        "NUL.npy",
        "data/aux.csv",
        "COM1.csv",
        "http://example.org/x.csv",
        "file:x.csv",
        "a\0.csv",
        "a\n.csv",
        "//x.csv",
        "data//b.csv",
        "~/" * 600 + "x.csv",
        "\\\\host\\x.csv",
    ],
)
def test_paths_are_judged_before_the_file_system_is_asked(path, folder, monkeypatch):
    def asked(*_):
        raise AssertionError("the file system was asked")

    monkeypatch.setattr(os, "open", asked)
    monkeypatch.setattr(os.path, "realpath", asked)
    assert refused(ParameterFiles(folder), path).code == "JC340"


def test_links_are_not_followed(folder, tmp_path):
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "inner.csv").symlink_to(folder / "data" / "b.csv")
    (folder / "elsewhere").symlink_to(tmp_path)
    files = ParameterFiles(folder)
    for path in ("link.csv", "inner.csv", "elsewhere/secret.csv"):
        assert refused(files, path).code == "JC340"


def test_the_folder_itself_may_be_reached_by_a_link(folder, tmp_path):
    (tmp_path / "way").symlink_to(folder)
    assert ParameterFiles(tmp_path / "way").read(scalar("w.npy")).shape == (2, 2)


def test_what_is_not_a_regular_file_is_not_opened_for_long(folder):
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    files = ParameterFiles(folder)
    assert refused(files, "pipe.csv").code == "JC341"
    assert refused(files, "folder.csv").code == "JC341"


def test_a_missing_file_is_said_with_its_neighbour(folder):
    (folder / "data" / "weights.csv").write_text("1\n")
    assert refused(ParameterFiles(folder), "data/wieghts.csv").help == "did you mean `data/weights.csv`?"
    assert refused(ParameterFiles(folder), "other/table.csv").help == "the path is relative to the pipeline file"


def test_further_folders_are_allowed_by_name(folder, tmp_path):
    files = ParameterFiles(folder, (tmp_path,))
    assert files.read(scalar("../secret.csv")).tolist() == [7, 8]
    assert files.read(scalar("secret.csv")).tolist() == [7, 8]
    assert files.read(scalar(str(tmp_path / "secret.csv"))).tolist() == [7, 8]
    assert refused(files, "../../x.csv").code == "JC340"
    assert refused(files, "/etc/x.csv").code == "JC340"


def test_a_pipeline_without_a_folder_has_no_files(folder):
    assert refused(ParameterFiles(None), "w.npy").code == "JC340"
    assert ParameterFiles(None, (folder,)).read(scalar("w.npy")).shape == (2, 2)


def test_large_files_are_refused(folder, monkeypatch):
    monkeypatch.setattr("jacchain.pipeline.number_files.CSV_BYTES", 3)
    with allowing(100):
        assert refused(ParameterFiles(folder), "w.npy").code == "JC451"
    assert refused(ParameterFiles(folder), "data/b.csv").code == "JC343"


def test_a_problem_in_a_file_says_where_it_is_read(folder):
    (folder / "bad.csv").write_text("1\nx\n")
    problem = refused(ParameterFiles(folder), "bad.csv")
    assert str(problem.span) == "bad.csv:2:1"
    assert [str(span) for span, _ in problem.related] == ["f.yaml:1:1"]
