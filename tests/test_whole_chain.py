"""Random chains from the text of the file to the gradient, held to differences of 100 digits of the chain as one function.

Nothing here knows a derivative rule, a product or an order: the truth is the values of the stages alone.
"""

import json

import mpmath
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies.exact import evaluate, exactly
from strategies.expressions import scalars, vectors

from jacchain.check import check
from jacchain.errors import JacchainError
from jacchain.pipeline import load
from jacchain.run import Request, run

CONSTANTS = {
    "W": [[1.5, -0.25, 0.5], [-2, 0.75, 1]],
    "M": [[0.5, -1, 0.25], [1.25, 0.5, -0.75], [-0.5, 2, 1]],
    "b": [0.1, -0.7, 2],
}
NAMES = {"x": "v[1]", "y": "v[2]", "u": "reverse(v)", "w": "v[1:2]"}
POINTS = st.lists(st.floats(-3, 3), min_size=3, max_size=3)


@st.composite
def chains(draw):
    """Two to four functions of three numbers, the last one of them a number or a vector, and a point."""
    texts = [draw(vectors(2)) for _ in range(draw(st.integers(1, 3)))]
    texts.append(draw(st.one_of(scalars(2), vectors(2))))
    functions = {f"f{number}(v[3])": {"let": NAMES, "outputs": text} for number, text in enumerate(texts, 1)}
    return json.dumps({"constants": CONSTANTS, "functions": functions, "at": draw(POINTS)}).encode()


def loaded(text):
    try:
        return load(text, "chain.json")
    except JacchainError as error:
        raise AssertionError(f"{text.decode()}\n{error}") from None


def truth(pipeline):
    """The Jacobian of the chain, ``(m, n)`` numbers of some 40 digits."""
    with mpmath.workdps(100):
        step = mpmath.mpf(10) ** -30

        def value(j, side):
            point = [exactly(number) + (side * step if place == j else 0) for place, number in enumerate(pipeline.at)]
            for stage in pipeline.stages:
                point = evaluate(stage.program.graph, point)
            return np.array(point)

        return np.array([(value(j, 1) - value(j, -1)) / (2 * step) for j in range(len(pipeline.inputs))]).T


def attempted(pipeline, **wishes):
    """A run, where there is one: a point may stand on a switch or outside a domain, which is said and is right to be said."""
    try:
        report = run(pipeline, Request(**wishes))
    except JacchainError as error:
        if error.exit_code != 4:
            raise
        return None
    return None if report.diagnostics else report


@settings(max_examples=60)
@given(chains())
def test_every_digit_that_is_certified_is_right(text):
    pipeline = loaded(text)
    report = attempted(pipeline, certify=True, check=False)
    assume(report is not None)
    enclosure, exact = report.certificate.jacobian, truth(pipeline)
    slack = mpmath.mpf(10) ** -28
    for entry, value in np.ndenumerate(exact):
        low, high = exactly(enclosure.lower[entry]), exactly(enclosure.upper[entry])
        assert low - slack <= value <= high + slack, (text.decode(), entry)


@settings(max_examples=60)
@given(chains())
def test_as_many_digits_are_right_as_are_said_to_survive(text):
    pipeline = loaded(text)
    report = attempted(pipeline, check=False)
    assume(report is not None)
    exact = truth(pipeline)
    for entry, digits in np.ndenumerate(report.digits.surviving):
        if digits < 1:
            continue  # nothing is claimed
        wrong = abs(exactly(report.jacobian.dense[0][entry]) - exact[entry])
        assert wrong <= abs(exact[entry]) * mpmath.mpf(10) ** (1 - float(digits)) + mpmath.mpf(10) ** -28, (text.decode(), entry)


@settings(max_examples=30)
@given(chains())
def test_a_right_chain_is_never_said_to_be_wrong(text):
    pipeline = loaded(text)
    report = attempted(pipeline)
    assume(report is not None)
    assert check(pipeline, report).judgement != "disagree", text.decode()


@settings(max_examples=30)
@given(chains(), st.sampled_from(["forward", "reverse", "optimal"]))
def test_every_order_and_every_mode_yields_the_same(text, order):
    pipeline = loaded(text)
    report = attempted(pipeline, check=False)
    assume(report is not None)
    size = np.abs(report.stages[-1].jacobian.linear.dense[0].astype(float))
    for stage in reversed(report.stages[:-1]):
        size = size @ np.abs(stage.jacobian.linear.dense[0].astype(float))
    for request in (Request(order=order, check=False), Request(mode="matrix-free", check=False)):
        apart = np.abs(run(pipeline, request).jacobian.dense[0] - report.jacobian.dense[0])
        assert apart.max() <= 1e-13 * float(size.max()) + 1e-16  # what cancels inside a stage leaves an ulp of its terms


@settings(max_examples=10)
@given(st.floats(0, 12), st.floats(0.1, 1.4))
def test_a_zero_that_is_left_of_large_terms_is_one(decades, angle):
    """The way to polar coordinates and back: the radius does not depend on the angle, however large it is."""
    functions = {"f(r, t)": ["r*cos(t)", "r*sin(t)"], "g(x, y)": ["x^2 + y^2", "atan2(y, x)"], "h(s, t)": ["sqrt(s)", "t"]}
    pipeline = loaded(json.dumps({"functions": functions, "at": [10**decades, angle]}).encode())
    assert check(pipeline, run(pipeline, Request(check=False))).judgement == "agree"
