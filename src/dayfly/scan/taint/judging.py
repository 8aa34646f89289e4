"""Whether a value at a dangerous place can do harm there: which part of it is whose, and what stands around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.taint.characters import DOTS, LINE_END, is_harmless_without
from dayfly.scan.taint.knowledge.model import Danger, Part, Trust
from dayfly.scan.taint.values import Choice, Const, Hole, Items, Name, Ref, Series, Table, Text, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.taint.store import Store
    from dayfly.scan.taint.values import Label, Taint, Value

_SHELLS = re.compile(r"(?:.*/)?(?:ba|da|z|k|c|tc|fi)?sh|cmd(?:\.exe)?|powershell(?:\.exe)?|pwsh")
_SCRIPT_OPTION = re.compile(r"-[a-z]*c|/c", re.IGNORECASE)
_INTERPRETERS = re.compile(r"(?:.*/)?(?:python[\d.]*|perl|ruby|node|php)")
_FIXED_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\]+[/?#]")
# `f"{BASE_URL}/items/{x}"`: the base is looked at for itself; behind its first slash nothing changes the host.
_FIXED_BASE = re.compile(r"\0[A-Za-z0-9.\0-]*(?::[0-9\0]+)?[/?#](?!/)")
# In a host that goes on with a constant: `https://{x}.example.com/`; these would end it early.
_ENDS_HOST = frozenset("/?#@\\:")
_MAX_DEPTH = 6
# Operators that the program itself chose: what is compared with is a value, whatever its type.
_COMPARISONS = frozenset({"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin"})
# What a database runs as JavaScript, and the parts of its operators that do. https://www.mongodb.com/docs/manual/
# reference/operator/aggregation/function/ and …/accumulator/
_SCRIPTS = frozenset({"$where", "$function", "$accumulator"})
_SCRIPT_PARTS = frozenset({"body", "init", "accumulate", "merge", "finalize"})
_CONTAINERS = frozenset(
    {
        "Records", "records", "headers", "multiValueHeaders", "queryStringParameters", "pathParameters", "detail",
        "multiValueQueryStringParameters", "requestContext", "stageVariables", "arguments", "userAttributes",
    }
)  # fmt: skip


_OWN_PACKAGE = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*\.")


def harmful_labels(store: Store, value: Value, danger: Danger, part: Part) -> tuple[Label, ...]:
    """The labels of the caller's that reach the dangerous part of `value` and are not cleansed."""
    found: dict[str, Label] = {}
    for label in _labels(store, value, danger, part, 0):
        if _counts(label, danger):
            found.setdefault(label.source, label)
    return tuple(found.values())


def _counts(label: Label, danger: Danger) -> bool:
    if (label.trust is Trust.PREDICTABLE) is not (danger is Danger.PREDICTION):
        return False
    return label.trust not in {Trust.IDENTITY, Trust.CLEAN} and danger not in label.cleansed


