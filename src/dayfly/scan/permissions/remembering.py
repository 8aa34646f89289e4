"""What a handler needs, as text that a later scan reads back where none of its files has changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Note, NoteKind, Place
from dayfly.scan.permissions.needs import Need
from dayfly.scan.permissions.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping

    from dayfly.scan.template.entries import Entry

    Known = tuple[Usage, tuple[Need, ...], tuple[Note, ...]]


@dataclass(frozen=True, slots=True)
class Memory:
    """`texts` are kept from scan to scan. `state_of` is a digest of files and of what their imports lead to.

    `reached_by` are the files that a handler's module imports, directly or not.
    """

    texts: MutableMapping[str, str]
    state_of: Callable[[Iterable[str]], str]
    reached_by: Callable[[Entry], Iterable[str]]

    def key(self, entry: Entry, kinds: Mapping[str, str]) -> str:
        """Where the needs of this handler are kept."""
        parts = (
            repr(entry.function),
            entry.file.path,
            entry.qualname,
            repr(sorted(kinds.items())),
            self.state_of(self.reached_by(entry)),
        )
        return "needs " + hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()

    def recall(self, key: str) -> Known | None:
        """What is known and still true; whatever the text holds, it is only believed in this form."""
        try:
            document = json.loads(self.texts[key])
            usage = document["usage"]
            files = frozenset(str(path) for path in usage["files"])
            if document["state"] != self.state_of(files):
                return None
            known = Usage(
                calls=(),
                notes=(),
                open_prefixes=frozenset(str(one) for one in usage["open_prefixes"]),
                files=files,
                packages=frozenset(str(one) for one in usage["packages"]),
                is_complete=bool(usage["is_complete"]),
            )
            needs = tuple(_need(one) for one in document["needs"])
            notes = tuple(_note(one) for one in document["notes"])
        except (KeyError, TypeError, ValueError, RecursionError):
            return None
        return known, needs, notes

    def remember(self, key: str, known: Known) -> None:
        """Keep it. The calls themselves are not: nothing asks for them once their needs are known."""
        usage, needs, notes = known
        self.texts[key] = json.dumps(
            {
                "state": self.state_of(usage.files),
                "usage": {
                    "files": sorted(usage.files),
                    "open_prefixes": sorted(usage.open_prefixes),
                    "packages": sorted(usage.packages),
                    "is_complete": usage.is_complete,
                },
                "needs": [asdict(one) for one in needs],
                "notes": [asdict(one) for one in notes],
            }
        )


def _place(fields: Mapping[str, object]) -> Place:
    numbers = [fields[name] for name in ("line", "column", "end_line", "end_column")]
    if not all(isinstance(one, int) for one in numbers):
        raise TypeError("a place has numbers")
    return Place(str(fields["path"]), *(one for one in numbers if isinstance(one, int)))


def _need(fields: Mapping[str, object]) -> Need:
    place = fields["place"]
    if not isinstance(place, dict):
        raise TypeError("a need has a place")
    texts = {
        name: str(fields[name]) for name in ("action", "resource", "line", "operation", "unknown", "service")
    }
    return Need(
        **texts,
        place=_place(place),
        confidence=Confidence(str(fields["confidence"])),
        is_optional=bool(fields["is_optional"]),
    )


def _note(fields: Mapping[str, object]) -> Note:
    place = fields["place"]
    if not isinstance(place, dict):
        raise TypeError("a note has a place")
    return Note(NoteKind(str(fields["kind"])), str(fields["message"]), _place(place), str(fields["hint"]))
