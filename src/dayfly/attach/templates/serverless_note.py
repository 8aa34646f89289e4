"""What attach did to a file of Serverless's, or of Terraform's in JSON, noted in it, and how it is undone.

In YAML the note is a comment, in JSON a key below one that the tool leaves alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from dayfly.attach.templates.editing import Edits, NotEditableError
from dayfly.attach.templates.model import Gap, TemplateError
from dayfly.attach.templates.nodes import Document, Entry, Mapping, Node, Scalar, Sequence, get
from dayfly.attach.templates.record import bare, digest, record_comments
from dayfly.attach.templates.values import Value, as_json_value
from dayfly.attach.wrappers import NEXT_VARIABLE, WRAPPER_VARIABLE

KEY = "dayfly-attach"
# What the tool leaves alone: https://developer.hashicorp.com/terraform/language/syntax/json#comment-properties
CUSTOM, COMMENT = "custom", "//"
Path = tuple[str, ...]


@dataclass
class Note:
    """Paths are keys from the root, joined by dots; `layer` is the layer's value as JSON, `layers` those of lists with another.

    `made` are keys that attach added, `set` maps environments to its variables and a digest of each value, `renamed` are
    environments whose wrapper goes by DAYFLY_NEXT_WRAPPER meanwhile, `items` are lists with the layer, `was` maps keys to
    the text that a list replaced.
    """

    made: list[str] = field(default_factory=list)
    set: dict[str, dict[str, str]] = field(default_factory=dict)
    renamed: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    was: dict[str, str] = field(default_factory=dict)
    layer: str = ""
    layers: dict[str, str] = field(default_factory=dict)

    def add_item(self, path: str, layer: Value) -> None:
        """Note that a list has a layer now."""
        self.items.append(path)
        text = layer_text(layer)
        self.layer = self.layer or text
        if text != self.layer:
            self.layers[path] = text

    def layer_at(self, path: str) -> object:
        """The layer that attach put into a list."""
        return json.loads(self.layers.get(path, self.layer))

    def as_json(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """A note as it stands in a document; `offset` is that of its comment, None where it is a key."""

    note: Note
    offset: int | None


_KINDS: dict[str, type] = {
    "made": list,
    "set": dict,
    "renamed": list,
    "items": list,
    "was": dict,
    "layer": str,
    "layers": dict,
}


def read_note(document: Document, holder: str = CUSTOM) -> Kept | None:
    """The note in a document; raises TemplateError where it was edited so that it says nothing."""
    comments = record_comments(document)
    if len(comments) > 1:
        raise _edited(document, list(comments)[1], "occurs twice")
    for offset, text in comments.items():
        return Kept(_parsed(document, offset, text), offset)
    node = get(document.root, holder, KEY)
    return Kept(_parsed(document, node.start, node.text), None) if isinstance(node, Scalar) else None


def _parsed(document: Document, offset: int, text: str) -> Note:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _edited(document, offset, "is not valid JSON") from error
    if not isinstance(data, dict) or not data.keys() <= _KINDS.keys():
        raise _edited(document, offset, "has unknown keys")
    for name, value in data.items():
        inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        if name == "set":
            inner = [one for each in inner for one in (each.values() if isinstance(each, dict) else [None])]
        if not isinstance(value, _KINDS[name]) or not all(isinstance(one, str) for one in inner):
            raise _edited(document, offset, f"has an invalid {name!r}")
    try:
        for text in (data.get("layer", '""'), *data.get("layers", {}).values()):
            json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _edited(document, offset, "has an invalid 'layer'") from error
    return Note(**data)


def _edited(document: Document, offset: int, problem: str) -> TemplateError:
    return TemplateError(
        f"{document.path}:{document.line(offset)} the note of `dayfly attach` {problem}: it was edited",
        hint="restore it from version control, or remove Dayfly and the note manually",
    )


def find(root: Node, path: str) -> tuple[Node, Entry] | None:
    """The entry at a path, with what it is in; lists are stepped into by index."""
    current: Node = root
    found: tuple[Node, Entry] | None = None
    for step in path.split("."):
        if isinstance(current, Sequence):
            if not step.isdecimal() or int(step) >= len(current.items):
                return None
            current = current.items[int(step)].value
            continue
        entry = current.own(step) if isinstance(current, Mapping) else None
        if entry is None:
            return None
        found = (current, entry)
        current = entry.value
    return found


def add_note(edits: Edits, note: Note, holder: str = CUSTOM) -> None:
    """Write the note; raises NotEditableError where there is no place for it."""
    root = edits.document.root
    assert isinstance(root, Mapping)
    if not root.is_flow:
        edits.add_comment(root, f"{KEY} {note.as_json()}")
        return
    custom = root.own(holder)
    if custom is None:
        note.made += [holder, f"{holder}.{KEY}"]
        edits.add_entry(root, holder, {KEY: note.as_json()}, is_compact=True)
    elif isinstance(custom.value, Mapping) and not custom.is_alias:
        edits.add_entry(custom.value, KEY, note.as_json())
    else:
        raise NotEditableError(
            f"has a `{holder}` that is not a mapping", "write it as a mapping", custom.key.start
        )


def changed_since(document: Document, kept: Kept | None, *owners: str) -> list[str]:
    """The variables that attach set below these paths and that somebody removed or changed since."""
    names: list[str] = []
    for path, wanted in kept.note.set.items() if kept is not None else ():
        if any(path.startswith(f"{owner}.") for owner in owners):
            place = find(document.root, path)
            variables = place[1].value if place is not None else None
            for name, value in wanted.items():
                own = variables.own(name) if isinstance(variables, Mapping) else None
                names += [name] if own is None or digest(bare(own.value)) != value else []
    return names


def undo(
    edits: Edits, kept: Kept, holder: str = CUSTOM, *, kept_paths: frozenset[str] = frozenset()
) -> list[Gap]:
    """Add the edits that take everything out; what was changed since stays, and is a gap.

    `kept_paths` are keys that attach made and that stay. Raises NotEditableError where nothing may be taken out: a function would not start, or text would be lost.
    """
    document, note = edits.document, kept.note
    gaps: list[Gap] = []
    removed: set[str] = set()
    for path, wanted in note.set.items():
        _undo_variables(edits, path, wanted, note, gaps, removed)
    for path in note.items:
        if path not in note.was or not _undo_spread(edits, path, note, gaps):
            _undo_item(edits, path, note, removed)
    for path in sorted(note.made, key=len):
        _undo_made(edits, path, note, removed, kept_paths)
    if kept.offset is not None:
        edits.remove_line_of(kept.offset)
    elif not removed & {holder, f"{holder}.{KEY}"}:
        place = find(document.root, f"{holder}.{KEY}")
        if place is not None and isinstance(place[0], Mapping):
            edits.remove(place[0], place[1])
    return gaps


def _undo_variables(
    edits: Edits, path: str, wanted: dict[str, str], note: Note, gaps: list[Gap], removed: set[str]
) -> None:
    place = find(edits.document.root, path)
    if place is None:
        return
    parent, entry = place
    variables = entry.value
    if not isinstance(variables, Mapping):
        raise NotEditableError(
            "its environment was rewritten after attaching",
            "remove Dayfly manually",
            entry.key.start,
        )
    gone: list[Entry] = []
    for name, value in wanted.items():
        own = variables.own(name)
        if own is None:
            continue
        if digest(bare(own.value)) == value:
            gone.append(own)
        elif name == WRAPPER_VARIABLE:
            raise NotEditableError(
                f"its {WRAPPER_VARIABLE} was changed after attaching",
                "remove Dayfly manually",
                own.key.start,
            )
        else:
            line = edits.document.line(own.key.start)
            gaps.append(Gap(_function(path), line, f"{name} was changed after attaching, so it stays"))
    chained = variables.own(NEXT_VARIABLE)
    if path in note.renamed:
        if chained is None:
            gaps.append(
                Gap(
                    _function(path),
                    edits.document.line(entry.key.start),
                    f"{NEXT_VARIABLE} no longer exists",
                )
            )
        else:
            edits.rename(chained.key, WRAPPER_VARIABLE)
    outer = path.rpartition(".")[0]
    if path in note.made and len(gone) == len(variables.entries) and isinstance(parent, Mapping):
        around = find(edits.document.root, outer) if outer in note.made and len(parent.entries) == 1 else None
        if around is not None and isinstance(around[0], Mapping):
            edits.remove(around[0], around[1])
            removed |= {path, outer}
            return
        _remove_whole(edits, parent, entry, gone, removed, path)
        return
    for own in gone:
        edits.remove(variables, own)


def _undo_made(edits: Edits, path: str, note: Note, removed: set[str], kept_paths: frozenset[str]) -> None:
    """Take out a key that was made as a whole, unless somebody put something of his below it."""
    place = find(edits.document.root, path)
    outer = path.rpartition(".")[0]
    is_done = path in note.set or path in note.items or path in kept_paths
    is_around = any(one.startswith(path + ".") for one in (*note.set, *kept_paths))
    if place is None or is_done or is_around or outer in removed or not isinstance(place[0], Mapping):
        return
    inner = [one for one in note.made if one.rpartition(".")[0] == path]
    value = place[1].value
    if inner and isinstance(value, Mapping) and len(value.entries) > len(inner):
        return
    edits.remove(place[0], place[1])
    removed.add(path)


def _undo_spread(edits: Edits, path: str, note: Note, gaps: list[Gap]) -> bool:
    """Put back the variable that a list of its elements replaced, if it is still that list."""
    place = find(edits.document.root, path)
    if place is None or not isinstance(place[1].value, Sequence):
        return False
    entry, listed = place[1], place[1].value.items
    stem = note.was[path].strip("\"'").removesuffix("}")
    spread = [*(f"{stem}.{index}}}" for index in range(len(listed) - 1)), note.layer_at(path)]
    if [bare(one.value) for one in listed] == spread:
        edits.replace(entry.start, entry.end, note.was[path])
        return True
    line = edits.document.line(entry.key.start)
    gaps.append(
        Gap(_function(path), line, f"its layers were {note.was[path]} and were changed after attaching")
    )
    return False


def _undo_item(edits: Edits, path: str, note: Note, removed: set[str]) -> None:
    place = find(edits.document.root, path)
    if place is None or not isinstance(place[1].value, Sequence):
        return
    parent, entry = place
    listed = place[1].value
    wanted = note.layer_at(path)
    gone = [one for one in listed.items if bare(one.value) == wanted]
    if path in note.made and len(gone) == len(listed.items) and isinstance(parent, Mapping):
        edits.remove(parent, entry)
        removed.add(path)
        return
    for item in gone[-1:]:
        edits.remove(listed, item)


def _remove_whole(
    edits: Edits, parent: Mapping, entry: Entry, gone: list[Entry], removed: set[str], path: str
) -> None:
    if parent.is_flow or not isinstance(entry.value, Mapping) or entry.value.is_flow:
        edits.remove(parent, entry)
    else:
        # Line by line, so that a comment between them stays.
        edits.remove_key_line(entry)
        for own in gone:
            edits.remove(entry.value, own)
    removed.add(path)


def _function(path: str) -> str:
    steps = path.split(".")
    if steps[0] == "resource" and len(steps) > 2:
        return ".".join(steps[1:3])
    return steps[-2] if steps[0] == "functions" and len(steps) > 2 else ""


def layer_text(value: Value) -> str:
    """A layer's value as the note has it."""
    return json.dumps(as_json_value(value))