def _labels(store: Store, value: Value, danger: Danger, part: Part, depth: int) -> Iterator[Label]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Choice):
        for one in value.alternatives:
            yield from _labels(store, one, danger, part, depth + 1)
    elif isinstance(value, Text):
        if part is not Part.STRUCTURE:
            yield from _text_labels(store, value, danger, part)
    elif isinstance(value, Thing):
        if danger is Danger.LOG and is_container(value):
            return
        if part is Part.STRUCTURE and value.kind in {"str", "bytes", "int", "float", "bool"}:
            return
        if value.kind == "dayfly.Buffer" and part is Part.PATH:
            return  # a file in memory
        if value.kind == "dayfly.Buffer":
            held = store.value((value.symbol, "attr", "text"))
            if held is not None:
                yield from _labels(store, held, danger, part, depth + 1)
            return
        if value.kind == "pathlib.Path" and value.origin:
            fact = store.fact(value.symbol)
            if danger not in fact.cleansed:
                yield from _labels(store, value.origin[0], danger, part, depth + 1)
            return
        if value.kind in {"", "str"} and part is not Part.STRUCTURE:
            # A text, if it is one.
            yield from _text_labels(store, Text((Hole(value.taint, value.symbol),)), danger, part)
            return
        yield from _remaining(store, value.taint, value, danger)
    elif danger is Danger.LOG and (
        isinstance(value, Items) or (isinstance(value, Ref) and value.kind != "object")
    ):
        return  # written as its `repr`, in which line breaks are escaped
    elif part is Part.WHOLE and isinstance(value, Items):
        return
    elif isinstance(value, Items):
        yield from _item_labels(store, value.items, value.rest, danger, part, depth)
    elif isinstance(value, Ref):
        content = store.get(value.location)
        if isinstance(content, Series):
            yield from _item_labels(store, content.items, content.rest, danger, part, depth)
        elif isinstance(content, Table) and part is Part.WHOLE:
            if content.rest_keys is not None:
                yield from _labels(store, content.rest_keys, danger, Part.ANY, depth + 1)
        elif isinstance(content, Table):
            if (part is Part.STRUCTURE or part is Part.ANY) and content.rest_keys is not None:
                yield from _labels(store, content.rest_keys, danger, Part.ANY, depth + 1)
            compared = _COMPARISONS if part is Part.STRUCTURE else frozenset()
            for key, one in content.entries.items():
                if part is Part.STRUCTURE and key in _SCRIPTS:
                    yield from _script_labels(store, one, danger, depth + 1)
                elif key not in compared:
                    yield from _labels(store, one, danger, part, depth + 1)
            if content.rest is not None:
                yield from _labels(store, content.rest, danger, part, depth + 1)


def _script_labels(store: Store, value: Value, danger: Danger, depth: int) -> Iterator[Label]:
    """Of JavaScript for a database: the text itself, or the parts of an operator that hold one."""
    yield from _labels(store, value, danger, Part.STRUCTURE, depth + 1)
    content = store.get(value.location) if isinstance(value, Ref) else None
    if not isinstance(content, Table):
        yield from _labels(store, value, danger, Part.TEXT, depth + 1)
        return
    for key, one in content.entries.items():
        if key in _SCRIPT_PARTS:
            yield from _labels(store, one, danger, Part.TEXT, depth + 1)


def is_container(value: Thing) -> bool:
    """A dict or a list: the event itself, a record of it, its headers, by every trigger's shape; a JSON document."""
    if value.origin and value.origin[0] == Name("json.loads"):
        return True
    path = value.path
    return path is not None and (
        not path or path[-1] in _CONTAINERS or path in {("Records", "*"), ("records", "*")}
    )


def _item_labels(
    store: Store, items: tuple[Value, ...], rest: Value | None, danger: Danger, part: Part, depth: int
) -> Iterator[Label]:
    if part is Part.PROGRAM:
        yield from _program_labels(store, items, rest, danger, depth)
        return
    for one in (*items, *([] if rest is None else [rest])):
        yield from _labels(store, one, danger, part, depth + 1)


def _program_labels(
    store: Store, items: tuple[Value, ...], rest: Value | None, danger: Danger, depth: int
) -> Iterator[Label]:
    """Of a list of arguments: who names the program, and who writes the script of a shell."""
    if not items:
        if rest is not None:
            yield from _labels(store, rest, danger, Part.ANY, depth + 1)
        return
    yield from _labels(store, items[0], danger, Part.ANY, depth + 1)
    words = [one.value if isinstance(one, Const) and isinstance(one.value, str) else "" for one in items]
    for index, word in enumerate(words[:-1]):
        is_shell = _SHELLS.fullmatch(words[0]) or any(_SHELLS.fullmatch(one) for one in words[:index])
        is_script = is_shell and _SCRIPT_OPTION.fullmatch(word)
        if is_script or (_INTERPRETERS.fullmatch(words[0]) and word in {"-c", "-e", "-r"}):
            yield from _labels(store, items[index + 1], danger, Part.ANY, depth + 1)


def _remaining(store: Store, taint: Taint, thing: Thing, danger: Danger) -> Iterator[Label]:
    if not taint:
        return
    fact = store.fact(thing.symbol)
    if danger in fact.cleansed or is_harmless_without(danger, fact.lacks):
        return
    yield from taint


