"""The pipeline a command line names: a file, stdin, or an expression."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jacchain.errors import JacchainError, Problem, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jacchain.pipeline.stage import Pipeline
    from jacchain.results import Report

LIMIT = 64 << 20
"""Bytes a pipeline file may have."""
PATIENCE = 10.0
"""Seconds that differences may take without a word."""


def read_pipeline(
    file: str | None, options: dict[str, Any], *, needs_point: bool = True, stand_in: str | None = None
) -> Pipeline:
    """The pipeline of FILE, or of ``-e``, at the point that ``--at`` and ``--set`` say.

    Without ``needs_point`` there may be no point, where sizes do not depend on it or ``stand_in`` says them.

    Raises:
        JacchainError: neither or both are given (JC001), FILE cannot be read (JC002), or it is not a pipeline.

    """
    expressions: tuple[str, ...] = options["expression"]
    if bool(expressions) == (file is not None):
        message = "FILE and -e exclude each other" if expressions else "FILE is missing"
        way_out = "give a pipeline file, `-` for stdin, or -e 'f(x, y): x*y'; `jacchain samples` lists samples"
        raise JacchainError(Problem("JC001", message, help=way_out))
    source = None if file is None else read_source(file)
    return pipeline_of(source, options, needs_point=needs_point, stand_in=stand_in)


def pipeline_of(
    source: tuple[bytes, str, Path] | None, options: dict[str, Any], *, needs_point: bool = True, stand_in: str | None = None
) -> Pipeline:
    """The pipeline of a file that has been read, or of ``-e`` without one, as :func:`read_pipeline` gives it.

    What is odd about it and stops nothing is said on stderr.
    """
    from jacchain import pipeline

    said = {"at": options["at"], "sets": options["set"], "needs_point": needs_point, "stand_in": stand_in}
    if source is None:
        loaded = pipeline.from_expressions(options["expression"], **said)
    else:
        text, name, folder = source
        loaded = pipeline.load(text, name, folder=folder, allow_dirs=options["allow_dir"], **said)
    if loaded.warnings:
        _warn(loaded.warnings, options)
    return loaded


def report_of(file: str | None, options: dict[str, Any]) -> Report:
    """What a run of the pipeline a command line names finds, without differences beside it."""
    from jacchain.run import Request, run

    pipeline = foretold(read_pipeline(file, options), options)
    return run(pipeline, Request(order=options["order"], strict=options["strict"], check=False))


def foretold(pipeline: Pipeline, options: dict[str, Any], points: int = 1) -> Pipeline:
    """The pipeline, every stage by the method of the command line, after it has been said that its differences take long."""
    if options.get("method") is not None:
        pipeline = pipeline.differentiated_by(options["method"])
    if any(stage.method == "difference" for stage in pipeline.stages):
        from jacchain.jacobian.differences.duration import duration

        found = duration(pipeline.stages)
        if points * found.seconds > PATIENCE:
            message = f"the differences take {points * found.evaluations:,} evaluations, about {_spoken(points * found.seconds)}"
            way_out = "`--method analytic` takes none" if "method" in options else "`method: analytic` in the file takes none"
            _warn([Problem("JC453", message, help=way_out)], options)
    return pipeline


def _spoken(seconds: float) -> str:
    """A time to one or two digits."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds > 2 * size:
            return f"{float(f'{seconds / size:.2g}'):,.0f} {unit}"
    return f"{float(f'{seconds:.2g}'):.0f} seconds"


def _warn(warnings: Sequence[Problem], options: dict[str, Any]) -> None:
    """Says on stderr what stops nothing."""
    from jacchain.cli.output import say
    from jacchain.cli.settings import look_of_errors
    from jacchain.report import render_warnings

    look = look_of_errors(options["color"], ascii_only=options["ascii"])
    say(render_warnings(warnings, options.get("format", "text"), look).decode())


def read_source(file: str, limit: int = LIMIT) -> tuple[bytes, str, Path]:
    """The bytes of FILE, ``limit`` at most, the name it is shown by, and the folder its parameter files are relative to.

    Bytes of the name that are no UTF-8 are shown as �.
    """
    if file == "-":
        if sys.stdin is None:
            raise JacchainError(Problem("JC002", "stdin cannot be read: it is closed"))
        return _limited(sys.stdin.buffer.read(limit + 1), "<stdin>", limit), "<stdin>", Path()
    path = Path(file)
    try:
        with path.open("rb") as stream:
            return _limited(stream.read(limit + 1), file, limit), os.fsencode(file).decode("utf-8", "replace"), path.parent
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise JacchainError(Problem("JC002", f"{file} cannot be read: {reason.lower()}", help=_nearest(path))) from error


def _limited(content: bytes, name: str, limit: int) -> bytes:
    """The content.  Raises JacchainError (JC002) when it is longer than the limit."""
    if len(content) > limit:
        way_out = "keep large arrays in .npy files"
        raise JacchainError(Problem("JC002", f"{name} is larger than {limit >> 20} MiB", help=way_out))
    return content


def _nearest(path: Path) -> str:
    """A file of a similar name beside the one that is not there."""
    try:
        names = [entry.name for entry in os.scandir(path.parent)][:10_000]
    except (OSError, ValueError):
        return ""
    meant = suggestion(path.name, [name for name in names if name != path.name])
    return f"did you mean `{path.with_name(meant)}`?" if meant else "`jacchain samples` lists pipelines that come with jacchain"
