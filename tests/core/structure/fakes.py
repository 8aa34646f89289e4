"""A provenance whose spans are found plainly: the values and keys of a flat event, wherever they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class FakeSpan:
    def __init__(self, start: int, end: int, path: str) -> None:
        self.start = start
        self.end = end
        self.path = path


class FakeProvenance:
    """Every place where a value (or key) of `event` stands in a text; longer ones first."""

    def __init__(self, event: Mapping[str, str], *, keys: bool = True, is_complete: bool = True) -> None:
        self.is_complete = is_complete
        leaves = [(value, key) for key, value in event.items() if value]
        if keys:
            leaves += [(key, "key") for key in event]
        self._leaves = sorted(leaves, key=lambda leaf: -len(leaf[0]))

    def spans(self, text: str) -> Sequence[FakeSpan]:
        taken = bytearray(len(text))
        found = []
        for leaf, path in self._leaves:
            at = text.find(leaf)
            while at >= 0:
                end = at + len(leaf)
                if not any(taken[at:end]):
                    taken[at:end] = b"\x01" * (end - at)
                    found.append(FakeSpan(at, end, path))
                at = text.find(leaf, end)
        return sorted(found, key=lambda span: span.start)

    def is_leaf(self, text: str) -> bool:
        return any(text == leaf for leaf, _path in self._leaves)

    def holds_bytes(self, data: bytes) -> str:
        for leaf, path in self._leaves:
            if data in leaf.encode("utf-8", "surrogatepass"):
                return path
        return ""


class Brought(FakeProvenance):
    """Exactly these ranges of `text` are the event's; in any other text, where `values` stand."""

    def __init__(self, *ranges: tuple[int, int], text: str | None = None, values: Sequence[str] = ()) -> None:
        super().__init__({f"v{index}": value for index, value in enumerate(values)}, keys=False)
        self._ranges = ranges
        self._text = text

    def spans(self, text: str) -> Sequence[FakeSpan]:
        if self._text is not None and text != self._text:
            return super().spans(text)
        return [FakeSpan(start, end, "given") for start, end in self._ranges]


NOTHING = FakeProvenance({})


def fill(template: str, *values: str) -> tuple[str, Brought]:
    """Put the event's values into the holes (`{}`) of a template, and say where they went."""
    text = ""
    ranges = []
    for index, piece in enumerate(template.split("{}")):
        if index:
            ranges.append((len(text), len(text) + len(values[index - 1])))
            text += values[index - 1]
        text += piece
    return text, Brought(*ranges, text=text, values=values)
