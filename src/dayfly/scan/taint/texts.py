"""Strings of known and unknown parts: what Python's operations on them leave known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.taint.characters import CHECKS_OF_TEXT, HOST, LETTER, RESOLVED, marks_of
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.knowledge.model import EVERY_DANGER, Danger
from dayfly.scan.taint.values import (
    MAX_ALTERNATIVES,
    NO_CHARACTERS,
    NO_DANGERS,
    Const,
    Fact,
    Hole,
    Items,
    Symbol,
    Text,
    Thing,
    alternatives,
    boolean,
    unite,
    unknown_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dayfly.scan.taint.values import Value

# Longer constants are not computed: a scanned program must not decide how much memory the scan takes.
MAX_CONSTANT = 100_000
_MAX_PARTS = 40

Part = str | Hole


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a split yields: known items, then the join of the others."""

    items: tuple[Value, ...]
    rest: Value | None
    last: Value | None = None


def make(parts: Iterable[Part], *, is_bytes: bool = False) -> Value:
    """The string of these parts."""
    merged: list[Part] = []
    for part in parts:
        if part == "":
            continue
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    if not merged:
        return Const(b"" if is_bytes else "")
    if len(merged) == 1 and isinstance(merged[0], str):
        return Const(merged[0].encode("latin-1", "replace") if is_bytes else merged[0])
    if len(merged) > _MAX_PARTS:
        kept = merged[: _MAX_PARTS - 1]
        others = [part for part in merged[_MAX_PARTS - 1 :] if isinstance(part, Hole)]
        merged = [*kept, Hole(unite(*(part.taint for part in others)), Symbol())]
    return Text(tuple(merged), is_bytes)


def parts_of(value: Value) -> tuple[Part, ...] | None:
    """The parts of a string, or of what an unknown value is as a string; None for anything else."""
    if isinstance(value, Text):
        return value.parts
    if isinstance(value, Const):
        if isinstance(value.value, str):
            return (value.value,)
        if isinstance(value.value, bytes):
            return (value.value.decode("latin-1"),)
        return None
    if isinstance(value, Thing):
        return (Hole(value.taint, value.symbol),)
    return None


def is_text(value: Value) -> bool:
    """Whether it is surely a string or bytes."""
    return isinstance(value, Text) or (isinstance(value, Const) and isinstance(value.value, (str, bytes)))


def concatenate(values: Sequence[Value], *, is_bytes: bool = False) -> Value:
    """One string after the other, for every choice among them."""
    rows: list[tuple[Part, ...]] = [()]
    for value in values:
        options = [parts_of(one) or (Hole((), Symbol()),) for one in alternatives(value)]
        if len(rows) * len(options) > 2 * MAX_ALTERNATIVES:
            holes = [part for option in options for part in option if isinstance(part, Hole)]
            options = [(Hole(unite(*(part.taint for part in holes)), Symbol()),)]
        rows = [(*row, *option) for row in rows for option in options]
    return join_all(make(row, is_bytes=is_bytes) for row in rows)


def piece(hole: Hole, key: tuple[object, ...]) -> Hole:
    """Some characters of an unknown part."""
    return Hole(hole.taint, hole.symbol.child(key, is_piece=True), hole.lacks)


def _spoilt(part: Part, key: tuple[object, ...], lacks: frozenset[str] = NO_CHARACTERS) -> Part:
    """What is left of a part once it is cut in an unknown place."""
    if isinstance(part, str):
        return Hole((), Symbol())
    return Hole(part.taint, part.symbol.child(key, is_piece=True), part.lacks | lacks)


def cut(text: Text, start: int | None, stop: int | None) -> Value:
    """`text[start:stop]`."""
    parts = list(text.parts)
    begin = start or 0
    # From the front: as long as constant parts are long enough, exactly.
    if begin > 0:
        parts = _drop_front(parts, begin)
        if stop is not None and stop >= 0:
            stop = max(stop - begin, 0)
    elif begin < 0:
        parts = _keep_back(parts, -begin)
        if stop is not None and stop >= 0:
            return make([_spoilt(part, ("slice", start, stop)) for part in parts if isinstance(part, Hole)])
    if stop is not None:
        parts = _drop_back(parts, -stop) if stop < 0 else _keep_front(parts, stop)
    if start == 1 and stop == -1 and len(text.parts) == 1 and isinstance(text.parts[0], Hole):
        return make([piece(text.parts[0], ("slice", 1, -1))], is_bytes=text.is_bytes)
    return make(parts, is_bytes=text.is_bytes)


