"""Reading pipeline files: a matrix of a million written numbers, ten thousand formulas, a small file.

    python benchmarks/pipeline_files.py

Beside ours, interleaved in the same run: what merely parses the same bytes (``json``, or PyYAML with libyaml), without places,
checks or compilation.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import yaml

from jacchain.pipeline import load


def matrix(size: int) -> dict:
    rng = random.Random(1)
    rows = [[rng.gauss(0, 1) for _ in range(size)] for _ in range(size)]
    return {"constants": {"W": rows}, "functions": {"f(x)": "W[1, 1]*x"}, "at": 1}


def formulas(count: int) -> dict:
    outputs = [f"v[{i % 1000 + 1}]*sin(v[{(7 * i) % 1000 + 1}])" for i in range(count)]
    return {"functions": {"f(v)": outputs}, "at": [1.0] * 1000}


def files() -> dict[str, tuple[str, bytes, Callable[[bytes], object]]]:
    large, many = matrix(1000), formulas(10_000)
    written: Any = partial(yaml.dump, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False)
    small = b"functions:\n  polar(r, theta):\n    x: r*cos(theta)\n    y: r*sin(theta)\nat: {r: 2, theta: pi/6}\n"
    return {
        "matrix, JSON": ("f.json", json.dumps(large).encode(), json.loads),
        "matrix, YAML [...]": ("f.yaml", written(large, default_flow_style=None).encode(), parse_yaml),
        "matrix, YAML - ...": ("f.yaml", written(large, default_flow_style=False).encode(), parse_yaml),
        "10,000 formulas": ("f.yaml", written(many, default_flow_style=False).encode(), parse_yaml),
        "small file": ("f.yaml", small, parse_yaml),
    }


def parse_yaml(data: bytes) -> object:
    return yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    print(f"{'':20} {'bytes':>12} {'ours ms':>10} {'parse ms':>10} {'ratio':>7}")
    for name, (file, data, parse) in files().items():
        rounds = 5 if len(data) > 1_000_000 else 30
        pairs = [(seconds(lambda: load(data, file)), seconds(lambda: parse(data))) for _ in range(rounds)]  # noqa: B023
        ours, floor = (statistics.median(times) for times in zip(*pairs, strict=True))
        print(f"{name:20} {len(data):>12,} {ours * 1e3:>10.2f} {floor * 1e3:>10.2f} {ours / floor:>7.2f}")


if __name__ == "__main__":
    main()
