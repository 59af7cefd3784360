"""A plan is carried out as it says, and numbers leave the range of a double only when the total does."""

from fractions import Fraction
from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.chain.instance import Instance
from jacchain.chain.planner import make_plan
from jacchain.chain.products import carry_out
from jacchain.linear.map import LinearMap
from jacchain.linear.product import multiply


def factors(dims, seed, sparsity=0.0):
    rng = np.random.default_rng(seed)
    shapes = pairwise(dims)
    return [LinearMap.constant(rng.normal(size=shape) * (rng.random(shape) >= sparsity)) for shape in shapes]


def plan_of(maps, order="optimal"):
    return make_plan(Instance.of_patterns([linear.pattern for linear in maps]), order)


@given(
    st.lists(st.integers(1, 5), min_size=3, max_size=7), st.integers(0, 99), st.sampled_from(["optimal", "forward", "reverse"])
)
def test_the_last_product_is_the_product_of_the_chain(dims, seed, order):
    maps = factors(dims, seed, sparsity=0.4)
    results = carry_out(plan_of(maps, order), maps)
    expected = np.linalg.multi_dot([linear.dense[0] for linear in maps])
    np.testing.assert_allclose(results[-1].linear.dense[0], expected, rtol=1e-12, atol=1e-13)
    assert [result.planned.number for result in results] == list(range(1, len(dims) - 1))


@given(st.lists(st.integers(1, 5), min_size=3, max_size=6), st.integers(0, 99))
def test_every_product_has_the_entries_and_the_structure_of_its_plan(dims, seed):
    maps = factors(dims, seed, sparsity=0.6)
    for result in carry_out(plan_of(maps), maps):
        assert result.linear.shape == result.planned.shape
        assert result.linear.pattern.count == result.planned.entries


def test_a_chain_of_one_has_no_products():
    maps = factors((3, 2), 0)
    plan = plan_of(maps)
    assert plan.products == ()
    assert plan.tree == 1
    assert carry_out(plan, maps) == ()


@pytest.mark.parametrize("dtype", [float, np.longdouble])
@pytest.mark.parametrize("order", ["forward", "reverse"])
@pytest.mark.parametrize(
    "scales", [(300, 300, -300, -280), (-300, -300, 300, 290), (200, 200, -300, -90), (-200, -250, 160, 290)]
)
def test_partial_products_outside_the_range_do_not_spoil_the_total(scales, order, dtype):
    entries = np.array([[1.0, 2.0], [3.0, -4.0]])
    maps = [LinearMap.full(dtype(f"1e{scale}") * entries.astype(dtype)) for scale in scales]
    results = carry_out(plan_of(maps, order), maps)
    scale = float(f"1e{sum(scales)}")
    assert results[-1].exponent == 0
    np.testing.assert_allclose(results[-1].linear.dense[0].astype(float), np.linalg.matrix_power(entries, 4) * scale, rtol=1e-14)
    assert all(np.isfinite(result.linear.values.astype(float)).all() for result in results)
    assert all((result.linear.values != 0).all() for result in results)


def test_rescaling_by_powers_of_two_changes_no_digit():
    maps = [LinearMap.full(np.array([[x, 1 / x], [x, 3 * x]])) for x in (1.1, 1.3, 1.7)]
    large = [
        LinearMap(linear.pattern, np.ldexp(linear.values, shift)) for linear, shift in zip(maps, (900, 900, -1000), strict=True)
    ]
    plain, scaled = (carry_out(plan_of(maps, "forward"), some) for some in (maps, large))
    assert scaled[0].exponent > 0
    np.testing.assert_array_equal(scaled[1].linear.values, np.ldexp(plain[1].linear.values, 800))


def test_a_total_beyond_all_doubles_keeps_its_exponent():
    maps = [LinearMap.full(np.full((2, 2), 1e200)) for _ in range(3)]
    last = carry_out(plan_of(maps), maps)[-1]
    assert last.exponent > 0
    assert np.log2(last.linear.dense[0, 0, 0]) + last.exponent == pytest.approx(np.log2(4) + 600 * np.log2(10))


def test_a_total_below_all_doubles_is_zero_or_subnormal():
    maps = [LinearMap.full(np.full((2, 2), 1e-200)) for _ in range(3)]
    first, last = carry_out(plan_of(maps), maps)
    assert (first.linear.values > 0).all()
    assert first.exponent < 0
    assert last.exponent == 0
    assert (last.linear.values == 0).all()


def test_what_is_not_finite_stays_so():
    maps = [LinearMap.full(np.array([[np.inf, 1.0]])), LinearMap.full(np.array([[1.0], [np.nan]]))]
    (result,) = carry_out(plan_of(maps), maps)
    assert np.isnan(result.linear.dense[0, 0, 0])
    assert result.exponent == 0