def _text_labels(store: Store, text: Text, danger: Danger, part: Part) -> Iterator[Label]:
    before = ""  # the constant text so far, holes as NUL
    for index, one in enumerate(text.parts):
        if isinstance(one, str):
            before += one
            continue
        if one.taint:
            after = text.parts[index + 1] if index + 1 < len(text.parts) else ""
            is_last = index + 1 == len(text.parts)
            following = after if isinstance(after, str) else "\0"
            if not _hole_is_harmless(
                store, one, danger, part, before, following, is_last
            ) and not _is_line_end(store, text, index, danger):
                yield from one.taint
        before += "\0"


def _is_line_end(store: Store, text: Text, index: int, danger: Danger) -> bool:
    """Whether all that a hole could do is to end the line, with nothing of the caller's behind it."""
    hole = text.parts[index]
    if danger not in {Danger.COMMAND, Danger.LOG} or isinstance(hole, str):
        return False
    lacks = hole.lacks | store.fact(hole.symbol).lacks
    if LINE_END not in lacks or not is_harmless_without(danger, lacks | {"\n"}):
        return False
    return not any(isinstance(one, Hole) and one.taint for one in text.parts[index + 1 :])


def _hole_is_harmless(
    store: Store, hole: Hole, danger: Danger, part: Part, before: str, after: str, is_last: bool
) -> bool:
    fact = store.fact(hole.symbol)
    if danger in fact.cleansed:
        return True
    lacks = hole.lacks | fact.lacks
    if is_harmless_without(danger, lacks):
        return True
    if part is Part.PROGRAM and re.match(r"[^\0/]* ", before):
        return True  # without a shell all of it is one file's name, and there is none that begins so
    if part is Part.MODULE:
        return _OWN_PACKAGE.fullmatch(before) is not None
    if part is Part.HOST or part is Part.TARGET or danger in {Danger.REQUEST, Danger.REDIRECT}:
        is_local = fact.starts.startswith("/") and "^//" in lacks and part is Part.TARGET and not before
        begun = before + ("/" if before and fact.starts.startswith("/") else "")
        return is_local or _host_is_fixed(begun, after, lacks, part)
    if danger in {Danger.SQL, Danger.XPATH, Danger.CODE, Danger.COMMAND, Danger.NOSQL}:
        quote = open_quote(before)
        if quote and quote in lacks:
            if danger is Danger.CODE:
                return "\\" in lacks and "\n" in lacks
            return danger is not Danger.COMMAND or quote == "'"
    if danger is Danger.CODE and not before and is_last:
        return _is_plain_literal(store, hole)
    if danger is Danger.HEADER and ("\n\n" in before or "\r\n\r\n" in before):
        return True  # the headers have ended: a mail's text
    if danger is Danger.PATH:
        # Below a constant directory `..` is needed to leave it; a leading slash does nothing there.
        return not lacks.isdisjoint({DOTS, "../", "."}) and before != ""
    return False


def _is_plain_literal(store: Store, hole: Hole) -> bool:
    """A text shown to be one quoted literal without an inner quote."""
    fact = store.fact(hole.symbol)
    if fact.starts not in {"'", '"'} or fact.starts != fact.ends:
        return False
    inner = hole.symbol.children.get(("slice", 1, -1))
    return inner is not None and fact.starts in store.fact(inner).lacks


def _host_is_fixed(before: str, after: str, lacks: frozenset[str], part: Part) -> bool:
    if _FIXED_HOST.match(before.lstrip()) or _FIXED_BASE.match(before):
        return True
    # On this host; a client of one address (`base_url`) takes it for a path below that.
    if re.match(r"/(?:[^/\\\0]|$)", before) and before != "/":
        return True
    if part is Part.TARGET and before == "/" and "/" in lacks and "\\" in lacks:
        return True
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\\0]*$", before):
        # Within the host: harmless as the leading label of a constant domain.
        return lacks >= _ENDS_HOST and re.match(r"\.[A-Za-z0-9-]+\.[A-Za-z0-9.-]+", after) is not None
    return False


def open_quote(text: str) -> str:
    """The quote that is still open at the end of a constant text, "" where none is."""
    quote = ""
    for character in text:
        if quote:
            if character == quote:
                quote = ""
        elif character in "'\"`":
            quote = character
    return quote
