"""Calls: of the project's functions and classes, of containers that are kept, of libraries."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.deeds import Outlet
from dayfly.scan.state.files import Files
from dayfly.scan.state.keeping import State, element
from dayfly.scan.state.libraries import Libraries
from dayfly.scan.state.values import (
    ENVIRON,
    NOTHING,
    ClassRef,
    External,
    FunctionRef,
    Instance,
    Memo,
    OpenFile,
    Root,
    RootKind,
    Spot,
    Value,
    join,
    mix,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.state.expressions import Expressions
    from dayfly.scan.state.following import Follower, Frame


class Calls:
    """Evaluates calls for a `Follower`."""

    def __init__(self, follower: Follower, expressions: Expressions) -> None:
        self.follower = follower
        self.expressions = expressions
        self.files = Files(follower)
        self.libraries = Libraries(follower, self)
        self.permanent_loops = 0

    def evaluate(self, node: ast.Call, state: State, frame: Frame) -> Value:
        function = node.func
        is_loop = isinstance(function, ast.Attribute) and function.attr in ("run_until_complete", "run")
        if isinstance(function, ast.Attribute):
            receiver = self.expressions.evaluate(function.value, state, frame)
            entered = is_loop and function.attr == "run_until_complete" and bool(receiver.spots)
            self.permanent_loops += entered
            arguments, named = self._arguments(node, state, frame)
            self.permanent_loops -= entered
            result = self._method(node, function, receiver, arguments, named, state, frame)
            if result is not None:
                return result
            callee = self.expressions.attribute(receiver, function.attr, function, state, frame)
            return self.apply(callee, receiver, arguments, named, node, state, frame)
        callee = self.expressions.evaluate(function, state, frame)
        arguments, named = self._arguments(node, state, frame)
        return self.apply(callee, NOTHING, arguments, named, node, state, frame)

    def _arguments(self, node: ast.Call, state: State, frame: Frame) -> tuple[list[Value], dict[str, Value]]:
        arguments: list[Value] = []
        for one in node.args:
            value = self.expressions.evaluate(one, state, frame)
            if isinstance(one, ast.Starred) and value.items and not value.spots:
                arguments.extend(item for _, item in value.items)
            else:
                arguments.append(value)
        named: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.expressions.evaluate(keyword.value, state, frame)
            if keyword.arg is not None:
                named[keyword.arg] = value
            else:
                named.update(value.items)
                named["**"] = value.derived()
        return arguments, named

    def apply(
        self,
        callee: Value,
        receiver: Value,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> Value:
        """The result of calling whatever `callee` may be."""
        results: list[Value] = []
        for ref in callee.refs[:6]:
            match ref:
                case FunctionRef():
                    results.append(self._function(ref, arguments, named, state, node, frame))
                case ClassRef():
                    results.append(self.instantiate(ref, arguments, named, state, node, frame))
                case Instance(owner=owner):
                    for one in self.expressions.lineage(owner):
                        method = _find(one.node, "__call__")
                        if method is not None:
                            bound = FunctionRef(one.file, method, one.scope, one, callee)
                            results.append(self.follower.call(bound, arguments, named, state, node))
                            break
                case External(name=name):
                    results.append(self.libraries.call(name, receiver, arguments, named, node, state, frame))
                case _:
                    pass
        if results:
            result = join(*results)
            return (
                replace(result, reads=result.reads | callee.reads)
                if callee.reads and not callee.spots
                else result
            )
        # A method of what is not known: `event["name"].lower()` is still made of event["name"].
        unknown = receiver if isinstance(node.func, ast.Attribute) else callee
        return self.libraries.call("", unknown, arguments, named, node, state, frame)

    def _function(
        self,
        ref: FunctionRef,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        if ref.memo is None:
            return self.follower.call(ref, arguments, named, state, node)
        return self._memoised(ref, ref.memo, arguments, named, state, node, frame)

    def _memoised(
        self,
        ref: FunctionRef,
        memo: Memo,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        """The body runs once for each key; what it returned is kept under that key."""
        given = [*arguments, *named.values(), *self._own_key(ref)]
        key_value = mix(*(self.expressions.deep(value) for value in given))
        if memo.key is not None:
            key_value = self.expressions.deep(
                self.apply(
                    memo.key, NOTHING, arguments, named, ast.Call(ast.Name("key"), [], []), state, frame
                )
            )
        missed = state.copy()
        self.follower.guards.append(key_value.derived())
        result = self.follower.call(replace(ref, memo=None), arguments, named, missed, node)
        self.follower.guards.pop()
        state.merge_worlds([state.copy(), missed])
        name = getattr(ref.node, "name", "lambda")
        root = Root(
            RootKind.CACHE,
            ref.file.path,
            name,
            getattr(ref.node, "lineno", 0),
            "" if memo.is_bounded else "unbounded",
        )
        spot = Spot(root, ("*",))
        place = ref.file.place(ref.node)
        place = replace(place, end_line=place.line, end_column=0)
        held = self.expressions.deep(result)
        self.follower.write(
            spot, replace(held, reads=frozenset()), state, place, f"{memo.name} keeps what {name}() returns",
            key=key_value.parts, is_whole=False,
        )  # fmt: skip
        read = self.follower.read(spot, state, frame.file.place(node), key=key_value.parts)
        return replace(result, reads=result.reads | {read}, spots=frozenset())

    def _own_key(self, ref: FunctionRef) -> tuple[Value, ...]:
        """`self` in a key is one object: where it stays, it does not tell events apart."""
        return (ref.bound,) if ref.bound is not None and not ref.bound.spots else ()

    def cached_property(
        self,
        ref: FunctionRef,
        instance: Value,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        state: State,
        frame: Frame,
    ) -> Value:
        """Computed once for each object: matters where the object itself stays."""
        result = self.follower.call(replace(ref, bound=instance, memo=None), (), {}, state, node)
        if not instance.spots:
            return result
        reads = set(result.reads)
        for spot in instance.spots:
            inner = spot.inner("." + node.name)
            place = replace(ref.file.place(node), end_line=node.lineno, end_column=0)
            self.follower.write(
                inner, result, state, place, f"{node.name} is computed once", is_whole=False, is_memo=True
            )
            reads.add(self.follower.read(inner, state, frame.file.place(node)))
        return replace(result, reads=frozenset(reads))

    def bind(
        self,
        function: FunctionRef,
        given: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        frame: Frame,
    ) -> dict[str, Value]:
        """Parameters of a function by name; what is not given is its default, which is the same object every time."""
        signature = function.node.args
        names = [one.arg for one in (*signature.posonlyargs, *signature.args)]
        bound = dict(zip(names, given, strict=False))
        rest = list(given[len(names) :])
        if signature.vararg is not None:
            bound[signature.vararg.arg] = replace(
                mix(*rest), items=tuple((str(number), value) for number, value in enumerate(rest))
            )
        known = {*names, *(one.arg for one in signature.kwonlyargs)}
        extra = {}
        for name, value in named.items():
            if name in known:
                bound[name] = value
            else:
                extra[name] = value
        if signature.kwarg is not None:
            bound[signature.kwarg.arg] = replace(
                mix(*extra.values()), items=tuple(extra.items()), refs=(External("dict()"),)
            )
        defaults = list(zip(reversed(names), reversed(signature.defaults), strict=False))
        defaults += [
            (one.arg, default)
            for one, default in zip(signature.kwonlyargs, signature.kw_defaults, strict=True)
            if default is not None
        ]
        for name, default in defaults:
            if name not in bound:
                bound[name] = self._default(function, name, default, state, frame)
        return bound

    def _default(
        self, function: FunctionRef, name: str, default: ast.expr, state: State, frame: Frame
    ) -> Value:
        label = getattr(function.node, "name", "lambda")
        if function.closure is not None and not function.is_of_init and function.owner is None:
            around = replace(frame, closure=function.closure)
            return self.expressions.evaluate(default, State(), around)
        key = (function.file.path, f"{label}:{function.node.lineno}({name})")
        bound = self.follower.bound
        if key not in bound:
            self.follower.initialising += 1
            bound[key] = self.expressions.evaluate(default, State(), frame)
            self.follower.initialising -= 1
        value = bound[key]
        if value.is_constant or (value.spots and not value.drawn) or not (value.drawn or value.externals):
            return value
        if not value.drawn and not any(
            one in ("dict()", "list()", "set()") or one.removesuffix("()") in knowledge.CONTAINERS
            for one in value.externals
        ):
            return value
        root = Root(
            RootKind.DEFAULT, function.file.path, f"{label}({name})", function.node.lineno, value.drawn
        )
        spot = Spot(root)
        stored = state.stored(spot)
        read = self.follower.read(spot, state, function.file.place(default))
        return replace(
            join(value, stored),
            spots=frozenset({spot}),
            reads=frozenset({read}),
            parts=stored.parts,
            drawn="",
            is_constant=False,
        )

    def instantiate(
        self,
        ref: ClassRef,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        heap = self.follower.heap
        maker = next(
            (one for one in (_find(each.node, "__new__") for each in self.expressions.lineage(ref)) if one),
            None,
        )
        spots: frozenset[Spot] = frozenset()
        kept_name = _singleton_name(maker) if maker is not None else ""
        number = -ref.node.lineno if kept_name else next(self.follower.numbers)
        heap.setdefault(number, {})
        value = Value(refs=(Instance(ref, number), *self._container_base(ref, frame)))
        if self._is_work(ref):
            value = replace(value, work=self.libraries.begin(ref.node.name, arguments, named, node, frame))
        if kept_name:
            spots = frozenset(
                {
                    Spot(
                        Root(RootKind.CLASS, ref.file.path, ref.node.name, ref.node.lineno),
                        ("." + kept_name,),
                    )
                }
            )
            value = replace(value, spots=spots)
        for one in self.expressions.lineage(ref):
            method = _find(one.node, "__init__")
            if method is not None:
                self.follower.call(
                    FunctionRef(one.file, method, one.scope, one, value), arguments, named, state, node
                )
                return value
        fields = [
            name.target.id
            for one in reversed(list(self.expressions.lineage(ref)))
            for name in one.node.body
            if isinstance(name, ast.AnnAssign) and isinstance(name.target, ast.Name)
        ]
        for name, one_value in (*zip(fields, arguments, strict=False), *named.items()):
            heap[number][name] = one_value
        for held in ref.node.body:
            # A default of a data class is drawn once, for all its objects.
            if (
                isinstance(held, ast.AnnAssign)
                and isinstance(held.target, ast.Name)
                and held.value is not None
            ):
                name = held.target.id
                if name not in heap[number]:
                    drawn = self.expressions._class_value(
                        ref, name, held.value, held, state, ref.file.place(held)
                    )
                    if drawn.reads:
                        heap[number][name] = drawn
        for number_of, one_value in enumerate(arguments[len(fields) :]):
            heap[number][f"*{number_of}"] = one_value
        return value

    def _is_work(self, ref: ClassRef) -> bool:
        """A class of threads or processes."""
        return any(
            ast.unparse(base).rpartition(".")[2] in ("Thread", "Timer", "Process")
            for one in self.expressions.lineage(ref)
            for base in one.node.bases
        )

    def _container_base(self, ref: ClassRef, frame: Frame) -> tuple[External, ...]:
        for one in self.expressions.lineage(ref):
            for base in one.node.bases:
                name = ast.unparse(base).split("[")[0]
                if name in (
                    "dict",
                    "list",
                    "set",
                    "OrderedDict",
                    "UserDict",
                    "defaultdict",
                    "collections.UserDict",
                ):
                    return (External("dict()"),)
                if name in ("local", "threading.local"):
                    return (External("threading.local()"),)
        return ()

    def decorated(self, value: Value, decorators: Sequence[ast.expr], state: State, frame: Frame) -> Value:
        """A function behind its decorators, as far as they are known or the project's."""
        for decorator in reversed(decorators):
            called = decorator if isinstance(decorator, ast.Call) else None
            target = self.expressions.evaluate(called.func if called is not None else decorator, state, frame)
            memo = self._memo(target, called, state, frame)
            for keyword in called.keywords if called is not None else ():
                if keyword.arg == "clear_state" and getattr(keyword.value, "value", None) is True:
                    self.follower.deeds.clears_keys = True
            if memo is not None:
                value = replace(
                    value,
                    refs=tuple(
                        replace(ref, memo=memo) if isinstance(ref, FunctionRef) else ref for ref in value.refs
                    ),
                )
                continue
            functions = [ref for ref in target.refs if isinstance(ref, FunctionRef | ClassRef)]
            if not functions:
                continue
            is_kept = frame.function is None
            self.follower.initialising += is_kept
            try:
                if called is not None:
                    arguments, named = self._arguments(called, state, frame)
                    target = self.apply(target, NOTHING, arguments, named, called, state, frame)
                wrapper = self.apply(target, NOTHING, (value,), {}, ast.Call(decorator, [], []), state, frame)
            finally:
                self.follower.initialising -= is_kept
            if any(isinstance(ref, FunctionRef | Instance) for ref in wrapper.refs):
                value = replace(wrapper, parts=frozenset(), reads=frozenset())
        return value

    def _memo(self, target: Value, called: ast.Call | None, state: State, frame: Frame) -> Memo | None:
        for name in target.externals:
            if name not in knowledge.MEMOISERS:
                continue
            is_bounded, key = knowledge.MEMOISERS[name], None
            for keyword in called.keywords if called is not None else ():
                if (
                    keyword.arg == "maxsize"
                    and isinstance(keyword.value, ast.Constant)
                    and keyword.value.value is None
                ):
                    is_bounded = False
                if keyword.arg == "key":
                    key = self.expressions.evaluate(keyword.value, state, frame)
                    key = key if any(isinstance(ref, FunctionRef) for ref in key.refs) else None
            if (
                called is not None
                and called.args
                and isinstance(called.args[0], ast.Constant)
                and called.args[0].value is None
            ):
                is_bounded = False
            if (
                called is not None
                and name == "cachetools.cached"
                and called.args
                and isinstance(called.args[0], ast.Dict)
            ):
                is_bounded = False
            return Memo(name.rpartition(".")[2], is_bounded, key)
        return None

    def await_work(self, value: Value) -> None:
        for number in value.work:
            if number in self.follower.deeds.works:
                self.follower.deeds.works[number].is_awaited = True

    def entered(self, value: Value) -> Value:
        """What `with` binds: pools wait at its end, temporary directories go."""
        self.await_work(value)
        externals = value.externals
        if any(name.startswith(knowledge.EXECUTORS) for name in externals):
            return replace(value, refs=(External("pool entered"),), spots=frozenset())
        if any(name.startswith("tempfile.TemporaryDirectory") for name in externals):
            return Value(text="{removed}")
        return value

    # Methods

    def _method(
        self,
        node: ast.Call,
        function: ast.Attribute,
        receiver: Value,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        frame: Frame,
    ) -> Value | None:
        """Methods of kept containers, of the environment's variables, of work; None for all others."""
        name = function.attr
        if receiver.work and name in knowledge.AWAITING:
            self.await_work(receiver)
        if receiver.work and name == "start":
            for number in receiver.work:
                if number in self.follower.deeds.works:
                    self.follower.deeds.works[number].is_started = True
        if any(isinstance(ref, Instance) for ref in receiver.refs) and self._has_method(receiver, name):
            return None
        if any(isinstance(ref, OpenFile) for ref in receiver.refs):
            return self.files.method(name, receiver, arguments, named, node, state, frame)
        externals = receiver.externals
        if any(one.startswith("contextvars.ContextVar()") for one in externals):
            return self.libraries.context_variable(name, receiver, arguments, node, state, frame)
        is_environment = "os.environ" in externals
        is_container = is_environment or self._is_container(receiver)
        if not is_container:
            return None
        return self._container_method(
            name, node, function.value, receiver, arguments, named, state, frame, is_environment
        )

    def _has_method(self, receiver: Value, name: str) -> bool:
        return any(
            _find(one.node, name) is not None
            for ref in receiver.refs
            if isinstance(ref, Instance)
            for one in self.expressions.lineage(ref.owner)
        )

    def _is_container(self, value: Value) -> bool:
        externals = value.externals
        if any(isinstance(ref, FunctionRef | ClassRef) for ref in value.refs):
            return False
        if not externals:
            return not any(isinstance(ref, OpenFile) for ref in value.refs)
        return any(
            name.endswith(("[]", "globals()", "vars()"))
            or name.removesuffix("()") in knowledge.CONTAINERS
            or (value.is_client and name.rpartition(".")[2] in knowledge.CLIENT_FIELDS)
            for name in externals
        )

    def _container_method(
        self,
        name: str,
        node: ast.Call,
        owner: ast.expr,
        receiver: Value,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        frame: Frame,
        is_environment: bool,
    ) -> Value | None:
        expressions, first = self.expressions, (arguments[0] if arguments else NOTHING)
        if name in knowledge.RARE_ADDING and not any(
            one.startswith(knowledge.RARE_ADDING[name]) for one in receiver.externals
        ):
            return None
        if name in ("get", "__getitem__", "setdefault", "pop") and (arguments or name == "pop"):
            if name == "setdefault" and len(arguments) > 1:
                expressions.change_element(
                    receiver, owner, first, arguments[1], state, frame, node, is_whole=False
                )
            if name == "pop" and not arguments and not receiver.spots:
                return replace(receiver.derived(), work=receiver.work)
            found = expressions.element(receiver, first, node, state, frame)
            if name == "pop":
                expressions.take_away(receiver, first, state)
                found = replace(found, spots=frozenset())
            return join(found, *arguments[1:2]) if len(arguments) > 1 else found
        if name in ("values", "items") and not arguments:
            return receiver
        if name == "copy" and is_environment:
            environ = self.follower.read(Spot(ENVIRON), state, frame.file.place(node))
            return Value(refs=(External("dict()"),), reads=frozenset({environ}))
        if name in ("keys", "copy", "most_common", "elements", "getvalue"):
            return replace(
                receiver.derived(),
                refs=receiver.refs,
                items=receiver.items if name == "copy" else (),
            )
        if name in ("popleft", "popitem", "get_nowait"):
            found = expressions.element(receiver, NOTHING, node, state, frame)
            for spot in receiver.spots:
                self.follower.deeds.evicted.add(spot.root)
                state.remove(spot)
            return replace(found, spots=frozenset())
        if name in knowledge.EMPTYING:
            for spot in (*receiver.spots, *((Spot(ENVIRON),) if is_environment else ())):
                state.empty(spot)
                self.follower.deeds.evicted.add(spot.root)
            return NOTHING
        if name in ("remove", "discard"):
            expressions.take_away(receiver, first, state)
            return NOTHING
        if name == "update":
            return self._update(node, owner, receiver, arguments, named, state, frame)
        if name in knowledge.ADDING and arguments:
            position, key_at = knowledge.ADDING[name]
            value = arguments[position] if len(arguments) > position else first
            if receiver.spots:
                key = arguments[key_at] if key_at is not None else NOTHING
                field = element(key, key.text) if key_at is not None else "*"
                deep = expressions.deep(value)
                is_queue = any(
                    one.startswith(("queue.", "asyncio.", "multiprocessing.", "weakref."))
                    for one in receiver.externals
                )
                for spot in receiver.spots:
                    self.follower.write(
                        spot.inner(field),
                        deep,
                        state,
                        frame.file.place(node),
                        _shown(node),
                        key=key.parts,
                        is_whole=name == "__setitem__",
                        is_queue=is_queue,
                    )
            else:
                expressions.absorb(owner, None, expressions.deep(value), state, frame)
            return NOTHING
        return None

    def _update(
        self,
        node: ast.Call,
        owner: ast.expr,
        receiver: Value,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        frame: Frame,
    ) -> Value:
        """`x.update({...}, name=...)`: constant keys are told apart."""
        change = self.expressions.change_element
        for value in arguments:
            for key, item in value.items:
                change(receiver, owner, Value(text=key, is_constant=True), item, state, frame, node)
            rest = self.expressions.deep(value).parts - frozenset(
                part for _, item in value.items for part in item.parts
            )
            if rest or value.reads or not value.items:
                loose = replace(
                    self.expressions.deep(value).derived(),
                    parts=rest if value.items else self.expressions.deep(value).parts,
                )
                if loose.parts or loose.reads:
                    change(receiver, owner, NOTHING, loose, state, frame, node, is_whole=False)
        for key, item in named.items():
            change(receiver, owner, Value(text=key, is_constant=True), item, state, frame, node)
        return NOTHING


def _shown(node: ast.AST) -> str:
    from dayfly.scan.state.expressions import shown

    return shown(node)


def _find(node: ast.ClassDef, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == name:
            return one
    return None


def _singleton_name(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The class attribute in which `__new__` keeps the only object; "" where it makes a new one each time."""
    for one in ast.walk(node):
        if isinstance(one, ast.Assign):
            for target in one.targets:
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    return target.attr
    return ""


__all__ = ["Calls", "Outlet"]
