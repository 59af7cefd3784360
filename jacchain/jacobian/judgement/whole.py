"""The Jacobian of a whole chain against the chain as one function: differences, and witnesses that need fewer numbers.

Every stage can be right and their product wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jacchain.frozen import Frozen
from jacchain.jacobian.analytic import working_type
from jacchain.jacobian.differences.stage_difference import chain_difference
from jacchain.jacobian.judgement.agreement import work
from jacchain.jacobian.judgement.verdict import Verdict, beside_terms, judge
from jacchain.jacobian.judgement.witness import Factors, Witness, complex_obstacle, complex_step, taylor, transpose
from jacchain.jacobian.nonsmooth.through import chain_kinks
from jacchain.jacobian.settled import Kink, Settled
from jacchain.linear.map import LinearMap
from jacchain.linear.pattern import Integers
from jacchain.pipeline.stage import Pipeline, Stage

TOO_LARGE = "is too large to be differenced by every input; a random direction stands for all"


class Product(Frozen):
    """The Jacobian of a chain, what it is a product of, and for each stage what was settled by convention."""

    total: LinearMap
    factors: Factors
    settled: tuple[Settled, ...]

    @property
    def bent(self) -> Integers:
        """The outputs of the chain that some kink reaches."""
        bent = np.zeros(0, np.int64)
        for linear, settled in zip(self.factors.maps, self.settled, strict=True):
            through = linear.pattern.rows[np.isin(linear.pattern.columns, bent)]
            bent = np.union1d(through, settled.bent)
        return bent

    def kinks(self, stages: Sequence[Stage], x: Any) -> tuple[Kink, ...]:
        """The entries of the Jacobian of the chain at x that have no derivative, as far as that is known."""
        if len(stages) == 1:
            return self.settled[0].kinks
        return chain_kinks(stages, x) if self.bent.size else ()


def judge_whole(
    pipeline: Pipeline, product: Product, first: Verdict, left: int
) -> tuple[Verdict | None, tuple[Witness, ...], tuple[str, ...]]:
    """The verdict on the Jacobian of the chain, the witnesses, and remarks; ``left`` is what may be spent on it.

    A chain of one stage has been differenced with it, which ``first`` is the verdict on.
    """
    stages, total = pipeline.stages, product.total
    x = pipeline.at.astype(_type(pipeline))
    remarks = [f"evaluated in {'long double' if x.dtype == np.longdouble else 'double'}"]
    bent, witnesses = product.bent, [transpose(product.factors, total)]
    all_bent = "every output has a kink here" if bent.size == len(stages[-1].outputs) else ""
    if all_bent:
        remarks.append(f"no Taylor remainder: {all_bent}, and no linear approximation")
    else:
        witnesses.insert(0, taylor(stages, x, total, product.factors, bent))
    if first.inputs != stages[0].inputs or (len(stages) > 1 and work(stages, total.pattern) > left):
        return None, tuple(witnesses), (*remarks, f"the chain {TOO_LARGE}")
    bars, size = product.factors.total_bars()
    if obstacle := complex_obstacle(stages, x) or all_bent:
        remarks.append(f"no complex step: {obstacle}")
    else:
        witnesses.insert(-1, complex_step(stages, x, total, bars, bent))
    difference = first.difference if len(stages) == 1 else chain_difference(stages, x, total.pattern)
    judged = total, bars[total.pattern.rows, total.pattern.columns]
    kinks = product.kinks(stages, pipeline.at)
    verdict = judge(stages[-1].outputs, stages[0].inputs, judged, difference, kinks)
    return beside_terms(verdict, size), tuple(witnesses), tuple(remarks)


def _type(pipeline: Pipeline) -> np.dtype[Any]:
    """The numbers the chain is evaluated in: the longest when every stage is small enough for them."""
    types = {working_type(stage.program) for stage in pipeline.stages}
    return np.dtype(float) if np.dtype(float) in types else types.pop()
