"""Take an event apart into its leaves: every text, number and key, and what they say when decoded."""

from __future__ import annotations

import re

from dayfly.core import decodings
from dayfly.core.triggers import FRONT_VALUES, WELL_KNOWN, ambient_values
from dayfly.core.value_index import MAX_WHOLE_BYTES, PIECE, LeafBlock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

# What is decoded and the block stay below 32 MB.
MAX_DECODED_BYTES = 9 * 1024 * 1024
MAX_UNPACKED_BYTES = 4 * 1024 * 1024
# Places in the event, containers too: a place costs 1 µs and 100 bytes.
MAX_PLACES = 80_000
# JSON in base64 in a form in a query in an SNS message in an SQS body: six deep has not been seen.
MAX_LAYERS = 8
# Marks in a text that cost a call each when they are decoded (0.2 µs): entities, escapes, pairs of a form.
MAX_MARKS = 100_000
# Signs that make an object each when JSON is parsed (some 100 bytes).
MAX_JSON_SIGNS = 120_000
# Form data as browsers send it. What else is in a text between "&" and "=" may be the signs of a shell.
_FORM = re.compile(
    r"[\w.~*+%\[\]-]{1,256}=[^\s&;|<>`$\"'()\\]*(?:&[\w.~*+%\[\]-]{1,256}=[^\s&;|<>`$\"'()\\]*)+"
)
_BYTE_ORDER_MARK = "\ufeff"
# Shorter ones are chance among so many.
_FEW_CHARACTERS = 2


