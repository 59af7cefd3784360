"""Jacobians and gradients beside numpy written by hand for the one case (the floor) and, where it is installed, casadi.

    python benchmarks/derivatives.py [components | net | points]

``components``: 1,000 and 10,000 written expressions of two or three of as many inputs, from the text to the sparse Jacobian.
casadi gets its expressions by Python's own ``eval``.  ``net``: the full Jacobian of ten layers with a narrow one in the middle.
``points``: the gradient of a small pipeline at a million points, in blocks, with the memory it takes; by hand
also with the slope of tanh that has all its digits where tanh is nearly 1, as ours has; then as a sweep
does it, with guard digits and a look at every point for kinks and failures, beside the same digits by hand.
"""

from __future__ import annotations

import gc
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from jacchain.chain.instance import Instance
from jacchain.chain.planner import make_plan
from jacchain.chain.products import carry_out
from jacchain.cli.boundary import COLLECTION
from jacchain.errors import Fragment
from jacchain.expression import Builder, Program, compile_graph, parse
from jacchain.jacobian.analytic import differentiate
from jacchain.jacobian.directional import linearise
from jacchain.linear.map import LinearMap
from jacchain.pipeline import load
from jacchain.sweep import sweep

try:
    import casadi
except ImportError:
    casadi = None

Works = dict[str, Callable[[], object]]
Constants = dict[str, np.ndarray]
Slope = Callable[[np.ndarray, np.ndarray], np.ndarray]

SHAPES = (
    "{a}*sin(x{i}) + {b}*x{j}",
    "exp(-{a}*x{i})*x{j} - {b}",
    "x{i}*x{j} + {a}*cos({b}*x{k})",
    "tanh({a}*x{i} + {b}*x{j} - x{k})",
    "x{i}/({a} + x{j}^2)",
)
POINTS, BLOCK = 1_000_000, 8_192


def program_of(names: list[str], texts: list[str]) -> Program:
    builder = Builder([(name, ()) for name in names], {})
    fragments = [Fragment.whole(text, "f") for text in texts]
    return compile_graph(builder.graph([builder.output(fragment, parse(fragment)) for fragment in fragments]))


def compared(title: str, works: Works, repeats: int) -> None:
    """Prints the medians of all works, run in turn, and their ratios to the first one."""
    times: dict[str, list[float]] = {work: [] for work in works}
    for _ in range(repeats):
        for work, run in works.items():
            start = time.perf_counter()
            run()
            times[work].append(time.perf_counter() - start)
    found = {work: statistics.median(values) for work, values in times.items()}
    least = next(iter(found.values()))
    line = "   ".join(f"{work} {seconds * 1e3:.4g} ms ({seconds / least:.3g}x)" for work, seconds in found.items())
    print(f"{title:32}{line}", flush=True)


