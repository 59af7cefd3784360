"""Every format says the same, on lines that fit, and nothing in it acts on a terminal, a browser or TeX."""

import re
import xml.dom.minidom
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies.reports import anything, looks, numbers, reports

from jacchain.cli.options import PAGES
from jacchain.frozen import replace
from jacchain.report.document import Column, Figure, Paragraph, Run, Table, Vector, runs
from jacchain.report.documents.run import run_document
from jacchain.report.layout.lines import plain
from jacchain.report.look import Look
from jacchain.report.notation.number import number_text, point_of
from jacchain.report.notation.text import cells
from jacchain.report.painters.colour import STYLES
from jacchain.report.painters.paint import paint

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
roles = st.sampled_from([*STYLES, "text", "number"])
anyruns = st.lists(st.builds(Run, anything, roles), max_size=6).map(tuple)


@given(reports(), looks)
def test_every_line_fits_and_nothing_acts(report, look):
    text = plain(run_document(report, look, next_steps=("jacchain plan x.yaml",)), look)
    assert text.endswith("\n")
    for line in text.splitlines():
        assert cells(line) <= look.width
        assert line == "" or line.isprintable()
        assert not look.ascii_only or line.isascii()


@given(reports(), looks)
def test_colour_changes_nothing_but_colour(report, look):
    document = run_document(report, look)
    painted = paint(document, look)
    assert ESCAPE.sub("", painted) == plain(document, look)
    assert (ESCAPE.search(painted) is not None) == look.colour


@given(anyruns, looks, st.integers(0, 10), st.integers(0, 10))
def test_wrapped_text_keeps_every_character(parts, look, indent, hang):
    text = plain((Paragraph(parts, indent, hang),), look)
    whole = plain((Paragraph(parts),), Look(width=100_000, ascii_only=look.ascii_only))
    assert "".join(text.split()) == "".join(whole.split())
    assert max(map(cells, text.splitlines())) <= look.width


def test_lines_are_broken_where_they_say_something_whole():
    parts = runs("polar.yaml   2 stages   (r, theta) in R^2   at r = 0.123456, theta = 0.523599")
    assert plain((Paragraph(parts, hang=4),), Look(width=60)).splitlines() == [
        "polar.yaml   2 stages   (r, theta) in R^2",
        "    at r = 0.123456, theta = 0.523599",
    ]


@given(st.lists(st.lists(numbers, min_size=1, max_size=30), min_size=1, max_size=4), st.integers(40, 120))
def test_numbers_in_a_table_are_whole_and_counted(rows, width):
    table = Table(
        (Column("#"), Column("value"), Column("more", optional=1)),
        tuple((runs("1"), Vector(np.array(row)), runs("x" * 12)) for row in rows),
    )
    wide = plain((table,), Look(width=100_000)).splitlines()[1:]
    narrow = plain((table,), Look(width=width)).splitlines()[1 : len(rows) + 1]
    for line, row, whole in zip(narrow, rows, wide, strict=True):
        assert cells(line) <= width
        words = line.replace("x" * 12, "").split()[1:]
        shown = words[: words.index("…")] if "…" in words else words
        assert shown == whole.split()[1 : len(shown) + 1]
        hidden = int(words[words.index("…") + 1]) if "…" in words else 0
        assert len(shown) + hidden == len(row)


def test_with_full_the_numbers_of_a_table_go_on_below():
    table = Table((Column("#"), Column("value")), ((runs("1"), Vector(np.arange(30.0))),))
    text = plain((table,), Look(width=40, full=True))
    assert text.split() == ["#", "value", "1", *map(str, range(30))]
    assert max(map(len, text.splitlines())) <= 40


@given(st.lists(st.integers(1, 24), min_size=1, max_size=12), st.integers(40, 80))
def test_with_full_a_table_keeps_all_of_its_columns(sizes, width):
    columns = (Column("#"), *(Column(f"title{size}", "right", optional=size % 3) for size in sizes))
    cells_of = [f"{place:0{size}}" for place, size in enumerate(sizes, 1)]
    table = Table(columns, tuple((runs(mark), *map(runs, cells_of)) for mark in "ab"))
    text = plain((table,), Look(width=width, full=True))
    panels = text.split("\n\n")
    assert max(map(len, text.splitlines())) <= width
    assert [word for panel in panels for word in panel.splitlines()[0].split()[1:]] == [f"title{size}" for size in sizes]
    for line, mark in ((1, "a"), (2, "b")):
        rows = [panel.splitlines()[line].split() for panel in panels]
        assert {row[0] for row in rows} == {mark}
        assert [word for row in rows for word in row[1:]] == cells_of


def test_with_full_words_of_a_table_go_on_below():
    said = "every word of a column that is as wide as the others leave it, to the last one"
    columns = (Column("name"), Column("about", flexible=True))
    table = Table(columns, ((runs("a" * 12), runs(said)), (runs("b"), runs("short"))))
    text = plain((table,), Look(width=40, full=True))
    assert " ".join(text.split()) == f"name about {'a' * 12} {said} b short"
    assert max(map(len, text.splitlines())) <= 40


@settings(max_examples=30)
@given(reports(longest=3))
def test_an_svg_is_a_picture_without_anything_from_elsewhere(report):
    look = Look()
    picture = paint(run_document(report, look), look, "svg")
    document = xml.dom.minidom.parseString(picture.encode())
    assert document.documentElement.tagName == "svg"
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


