"""How long the program takes to start beside the least it could take: the interpreter with the libraries that it stands on.

    PYTHONPATH=. python benchmarks/startup.py

Every line is a process of its own: processor time (user and system), which other programs on the machine change little, the
median of several rounds in which all take turns, after one that compiles what is not compiled yet.  Floors: click where no
numbers are needed; numpy, click, PyYAML for a run.  A floor ends as any script does, with everything taken apart, which the
program spares itself.
"""

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 15
ROOT = Path(__file__).parents[1]
SAMPLE = str(ROOT / "samples" / "vector_chain.yaml")
PROGRAM = ("-c", "from jacchain.cli import main; main()")
"""What the script does that pip installs."""
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Every module is compiled once, as by an installation."""
BARE, WHOLE = "import click", "import numpy, click, yaml"


def spent(*words):
    """Milliseconds of processor time that a process takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=COMPILED)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1_000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def main():
    starts = {
        "floor: click": ("-c", BARE),
        "--version": (*PROGRAM, "--version"),
        "--help": (*PROGRAM, "--help"),
        "plan --dims": (*PROGRAM, "plan", "--dims", "25,20,10,5"),
        "plan --dims --json": (*PROGRAM, "plan", "--dims", "25,20,10,5", "--json"),
        "floor: numpy, click, yaml": ("-c", WHOLE),
        "run --json": (*PROGRAM, "run", SAMPLE, "--json"),
        "run --json --no-check": (*PROGRAM, "run", SAMPLE, "--json", "--no-check"),
        "run": (*PROGRAM, "run", SAMPLE),
    }
    times = {name: [] for name in starts}
    for number in range(ROUNDS + 1):
        for name, words in starts.items():
            taken = spent(*words)
            if number:
                times[name].append(taken)
    floor = 1.0
    for name, found in times.items():
        middle = statistics.median(found)
        floor = middle if name.startswith("floor") else floor
        print(f"  {name:28} {middle:7.1f} ms   {middle / floor:5.2f}x its floor")


if __name__ == "__main__":
    main()