def _drop_front(parts: list[Part], number: int) -> list[Part]:
    kept = list(parts)
    while kept and number > 0:
        first = kept[0]
        if isinstance(first, Hole):
            kept[0] = piece(first, ("from", number))
            for index in range(1, len(kept)):  # an empty hole lets the cut reach further
                if isinstance(kept[index], str):
                    break
            return kept
        if len(first) > number:
            kept[0] = first[number:]
            return kept
        number -= len(first)
        kept.pop(0)
    return kept


def _drop_back(parts: list[Part], number: int) -> list[Part]:
    kept = list(parts)
    while kept and number > 0:
        last = kept[-1]
        if isinstance(last, Hole):
            kept[-1] = piece(last, ("until", number))
            return kept
        if len(last) > number:
            kept[-1] = last[:-number]
            return kept
        number -= len(last)
        kept.pop()
    return kept


def _keep_front(parts: list[Part], number: int) -> list[Part]:
    kept: list[Part] = []
    for part in parts:
        if number <= 0:
            break
        if isinstance(part, Hole):
            kept.append(piece(part, ("until", number)))
            # What follows may be reached where this part is short.
            kept.extend(_spoilt(one, ("front", number)) for one in parts[len(kept) :])
            break
        kept.append(part[:number])
        number -= len(part)
    return kept


def _keep_back(parts: list[Part], number: int) -> list[Part]:
    kept: list[Part] = []
    for position in range(len(parts) - 1, -1, -1):
        if number <= 0:
            break
        part = parts[position]
        if isinstance(part, Hole):
            kept.insert(0, piece(part, ("back", number)))
            for one in reversed(parts[:position]):
                kept.insert(0, _spoilt(one, ("back", number)))
            break
        kept.insert(0, part[-number:])
        number -= len(part)
    return kept


def item(text: Text, index: int) -> Value:
    """`text[index]`."""
    cut_out = cut(text, index, None if index == -1 else index + 1)
    return cut_out


def split(text: Text, separator: str | None, *, is_reverse: bool = False, limit: int = -1) -> Pieces:
    """`text.split(separator)`: the items before the first unknown part are exact."""
    holes = [part for part in text.parts if isinstance(part, Hole)]
    taint, lacks = unite(*(part.taint for part in holes)), _common_lacks(holes)
    without = frozenset(" \t\r\n") if separator is None else _alone(separator)

    def some(key: str, more: frozenset[str] = NO_CHARACTERS) -> Value:
        symbol = holes[0].symbol.child((key, separator), is_piece=True) if len(holes) == 1 else Symbol()
        return make([Hole(taint, symbol, lacks | more)], is_bytes=text.is_bytes)

    apart = some("split", without)
    rest = apart if limit < 0 else some("uncut")
    first = text.parts[0]
    if limit > 0 and separator is not None:
        # What is cut off has no further separator: behind the last one, or before the first one.
        if is_reverse:
            return Pieces((rest,), apart, apart)
        if not isinstance(first, str):
            return Pieces((apart,), rest)
    if is_reverse or separator is None or not isinstance(first, str):
        return Pieces((), rest)
    known = first.split(separator, limit)
    if limit >= 0 and len(known) > limit:
        tail = make([known[-1], *text.parts[1:]], is_bytes=text.is_bytes)
        return Pieces((*(Const(one) for one in known[:-1]), tail), None)
    return Pieces(tuple(_constant(one, text.is_bytes) for one in known[:-1]), rest)


def _alone(separator: str) -> frozenset[str]:
    return frozenset({separator}) if len(separator) == 1 else NO_CHARACTERS


def partition(text: Text, separator: str, *, is_reverse: bool = False) -> tuple[Value, Value, Value]:
    """`text.partition(separator)`, or its `rpartition`."""
    first = text.parts[0]
    if isinstance(first, str) and separator in first and not is_reverse:
        head, _, tail = first.partition(separator)
        return (
            _constant(head, text.is_bytes),
            _constant(separator, text.is_bytes),
            make([tail, *text.parts[1:]], is_bytes=text.is_bytes),
        )
    holes = [part for part in text.parts if isinstance(part, Hole)]
    taint = unite(*(part.taint for part in holes))
    origin = holes[0].symbol
    single = len(holes) == 1
    lacks = _common_lacks(holes)

    def part(key: str, more: frozenset[str] = NO_CHARACTERS) -> Value:
        symbol = origin.child(("partition", separator, key), is_piece=True) if single else Symbol()
        return make([Hole(taint, symbol, lacks | more)], is_bytes=text.is_bytes)

    return (
        part("head", NO_CHARACTERS if is_reverse else _alone(separator)),
        _constant(separator, text.is_bytes),
        part("tail", _alone(separator) if is_reverse else NO_CHARACTERS),
    )


def _common_lacks(holes: Sequence[Hole]) -> frozenset[str]:
    lacks = holes[0].lacks
    for hole in holes[1:]:
        lacks &= hole.lacks
    return lacks


