"""Keep the texts and numbers of an event so that many questions about them are quick.

The texts lie in one block of bytes (UTF-8, lower case, a zero byte around each): a question is a few searches in C,
whatever the event's size.
"""

from __future__ import annotations

# An event is 6 MB at most and is there twice where its body is JSON; each MB costs 30 ms a question and 1 MB.
MAX_BLOCK_BYTES = 8 * 1024 * 1024
# Longer leaves are found by their parts; a leaf up to this length is looked for as a whole, at each question.
MAX_WHOLE_BYTES = 64
PIECE = 256 * 1024
_MAX_SQUEEZED = 1024
_PROSE = b"abcdefghijklmnopqrstuvwxyz ,.\n"
# What a text behind the first words of a value, too short to be found by its parts, does harm with.
_ACTIVE = b";|&$`<>'\"\\"
_MANY_TAILS = 4
_LEAST_TAIL = 4


class LeafBlock:
    """Texts and numbers, each with the place it came from. `complete` says whether all had room."""

    __slots__ = tuple(
        "_rounded block complete fractions numbers owners seeds short starts unread unread_place whole".split()
    )

    def __init__(self) -> None:
        self.complete = True
        self.block = bytearray(b"\0")
        self.starts: list[int] = []
        self.owners: list[int] = []
        self.whole: dict[bytes, int] = {}
        # Of more than can be read one by one: looked for as wholes, from one place.
        self.unread: list[bytes] = []
        self.unread_place = 0
        # Of one or two bytes, as they are in the event.
        self.short: dict[bytes, int] = {}
        self.numbers: dict[float, int] = {}
        self.fractions: list[float] = []
        self._rounded: dict[int, dict[float, int]] = {}
        # Where words of texts asked about before were found in the block: a function's texts are much alike.
        self.seeds: dict[bytes, int] = {}

    def take_number(self, value: int | float, place: int) -> None:
        # A text's numbers are looked up by their value, whatever their form.
        if value is True or value is False:
            self.whole.setdefault(b"true" if value else b"false", place)
            return
        numbers = self.numbers
        try:
            number = float(value)
            if number < 0:
                number = -number
            if number not in numbers:
                numbers[number] = place
                if number % 1:
                    self.fractions.append(number)
        except OverflowError:
            if value.bit_length() > 8192:  # type: ignore[union-attr]
                # Python itself refuses to print what has over 4,300 digits.
                self.complete = False
            else:
                self.keep(str(value), place)

    def take_digits(self, text: str, place: int) -> None:
        try:
            self.take_number(float(text), place)
        except ValueError:
            pass

    def keep(self, text: str, place: int) -> None:
        """Put a text into the block."""
        if text.isascii():
            data = text.lower().encode()
            if len(data) <= 2:
                self._keep_short(text.encode(), place)
                return
        else:
            # In pieces: with one emoji in it, 6 MB of text take 24 MB in lower case.
            data = b"".join(
                fold_wide(text[start : start + PIECE]).encode("utf-8", "surrogatepass")
                for start in range(0, len(text), PIECE)
            )
            self._keep_forms(text, place)
        self.keep_bytes(data, place)

    def _keep_short(self, data: bytes, place: int) -> None:
        if data.strip():
            self.short.setdefault(data, place)
            if data[:1] != b"0" and data.isdigit():
                self.numbers.setdefault(float(data), place)

    def keep_bytes(self, data: bytes, place: int) -> None:
        if b"\0" in data:
            data = data.replace(b"\0", b"\x01")
        block = self.block
        if len(block) + len(data) >= MAX_BLOCK_BYTES:
            self.complete = False
            return
        if len(data) <= MAX_WHOLE_BYTES:
            # The spaces around a value go before it is used.
            whole = data.strip()
            if len(whole) <= 2:
                self._keep_short(whole, place)
            elif whole in self.whole:
                return
            else:
                self.whole[whole] = place
            if whole != data and len(data) > 2 and whole:
                # "\nrm" brings the end of a command along.
                self.whole.setdefault(data, place)
            if whole.translate(None, _ACTIVE) != whole:
                self._keep_tails(whole, place)
        self.starts.append(len(block))
        self.owners.append(place)
        block += data
        block.append(0)
        if len(data) <= _MAX_SQUEEZED and b" " in data and data.translate(None, _PROSE):
            # eval(expression.replace(" ", "")): of "1 + 2 - 3" nothing would be left to find.
            squeezed = b"".join(data.split())
            if len(squeezed) <= MAX_WHOLE_BYTES and len(squeezed) > 2:
                self.whole.setdefault(squeezed, place)
            self.starts.append(len(block))
            self.owners.append(place)
            block += squeezed
            block.append(0)

    def _keep_tails(self, whole: bytes, place: int) -> None:
        """Keep what follows the first words: a chat's command is split there, `deploy web; id`."""
        for _ in range(_MANY_TAILS):
            # At any blank, as text.split() does.
            _, *rest = whole.split(None, 1)
            if not rest or len(rest[0]) < _LEAST_TAIL or rest[0].translate(None, _ACTIVE) == rest[0]:
                break
            (whole,) = rest
            self.whole.setdefault(whole, place)

    def _keep_forms(self, text: str, place: int) -> None:
        """Keep what functions make of a text beyond ASCII: normal forms, and ASCII by leaving out the rest.

        `ｅｖａｌ` in full-width letters is `eval` after NFKC, which Python's own parser does to names; a file's name is made
        of NFKD without its accents.
        """
        if len(text) > PIECE:
            # A form costs up to 1 s for 6 MB.
            self.complete = False
            text = text[:PIECE]
        # 0.3 ms, for events beyond ASCII.
        from unicodedata import normalize

        forms = {
            normalize("NFKC", text),
            normalize("NFC", text),
            normalize("NFD", text),
            text.casefold(),
            text.upper(),
            text.encode("ascii", "ignore").decode(),
        }
        decomposed = normalize("NFKD", text)
        forms.update((decomposed, decomposed.encode("ascii", "ignore").decode()))
        base = fold_wide(text)
        for form in {fold_wide(form) for form in forms} - {base, ""}:
            self.keep_bytes(form.encode("utf-8", "surrogatepass"), place)

    def rounded(self, digits: int) -> dict[float, int]:
        """Return the places of numbers by what they are when rounded."""
        found = self._rounded.get(digits)
        if found is None:
            found = self._rounded[digits] = {
                round(number, digits): self.numbers[number] for number in self.fractions
            }
        return found


def fold_wide(text: str) -> str:
    """Return `text` in lower case."""
    return text.replace("İ", "i").lower()
