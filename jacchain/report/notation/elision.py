"""What is left out of the middle of a long list, always with a count and the way to have it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from jacchain.report.document import Run
from jacchain.report.look import Look

Shown = TypeVar("Shown")


def shown_numbers(count: int, limit: int, chosen: int | None = None) -> list[int]:
    """The numbers (from 0) of what is shown of ``count`` things: all, or half the limit from either end.

    Where that leaves out the ``chosen`` one, as many are shown around it.
    """
    if count <= limit:
        return list(range(count))
    head = (limit + 1) // 2
    if chosen is None or chosen < head or chosen >= count - limit + head:
        return [*range(head), *range(count - limit + head, count)]
    return list(range(chosen - limit // 2, chosen - limit // 2 + limit))


def with_gaps(items: Sequence[Shown], shown: Sequence[int], count: int, sign: Shown) -> list[Shown]:
    """The items with these numbers out of ``count``, and a sign wherever some are left out."""
    marked: list[Shown] = []
    for item, (before, number) in zip(items, pairwise([-1, *shown]), strict=True):
        marked += [sign, item] if number > before + 1 else [item]
    return marked if shown[-1] == count - 1 else [*marked, sign]


def elided(kind: str, count: int, limit: int, look: Look) -> Iterator[int | Run]:
    """The numbers (from 0) of what is shown of a list, all up to the limit, else half as many from both ends.

    In the place of those that are left out stands a line that counts them.
    """
    shown = shown_numbers(count, count if look.full or count <= limit else limit // 2)
    for place, number in enumerate(shown):
        if place and number > shown[place - 1] + 1:
            yield Run(f"… {hidden(kind, shown, count, look)}; --full shows all", "note")
        yield number


def some_names(names: Sequence[str], limit: int, look: Look | None = None) -> str:
    """``a, b, c and 5 more``: the first names, all where a look asks for that, and how many there are besides."""
    shown = names if look and look.full else names[:limit]
    return ", ".join(shown) + (f" and {len(names) - len(shown):,} more" if len(shown) < len(names) else "")


def hidden(kind: str, shown: Sequence[int], count: int, look: Look) -> str:
    """``columns 6–19 hidden (14 of 24)``, or nothing when nothing is."""
    missing = count - len(shown)
    if not missing:
        return ""
    stretches = [(before + 2, after) for before, after in pairwise([-1, *shown, count]) if after > before + 1]
    ranges = ", ".join(str(last) if first == last else f"{first}{look.signs.dash}{last}" for first, last in stretches)
    return f"{kind[:-1] if missing == 1 else kind} {ranges} hidden ({missing:,} of {count:,})"
