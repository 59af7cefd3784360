"""Constants from files: which paths are opened at all, and what is accepted in a .npy or .csv file."""

import io
import os
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from strategies.outcomes import outcome

from jacchain.errors import Fragment, JacchainError
from jacchain.memory import allowing
from jacchain.pipeline.document import Scalar
from jacchain.pipeline.parameter_files import ParameterFiles, read_csv, read_npy


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


dtypes = st.sampled_from([">f2", "<f4", "<f8", ">f8", "|i1", "<i4", ">i8", "|u1", "<u8"])
shapes = arrays.array_shapes(min_dims=0, max_dims=2, min_side=1, max_side=4)


@given(dtypes.flatmap(lambda dtype: arrays.arrays(dtype, shapes, elements=st.integers(0, 100))), st.booleans())
def test_arrays_of_real_numbers_are_read_as_numpy_wrote_them(array, fortran):
    read = read_npy(npy(np.asarray(array, order="F" if fortran else "C")))
    assert read.dtype == float
    assert read.shape == array.shape
    assert np.array_equal(read, array.astype(float))


def test_all_versions_of_the_format_are_read():
    for version in [(1, 0), (2, 0), (3, 0)]:
        assert read_npy(npy([1.0, 2.0], version=version)).tolist() == [1, 2]


GOOD = npy(np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        GOOD[:20],
        GOOD[:-1],
        GOOD + b"\0",
        GOOD.replace(b"<f8", b"<f4"),
        GOOD.replace(b"<f8", b"|O8"),
        GOOD.replace(b"(2, 3)", b"(2,-3)"),
        GOOD.replace(b"(2, 3)", b"(9**9)"),
        GOOD.replace(b"'descr'", b"'desc' "),
        b"PK\x03\x04" + GOOD,
        npy(np.array(["a"])),
        npy(np.array([1j])),
        npy(np.array([True])),
        npy(np.zeros((1, 1, 1))),
        npy(np.zeros(0)),
        npy(np.array([np.nan])),
        npy(np.array([np.inf])),
        npy(np.zeros(2, "f8,f8")),
        npy(np.array(["2020-01-01"], "M8[D]")),
    ],
    ids=range(20),
)
def test_anything_else_is_refused_with_a_reason(content):
    with pytest.raises(ValueError, match=r"^(is|does|has|holds) "):
        read_npy(content)


@given(st.binary(max_size=60), st.integers(0, len(GOOD)), st.integers(0, len(GOOD)))
def test_damaged_files_are_refused_or_read(noise, start, end):
    damaged = GOOD[:start] + noise + GOOD[end:]
    with suppress(ValueError):
        assert np.isfinite(read_npy(damaged)).all()


doubles = st.floats(allow_nan=False, allow_infinity=False)


@given(arrays.arrays(float, arrays.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=5), elements=doubles))
def test_a_table_of_numbers_is_read_exactly(array):
    text = "\n".join(", ".join(map(repr, row)) for row in array.tolist())
    assert np.array_equal(read_csv(b"\xef\xbb\xbf" + text.encode() + b"\r\n\r\n", "f.csv"), array)


def test_one_row_or_one_column_is_a_vector_and_one_cell_a_number():
    assert read_csv(b"1,2,3\n", "f.csv").shape == (3,)
    assert read_csv(b"1\n2\n", "f.csv").shape == (2,)
    assert read_csv(b"1\n", "f.csv").shape == ()


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"", 1, 1),
        (b"\n\n", 1, 1),
        (b"1,2\n3\n", 2, 1),
        (b"1,,2\n", 1, 3),
        (b"a,b\n1,2\n", 1, 1),
        (b"1;2\n", 1, 1),
        (b"1\t2\n", 1, 1),
        (b"1,nan\n", 1, 3),
        (b"1,2\n3,inf\n", 2, 3),
        (b"1, 1e999\n", 1, 3),
        (b'"1",2\n', 1, 1),
        (b"0x10\n", 1, 1),
        (b"1_0\n", 1, 1),
        (b"\xff\n", 1, 1),
        ("٣\n".encode(), 1, 1),
        (b"1 2\n", 1, 1),
        (b"1,2,\n", 1, 5),
        (b"010\n", 1, 1),
    ],
)
def test_a_bad_cell_is_found(content, line, column):
    with pytest.raises(JacchainError) as raised:
        read_csv(content, "f.csv")
    (problem,) = raised.value.problems
    assert problem.code == "JC343"
    assert problem.span.position == (line, column)


@given(st.binary(max_size=40))
def test_any_bytes_are_a_table_or_a_located_problem(content):
    array, problems = outcome(lambda: read_csv(content, "f.csv"))
    assert array is None or np.isfinite(array).all()
    assert all(problem.code == "JC343" for problem in problems)


def test_large_files_are_refused(folder, monkeypatch):
    monkeypatch.setattr("jacchain.pipeline.parameter_files.CSV_BYTES", 3)
    with allowing(100):
        assert refused(ParameterFiles(folder), "w.npy").code == "JC451"
    assert refused(ParameterFiles(folder), "data/b.csv").code == "JC343"


@pytest.mark.parametrize("held", [0, 100])
def test_an_array_is_refused_before_it_is_made_larger_than_its_file(held):
    with allowing(24 * (999 + held)), pytest.raises(JacchainError) as caught:
        read_npy(npy(np.ones(1000, "i1")), held)
    assert caught.value.problems[0].code == "JC451"


@given(st.integers(1, 4), st.integers(1, 40), st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\n \n"]), st.booleans())
def test_a_table_is_the_same_however_it_is_cut(columns, rows, end, closed):
    numbers = np.arange(rows * columns, dtype=float).reshape(rows, columns) / 8
    text = end.join(",".join(map(repr, row)) for row in numbers.tolist()) + end * closed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jacchain.pipeline.parameter_files.BLOCK", 5)
        assert np.array_equal(np.ravel(read_csv(text.encode(), "f.csv")), numbers.ravel())


def test_a_problem_in_a_file_says_where_it_is_read(folder):
    (folder / "bad.csv").write_text("1\nx\n")
    problem = refused(ParameterFiles(folder), "bad.csv")
    assert str(problem.span) == "bad.csv:2:1"
    assert [str(span) for span, _ in problem.related] == ["f.yaml:1:1"]
