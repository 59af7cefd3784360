"""Values made of named fields that never change, and the one class that all of them share.

It does what ``dataclasses`` do with ``frozen=True``.  Those write the methods of every class as text and compile it whenever the
program starts, 0.4 ms a class: for the hundred classes of a run longer than all else that is imported from here.  The methods
below are written once and read the names of the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, dataclass_transform

__all__ = ["Frozen", "contents", "replace"]


@dataclass_transform(frozen_default=True, eq_default=False)
class Frozen:
    """A value with the fields that its class declares as a dataclass does, ``name: type`` or ``name: type = default``.

    It is equal to itself alone, as suits what holds arrays; with ``eq`` to every one of its class that says the same.  Fields
    of a class with ``kw_only`` are given by name and do not count when values are compared.  ``__post_init__`` is called when
    the fields are there.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()
    _fields: ClassVar[tuple[str, ...]] = ()
    _required: ClassVar[frozenset[str]] = frozenset()
    _says: ClassVar[attrgetter[Any]] = attrgetter("__class__")
    """What two equal values have in common."""
    _counts: ClassVar[frozenset[int]] = frozenset({0})
    """How many fields may be given without names, and no other."""
    _calls: ClassVar[set[tuple[object, ...]]]
    """How else they have been given so that none was missing: the number of those without a name, and the names of the others."""

    def __init_subclass__(cls, *, eq: bool = False, kw_only: bool = False) -> None:
        """Takes note of the fields."""
        fields = tuple(name for name, kind in cls.__annotations__.items() if not kind.startswith("ClassVar"))
        cls._fields += fields
        cls._required |= {name for name in fields if name not in cls.__dict__}
        cls._calls = set()
        if not kw_only:
            cls.__match_args__ += fields  # type: ignore[misc]  # mypy takes it for a constant
        names = cls.__match_args__
        cls._counts = frozenset(count for count in range(len(names) + 1) if cls._required <= {*names[:count]})
        if names:
            cls._says = attrgetter(*names)
        if eq:
            cls.__eq__, cls.__hash__ = cls._is_equal, cls._hash  # type: ignore[assignment, method-assign]

    def __init__(self, *values: object, **named: object) -> None:
        fields = self.__dict__
        if named or len(values) not in self._counts:
            call = len(values), *named
            if call not in self._calls:
                self._check(len(values), named)
                self._calls.add(call)
            fields |= named
        for name, value in zip(self.__match_args__, values):  # noqa: B905 - their number has been checked, and every ns counts
            fields[name] = value
        self.__post_init__()

    @classmethod
    def _check(cls, count: int, named: Mapping[str, object]) -> None:
        """Raises TypeError unless that many values and the named ones are fields, each once, and none is missing."""
        given = [*cls.__match_args__[:count], *named]
        if len(given) != count + len(named) or len({*given}) != len(given) or not cls._required <= {*given} <= {*cls._fields}:
            raise TypeError(f"{cls.__name__} has the fields {cls._fields}; given were {count} values and {[*named]}")

    def __post_init__(self) -> None:
        """Nothing, where a class has nothing to add."""

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} never changes")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} never changes")

    def _is_equal(self, other: object) -> bool:
        return bool(self._says(self) == self._says(other)) if type(self) is type(other) else NotImplemented

    def _hash(self) -> int:
        return hash(self._says(self))

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in contents(self).items())})"


def contents(value: Frozen) -> dict[str, Any]:
    """The fields of a value under their names, in the order in which its class declares them."""
    return {name: getattr(value, name) for name in value._fields}


if TYPE_CHECKING:
    from dataclasses import replace  # the one whose arguments a type checker knows
else:

    def replace(value, /, **changes):
        """The value with other contents of some of its fields."""
        return type(value)(**contents(value) | changes)
