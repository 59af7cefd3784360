"""Products of linear maps against dense products, and against the multiplications they promise."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies.linear import chains

from jacchain.linear import product as module
from jacchain.linear.map import LinearMap, Scaled
from jacchain.linear.pattern import Pattern, multiplications
from jacchain.linear.product import multiply

any_limits = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

LIMITS = {
    "ordinary": {},
    "small": {"TINY": 0},
    "large": {"TINY": 0, "SMALL": 0, "WRITTEN": 0},
    "large and sparse": {"TINY": 0, "SMALL": 0, "WRITTEN": 0, "PAIRS": 3, "CROWDED": 0},
    "large and crowded": {"TINY": 0, "SMALL": 0, "WRITTEN": 0, "PAIRS": 1, "CROWDED": 1000},
}


@pytest.fixture(params=LIMITS)
def limits(request, monkeypatch):
    """What happens at large sizes, made to happen at small ones."""
    for name, value in LIMITS[request.param].items():
        monkeypatch.setattr(module, name, value)


def product(maps):
    total = maps[-1]
    for linear in maps[-2::-1]:
        total = multiply(linear, total)
    return total


@any_limits
@pytest.mark.usefixtures("limits")
@given(maps=chains(3))
def test_products_are_those_of_the_dense_matrices(maps):
    a, b, c = (linear.dense for linear in maps)
    allowed = 1e-14 * (abs(a) @ abs(b) @ abs(c)) + 1e-300
    assert (abs(product(maps).dense - a @ b @ c) <= allowed).all()
    assert (abs(multiply(multiply(*maps[:2]), maps[2]).dense - a @ b @ c) <= allowed).all()


@any_limits
@pytest.mark.usefixtures("limits")
@given(maps=chains(2))
def test_the_pattern_of_a_product_is_the_product_of_the_patterns(maps):
    expected = maps[0].pattern @ maps[1].pattern
    assert (multiply(*maps).pattern.boolean() == expected.boolean()).all()


@any_limits
@pytest.mark.usefixtures("limits")
@given(maps=chains(2), row=st.integers(0, 5))
def test_what_is_undefined_in_one_row_stays_there(maps, row):
    left, right = maps
    row %= left.shape[0]
    spoilt = np.where(left.pattern.rows == row, np.nan, left.values)
    clean, dirty = multiply(left, right), multiply(LinearMap(left.pattern, spoilt), right)
    others = clean.pattern.rows != row
    assert np.allclose(dirty.values[:, others], clean.values[:, others], rtol=1e-12, atol=1e-9)


@any_limits
@pytest.mark.usefixtures("limits")
@given(maps=chains(2), column=st.integers(0, 5))
def test_only_true_dependence_carries_on_what_is_undefined(maps, column):
    left, right = maps
    column %= right.shape[0]
    spoilt = np.where(right.pattern.rows == column, np.nan, right.values)
    dirty = multiply(left, LinearMap(right.pattern, spoilt)).dense
    reached = left.pattern.boolean()[:, column]
    assert np.isfinite(dirty[:, ~reached]).all()


class Counted(np.ndarray):
    """Numbers that count how often they are multiplied."""

    count = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        plain = [value.view(np.ndarray) if isinstance(value, Counted) else value for value in inputs]
        if out is not None:
            options["out"] = tuple(value.view(np.ndarray) if isinstance(value, Counted) else value for value in out)
        result = getattr(ufunc, method)(*plain, **options)
        if ufunc is np.multiply:
            Counted.count += result.size
        if ufunc is np.matmul:
            Counted.count += result.size * plain[0].shape[-1]
        return result.view(Counted) if isinstance(result, np.ndarray) else result


@any_limits
@given(maps=chains(2))
def test_a_product_costs_what_the_patterns_promise(maps, monkeypatch):
    monkeypatch.setattr(module, "TINY", 0)
    maps = [LinearMap(linear.pattern, linear.values[:1].view(Counted), linear.unit) for linear in maps]
    Counted.count = 0
    multiply(*maps).dense  # noqa: B018  (asking for the entries multiplies the factors in)
    assert Counted.count <= multiplications(maps[0].pattern, maps[1].pattern)
    Counted.count = 0
    multiply(LinearMap.identity(maps[0].shape[0]), maps[0])
    multiply(maps[0], LinearMap.identity(maps[0].shape[1]))
    assert Counted.count == 0


def scaled(rng, m, n, rows, columns):
    return LinearMap(Pattern.full(m, n), Scaled(rng.normal(size=(1, m, n)), rows, columns))


@pytest.mark.parametrize(("m", "k", "n"), [(40, 50, 3), (3, 50, 40), (50, 4, 40), (1, 60, 60), (60, 60, 1)])
@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200, 1e-300, 1e300])
def test_waiting_factors_of_any_size_are_as_good_as_written_ones(m, k, n, size):
    rng = np.random.default_rng(m + k + n)
    left = scaled(rng, m, k, np.abs(rng.normal(size=(1, m))) * size, np.abs(rng.normal(size=(1, k))) / size)
    right = scaled(rng, k, n, np.abs(rng.normal(size=(1, k))) * size, np.abs(rng.normal(size=(1, n))) / size)
    got = multiply(left, right).dense
    with np.errstate(all="ignore"):
        a, b = left.dense.astype(np.longdouble), right.dense.astype(np.longdouble)
        expected, allowed = a @ b, 1e-14 * (abs(a) @ abs(b))
    finite = np.isfinite(expected.astype(float))
    assert (abs(got - expected)[finite] <= allowed[finite] + 1e-307).all()


def test_a_narrow_product_never_writes_out_the_scaled_matrix():
    rng = np.random.default_rng(7)
    layer = multiply(LinearMap.diagonal(rng.normal(size=(1, 300))), LinearMap.constant(rng.normal(size=(300, 200))))
    narrow = LinearMap.full(rng.normal(size=(200, 4)))
    expected = layer.given.rows[0][:, None] * layer.given.core[0] @ narrow.dense[0]
    assert np.allclose(multiply(layer, narrow).dense[0], expected, rtol=1e-13, atol=1e-12)
    assert "dense" not in vars(layer)
    assert "values" not in vars(layer)


def test_small_products_are_summed_as_long_as_the_machine_can():
    if np.finfo(np.longdouble).nmant == np.finfo(float).nmant:
        pytest.skip("no longer type here")
    row, column = np.array([[1e16, 1.0, -1e16]]), np.ones((3, 1))
    assert multiply(LinearMap.full(row), LinearMap.full(column)).dense[0, 0, 0] == 1


def test_large_sparse_products_stay_sparse():
    n = 100_000
    rows = np.repeat(np.arange(n), 3)
    columns = (rows + np.tile([0, 1, 2], n)) % n
    band = LinearMap(Pattern.of((n, n), rows, columns), np.ones((1, 3 * n)))
    assert multiply(band, band).pattern.count == 5 * n
