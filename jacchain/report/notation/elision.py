"""What is left out of the middle of a long list, always with a count and the way to have it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jacchain.report.document import Run
from jacchain.report.look import Look


def shown_numbers(count: int, limit: int) -> list[int]:
    """The numbers (from 0) of what is shown of ``count`` things: all, or half the limit from either end."""
    if count <= limit:
        return list(range(count))
    head = (limit + 1) // 2
    return [*range(head), *range(count - limit + head, count)]


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
    if len(shown) == count:
        return ""
    first = next(number for number, index in enumerate([*shown, count]) if number != index)
    last = shown[first] if first < len(shown) else count
    if last == first + 1:
        return f"{kind[:-1]} {last} hidden (1 of {count:,})"
    return f"{kind} {first + 1}{look.signs.dash}{last} hidden ({last - first:,} of {count:,})"
