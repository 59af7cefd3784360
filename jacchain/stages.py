"""The stages of a chain at its point, one after the other: values, Jacobians, and what there is to say of them.

Here alone it is chosen which engine makes the Jacobian of a stage.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from jacchain.errors import JacchainError, Problem
from jacchain.expression.arithmetic import Array
from jacchain.expression.formula import Formula, derivative_formula
from jacchain.frozen import Frozen, replace
from jacchain.jacobian.accuracy.precision import entry_errors, error_bar, settled_errors, spoilt, value_bar
from jacchain.jacobian.accuracy.rounding import Errors, derivative_error, repeated, stage_errors
from jacchain.jacobian.accuracy.underflow import vanished
from jacchain.jacobian.analytic import differentiate, working_type
from jacchain.jacobian.diagnostic import Diagnostic
from jacchain.jacobian.differences.stage_difference import jacobian_by_differences
from jacchain.jacobian.jacobian import Jacobian
from jacchain.jacobian.judgement.agreement import agreement, is_cheap, is_measured
from jacchain.jacobian.judgement.verdict import Verdict
from jacchain.jacobian.memory import claim_stages
from jacchain.jacobian.nonsmooth.domain import led_here
from jacchain.jacobian.nonsmooth.kinks import Examination, examine, examine_differences
from jacchain.linear.map import LinearMap, Numbers
from jacchain.pipeline.stage import Pipeline, Stage
from jacchain.results import StageResult

BY_HAND = "the file's own `jacobian:` is judged by `check`"
"""What a run, which has no use for it, says of a hand-derived Jacobian."""


class Differentiated(Frozen):
    """Every stage at its point, what there is to say, and why there would be no number but for conventions."""

    stages: tuple[StageResult, ...]
    diagnostics: tuple[Diagnostic, ...]
    refusals: tuple[Problem, ...]


def differentiate_stages(pipeline: Pipeline, *, checked: bool, barred: bool = True) -> Differentiated:
    """Every stage at its point; ``checked`` compares analytic Jacobians with differences where that is cheap.

    ``barred`` looks for entries that rounding has spoilt also where measuring that would take long.
    Raises JacchainError where a value or a derivative is not a finite double (JC40x, JC41x), with the numbers that led there.
    """
    claim_stages(pipeline.stages)
    walk = _Walk(pipeline, checked=checked, barred=barred)
    for stage in pipeline.stages:
        try:
            walk.take(stage)
        except JacchainError as error:
            raise JacchainError(*led_here(error.problems, walk.steps())) from None
    return Differentiated(tuple(walk.results), tuple(walk.diagnostics), tuple(walk.refusals))


class _Walk:
    """The way through a chain as far as it has been gone: ``x`` are the values there, with guard digits.

    ``repetitions`` are the same values as random roundings would have them, None where those take longer than the rest of a run;
    once a stage is ``uncertain``, they are off in all that follow; once one is ``spoilt``, that has been said.
    """

    def __init__(self, pipeline: Pipeline, *, checked: bool, barred: bool) -> None:
        self.pipeline = pipeline
        cheap = is_cheap(pipeline.stages)
        self.checked = checked and cheap
        self.barred = barred or cheap
        measured = is_measured(pipeline.stages) if barred else cheap
        self.x: Array = pipeline.at[None]
        self.repetitions: Array | None = repeated(pipeline.at) if measured else None
        self.uncertain = self.spoilt = False
        self.spellings: dict[int, Callable[[], Formula | None]] = {}
        self.results: list[StageResult] = []
        self.diagnostics: list[Diagnostic] = []
        self.refusals: list[Problem] = []

    def take(self, stage: Stage) -> None:
        """Goes through one more stage."""
        x = self.x.astype(working_type(stage.program))
        errors = None if self.repetitions is None else stage_errors(stage.program, self.repetitions.astype(x.dtype))
        examination, jacobian = self._examined(stage, x, errors)
        if stage.author is not None:
            jacobian = replace(jacobian, remarks=(*jacobian.remarks, BY_HAND))
        derivative = examination.derivative
        value = derivative.values[0].astype(float)
        bar = None if errors is None else value_bar(derivative, errors, jacobian.settled)
        verdict = self._verdict(stage, x[0], jacobian, errors)
        if examination.refusals:
            self.refusals += led_here(examination.refusals, self.steps())
        known = None if errors is None else errors.values
        self.results.append(
            StageResult(stage.index, stage.name, stage.inputs, stage.outputs, value, jacobian, verdict, bar, known)
        )
        self.diagnostics += (*examination.diagnostics, *vanished(stage, derivative, known, jacobian.errors))
        if known is not None and not self.spoilt:
            said = spoilt(stage, value, known, last=stage is self.pipeline.stages[-1])
            self.diagnostics += said
            self.spoilt = bool(said)
        self.uncertain |= bar is not None
        self.x = derivative.values
        self.repetitions = None if errors is None else errors.points

    def steps(self) -> list[tuple[str, Numbers]]:
        """The numbers on the way to the next stage."""
        inputs, at = self.pipeline.stages[0].program.graph.parameters, self.pipeline.at
        given = ((one.name, at[one.start : one.start + one.size]) for one in inputs)
        return [*given, *((result.name, result.value) for result in self.results)]

    def _examined(self, stage: Stage, x: Array, errors: Errors | None) -> tuple[Examination, Jacobian]:
        """What the engine of a stage finds at x."""
        if stage.method == "difference":
            registers = stage.program.registers(x)
            jacobian = jacobian_by_differences(stage, registers)
            return examine_differences(stage, registers, jacobian), jacobian
        examination = examine(stage, differentiate(stage.program, x))
        return examination, self._analytic(stage, examination, errors)

    def _analytic(self, stage: Stage, examination: Examination, measured: Errors | None) -> Jacobian:
        """The Jacobian of a stage in doubles, its formula, and what rounding did to it."""
        derivative, settled = examination.derivative, examination.settled
        linear = derivative.linear.astype(float)
        structure = structure_name(linear, constant=derivative.constant)
        written = cache(partial(derivative_formula, stage.program.graph, stage.outputs))
        spell = self.spellings.setdefault(id(stage.program), written)
        errors = entry_errors(derivative, None if measured is None else measured.entries, settled)
        bar = error_bar(stage.program, derivative, errors) if self.barred else None
        return Jacobian(linear, "analytic", structure, spell, bar, errors=errors, settled=settled)

    def _verdict(self, stage: Stage, x: Array, jacobian: Jacobian, errors: Errors | None) -> Verdict | None:
        """The verdict of differences on an analytic Jacobian, where they were asked for."""
        if not self.checked or jacobian.method != "analytic":
            return None
        entries = errors.entries if errors and not self.uncertain else derivative_error(stage.program, x)
        judged = jacobian.linear, settled_errors(jacobian.linear, entries, jacobian.settled)
        return agreement(stage, x, judged, jacobian.settled)


def structure_name(linear: LinearMap, *, constant: bool) -> str:
    """The most telling name of what holds for every x: the shape of the pattern, else that the numbers are constant."""
    name = linear.structure
    return "constant" if constant and name in {"dense", "scalar", "sparse"} else name
