"""The door of this room: a file, or expressions on the command line, to a :class:`~jacchain.pipeline.stage.Pipeline`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jacchain.errors import Fragment, JacchainError, Problem
from jacchain.pipeline.assemble import assemble
from jacchain.pipeline.constants import evaluate_constants
from jacchain.pipeline.document import Mapping, Node, Scalar, clip, mapping_of
from jacchain.pipeline.fields import Fields, fields_of
from jacchain.pipeline.ledger import EnoughError, Ledger
from jacchain.pipeline.parameter_files import ParameterFiles
from jacchain.pipeline.point import merged, point_of, read_at, read_sets
from jacchain.pipeline.sections import read_spec
from jacchain.pipeline.stage import Pipeline
from jacchain.pipeline.text import decode


class Options(NamedTuple):
    """What is said beside a file: the point, the constants, whether there has to be a point, and one to stand in for it."""

    at: str | None
    sets: Sequence[str]
    needs_point: bool
    stand_in: str | None = None


_DEFINITION = re.compile(r"\s*(?P<signature>[^()\s][^()]*\([^()]*\))\s*:")
_EQUATION = re.compile(r"(?P<left>[^()=]+\([^()=]*\))\s*=\s*(?P<right>[^=].*)")


def load(  # noqa: PLR0913  (what the command line may say about a file)
    text: bytes,
    name: str,
    *,
    folder: Path | None = None,
    at: str | None = None,
    sets: Sequence[str] = (),
    allow_dirs: Sequence[Path | str] = (),
    needs_point: bool = True,
    stand_in: str | None = None,
) -> Pipeline:
    """The pipeline that a file describes, at the point it gives or that ``at`` gives.

    Without ``needs_point`` there may be no point where the first function declares its size: it is then all NaN; where it does
    not, the point is that of ``stand_in``.

    ``name`` is what the file is called in messages; JSON is read when it ends in ``.json``, or when it does not say what it is
    and the text begins with ``{``.  Parameter files are read from ``folder`` and, when there are any, from ``allow_dirs``.

    Raises JacchainError with every problem that was found, in the order of the file; about ten at most.
    """
    files = ParameterFiles(folder, tuple(map(Path, allow_dirs)))
    return _pipeline(_reader(text, name), name, files, Options(at, sets, needs_point, stand_in))


def load_fields(text: bytes, name: str, key: str) -> Fields | None:
    """The fields of a file that has ``key`` at its top, None for any other.

    Raises JacchainError with the problems of its syntax.
    """
    return fields_of(_reader(text, name), key)


def from_expressions(
    texts: Sequence[str],
    at: str | None = None,
    sets: Sequence[str] = (),
    *,
    needs_point: bool = True,
    stand_in: str | None = None,
) -> Pipeline:
    """The pipeline of the definitions given with ``-e``, in order: ``f(x, y): x*y``; the other words as for :func:`load`.

    Raises JacchainError with every problem that was found.
    """
    options = Options(at, sets, needs_point, stand_in)
    return _pipeline(lambda ledger: _definitions(texts, ledger), "-e", ParameterFiles(None), options)


def _reader(text: bytes, name: str) -> Callable[[Ledger], Node]:
    """What reads a text, as JSON or as YAML."""
    source = decode(text, name)
    is_json = name.endswith(".json") or (not name.endswith((".yaml", ".yml")) and source.text.lstrip().startswith("{"))
    if is_json:
        from jacchain.pipeline.json_reader import read_json as read  # noqa: PLC0415 - a file is one or the other
    else:
        from jacchain.pipeline.yaml_reader import read_yaml as read  # noqa: PLC0415
    return lambda ledger: read(source, ledger)


def _pipeline(read: Callable[[Ledger], Node], name: str, files: ParameterFiles, options: Options) -> Pipeline:
    """Reads, evaluates and compiles, and raises every problem met on the way."""
    ledger = Ledger()
    try:
        with ledger.gather():
            return _assembled(read, name, files, options, ledger)
    except EnoughError:
        pass
    ledger.settle()
    raise AssertionError


def _assembled(read: Callable[[Ledger], Node], name: str, files: ParameterFiles, options: Options, ledger: Ledger) -> Pipeline:
    """The pipeline of a file that is read now; what is wrong with parts of it is in the ledger, and only then raised."""
    option = None if options.at is None else read_at(options.at, ledger)
    spec = read_spec(read(ledger), name, ledger)
    replaced = read_sets(options.sets, spec.constants, ledger)
    constants = evaluate_constants(spec.constants, replaced, files.read, ledger)
    at = merged(spec.at, option)
    first = spec.chain[0] and spec.functions[spec.chain[0].function].signature
    point = None
    if first and first.parameters:
        size = None if at or options.needs_point else first.size
        if size is None and at is None and options.stand_in is not None:
            at = read_at(options.stand_in, ledger)
        point = point_of(first, at, constants, ledger) if size is None else np.full(size, np.nan)
    return assemble(spec, constants, (point, at.span if at else None), name, ledger)


def _definitions(texts: Sequence[str], ledger: Ledger) -> Node:
    """The definitions of the command line as the tree of a file with only functions."""
    entries: list[tuple[Node, Node]] = []
    problems: list[Problem] = []
    for text in texts:
        whole = Fragment.whole(text, "-e")
        found = _DEFINITION.match(text)
        if found is None:
            message = f"`{clip(text)}` does not define a function"
            equation = _EQUATION.fullmatch(text)
            meant = f"{equation['left'].rstrip()}: {equation['right']}" if equation else "f(x, y): x*y"
            raise JacchainError(Problem("JC303", message, whole.span(), help=f"write -e '{clip(meant)}'"))
        start = found.end() + len(text[found.end() :]) - len(text[found.end() :].lstrip())
        key = Scalar(whole.part(found.start("signature"), found.end("signature")), "text", plain=False)
        entries.append((key, Scalar(whole.part(start, len(text)), "text", plain=True)))
    span = entries[0][0].span if entries else Fragment.whole("", "-e").span()
    functions = mapping_of(span, entries, problems)
    for problem in problems:
        ledger.add(problem)
    title = _text(clip("; ".join(texts)))
    return Mapping(span, ((_text("name"), title), (_text("functions"), functions)))


def _text(text: str) -> Scalar:
    """A text that nobody wrote, as a value of a file."""
    return Scalar(Fragment.whole(text, "-e"), "text", plain=False)
