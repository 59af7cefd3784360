"""What a pipeline file means once it is read: stages in the order in which they are applied, and the point."""

from __future__ import annotations

from typing import Literal

from jacchain.errors import Problem, Span
from jacchain.expression.program import Program
from jacchain.frozen import Frozen, replace
from jacchain.linear.map import Numbers

Method = Literal["analytic", "difference"]


class Stage(Frozen):
    """One function of the chain, ``x⁽ⁱ⁾ = fᵢ(x⁽ⁱ⁻¹⁾)``, compiled.

    ``name`` is what people see (``step#3`` for the third copy of ``step``), ``function`` the name in the file; copies share one
    ``program``.  ``inputs`` and ``outputs`` name every component.  ``author`` computes the hand-derived Jacobian of the file,
    its m·n entries row by row, from the same inputs; ``author_spans`` says where each output of its graph is written.
    ``scale`` ``(n,)`` and ``bounds`` ``(n, 2)`` are for differences.
    """

    index: int
    name: str
    function: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    program: Program
    author: Program | None = None
    method: Method = "analytic"
    scale: Numbers | None = None
    bounds: Numbers | None = None
    span: Span | None = None
    description: str = ""
    author_spans: tuple[Span, ...] = ()


class Pipeline(Frozen):
    """A validated pipeline at its point: ``at`` has one double for each name in ``inputs``.

    ``scalar`` says that the last function has one output, so that the chain ends in a gradient.  ``file`` is the name it is
    shown by; ``warnings`` are located remarks that stop nothing.
    """

    name: str
    description: str
    file: str
    stages: tuple[Stage, ...]
    inputs: tuple[str, ...]
    at: Numbers
    warnings: tuple[Problem, ...] = ()

    def differentiated_by(self, method: Method) -> Pipeline:
        """The same pipeline, every stage with that method in place of its own."""
        return replace(self, stages=tuple(replace(stage, method=method) for stage in self.stages))

    @property
    def scalar(self) -> bool:
        """Whether the end is one number."""
        return len(self.stages[-1].outputs) == 1
