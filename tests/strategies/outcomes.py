"""What came of an action that may find mistakes."""

from collections.abc import Callable
from typing import TypeVar

from jacchain.errors import JacchainError, Problem

T = TypeVar("T")


def outcome(action: Callable[[], T]) -> tuple[T | None, tuple[Problem, ...]]:
    """What an action gives, and the problems it raises: there is either the one or the other."""
    try:
        return action(), ()
    except JacchainError as error:
        problems = error.problems
    assert problems, "an error has a reason"
    return None, problems
