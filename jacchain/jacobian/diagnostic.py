"""What cannot be vouched for at a point, said so that a person and a program can both act on it."""

from __future__ import annotations

from jacchain.frozen import Frozen


class Diagnostic(Frozen, eq=True):
    """A remark on one stage at one point: ``kind`` is ``kink``, ``discontinuity``, ``vertical_tangent``, ``boundary``, ….

    ``left`` and ``right`` are the one-sided derivatives of ``output`` by ``input`` (a number, or a word where there is none),
    ``clarke`` the interval of the Clarke set, ``used`` the number taken by convention, ``where`` the sub-expression in question.
    """

    kind: str
    code: str
    message: str
    stage: str | None = None
    output: str | None = None
    input: str | None = None
    left: float | str | None = None
    right: float | str | None = None
    clarke: tuple[float, float] | None = None
    used: float | None = None
    where: str | None = None
