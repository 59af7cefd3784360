"""Differences beside their peers: accuracy, honesty and time; and verdicts beside those of fixed tolerances.

    python benchmarks/differences.py [chains.json] [functions]

The first table is on verified chains, the second on random functions that nobody has tuned to (500 unless told; this needs
mpmath).  Peers (numdifftools, scipy, jacobi) are used where they are installed.  All get the same functions at the same doubles.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from jacchain.errors import Fragment
from jacchain.expression import Builder, Program, compile_graph, parse
from jacchain.jacobian.accuracy.rounding import derivative_error
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.differences.schemes import SCHEMES, scheme_jacobian
from jacchain.jacobian.differences.stage_difference import stage_difference
from jacchain.jacobian.judgement.verdict import judge
from jacchain.pipeline.stage import Stage

ROUNDS = 3
ORACLES = Path(__file__).parent.parent.parent / "shared" / "oracles" / "chains.json"


@dataclass(frozen=True)
class Case:
    """A stage at a point, and its exact Jacobian there."""

    program: Program
    x: np.ndarray
    truth: np.ndarray


def compiled(names: list[str], formulas: list[str]) -> Program:
    builder = Builder([(name, ()) for name in names], {})
    fragments = [Fragment.whole(formula, "formula") for formula in formulas]
    return compile_graph(builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments]))


def cases(path: Path) -> list[Case]:
    """Every stage of the verified chains.

    The data is exact at exact points, then rounded to doubles; where a later stage gets a rounded point, the truth there is our
    long-double derivative.
    """
    found = []
    for problem in json.loads(path.read_text(encoding="utf-8"))["problems"]:
        x = np.array(problem["x"], float)
        for number, stage in enumerate(problem["stages"]):
            program = compiled(stage["inputs"], [output["expr"] for output in stage["outputs"]])
            if number == 0:
                entries = problem["expected"]["jacobian_per_stage"][0]
                truth = np.array(entries, float).astype(np.longdouble)
            else:
                truth = differentiate(program, x.astype(np.longdouble)[None]).linear.dense[0]
            found.append(Case(program, x, truth))
            x = np.array(problem["expected"]["values_per_stage"][number], float)
    return found


def stage_of(program: Program) -> Stage:
    names = tuple(f"x{j}" for j in range(program.inputs))
    return Stage(1, "f", "f", names, tuple(f"y{i}" for i in range(program.outputs)), program)


def unseen_cases(count: int) -> list[Case]:
    """Random functions over the whole table, with exact derivatives; the seeds are none that a test uses."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    unseen = import_module("strategies.unseen").unseen
    return [Case(case.program, case.point, case.truth[None]) for case in unseen(range(100_000, 100_000 + count))]


Answer = tuple[np.ndarray, np.ndarray | None]


def ours(dtype: type) -> Callable[[Case], Answer]:
    def engine(case: Case) -> Answer:
        found = stage_difference(stage_of(case.program), case.x.astype(dtype))
        return found.matrix, found.bars

    return engine


def one(program: Program) -> Callable[[np.ndarray], np.ndarray]:
    """A stage as peers want it: one point at a time."""
    return lambda x: program.values(np.asarray(x, float).reshape(1, -1))[0]


def numdifftools(case: Case) -> Answer:
    found = import_module("numdifftools").Jacobian(one(case.program), full_output=True)(case.x)
    value, error = (found.estimate, found.error_estimate) if hasattr(found, "estimate") else (found[0], found[1].error_estimate)
    return np.reshape(value, case.truth.shape), np.reshape(error, case.truth.shape)


def jacobi(case: Case) -> Answer:
    value, error = import_module("jacobi").jacobi(one(case.program), case.x)
    return np.reshape(value, case.truth.shape), np.reshape(error, case.truth.shape)


def scipy_differentiate(case: Case) -> Answer:
    def evaluate(points: np.ndarray) -> np.ndarray:
        flat = points.reshape(points.shape[0], -1).T
        return case.program.values(flat).T.reshape(-1, *points.shape[1:])

    found = import_module("scipy.differentiate").jacobian(evaluate, case.x)
    return np.reshape(found.df, case.truth.shape), np.reshape(found.error, case.truth.shape)


def scipy_three_points(case: Case) -> Answer:
    derivative = import_module("scipy.optimize._numdiff").approx_derivative
    return np.reshape(derivative(one(case.program), case.x, method="3-point"), case.truth.shape), None


