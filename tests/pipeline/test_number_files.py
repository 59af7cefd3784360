"""What is accepted in a .npy or .csv file."""

import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from strategies.outcomes import outcome

from jacchain.errors import JacchainError
from jacchain.memory import allowing
from jacchain.pipeline.ledger import MOST
from jacchain.pipeline.number_files import read_csv, read_npy


def npy(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), **options)
    return stream.getvalue()


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


def test_all_bad_cells_are_found_at_once():
    with pytest.raises(JacchainError) as raised:
        read_csv(b"1,a\n2\n3,\nnan,4\n5,6\n", "f.csv")
    assert [problem.span.position for problem in raised.value.problems] == [(1, 3), (2, 1), (3, 3), (4, 1)]
    with pytest.raises(JacchainError) as raised:
        read_csv(b"x\n" * 1000, "f.csv")
    assert len(raised.value.problems) == MOST


@given(st.binary(max_size=40))
def test_any_bytes_are_a_table_or_a_located_problem(content):
    array, problems = outcome(lambda: read_csv(content, "f.csv"))
    assert array is None or np.isfinite(array).all()
    assert all(problem.code == "JC343" for problem in problems)


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
        patch.setattr("jacchain.pipeline.number_files.BLOCK", 5)
        assert np.array_equal(np.ravel(read_csv(text.encode(), "f.csv")), numbers.ravel())
