"""Changes a dayfly.toml where it has to change, and keeps every other byte, or refuses."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from dayfly.core.settings import FILE_NAME
from dayfly.policy.lines import locate
from dayfly.policy.model import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.policy.lines import Path

_INDENT = "    "
# An array on one line may be so long.
_WIDTH = 100


def quote(text: str) -> str:
    """Return a TOML string; what a person would need a table of characters for is escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'


def render_key(name: str) -> str:
    """Return one part of a key, quoted where it has to be."""
    is_bare = bool(name) and all(char.isascii() and (char.isalnum() or char in "-_") for char in name)
    return name if is_bare else quote(name)


def render_list(items: Sequence[str], *, comments: Mapping[str, str] | None = None) -> str:
    """Return an array, one item a line where it is long or has comments."""
    comments = comments or {}
    flat = "[" + ", ".join(quote(item) for item in items) + "]"
    if len(flat) <= _WIDTH and not any(item in comments for item in items):
        return flat
    rows = [
        f"{_INDENT}{quote(item)}," + (f"  # {comments[item]}" if item in comments else "") for item in items
    ]
    return "[\n" + "\n".join(rows) + "\n]"


def without_policy(text: str, *, source: str = FILE_NAME) -> str:
    """Return the text without its policy's tables. Raises PolicyError where they are written in another way."""
    wanted = {name: value for name, value in Editor(text, source=source).data.items() if name != "policy"}
    kept: list[str] = []
    is_inside = False
    headers = {
        text.count("\n", 0, spot.start): path
        for path, spot in locate(text).items()
        if text[spot.start] == "[" and not text[text.rfind("\n", 0, spot.start) + 1 : spot.start].strip()
    }
    for number, line in enumerate(text.splitlines(keepends=True)):
        if number in headers:
            is_inside = headers[number][0] == "policy"
        if not is_inside:
            kept.append(line)
    bare = "".join(kept)
    try:
        is_right = tomllib.loads(bare) == wanted
    except tomllib.TOMLDecodeError:
        is_right = False
    if not is_right:
        raise PolicyError(
            f"{source} has a policy in a form that this command cannot remove temporarily",
            hint="write each table of the policy under its own header, for example [policy.network]",
        )
    return bare


class Editor:
    """One file's text on its way to another. `text` is what it is by now, proved after each step.

    Raises PolicyError at the start for a text that is no TOML, and at a step that cannot be made safely.
    """

    def __init__(self, text: str, *, source: str = FILE_NAME) -> None:
        self.source = source
        self.data = self._parse(text)
        self.text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def value(self, path: Path) -> object:
        """Return what stands under a path; None for nothing."""
        found: object = self.data
        for part in path:
            found = found.get(str(part)) if isinstance(found, dict) else None
        return found

    def add_to_list(self, path: Path, items: Sequence[str], *, comment: str) -> None:
        """Put strings at the end of a list, each on a line of its own with the comment."""
        if not items:
            return
        known = self.value(path)
        if not isinstance(known, list):
            self.set_value(path, render_list(items, comments=dict.fromkeys(items, comment)))
            return
        spots, text = locate(self.text), self.text
        inside = spots[path].end - 1
        last = spots[(*path, len(known) - 1)].end if known else spots[path].start + 1
        between = text[last:inside]
        comma = "," if known and "," not in _without_comments(between) else ""
        rows = "".join(f"{_INDENT}{quote(item)},  # {comment}\n" for item in items)
        if "\n" in between:
            # Behind the last line, with its comment; the bracket keeps its own.
            end = text.rfind("\n", 0, inside) + 1
            edited = text[:last] + comma + text[last:end] + self._ended(rows) + text[end:]
        else:
            edited = text[:last] + comma + between.rstrip() + self._ended("\n" + rows) + text[inside:]
        self._apply(edited)
        self._prove(path, [*known, *items])

    def set_value(self, path: Path, rendered: str) -> None:
        """Set one key of a table; its table is made if there is none."""
        spots = locate(self.text)
        value: object = tomllib.loads(f"value = {rendered}")["value"]
        rendered = self._ended(rendered)
        text = self.text
        table, key = path[:-1], path[-1]
        line = f"{render_key(str(key))} = {rendered}{self._newline}"
        if path in spots:
            self._apply(text[: spots[path].start] + rendered + text[spots[path].end :])
        elif table in spots and text[spots[table].start] == "[":
            end = text.find("\n", spots[table].end) + 1
            if not end:
                text, end = text + self._newline, len(text) + len(self._newline)
            self._apply(text[:end] + line + text[end:])
        else:
            self.add_table(table, [line.rstrip("\r\n")])
        self._prove(path, value)

    def add_table(self, path: Path, body: Sequence[str], *, before: Path | None = None) -> None:
        """Put a table with its lines at the end of the file, or before another table."""
        header = "[" + ".".join(render_key(str(part)) for part in path) + "]"
        block = self._ended("\n".join([header, *body]) + "\n")
        text = self.text
        if before is not None:
            at = text.rfind("\n", 0, locate(text)[before].start) + 1
            self._apply(text[:at] + block + self._newline + text[at:])
        else:
            gap = "" if not text or text.endswith("\n") else self._newline
            self._apply(text + gap + (self._newline if text.strip() else "") + block)

    def _ended(self, text: str) -> str:
        return text.replace("\n", self._newline)

    def _apply(self, text: str) -> None:
        before, self.data = self.data, self._parse(text)
        # Whatever was edited, it was edited in the policy.
        if {**before, "policy": None} != {**self.data, "policy": None}:
            raise self._refusal("another table would change")
        self.text = text

    def _prove(self, path: Path, wanted: object) -> None:
        if self.value(path) != wanted:
            raise self._refusal(
                f"{'.'.join(map(str, path))} is written in a form that this command cannot edit"
            )

    def _parse(self, text: str) -> dict[str, object]:
        try:
            return tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as fault:
            if hasattr(self, "text"):
                raise self._refusal("[policy] is written in a form that this command cannot edit") from fault
            raise PolicyError(f"{self.source} is not valid TOML: {fault}", hint="fix it first") from fault

    def _refusal(self, why: str) -> PolicyError:
        return PolicyError(
            f"{self.source} cannot be changed safely: {why}",
            hint="write each table of the policy under its own header, for example [policy.network]",
        )


def _without_comments(text: str) -> str:
    return "".join(line.partition("#")[0] for line in text.split("\n"))
