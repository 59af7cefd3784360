"""What a run yields: frozen values that every output format reads and none computes."""

from __future__ import annotations

from dataclasses import dataclass

from jacchain.chain.plan import Plan, PlannedProduct
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.jacobian import Jacobian
from jacchain.linear.map import LinearMap, Numbers


@dataclass(frozen=True, eq=False)
class PipelineFacts:
    """Which pipeline, and at which point: ``at`` holds one number for each name in ``inputs``."""

    name: str
    description: str
    file: str
    inputs: tuple[str, ...]
    at: Numbers


@dataclass(frozen=True, eq=False)
class StageResult:
    """One function of the chain at its point: ``value`` has one number for each name in ``outputs``."""

    index: int
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    value: Numbers
    jacobian: Jacobian


@dataclass(frozen=True, eq=False)
class ProductResult:
    """One product of the plan, multiplied out: ``linear`` times two to the ``exponent``.

    The exponent is zero unless an entry would overflow a double on the way to a total that does not.
    """

    planned: PlannedProduct
    linear: LinearMap
    exponent: int = 0


@dataclass(frozen=True, eq=False)
class Report:
    """The whole answer: every stage, the plan, every product, and the Jacobian of the chain (``gradient`` at a scalar end)."""

    pipeline: PipelineFacts
    stages: tuple[StageResult, ...]
    plan: Plan
    products: tuple[ProductResult, ...]
    jacobian: LinearMap
    gradient: Numbers | None
    diagnostics: tuple[Diagnostic, ...] = ()
