"""What a template remembers of attach, so that detach is exact: a comment line in YAML blocks, `Metadata` elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field, fields

from dayfly.attach.templates.model import TemplateError
from dayfly.attach.templates.nodes import Document, Mapping, Node, Scalar, Sequence, get, walk
from dayfly.attach.templates.values import Value

METADATA = "Metadata"
METADATA_KEY = "Dayfly"
_SIGN = "dayfly-attach"
_LINE = re.compile(rf"^\ufeff?[ \t]*# {_SIGN} (\{{.*\}})[ \t]*\r?$", re.MULTILINE)


@dataclass
class Record:
    """What attach did to one resource.

    `made` are keys it added, `null` keys that had nothing below them, as paths; `none` the branches of an Fn::If that
    were AWS::NoValue. `layer` is the layer's value as short YAML; `set` maps variables to a digest of their value and `was` to the
    text a replaced one had; `is_renamed` says that the other wrapper's variable goes by DAYFLY_NEXT_WRAPPER meanwhile.
    `resource` is the digest of a resource that attach added as a whole.
    """

    made: list[str] = field(default_factory=list)
    null: list[str] = field(default_factory=list)
    none: dict[str, str] = field(default_factory=dict)
    layer: str = ""
    set: dict[str, str] = field(default_factory=dict)
    was: dict[str, str] = field(default_factory=dict)
    is_renamed: bool = False
    resource: str = ""

    def as_json(self) -> dict[str, object]:
        """Only what says something."""
        return {name: value for name, value in asdict(self).items() if value}

    def as_value(self) -> dict[str, Value]:
        """The same for `Metadata`."""
        return {name: "true" if value is True else value for name, value in asdict(self).items() if value}

    def add(self, other: Record) -> None:
        """What another record says, too."""
        self.made += [one for one in other.made if one not in self.made]
        self.null += [one for one in other.null if one not in self.null]
        self.none |= other.none
        self.set |= other.set
        self.was |= other.was
        self.is_renamed = self.is_renamed or other.is_renamed

    def as_comment(self) -> str:
        """The text of the comment line, behind `# `."""
        return f"{_SIGN} {json.dumps(self.as_json())}"


_KINDS: dict[str, type] = {
    "made": list,
    "null": list,
    "none": dict,
    "set": dict,
    "was": dict,
    "is_renamed": bool,
    "resource": str,
    "layer": str,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it stands in a template: `offset` is where its comment begins, None for one in `Metadata`."""

    record: Record
    offset: int | None


def read_record(document: Document, start: int, resource: Mapping, comments: dict[int, str]) -> Kept | None:
    """The record of the resource whose key begins at `start`; `comments` come from `record_comments`."""
    for offset, text in comments.items():
        if start <= offset < resource.end:
            return Kept(_parsed(document, offset, text), offset)
    node = get(resource, METADATA, METADATA_KEY)
    if node is None:
        return None
    return Kept(_parsed(document, node.start, json.dumps(bare(node))), None)


def record_comments(document: Document) -> dict[int, str]:
    """Every record that is a comment, by offset: what looks like one within a text is none."""
    if document.is_json:
        return {}
    found = {match.start(): match[1] for match in _LINE.finditer(document.text)}
    if found:
        texts = [node for node in walk(document.root) if isinstance(node, Scalar) and node.style]
        for node in texts:
            for offset in [offset for offset in found if node.start < offset < node.end]:
                del found[offset]
    return found


def _parsed(document: Document, offset: int, text: str) -> Record:
    problem = ""
    try:
        data = json.loads(text)
    except ValueError:
        data, problem = None, "is not valid JSON"
    if not isinstance(data, dict) or not data.keys() <= {one.name for one in fields(Record)}:
        problem = problem or "has unknown keys"
    elif "is_renamed" in data:
        # YAML's plain `true` comes as text.
        data["is_renamed"] = data["is_renamed"] in (True, "true")
    if not problem and isinstance(data, dict):
        for name, kind in _KINDS.items():
            value = data.get(name, kind())
            inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            if not isinstance(value, kind) or not all(isinstance(one, str) for one in inner):
                problem = f"has an invalid {name!r}"
    if problem:
        line = document.line(offset)
        raise TemplateError(
            f"{document.path}:{line} the note of `dayfly attach` {problem}: it was edited",
            hint="restore it from version control, or remove Dayfly and the note manually",
        )
    return Record(**data)


def bare(node: Node) -> object:
    """A node's value as JSON has it: short forms written out, no quotes, no places."""
    value: object
    if isinstance(node, Scalar):
        value = node.text
    elif isinstance(node, Sequence):
        value = [bare(item.value) for item in node.items]
    else:
        value = {key: bare(entry.value) for key, entry in node.effective().items()}
    if not node.tag:
        return value
    word = node.tag.removeprefix("!")
    if word == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {word if word in ("Ref", "Condition") else f"Fn::{word}": value}


def digest(value: object) -> str:
    """A short fingerprint: whether something is still what attach wrote."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
