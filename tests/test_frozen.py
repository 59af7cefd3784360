"""Frozen values against the dataclasses that they stand for."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jacchain.frozen import Frozen, contents, replace


class Where(Frozen, eq=True, kw_only=True):
    start: int = 0
    end: int = 0


class Word(Where):
    text: str
    weight: float = 1.0
    marks: tuple[str, ...] = ()


class Holder(Frozen):
    text: str
    weight: float = 1.0


class Checked(Frozen):
    low: int
    high: int = 3

    def __post_init__(self):
        assert self.low <= self.high


@dataclass(frozen=True)
class ModelWhere:
    start: int = field(default=0, kw_only=True, compare=False)
    end: int = field(default=0, kw_only=True, compare=False)


@dataclass(frozen=True)
class ModelWord(ModelWhere):
    text: str
    weight: float = 1.0
    marks: tuple[str, ...] = ()


VALUES = {"text": st.sampled_from(["a", "b"]), "weight": st.sampled_from([1.0, 2.0]), "marks": st.just(("m",))}
NAMED = st.fixed_dictionaries({}, optional=VALUES | {"start": st.integers(0, 2), "end": st.integers(0, 2), "middle": st.just(1)})
CALLS = st.tuples(st.lists(st.sampled_from(["a", "b", 1.0]), max_size=4), NAMED)


def made(kind, call):
    values, named = call
    try:
        return kind(*values, **named)
    except TypeError:
        return None


@given(CALLS)
def test_fields_are_given_as_to_a_dataclass(call):
    ours, model = made(Word, call), made(ModelWord, call)
    assert (ours is None) == (model is None)
    if model is not None:
        assert contents(ours) == vars(model)
        assert repr(ours) == repr(model).replace("ModelWord", "Word")


@given(CALLS, CALLS)
def test_values_are_equal_where_those_of_a_dataclass_are(one, other):
    ours, models = [made(Word, one), made(Word, other)], [made(ModelWord, one), made(ModelWord, other)]
    assert (ours[0] == ours[1]) == (models[0] == models[1])
    assert ours[0] != ours[1] or hash(ours[0]) == hash(ours[1])


@given(CALLS, NAMED)
def test_a_field_is_replaced_as_in_a_dataclass(call, changes):
    ours, model = made(Word, call), made(ModelWord, call)
    if model is not None:
        try:
            expected = ModelWord(**vars(model) | changes)
        except TypeError:
            with pytest.raises(TypeError, match="has the fields"):
                replace(ours, **changes)
        else:
            assert contents(replace(ours, **changes)) == vars(expected)


def test_without_eq_a_value_is_equal_to_itself_alone():
    one = Holder("a")
    assert one == one  # noqa: PLR0124
    assert one != Holder("a")
    assert len({one, Holder("a"), one}) == 2


def test_values_of_two_classes_are_never_equal():
    class Other(Where):
        text: str

    class Same(Where):
        text: str

    assert Other("a") != Same("a")
    assert Other("a") != "a"


def test_nothing_changes_a_value():
    word = Word("a", start=2)
    for change in (lambda: setattr(word, "text", "b"), lambda: setattr(word, "other", 1), lambda: delattr(word, "text")):
        with pytest.raises(AttributeError, match="never changes"):
            change()
    assert contents(word) == {"start": 2, "end": 0, "text": "a", "weight": 1.0, "marks": ()}


def test_a_pattern_takes_values_apart_in_the_order_of_their_fields():
    match Word("a", 2.0, start=5):
        case Word(text, weight, start=start):
            assert (text, weight, start) == ("a", 2.0, 5)


def test_what_a_class_demands_of_its_fields_is_looked_at_once_they_are_there():
    assert Checked(2).high == 3
    with pytest.raises(AssertionError):
        Checked(4)
    with pytest.raises(AssertionError):
        replace(Checked(2), high=1)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda word: pickle.loads(pickle.dumps(word))])
def test_a_copy_is_equal(copied):
    word = Word("a", marks=("m",), end=3)
    assert copied(word) == word
    assert copied(word).end == 3
