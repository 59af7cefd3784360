"""The house rules of the package: which room may know which, and what no room may do."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "jacchain"

ROOMS = {
    "__init__": set(),
    "frozen": set(),
    "errors": set(),
    "codes": set(),
    "memory": {"errors"},
    "linear": {"errors"},
    "expression": {"errors", "memory", "linear"},
    "pipeline": {"errors", "memory", "linear", "expression"},
    "jacobian": {"errors", "memory", "linear", "expression", "pipeline.stage"},
    "chain": {"errors", "linear"},
    "results": {"errors", "linear", "chain", "jacobian"},
    "certify": {"errors", "linear", "expression", "pipeline", "jacobian", "chain", "results"},
    "reference": {"errors", "linear", "expression", "jacobian", "results"},
    "stages": {"errors", "linear", "expression", "pipeline", "jacobian", "results"},
    "run": {"errors", "linear", "expression", "pipeline", "jacobian", "chain", "results", "certify", "stages"},
    "check": {"errors", "linear", "expression", "pipeline", "jacobian", "chain", "results", "run"},
    "sweep": {"errors", "linear", "expression", "pipeline", "jacobian", "chain", "results", "run"},
    "report": {
        "errors",
        "memory",
        "codes",
        "linear",
        "results",
        "chain",
        "jacobian",
        "expression.formula",
        "pipeline.stage",
        "__init__",
    },
    "cli": {
        "errors",
        "memory",
        "codes",
        "linear",
        "expression",
        "pipeline",
        "jacobian",
        "chain",
        "results",
        "stages",
        "run",
        "check",
        "sweep",
        "reference",
        "report",
        "__init__",
    },
    "__main__": {"cli"},
}
"""Room by room, the rooms (or the single files of one) it may import, besides itself and ``frozen``."""

INSIDE = {
    "jacobian": {
        "accuracy": set(),
        "nonsmooth": {"accuracy"},
        "differences": {"accuracy", "nonsmooth"},
        "judgement": {"accuracy", "nonsmooth", "differences"},
    },
    "report": {
        "notation": set(),
        "layout": {"notation"},
        "documents": {"notation", "layout"},
        "painters": {"notation", "layout"},
        "records": {"notation"},
    },
}
"""The rooms inside of a room, and which of each other they know; what stands beside them knows none, but for the door."""

OWNERS = {"rich": "report", "click": "cli"}
FORBIDDEN_MODULES = {"ast", "code", "codeop", "marshal", "pickle", "shelve", "importlib.import_module"}
FORBIDDEN_NAMES = {"eval", "exec", "compile", "__import__", "delattr", "globals", "locals", "vars"}
COMPUTED_NAMES = {
    "frozen.py": "the fields of a value, one after the other",
    "jacobian/differences/difference.py": "the fields of its own results, one after the other",
    "jacobian/differences/entries.py": "the fields of its own estimates, one after the other",
    "jacobian/nonsmooth/germ_arithmetic.py": "the operations of the arithmetic that a row of the table names",
}
"""Files that get or set an attribute by a name that is not in the line itself, and which names those are."""

FILES = sorted(PACKAGE.rglob("*.py"))


def room(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path):
    """Every module a file imports, wherever in the file it does so, as a dotted name that includes what is taken from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_allowed(name, own, rooms):
    """Whether a dotted name below ``jacchain`` belongs to the room itself or to what it may know."""
    parts = name.split(".")[1:]
    if not (PACKAGE / parts[0]).is_dir() and not (PACKAGE / f"{parts[0]}.py").is_file():
        parts = ["__init__"]
    return parts[0] == own or any(parts[: len(path)] == path for path in (entry.split(".") for entry in {*rooms, "frozen"}))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    own = room(path)
    assert own in ROOMS, f"{own} has no row in the table"
    wrong = [name for name in imported(path) if name.split(".")[0] == "jacchain" and not is_allowed(name, own, ROOMS[own])]
    assert not wrong, f"{own} may not know {wrong}"