def _constant(text: str, is_bytes: bool) -> Const:
    return Const(text.encode("latin-1", "replace") if is_bytes else text)


def replace_in(text: Text, old: str, new: str) -> Value:
    """`text.replace(old, new)`."""
    parts: list[Part] = []
    for part in text.parts:
        if isinstance(part, str):
            parts.append(part.replace(old, new) if old else part)
            continue
        lacks = set(part.lacks)
        if new != old:
            lacks -= {one for one in lacks if one in new or (len(one) > 1 and one not in {LETTER})}
            if _cannot_return(old, new):
                lacks.add(old)
        symbol = part.symbol.child(
            ("replace", old, new), is_piece=not new or new.isalnum(), besides=None if new else marks_of(old)
        )
        parts.append(Hole(part.taint, symbol, frozenset(lacks)))
    return make(parts, is_bytes=text.is_bytes)


def _cannot_return(old: str, new: str) -> bool:
    """Whether no `old` is left once each has been replaced by `new`."""
    if not old:
        return False
    if new == old * 2 and old in {"'", '"'}:
        return True  # the way SQL doubles a quote within quotes: it does not end them
    if len(old) == 1:
        return old not in new
    return bool(new) and not set(old) & set(new)


_STRIPS = {"strip", "lstrip", "rstrip"}
_CASES = {"lower", "upper", "casefold", "title", "capitalize", "swapcase", "expandtabs"}
_SAME = {"zfill", "ljust", "rjust", "center"}
_NUMBERS = {"find", "rfind", "index", "rindex", "count"}


def call_method(text: Text, name: str, arguments: Sequence[Value]) -> Value | Pieces | None:
    """What a method of `str` returns; None where nothing better is known than the taint of all."""
    constants = [one.value if isinstance(one, Const) else ... for one in arguments]
    words = [one.decode("latin-1") if isinstance(one, bytes) else one for one in constants]
    if name in _STRIPS:
        return _strip(text, name, words[0] if words else None)
    if name in _CASES or name in _SAME:
        return _map_case(text, name)
    if name in CHECKS_OF_TEXT:
        return _check(text, name)
    if name in _NUMBERS:
        return Thing("int")
    if name in {"isspace", "isascii", "isupper", "islower", "istitle"}:
        return boolean()
    if name == "replace" and len(words) >= 2 and isinstance(words[0], str) and isinstance(words[1], str):
        return replace_in(text, words[0], words[1])
    if name in {"startswith", "endswith"} and words:
        return _begins(text, name, arguments[0])
    if name in {"split", "rsplit"}:
        separator = words[0] if words else None
        limit = words[1] if len(words) > 1 and isinstance(words[1], int) else -1
        if separator is None or isinstance(separator, str):
            return split(text, separator or None, is_reverse=name == "rsplit", limit=limit)
    if name == "splitlines":
        pieces = split(text, None, is_reverse=True)
        holes = [part for part in text.parts if isinstance(part, Hole)]
        hole = Hole(
            unite(*(part.taint for part in holes)),
            holes[0].symbol.child(("split", "lines"), is_piece=True) if len(holes) == 1 else Symbol(),
            _common_lacks(holes) | frozenset("\r\n"),
        )
        return Pieces(pieces.items, make([hole], is_bytes=text.is_bytes))
    if name in {"partition", "rpartition"} and isinstance(words[0], str):
        return Pieces(partition(text, words[0], is_reverse=name == "rpartition"), None)
    if name in {"removeprefix", "removesuffix"} and isinstance(words[0], str):
        return _remove(text, name, words[0])
    if name in {"encode", "decode"}:
        parts = text.parts
        if name == "encode" and words and words[0] in {"unicode_escape", "unicode-escape"}:
            lacks = frozenset("\r\n")
            parts = tuple(
                part if isinstance(part, str) else Hole(part.taint, part.symbol, part.lacks | lacks)
                for part in parts
            )
        return Text(parts, name == "encode")
    if name in {"__len__"}:
        return Thing("int")
    return None


def _strip(text: Text, name: str, characters: object) -> Value:
    if characters is not None and not isinstance(characters, str):
        return make([_spoilt(part, (name,)) for part in text.parts], is_bytes=text.is_bytes)
    wanted = characters if isinstance(characters, str) else None
    parts = list(text.parts)
    if name != "rstrip":
        while parts:
            first = parts[0]
            if isinstance(first, str):
                parts[0] = first.lstrip(wanted)
                if parts[0]:
                    break
                parts.pop(0)
            else:
                more = frozenset({"^/"}) if wanted and "/" in wanted else NO_CHARACTERS
                symbol = first.symbol.child(("lstrip", wanted), is_mirror=True)
                parts[0] = Hole(first.taint, symbol, first.lacks | more)
                break
    if name != "lstrip":
        while parts:
            last = parts[-1]
            if isinstance(last, str):
                parts[-1] = last.rstrip(wanted)
                if parts[-1]:
                    break
                parts.pop()
            else:
                symbol = last.symbol.child(("rstrip", wanted), is_mirror=True)
                parts[-1] = Hole(last.taint, symbol, last.lacks)
                break
    return make(parts, is_bytes=text.is_bytes)