def fixed(name: str, step: float | None = None) -> Callable[[Case], Answer]:
    def engine(case: Case) -> Answer:
        steps = None if step is None else np.full(case.x.size, step)
        return scheme_jacobian(case.program.values, case.x, SCHEMES[name], steps=steps), None

    return engine


ENGINES: list[tuple[str, str, Callable[[Case], Answer]]] = [
    ("jacchain, long double", "", ours(np.longdouble)),
    ("jacchain, double", "", ours(float)),
    ("numdifftools", "numdifftools", numdifftools),
    ("jacobi", "jacobi", jacobi),
    ("scipy.differentiate", "scipy.differentiate", scipy_differentiate),
    ("scipy 3-point", "scipy.optimize", scipy_three_points),
    ("central, one step", "", fixed("central")),
    ("forward, h = 1e-6", "", fixed("forward", 1e-6)),
]


def is_there(module: str) -> bool:
    try:
        return not module or bool(import_module(module))
    except ImportError:
        return False


def timed(engine: Callable[[Case], Answer], problems: list[Case]) -> tuple[float, list[Answer | None]]:
    answers: list[Answer | None] = []
    start = time.perf_counter()
    for case in problems:
        try:
            answers.append(engine(case))
        except (ValueError, ArithmeticError, IndexError, RuntimeError):
            answers.append(None)
    return time.perf_counter() - start, answers


def accuracy(problems: list[Case]) -> None:
    engines = [(name, engine) for name, module, engine in ENGINES if is_there(module)]
    results = {name: timed(engine, problems) for name, engine in engines}
    times: dict[str, list[float]] = {name: [] for name, _ in engines}
    for _ in range(ROUNDS):
        for name, engine in engines:
            times[name].append(timed(engine, problems)[0])
    count = sum(int((case.truth != 0).sum()) for case in problems)
    print(f"{len(problems)} stages, {count} nonzero entries of {sum(case.truth.size for case in problems)}\n")
    print(f"{'':24} {'median':>8} {'> 1e-8':>14} {'unsaid':>6} {'NaN':>4} {'failed':>6} {'inside its own bar':>22} {'time':>8}")
    for name, _ in engines:
        print(row(name, problems, results[name][1], statistics.median(times[name])))


def row(name: str, problems: list[Case], answers: list[Answer | None], seconds: float) -> str:
    errors, inside, bars, failed, unsaid = [], 0, 0, 0, 0
    for case, answer in zip(problems, answers, strict=True):
        if answer is None:
            failed += 1
            errors += [np.nan] * int((case.truth != 0).sum())
            continue
        value, bar = answer
        nonzero = case.truth != 0
        doubles, size = np.asarray(value, float), np.abs(case.truth)
        errors += list((np.abs(doubles - case.truth) / size)[nonzero].astype(float))
        if bar is not None:
            bars += nonzero.sum()
            rounding = np.spacing(np.abs(case.truth).astype(float))
            apart = np.abs(doubles - case.truth)
            inside += int(((apart <= bar + rounding) | np.isinf(bar))[nonzero].sum())
            unsaid += int((~(np.maximum(apart, 0) <= 1e-8 * size) & (bar <= 1e-8 * size))[nonzero].sum())
    array = np.array(errors)
    bad = f"{int((~(array <= 1e-8)).sum())} ({(~(array <= 1e-8)).mean():.2%})"
    honest = f"{inside}/{bars} ({inside / bars:.2%})" if bars else "no bar"
    median = np.nanmedian(array)
    worse = f"{unsaid}" if bars else "-"
    return f"{name:24} {median:8.1e} {bad:>14} {worse:>6} {int(np.isnan(array).sum()):4} {failed:6} {honest:>22} {seconds:7.3f}s"


# fmt: off
HARD = [
    ("exp(x)", 30.0), ("exp(x)", -30.0), ("sin(1000*x)", 0.37), ("sin(1000000*x)", 0.37), ("sin(x)", 1e6),
    ("cos(2*pi*1024*x)", 0.123), ("sigmoid(x)", 20.0), ("sigmoid(x)", 36.0), ("sigmoid(x)", -36.0), ("tanh(x)", 9.0),
    ("tanh(10000*(x - 0.5))", 0.5001), ("softplus(x)", -50.0), ("log(x)", 1e-6), ("log(x)", 1e6), ("sqrt(x)", 1e-8),
    ("1/x", 1e-3), ("1/x", 1e5), ("x^2", 1e8), ("x^20", 3.0), ("1/(1 + 10000*x^2)", 0.01), ("acos(x)", 0.999999),
    ("atan(100000*x)", 1e-5), ("exp(-1/x^2)", 0.2), ("abs(x)", 1e-7), ("relu(x)", 1e-7), ("x^3", 1e-4), ("exp(-x)", 60.0),
]
POLICIES = [
    # in words; the scheme, its step as a part of 1 and of x, the tolerance as such and as a part of the difference
    ("forward, 1e-6; 1e-6 of the difference (OpenMDAO)",     "forward", (1e-6, 0.0), (0.0,  1e-6)),
    ("central, 1e-6 of x; 1e-8 of the difference (Ceres)",   "central", (0.0, 1e-6), (0.0,  1e-8)),
    ("central, 1e-4; 1e-5 + 1e-5 of the difference (JAX)",   "central", (1e-4, 0.0), (1e-5, 1e-5)),
    ("central, 1e-6; 1e-5 + 1e-3 of the difference (torch)", "central", (1e-6, 0.0), (1e-5, 1e-3)),
]
# fmt: on


