"""Zero patterns against boolean matrices."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies.chains import stair_chains, sub_chains
from strategies.linear import booleans, sizes

from jacchain.linear import pattern as module
from jacchain.linear.pattern import Pattern, multiplications

any_limits = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def matrices(draw):
    return draw(booleans(draw(sizes), draw(sizes)))


@st.composite
def factors(draw):
    m, k, n = draw(sizes), draw(sizes), draw(sizes)
    return draw(booleans(m, k)), draw(booleans(k, n))


@pytest.fixture(params=["ordinary limits", "large", "tiny limits", "tiny limits, dense"])
def limits(request, monkeypatch):
    monkeypatch.setattr(module, "SMALL", module.SMALL if request.param == "ordinary limits" else 0)
    if "tiny" in request.param:
        monkeypatch.setattr(module, "PAIRS", 3)
        monkeypatch.setattr(module, "CROWDED", 100 if "dense" in request.param else 0)


@given(matrices())
def test_a_pattern_is_its_boolean_matrix(matrix):
    pattern = Pattern.from_boolean(matrix)
    assert (pattern.boolean() == matrix).all()
    assert pattern.shape == matrix.shape
    assert pattern.count == matrix.sum()
    assert pattern.is_full == matrix.all()
    assert (pattern.row_counts == matrix.sum(1)).all()
    assert (pattern.column_counts == matrix.sum(0)).all()
    assert pattern.starts.tolist() == [0, *np.cumsum(matrix.sum(1))]
    assert (pattern.keys == np.flatnonzero(matrix)).all()
    assert (pattern.T.boolean() == matrix.T).all()


@given(matrices(), st.randoms(use_true_random=False))
def test_entries_may_come_in_any_order_and_twice(matrix, random):
    entries = [tuple(entry) for entry in np.argwhere(matrix)] * 2
    random.shuffle(entries)
    rows, columns = zip(*entries, strict=True) if entries else ((), ())
    assert Pattern.of(matrix.shape, rows, columns).key == Pattern.from_boolean(matrix).key


@given(matrices(), matrices())
def test_equal_patterns_have_equal_keys(a, b):
    same = a.shape == b.shape and (a == b).all()
    assert (Pattern.from_boolean(a).key == Pattern.from_boolean(b).key) == same


@given(matrices(), st.data())
def test_rows_are_taken_in_the_order_asked_for(matrix, data):
    rows = np.array(data.draw(st.lists(st.integers(0, matrix.shape[0] - 1), min_size=1, max_size=8)))
    assert (Pattern.from_boolean(matrix).take(rows).boolean() == matrix[rows]).all()


@given(st.data(), sizes, sizes)
def test_a_sum_may_be_nonzero_where_a_term_may(data, m, n):
    a, b = data.draw(booleans(m, n)), data.draw(booleans(m, n))
    assert (Pattern.from_boolean(a).union(Pattern.from_boolean(b)).boolean() == (a | b)).all()


@any_limits
@pytest.mark.usefixtures("limits")
@given(pair=factors())
def test_the_product_is_the_boolean_product(pair):
    a, b = pair
    product = Pattern.from_boolean(a) @ Pattern.from_boolean(b)
    assert (product.boolean() == (a.astype(int) @ b.astype(int) > 0)).all()


@given(factors())
def test_multiplications_are_counted_term_by_term(pair):
    a, b = pair
    terms = sum(a[i, t] and b[t, j] for i in range(a.shape[0]) for t in range(a.shape[1]) for j in range(b.shape[1]))
    assert multiplications(Pattern.from_boolean(a), Pattern.from_boolean(b)) == terms


def test_a_large_product_needs_no_large_matrix():
    n = 200_000
    shift = Pattern.of((n, n), np.arange(n), (np.arange(n) + 1) % n)
    assert ((shift @ shift).columns == (np.arange(n) + 2) % n).all()


@pytest.mark.parametrize(
    ("matrix", "name"),
    [
        ([[0, 0], [0, 0]], "zero"),
        ([[1]], "scalar"),
        ([[1, 1]], "dense"),
        ([[1, 1], [1, 1]], "dense"),
        ([[1, 0], [0, 1]], "diagonal"),
        ([[0, 1], [1, 0]], "permutation"),
        ([[1, 0, 0], [1, 1, 0], [0, 1, 1]], "lower triangular"),
        ([[1, 1, 1], [0, 1, 1], [0, 0, 1]], "upper triangular"),
        ([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]], "tridiagonal"),
        (np.abs(np.subtract.outer(range(10), range(10))) <= 2, "banded"),
        ([[0, 1, 0], [1, 0, 0]], "one entry per row"),
        ([[1, 1, 0], [1, 0, 0]], "sparse"),
    ],
)
def test_patterns_have_the_names_people_use(matrix, name):
    assert Pattern.from_boolean(matrix).structure == name


def test_patterns_cannot_be_changed():
    pattern = Pattern.diagonal(3)
    with pytest.raises(ValueError, match="read-only"):
        pattern.rows[0] = 1


def test_a_product_with_nothing_is_nothing_however_large():
    diagonal = Pattern.diagonal(1 << 20)
    for product in (Pattern.zero(0, 1 << 20) @ diagonal, diagonal @ Pattern.zero(1 << 20, 3)):
        assert product.count == 0


@given(matrices())
def test_stairs_are_runs_from_corner_to_corner_whose_neighbours_join(matrix):
    found = Pattern.from_boolean(matrix).stairs
    joined = [np.flatnonzero(matrix[i:j].any(0)) for i in range(len(matrix)) for j in range(i + 1, len(matrix) + 1)]
    runs = all(columns.size and columns[-1] - columns[0] == columns.size - 1 for columns in joined)
    ends = [np.flatnonzero(row)[[0, -1]].tolist() for row in matrix] if runs else []
    steady = all(upper[0] <= lower[0] and upper[1] <= lower[1] for upper, lower in pairwise(ends))
    assert (found is not None) == bool(runs and steady and matrix[0, 0] and matrix[-1, -1])
    if found:
        assert np.transpose(found).tolist() == ends


@given(stair_chains(least=15, most=20))
def test_products_of_stairs_are_stairs(chain):
    product = Pattern.from_boolean(chain[0])
    for matrix in chain[1:]:
        product = product @ Pattern.from_boolean(matrix)
    assert product.stairs
    np.testing.assert_array_equal(product.boolean(), sub_chains(chain)[1, len(chain)])