def _map_case(text: Text, name: str) -> Value:
    parts: list[Part] = []
    for part in text.parts:
        if isinstance(part, Hole):
            parts.append(Hole(part.taint, part.symbol.child((name,), is_mirror=True), part.lacks))
        else:
            parts.append(getattr(part, name)() if name in _CASES else part)
    return make(parts, is_bytes=text.is_bytes)


def _check(text: Text, name: str) -> Value:
    for part in text.parts:
        if isinstance(part, str) and not getattr(part, name)() and name != "isidentifier":
            return Const(False)
    holes = [part for part in text.parts if isinstance(part, Hole)]
    return boolean(tuple((hole.symbol, CHECKS_OF_TEXT[name]) for hole in holes))


def _begins(text: Text, name: str, wanted: Value) -> Value:
    options: list[str] = []
    for one in wanted.items if isinstance(wanted, Items) else (wanted,):
        if isinstance(one, Const) and isinstance(one.value, (str, bytes)):
            options.append(one.value.decode("latin-1") if isinstance(one.value, bytes) else one.value)
        elif isinstance(one, Text) and not any(isinstance(part, Hole) and part.taint for part in one.parts):
            # A directory known only at run time; that it ends with a separator is what matters.
            last = one.parts[-1] if name == "startswith" else one.parts[0]
            options.append(f"?{last}" if isinstance(last, str) else "?")
        else:
            return boolean()
    edge = text.parts[0] if name == "startswith" else text.parts[-1]
    if isinstance(edge, Hole):
        fact = _beginning_fact(edge, name, options)
        lacking = frozenset(f"^{word}" for word in options) if name == "startswith" else NO_CHARACTERS
        return boolean(((edge.symbol, fact),), ((edge.symbol, Fact(lacks=lacking)),) if lacking else ())
    answers = {_edge_answer(edge, word, name) for word in options}
    if True in answers:
        return Const(True)
    return Const(False) if answers == {False} else boolean()


def _beginning_fact(edge: Hole, name: str, options: list[str]) -> Fact:
    word = options[0] if len(options) == 1 else ""
    if name == "endswith":
        # `.example.com` at the end of a host.
        is_domain = HOST in edge.lacks and all(one.startswith(".") and one.count(".") > 1 for one in options)
        return Fact(EVERY_DANGER if is_domain else NO_DANGERS, ends=word)
    if RESOLVED in edge.lacks and all(one.endswith("/") and one != "/" for one in options):
        return Fact(frozenset({Danger.PATH}), starts=word)
    if all(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\]+[/?#]", one) for one in options):
        return Fact(frozenset({Danger.REQUEST, Danger.REDIRECT}), starts=word)
    return Fact(starts=word)


def _edge_answer(edge: str, word: str, name: str) -> bool | None:
    if word.startswith("?"):
        return None
    if len(edge) >= len(word):
        return edge.startswith(word) if name == "startswith" else edge.endswith(word)
    is_open = word.startswith(edge) if name == "startswith" else word.endswith(edge)
    return None if is_open else False


def _remove(text: Text, name: str, word: str) -> Value:
    parts = list(text.parts)
    index = 0 if name == "removeprefix" else -1
    edge = parts[index]
    if isinstance(edge, Hole):
        parts[index] = piece(edge, (name, word))
    elif len(edge) >= len(word) or not (word.startswith(edge) if index == 0 else word.endswith(edge)):
        parts[index] = getattr(edge, name)(word)
    return make(parts, is_bytes=text.is_bytes)


def contains(text: Text, word: str) -> Value:
    """`word in text`."""
    if any(isinstance(part, str) and word in part for part in text.parts):
        return Const(True)
    lacking = Fact(lacks=frozenset({word}))
    holes = [part for part in text.parts if isinstance(part, Hole)]
    if all(word in part.lacks for part in holes) and len(word) == 1:
        return Const(False)
    return boolean((), tuple((hole.symbol, lacking) for hole in holes))


def text_of_unknown(value: Thing) -> Text:
    """An unknown value, seen as a string."""
    return unknown_text(value.taint, value.symbol, is_bytes=value.kind == "bytes")
