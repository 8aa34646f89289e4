"""Tell which parts of a text that reaches a sink came from the event, and from where in it.

A text is judged by itself: what was read meanwhile (files, databases, other services) is not followed, nor what a
function computes (a sum, a hash, a cipher, a translation).
"""

from __future__ import annotations

from dayfly.core.event_values import MAX_PLACES, Leaves
from dayfly.core.substring_matches import Search
from dayfly.core.triggers import WELL_KNOWN
from dayfly.core.value_index import fold_wide

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

# A longer text is not looked at beyond this: `exec` of a generated module has some 100 kB.
MAX_TEXT_BYTES = 1024 * 1024
_MAX_REMEMBERED = 2000
_MAX_ANSWERS = 100
_MAX_STEPS_SHOWN = 16
_MANY_VALUES = 200
_MAX_SHOWN_NAME = 32
# Too few to be looked for in texts.
_FEW_CHARACTERS = 2


class Span:
    """`text[start:end]` came from the event at `path`."""

    __slots__ = ("end", "path", "start")

    def __init__(self, start: int, end: int, path: str) -> None:
        self.start = start
        self.end = end
        self.path = path


class Provenance:
    """What one event contributed.

    `event` is the decoded JSON event. `known` are names in the constants of the function's code: paths show them, and
    a key among them is the function's own word. `secret` (bytes of the environment's) keys the hashes of all
    other names; without it they are keyed by the interpreter's. `max_places` is how many values are read: what is behind
    them makes it incomplete.
    """

    __slots__ = tuple("_answers _event _known _leaves _max_places _paths _questions_complete _secret".split())

    def __init__(
        self,
        event: object,
        known: Collection[str] | None = None,
        secret: bytes = b"",
        *,
        max_places: int = MAX_PLACES,
    ) -> None:
        self._max_places = max_places
        self._event = event
        self._known = known
        self._secret = secret
        self._leaves: Leaves | None = None
        self._paths: dict[int, str] = {}
        self._questions_complete = True
        self._answers: dict[str, list[Span]] = {}

    @property
    def is_complete(self) -> bool:
        """Say whether nothing was left out, of the event or of a text asked about so far.

        Where something was, a part of a text without a span may have come from the event all the same.
        """
        return self._taken_apart().complete and self._questions_complete

    def spans(self, text: str | bytes) -> list[Span]:
        """Return what of `text` came from the event: sorted, not overlapping, as long as they go."""
        if isinstance(text, str) and len(text) <= _MAX_REMEMBERED:
            # Several judges ask about one text, and a loop sends one statement many times.
            answer = self._answers.get(text)
            if answer is None:
                answer = self._found(text)
                if len(self._answers) < _MAX_ANSWERS:
                    self._answers[text] = answer
            return list(answer)
        return self._found(text)

    def _found(self, text: str | bytes) -> list[Span]:
        leaves = self._taken_apart()
        if len(text) > MAX_TEXT_BYTES:
            self._questions_complete = False
            text = text[:MAX_TEXT_BYTES]
        if isinstance(text, str):
            if text.isascii():
                original = text.encode()
                folded, offsets = original.lower(), None
            else:
                folded, original, offsets = _fold(text)
        else:
            original = bytes(text)
            folded, offsets = original.lower(), None
        if b"\0" in folded:
            # The sign between two leaves.
            folded = folded.replace(b"\0", b"\x01")
        containers = [
            (fold_wide(container).encode("utf-8", "surrogatepass"), place)
            for container, place in leaves.containers
            if len(container) <= len(text)
        ]
        search = Search(leaves, folded, original, [one for one in containers if one[0] in folded])
        hits = search.run()
        self._questions_complete = self._questions_complete and search.complete
        found: list[Span] = []
        for start, end, place in hits:
            if leaves.ambient and folded[start:end].decode("utf-8", "replace") in leaves.ambient:
                continue
            if offsets is not None:
                start, end = offsets[start], offsets[end - 1] + 1
                if found and start < found[-1].end:
                    start = found[-1].end
                if start >= end:
                    continue
            found.append(Span(start, end, self._path(place)))
        return found

    def holds_bytes(self, data: bytes) -> str:
        """Return the path of a leaf that holds `data`, as it is or decoded; empty if there is none."""
        if not data:
            return ""
        leaves = self._taken_apart()
        for raw, place in leaves.raws:
            if data in raw:
                return self._path(place)
        readings: set[str] = set()
        for encoding in ("utf-8", "latin-1"):
            try:
                readings.add(data.decode(encoding))
            except UnicodeDecodeError:
                pass
        for text, place in leaves.texts().items():
            for reading in readings:
                if reading in text:
                    return self._path(place)
        return ""

    def is_leaf(self, text: str) -> bool:
        """Say whether a value of the event is this text, and no more than it."""
        if len(text) <= _FEW_CHARACTERS:
            return text in self._taken_apart().texts()
        return b"\0" + fold_wide(text).encode("utf-8", "surrogatepass") + b"\0" in self._taken_apart().block

    def values_in(self, text: str, sign: str) -> list[tuple[str, str]]:
        """Return the values of the event that hold `sign` and stand in `text` as a whole, with their paths.

        Not those that were decoded of one that stands there as well: a form's of XML.
        """
        leaves = self._taken_apart()
        found = [
            (value, place) for value, place in leaves.texts().items() if sign in value and value in text
        ][:_MANY_VALUES]
        return [
            (value, self._path(place))
            for value, place in found
            if not any(
                len(other) > len(value) and value in other and leaves.is_within(place, outer)
                for other, outer in found
            )
        ]

    def _taken_apart(self) -> Leaves:
        leaves = self._leaves
        if leaves is None:
            leaves = self._leaves = Leaves(self._event, self._known, max_places=self._max_places)
            # The leaves hold what is needed of it.
            self._event = None
        return leaves

    def _path(self, place: int) -> str:
        path = self._paths.get(place)
        if path is not None:
            return path
        leaves = self._taken_apart()
        steps = leaves.steps(place)
        if len(steps) > _MAX_STEPS_SHOWN:
            steps = [*steps[: _MAX_STEPS_SHOWN // 2], ">…", *steps[-_MAX_STEPS_SHOWN // 2 :]]
        parts: list[str] = []
        for step in steps:
            if isinstance(step, int):
                parts.append(f"[{step}]")
            elif step.startswith("."):
                parts.append("." + self._shown(step[1:]))
            elif step.startswith(">form."):
                parts.append(">form." + self._shown(step[6:]))
            else:
                parts.append(step)
        path = self._paths[place] = "".join(parts).removeprefix(".") or "event"
        return path

    def _shown(self, name: str) -> str:
        if name in WELL_KNOWN or name.lower() in WELL_KNOWN:
            return name
        known = self._known
        if known is not None and len(name) <= _MAX_SHOWN_NAME and name.isidentifier() and name in known:
            return name
        # A key is the sender's data. SipHash, keyed: importing hashlib costs more than all else here.
        number = hash(self._secret + name.encode("utf-8", "surrogatepass")) & 0xFFFFFFFF
        return f"key#{number:08x}"


def _fold(text: str) -> tuple[bytes, bytes, list[int]]:
    """Return `text` in lower case and as it is, as UTF-8 of one length, and each byte's character."""
    folded: list[bytes] = []
    original: list[bytes] = []
    offsets: list[int] = []
    for index, character in enumerate(text):
        upper = character.encode("utf-8", "surrogatepass")
        lower = fold_wide(character).encode("utf-8", "surrogatepass")
        folded.append(lower)
        # Only leaves of two bytes are looked for in the original: where lengths differ, there are none.
        original.append(upper if len(upper) == len(lower) else lower)
        offsets.extend([index] * len(lower))
    return b"".join(folded), b"".join(original), offsets
