"""Calls of libraries: what they answer, and whom they call back."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.builtin import Builtins
from dayfly.scan.state.deeds import Outlet
from dayfly.scan.state.drawing import Drawing
from dayfly.scan.state.outlets import Outlets
from dayfly.scan.state.starting import Starting
from dayfly.scan.state.values import (
    ENVIRON,
    NOTHING,
    External,
    FunctionRef,
    Instance,
    OpenFile,
    Spot,
    Value,
    join,
    mix,
)
from dayfly.scan.state.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.state.calling import Calls
    from dayfly.scan.state.following import Follower
    from dayfly.scan.state.frames import Frame
    from dayfly.scan.state.keeping import State

_SAME = frozenset(
    {
        "copy.copy",
        "copy.deepcopy",
        "dict",
        "list",
        "set",
        "tuple",
        "sorted",
        "reversed",
        "frozenset",
        "enumerate",
        "zip",
        "iter",
        "next",
        "collections.OrderedDict",
        "collections.deque",
    }
)
_WRAPPERS = frozenset(
    {
        "reader",
        "DictReader",
        "TextIOWrapper",
        "BufferedReader",
        "getreader",
        "GzipFile",
        "ZipFile",
        "enumerate",
    }
)


class Libraries(Starting):
    """What a `Follower` knows of calls that leave the project."""

    def __init__(self, follower: Follower, calls: Calls) -> None:
        self.follower = follower
        self.calls = calls
        self.builtins = Builtins(follower)
        self.drawing = Drawing(follower)
        self.outlets = Outlets(follower)

    def call(
        self, name: str, receiver: Value, arguments: Sequence[Value], named: Mapping[str, Value], node: ast.Call, state: State,
        frame: Frame,
    ) -> Value:  # fmt: skip
        function = node.func
        method = function.attr if isinstance(function, ast.Attribute) else name.rpartition(".")[2]
        full = name or method
        found = self.builtins.call(full, arguments, named, node, state, frame)
        if found is None:
            found = self.calls.files.path_of(
                full, receiver, arguments, named, is_init=bool(self.follower.initialising)
            )
        if found is None:
            found = self.calls.files.call(full, receiver, arguments, named, node, state, frame)
        if found is None:
            found = self.drawing.call(full, method, receiver, arguments, frame)
        if found is not None:
            return found
        deep = self.follower.expressions.deep
        given = [deep(value) for value in (*arguments, *named.values())]
        self.outlets.let_out(full, method, receiver, given, node, state, frame)
        if full in knowledge.COUNTING or method in knowledge.COUNTING_METHODS:
            return Value(
                reads=frozenset(
                    replace(read, is_test=True) for value in (*given, receiver) for read in value.reads
                )
            )
        special = (
            self._work(full, method, receiver, arguments, named, node, state, frame)
            or self._setting(full, given, node, state, frame)
            or self._registration(full, method, receiver, given, node, frame)
            or self._bound_keys(full, method, receiver, given, node, state, frame)
            or self._open_file(arguments, named, node, state, frame)
        )
        called = self._callbacks(full, arguments, named, node, state, frame)
        result = mix(receiver, *given)
        is_client = (
            (full.startswith(knowledge.CLIENT_MAKERS) and "()" not in full)
            or (receiver.is_client and method in knowledge.CLIENT_METHODS)
            or (
                method in knowledge.CLIENT_METHODS
                and any(one.startswith(("boto3.", "botocore.")) for one in receiver.externals)
            )
        )
        refs: tuple[External | OpenFile | Instance, ...] = (External(f"{full}()"),) if name else ()
        base = Value(
            parts=result.parts | called.parts,
            reads=result.reads | called.reads,
            refs=refs,
            text="{}" if result.is_unique else None,
            is_unique=result.is_unique,
            is_client=is_client,
            is_opaque=result.is_opaque or full not in knowledge.TRANSPARENT,
            work=result.work,
            drawn=result.drawn,
        )
        if full in _SAME:
            first = arguments[0] if arguments else NOTHING
            base = replace(
                base,
                items=first.items if full in ("dict", "list", "tuple", "copy.copy", "copy.deepcopy") else (),
                refs=(*refs, *((first.refs) if full == "next" else ())),
            )
            if full == "dict" and named:
                base = replace(
                    base, items=(*base.items, *((key, value) for key, value in named.items() if key != "**"))
                )
            if full in ("next", "iter", "reversed", "enumerate", "zip") and first.spots:
                base = replace(base, spots=first.spots)
        if full in ("dict", "copy.copy", "copy.deepcopy") and any(
            "os.environ" in one.externals for one in arguments
        ):
            environ = self.follower.read(Spot(ENVIRON), state, frame.file.place(node))
            base = base.with_reads([environ])
        if full in ("int", "float", "bool") and receiver is NOTHING:
            base = replace(base, text="{}")
        return special if special is not None else base

    def _open_file(
        self,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> Value | None:
        """`json.dump(data, file)`, `csv.writer(file)`, `json.load(file)`: whatever gets an open file."""
        values = (*arguments, *named.values())
        holders = [value for value in values if any(isinstance(ref, OpenFile) for ref in value.refs)]
        if not holders:
            return None
        files = [ref for value in holders for ref in value.refs if isinstance(ref, OpenFile)]
        data = self.follower.expressions.deep(mix(*(value for value in values if value not in holders)))
        for file in files:
            if (file.mode[:1] in "wxa" or "+" in file.mode) and file.mode != "database":
                self.follower.write(
                    file.spot, data, state, frame.file.place(node), shown(node), is_whole=False
                )
        if all(file.mode[:1] == "r" for file in files):
            content = join(*(self.calls.files.content(value, node, state, frame) for value in holders))
            for value in (content,):
                if shown(node.func).rpartition(".")[2] in knowledge.OUTSIDE_METHODS:
                    self.follower.flow(value, Outlet.OUTSIDE, frame.file.place(node), shown(node.func))
            is_reader = shown(node.func).rpartition(".")[2] in _WRAPPERS
            return replace(content, refs=tuple(files) if is_reader else ())
        return Value(refs=tuple(files))

    def _callbacks(
        self,
        full: str,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> Value:
        """Functions of the project that a library is given are called with what else it is given."""
        if self.follower.initialising:
            return NOTHING
        values = [*arguments, *named.values()]
        functions = [ref for value in values for ref in value.refs if isinstance(ref, FunctionRef)]
        if not functions or full.startswith(("functools.", "atexit.")):
            return NOTHING
        others = [value for value in values if not any(isinstance(ref, FunctionRef) for ref in value.refs)]
        results = []
        for ref in functions[:3]:
            signature = ref.node.args
            count = len(signature.posonlyargs) + len(signature.args) - (ref.bound is not None)
            if "args" in named and named["args"].items:
                given: list[Value] = [value for _, value in named["args"].items]
            else:
                element = [
                    self.follower.expressions.element_of(value, node, state, frame) for value in others
                ]
                given = [join(*element)] * count if len(others) != count else list(others)
            results.append(
                self.calls.call_function(
                    ref, given[:count] if not signature.vararg else given, {}, state, node, frame
                )
            )
        return mix(*results)
