"""Files under temporary directories: which are written, read, moved and removed while an event is served."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.values import (
    CONSTANT,
    NOTHING,
    External,
    OpenFile,
    Root,
    RootKind,
    Spot,
    Value,
    join,
    mix,
)
from dayfly.scan.state.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.state.following import Follower
    from dayfly.scan.state.frames import Frame
    from dayfly.scan.state.keeping import State

_OPENERS = frozenset(
    {
        "open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "zipfile.ZipFile", "tarfile.open",
        "aiofiles.open", "wave.open", "os.fdopen", "builtins.open", "h5py.File",
    }
)  # fmt: skip
_WRITERS = frozenset(
    {
        "write", "writelines", "writestr", "writerow", "writerows", "writeheader", "add", "save", "dump", "addfile",
        "create_dataset", "writeframes",
    }
)  # fmt: skip
_PATHS = frozenset(
    {
        "str", "os.fspath", "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser",
        "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "Path", "urllib.parse.quote", "shlex.quote", "os.fsencode",
    }
)  # fmt: skip
_PATH_METHODS = frozenset(
    {"resolve", "absolute", "as_posix", "expanduser", "__str__", "format", "strip", "lower"}
)
# What is not known to write is taken for a question.
_DATABASE_WRITES = ("insert", "update", "replace", "delete", "drop", "create", "upsert")


class Files:
    """What a `Follower` knows of files."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower

    def spot(self, path: Value) -> Spot | None:
        """The file that a path names; None where it is not surely in a temporary directory."""
        text = path.text
        if text is None or not text.startswith(knowledge.TEMPORARY):
            return None
        return Spot(Root(RootKind.FILE, "", text, 0, "unique" if path.is_unique else ""))

    def path_of(
        self,
        name: str,
        receiver: Value,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        *,
        is_init: bool,
    ) -> Value | None:
        """The path that a call makes; None where it makes none."""
        method = name.rpartition(".")[2]
        first = arguments[0] if arguments else NOTHING
        if name in ("os.path.join", "posixpath.join") or method == "joinpath":
            values = [receiver, *arguments] if method == "joinpath" else list(arguments)
            text: str | None = None
            for value in values:
                piece = "{}" if value.text is None else value.text
                text = piece if text is None or piece.startswith("/") else text.rstrip("/") + "/" + piece
            return replace(mix(*values), text=text)
        if name in _PATHS and len(arguments) >= 1:
            text = "/".join("{}" if value.text is None else value.text for value in arguments)
            return replace(
                mix(*arguments),
                text=text,
                refs=first.refs if name == "str" else (),
                is_constant=first.is_constant,
            )
        if method in _PATH_METHODS and receiver.text is not None and not receiver.spots:
            text = receiver.text
            if method == "format":
                values = [*arguments, *named.values()]
                pattern = "".join(
                    "{}" if index % 2 else part for index, part in enumerate(_split_fields(text))
                )
                return replace(mix(receiver, *values), text=pattern)
            return replace(mix(receiver), text=text)
        if name == "tempfile.gettempdir":
            return Value(text="/tmp", is_constant=True)
        if name in ("tempfile.mkdtemp", "tempfile.mktemp"):
            return Value(text="/tmp/{kept}" if is_init else "/tmp/{}", is_unique=not is_init)
        if name == "tempfile.mkstemp":
            path = Value(text="/tmp/{kept}" if is_init else "/tmp/{}", is_unique=not is_init)
            return Value(items=(("0", path), ("1", path)))
        if name in ("glob.glob", "glob.iglob"):
            return replace(mix(first), text=first.text)
        if name in ("os.listdir", "os.scandir", "os.walk") or method in ("iterdir", "glob", "rglob"):
            folder = first if name.startswith("os.") else receiver
            return replace(mix(folder), text=folder.text and folder.text.rstrip("/") + "/*")
        if method in ("with_suffix", "with_name", "with_stem") and receiver.text is not None:
            return replace(mix(receiver, *arguments), text=f"{receiver.text}.{first.text or '{}'}")
        return None

    def open(
        self, name: str, path: Value, arguments: Sequence[Value], named: Mapping[str, Value], node: ast.Call, state: State,
        frame: Frame,
    ) -> Value | None:  # fmt: skip
        """An open file; None where the call opens none in a temporary directory."""
        mode_value = named.get("mode") or (arguments[0] if arguments else None)
        mode = (mode_value.text if mode_value is not None else None) or "r"
        spot = self.spot(path)
        if spot is None:
            return None
        held = OpenFile(spot, mode)
        if mode[:1] in "wx":
            self.follower.write(
                spot, NOTHING, state, frame.file.place(node), f"{name}({spot.root.name})", key=self._key(path)
            )
        return Value(refs=(held,), parts=frozenset())

    def _key(self, path: Value) -> frozenset[tuple[str, ...]]:
        return path.parts

    def call(
        self, name: str, receiver: Value, arguments: Sequence[Value], named: Mapping[str, Value], node: ast.Call, state: State,
        frame: Frame,
    ) -> Value | None:  # fmt: skip
        """Library calls that concern files by their path; None for all others."""
        method = name.rpartition(".")[2]
        first = (
            arguments[0]
            if arguments
            else named.get("file") or named.get("path") or named.get("Filename") or NOTHING
        )
        deep = self.follower.expressions.deep
        if name in _OPENERS:
            return self.open(name, first, arguments[1:], named, node, state, frame)
        if name in ("tempfile.NamedTemporaryFile", "tempfile.TemporaryFile", "tempfile.SpooledTemporaryFile"):
            delete = named.get("delete")
            if delete is None or delete.truth is not False:
                return Value(text="{removed}")
            held = Root(RootKind.FILE, "", f"/tmp/{{}}#{node.lineno}", 0, "unique")
            return Value(refs=(OpenFile(Spot(held), "w"),))
        if name in knowledge.REMOVING or method in ("unlink", "rmtree", "rmdir"):
            target = first if name in knowledge.REMOVING or method == "rmtree" else receiver
            self._remove(target, state, is_tree=method in ("rmtree", "removedirs"))
            return NOTHING
        if name in knowledge.MOVING or (method in ("rename", "replace") and receiver.text is not None):
            source, target = (first, arguments[1]) if len(arguments) > 1 else (receiver, first)
            return self._move(source, target, node, state, frame)
        if name in ("shutil.copy", "shutil.copyfile", "shutil.copy2") and len(arguments) > 1:
            return self._move(first, arguments[1], node, state, frame, keeps=True)
        if method in ("write_text", "write_bytes"):
            return self._put(receiver, deep(first), node, state, frame)
        if method in ("read_text", "read_bytes"):
            return self._get(receiver, node, state, frame)
        if method == "open" and self.spot(receiver) is not None:
            return self.open("open", receiver, arguments, named, node, state, frame)
        if method in knowledge.DOWNLOADING:
            at = knowledge.DOWNLOADING[method]
            path = (
                named.get("Filename")
                or named.get("filename")
                or (arguments[at] if len(arguments) > at else NOTHING)
            )
            data = mix(
                *(value for index, value in enumerate(arguments) if index != at), *named.values(), receiver
            )
            return self._put(path, replace(data, is_client=False), node, state, frame)
        if method in knowledge.READING_PATHS:
            at = knowledge.READING_PATHS[method]
            path = named.get("Filename") or (arguments[at] if len(arguments) > at else NOTHING)
            return self._get(path, node, state, frame)
        if (
            method in knowledge.WRITING_PATHS or method == "save" or name in ("numpy.save", "np.save")
        ) and arguments:
            at = knowledge.WRITING_PATHS.get(method, 0)
            path = arguments[at] if len(arguments) > at else NOTHING
            data = deep(mix(receiver, *(one for index, one in enumerate(arguments) if index != at)))
            return self._put(path, data, node, state, frame)
        if name == "sqlite3.connect":
            spot = self.spot(
                first
                if first.text is None
                else replace(first, text=first.text.removeprefix("file:").partition("?")[0])
            )
            return None if spot is None else Value(refs=(OpenFile(spot, "database"),))
        if name in ("shelve.open", "dbm.open"):
            spot = self.spot(first)
            if spot is not None:
                read = self.follower.read(spot, state, frame.file.place(node))
                return Value(spots=frozenset({spot}), refs=(External("dict()"),), reads=frozenset({read}))
        return None

    def _put(self, path: Value, data: Value, node: ast.Call, state: State, frame: Frame) -> Value | None:
        spot = self.spot(path)
        if spot is None:
            return None

        self.follower.write(
            spot, data.derived(), state, frame.file.place(node), shown(node), key=self._key(path)
        )
        return NOTHING

    def _get(self, path: Value, node: ast.Call, state: State, frame: Frame) -> Value | None:
        spot = self.spot(path)
        if spot is None:
            return None
        read = self.follower.read(spot, state, frame.file.place(node), key=self._key(path))
        stored = state.stored(spot)
        return Value(parts=stored.parts | path.parts, reads=stored.reads | {read})

    def _remove(self, path: Value, state: State, *, is_tree: bool) -> None:
        if path.text is None:
            return
        text = path.text.partition("*")[0] if "*" in path.text else path.text
        for spot in [*state.store]:
            root = spot.root
            if root.kind is not RootKind.FILE:
                continue
            is_meant = root.name == text or ((is_tree or "*" in path.text) and root.name.startswith(text))
            if is_meant or (root.name.startswith("/tmp/{}#") and text.startswith("/tmp/{}")):
                state.put(Spot(root), CONSTANT, is_whole=True, is_dirty=False)

    def _move(
        self, source: Value, target: Value, node: ast.Call, state: State, frame: Frame, *, keeps: bool = False
    ) -> Value | None:
        origin = self.spot(source)
        data = state.stored(origin) if origin is not None else NOTHING
        if origin is not None and not keeps:
            state.put(origin, CONSTANT, is_whole=True, is_dirty=False)
        self._put(target, data, node, state, frame)
        return target

    def method(
        self, name: str, receiver: Value, arguments: Sequence[Value], named: Mapping[str, Value], node: ast.Call, state: State,
        frame: Frame,
    ) -> Value | None:  # fmt: skip
        """A method of an open file, or of a reader or database made of one."""

        files = [ref for ref in receiver.refs if isinstance(ref, OpenFile)]
        place = frame.file.place(node)
        data = self.follower.expressions.deep(mix(*arguments, *named.values()))
        if any(file.mode == "database" for file in files):
            return self._database(name, receiver, files, arguments, data, node, state, frame)
        if name in _WRITERS:
            for file in files:
                if file.mode[:1] in "wxa" or "+" in file.mode:
                    self.follower.write(file.spot, data, state, place, shown(node), is_whole=False)
            return NOTHING
        if name in ("close", "flush", "seek", "fileno", "truncate", "tell", "__exit__"):
            return NOTHING
        return self.content(receiver, node, state, frame)

    def content(self, value: Value, node: ast.AST, state: State, frame: Frame) -> Value:
        """What is read from open files."""
        results = []
        for ref in value.refs:
            if isinstance(ref, OpenFile):
                read = self.follower.read(ref.spot, state, frame.file.place(node))
                stored = state.stored(ref.spot)
                results.append(Value(parts=stored.parts, reads=stored.reads | {read}))
        return join(*results)

    def _database(
        self, name: str, receiver: Value, files: list[OpenFile], arguments: Sequence[Value], data: Value, node: ast.Call,
        state: State, frame: Frame,
    ) -> Value | None:  # fmt: skip

        statement = ((arguments[0].text if arguments else None) or "").strip().lower()
        if name == "rollback":
            for file in files:
                state.remove(file.spot)
            return NOTHING
        if name not in ("execute", "executemany", "executescript"):
            return (
                receiver
                if name in ("cursor",)
                else (self.content(receiver, node, state, frame) if name.startswith("fetch") else NOTHING)
            )
        for file in files:
            if not statement.startswith(_DATABASE_WRITES):
                continue
            is_emptied = (
                "drop table" in statement or statement.startswith("delete")
            ) and "where" not in statement
            if is_emptied:
                state.put(file.spot, CONSTANT, is_whole=True, is_dirty=False)
            elif data.parts and not statement.startswith(("delete", "drop", "create")):
                self.follower.write(
                    file.spot, data, state, frame.file.place(node), shown(node), is_whole=False
                )
        if not statement.startswith(_DATABASE_WRITES):
            content = self.content(receiver, node, state, frame)
            return replace(content, refs=receiver.refs)
        return receiver


def _split_fields(text: str) -> list[str]:
    """`a{b}c` as ["a", "b", "c"]: what stands between braces at odd places."""
    parts: list[str] = []
    for piece in text.split("{"):
        inner, brace, outer = piece.partition("}")
        if not parts:
            parts.append(piece)
        elif brace:
            parts.extend((inner, outer))
        else:
            parts.extend((piece, ""))
    return parts
