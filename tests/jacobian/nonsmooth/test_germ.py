import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jacchain.jacobian.nonsmooth.germ import UNDEFINED, UNKNOWN, Germ, Real, exponential, germ, logarithm, power

coefficients = st.integers(-6, 6).filter(bool)
exponents = st.sampled_from([0.0, 0.5, 1.0, 4 / 3, 2.0, 3.0])


@st.composite
def germs(draw):
    chosen = sorted(draw(st.sets(exponents, min_size=1, max_size=4)))
    return Germ(tuple((e, Real(draw(coefficients))) for e in chosen), 4.0)


def at(x, t):
    return float(sum(c * Real(t) ** Real(e) for e, c in germ(x).terms))


def agrees(x, number, t=1e-4, order=1.5):
    """Equal at a small t up to what the germ leaves open."""
    return abs(at(x, t) - number) <= 1e4 * t**order * max(1.0, abs(number))


@given(germs(), germs())
def test_sums_and_products_are_those_of_the_functions(a, b):
    t = 1e-4
    assert agrees(a + b, at(a, t) + at(b, t))
    assert agrees(a * b, at(a, t) * at(b, t))
    assert agrees(a - b, at(a, t) - at(b, t))


@given(germs(), germs())
def test_a_quotient_times_its_divisor_is_the_dividend(a, b):
    back = (a / b) * b
    known = [e for e, _ in a.terms if e < back.order - 1e-9]
    assert all(float(back.coefficient(e)) == pytest.approx(float(a.coefficient(e)), abs=1e-12) for e in known)


@given(germs())
def test_squares_of_roots_are_what_they_were(a):
    assume(a.sign > 0)
    back = power(a, 0.5) * power(a, 0.5)
    for e, c in a.terms:
        if e < back.order - 1e-9:
            assert float(back.coefficient(e)) == pytest.approx(float(c), abs=1e-10)


@given(germs())
def test_logarithm_undoes_the_exponential(a):
    assume(a.limit != 0 or a.lead > 0)
    back = logarithm(exponential(a))
    for e, c in a.terms:
        if e < back.order - 1e-9:
            assert float(back.coefficient(e)) == pytest.approx(float(c), abs=1e-9)


@given(germs())
def test_the_integral_of_the_derivative_is_the_germ_without_its_limit(a):
    back = a.derivative().integral()
    assert [e for e, _ in back.terms] == [e for e, _ in a.without(0.0).terms]


def test_what_cancels_to_rounding_is_gone():
    t = Germ(((1.0, Real(1)),), 4.0)
    assert not (t * Real("0.1") + t * Real("0.2") - t * (Real("0.1") + Real("0.2"))).terms


def test_the_sign_is_that_of_the_leading_power():
    assert Germ(((1.0, Real(-1)), (2.0, Real(1e6))), 4.0).sign == -1
    assert Germ((), 4.0).sign == 0


def test_leaving_the_domain_is_told_from_not_knowing():
    t = Germ(((1.0, Real(1)),), 4.0)
    assert power(-t, 0.5) is UNDEFINED
    assert logarithm(-t) is UNDEFINED
    assert exponential(1 / t) is UNKNOWN
    assert (UNKNOWN * t).lost == "unknown"
    assert (UNDEFINED * 0).lost == "domain"
    assert (UNKNOWN + UNDEFINED).lost == "domain"


def test_a_logarithm_grows_more_slowly_than_any_power():
    t = Germ(((1.0, Real(1)),), 4.0)
    assert logarithm(t).limit == -math.inf
    assert (t * logarithm(t)).limit == 0
    assert (t * logarithm(t)).lead < 1
    assert (power(t, 0.001) * logarithm(t)).limit == 0


def test_exponentials_of_poles_vanish_faster_than_any_power():
    t = Germ(((1.0, Real(1)),), 4.0)
    assert exponential(-1 / t) == 0


def test_a_limit_is_nan_where_it_is_not_known():
    assert np.isnan(UNDEFINED.limit)
    assert np.isnan(Germ((), -1.0).limit)
