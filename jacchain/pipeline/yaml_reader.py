"""YAML to a tree of located values: from libyaml's events, so that nothing is built that a pipeline file may not hold.

Aliases, anchors, tags, directives, a second document, tabs, keys that are not texts and keys that stand twice are refused,
each at its place; the rest of the file is still read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from jacchain.errors import JacchainError, Problem, Source, Span
from jacchain.pipeline.bulk import cut, expand
from jacchain.pipeline.document import (
    DEPTH,
    NODES,
    TEXT,
    Block,
    Broken,
    Node,
    Scalar,
    Sequence,
    clip,
    mapping_of,
    too_deep,
    too_large,
)
from jacchain.pipeline.numbers import kind_of
from jacchain.pipeline.yaml_errors import SPLIT_ADVICE, syntax_problem, tab_problem
from jacchain.pipeline.yaml_scalars import block_scalar, flow_scalar

if TYPE_CHECKING:
    from jacchain.pipeline.ledger import Ledger

_TOO_LARGE = re.compile(r"\\U(?!000|0010)[0-9a-fA-F]{8}")
_INDENTED_BY_TAB = re.compile(r"^ *\t[ \t]*[^\s#]", re.MULTILINE)


def read_yaml(source: Source, ledger: Ledger) -> Node:
    """The value of a YAML file; what is wrong in it is written into the ledger.

    Raises JacchainError when there is no telling what the rest means: a mistake of syntax (JC102, JC103, JC107), or too much
    of something (JC198).
    """
    if "\t" in source.text and (found := _INDENTED_BY_TAB.search(source.text)):
        raise JacchainError(tab_problem(source, source.text.index("\t", found.start())))
    text, blocks = cut(source)
    _admit(source, len(text) - sum(block.span.end - block.span.start for block in blocks.values()))
    builder = _Builder(source, blocks)
    root = builder.read(text)
    if blocks and builder.met < len(blocks):
        _admit(source, len(text))
        builder = _Builder(source, {})
        root = builder.read(source.text)
    builder.refuse_tabs()
    for problem in builder.problems:
        ledger.add(problem)
    return root


def _admit(source: Source, characters: int) -> None:
    """Raises JacchainError when a file has too much text beside its long lists of numbers."""
    if characters > TEXT:
        raise too_large(Span(source, 0, 1), "characters beside long lists of numbers", TEXT)


class _Frame:
    """A collection that is being read, from its first ``event`` on.

    ``items`` are its values so far, keys and values of a mapping in turn; ``runs`` the long lists of numbers that stand, cut
    out of the text, where an item of that position is.
    """

    def __init__(self, event: Any, *, is_mapping: bool) -> None:
        self.event = event
        self.is_mapping = is_mapping
        self.items: list[Node] = []
        self.runs: dict[int, Block] = {}


class _Builder:
    """Puts the tree together, event by event.

    ``blocks`` are the long lists that were cut out, by the place of their first number, and ``met`` how many of them the parser
    has come to; ``texts`` are the places of scalars that are not plain.
    """

    def __init__(self, source: Source, blocks: dict[int, Block]) -> None:
        self.source = source
        self.blocks = blocks
        self.met = 0
        self.problems: list[Problem] = []
        self.texts: list[tuple[int, int]] = []
        self.stack: list[_Frame] = []
        self.root: Node | None = None

    def read(self, text: str) -> Node:
        """The root of the document."""
        import yaml  # noqa: PLC0415  (only YAML files need it)

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        documents = count = 0
        try:
            for event in yaml.parse(text, Loader=loader):
                count += 1
                if count > NODES:
                    raise too_large(self.span(event), "values", NODES)
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    self.document(event, documents)
                else:
                    self.node(yaml, event)
        except yaml.MarkedYAMLError as error:
            raise JacchainError(syntax_problem(self.source, error)) from None
        except (ValueError, OverflowError):
            place = _TOO_LARGE.search(self.source.text)
            span = Span(self.source, *place.span()) if place else Span(self.source, 0, 0)
            raise JacchainError(Problem("JC102", "this escape is beyond all characters", span, help="write it out")) from None
        if self.root is None:
            self.root = Broken(Span(self.source, 0, 0))
        return self.root

    def span(self, event: Any) -> Span:
        """Where an event of the parser stands."""
        return Span(self.source, event.start_mark.index, max(event.end_mark.index, event.start_mark.index))

    def document(self, event: Any, number: int) -> None:
        """Takes the beginning of a document.  Raises JacchainError (JC106) when it is not the first."""
        span = self.span(event)
        if number > 1:
            raise JacchainError(Problem("JC106", "a second document begins here", span, help="one file holds one pipeline"))
        if event.version or event.tags:
            self.problems.append(Problem("JC106", "directives are not read", span, help="delete the line that begins with %"))

    def node(self, yaml: Any, event: Any) -> None:
        """Takes one event that belongs to a value."""
        if isinstance(event, yaml.NodeEvent):
            if isinstance(event, yaml.AliasEvent):
                self.add(self.refuse(event, "JC104", f"`*{clip(event.anchor)}` is an alias of YAML, and those are not read"))
            elif event.anchor is not None:
                self.refuse(event, "JC104", f"`&{clip(event.anchor)}` is an anchor of YAML, and those are not read")
            elif event.tag is not None:
                self.refuse(event, "JC105", "`!` begins a tag of YAML, and those are not read")
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self.stack) >= DEPTH:
                raise too_deep(self.span(event))
            self.stack.append(_Frame(event, is_mapping=isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            frame = self.stack.pop()
            self.add(self.mapping(frame, event) if frame.is_mapping else self.sequence(frame, event))

    def refuse(self, event: Any, code: str, message: str) -> Node:
        """Writes down what stands before a value, and gives a value that nobody complains about again."""
        span = self.span(event)
        way_out = "write the value out where it is used; an expression that begins with this sign is quoted"
        self.problems.append(Problem(code, message, Span(self.source, span.start, max(span.end, span.start + 1)), help=way_out))
        return Broken(span)

    def scalar(self, event: Any) -> None:
        """Takes a text or a number."""
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style or ""
        if start in self.blocks and not style and self.stack and not self.stack[-1].is_mapping:
            frame = self.stack[-1]
            self.met += 1
            frame.runs[len(frame.items)] = self.blocks[start]
        if event.tag is not None or event.anchor is not None:
            self.add(Broken(self.span(event)))
            return
        if style in {"|", ">"}:
            fragment = block_scalar(self.source, start, end, self.stack[-1].event.start_mark.column if self.stack else -1)
        else:
            fragment = flow_scalar(self.source, start, end, style)
        if style:
            self.texts.append((start, end))
        self.add(Scalar(fragment, "text" if style else kind_of(fragment.text), plain=not style))

    def add(self, node: Node) -> None:
        """Puts a finished value where it belongs."""
        if self.stack:
            self.stack[-1].items.append(node)
        else:
            self.root = node

    def sequence(self, frame: _Frame, event: Any) -> Node:
        """The list that ends with an event."""
        span = Span(self.source, frame.event.start_mark.index, event.end_mark.index)
        if frame.event.flow_style and (split := _split_by_comma(frame.items)):
            return self.split(split, span)
        if len(frame.items) == 1 and frame.runs:
            return frame.runs[0]
        items: list[Node] = []
        for position, item in enumerate(frame.items):
            items.extend(expand(frame.runs[position]) if position in frame.runs else [item])
        return Sequence(span, tuple(items))

    def mapping(self, frame: _Frame, event: Any) -> Node:
        """The mapping that ends with an event."""
        span = Span(self.source, frame.event.start_mark.index, event.end_mark.index)
        if frame.event.flow_style and (split := _split_by_comma(frame.items)):
            return self.split(split, span)
        return mapping_of(span, zip(frame.items[::2], frame.items[1::2], strict=True), self.problems)

    def split(self, item: Scalar, span: Span) -> Node:
        """Writes down that YAML has cut an expression at its comma, and gives a value that nobody complains about again."""
        message = f"the comma splits the expression at `{clip(item.text)}`"
        self.problems.append(Problem("JC103", message, item.span, help=SPLIT_ADVICE))
        return Broken(span)

    def refuse_tabs(self) -> None:
        """Tabs may stand in quoted texts and in comments only."""
        starts = [start for start, _ in self.texts]
        position = self.source.text.find("\t")
        while position >= 0:
            nearest = bisect_right(starts, position) - 1
            end = self.texts[nearest][1] if nearest >= 0 else 0
            line = self.source.text.rfind("\n", 0, position) + 1
            if end <= position and "#" not in self.source.text[max(line, end) : position]:
                self.problems.append(tab_problem(self.source, position))
                return
            position = self.source.text.find("\t", max(position + 1, end))


def _split_by_comma(items: list[Node]) -> Scalar | None:
    """The first plain value whose parentheses do not match: YAML has cut an expression at its comma."""
    for item in items:
        if isinstance(item, Scalar) and item.plain and item.text.count("(") != item.text.count(")"):
            return item
    return None
