"""What every judge takes and gives: a verdict, the event's part of a text as a mask, and one trust boundary."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal, Protocol

    from dayfly.core.structure.trusted_literals import OwnText

    Verdict = Literal["allow", "refuse", "unknown"]

    class Span(Protocol):
        """text[start:end] came from the event at `path`."""

        @property
        def start(self) -> int: ...
        @property
        def end(self) -> int: ...
        @property
        def path(self) -> str: ...

    class Provenance(Protocol):
        """What of a text came from the event; `is_complete`, where there is one, says that all of it was read."""

        def spans(self, text: str, /) -> Sequence[Span]: ...
        def holds_bytes(self, data: bytes, /) -> str: ...
        def is_leaf(self, text: str, /) -> bool: ...


# What a function puts before a sign of a value's, for it to be one.
_ESCAPES = "'\"\\"
# Longest text a judge reads; Lambda's events end at 6 MB and no honest program text comes near one.
MAX_TEXT = 1_000_000


class Judgement:
    """A verdict and why: the rule that decided, and the path of the deciding part in the event."""

    __slots__ = ("path", "rule", "verdict")

    def __init__(self, verdict: Verdict, rule: str, path: str = "") -> None:
        self.verdict: Verdict = verdict
        self.rule = rule
        self.path = path


class Taint:
    """The event's part of one text, a byte for each character."""

    __slots__ = ("_spans", "mask")

    def __init__(self, text: str, spans: Sequence[Span]) -> None:
        self._spans = spans
        self.mask = bytearray(len(text))
        for span in spans:
            start, end = max(span.start, 0), min(span.end, len(text))
            # A blank at a value's edge says nothing about where it came from: prose in the event
            # (" and ") must not claim the blanks of the function's own text around its own word.
            while start < end and text[start] == " ":
                start += 1
            while start < end and text[end - 1] == " ":
                end -= 1
            if start < end:
                self.mask[start:end] = b"\x01" * (end - start)

    def drop(self, start: int, end: int) -> None:
        """Take what is the event's in a range for the function's."""
        self.mask[start:end] = bytes(max(0, end - start))

    def drop_marked(self, marks: bytearray) -> None:
        """Take what `marks` has of the event's for the function's: the function's own words, by coincidence the event's, too."""
        self.mask[:] = bytes(brought and not own for brought, own in zip(self.mask, marks, strict=True))

    def first_outside(self, *allowed: bytearray) -> int:
        """Return the first character of the event's that none of `allowed` marks, or -1."""
        marked = 0
        for marks in allowed:
            marked |= int.from_bytes(marks, "little")
        every = marked.to_bytes(len(self.mask), "little")
        return next((at for run in self.runs() if (at := every.find(0, *run)) >= 0), -1)

    def any(self, start: int, end: int) -> bool:
        return self.mask.find(1, start, end) >= 0

    def all(self, start: int, end: int) -> bool:
        return self.mask.find(0, start, end) < 0

    def drop_lone(self, text: str, part: str, limit: int) -> None:
        """Take the event's part away where all that it has there is `part`, up to `limit`."""
        for span in self._spans:
            if span.end <= limit and text[span.start : span.end] == part:
                self.mask[span.start : span.end] = bytes(span.end - span.start)

    def source_at(self, position: int) -> str:
        """Return the path of what came from the event at a position, "" where nothing did."""
        return next((span.path for span in self._spans if span.start <= position < span.end), "")

    def path_at(self, position: int) -> str:
        return self.source_at(position) or self.first_path()

    def first_path(self) -> str:
        return self._spans[0].path if self._spans else ""

    def runs(self) -> list[tuple[int, int]]:
        """Return the event's parts as maximal ranges; touching spans are one."""
        found = []
        start = self.mask.find(1)
        while start >= 0:
            end = self.mask.find(0, start)
            if end < 0:
                end = len(self.mask)
            found.append((start, end))
            start = self.mask.find(1, end)
        return found


def contributed(
    text: str, provenance: Provenance, own: OwnText, *, is_place: Callable[[int, int], bool] | None = None
) -> list[Span]:
    """Return what of `text` came from the event, without what the function chose by it: members of its own collections.

    `is_place` says whether text[start:end] stands where a choice may.
    """
    spans = provenance.spans(text)
    # Pieces of one value, with what the function escaped between them, are no choices: 'O''Brien', though "O" is one elsewhere.
    escaped = {
        number
        for at in range(len(spans) - 1)
        if (gap := text[spans[at].end : spans[at + 1].start]) and not gap.strip(_ESCAPES)
        for number in (at, at + 1)
    }
    return [
        span
        for number, span in enumerate(spans)
        if number in escaped
        or not own.is_choice(text[span.start : span.end])
        or (is_place is not None and not is_place(span.start, span.end))
    ]


def as_text(value: str | bytes) -> str:
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "surrogateescape")


def mark(marks: bytearray, start: int, end: int) -> None:
    if start < end:
        marks[start:end] = b"\x01" * (end - start)


def refuse(rule: str, path: str) -> Judgement:
    """Return that the event's part, from `path`, is not let through."""
    return Judgement("refuse", rule, path)


class Unreadable(Exception):
    """The judge cannot tell what this text means."""


def unreadable(sink: str, taint: Taint) -> Judgement:
    """What cannot be read is refused if any of it is the event's."""
    run = taint.mask.find(1)
    if run >= 0:
        return refuse(sink + ".unreadable", taint.path_at(run))
    return Judgement("unknown", sink + ".unreadable")


def judged(
    sink: str,
    text: str,
    provenance: Provenance,
    own: OwnText,
    judge: Callable[[Taint], Judgement],
    *,
    is_place: Callable[[int, int], bool] | None = None,
) -> Judgement:
    """Ask `judge` about the event's part of `text`; raises nothing but what the provenance does, whose part is unknown then."""
    # A signal's handler that raises here, a timeout's say, is not to make a text one that nobody knows.
    taint = Taint(text, contributed(text, provenance, own, is_place=is_place))
    try:
        if len(text) > MAX_TEXT:
            return unreadable(sink, taint)
        judgement = judge(taint)
        if (
            judgement.verdict == "allow"
            and not getattr(provenance, "is_complete", True)
            and not own.is_constant(text)
        ):
            return Judgement("unknown", sink + ".incomplete")
        return judgement
    except Exception:
        # Trust boundary: hostile text, unreadable or not, must not end the guard. Closed where the event has a part in it.
        return unreadable(sink, taint)
