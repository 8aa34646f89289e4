"""Paths: joining, resolving, taking apart, and what a check of one shows."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dayfly.scan.taint import formatting, texts
from dayfly.scan.taint.characters import LEADING_SLASH, RESOLVED
from dayfly.scan.taint.comparisons import single_symbol, symbols_of
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.knowledge.model import Danger
from dayfly.scan.taint.values import (
    Choice,
    Const,
    Fact,
    Hole,
    Items,
    Symbol,
    Text,
    Thing,
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
    key = single_symbol(text)
    return Thing(
        "pathlib.Path",
        machine.taint_of(text),
        symbol or (key.child(("path",), carries=_PATH) if key is not None else Symbol()),
        origin=(text,),
    )


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
    symbols = {single_symbol(one) for one in alternatives(text)}
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
    single = single_symbol(text)
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
    symbol = single_symbol(tainted[0])
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
        piece = Hole(value.taint, (single_symbol(text) or value.symbol).child(("split", "/"), is_piece=True))
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


def _as_given(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value | None:
    return arguments.get(0)


MODELS: Mapping[str, Callable[[Machine, Arguments, ast.AST | None], Value | None]] = {
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
    "os.fspath": _as_given,
}