class Leaves(LeafBlock):
    """The leaves of one event. `complete` says whether nothing was left out for its size or its form."""

    __slots__ = tuple(
        "_decoded_left _known _later _marks_left _max_places _parents _queue _reads_on _seen _sorts "
        "_steps ambient containers raws".split()
    )

    def __init__(self, event: object, known: Collection[str] | None, *, max_places: int = MAX_PLACES) -> None:
        super().__init__()
        # Who asks for less has no time for more.
        self._reads_on = max_places >= MAX_PLACES
        self._max_places = max_places
        self.raws: list[tuple[bytes, int]] = []
        # What was parsed, looked for as a whole.
        self.containers: list[tuple[str, int]] = []
        self.ambient = ambient_values(event)
        self._known = known
        self._later: list[tuple[str, int]] = []
        self._sorts: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._parents: list[int] = [-1]
        self._steps: list[str | int] = [""]
        self._decoded_left = MAX_DECODED_BYTES
        self._marks_left = MAX_MARKS
        self._queue: list[tuple[object, int, int]] = [(event, 0, 0)]
        self._walk()

    def steps(self, place: int) -> list[str | int]:
        """Return the way from the root to a place: indexes, keys (".name"), decodings (">json")."""
        found: list[str | int] = []
        while place > 0:
            found.append(self._steps[place])
            place = self._parents[place]
        found.reverse()
        return found

    def is_within(self, place: int, outer: int) -> bool:
        """Say whether what is at a place was in, or decoded of, what is at another one."""
        while place > outer:
            place = self._parents[place]
        return place == outer

    def texts(self) -> dict[str, int]:
        """Return all texts as they are in the event or were decoded, with their places."""
        return self._seen

    def _walk(self) -> None:
        # First come, first served, so that no deep value of an attacker's keeps out what lies beside it.
        queue = self._queue
        index = 0
        while index < len(queue):
            value, place, layer = queue[index]
            queue[index] = _DONE
            index += 1
            if index > 4096:
                del queue[:index]
                index = 0
            kind = type(value)
            if kind is str:
                self._take_text(value, place, layer)  # type: ignore[arg-type]
            elif kind is dict:
                self._take_dict(value, place, layer)  # type: ignore[arg-type]
            elif kind is list or kind is tuple:
                self._take_list(value, place, layer)  # type: ignore[arg-type]
            elif kind is int or kind is float or kind is bool:
                self.take_number(value, place)  # type: ignore[arg-type]
            elif isinstance(value, (bytes, bytearray)):
                self._take_bytes(bytes(value), place, layer)
            elif value is not None:
                # The event is JSON; a decoder of the function's own may give what prints (Decimal, UUID).
                self._take_text(str(value), place, layer)
            if len(self._steps) > self._max_places:
                self.complete = False
                if self._reads_on:
                    self._skim([value, *(item for item, _, _ in queue[index:])])
                break
        self._queue = []
        for text, place in self._later:
            self.keep(text, place)
        self._later = []

    def _skim(self, pending: list[object]) -> None:
        """Take the texts of what is not read value by value, as they are and unquoted, all of them from one place.

        Whoever sends so many values may have put the one that matters behind them. A text costs 60 bytes and 50 ns a
        question here, and an event of 6 MB has half a million at most.
        """
        place = self.unread_place = self._place(0, ">rest")
        unread: set[str] = set()
        while pending:
            value = pending.pop()
            kind = type(value)
            if kind is str:
                unread.add(value)  # type: ignore[arg-type]
            elif kind is dict:
                for name, item in value.items():  # type: ignore[attr-defined]
                    if not _is_word(name):
                        unread.add(name)
                    pending.append(item)
            elif kind is list:
                pending.extend(value)  # type: ignore[arg-type]
        for text in unread:
            for form in (text, decodings.unquote(text)) if "%" in text else (text,):
                if len(form) > MAX_WHOLE_BYTES or not form.isascii():
                    self.keep(form, place)
                elif len(form) > _FEW_CHARACTERS:
                    self.unread.append(form.lower().encode())

    def _place(self, parent: int, step: str | int) -> int:
        self._parents.append(parent)
        self._steps.append(step)
        return len(self._steps) - 1

    def _push(self, value: object, parent: int, step: str | int, layer: int) -> None:
        if layer > MAX_LAYERS:
            self.complete = False
            return
        self._queue.append((value, self._place(parent, step), layer))

    def _take_dict(self, value: dict[object, object], place: int, layer: int) -> None:
        sorts = self._sorts
        for key, item in value.items():
            name = str(key)
            sort = sorts.get(name)
            if sort is None:
                sort = self._sort(name)
                if len(sorts) < 1000:
                    sorts[name] = sort
            if sort == _FRONT and layer == 0:
                values = item if type(item) is list else (item,)
                if all(type(one) is str and one.lower() in FRONT_VALUES[name.lower()] for one in values):
                    continue
            child = self._place(place, "." + name)
            self._take_item(item, child, layer)
            if sort != _SENDERS:
                continue
            self._take_text(name, self._place(child, "(key)"), layer)
            if len(self._steps) > self._max_places:
                return

    def _sort(self, name: str) -> int:
        """Return what a key is: a header with values of a closed set, anybody's, or the sender's own."""
        lower = name.lower()
        if lower in FRONT_VALUES:
            return _FRONT
        if name in WELL_KNOWN or lower in WELL_KNOWN:
            return _ANYBODYS
        # `INSERT INTO items (name, price)` from `{"name": .., "price": ..}` is what functions do: a key that is a word,
        # and that the function may well have in its own code, says nothing.
        return _ANYBODYS if _is_word(name) and (self._known is None or name in self._known) else _SENDERS

    def _take_list(self, value: list[object], place: int, layer: int) -> None:
        if len(value) > 1 and type(value[0]) is int and 0 <= value[0] < 256 and len(value) <= PIECE:
            # Kafka's headers and JavaScript's buffers are lists of bytes.
            try:
                self._take_bytes(bytes(value), place, layer)  # type: ignore[arg-type]
            except (TypeError, ValueError):
                pass
        elif 1 < len(value) <= 256 and all(type(item) is str and len(item) <= 16 for item in value):
            # "".join(["r", "m"]): letter by letter, nothing of it would be seen.
            self.keep("".join(value), place)  # type: ignore[arg-type]
        for index, item in enumerate(value):
            self._take_item(item, self._place(place, index), layer)
            if len(self._steps) > self._max_places:
                return

    def _take_item(self, item: object, place: int, layer: int) -> None:
        # What is in a list or a dict itself, before what is in those within it: half of the walk's time was the queue.
        kind = type(item)
        if kind is str:
            self._take_text(item, place, layer)  # type: ignore[arg-type]
        elif kind is int or kind is float or kind is bool:
            self.take_number(item, place)  # type: ignore[arg-type]
        elif item is not None:
            self._queue.append((item, place, layer))

    def _take_text(self, text: str, place: int, layer: int) -> None:
        if text in self._seen or not text:
            return
        self._seen[text] = place
        if text[0] == _BYTE_ORDER_MARK and text[1:2] != _BYTE_ORDER_MARK:
            # How a text is encoded, and no part of it: what decodes it may drop that.
            self._take_text(text[1:], place, layer)
        size = len(text)
        if 2 < size <= 256 and text.lower() in self.ambient:
            return
        # Of a body that is JSON or form data, its values are what the event has contributed. The signs between them stand
        # in anybody's text: `", "` of an INSERT. `eval(event["body"])` takes all of it: it is looked for as a whole.
        if "%" in text or (size > 8 and text[0] in '{["') or ("=" in text and ("&" in text or ";" in text)):
            is_read = size > 3 and self._decode_parts(text, place, layer + 1)
            # The path of what is in it says more: what comes first in the block is found first.
            (self.containers if is_read else self._later).append((text, place))
            return
        # What is base64 as a whole and long need not be searched as it is: letters and digits, no structure.
        if size < 4096 or not self._decode_whole(text, place, layer + 1):
            self.keep(text, place)
        if size < 4:
            if text.isdecimal():
                self.take_digits(text, place)
            return
        if size < 4096:
            self._decode_whole(text, place, layer + 1)
        if text.isalnum():
            return
        self._decode_parts(text, place, layer + 1)

    def _leave_out(self) -> bool:
        self.complete = False
        return False

    def _spend(self, marks: int) -> bool:
        """Say whether `marks` more may be decoded."""
        if marks > self._marks_left:
            return self._leave_out()
        self._marks_left -= marks
        return True

    def _grant(self, size: int) -> bool:
        """Say whether `size` more bytes may be decoded."""
        if size > self._decoded_left:
            return self._leave_out()
        self._decoded_left -= size
        return True

    def _decode_whole(self, text: str, place: int, layer: int) -> bool:
        """Decode a text that is base64 or hexadecimal from end to end; say whether it was clearly that."""
        size = len(text)
        if size < 8 and text[-1] != "=":
            if size >= 4 and text.isalnum() and not text.isalpha():
                self.take_digits(text, place)
                self._take_encoded(decodings.from_hex(text), place, ">hex", layer)
            if size == 4 and not text[1:].islower() and not text.isupper():
                self._take_encoded(decodings.from_base64(text), place, ">base64", layer)
            return False
        if text.isdecimal():
            self.take_digits(text, place)
            return False
        first = text[0]
        if first in '{["<-':
            return False
        if size > 32 and " " in text[:32] and not text.isalnum() and "\n" not in text[:100]:
            return False
        data = decodings.from_hex(text)
        if data and self._take_encoded(data, place, ">hex", layer):
            return True
        if size * 3 // 4 > self._decoded_left:
            return self._leave_out()
        return self._take_encoded(decodings.from_base64(text), place, ">base64", layer)

    def _take_encoded(self, data: bytes, place: int, label: str, layer: int) -> bool:
        """Take what was decoded if it means something; every other word is valid base64 by chance."""
        if len(data) < 2:
            return False
        textual = decodings.is_textual(data) or (len(data) > 3 and data[:2] in (b"\xff\xfe", b"\xfe\xff"))
        if not textual and len(data) < 6:
            return False
        if not self._grant(len(data)):
            return False
        child = self._place(place, label)
        if layer > MAX_LAYERS:
            return self._leave_out()
        if textual or len(data) >= 16:
            self._take_bytes(data, child, layer)
        else:
            self.raws.append((data, child))
        return textual or data[:2] == b"\x1f\x8b"

    def _take_bytes(self, data: bytes, place: int, layer: int) -> None:
        label, content, is_whole = decodings.unpack(data, min(self._decoded_left, MAX_UNPACKED_BYTES))
        if label:
            self.raws.append((data, place))
            self.complete = self.complete and is_whole
            self._decoded_left = max(self._decoded_left - len(content), 0)
            if layer >= MAX_LAYERS:
                self.complete = False
                return
            self._take_bytes(content, self._place(place, label), layer + 1)
            return
        if data.startswith(decodings.OTHER_ARCHIVES):
            self.complete = False
        found, is_all = decodings.members(data, min(self._decoded_left, MAX_UNPACKED_BYTES))
        self.complete = self.complete and is_all
        if found:
            self._take_members(found, place, layer)
            return
        label, text = decodings.to_text(data)
        if text and not label:
            self._take_text(text, place, layer)
            return
        self.raws.append((data, place))
        if text:
            self._push(text, place, label, layer)
            if label == ">latin1" and data[:2] == b"--":
                self._take_multipart(data, place, layer)
            return
        if data[:2] == b"--" and b"\n" in data[:256]:
            self._take_multipart(data, place, layer)
        # A pickle, an image: its strings are searched as they lie.
        self.keep_bytes(data.lower(), place)

    def _take_members(self, found: list[tuple[str, bytes]], place: int, layer: int) -> None:
        for number, (name, content) in enumerate(found):
            if layer >= MAX_LAYERS or not self._grant(len(name) + len(content)):
                self.complete = False
                return
            member = self._place(place, f">member[{number}]")
            self._queue.append((name, self._place(member, "(name)"), layer + 1))
            self._queue.append((content, member, layer + 1))

    def _decode_parts(self, text: str, place: int, layer: int) -> bool:
        """Take what a text says when decoded; say whether it is a container, and all that is in it was taken."""
        size = len(text)
        is_container = False
        if text[0] in '{["' or (text[0].isspace() and text.lstrip()[:1] in ("{", "[", '"')):
            is_container = self._take_json(text, place, layer)
        elif "\\" in text and self._spend(text.count("\\")) and self._grant(size):
            self._push(decodings.unescape(text), place, ">escapes", layer)
        has_percent = "%" in text
        has_pairs = "=" in text
        if has_percent or "+" in text:
            self._take_quoted(text, place, layer)
        if "&" in text:
            if ";" in text and self._spend(text.count("&")) and self._grant(size):
                unescaped = decodings.unescape_html(text)
                if unescaped != text:
                    self._push(unescaped, place, ">html", layer)
            # Cut at those signs, what is JSON would leave the signs between its values as values.
            if has_pairs and not is_container:
                is_container = self._take_pairs(text, "&", place, layer) and _FORM.fullmatch(text) is not None
        elif has_pairs and not is_container:
            if ";" in text:
                self._take_pairs(text, ";", place, layer)
            elif text.find("=") < len(text.rstrip("=")) and "\n" not in text:
                self._take_pairs(text, "&", place, layer)
        if has_pairs and ("=\n" in text or "=\r\n" in text or "=3D" in text or "=?" in text):
            self._take_printable(text, place, layer)
        # As with "&": between elements in two values of JSON stand the signs between those values.
        if "</" in text and not is_container and self._spend(text.count("<")) and self._grant(size):
            for number, content in enumerate(decodings.xml_texts(text)):
                sign = decodings.unescape_html(decodings.unquote(content).replace("+", " ")).strip()
                # One sign between two elements stands in anybody's text.
                if len(sign) > 1 or sign.isalnum():
                    self._push(content, place, f">xml[{number}]", layer)
        if text[:2] == "--" and "\n" in text:
            self._take_multipart(text.encode("utf-8", "surrogatepass"), place, layer)
        self._take_embedded(text, place, layer)
        if text[0] in "-.0123456789" and len(text) < 32:
            self.take_digits(text, place)
        return is_container

    def _take_json(self, text: str, place: int, layer: int) -> bool:
        """Take the values of a JSON text; say whether it is an object or a list, and was read."""
        signs = text.count(",") + text.count("[") + text.count("{") + text.count(":")
        if signs <= MAX_JSON_SIGNS and self._grant(len(text)):
            # Late: awslambdaric has it loaded, and only such leaves need it.
            from json import loads

            try:
                value = loads(text)
                self._push(value, place, ">json", layer)
                return layer <= MAX_LAYERS and type(value) in (dict, list)
            except ValueError:
                pass
            except RecursionError:
                # Numbers and plain words are not taken from between quotes.
                self.complete = False
            if "\n" in text.strip():
                # One value a line.
                lines = text.splitlines()
                if len(lines) < MAX_MARKS:
                    for number, line in enumerate(lines):
                        try:
                            value = loads(line) if line[:1] in ("{", "[", '"') else None
                        except (ValueError, RecursionError):
                            break
                        if value is not None:
                            self._push(value, place, f">json[{number}]", layer)
                    else:
                        return False
        else:
            self.complete = False
        # Too deep, too long or none: what is between quotes is what a text could be made of.
        found, is_all = decodings.literals(text, min(self._marks_left, 20_000))
        self._marks_left -= len(found)
        self.complete = self.complete and is_all
        if not is_all and self._reads_on:
            rest = decodings.literals(text, len(text))[0][len(found) :]
            self._skim([decodings.unescape(one) if "\\" in one else one for one in rest])
        for literal in found:
            if literal and not (_is_word(literal) and self._known is None):
                if "\\" in literal and self._spend(literal.count("\\")):
                    literal = decodings.unescape(literal)
                self._push(literal, place, ">json", layer)
        return False

    def _take_quoted(self, text: str, place: int, layer: int) -> None:
        if "%" in text:
            if text.count("%") > 8 * self._marks_left or not self._grant(len(text)):
                self.complete = False
                return
            unquoted = decodings.unquote(text)
            if unquoted != text:
                self._push(unquoted, place, ">url", layer)
            if "+" in text and self._grant(len(text)):
                self._push(decodings.unquote(text.replace("+", " ")), place, ">url", layer)
        elif (len(text) < 4096 or " " not in text[:4096]) and self._grant(len(text)):
            # S3's keys and form data: "two+words".
            self._push(text.replace("+", " "), place, ">url", layer)

    def _take_pairs(self, text: str, separator: str, place: int, layer: int) -> bool:
        """Take the values of form data, a query or a cookie; say whether there was room for them."""
        count = text.count(separator) + 1
        if layer > MAX_LAYERS or not (self._spend(count) and self._grant(len(text))):
            return self._leave_out()
        for name, value in decodings.pairs(text, separator):
            if not name or len(name) > 256:
                continue
            plain = value.replace("+", " ")
            plain = decodings.unquote(plain) if "%" in plain else plain
            step = self._place(place, ">form." + name)
            if plain != value:
                self._queue.append((value, step, layer))
            self._queue.append((plain, step, layer))
            if not _is_word(name):
                self._queue.append(
                    (decodings.unquote(name.replace("+", " ")), self._place(step, "(key)"), layer)
                )
        return True

    def _take_printable(self, text: str, place: int, layer: int) -> None:
        if not self._grant(len(text)):
            return
        # 1 ms less for who never sees mail: `binascii` is built in, `quopri` and `email` are not.
        from binascii import a2b_qp

        data = a2b_qp(text.encode("utf-8", "replace"), header="=?" in text)
        self._push(data.decode("utf-8", "replace"), place, ">quoted", layer)

    def _take_multipart(self, data: bytes, place: int, layer: int) -> None:
        if not self._grant(len(data)):
            return
        parts, is_all = decodings.multipart(data, 1000)
        self.complete = self.complete and is_all
        for number, (head, content) in enumerate(parts):
            child = self._place(place, f">multipart[{number}]")
            if head:
                self._queue.append((head, child, layer))
                for line in head.splitlines()[:16]:
                    self._take_pairs(line, ";", child, layer)
            if "quoted-printable" in head.lower():
                self._take_printable(content.decode("utf-8", "replace"), child, layer)
            self._queue.append((content.decode() if decodings.is_textual(content) else content, child, layer))

    def _take_embedded(self, text: str, place: int, layer: int) -> None:
        if text.islower():
            return
        decoded = b""
        for token in decodings.embedded_base64(text[:PIECE]):
            data = decodings.from_base64(token)
            if (
                layer > MAX_LAYERS
                or len(data) < 4
                or not (decodings.is_textual(data) or data[:2] == b"\x1f\x8b")
            ):
                continue
            # The end of base64, behind a "/" in it: it was decoded as a whole.
            if data in decoded:
                continue
            decoded = data
            if self._grant(len(data)):
                self._take_bytes(data, self._place(place, ">base64"), layer)


_FRONT, _ANYBODYS, _SENDERS = range(3)
_DONE: tuple[object, int, int] = (None, 0, 0)


def _is_word(name: str) -> bool:
    """Say whether `name` could stand in anybody's code: letters, with _ and - between them."""
    return (
        len(name) <= 32
        and (name.isalpha() or name.replace("_", "").replace("-", "").isalpha())
        and name.isascii()
    )