def grouped(kinds: np.ndarray, numbers: np.ndarray, columns: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The partials of all components, each shape in one go: nothing is read, nothing is built."""
    a, b = numbers.T
    u, v, w = x[columns].T
    partials = np.zeros((kinds.size, 3))
    for kind in range(len(SHAPES)):
        here = kinds == kind
        p, q, r, s, t = (part[here] for part in (a, b, u, v, w))
        match kind:
            case 0:
                partials[here, :2] = np.stack([p * np.cos(r), q], 1)
            case 1:
                partials[here, :2] = np.stack([-p * np.exp(-p * r) * s, np.exp(-p * r)], 1)
            case 2:
                partials[here] = np.stack([s, r, -p * q * np.sin(q * t)], 1)
            case 3:
                slope = 1 - np.tanh(p * r + q * s - t) ** 2
                partials[here] = np.stack([p * slope, q * slope, -slope], 1)
            case 4:
                below = p + s * s
                partials[here, :2] = np.stack([1 / below, -2 * r * s / below**2], 1)
    return partials


def components(count: int, repeats: int) -> None:
    random = np.random.default_rng(count)
    kinds, numbers = random.integers(len(SHAPES), size=count), random.uniform(0.5, 2, (count, 2)).round(4)
    columns = np.stack([random.choice(count, 3, replace=False) for _ in range(count)])
    names, x = [f"x{k}" for k in range(count)], random.uniform(0.2, 1, count)
    texts = [
        SHAPES[kind].format(a=a, b=b, i=i, j=j, k=k)
        for kind, (a, b), (i, j, k) in zip(kinds, numbers, columns.tolist(), strict=True)
    ]

    def ours() -> LinearMap:
        return differentiate(program_of(names, texts), x[None]).linear

    def theirs() -> object:
        symbols = casadi.SX.sym("x", count)
        scope = {f"x{k}": symbols[k] for k in range(count)}
        scope |= {name: getattr(casadi, name) for name in ("sin", "cos", "exp", "tanh")}
        made = casadi.vertcat(*[eval(text.replace("^", "**"), scope) for text in texts])
        return casadi.Function("J", [symbols], [casadi.jacobian(made, symbols)])(x)

    linear, partials = ours(), grouped(kinds, numbers, columns, x)
    dense = linear.values[0][np.lexsort((linear.pattern.columns, linear.pattern.rows))]
    rows, places = np.nonzero(partials)
    order = np.lexsort((columns[rows, places], rows))
    np.testing.assert_allclose(dense, partials[rows, places][order], rtol=1e-12)
    works: Works = {"floor": lambda: grouped(kinds, numbers, columns, x), "ours": ours}
    compared(f"{count:,} components", works | ({"casadi": theirs} if casadi else {}), repeats)


def net(width: int, repeats: int) -> None:
    random = np.random.default_rng(width)
    widths = [width] * 5 + [16] + [width] * 5
    matrices = [random.normal(size=(m, n)) / n**0.5 for n, m in pairwise(widths)]
    programs = []
    for n, matrix in zip(widths, matrices, strict=False):
        builder, fragment = Builder([("v", (n,))], {"W": matrix}), Fragment.whole("tanh(W @ v)", "f")
        programs.append(compile_graph(builder.graph([builder.output(fragment, parse(fragment))])))
    x = random.normal(size=widths[0])

    def ours() -> np.ndarray:
        values, jacobians = x[None], []
        for program in programs:
            derivative = differentiate(program, values)
            jacobians.append(derivative.linear)
            values = derivative.values
        factors = [linear.T for linear in jacobians]
        plan = make_plan(Instance.of_patterns([factor.pattern for factor in factors]))
        return carry_out(plan, factors)[-1].linear.T.dense[0]

    def floor() -> np.ndarray:
        values, slopes = x, []
        for matrix in matrices:
            values = np.tanh(matrix @ values)
            slopes.append(1 - values * values)
        right = slopes[4][:, None] * matrices[4]
        for layer in (3, 2, 1, 0):
            right = (right * slopes[layer]) @ matrices[layer]
        left = slopes[5][:, None] * matrices[5]
        for layer in (6, 7, 8, 9):
            left = slopes[layer][:, None] * (matrices[layer] @ left)
        return left @ right

    np.testing.assert_allclose(ours(), floor(), rtol=1e-8, atol=1e-12)
    compared(f"net {width} ... 16 ... {width}", {"floor": floor, "ours": ours}, repeats)


def by_hand(places: np.ndarray, constants: Constants, slope: Slope, dtype: type = float) -> np.ndarray:
    """The gradients of the pipeline of ``points``, in numbers of one type."""
    a, b, c = (numbers.astype(dtype) for numbers in constants.values())
    found = np.empty((POINTS, 3))
    for first in range(0, POINTS, BLOCK):
        u = np.tanh(into_u := places[first : first + BLOCK].astype(dtype, copy=False) @ a.T)
        v = np.tanh(into_v := u @ b.T)
        rows = (2 * (v @ c))[:, None] * c * slope(into_v, v)
        found[first : first + BLOCK] = ((rows @ b) * slope(into_u, u)) @ a
    return found


def stable_slope(x: np.ndarray, _: np.ndarray) -> np.ndarray:
    t = np.exp(-2 * np.abs(x))
    return 4 * t / np.square(1 + t)


def points(repeats: int) -> None:
    random = np.random.default_rng(3)
    constants = {"A": random.normal(size=(4, 3)), "B": random.normal(size=(4, 4)), "c": random.normal(size=4)}
    programs = []
    for size, text in ((3, "tanh(A @ v)"), (4, "tanh(B @ v)"), (4, "(c @ v)^2")):
        builder, fragment = Builder([("v", (size,))], constants), Fragment.whole(text, "f")
        programs.append(compile_graph(builder.graph([builder.output(fragment, parse(fragment))])))
    places, gradients = random.normal(size=(POINTS, 3)), np.empty((POINTS, 3))
    one = LinearMap.full(np.ones((1, 1)))

    def ours() -> np.ndarray:
        for first in range(0, POINTS, BLOCK):
            values, stages = places[first : first + BLOCK], []
            for program in programs:
                stages.append(linearise(program, values))
                values = stages[-1].values
            rows = one
            for stage in reversed(stages):
                rows = stage.adjoint(rows)
            gradients[first : first + BLOCK] = rows.dense[:, 0]
        return gradients

    def floor() -> np.ndarray:
        return by_hand(places, constants, lambda _, y: 1 - y * y)

    matrices = {name: numbers.tolist() for name, numbers in constants.items()}
    functions = {"u(v[3])": "tanh(A @ v)", "w(v)": "tanh(B @ v)", "L(v)": "(c @ v)^2"}
    pipeline = load(json.dumps({"constants": matrices, "functions": functions}).encode(), "points.json", needs_point=False)

    def swept() -> np.ndarray:
        for part in sweep(pipeline, places):
            gradients[part.first - 1 : part.first - 1 + len(part.at)] = part.jacobian[:, 0]
        return gradients

    def guarded() -> np.ndarray:
        return by_hand(places, constants, stable_slope, np.longdouble)

    np.testing.assert_allclose(swept(), floor(), rtol=1e-9, atol=1e-11)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours()
    swept()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    np.testing.assert_allclose(ours(), floor(), rtol=1e-9, atol=1e-11)
    works: Works = {"floor": floor, "right in saturation": lambda: by_hand(places, constants, stable_slope), "ours": ours}
    compared(f"{POINTS:,} points (+{grown:.0f} MiB)", works, repeats)
    compared("the same with guard digits", {"floor": guarded, "sweep": swept}, repeats)


def main() -> None:
    gc.set_threshold(*COLLECTION)  # as in the program itself
    chosen = sys.argv[1:] or ["components", "net", "points"]
    if "components" in chosen:
        components(1_000, 7)
        components(10_000, 3)
    if "net" in chosen:
        net(512, 15)
        net(1024, 7)
    if "points" in chosen:
        points(3)


if __name__ == "__main__":
    main()