@pytest.mark.parametrize("scales", [(1e200, 1e200, 1e-300), (1e-200, 1e-250, 1e300), (1e150, 1e150, 1e-250)])
def test_factors_beside_a_large_matrix_may_leave_the_range_too(scales):
    entries = np.random.default_rng(1).normal(size=(80, 80))
    maps = [LinearMap.full(entries), *(LinearMap.diagonal(np.full((1, 80), scale)) for scale in scales)]
    results = carry_out(plan_of(maps, "forward"), maps)
    assert results[-1].exponent == 0
    expected = np.ldexp(entries, int(sum(np.log2(scales))))
    ratio = results[-1].linear.dense[0] / expected
    np.testing.assert_allclose(ratio, np.full((80, 80), ratio[0, 0]), rtol=1e-14)
    assert 0.5 < ratio[0, 0] < 2


def test_large_factors_beside_small_rows_are_no_overflow():
    entries, factors = np.ones((80, 80)), np.full((1, 80), 1e200)
    entries[0], factors[0, 0] = 1e200, 1e-200
    maps = [LinearMap.diagonal(factors), LinearMap.full(entries)]
    (result,) = carry_out(plan_of(maps), maps)
    assert result.exponent == 0
    np.testing.assert_allclose(result.linear.dense[0], factors[0][:, None] * entries)


def test_what_is_too_small_for_a_double_is_counted():
    def vanished(*matrices):
        plan = make_plan(Instance((matrices[0].shape[0], *(matrix.shape[1] for matrix in matrices))))
        return [product.vanished for product in carry_out(plan, [LinearMap.full(matrix[None]) for matrix in matrices])]

    assert vanished(np.array([[1e-200]]), np.array([[1e-200]])) == [1]
    assert vanished(np.array([[1e-200, 0.0], [1.0, 1.0]]), np.array([[1e-200, 0.0], [0.0, 1.0]])) == [1]
    assert vanished(np.array([[1e-200]]), np.array([[1e-200]]), np.array([[1e300]])) == [0, 0]
    assert vanished(np.array([[1.0, 1.0]]), np.array([[1.0], [-1.0]])) == [0]
    assert vanished(np.array([[1e-200, 1.0]]), np.array([[0.0], [0.0]])) == [0]


@given(st.integers(1, 40), st.integers(0, 99), st.booleans(), st.floats(-320, 0))
def test_what_is_too_small_is_counted_in_matrices_of_any_size_and_form(width, seed, is_scaled, power):
    rng = np.random.default_rng(seed)
    left, right = (rng.integers(-1, 2, size=(width, width)) * 2.0 ** rng.integers(-700, 1, width) for _ in range(2))
    factors = 10.0 ** (power * rng.integers(0, 2, width))
    plain = LinearMap.full(factors[:, None] * left)
    maps = [multiply(LinearMap.diagonal(factors[None]), LinearMap.full(left)) if is_scaled else plain, LinearMap.full(right)]
    (result,) = carry_out(plan_of(maps), maps)
    terms = np.abs(np.longdouble(plain.dense[0]))[:, :, None] * np.abs(np.longdouble(right))
    small = (terms.max(1) > 0) & (terms.sum(1) < np.finfo(float).tiny)
    assert result.vanished == (small & (result.linear.dense[0] == 0)).sum()


near_one = st.builds(lambda sign, power: sign * 2.0**power, st.sampled_from([0, 1, 1]), st.integers(-120, 120))
square = st.tuples(near_one, near_one, near_one, near_one)


@given(st.lists(st.tuples(square, st.integers(-900, 900)), min_size=2, max_size=4))
def test_only_what_is_too_large_for_doubles_is_left_with_an_exponent_above_zero(given_factors):
    maps = [LinearMap.full(np.ldexp(np.array(entries).reshape(2, 2), power)) for entries, power in given_factors]
    exact = reduce(np.matmul, (np.vectorize(Fraction, otypes=[object])(linear.dense[0]) for linear in maps))
    last = carry_out(plan_of(maps), maps)[-1]
    assert (last.exponent > 0) == (exact.max() >= Fraction(2) ** 1023)
    assert last.exponent >= 0


def test_a_small_total_of_large_factors_is_not_too_large():
    maps = [LinearMap.full(np.array([[2.0**-1030, 0.0], [0.0, 1.0]])), LinearMap.full(np.array([[2.0], [0.0]]))]
    (result,) = carry_out(plan_of(maps), maps)
    assert (result.exponent, result.linear.dense[0].tolist()) == (0, [[2.0**-1029], [0.0]])
