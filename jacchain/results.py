"""What a run yields: frozen values that every output format reads and none computes."""

from __future__ import annotations

from dataclasses import dataclass

from jacchain.chain.plan import Plan
from jacchain.chain.products import ProductResult as ProductResult  # noqa: PLC0414 - the result of a product is a result
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
class Report:
    """The whole answer: every stage, the plan, every product, and the Jacobian of the chain (``gradient`` at a scalar end)."""

    pipeline: PipelineFacts
    stages: tuple[StageResult, ...]
    plan: Plan
    products: tuple[ProductResult, ...]
    jacobian: LinearMap
    gradient: Numbers | None
    diagnostics: tuple[Diagnostic, ...] = ()
