"""Trees: they compare by what they say, and depth costs nothing."""

from hypothesis import given
from strategies.expressions import trees

from jacchain.errors import Fragment
from jacchain.expression import parse
from jacchain.expression.tree import Binary, Name, Number, Slice, fold, postorder, rebuilt


def test_trees_compare_by_what_they_say_not_where():
    assert parse(Fragment.whole("x+1", "f")) == parse(Fragment.whole("  x +   1", "g"))
    assert parse(Fragment.whole("x+1", "f")) != parse(Fragment.whole("x+1.0", "f"))


def test_a_number_is_the_double_nearest_to_its_text():
    assert Number("1e-3").value == 0.001


def test_only_the_ends_that_are_written_are_parts():
    assert Slice(None, Number("2")).children == (Number("2"),)
    assert Slice(None, None).children == ()


@given(trees)
def test_parts_come_before_wholes(tree):
    order = list(postorder(tree))
    seen = set()
    for part in order:
        assert all(id(child) in seen for child in part.children)
        seen.add(id(part))
    assert order[-1] is tree


@given(trees)
def test_rebuilding_from_the_same_parts_changes_nothing(tree):
    assert fold(tree, lambda part, parts: rebuilt(part, tuple(parts))) == tree


@given(trees)
def test_names_are_replaced_everywhere_and_nothing_else(tree):
    def renamed(part, parts):
        return Name(f"{part.name}_") if isinstance(part, Name) else rebuilt(part, tuple(parts))

    before = [part.name for part in postorder(tree) if isinstance(part, Name)]
    after = [part.name for part in postorder(fold(tree, renamed)) if isinstance(part, Name)]
    assert after == [f"{name}_" for name in before]


def test_a_sum_of_many_terms_is_no_deeper_than_one():
    tree = Name("x")
    for _ in range(20_000):
        tree = Binary("+", tree, Name("x"))
    assert fold(tree, lambda _, parts: sum(parts) + 1) == 40_001