def by_policy(policy: tuple, program: Program, x: np.ndarray, value: float) -> str:
    _, scheme, (step, part), (absolute, relative) = policy
    found = scheme_jacobian(program.values, x, SCHEMES[scheme], steps=step + part * np.abs(x))[0, 0]
    return "agree" if abs(value - found) <= absolute + relative * abs(found) else "disagree"


def by_bars(program: Program, x: np.ndarray, factor: float, dtype: type) -> str:
    point = x.astype(dtype)
    linear = differentiate(program, point[None]).linear.astype(float)
    judged = type(linear)(linear.pattern, linear.values * factor), derivative_error(program, point)
    return judge(["y"], ["x"], judged, stage_difference(stage_of(program), point)).judgement


def verdicts() -> None:
    programs = [(compiled(["x"], [formula]), np.array([x])) for formula, x in HARD]
    print(f"\n{len(HARD)} hard functions of one variable, the derivative right, then wrong by a factor 1.0001\n")
    print(f"{'':56} {'false alarms':>12} {'missed':>7} {'cannot tell':>12}")
    for policy in POLICIES:
        rights = [by_policy(policy, p, x, float(differentiate(p, x[None]).linear.dense[0, 0, 0])) for p, x in programs]
        wrongs = [by_policy(policy, p, x, 1.0001 * float(differentiate(p, x[None]).linear.dense[0, 0, 0])) for p, x in programs]
        print(f"{policy[0]:56} {rights.count('disagree'):12} {wrongs.count('agree'):7} {'-':>12}")
    for name, dtype in (("jacchain, bars in long double", np.longdouble), ("jacchain, bars in double", float)):
        rights = [by_bars(p, x, 1.0, dtype) for p, x in programs]
        wrongs = [by_bars(p, x, 1.0001, dtype) for p, x in programs]
        unknown = f"{rights.count('inconclusive')} / {wrongs.count('inconclusive')}"
        print(f"{name:56} {rights.count('disagree'):12} {wrongs.count('agree'):7} {unknown:>12}")


def floor() -> None:
    """One scheme at n = m = 1000 beside the one batched evaluation it cannot do without, and a banded pattern."""
    n = 1000
    matrix = np.random.default_rng(1).normal(size=(n, n)) / n

    def evaluate(points: np.ndarray) -> np.ndarray:
        return np.tanh(points @ matrix.T)

    x = np.linspace(-1, 1, n)
    both = np.concatenate([x + 1e-5 * np.eye(n), x - 1e-5 * np.eye(n)])
    pairs = []
    for _ in range(5):
        start = time.perf_counter()
        evaluate(both)
        middle = time.perf_counter()
        scheme_jacobian(evaluate, x, SCHEMES["central"])
        pairs.append((middle - start, time.perf_counter() - middle))
    least, taken = (statistics.median(part) for part in zip(*pairs, strict=True))
    ratio = f"{1e3 * taken:.0f} ms, the batched evaluation alone {1e3 * least:.0f} ms, ratio {taken / least:.2f}"
    print(f"\ncentral differences, n = m = 1000: {ratio}")


def main() -> None:
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    paths = [Path(argument) for argument in sys.argv[1:] if not argument.isdigit()]
    counts = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    path = paths[0] if paths else Path(os.environ.get("JACCHAIN_CHAINS", ORACLES))
    if path.is_file():
        accuracy(cases(path))
    else:
        print(f"no verified chains at {path}: name the file to see the first table")
    if is_there("mpmath"):
        print("\nrandom functions, ", end="")
        accuracy(unseen_cases(counts[0] if counts else 500))
    verdicts()
    floor()


if __name__ == "__main__":
    main()
