"""The renderer of matrices: it fits, it counts what it leaves out, and what it shows is the matrix."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.reports import anything, looks, matrices

from jacchain.linear.map import LinearMap
from jacchain.report.document import Equation, Formulas, Matrix
from jacchain.report.layout.box import Box, width_of
from jacchain.report.layout.lines import plain
from jacchain.report.layout.matrix import formulas_box, matrix_box
from jacchain.report.layout.strip import entries, strips
from jacchain.report.look import Look

NARROW = Look(width=60)


@st.composite
def shown(draw, largest=24, names=anything):
    m, n = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    linear = draw(matrices(m, n))
    labels = draw(st.booleans())
    rows = tuple(draw(names) for _ in range(m)) if labels else ()
    columns = tuple(draw(names) for _ in range(n)) if labels else ()
    bar = np.abs(draw(st.floats(0, 2)) * np.arange(m * n).reshape(m, n)) if draw(st.booleans()) else None
    marks = [draw(st.one_of(st.none(), st.integers(0, size - 1))) for size in (m, n)]
    return Matrix(linear, draw(anything), rows, columns, error_bar=bar, row=marks[0], column=marks[1])


def text_of(box: Box) -> list[str]:
    return ["".join(run.text for run in line) for line in box.lines]


def body(box: Box) -> list[str]:
    """The lines between brackets."""
    lines = (line.rstrip() for line in text_of(box))
    return [line[re.search(r"[\[⎡⎢⎣]", line).end() : -1] for line in lines if re.search(r"[\]⎤⎥⎦]$", line)]


@given(shown(), looks)
def test_every_line_has_the_width_of_the_box_and_fits(matrix, look):
    box = matrix_box(matrix, look.width, look)
    assert box.width <= look.width
    assert {width_of(line) for line in box.lines} == {box.width}
    assert 0 <= box.axis < len(box.lines)


@given(shown(names=st.text("ab")), looks)
def test_no_number_is_ever_cut(matrix, look):
    m, n = matrix.linear.shape
    whole = {text.strip() for row in entries(matrix, range(m), range(n), look) for text, _ in row}
    signs = {"⋯", "⋮", "...", ":"}
    found = {word for line in body(matrix_box(matrix, look.width, look)) for word in re.findall(r"[^ ▐▌<>]+", line)}
    assert found <= whole | signs


@given(shown(40, st.text("ab")), st.integers(40, 130))
def test_what_is_hidden_is_counted(matrix, width):
    m, n = matrix.linear.shape
    look = Look(width=width)
    box = matrix_box(matrix, width, look)
    lines = [line for line in body(box) if "⋮" not in line]
    columns = [word for word in re.findall(r"[^ ▐▌]+", lines[0]) if word != "⋯"]
    said = " ".join(box.notes)
    for kind, here, there in (("row", len(lines), m), ("column", len(columns), n)):
        found = re.search(rf"{kind}s? [\d–, ]+ hidden \(([\d,]+) of ([\d,]+)\)", said)
        assert (found is None) == (here == there)
        if found:
            assert here + int(found[1].replace(",", "")) == int(found[2].replace(",", "")) == there
            assert "--full" in said


@given(st.integers(1, 60), st.integers(1, 60), st.data(), st.integers(24, 100))
def test_the_chosen_entry_is_always_shown(m, n, data, width):
    row, column = data.draw(st.integers(0, m - 1)), data.draw(st.integers(0, n - 1))
    values = np.zeros((m, n))
    values[row, column] = 7
    look = Look(width=width)
    box = matrix_box(Matrix(LinearMap.full(values), row=row, column=column), width, look)
    opening, closing = look.signs.marks
    assert sum(re.search(rf"{re.escape(opening)} *7 *{re.escape(closing)}", line) is not None for line in body(box)) == 1
    assert box.width <= width


@given(shown(names=st.text("ab")))
def test_with_full_nothing_is_left_out(matrix):
    m, n = matrix.linear.shape
    look = Look(width=60, full=True)
    box = matrix_box(matrix, 60, look)
    words = [word for line in body(box) for word in re.findall(r"[^ ▐▌]+", line)]
    whole = [text for row in entries(matrix, range(m), range(n), look) for text, _ in row]
    assert sorted(words) == sorted(whole)
    assert not any("hidden" in note for note in box.notes)


@given(shown(8), looks)
def test_decimal_points_stand_below_each_other(matrix, look):
    m, n = matrix.linear.shape
    for strip in strips(matrix, range(m), range(n), look):
        points = {text.index(".") for text, role in strip.entries if role in {"number", "negative"} and "." in text}
        units = {
            len(text.rstrip())
            for text, role in strip.entries
            if role in {"zero", "structural"} and not text.strip().startswith("~")
        }
        assert len(points | units) <= 1


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_structural_and_numerical_zeros_are_told_apart(m, n, data):
    linear = data.draw(matrices(m, n))
    dense, present = linear.dense[0], linear.pattern.boolean()
    for i, row in enumerate(entries(Matrix(linear), range(m), range(n), NARROW)):
        for j, (text, role) in enumerate(row):
            assert (role == "structural") == (not present[i, j]) == (text == "·")
            assert (role == "zero") == (present[i, j] and dense[i, j] == 0)
            assert (role == "negative") == (dense[i, j] < 0)


def test_a_number_within_its_error_bar_is_not_told_from_zero():
    linear = LinearMap.full(np.array([[1e-17, 0.5], [0.0, -1e-73], [0.0, 2.0]]))
    bars = np.array([[1e-16, 1e-16], [1e-16, 0.0], [0.0, 0.0]])
    text = plain((Equation((Matrix(linear, error_bar=bars),)),), NARROW).splitlines()
    assert text[:3] == ["⎡ ~0   0.5000 ⎤", "⎢ ~0  -1e-73  ⎥", "⎣  0   2      ⎦"]
    assert text[3].startswith("~0  cannot be told from zero")


def test_rows_and_columns_are_marked_where_asked():
    linear = LinearMap.full(np.array([[0.2247, -0.1598], [-1.5, 2.0]]))
    assert text_of(matrix_box(Matrix(linear, row=0), 60, NARROW)) == ["⎡▐ 0.2247  -0.1598▌⎤", "⎣ -1.5      2      ⎦"]
    assert text_of(matrix_box(Matrix(linear, column=1), 60, NARROW)) == ["⎡  0.2247 ▐-0.1598▌⎤", "⎣ -1.5    ▐ 2     ▌⎦"]


def test_labels_name_rows_and_columns():
    linear = LinearMap.diagonal(np.array([[0.24130, 0.24061]]))
    matrix = Matrix(linear, "", ("act1[1]", "act1[2]"), ("net1[1]", "net1[2]"))
    assert text_of(matrix_box(matrix, 60, NARROW)) == [
        "        net1₁   net1₂   ",
        "act1₁ ⎡ 0.2413  ·      ⎤",
        "act1₂ ⎣ ·       0.2406 ⎦",
    ]
    assert text_of(matrix_box(matrix, 60, Look(width=60, ascii_only=True))) == [
        "          net1[1]  net1[2]  ",
        "act1[1] [ 0.2413   .       ]",
        "act1[2] [ .        0.2406  ]",
    ]


def test_column_labels_give_way_before_columns_do():
    linear = LinearMap.full(np.ones((1, 12)))
    matrix = Matrix(linear, columns=("a_rather_long_name",) * 12)
    assert text_of(matrix_box(matrix, 60, NARROW)) == ["[ " + "  ".join("1" * 12) + " ]"]


def test_a_matrix_too_large_to_be_written_out_is_shown_by_its_corners():
    """Dense it would take eighty gigabytes."""
    linear = LinearMap.diagonal(np.arange(1.0, 100_001.0)[None])
    box = matrix_box(Matrix(linear, "J₁"), 60, NARROW)
    assert box.notes[0].startswith("J₁: rows 6–99995 hidden (99,990 of 100,000), columns ")
    assert text_of(box)[0].startswith("⎡ 1  ·")
    assert "1e+5" in text_of(box)[-1]


def test_a_product_beyond_all_doubles_is_shown_as_what_it_is():
    box = matrix_box(Matrix(LinearMap.full(np.array([[1.5, -1.0]])), exponent=1500), 60, NARROW)
    assert text_of(box) == ["[ 5.261e+451  -3.507e+451 ]"]


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_formulas_stand_in_columns(m, n, data):
    rows = [tuple(data.draw(st.text("xyz+-*( )", min_size=1, max_size=9)) for _ in range(n)) for _ in range(m)]
    box = formulas_box(Formulas(tuple(rows), tuple("f" * m)), NARROW)
    assert {width_of(line) for line in box.lines} == {box.width}
    for line, row in zip(text_of(box), rows, strict=True):
        assert all(entry.strip() in line for entry in row)


def test_a_zero_formula_is_a_structural_zero():
    box = formulas_box(Formulas((("1/x", "0"), ("0", "-y"))), NARROW)
    assert text_of(box) == ["⎡ 1/x   · ⎤", "⎣ ·    -y ⎦"]


@pytest.mark.parametrize("shape", [(17, 1), (200, 3), (1, 400)])
def test_large_matrices_keep_both_ends(shape):
    numbers = np.arange(1.0, shape[0] * shape[1] + 1).reshape(shape)
    text = " ".join(text_of(matrix_box(Matrix(LinearMap.full(numbers)), 60, NARROW)))
    assert "1" in text.split()
    assert str(shape[0] * shape[1]) in text.split()
