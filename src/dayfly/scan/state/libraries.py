"""Calls of libraries: what they keep, start, register, draw and let out."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.deeds import Outlet
from dayfly.scan.state.starting import Starting
from dayfly.scan.state.values import (
    BOUND_KEYS,
    ENVIRON,
    NOTHING,
    External,
    FunctionRef,
    Instance,
    OpenFile,
    Read,
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

    def call(
        self, name: str, receiver: Value, arguments: Sequence[Value], named: Mapping[str, Value], node: ast.Call, state: State,
        frame: Frame,
    ) -> Value:  # fmt: skip
        function = node.func
        method = function.attr if isinstance(function, ast.Attribute) else name.rpartition(".")[2]
        full = name or method
        found = self._builtin(full, arguments, named, node, state, frame)
        if found is None:
            found = self.calls.files.path_of(
                full, receiver, arguments, named, is_init=bool(self.follower.initialising)
            )
        if found is None:
            found = self.calls.files.call(full, receiver, arguments, named, node, state, frame)
        if found is None:
            found = self._drawn(full, method, receiver, arguments, frame)
        if found is not None:
            return found
        deep = self.follower.expressions.deep
        given = [deep(value) for value in (*arguments, *named.values())]
        self._let_out(full, method, receiver, given, node, state, frame)
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

    # Builtins

    def _builtin(
        self,
        name: str,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> Value | None:
        expressions = self.follower.expressions
        first = arguments[0] if arguments else NOTHING
        second = arguments[1] if len(arguments) > 1 else NOTHING
        match name:
            case "super":
                me = next(iter(state.locals.values()), NOTHING)
                refs = []
                for ref in me.refs:
                    if isinstance(ref, Instance) and frame.owner is not None:
                        base = list(expressions.lineage(frame.owner))[1:2]
                        refs = [Instance(base[0], ref.number)] if base else []
                return replace(me, refs=tuple(refs)) if refs else Value(refs=(External("super()"),))
            case "type" if len(arguments) == 1:
                return Value(refs=tuple(ref.owner for ref in first.refs if isinstance(ref, Instance)))
            case "getattr" if second.text is not None and "{" not in second.text:
                found = expressions.attribute(first, second.text, node, state, frame)
                return join(found, *arguments[2:3]) if len(arguments) > 2 else found
            case "getattr":
                return self._any_method(first, (second.text or "{}").partition("{")[0])
            case "setattr" if len(arguments) == 3:
                owner = node.args[0]
                attribute = second.text if second.text is not None and second.is_constant else "*"
                expressions.change_attribute(first, owner, attribute, arguments[2], state, frame, node)
                return NOTHING
            case "globals" | "vars":
                return (
                    Value(refs=(External("globals()"),))
                    if not arguments
                    else replace(first.derived(), refs=(External("vars()"),), spots=first.spots)
                )
            case "functools.partial" | "partial":
                return replace(mix(*arguments, *named.values()), refs=first.refs)
            case "heapq.heappush" | "bisect.insort" | "bisect.insort_left" | "operator.setitem" if (
                first.spots
            ):
                value = expressions.deep(arguments[-1])
                for spot in first.spots:
                    self.follower.write(
                        spot.inner("*"), value, state, frame.file.place(node), shown(node), is_whole=False
                    )
                return NOTHING
            case "os.getenv" | "os.environ.get":
                return expressions.element(Value(refs=(External("os.environ"),)), first, node, state, frame)
            case "os.putenv":
                environ = Value(refs=(External("os.environ"),))
                expressions.change_element(environ, node.func, first, second, state, frame, node)
                return NOTHING
            case "os.unsetenv":
                expressions.take_away(Value(refs=(External("os.environ"),)), first, state)
                return NOTHING
            case "dataclasses.field" | "field":
                factory = named.get("default_factory", NOTHING)
                made = tuple(External(f"{one}()") for one in factory.externals)
                return named.get("default", Value(refs=made) if made else NOTHING)
            case "contextlib.suppress" | "threading.Lock" | "threading.RLock":
                return Value(refs=(External("lock"),), is_constant=True)
            case _:
                return None

    def _any_method(self, value: Value, prefix: str) -> Value:
        """One of the methods whose names begin so: which, only the event says."""
        refs: list[FunctionRef] = []
        for ref in value.refs:
            if isinstance(ref, Instance):
                for one in self.follower.expressions.lineage(ref.owner):
                    refs += [
                        FunctionRef(one.file, node, one.scope, one, value)
                        for node in one.node.body
                        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                        and node.name.startswith(prefix)
                        and not node.name.startswith("__")
                    ]
        return replace(value.derived(), refs=tuple(refs[:12]))

    # What is drawn

    def _drawn(
        self, full: str, method: str, receiver: Value, arguments: Sequence[Value], frame: Frame
    ) -> Value | None:
        is_init = self.follower.initialising
        if full in knowledge.DRAWING or full in knowledge.CLOCKS:
            if is_init:
                drawn = "random" if full in knowledge.DRAWING else "clock"
                return Value(
                    drawn=drawn, text="{}", refs=(External(f"{full}()"),), parts=mix(*arguments).parts
                )
            value = Value(text="{}", is_unique=True, parts=mix(*arguments).parts)
            scope = self.follower.names.scope(frame.file)
            if full.startswith("random.") and scope.is_seeded:
                root = Root(RootKind.GLOBAL, frame.file.path, "random", 0, "seed")
                return self._draws(value, root, frame)
            return value
        if full in knowledge.GENERATORS and is_init:
            return Value(drawn="generator", refs=(External(f"{full}()"),))
        drawn_roots = [read.spot.root for read in receiver.reads if read.spot.root.drawn == "generator"]
        if drawn_roots and method not in knowledge.DRAWING_METHODS:
            return None
        if is_init and receiver.drawn and method:
            return replace(
                mix(receiver, *arguments), drawn=receiver.drawn, refs=(External(f"{full}()"),), text="{}"
            )
        return None

    def _draws(self, value: Value, root: Root, frame: Frame) -> Value:
        line = (
            next((one for one in (frame.function.node.lineno,) if one), 0)
            if frame.function is not None
            else 0
        )
        place = replace(frame.file.place(ast.Pass()), line=line)
        return value.with_reads([Read(Spot(root), place)])

    # Where things go

    def _let_out(
        self,
        full: str,
        method: str,
        receiver: Value,
        given: Sequence[Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> None:
        flow, place, what = self.follower.flow, frame.file.place(node), shown(node.func)
        is_log = full == "print" or (
            method in knowledge.LOG_METHODS
            and (
                any(one.startswith(knowledge.LOGGER_MAKERS) for one in receiver.externals)
                or full.startswith(("logging.", "loguru.", "structlog."))
                or "log" in what.rpartition(".")[0].lower()
            )
        )
        if is_log:
            for value in given:
                flow(value, Outlet.LOG, place, what)
            if not self.follower.initialising:
                flow(
                    Value(reads=frozenset({self.follower.read(Spot(BOUND_KEYS), state, place)})),
                    Outlet.LOG,
                    place,
                    what,
                )
            for root_read in receiver.reads:
                flow(Value(reads=frozenset({root_read})), Outlet.LOG, place, what)
            return
        head = full.partition(".")[0].partition("(")[0]
        owner = next(iter(receiver.externals), "").partition(".")[0].partition("(")[0]
        is_outside = (
            head in knowledge.OUTSIDE_ROOTS
            or owner in knowledge.OUTSIDE_ROOTS
            or receiver.is_client
            or (method in knowledge.OUTSIDE_METHODS and not receiver.externals)
        )
        if is_outside:
            for value in (*given, replace(receiver, drawn="")):
                flow(value, Outlet.OUTSIDE, place, what)
            if full.startswith(("subprocess.", "os.system")) and not any(
                keyword.arg == "env" for keyword in node.keywords
            ):
                environ = self.follower.read(Spot(ENVIRON), state, place)
                flow(Value(reads=frozenset({environ})), Outlet.OUTSIDE, place, what)
            return
        if full.startswith(
            ("hmac.", "hashlib.", "jwt.", "jose.", "cryptography.", "Crypto.", "nacl.", "bcrypt.", "base64.")
        ) or method in ("encrypt", "sign", "encode", "generate"):
            for value in (*given, receiver):
                reads = frozenset(read for read in value.reads if read.spot.root.drawn)
                flow(Value(reads=reads), Outlet.OUTSIDE, place, what)

    # Work, settings, registrations

    # Callbacks and files

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