class Words(HTMLParser):
    """The text of a page, and its tags."""

    def __init__(self):
        super().__init__()
        self.text, self.tags = [], set()

    def handle_data(self, data):
        self.text.append(data)

    def handle_starttag(self, tag, attrs):  # noqa: ARG002 - what is overridden says so
        self.tags.add(tag)


@settings(max_examples=30)
@given(reports(longest=3))
def test_an_html_page_shows_the_text_and_no_markup_of_the_file(report):
    look = Look()
    document = run_document(report, look)
    words = Words()
    words.feed(paint(document, look, "html"))
    assert "".join("".join(words.text).split()).endswith("".join(plain(document, look).split()))
    assert words.tags <= {"html", "head", "meta", "title", "style", "body", "pre", "code", "span"}


@given(reports(longest=3))
def test_markdown_has_as_many_cells_in_every_row(report):
    look = Look()
    text = paint(run_document(report, look), look, "markdown")
    assert all(character == "\n" or character.isprintable() for character in text)
    rows = [re.sub(r"\$(?:\\.|[^$\\])*\$|\\.", "", line) for line in text.splitlines() if line.startswith("| ")]
    assert len({row.count("|") for row in rows[: 2 + len(report.stages)]}) == 1
    assert text.splitlines().count("$$") % 2 == 0


@given(reports(longest=3), st.booleans())
def test_latex_is_balanced_and_escaped(report, full):
    look = Look(full=full)
    text = paint(run_document(report, look), look, "latex")
    body = text.partition(r"\begin{document}")[2]
    bare = re.sub(r"\\[\\{}$&#_%]", "", body)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert "#" not in bare
    assert "%" not in bare
    begun, ended = re.findall(r"\\begin\{(\w+)\}", text), re.findall(r"\\end\{(\w+)\}", text)
    assert sorted(begun) == sorted(ended)
    for matrix in re.findall(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", re.sub(r"\\&", "", text), re.DOTALL):
        assert len({row.count("&") for row in re.split(r"\\\\", matrix)}) == 1


@given(anyruns, looks)
def test_every_painter_takes_every_text(parts, look):
    document = (Paragraph(parts), Figure((parts, runs("```"))))
    for form in PAGES:
        assert paint(document, look, form)


@pytest.mark.parametrize("role", sorted(STYLES))
def test_every_style_shows(role):
    text = paint((Paragraph((Run("word", role),)),), Look(colour=True))
    assert (ESCAPE.search(text) is not None) == (STYLES[role] != "none")


TABLE = Table(
    (Column("", "right"), Column("name"), Column("shape", optional=2), Column("differences agree to", optional=1)),
    tuple((runs(str(number)), runs("f" * number), runs("3 → 4"), runs("1.5e-17")) for number in range(1, 25)),
)


@given(st.integers(40, 100))
def test_a_table_says_what_it_leaves_out_and_at_which_width_it_does_not(width):
    text = plain((TABLE,), Look(width=width))
    found = re.search(r"left out: (.*) \(--width (\d+)\)", " ".join(text.split()))
    titles = {column.title for column in TABLE.columns if column.optional}
    shown = {title for title in titles if title.split()[-1] in text.split("left out")[0]}
    assert titles - shown == (set(found[1].split(", ")) if found else set())
    if found:
        assert width < int(found[2])
        assert "left out" not in plain((TABLE,), Look(width=int(found[2])))
        assert "left out" in plain((TABLE,), Look(width=int(found[2]) - 1))


def test_titles_take_two_lines_before_a_column_is_left_out():
    whole, broken = (plain((TABLE,), Look(width=width)).splitlines()[:2] for width in (60, 50))
    assert whole[0].endswith("differences agree to")
    assert (broken[0].strip(), broken[1].split()[-2:]) == ("differences", ["agree", "to"])


def test_a_long_formula_begins_beside_its_name():
    text = plain((Paragraph(runs("derivative    ", "diag(softmax(v)) - outer(softmax(v), softmax(v))"), 2, 14),), Look(width=50))
    assert text.splitlines()[0] == "  derivative    diag(softmax(v)) -"


@given(st.lists(st.lists(numbers, min_size=5, max_size=5), min_size=1, max_size=5), looks, st.integers(1, 17))
def test_numbers_of_a_column_are_whole_and_their_points_below_each_other(rows, look, digits):
    """Whatever does not fit is left out by name: nothing that looks like a number is a part of one."""
    texts = [[number_text(value, digits) for value in row] for row in rows]
    columns = (Column("#", "right"), Column("a name"), *(Column(f"d{place}/dtheta", "point") for place in range(5)))
    body = tuple((runs(str(place)), runs("w" * 12), *map(runs, row)) for place, row in enumerate(texts))
    text = plain((Table(columns, body),), replace(look, full=False))
    lines = [line for line in text.splitlines() if re.match(r" \d  w", line)]
    points = []
    for line, row in zip(lines, texts, strict=True):
        found = list(re.finditer(r"\S+", line))[2:]
        assert [word.group() for word in found] == row[: len(found)]
        points.append([word.start() + point_of(word.group()) for word in found])
    assert len(set(map(tuple, points))) == 1
    assert len(points[0]) == 5 or "left out" in text


def test_words_are_cut_before_numbers():
    row = (runs("whole chain"), runs("analytic"), runs("disagree"), runs("2.9e-17"), runs("123,456"))
    columns = (Column("function"), Column("judged"), Column("verdict"), Column("agree to", "right"), Column("n", "right"))
    text = plain((Table(columns, (row,)),), Look(width=44))
    assert "2.9e-17" in text
    assert "123,456" in text
    assert max(map(cells, text.splitlines())) <= 44