@pytest.mark.parametrize(
    "path", [path for path in FILES if room(path) in INSIDE], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_rooms_inside_of_a_room_go_one_way_too(path):
    outer, own = room(path), path.parent.name
    rooms = INSIDE[outer]
    known = rooms if path == PACKAGE / outer / "__init__.py" else {own, *rooms[own]} if own != outer else set()
    met = {name.split(".")[2] for name in imported(path) if name.startswith(f"jacchain.{outer}.")} & set(rooms)
    assert not met - set(known), f"{outer}/{own} may not know {met - set(known)}"


def test_every_room_inside_of_a_room_is_in_the_table():
    found = {path.parent for path in PACKAGE.rglob("__init__.py")} - {PACKAGE}
    assert {(path.parent.name, path.name) for path in found if path.parent != PACKAGE} == {
        (outer, inner) for outer, rooms in INSIDE.items() for inner in rooms
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_library_stays_in_its_room(path):
    for name in imported(path):
        owner = OWNERS.get(name.split(".")[0])
        assert owner in {None, room(path)}, f"only {owner}/ imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_a_person_wrote_is_ever_run(path):
    names = set(imported(path))
    assert not {name for name in names if name in FORBIDDEN_MODULES or name.split(".")[0] in FORBIDDEN_MODULES}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name):
            assert node.id not in FORBIDDEN_NAMES, f"{path.name}:{node.lineno} uses {node.id}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"getattr", "setattr"}:
            known = isinstance(node.args[1], ast.Constant) or str(path.relative_to(PACKAGE)) in COMPUTED_NAMES
            assert known, f"{path.name}:{node.lineno} looks an attribute up by a name that is not in the source"


def test_every_room_says_what_it_is():
    for path in PACKAGE.rglob("__init__.py"):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path
        assert len(docstring) >= 30, path


def test_values_are_made_without_dataclasses():
    for path in FILES:
        names = {name for name in imported(path) if name.split(".")[0] == "dataclasses"}
        assert not names or path.name == "frozen.py", f"{path.name} imports {names}, which costs 0.3 ms a class"


def loaded(*words):
    """The modules that a command loads, and whether it said anything."""
    program = """
import sys
from jacchain.cli.boundary import outcome
code = outcome(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stdout
    return set(done.stderr.split())


LIBRARIES = {"numpy", "numpy.ma", "rich", "yaml", "orjson", "fractions"}
"""What takes time to load."""
GREETING = {"cli", "errors", "frozen"}
"""The rooms that may be entered to say hello."""
LEFT_ALONE = {
    "jacchain.certify",
    "jacchain.check",
    "jacchain.chain.blocked",
    "jacchain.chain.spectrum",
    "jacchain.chain.survey",
    "jacchain.codes",
    "jacchain.jacobian.differences.curve",
    "jacchain.jacobian.judgement.diagnosis",
    "jacchain.jacobian.nonsmooth.rays",
    "jacchain.jacobian.judgement.witness",
    "jacchain.reference",
    "jacchain.report.document",
    "jacchain.report.layout.lines",
    "jacchain.report.notation.number",
    "jacchain.report.layout.table",
    "jacchain.report.layout.wrapping",
}
"""What a run whose answer is JSON has no use for, at a point where nothing is remarkable."""


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_saying_hello_imports_nothing_heavy(option):
    modules = loaded(option)
    assert not modules & LIBRARIES
    assert {name.split(".")[1] for name in modules if name.startswith("jacchain.")} <= GREETING


@pytest.mark.parametrize(
    ("source", "libraries"),
    [
        (["samples/polar.yaml"], {"yaml"}),
        (["-e", "f(x, y): x*sin(y)", "--at", "1,2"], set()),
        (["{folder}/polar.json"], set()),
    ],
    ids=["YAML", "expression", "JSON"],
)
def test_a_run_imports_what_it_needs(source, libraries, tmp_path):
    (tmp_path / "polar.json").write_text('{"functions": {"f(x, y)": "x*sin(y)"}, "at": [1, 2]}', encoding="utf-8")
    modules = loaded("run", *(word.format(folder=tmp_path) for word in source), "--json")
    assert modules & LIBRARIES == {"numpy", "orjson", "fractions"} | libraries
    assert not modules & LEFT_ALONE


def test_a_plan_of_widths_needs_no_numbers():
    assert not loaded("plan", "--dims", "25,20,10,5") & LIBRARIES
    assert loaded("plan", "--dims", "25,20,10,5", "--json") & LIBRARIES == {"orjson"}
