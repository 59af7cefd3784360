"""A :class:`Spec` to a :class:`Pipeline`: constants and point evaluated, sizes followed along the chain, functions compiled."""

from __future__ import annotations

from collections import Counter

from jacchain.errors import JacchainError, Problem
from jacchain.expression.builder import Budget
from jacchain.pipeline.compiler import Compiled, check_names, compile_function
from jacchain.pipeline.constants import Constants
from jacchain.pipeline.ledger import Ledger
from jacchain.pipeline.mismatch import Arrival, misfit, order_warning, wrong_count
from jacchain.pipeline.point import point_of
from jacchain.pipeline.spec import FunctionSpec, Link, Placed, Spec
from jacchain.pipeline.stage import Pipeline, Stage

NAMES = 1 << 21
"""Names of components that all functions may have together."""


def assemble(spec: Spec, constants: Constants, at: Placed | None, file: str, ledger: Ledger) -> Pipeline:
    """The pipeline that a spec describes, at its point.

    Raises JacchainError with every problem of the file.
    """
    for function in spec.functions.values():
        check_names(function, constants, ledger)
    first = spec.functions[spec.chain[0].function]
    point = point_of(first.signature, at, constants, ledger) if first.signature.parameters else None
    chain = _Chain(spec, constants, ledger)
    stages = chain.stages(None if point is None else point.size)
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
        self.budget = Budget()
        self.names = 0
        self.compiled: dict[tuple[str, int], Compiled | None] = {}

    def stages(self, count: int | None) -> list[Stage]:
        """The stages; fewer when something is wrong, which the ledger then knows."""
        copies = Counter(link.function for link in self.spec.chain)
        seen: Counter[str] = Counter()
        stages: list[Stage] = []
        arrival = Arrival(count, history=(f"x:{count or '?'}",))
        previous: Compiled | None = None
        for index, link in enumerate(self.spec.chain, 1):
            function = self.spec.functions[link.function]
            seen[function.name] += 1
            name = function.name if copies[function.name] == 1 else f"{function.name}#{seen[function.name]}"
            compiled = self.next(function, link, arrival)
            if compiled and previous and (warning := order_warning(function, compiled, previous)):
                self.ledger.warn(warning)
            if compiled:
                stages.append(_stage(index, name, function, compiled))
            made = len(compiled.outputs) if compiled else None
            arrival = Arrival(made, function, (*arrival.history[-5:], f"{function.name}:{made or '?'}"))
            previous = compiled
        return stages

    def next(self, function: FunctionSpec, link: Link, arrival: Arrival) -> Compiled | None:
        """The function compiled for what arrives, ``None`` when that cannot be done."""
        if not function.whole:
            return None
        due = function.signature.size
        if due is not None and (problem := wrong_count(function, due, arrival, link.span)):
            self.ledger.add(problem)
        count = arrival.count if due is None else due
        if count is None:
            self.check_alone(function)
            return None
        key = (function.name, count)
        if key not in self.compiled:
            self.compiled[key] = self.compile(function, count, arrival)
        return self.compiled[key]

    def compile(self, function: FunctionSpec, count: int, arrival: Arrival) -> Compiled | None:
        """Compiles a function; what is wrong is written down, with the function before it where sizes do not fit."""
        try:
            compiled = compile_function(function, count, self.constants, self.budget)
        except JacchainError as error:
            for problem in error.problems:
                self.ledger.add(misfit(problem, function, arrival, self.constants))
            return None
        self.names += len(compiled.inputs) + len(compiled.outputs)
        if self.names > NAMES:
            message = f"the functions have more than {NAMES:,} inputs and outputs together"
            self.ledger.add(Problem("JC450", message, function.signature.span, help="work with smaller vectors"))
        return compiled

    def check_unused(self) -> None:
        """Looks for mistakes in functions that the chain does not use."""
        used = {link.function for link in self.spec.chain}
        for function in self.spec.functions.values():
            if function.whole and function.name not in used:
                self.check_alone(function)

    def check_alone(self, function: FunctionSpec) -> None:
        """Looks for mistakes in a function that do not depend on how many numbers arrive."""
        size = function.signature.size
        try:
            compile_function(function, size or 3, self.constants, self.budget)
        except JacchainError as error:
            for problem in error.problems:
                if size is not None or problem.code in {"JC251", "JC252", "JC253", "JC254"}:
                    self.ledger.add(problem)


def _stage(index: int, name: str, function: FunctionSpec, compiled: Compiled) -> Stage:
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
    )
