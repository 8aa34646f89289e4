"""Functions of the standard library whose results the engine knows exactly: paths, patterns, containers, JSON."""

from __future__ import annotations

import ast as ast_module
import base64
import binascii
import posixpath
import re
import shlex
import urllib.parse
from typing import TYPE_CHECKING

from dayfly.scan.taint import formatting, packaged_files, stdlib_objects, texts
from dayfly.scan.taint.characters import LEADING_SLASH, RESOLVED, read_pattern, read_removal
from dayfly.scan.taint.comparisons import symbols_of
from dayfly.scan.taint.joining import join_all, join_optional
from dayfly.scan.taint.knowledge.model import Danger, Trust
from dayfly.scan.taint.values import (
    NO_FACT,
    NONE,
    Choice,
    Const,
    Fact,
    Hole,
    Items,
    Label,
    Name,
    Partial,
    Ref,
    Series,
    Symbol,
    Text,
    Thing,
    Trail,
    alternatives,
    boolean,
    cleanse,
    unite,
    unknown_text,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping, Sequence

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Taint, Value

_PATH = frozenset({Danger.PATH})
_FLAGS = {
    "re.I": re.I, "re.IGNORECASE": re.I, "re.M": re.M, "re.MULTILINE": re.M, "re.S": re.S, "re.DOTALL": re.S,
    "re.X": re.X, "re.VERBOSE": re.X, "re.A": re.A, "re.ASCII": re.A,
}  # fmt: skip


def call(machine: Machine, name: str, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """The result of a function of the standard library; None where the engine has no model of it."""
    model = _MODELS.get(name)
    if model is not None:
        return model(machine, arguments, node)
    return stdlib_objects.create(machine, name, arguments, node)


# Paths


def join_paths(machine: Machine, parts: Sequence[Value]) -> Value:
    """A `pathlib.Path` of these parts."""
    return join_all(
        _path(machine, _joined(machine, list(row)))
        for row in _combinations([alternatives(one) for one in parts])
    )


def _combinations(options: list[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = [()]
    for option in options:
        rows = [(*row, one) for row in rows for one in option][:16]
    return rows


def _path(machine: Machine, text: Value, symbol: Symbol | None = None) -> Thing:
    key = _single(text)
    return Thing(
        "pathlib.Path",
        machine.taint_of(text),
        symbol or (key.child(("path",), carries=_PATH) if key is not None else Symbol()),
        origin=(text,),
    )


def _single(value: Value) -> Symbol | None:
    """The one tainted symbol of a text."""
    found = list(symbols_of(value))
    return found[0] if len(found) == 1 else None


def _path_text(machine: Machine, value: Value) -> Value:
    if isinstance(value, Thing) and value.kind == "pathlib.Path" and value.origin:
        return value.origin[0]
    return formatting.to_text(machine, value)


def _joined(machine: Machine, parts: list[Value]) -> Value:
    """`os.path.join`: an absolute part drops what stands before it; one that may be absolute may."""
    result: Value | None = None
    for part in parts:
        text = _path_text(machine, part)
        if (
            isinstance(text, Const) and isinstance(text.value, str) and text.value.startswith("/")
        ) or result is None:
            result = text
        else:
            first = text.parts[0] if isinstance(text, Text) else ""
            may_be_absolute = isinstance(first, Hole) and LEADING_SLASH not in (
                first.lacks | machine.store.fact(first.symbol).lacks
            )
            ends = isinstance(result, Const) and isinstance(result.value, str) and result.value.endswith("/")
            joined = texts.concatenate([result, *([] if ends or result == Const("") else [Const("/")]), text])
            # The part alone first: what it is harmless of alone, it is harmless of behind a directory.
            result = join_all([text, joined]) if may_be_absolute else joined
    return result if result is not None else Const("")


def _os_path_join(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    parts = list(arguments.positional)
    if arguments.rest is not None:
        parts.append(arguments.rest)
    return join_all(
        _joined(machine, list(row)) for row in _combinations([alternatives(one) for one in parts])
    )


def _make_path(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    parts = list(arguments.positional) or [Const(".")]
    if arguments.rest is not None:
        parts.append(arguments.rest)
    return join_paths(machine, parts)


def resolve_text(machine: Machine, text: Value) -> Value:
    """`os.path.realpath(text)`: the same file, without links and `..`."""
    symbols = {_single(one) for one in alternatives(text)}
    if isinstance(text, Choice) and len(symbols) == 1 and None not in symbols:
        # One unknown path, however it is put together: one check of it is enough.
        found = [_resolve_one(machine, one) for one in text.alternatives]
        holes = [
            part for one in found if isinstance(one, Text) for part in one.parts if isinstance(part, Hole)
        ]
        single = next(iter(symbols))
        if single is not None and holes:
            lacks = frozenset.intersection(*(hole.lacks for hole in holes))
            symbol = single.child(("resolved", repr(len(found))), carries=_PATH)
            return Text((Hole(unite(*(hole.taint for hole in holes)), symbol, lacks),))
    return join_all(_resolve_one(machine, one) for one in alternatives(text))


def _resolve_one(machine: Machine, text: Value) -> Value:
    if isinstance(text, Const):
        if isinstance(text.value, str) and text.value.startswith("/"):
            return Const(posixpath.normpath(text.value))
        return unknown_text()
    single = _single(text)
    parts = texts.parts_of(text) or ()
    shape = tuple(part if isinstance(part, str) else "\0" for part in parts)
    symbol = single.child(("resolved", shape), carries=_PATH) if single is not None else Symbol()
    lacks = frozenset({RESOLVED})
    tainted = [part for part in parts if isinstance(part, Hole) and part.taint]
    for index, part in enumerate(tainted):
        common = part.lacks | machine.store.fact(part.symbol).lacks
        harmless = {".."} & common if parts and isinstance(parts[0], str) else set()
        lacks = lacks | harmless if index == 0 else lacks
    taint: Taint = ()
    for part in tainted:
        fact = machine.store.fact(part.symbol)
        taint = unite(taint, cleanse(part.taint, fact.cleansed))
    return Text((Hole(taint, symbol, lacks),))


def _realpath(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    return None if value is None else resolve_text(machine, _path_text(machine, value))


def _basename(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    return (
        None
        if value is None
        else join_all(_last_part(_path_text(machine, one)) for one in alternatives(value))
    )


def _last_part(text: Value) -> Value:
    if isinstance(text, Const) and isinstance(text.value, str):
        return Const(posixpath.basename(text.value))
    if isinstance(text, Text):
        parts = list(text.parts)
        for index in range(len(parts) - 1, -1, -1):
            part = parts[index]
            if isinstance(part, str) and "/" in part:
                return texts.make([part.rpartition("/")[2], *_without_slash(parts[index + 1 :])])
        return texts.make(_without_slash(parts))
    return text


def _without_slash(parts: Sequence[str | Hole]) -> list[str | Hole]:
    return [
        part
        if isinstance(part, str)
        else Hole(
            part.taint, part.symbol.child(("basename",), is_piece=True), part.lacks | {"/", LEADING_SLASH}
        )
        for part in parts
    ]


def _split_path(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if value is None:
        return None
    text = _path_text(machine, value)
    return Items((unknown_text(machine.taint_of(text)), _last_part(text)))


def _splitext(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if value is None:
        return None
    if isinstance(value, Const) and isinstance(value.value, str):
        root, extension = posixpath.splitext(value.value)
        return Items((Const(root), Const(extension)))
    text = formatting.to_text(machine, value)
    if isinstance(text, Text):
        hole = next(part for part in text.parts if isinstance(part, Hole))
        lacks = hole.lacks | {"/", LEADING_SLASH}
        extension_hole = Hole(machine.taint_of(text), hole.symbol.child(("extension",), is_piece=True), lacks)
        last = text.parts[-1]
        tail = Text((extension_hole,))
        if isinstance(last, str) and "." in last and "/" not in last[last.rindex(".") :]:
            return Items(
                (texts.cut(text, None, -len(last[last.rindex(".") :])), Const(last[last.rindex(".") :]))
            )
        return Items((text, tail))
    return None


def _commonpath(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if value is None:
        return None
    from dayfly.scan.taint import items

    series = items.iterate(machine, value)
    tainted = [one for one in series.items if machine.taint_of(one)]
    if len(tainted) != 1:
        return unknown_text(machine.taint_of(value))
    symbol = _single(tainted[0])
    is_resolved = _has_mark(tainted[0])
    made = (
        symbol.child(("commonpath",), carries=_PATH if is_resolved else frozenset()) if symbol else Symbol()
    )
    return unknown_text(machine.taint_of(tainted[0]), made)


def _commonprefix(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """As `commonpath`, character by character: it tells something where the other path ends with a slash."""
    value = arguments.get(0)
    series = None if value is None else machine.series(value)
    others = [one for one in series.items if not machine.taint_of(one)] if series is not None else []
    is_directory = any(isinstance(one, Const) and str(one.value).endswith("/") for one in others) or any(
        isinstance(one, Text) and isinstance(one.parts[-1], str) and one.parts[-1].endswith("/")
        for one in others
    )
    if is_directory:
        return _commonpath(machine, arguments, node)
    return unknown_text(machine.taint_of(value) if value is not None else ())


def _has_mark(value: Value) -> bool:
    if isinstance(value, Thing) and value.kind == "pathlib.Path" and value.origin:
        return _has_mark(value.origin[0])
    if isinstance(value, Choice):
        return all(_has_mark(one) or isinstance(one, Const) for one in value.alternatives)
    return isinstance(value, Text) and all(
        RESOLVED in part.lacks for part in value.parts if isinstance(part, Hole)
    )


def path_attribute(machine: Machine, value: Thing, name: str) -> Value:
    """An attribute of a `pathlib.Path`."""
    text = value.origin[0]
    if name == "name":
        return join_all(_last_part(one) for one in alternatives(text))
    if name == "parent":
        return _path(machine, unknown_text(value.taint, value.symbol.child(("parent",), is_piece=True)))
    if name in {"stem", "suffix"}:
        hole = Hole(value.taint, value.symbol.child((name,), is_piece=True), frozenset({"/", LEADING_SLASH}))
        return Text((hole,)) if value.taint else unknown_text()
    if name in {"parts", "parents"}:
        piece = Hole(value.taint, (_single(text) or value.symbol).child(("split", "/"), is_piece=True))
        inner: Value = Text((piece,))
        if name == "parents":
            is_resolved = _has_mark(value)
            symbol = value.symbol.child(("parents",), carries=_PATH) if is_resolved else Symbol()
            inner = _path(machine, inner, symbol)
        return machine.new_list([], inner)
    return Thing("", value.taint, value.symbol.child(("attr", name)), origin=(value, Const(name)))


def call_path(machine: Machine, path: Thing, name: str, arguments: Arguments) -> Value | None:
    """A method of a `pathlib.Path` that has nothing to do with files."""
    text = path.origin[0] if path.origin else unknown_text(path.taint)
    if name in {"resolve", "absolute"}:
        resolved = resolve_text(machine, text) if name == "resolve" else text
        symbol = path.symbol.child((name,), carries=_PATH)
        return Thing("pathlib.Path", machine.taint_of(resolved), symbol, origin=(resolved,))
    if name == "joinpath":
        return join_paths(machine, [path, *arguments.positional])
    if name in {"as_posix", "__str__", "__fspath__"}:
        return text
    if name in {"is_relative_to", "relative_to"}:
        base = arguments.get(0)
        is_clean = base is not None and not machine.taint_of(base)
        facts = tuple((symbol, Fact(_PATH)) for symbol in (path.symbol, *symbols_of(text)))
        if name == "relative_to":
            if _has_mark(path) and is_clean:
                for symbol, fact in facts:
                    machine.store.learn(symbol, fact)
            return path
        return boolean(facts if _has_mark(path) and is_clean else ())
    if name in {"with_suffix", "expanduser", "with_name", "with_stem"}:
        taint = unite(path.taint, *(machine.taint_of(one) for one in arguments.every()))
        return _path(machine, unknown_text(taint))
    if name in {"exists", "is_file", "is_dir", "is_absolute", "is_symlink"}:
        return None
    return None


# Patterns


def _flags_of(machine: Machine, value: Value | None) -> int:
    if isinstance(value, Const) and isinstance(value.value, int):
        return value.value
    if isinstance(value, Name):
        return int(_FLAGS.get(value.dotted, 0))
    return 0


def _pattern_call(how: str) -> Callable[[Machine, Arguments, ast.AST | None], Value | None]:
    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
        pattern, text = arguments.get(0, "pattern"), arguments.get(1, "string")
        if pattern is None or text is None:
            return None
        return _match(machine, how, pattern, _flags_of(machine, arguments.get(2, "flags")), text)

    return run


def _match(machine: Machine, how: str, pattern: Value, flags: int, text: Value) -> Value:
    if isinstance(pattern, Const) and isinstance(text, Const):
        real = _real_match(how, pattern.value, flags, text.value)
        if real is not None:
            return real
    fact = NO_FACT
    if isinstance(pattern, Const) and isinstance(pattern.value, (str, bytes)):
        spelt = pattern.value if isinstance(pattern.value, str) else pattern.value.decode("latin-1")
        fact = read_pattern(spelt, flags, how)
        absent = frozenset(read_removal(spelt, flags)) if how == "search" else frozenset()
    else:
        absent = frozenset()
    symbols = list(symbols_of(text))
    when_true = tuple((symbol, fact) for symbol in symbols) if fact != NO_FACT else ()
    when_false = tuple((symbol, Fact(lacks=absent)) for symbol in symbols) if absent else ()
    symbol = symbols[0].child(("match", how, repr(pattern))) if len(symbols) == 1 else Symbol()
    return Thing(
        "re.Match",
        machine.taint_of(text),
        symbol,
        when_true=when_true,
        when_false=when_false,
        origin=(pattern, Const(flags), text),
    )


def _real_match(how: str, pattern: object, flags: int, text: object) -> Value | None:
    # Only short ones: a pattern of the scanned program's may take for ever.
    if not isinstance(pattern, str) or not isinstance(text, str) or len(pattern) > 60 or len(text) > 60:
        return None
    if re.search(r"[+*}][)]*[+*{]", pattern):
        return None
    try:
        found = getattr(re.compile(pattern, flags), how)(text)
    except Exception:  # boundary: the scanned program's pattern
        return None
    return NONE if found is None else Thing("re.Match", origin=(Const(pattern), Const(flags)), when_true=())


def _compile(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    pattern = arguments.get(0, "pattern")
    if pattern is None:
        return None
    flags = _flags_of(machine, arguments.get(1, "flags"))
    return Thing("re.Pattern", machine.taint_of(pattern), Symbol(), origin=(pattern, Const(flags)))


def call_pattern(machine: Machine, compiled: Thing, name: str, arguments: Arguments) -> Value | None:
    """A method of a compiled pattern."""
    pattern = compiled.origin[0] if compiled.origin else Thing()
    flags = (
        compiled.origin[1].value if len(compiled.origin) > 1 and isinstance(compiled.origin[1], Const) else 0
    )
    number = flags if isinstance(flags, int) else 0
    if name in {"match", "fullmatch", "search"}:
        text = arguments.get(0, "string")
        return None if text is None else _match(machine, name, pattern, number, text)
    if name == "sub":
        return _substitute(machine, pattern, number, arguments.get(0, "repl"), arguments.get(1, "string"))
    if name in {"findall", "finditer", "split"}:
        text = arguments.get(0, "string")
        return None if text is None else _find_all(machine, name, pattern, number, text)
    return None


def _sub(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    pattern = arguments.get(0, "pattern")
    flags = _flags_of(machine, arguments.get(4, "flags"))
    if pattern is None:
        return None
    return _substitute(machine, pattern, flags, arguments.get(1, "repl"), arguments.get(2, "string"))


def _substitute(
    machine: Machine, pattern: Value, flags: int, new: Value | None, text: Value | None
) -> Value | None:
    if new is None or text is None:
        return None
    as_text = formatting.to_text(machine, text)
    if not isinstance(new, Const) or not isinstance(new.value, str) or not isinstance(pattern, Const):
        taint = unite(machine.taint_of(text), machine.taint_of(new) if not _is_function(new) else ())
        return unknown_text(taint)
    if isinstance(as_text, Const):
        return unknown_text()
    removed = read_removal(pattern.value, flags) if isinstance(pattern.value, str) else frozenset()
    removed = frozenset(one for one in removed if one not in new.value)
    taint = machine.taint_of(as_text)
    single = _single(as_text)
    symbol = single.child(("sub", pattern.value, new.value)) if single is not None else Symbol()
    lacks: frozenset[str] = frozenset()
    if isinstance(as_text, Text) and len(as_text.parts) == 1 and isinstance(as_text.parts[0], Hole):
        lacks = as_text.parts[0].lacks if not new.value or new.value.isalnum() else frozenset()
    return Text((Hole(taint, symbol, lacks | removed),))


def _is_function(value: Value) -> bool:
    return not isinstance(value, (Const, Text, Thing, Items))


def _find_all(machine: Machine, name: str, pattern: Value, flags: int, text: Value) -> Value:
    if name == "findall" and isinstance(pattern, Const) and isinstance(pattern.value, str):
        from dayfly.scan.taint.characters import read_group

        group = 1 if re.search(r"\((?!\?)", pattern.value) else 0
        fact = read_group(pattern.value, flags, group)
        single = _single(text)
        symbol = single.child(("findall", pattern.value), is_piece=True) if single is not None else Symbol()
        return machine.new_list([], Text((Hole(machine.taint_of(text), symbol, fact.lacks),)))
    if name == "finditer":
        return machine.new_list(
            [], Thing("re.Match", machine.taint_of(text), Symbol(), origin=(pattern, Const(flags)))
        )
    return machine.new_list([], unknown_text(machine.taint_of(text)))


def _find_all_call(name: str) -> Callable[[Machine, Arguments, ast.AST | None], Value | None]:
    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
        pattern, text = arguments.get(0, "pattern"), arguments.get(1, "string")
        if pattern is None or text is None:
            return None
        return _find_all(machine, name, pattern, _flags_of(machine, arguments.get(2, "flags")), text)

    return run


# URLs


def _urlparse(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if value is None:
        return None
    single = _single(value)
    symbol = single.child(("urlparse",)) if single is not None else Symbol()
    if single is not None:
        # What is shown of the host counts for the URL, of these dangers alone.
        symbol.mirrors = single
        symbol.carries = frozenset({Danger.REQUEST, Danger.REDIRECT})
    return Thing("urllib.parse.ParseResult", machine.taint_of(value), symbol, origin=(value,))


def _urljoin(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """A relative address below a constant one; one that may be absolute goes where it says."""
    base, relative = arguments.get(0, "base"), arguments.get(1, "url")
    if relative is None or not isinstance(base, Const) or not isinstance(base.value, str):
        return None
    first = relative.parts[0] if isinstance(relative, Text) else None
    if isinstance(relative, Const) and isinstance(relative.value, str):
        return Const(urllib.parse.urljoin(base.value, relative.value))
    if not isinstance(relative, Text) or not isinstance(first, str) or ":" in first or first.startswith("//"):
        return None
    if first == "/":
        return None  # another slash may follow
    joined = urllib.parse.urljoin(base.value, first)
    return texts.make([joined, *relative.parts[1:]])


def _maketrans(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """Which characters a table takes away, and what it puts in their place."""
    given = list(arguments.positional)
    removed: dict[str, str] = {}
    table = machine.table(given[0]) if given else None
    if table is not None and table.rest is None:
        for key, value in table.entries.items():
            if isinstance(key, (str, int)) and isinstance(value, Const):
                removed[chr(key) if isinstance(key, int) else key] = str(value.value or "")
    else:
        words = [one.value for one in given if isinstance(one, Const) and isinstance(one.value, str)]
        if len(words) != len(given) or len(words) < 2:
            return None
        removed.update(zip(words[0], words[1], strict=False))
        removed.update(dict.fromkeys(words[2] if len(words) > 2 else "", ""))
    pairs = tuple(Items((Const(old), Const(new))) for old, new in removed.items())
    return Thing("dayfly.Translation", origin=(Items(pairs),))


def _geturl(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if isinstance(value, Thing) and value.kind == "urllib.parse.ParseResult" and value.origin:
        return value.origin[0]
    return None


# Others


def _partial(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    if not arguments.positional:
        return None
    return Partial(
        arguments.positional[0], tuple(arguments.positional[1:]), tuple(arguments.keywords.items())
    )


def _reduce(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    from dayfly.scan.taint import calls, items

    function, iterable = arguments.get(0), arguments.get(1)
    if function is None or iterable is None:
        return None
    series = items.iterate(machine, iterable)
    result = arguments.get(2)
    for one in (*series.items, *([] if series.rest is None else [series.rest])):
        result = (
            one if result is None else calls.call(machine, function, calls.Arguments([result, one]), node)
        )
    return result if result is not None else Thing()


def _chain(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    found: list[Value] = []
    rest: Value | None = None
    for one in arguments.positional:
        series = items.iterate(machine, one)
        found.extend(series.items)
        rest = join_optional(rest, series.rest)
    return machine.new_list(found, rest)


def _gather(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    return machine.new_list(arguments.positional, arguments.rest)


def _first(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    return arguments.get(0)


def _second(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    return arguments.get(1)


def _call_first(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    from dayfly.scan.taint import calls

    if not arguments.positional:
        return None
    rest = calls.Arguments(
        arguments.positional[1:], arguments.keywords, arguments.rest, arguments.keyword_rest
    )
    return calls.call(machine, arguments.positional[0], rest, node)


def _copy(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if isinstance(value, Ref):
        content = machine.store.get(value.location)
        from dayfly.scan.taint.values import Table

        if isinstance(content, (Series, Table)):
            return machine.allocate(content, value.kind, value.cls)
    return value


def _hmac(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """A signature: whoever can give it knew the key, so what is signed is theirs."""
    key, message = arguments.get(0, "key"), arguments.get(1, "msg")
    if key is None or message is None or machine.taint_of(key):
        return None
    return Thing("dayfly.Signature", (), Symbol(), origin=(Name("hmac.new"), message))


def _compare_digest(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    from dayfly.scan.taint import comparisons

    left, right = arguments.get(0), arguments.get(1)
    if left is None or right is None:
        return None
    return comparisons.compare(machine, ast_module.Eq(), left, right, node or ast_module.Pass())


def _shuffle(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """The order of a list can be foretold from then on."""
    value = arguments.get(0)
    series = None if value is None else machine.series(value)
    if isinstance(value, Ref) and series is not None:
        step = machine.step(node) if node is not None else None
        trail = Trail(step, None, 1) if step is not None else None
        drawn = Text((Hole((Label("an order drawn by random", Trust.PREDICTABLE, trail=trail),), Symbol()),))
        machine.store.set(value.location, Series((), drawn, series.kind))
    return NONE


def _shlex_split(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """The words before the first unknown part are exact: the program's name, mostly."""
    value = arguments.get(0)
    if isinstance(value, Const) and isinstance(value.value, str):
        known, rest = value.value, None
    elif isinstance(value, Text) and isinstance(value.parts[0], str):
        known, rest = value.parts[0].rpartition(" ")[0], unknown_text(machine.taint_of(value))
    else:
        return None
    try:
        words = shlex.split(known)
    except ValueError:
        return None
    return machine.new_list([Const(one) for one in words], rest)


def _loads(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    """`json.loads`: what `json.dumps` made comes back as it was; else a structure of whoever wrote the text."""
    value = arguments.get(0)
    if value is None:
        return None
    found: list[Value] = []
    for one in alternatives(value):
        if isinstance(one, Const) and isinstance(one.value, (str, bytes)):
            found.append(stdlib_objects.load_json(machine, one.value))
            continue
        if isinstance(one, Thing) and one.kind == "file":
            name = machine.store.value((one.symbol, "attr", "file"))
            text = None if name is None else packaged_files.read_text(machine.project, name)
            found.append(Thing() if text is None else stdlib_objects.load_json(machine, text))
            continue
        if isinstance(one, Thing) and one.origin and one.kind == "json":
            found.append(one.origin[0])
            continue
        if isinstance(one, Text) and all("{" in part.lacks for part in one.parts if isinstance(part, Hole)):
            found.append(one)  # a number or a word: no structure without a brace
            continue
        symbol = _single(one)
        child = symbol.child(("json",)) if symbol is not None else Symbol()
        found.append(stdlib_objects.json_value(machine, one, child))
    return join_all(found)


def _dumps(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    value = arguments.get(0)
    if value is None:
        return None
    # Line ends are written as escapes.
    taint = cleanse(machine.taint_of(value), frozenset({Danger.LOG, Danger.HEADER}))
    if not taint and not isinstance(value, Ref):
        return unknown_text()
    return Thing("json", taint, Symbol(), origin=(value,))


_REAL: Mapping[str, Callable[[bytes], bytes]] = {
    "base64.b64encode": base64.b64encode,
    "base64.b64decode": base64.b64decode,
    "base64.urlsafe_b64encode": base64.urlsafe_b64encode,
    "base64.urlsafe_b64decode": base64.urlsafe_b64decode,
    "base64.b32encode": base64.b32encode,
    "base64.b32decode": base64.b32decode,
    "base64.b16encode": base64.b16encode,
    "base64.b16decode": base64.b16decode,
    "binascii.hexlify": binascii.hexlify,
    "binascii.unhexlify": binascii.unhexlify,
}
_BACK = {
    "base64.b64decode": "base64.b64encode",
    "base64.urlsafe_b64decode": "base64.urlsafe_b64encode",
    "base64.b32decode": "base64.b32encode",
    "base64.b16decode": "base64.b16encode",
    "binascii.unhexlify": "binascii.hexlify",
}


def _coding(name: str) -> Callable[[Machine, Arguments, ast.AST | None], Value | None]:
    """Constants are coded for real; what was encoded comes back as it was."""

    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
        value = arguments.get(0)
        if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
            data = value.value if isinstance(value.value, bytes) else value.value.encode("utf-8", "replace")
            if len(data) > texts.MAX_CONSTANT:
                return unknown_text(is_bytes=True)
            try:
                return Const(_REAL[name](data))
            except ValueError:
                return unknown_text(is_bytes=True)
        if value is None:
            return None
        if name not in _BACK:
            # Letters and digits alone, whatever it was made of.
            return Thing("", machine.taint_of(value), Symbol(), origin=(Name(name), value))
        if isinstance(value, Thing) and value.origin and value.origin[0] == Name(_BACK[name]):
            return value.origin[1]
        return None

    return run


_MODELS: Mapping[str, Callable[[Machine, Arguments, ast.AST | None], Value | None]] = {
    "os.path.join": _os_path_join,
    "posixpath.join": _os_path_join,
    "pathlib.Path": _make_path,
    "pathlib.PurePath": _make_path,
    "pathlib.PosixPath": _make_path,
    "pathlib.PurePosixPath": _make_path,
    "os.path.realpath": _realpath,
    "os.path.abspath": _realpath,
    "os.path.normpath": _realpath,
    "os.path.basename": _basename,
    "os.path.split": _split_path,
    "os.path.splitext": _splitext,
    "os.path.commonpath": _commonpath,
    "os.path.commonprefix": _commonprefix,
    "os.fspath": _first,
    "re.compile": _compile,
    "re.match": _pattern_call("match"),
    "re.fullmatch": _pattern_call("fullmatch"),
    "re.search": _pattern_call("search"),
    "re.sub": _sub,
    "re.findall": _find_all_call("findall"),
    "re.finditer": _find_all_call("finditer"),
    "re.split": _find_all_call("split"),
    "urllib.parse.urlparse": _urlparse,
    "urllib.parse.urlsplit": _urlparse,
    "urllib.parse.urlunparse": _geturl,
    "urllib.parse.urlunsplit": _geturl,
    "urllib.parse.urljoin": _urljoin,
    "str.maketrans": _maketrans,
    "functools.partial": _partial,
    "functools.reduce": _reduce,
    "functools.wraps": _first,
    "itertools.chain": _chain,
    "asyncio.gather": _gather,
    "asyncio.run": _first,
    "asyncio.wait_for": _first,
    "asyncio.create_task": _first,
    "asyncio.ensure_future": _first,
    "asyncio.shield": _first,
    "asyncio.to_thread": _call_first,
    "typing.cast": _second,
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
    "json.loads": _loads,
    "json.load": _loads,
    "shlex.split": _shlex_split,
    "hmac.new": _hmac,
    "hmac.compare_digest": _compare_digest,
    "secrets.compare_digest": _compare_digest,
    "random.shuffle": _shuffle,
    "json.dumps": _dumps,
    **{name: _coding(name) for name in _REAL},
}
