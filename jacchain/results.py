"""What a run yields: frozen values that every output format reads and none computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jacchain.chain.products import ProductResult as ProductResult  # noqa: PLC0414 - the result of a product is a result
from jacchain.frozen import Frozen

if TYPE_CHECKING:  # a run that is neither checked nor certified need not load what checks and certifies
    from collections.abc import Mapping, Sequence

    from jacchain.chain.digits import Digits
    from jacchain.chain.plan import Plan
    from jacchain.chain.spectrum import StageSpectrum
    from jacchain.errors import JacchainError, Problem
    from jacchain.jacobian.diagnostic import Diagnostic
    from jacchain.jacobian.jacobian import Jacobian
    from jacchain.jacobian.judgement.diagnosis import Diagnosis
    from jacchain.jacobian.judgement.verdict import Judgement, Verdict
    from jacchain.jacobian.judgement.witness import Witness
    from jacchain.jacobian.nonsmooth.reach import Reach
    from jacchain.linear.enclosure import Enclosure
    from jacchain.linear.map import LinearMap, Numbers

DECLINED = "not asked for"
"""Why there are no differences when nobody wanted any."""


class PipelineFacts(Frozen):
    """Which pipeline, and at which point: ``at`` holds one number for each name in ``inputs``, NaN where a plan needs none."""

    name: str
    description: str
    file: str
    inputs: tuple[str, ...]
    at: Numbers


class StageResult(Frozen):
    """One function of the chain at its point: ``value`` has one number for each name in ``outputs``.

    ``error_bar`` is how far each value may be off, where rounding did more than usual; ``errors`` the same of all values, zero of
    those that are exact, as far as that was measured.  ``agreement`` is the verdict of differences on the Jacobian, None where
    they were not asked or are the Jacobian themselves.
    """

    index: int
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    value: Numbers
    jacobian: Jacobian
    agreement: Verdict | None = None
    error_bar: Numbers | None = None
    errors: Numbers | None = None


class Certificate(Frozen):
    """Proved bounds: every exact number lies in its enclosure, as long as ``assumption`` holds.

    ``values`` and ``jacobians`` have one enclosure a stage, ``(m,)`` and ``(m, n)``; ``products`` one for each product of the
    plan, in its order; ``jacobian`` that of the whole chain.
    """

    values: tuple[Enclosure, ...]
    jacobians: tuple[Enclosure, ...]
    products: tuple[Enclosure, ...]
    jacobian: Enclosure
    assumption: str


class Along(Frozen):
    """The Jacobian of the chain along a vector that somebody asked for: ``wᵀJ``, or ``Jv``."""

    vector: Numbers
    product: Numbers


class Report(Frozen):
    """The whole answer: every stage, the plan, every product, and the Jacobian of the chain (``gradient`` at a scalar end).

    What is ``None`` or empty was not asked for.  ``reach`` says how far each input can move before a derivative may change
    its form, ``unreached`` why that was not worked out.  ``unchecked`` says why there are no differences beside the Jacobians,
    where there are none.  ``seed`` is ``wᵀJ`` for a vector of outputs, ``direction`` is ``Jv`` for one of inputs.
    """

    pipeline: PipelineFacts
    stages: tuple[StageResult, ...]
    plan: Plan
    products: tuple[ProductResult, ...]
    jacobian: LinearMap
    gradient: Numbers | None
    diagnostics: tuple[Diagnostic, ...] = ()
    certificate: Certificate | None = None
    digits: Digits | None = None
    spectra: tuple[StageSpectrum, ...] = ()
    reach: Reach | None = None
    unreached: str = ""
    unchecked: str = ""
    seed: Along | None = None
    direction: Along | None = None


class StageCheck(Frozen):
    """One Jacobian against differences: ``judged`` is ``analytic``, or ``author`` for the hand-derived one of the file."""

    index: int
    name: str
    judged: str
    verdict: Verdict
    diagnoses: tuple[Diagnosis, ...] = ()


class CheckReport(Frozen):
    """Every Jacobian of a chain, and their product, judged; ``total`` is None where the chain is too large for it.

    ``diagnoses`` are those of the product.
    """

    pipeline: PipelineFacts
    stages: tuple[StageCheck, ...]
    total: Verdict | None
    witnesses: tuple[Witness, ...]
    remarks: tuple[str, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()

    @property
    def judgement(self) -> Judgement:
        """The worst of all; a witness that cannot tell counts only where it stands for entries that nobody judged."""
        judgements = [stage.verdict.judgement for stage in self.stages]
        judgements += [] if self.total is None else [self.total.judgement]
        judgements += [witness.judgement for witness in self.witnesses if self.total is None or witness.judgement == "disagree"]
        return max(judgements, key=("agree", "inconclusive", "disagree").index)

    @property
    def exit_code(self) -> int:
        """0 when all agree, 1 when something disagrees, 5 when that could not be decided."""
        return {"agree": 0, "disagree": 1, "inconclusive": 5}[self.judgement]


class Answers(Frozen):
    """A chain at a block of points, a row for each: ``at`` ``(b, n)``, ``value`` ``(b, m)`` and ``jacobian`` ``(b, m, n)``.

    ``first`` is the number of the first row, from 1.  Rows, counted from 0, that have no answer are NaN and have a reason in
    ``failures``; ``remarks`` is what there is to say of others.
    """

    first: int
    at: Numbers
    value: Numbers
    jacobian: Numbers
    remarks: Mapping[int, Sequence[Diagnostic]]
    failures: Mapping[int, JacchainError]

    def said(self, row: int) -> Sequence[Diagnostic | Problem]:
        """What there is to say of a point: why it has no answer, or remarks on the one it has."""
        return self.failures[row].problems[:1] if row in self.failures else self.remarks.get(row, ())

    def codes(self, row: int) -> str:
        """The same as codes."""
        return " ".join(sorted({said.code for said in self.said(row)}))


class FunctionFacts(Frozen):
    """One function of the language: what it takes, its derivative by each argument in the language itself, and an example.

    ``domain`` is where it is defined, ``switch`` an expression at whose zeros the derivative may jump, or the function itself
    where it ``jumps`` (both empty where there is no such place), ``definition`` what an abbreviation stands for.  The example is
    ``value`` and ``jacobian`` at ``point``, one number or vector for each argument; a function that is no function of numbers has
    none.
    """

    name: str
    arguments: tuple[str, ...]
    derivatives: tuple[str, ...]
    kind: str
    says: str = ""
    definition: str = ""
    domain: str = ""
    switch: str = ""
    point: tuple[Numbers, ...] = ()
    value: Numbers | None = None
    jacobian: LinearMap | None = None
    jumps: bool = False
