from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jacchain.chain import digits as digits_module
from jacchain.chain.digits import MOST, account
from jacchain.chain.instance import Instance
from jacchain.chain.planner import make_plan
from jacchain.chain.products import carry_out
from jacchain.linear.map import LinearMap


def counted(matrices, bars=()):
    """The digits of J_q … J_1 for dense doubles."""
    dims = (matrices[0].shape[1], *(matrix.shape[0] for matrix in matrices))
    plan = make_plan(Instance(dims))
    jacobians = [LinearMap.full(np.array(matrix, float)[None]) for matrix in matrices]
    return account(plan, jacobians, carry_out(plan, [jacobian.T for jacobian in jacobians]), bars)


entries = st.floats(-4, 4).map(lambda value: value if abs(value) > 1e-3 else 1.0)
chains = st.tuples(
    arrays(float, (3, 2), elements=entries), arrays(float, (2, 3), elements=entries), arrays(float, (2, 2), elements=entries)
)


@settings(max_examples=50)
@given(chains, st.integers(0, 10**6))
def test_perturbed_factors_move_an_entry_by_no_more_than_its_digits_allow(matrices, seed):
    """Fractions are the oracle: each factor is off by half an ulp, the exact product is compared."""
    random = np.random.default_rng(seed)
    found = counted(matrices)

    def exact(shift):
        product = None
        for matrix in matrices:
            moved = [
                [Fraction(x) * (1 + shift * Fraction(int(random.choice([-1, 1]))) / 2**53) for x in row]
                for row in matrix.tolist()
            ]
            product = (
                moved
                if product is None
                else [[sum(a * product[t][j] for t, a in enumerate(row)) for j in range(len(product[0]))] for row in moved]
            )
        return product

    for right, moved, digits in zip(
        np.ravel(np.array(exact(0), object)), np.ravel(np.array(exact(1), object)), found.surviving.ravel(), strict=True
    ):
        assert abs(moved - right) <= abs(right) * Fraction(10.0**-digits * 1.01) or digits == 0


def test_a_product_that_cancels_is_named_with_its_digits():
    found = counted([np.array([[1.0], [1.0]]), np.array([[1.0, -1.0 + 1e-9]])])
    assert found.products[0] == pytest.approx(np.array([[9.3]]), abs=0.1)
    assert found.surviving == pytest.approx(np.array([[6.2]]), abs=0.5)
    assert found.place == "P1"


def test_a_sum_of_one_sign_keeps_its_digits():
    found = counted([np.full((3, 2), 0.7), np.full((1, 3), 1.3)])
    assert (found.surviving > 14.5).all()
    assert found.place == ""


def test_a_total_cancellation_leaves_nothing():
    found = counted([np.array([[1.0], [1.0]]), np.array([[0.3, -0.3]])])
    assert found.surviving.tolist() == [[0.0]]
    assert found.products[0].tolist() == [[MOST]]


def test_what_a_stage_lost_is_charged_to_the_stage():
    found = counted([np.array([[2.0]]), np.array([[3.0]])], [np.array([[2e-7]]), None])
    assert found.stages[0] == pytest.approx(np.array([[7.0]]), abs=0.1)
    assert found.surviving == pytest.approx(np.array([[7.0]]), abs=0.2)
    assert found.place == "J1"


def test_structural_zeros_are_certain():
    diagonal = LinearMap.diagonal(np.array([[2.0, 3.0]]))
    plan = make_plan(Instance((2, 2, 2)))
    found = account(plan, [diagonal, diagonal], carry_out(plan, [diagonal, diagonal]))
    assert found.surviving[0, 1] == MOST
    assert 15 < found.surviving[0, 0] <= MOST


def test_one_function_alone_has_the_digits_of_its_stage():
    found = counted([np.array([[1.0, 2.0]])], [np.array([[1e-3, 1e-16]])])
    assert found.surviving == pytest.approx(np.array([[3.0, MOST]]), abs=0.31)
    assert found.place == "J1"


def test_counting_is_left_out_where_it_would_cost_too_much(monkeypatch):
    monkeypatch.setattr(digits_module, "WORK", 3)
    assert counted([np.ones((2, 2)), np.ones((2, 2))]) is None


def test_exact_factors_of_whole_numbers_lose_nothing_to_the_size_of_their_terms():
    random = np.random.default_rng(3)
    matrices = [random.integers(-1, 2, (6, 6)) + 3 * np.eye(6, dtype=int) for _ in range(8)]
    found = counted(matrices, [np.zeros((6, 6))] * 8)
    assert found.surviving.min() > 13


def test_errors_that_shrink_along_the_chain_are_not_added_up_as_sizes():
    """A rotation that shrinks: the sizes of its entries grow beside the product, the errors do not."""
    turn = 0.9 * np.array([[0.8, -0.6], [0.6, 0.8]])
    found = counted([turn] * 60)
    exact = [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]
    for _ in range(60):
        exact = [[sum(Fraction(turn[i, t]) * exact[t][j] for t in range(2)) for j in range(2)] for i in range(2)]
    assert found.surviving.min() > 12
    powers = np.linalg.matrix_power(np.abs(turn), 60)
    assert (powers > 1e4 * np.abs(np.array(exact, float))).any()


def test_an_entry_too_small_for_a_double_has_no_digits_and_a_very_small_one_few():
    found = counted([np.array([[1e-200], [1.0]]), np.array([[1e-200, 0.0], [1e-120, 0.0], [0.0, 1.0]])])
    assert found.surviving[:, 0].tolist() == [0, pytest.approx(4.3, abs=1.2), pytest.approx(15.4, abs=0.2)]
