"""Evaluates calls: of the code's own functions by looking into them, of foreign ones by what is known of them."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dayfly.scan.dependencies.trojan import folding, knowledge
from dayfly.scan.dependencies.trojan.acts import Acts
from dayfly.scan.dependencies.trojan.arguments import (
    address_of,
    functions_of,
    signature_of,
)
from dayfly.scan.dependencies.trojan.deed import Act, Phase
from dayfly.scan.dependencies.trojan.values import (
    NOTHING,
    Class,
    Frame,
    Function,
    Instance,
    Kind,
    Value,
    join,
    labels_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


_MAX_WAYS = 4  # functions that one call is taken to mean
_IDENTITY = re.compile(
    r"^(?:functools\.(?:wraps|update_wrapper|lru_cache|cache|partial)|contextlib\.\w+|wrapt\.\w+|builtins\.(?:staticmethod|classmethod|property|iter|next|list|tuple|dict|set|sorted|str|bytes|bytearray|zip)|copy\.(?:copy|deepcopy)|typing\.cast)(?:\(\))?$"
)
_PATCHERS = re.compile(
    r"^(?:wrapt\.(?:wrap_function_wrapper|patch_function_wrapper)|unittest\.mock\.patch(?:\.object)?|mock\.patch(?:\.object)?)$"
)
_READS_ONE = frozenset({"get", "pop", "setdefault", "__getitem__"})


class _Facts(NamedTuple):
    """What a name is, by all the patterns: names repeat, patterns are slow."""

    decodes: bool
    evaluates: bool
    is_command: bool
    is_native: bool
    resolves: bool
    sends: bool
    is_hook: bool
    cleanses: bool


@lru_cache(maxsize=50_000)
def _facts(name: str) -> _Facts:
    patterns = (
        folding.DECODERS,
        knowledge.EVALUATES,
        knowledge.COMMANDS,
        knowledge.NATIVE,
        knowledge.RESOLVES,
        knowledge.SENDS,
        knowledge.HOOKS,
        knowledge.CLEANSES,
    )
    return _Facts(*(bool(pattern.search(name)) for pattern in patterns))


class Calls(Acts):
    """Calls."""

    def _call(self, node: ast.Call) -> Value:
        receiver = NOTHING
        if isinstance(node.func, ast.Attribute):
            receiver = self.evaluate(node.func.value)
            callee = self.refer(self.attribute_of(receiver, node.func.attr))
        else:
            callee = self.evaluate(node.func)
        arguments = []
        for one in node.args:
            value = self.evaluate(one)
            if isinstance(one, ast.Starred) and isinstance(value.const, tuple):
                arguments += [
                    Value(value.labels, item) for item in value.const if isinstance(item, str | bytes | int)
                ]
            else:
                arguments.append(value)
        keywords = {one.arg or "**": self.evaluate(one.value) for one in node.keywords}
        if isinstance(node.func, ast.Attribute):
            folded = self._method(node, receiver, node.func.attr, arguments)
            if folded is not None:
                return folded
        result = self.call(callee, arguments, keywords, node)
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in knowledge.CLEANSING_METHODS and not callee.local:
                return Value(names=result.names)
            if not receiver.names & {"os.environ", "os.environb"} or node.func.attr not in _READS_ONE:
                result = result.with_labels(receiver.labels)
            self._mutate(node.func, arguments, keywords)
        return result

    def call(
        self, callee: Value, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        """The value of a call, with everything that it does recorded."""
        self.step()
        results: list[Value] = []
        self.way.append(node)
        try:
            for one in callee.local[:_MAX_WAYS]:
                if isinstance(one, Function):
                    results.append(self.enter(one, arguments, keywords))
                elif isinstance(one, Class):
                    results.append(self._instance(one, arguments, keywords))
                else:
                    called = self.attribute_of(Value(local=(one,)), "__call__")
                    if called.local:
                        results.append(self.call(called, arguments, keywords, node))
        finally:
            self.way.pop()
        for name in sorted(callee.names):
            results.append(self._foreign(name, callee, arguments, keywords, node))
        if not results:
            passed = [*arguments, *keywords.values()]
            self._callbacks("", passed, keywords)
            results.append(Value(labels=callee.labels | labels_of(passed), local=functions_of(passed)))
        return join(results)

    def enter(self, function: Function, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
        """Run a function's body with these values; what it returns or yields."""
        key = id(function.node)
        if key in self.stack or self.is_deep:
            return Value(labels=labels_of([*arguments, *keywords.values()]))
        self.entered.add(key)
        # Called again with the same it does the same: what it did is recorded already.
        same = (
            key,
            id(function.frame),
            self.phase,
            self.wrapped,
            signature_of(function, arguments, keywords),
        )
        if same in self.known:
            return self.known[same]
        self.known[same] = Value(labels=labels_of([*arguments, *keywords.values()]))
        before = (self.frame, self.returned, self.conditions, self.nesting)
        frame = Frame(function.file, function.frame, cls=function.bound.cls if function.bound else None)
        self.stack.append(key)
        self.frame, self.returned, self.nesting = frame, [], 0
        self.conditions = list(self.conditions)
        try:
            self._bind_parameters(function, frame, arguments, keywords)
            if isinstance(function.node, ast.Lambda):
                self.returned.append(self.evaluate(function.node.body))
            else:
                self.execute(function.node.body)
            self.known[same] = join(self.returned)
            return self.known[same]
        finally:
            self.stack.pop()
            self.frame, self.returned, self.conditions, self.nesting = before

    def _bind_parameters(
        self, function: Function, frame: Frame, arguments: Sequence[Value], keywords: dict[str, Value]
    ) -> None:
        given = (
            [Value(local=(function.bound,)), *arguments] if function.bound is not None else list(arguments)
        )
        parameters = function.node.args
        positional = [*parameters.posonlyargs, *parameters.args]
        everything = labels_of(given) | labels_of(keywords.values())
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(parameters.defaults)) + list(
            parameters.defaults
        )
        spread = keywords.get("**", NOTHING)
        for index, (parameter, default) in enumerate(zip(positional, defaults, strict=True)):
            if index < len(given):
                frame.names[parameter.arg] = given[index]
            elif parameter.arg in keywords:
                frame.names[parameter.arg] = keywords[parameter.arg]
            elif default is not None:
                frame.names[parameter.arg] = join([self._default(function, default), spread])
            else:
                frame.names[parameter.arg] = spread
        for keyword, default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True):
            frame.names[keyword.arg] = keywords.get(keyword.arg) or self._default(function, default)
        if parameters.vararg is not None:
            rest = given[len(positional) :]
            joined = join(rest) if rest else Value()
            frame.names[parameters.vararg.arg] = Value(
                labels=labels_of(rest), names=joined.names, local=joined.local
            )
        if parameters.kwarg is not None:
            frame.names[parameters.kwarg.arg] = Value(labels=everything & labels_of(keywords.values()))

    def _default(self, function: Function, default: ast.expr | None) -> Value:
        before, self.frame = self.frame, function.frame
        try:
            return self.evaluate(default)
        finally:
            self.frame = before

    def _instance(self, cls: Class, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
        instance = Instance(cls)
        value = Value(
            local=(instance,), names=frozenset(f"{name}()" for base in cls.bases for name in base.names)
        )
        for one in self.attribute_of(Value(local=(instance,)), "__init__").local:
            if isinstance(one, Function):
                self.enter(one, arguments, keywords)
        return value

    def _foreign(
        self, name: str, callee: Value, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        passed = [*arguments, *keywords.values()]
        labels = callee.labels | labels_of(passed)
        first = arguments[0] if arguments else NOTHING
        known = self._builtin(name, first, arguments, keywords, node)
        if known is not None:
            return known
        if self.find is not None and self._leads_on(passed):
            own = self.own(name)
            if own.local:
                return self.call(Value(local=own.local), arguments, keywords, node)
        if name.startswith(("os.environ.", "os.environb.")) or name in ("os.getenv", "os.getenvb"):
            if name.rpartition(".")[2] in {"getenv", "getenvb", *_READS_ONE}:
                return join([self.variable(first), *arguments[1:2]])
            return Value(labels=callee.labels, names=frozenset({f"{name}()"}))
        facts = _facts(name)
        if facts.decodes:
            return self._decoded(name, arguments, labels, node)
        if facts.evaluates:
            return self._evaluate_code(name, first, node)
        if name in knowledge.COMPILES:
            return Value(labels=first.labels, const=first.const, sketch=first.sketch)
        if facts.is_command:
            return self._command(name, first, arguments, keywords, node)
        if facts.is_native and first.labels:
            self.record(Act.RUN, node, name, first)
        if facts.resolves:
            self.record(Act.SEND, node, name, first, target=first)
            return Value(names=frozenset({f"{name}()"}))
        if facts.sends and name not in self.originals:
            return self._send(name, callee, arguments, keywords, node)
        self._connect(name, arguments, node)
        if facts.is_hook and functions_of(passed):
            self.record(Act.PATCH, node, name.replace("()", ""), NOTHING, replacement=functions_of(passed))
        if _PATCHERS.search(name):
            self._patcher(arguments, keywords, node)
        self._callbacks(name, passed, keywords)
        if facts.cleanses:
            return Value(names=frozenset({f"{name}()"}))
        labels |= knowledge.source_label(name)
        local = functions_of(passed) if _IDENTITY.search(name) or functions_of(passed) else ()
        sketch = self._path(name, arguments) or first.sketch or address_of(first) or callee.sketch
        names = first.names if _IDENTITY.search(name) and first.names else frozenset({f"{name}()"})
        if name.startswith("pathlib.") and name.endswith((".read_text", ".read_bytes", ".open")):
            labels |= knowledge.file_label(callee.sketch)
        if name.endswith((".write_text", ".write_bytes")) and name.startswith("pathlib."):
            self.record(Act.WRITE, node, name, first, target=Value(sketch=callee.sketch))
        if name.startswith("builtins.open(w)") and name.endswith((".write", ".writelines")):
            self.record(Act.WRITE, node, "write", first, target=Value(sketch=callee.sketch))
        if name in ("json.dump", "pickle.dump", "shutil.copyfileobj", "builtins.print"):
            for one in passed[1:]:
                if any(inner.startswith("builtins.open(w)") for inner in one.names):
                    self.record(Act.WRITE, node, name, first, target=Value(sketch=one.sketch))
        return Value(labels=labels, names=names, local=local, sketch=sketch)

    def _leads_on(self, passed: Sequence[Value]) -> bool:
        """Whether a helper in another file is looked into: it is given something, or runs at import."""
        if any(
            one.has(Kind.ENVIRONMENT, Kind.CREDENTIAL, Kind.HOST, Kind.REMOTE, Kind.DECODED) for one in passed
        ):
            return True
        return self.phase is Phase.WRAPPER or (self.phase is Phase.IMPORT and len(self.stack) < 3)
