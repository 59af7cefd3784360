"""A :class:`Spec` to a :class:`Pipeline`: constants and point evaluated, sizes followed along the chain, functions compiled."""

from __future__ import annotations

from collections import Counter

from jacchain.errors import Problem, Span
from jacchain.expression.arithmetic import Array
from jacchain.pipeline.compiler import Attempt, Compiled, check_names, compile_function
from jacchain.pipeline.constants import Constants
from jacchain.pipeline.ledger import Ledger
from jacchain.pipeline.mismatch import Arrival, misfit, order_warning, wrong_count
from jacchain.pipeline.spec import FunctionSpec, Link, Spec
from jacchain.pipeline.stage import Pipeline, Stage

NAMES = 1 << 20
"""Names of components that all functions may have together."""

UNKNOWN = ("JC251", "JC252", "JC253", "JC254")
"""Codes of mistakes with names, which are mistakes whatever the sizes."""

ANY = 3
"""A number of inputs for looking at a function to which no number arrives."""


def assemble(spec: Spec, constants: Constants, placed: tuple[Array | None, Span | None], file: str, ledger: Ledger) -> Pipeline:
    """The pipeline that a spec describes, at a point that is written at a place.

    Raises JacchainError with every problem of the file.
    """
    for function in spec.functions.values():
        check_names(function, constants, ledger)
    point, written = placed
    chain = _Chain(spec, constants, ledger)
    count = None if point is None else point.size
    stages = chain.stages(Arrival(count, span=written, history=(f"x:{count or '?'}",)))
    chain.check_unused()
    ledger.settle()
    assert point is not None
    point.flags.writeable = False
    return Pipeline(spec.name, spec.description, file, tuple(stages), stages[0].inputs, point, tuple(ledger.warnings))


class _Chain:
    """Follows the sizes along the chain and compiles each function once for each number of inputs."""

    def __init__(self, spec: Spec, constants: Constants, ledger: Ledger) -> None:
        self.spec = spec
        self.constants = constants
        self.ledger = ledger
        self.names = 0
        self.attempts: dict[tuple[str, int], Attempt] = {}

    def stages(self, arrival: Arrival) -> list[Stage]:
        """The stages; fewer when something is wrong, which the ledger then knows."""
        copies = Counter(link.function for link in self.spec.chain if link)
        seen: Counter[str] = Counter()
        stages: list[Stage] = []
        arriving: tuple[str, ...] = ()
        for index, link in enumerate(self.spec.chain, 1):
            if link is None:
                arrival, arriving = Arrival(None, history=("?",)), ()
                continue
            function = self.spec.functions[link.function]
            seen[function.name] += 1
            name = function.name if copies[function.name] == 1 else f"{function.name}#{seen[function.name]}"
            attempt = self.next(function, link, arrival)
            compiled = attempt.compiled
            if compiled and (warning := order_warning(function, compiled.inputs, arriving)):
                self.ledger.warn(warning)
            if compiled:
                stages.append(_stage(index, name, function, compiled))
            arriving = compiled.outputs if compiled else ()
            history = (*arrival.history[-5:], f"{function.name}:{attempt.size or '?'}")
            arrival = Arrival(attempt.size, function, function.signature.span, history)
        return stages

    def next(self, function: FunctionSpec, link: Link, arrival: Arrival) -> Attempt:
        """The function compiled for what arrives, or what is wrong with the parts of it that could be read."""
        if not function.signature.parameters:
            return Attempt(None, None)
        due = function.signature.size
        if due is not None and (problem := wrong_count(function, due, arrival, link.span)):
            self.ledger.add(problem)
        count = arrival.count if due is None else due
        if count is None:
            self.check_alone(function)
            return Attempt(None, None)
        key = (function.name, count)
        if key not in self.attempts:
            self.attempts[key] = self.compile(function, count, arrival)
        return self.attempts[key]

    def compile(self, function: FunctionSpec, count: int, arrival: Arrival) -> Attempt:
        """Compiles a function; what is wrong is written down, with the function before it where sizes do not fit."""
        attempt = self.attempt(function, count)
        for problem in attempt.problems:
            self.ledger.add(misfit(problem, function, arrival, self.constants))
        return attempt

    def attempt(self, function: FunctionSpec, count: int) -> Attempt:
        """Compiles a function unless there are too many names already."""
        self.names += count
        if self.names > NAMES:
            message = f"the functions have more than {NAMES:,} inputs and outputs together"
            return Attempt(None, None, (Problem("JC450", message, function.signature.span, help="work with smaller vectors"),))
        attempt = compile_function(function, count, self.constants)
        self.names += attempt.size or 0
        return attempt

    def check_unused(self) -> None:
        """Looks for mistakes in functions that the chain does not use."""
        used = {link.function for link in self.spec.chain if link}
        for function in self.spec.functions.values():
            if function.name not in used:
                self.check_alone(function)

    def check_alone(self, function: FunctionSpec) -> None:
        """Looks for mistakes in a function that do not depend on how many numbers arrive."""
        size = function.signature.size
        for problem in self.attempt(function, size or ANY).problems:
            if size is not None or problem.code in UNKNOWN:
                self.ledger.add(problem)


def _stage(index: int, name: str, function: FunctionSpec, compiled: Compiled) -> Stage:
    """The stage that a compiled function is at its place in the chain (from 1)."""
    return Stage(
        index,
        name,
        function.name,
        compiled.inputs,
        compiled.outputs,
        compiled.program,
        compiled.author,
        function.method,
        compiled.scale,
        compiled.bounds,
        function.signature.span,
        function.description,
        compiled.author_spans,
    )
