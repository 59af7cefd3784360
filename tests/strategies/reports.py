"""Random reports: chains of any shape with awkward numbers and names, planned and multiplied out as a run does it."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jacchain.chain.instance import Instance
from jacchain.chain.planner import make_plan
from jacchain.chain.products import carry_out
from jacchain.expression.formula import Formula
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.jacobian import Jacobian
from jacchain.linear.map import LinearMap
from jacchain.linear.pattern import Pattern
from jacchain.report.look import Look
from jacchain.results import PipelineFacts, Report, StageResult

awkward = st.sampled_from([0.0, -0.0, 0.25, 1.0, -1.0, 0.1, 99999.96, 0.00099996, 9.9996, 1e-73, -5e-324, 1.7e308, 123456.7, 1e5])
numbers = st.one_of(awkward, st.floats(-1e4, 1e4), st.floats(allow_nan=False, allow_infinity=False))
"""Finite doubles of every size, those that are hard to round among them."""

anything = st.text(max_size=20)
"""Any text at all: control characters, bidirectional marks, halves of surrogate pairs, wide letters."""

looks = st.builds(
    Look,
    width=st.integers(40, 130),
    digits=st.integers(1, 17),
    colour=st.booleans(),
    ascii_only=st.booleans(),
    full=st.booleans(),
)


@st.composite
def matrices(draw, m, n, elements=numbers):
    """A linear map with awkward numbers: dense, or on a pattern with structural zeros."""
    if draw(st.booleans()):
        return LinearMap.full(draw(arrays(float, (1, m, n), elements=elements)))
    pattern = Pattern.from_boolean(draw(arrays(bool, (m, n))))
    return LinearMap(pattern, draw(arrays(float, (1, pattern.count), elements=elements)))


def _spelled(draw, m, n):
    entries = st.lists(st.lists(anything, min_size=n, max_size=n).map(tuple), min_size=m, max_size=m).map(tuple)
    matrix = st.one_of(anything, st.just("diag(x) @ " * 60 + "W"))
    formula = draw(st.one_of(st.none(), st.builds(Formula, entries=entries), st.builds(Formula, matrix=matrix)))
    return lambda: formula


def _components(name, size):
    return (name,) if size == 1 else tuple(f"{name}[{number}]" for number in range(1, size + 1))


@st.composite
def reports(draw, longest=5, widest=5):
    """A report of a chain whose names and formulas are any text and whose numbers are moderate, so that products are finite."""
    widths = draw(st.lists(st.integers(1, widest), min_size=2, max_size=longest + 1))
    names = draw(st.lists(anything, min_size=len(widths), max_size=len(widths)))
    moderate = st.one_of(st.sampled_from([0.0, 1.0, -1.0, 1e-9]), st.floats(-9, 9))
    jacobians = [draw(matrices(m, n, moderate)) for n, m in pairwise(widths)]
    stages = tuple(
        StageResult(
            index,
            names[index],
            _components(names[index - 1], linear.shape[1]),
            _components(names[index], linear.shape[0]),
            draw(arrays(float, linear.shape[0], elements=numbers)),
            Jacobian(linear, draw(st.sampled_from(["analytic", "difference"])), linear.structure, _spelled(draw, *linear.shape)),
        )
        for index, linear in enumerate(jacobians, 1)
    )
    factors = [linear.T for linear in jacobians]
    plan = make_plan(Instance.of_patterns([factor.pattern for factor in factors]), draw(st.sampled_from(["optimal", "forward"])))
    products = carry_out(plan, factors)
    total = products[-1].linear if products else factors[0]
    gradient = np.ascontiguousarray(total.dense[0, :, 0]) if widths[-1] == 1 else None
    at = draw(arrays(float, widths[0], elements=numbers))
    facts = PipelineFacts(draw(anything), draw(anything), draw(anything), _components(names[0], widths[0]), at)
    return Report(facts, stages, plan, products, total.T, gradient, draw(st.lists(diagnostics(), max_size=2).map(tuple)))


@st.composite
def diagnostics(draw):
    """A remark on a point."""
    side = st.one_of(st.none(), st.sampled_from(["inf", "domain"]), numbers)
    clarke = draw(st.one_of(st.none(), st.tuples(numbers, numbers)))
    return Diagnostic(
        "kink",
        "JC421",
        draw(anything),
        left=draw(side),
        right=draw(side),
        clarke=clarke,
        used=draw(st.one_of(st.none(), numbers)),
    )
