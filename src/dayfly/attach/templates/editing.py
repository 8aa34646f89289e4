"""Edits a template's text at the offsets its parser reported; everything that is not touched stays as it is.

What is put in is whole lines (block YAML) or `, item` behind the item before (flow YAML and JSON), so that taking it out
again needs no memory of what was around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dayfly.attach.templates.nodes import Document, Entry, Item, Mapping, Scalar, Sequence
from dayfly.attach.templates.values import (
    Value,
    as_json_value,
    json_text,
    yaml_flow,
    yaml_lines,
    yaml_scalar,
)

_OWN_LINE = "start it on its own line, indented with spaces"
_COMMENT_LINE = re.compile(r"[ \t]*(?:#[^\n]*)?\r?\n?$")


class NotEditableError(Exception):
    """A place that cannot be edited as text; becomes a gap."""

    def __init__(self, reason: str, hint: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.offset = offset


@dataclass
class Edits:
    """Edits of one document, applied together; offsets are those of the unedited text.

    `places` are where the collections that are edited begin: whoever shares one by an anchor is edited as well.
    """

    document: Document
    places: set[int] = field(default_factory=set)
    _texts: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    _lines: dict[int, str] = field(default_factory=dict)
    _removed: dict[int, tuple[Mapping | Sequence, set[int]]] = field(default_factory=dict)

    # -- putting in

    def replace(self, start: int, end: int, new: str) -> None:
        """Other text between two offsets; asking for the same twice is asking once."""
        self.places.add(start)
        if self._texts.get((start, end), [new]) != [new]:
            raise NotEditableError(
                "would be changed in two different ways", "give each function its own value", start
            )
        self._texts[start, end] = [new]

    def add_entry(
        self,
        mapping: Mapping,
        key: str,
        value: Value,
        *,
        behind: tuple[str, ...] = (),
        note: str = "",
        is_compact: bool = False,
    ) -> None:
        """A new key: behind the first of `behind` that is there on one line, else first in a block, last in a flow.

        `note` becomes a comment line below the key in a block; `is_compact` keeps a value in a flow on one line.
        """
        self.places.add(mapping.start)
        if mapping.is_flow:
            self._add_flow(mapping, self._flow_entry(mapping, key, value, is_compact=is_compact))
            return
        indent = self._indent_of(mapping.entries[0].key.start)
        unit = self._unit(mapping)
        lines = yaml_lines(key, value, indent, unit)
        if note:
            lines.insert(1, f"{indent}{unit}# {note}")
        for name in behind:
            entry = mapping.own(name)
            if entry is not None and self._is_one_line(entry):
                self._insert_behind_line(entry.end, lines)
                return
        self._insert(self._top_of(mapping), lines)

    def add_comment(self, mapping: Mapping, text: str) -> None:
        """A comment line as the first of a block mapping."""
        indent = self._indent_of(mapping.entries[0].key.start)
        self._insert(self._top_of(mapping), [f"{indent}# {text}"], is_first=True)

    def add_item(self, sequence: Sequence, value: Value) -> None:
        """A new last element."""
        self.places.add(sequence.start)
        if sequence.is_flow:
            self._add_flow(sequence, self._flow_value(sequence, value))
            return
        # A list within a list may begin on the dash's line: `- - a`.
        dash = sequence.start
        if sequence.anchor or sequence.tag:
            dash = self.document.text.rfind(
                "-", self._line_start(sequence.items[0].start), sequence.items[0].start
            )
        before = self.document.text[self._line_start(dash) : dash]
        if dash < 0 or before.strip(" -"):
            raise NotEditableError("starts in the middle of a line", _OWN_LINE, sequence.start)
        indent = " " * len(before)
        self._insert_behind(sequence.items[-1], [f"{indent}- {yaml_flow(value)}"])

    def fill(self, entry: Entry, value: Value) -> None:
        """Elements or entries below a key that has nothing in a block mapping."""
        self.places.add(entry.key.start)
        indent = self._indent_of(entry.key.start)
        lines = yaml_lines("key", value, indent, "  ")[1:]
        self._insert_behind_line(entry.end, lines)

    # -- taking out

    def rename(self, key: Scalar, name: str) -> None:
        """Another name for a key, in the quotes it has."""
        self.replace(key.start, key.end, f"{key.style}{name}{key.style}")

    def remove_line_of(self, offset: int) -> None:
        """The whole line of a comment."""
        self._lines[self._line_start(offset)] = ""

    def remove_key_line(self, entry: Entry) -> None:
        """The line of a key in a block whose value begins on a later line."""
        self._remove_lines(entry.key.start, self.document.text.find(":", entry.key.end) + 1)

    def remove(self, parent: Mapping | Sequence, item: Item) -> None:
        """One entry or element, with the comma or the lines that came with it."""
        self.places.add(parent.start)
        children = parent.entries if isinstance(parent, Mapping) else parent.items
        index = next(position for position, one in enumerate(children) if one is item)
        if parent.is_flow:
            self._removed.setdefault(id(parent), (parent, set()))[1].add(index)
        else:
            self._remove_lines(item.key.start if isinstance(item, Entry) else item.start, item.end)

    def remove_block(self, entry: Entry) -> None:
        """An entry of a block with every line of it."""
        self._remove_lines(entry.key.start, entry.end)

    def apply(self) -> str:
        """The edited text."""
        edits = [(start, end, "".join(parts)) for (start, end), parts in self._texts.items()]
        for parent, indexes in self._removed.values():
            edits += self._flow_removals(parent, indexes)
        edits += self._line_removals()
        text, position, parts = self.document.text, 0, []
        for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
            if start < position:
                raise NotEditableError(
                    "would be changed in two different ways", "edit it manually", min(start, len(text) - 1)
                )
            parts += [text[position:start], new]
            position = end
        return "".join([*parts, text[position:]])

    # -- lines

    def eol(self, offset: int) -> str:
        """The line end in use around an offset."""
        text = self.document.text
        end = text.find("\n", offset)
        if end < 0:
            end = text.rfind("\n")
        return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"

    def _line_start(self, offset: int) -> int:
        start = self.document.text.rfind("\n", 0, offset) + 1
        return 1 if start == 0 and self.document.text.startswith("\ufeff") else start

    def _line_end(self, offset: int) -> int:
        end = self.document.text.find("\n", offset)
        return len(self.document.text) if end < 0 else end + 1

    def _indent_of(self, offset: int) -> str:
        indent = self.document.text[self._line_start(offset) : offset]
        if indent.strip(" "):
            raise NotEditableError(
                "starts in the middle of a line",
                "start it on its own line, indented with spaces",
                offset,
            )
        return indent

    def _unit(self, mapping: Mapping) -> str:
        """By how much a child of this mapping is indented in this file."""
        own = len(self._indent_of(mapping.entries[0].key.start))
        above = self.document.text.rfind("\n", 0, mapping.entries[0].key.start)
        while above > 0:
            start = self._line_start(above)
            line = self.document.text[start:above]
            depth = len(line) - len(line.lstrip(" "))
            if line.strip() and depth < own:
                return " " * (own - depth)
            above = start - 1
        return "  "

    def _is_one_line(self, entry: Entry) -> bool:
        is_scalar = isinstance(entry.value, Scalar) and entry.value.style not in ("|", ">")
        return (entry.is_alias or is_scalar) and "\n" not in self.document.text[entry.key.start : entry.end]

    def _top_of(self, mapping: Mapping) -> int:
        """The line below the one that opens a block, above the comments of its first key."""
        start = self._line_start(mapping.entries[0].key.start)
        while start > 1:
            above = self._line_start(start - 1)
            if above >= start or not _COMMENT_LINE.match(self.document.text[above:start]):
                break
            start = above
        return start

    def _insert(self, at: int, lines: list[str], *, is_first: bool = False) -> None:
        eol = self.eol(at)
        parts = self._texts.setdefault((at, at), [])
        text = "".join(line + eol for line in lines)
        parts.insert(0 if is_first else len(parts), text)

    def _insert_behind_line(self, offset: int, lines: list[str]) -> None:
        text = self.document.text
        at = self._line_end(offset)
        if at == len(text) and not text.endswith("\n"):
            eol = self.eol(offset)
            self._texts.setdefault((at, at), []).append("".join(eol + line for line in lines))
        else:
            self._insert(at, lines)

    def _insert_behind(self, item: Item, lines: list[str]) -> None:
        # A block scalar ends at the start of the line behind it.
        if item.end > item.start and self.document.text[item.end - 1] == "\n":
            self._insert(item.end, lines)
        else:
            self._insert_behind_line(item.end, lines)

    def _remove_lines(self, start: int, end: int) -> None:
        text = self.document.text
        first = self._line_start(start)
        if text[first:start].strip(" -") or text[first:start].count("-") > 1:
            raise NotEditableError("shares its line with other content", "remove it manually", start)
        tail = text[end : self._line_end(end)] if text[end - 1] != "\n" else ""
        # What somebody noted behind it is his.
        kept = text[first:start].replace("-", " ") + tail.lstrip() if tail.strip() else ""
        position = first
        last = self._line_start(max(start, end - 1))
        while position <= last:
            self._lines[position] = kept if position == last else ""
            if self._line_end(position) == position:
                break
            position = self._line_end(position)

    def _line_removals(self) -> list[tuple[int, int, str]]:
        edits: list[tuple[int, int, str]] = []
        text = self.document.text
        for start, kept in sorted(self._lines.items()):
            end = self._line_end(start)
            if edits and edits[-1][1] == start:
                edits[-1] = (edits[-1][0], end, edits[-1][2] + kept)
            else:
                edits.append((start, end, kept))
        if edits and edits[-1][1] == len(text) and not text.endswith("\n") and not edits[-1][2]:
            start = edits[-1][0]
            # The file had no line end at its end; the one above came with the lines.
            start -= 2 if text[start - 2 : start] == "\r\n" else 1
            edits[-1] = (max(start, 0), len(text), "")
        return edits

    # -- flow

    def _flow_entry(self, mapping: Mapping, key: str, value: Value, *, is_compact: bool) -> str:
        name = json_text(key) if self.document.is_json else yaml_scalar(key)
        return f"{name}: {self._flow_value(mapping, value, is_compact=is_compact)}"

    def _flow_value(self, parent: Mapping | Sequence, value: Value, *, is_compact: bool = False) -> str:
        if not self.document.is_json:
            return yaml_flow(value)
        indent = self._own_lines(parent)
        if indent is None or is_compact:
            return json_text(as_json_value(value))
        unit = self._flow_unit(parent, indent)
        return json_text(as_json_value(value), unit=unit, indent=indent, eol=self.eol(parent.start))

    def _flow_unit(self, parent: Mapping | Sequence, indent: str) -> str:
        start = self._line_start(parent.start)
        line = self.document.text[start : self._line_end(start)]
        outer = line[: len(line) - len(line.lstrip(" \t"))]
        return indent[len(outer) :] if indent.startswith(outer) and len(indent) > len(outer) else "  "

    def _own_lines(self, parent: Mapping | Sequence) -> str | None:
        """The indentation of the last child where it begins a line of its own; None where it does not."""
        children = parent.entries if isinstance(parent, Mapping) else parent.items
        if not children:
            return None
        last = children[-1]
        start = last.key.start if isinstance(last, Entry) else last.start
        indent = self.document.text[self._line_start(start) : start]
        return indent if not indent.strip(" \t") and self._line_start(start) > parent.start else None

    def _add_flow(self, parent: Mapping | Sequence, new: str) -> None:
        children = parent.entries if isinstance(parent, Mapping) else parent.items
        if not children:
            parts = self._texts.setdefault((parent.inner, parent.inner), [])
            parts.append(f", {new}" if parts else new)
            return
        end = children[-1].end
        indent = self._own_lines(parent)
        comma = ", " if indent is None else f",{self.eol(parent.start)}{indent}"
        self._texts.setdefault((end, end), []).append(comma + new)

    def _flow_removals(self, parent: Mapping | Sequence, indexes: set[int]) -> list[tuple[int, int, str]]:
        children = parent.entries if isinstance(parent, Mapping) else parent.items
        starts = [one.key.start if isinstance(one, Entry) else one.start for one in children]
        ends = [one.end for one in children]
        edits: list[tuple[int, int, str]] = []
        for index in sorted(indexes):
            if index + 1 in indexes:
                continue
            first = index
            while first - 1 in indexes:
                first -= 1
            if first > 0:
                edits.append((ends[first - 1], ends[index], ""))
            elif index + 1 < len(children):
                edits.append((starts[0], starts[index + 1], ""))
            else:
                edits.append((parent.inner, ends[index], ""))
        for start, end, _ in edits:
            between = self.document.text[start:end]
            if not self.document.is_json and re.search(r"(?:^|[\s,])#", between):
                raise NotEditableError("has a comment on the same line", "remove it manually", start)
        return edits
