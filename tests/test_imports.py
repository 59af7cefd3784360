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
    "results": {"linear", "chain", "jacobian"},
    "certify": {"errors", "linear", "expression", "pipeline", "jacobian", "chain", "results"},
    "reference": {"errors", "linear", "expression", "jacobian", "results"},
    "run": {"errors", "linear", "expression", "pipeline", "jacobian", "chain", "results", "certify"},
    "check": {"errors", "linear", "expression", "pipeline", "jacobian", "chain", "results", "run"},
    "report": {"errors", "memory", "codes", "linear", "results", "chain", "jacobian", "expression.formula", "__init__"},
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
        "run",
        "check",
        "reference",
        "report",
        "__init__",
    },
    "__main__": {"cli"},
}
"""Room by room, the rooms (or the single files of one) it may import, besides itself and ``frozen``."""

OWNERS = {"rich": "report", "click": "cli"}
FORBIDDEN_MODULES = {"ast", "code", "codeop", "marshal", "pickle", "shelve", "importlib.import_module"}
FORBIDDEN_NAMES = {"eval", "exec", "compile", "__import__", "delattr", "globals", "locals", "vars"}
COMPUTED_NAMES = {
    "frozen.py": "the fields of a value, one after the other",
    "jacobian/difference.py": "the fields of its own results, one after the other",
    "jacobian/rays.py": "the operations of the arithmetic that a row of the table names",
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


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_saying_hello_imports_nothing_heavy(option):
    if not (PACKAGE / "__main__.py").is_file():
        pytest.skip("there is no command line yet")
    program = f"""
import runpy, sys
sys.argv = ["jacchain", {option!r}]
try:
    runpy.run_module("jacchain", run_name="__main__")
except SystemExit as end:
    assert not end.code
print(sorted({{"numpy", "rich", "yaml", "orjson"}} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert done.stderr.strip() == "[]"
    assert done.stdout
