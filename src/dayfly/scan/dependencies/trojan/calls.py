"""Evaluates calls: of the code's own functions by looking into them, of foreign ones by what is known of them."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dayfly.scan.dependencies.trojan import folding, knowledge
from dayfly.scan.dependencies.trojan.deed import Act, Phase
from dayfly.scan.dependencies.trojan.expressions import COMPUTED, DECODED, Expressions
from dayfly.scan.dependencies.trojan.machine import argument_label
from dayfly.scan.dependencies.trojan.values import (
    ABSENT,
    NOTHING,
    Absent,
    Class,
    Frame,
    Function,
    Instance,
    Kind,
    Label,
    Value,
    constant,
    join,
    labels_of,
    named,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.scan.dependencies.trojan.values import Local

_MAX_WAYS = 4  # functions that one call is taken to mean
_MAX_CODE = 400_000  # characters of nested code that is read
_IDENTITY = re.compile(
    r"^(?:functools\.(?:wraps|update_wrapper|lru_cache|cache|partial)|contextlib\.\w+|wrapt\.\w+|builtins\.(?:staticmethod|classmethod|property|iter|next|list|tuple|dict|set|sorted|str|bytes|bytearray|zip)|copy\.(?:copy|deepcopy)|typing\.cast)(?:\(\))?$"
)
_STARTS = re.compile(
    r"(?:^|\.)(?:Thread|Timer|Process|submit|apply_async|apply|start_new_thread|run_in_executor|call_soon|call_later|run|create_task|ensure_future|run_until_complete|register|map|filter|starmap|to_thread|gather)$"
)
_WRITE_MODE = re.compile(r"[wax+]")
_MUTATES = frozenset(
    {
        "append",
        "extend",
        "update",
        "add",
        "insert",
        "write",
        "writestr",
        "writelines",
        "setdefault",
        "add_header",
        "attach",
    }
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


class Calls(Expressions):
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
            results.append(Value(labels=callee.labels | labels_of(passed), local=_functions(passed)))
        return join(results)

    # -- functions of the code itself

    def enter(self, function: Function, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
        """Run a function's body with these values; what it returns or yields."""
        key = id(function.node)
        if key in self.stack or self.is_deep:
            return Value(labels=labels_of([*arguments, *keywords.values()]))
        self.entered.add(key)
        # Called again with the same it does the same: what it did is recorded already.
        same = (key, id(function.frame), self.phase, self.wrapped, _signature(function, arguments, keywords))
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

    # -- what is not the code's own

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
        if facts.is_hook and _functions(passed):
            self.record(Act.PATCH, node, name.replace("()", ""), NOTHING, replacement=_functions(passed))
        if _PATCHERS.search(name):
            self._patcher(arguments, keywords, node)
        self._callbacks(name, passed, keywords)
        if facts.cleanses:
            return Value(names=frozenset({f"{name}()"}))
        labels |= knowledge.source_label(name)
        local = _functions(passed) if _IDENTITY.search(name) or _functions(passed) else ()
        sketch = self._path(name, arguments) or first.sketch or _address(first) or callee.sketch
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

    def _path(self, name: str, arguments: Sequence[Value]) -> str:
        if name in ("os.path.join", "posixpath.join") or name.endswith(".joinpath"):
            return "/".join(one.text for one in arguments)[:4_000]
        return ""

    def _builtin(
        self, name: str, first: Value, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value | None:
        short = name.removeprefix("builtins.")
        if name in ("importlib.import_module", "builtins.__import__", "importlib.__import__", "pydoc.locate"):
            return self._imported(first, node)
        if name == "builtins.getattr" and len(arguments) > 1:
            return self._getattr(first, arguments[1], arguments[2:], node)
        if name == "builtins.setattr" and len(arguments) > 2:
            attribute = arguments[1].const if isinstance(arguments[1].const, str) else "*"
            self.assign_attribute(first, attribute, arguments[2], node)
            return NOTHING
        if name in ("builtins.vars", "builtins.dir") and first.names:
            return Value(names=frozenset(f"{one}.__dict__" for one in first.names))
        if name in ("builtins.globals", "builtins.locals"):
            return named(f"{name}()")
        if name == "builtins.open" or name in ("io.open", "codecs.open", "gzip.open", "os.open"):
            return self._open(first, arguments, keywords)
        if name == "builtins.super" and self.frame.cls is not None:
            return Value(names=frozenset(f"{one}()" for base in self.frame.cls.bases for one in base.names))
        if name.startswith("builtins.") and first.is_constant:
            const = folding.builtin(short, [one.const for one in arguments])
            if not isinstance(const, Absent):
                labels = labels_of(arguments)
                is_numbers = isinstance(first.const, tuple) and len(first.const) > 3
                if short == "chr" or (short in ("bytes", "bytearray") and is_numbers):
                    labels |= {Label(Kind.DECODED, "numbers of letters")}
                elif short == "reversed":
                    labels |= {COMPUTED}
                return Value(labels=labels, const=const, sketch=const if isinstance(const, str) else "")
        if name in ("builtins.chr", "builtins.bytes", "builtins.bytearray") and first.has(Kind.CONSTANT):
            return Value(labels=first.labels | {DECODED})
        if name in ("builtins.enumerate", "builtins.zip"):
            return Value(labels=labels_of([self.item_of(one) for one in arguments]))
        if name in ("builtins.map", "builtins.filter") and len(arguments) > 1:
            return self._map(first, arguments[1], node)
        return None

    def _map(self, function: Value, over: Value, node: ast.AST) -> Value:
        if isinstance(over.const, str | bytes | tuple) and len(over.const) <= 4_000 and function.names:
            computed = []
            for item in over.const:
                value = self.call(
                    function,
                    [Value(over.labels, item if isinstance(item, str | int | bytes) else ABSENT)],
                    {},
                    node,
                )
                if isinstance(value.const, Absent):
                    break
                computed.append(value.const)
            else:
                return Value(labels=over.labels | {COMPUTED}, const=tuple(computed))
        return self.call(function, [self.item_of(over)], {}, node)

    def _imported(self, module: Value, node: ast.AST) -> Value:
        if not isinstance(module.const, str):
            return Value(labels=module.labels)
        name = module.const
        if module.has(Kind.COMPUTED, Kind.DECODED) and knowledge.DANGEROUS.search(name):
            self.record(Act.HIDES, node, name, module)
        return Value(names=frozenset({name}))

    def _getattr(self, base: Value, attribute: Value, default: Sequence[Value], node: ast.AST) -> Value:
        if not isinstance(attribute.const, str):
            return Value(labels=base.labels, names=frozenset(f"{one}.*" for one in base.names))
        found = self.refer(self.attribute_of(base, attribute.const))
        if attribute.has(Kind.COMPUTED, Kind.DECODED):
            for name in sorted(found.names):
                if knowledge.DANGEROUS.search(name):
                    self.record(Act.HIDES, node, name, attribute)
        return join([found, *default]) if default else found

    def _open(self, path: Value, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
        mode = keywords.get("mode") or (arguments[1] if len(arguments) > 1 else constant("r"))
        is_written = isinstance(mode.const, str) and bool(_WRITE_MODE.search(mode.const))
        labels = path.labels if is_written else path.labels | knowledge.file_label(path.text)
        return Value(
            names=frozenset({"builtins.open(w)" if is_written else "builtins.open()"}),
            labels=labels,
            sketch=path.text,
        )

    def _decoded(
        self, name: str, arguments: Sequence[Value], labels: frozenset[Label], node: ast.AST
    ) -> Value:
        if name == "codecs.decode" and len(arguments) > 1 and folding.is_plain_codec(arguments[1].const):
            return Value(labels=labels)
        first = arguments[0] if arguments else NOTHING
        const = folding.decode(name, [one.const for one in arguments])
        is_constant = first.is_constant or first.has(Kind.DECODED, Kind.CONSTANT)
        is_parsed = name.startswith(("html.", "urllib."))
        # A constant pickle is a test's; a constant code object has no honest use.
        is_code = is_constant if name.startswith("marshal") else first.has(Kind.DECODED)
        if knowledge.LOADS_CODE.search(name) and (is_code or first.has(Kind.REMOTE)):
            self.record(Act.RUN, node, name, first.with_labels({DECODED} if is_constant else set()))
        if is_constant and not is_parsed:
            labels |= {Label(Kind.DECODED, name)}
        return Value(
            labels=labels,
            const=const,
            sketch=const if isinstance(const, str) else "",
            names=frozenset({f"{name}()"}),
        )

    def _method(self, node: ast.Call, receiver: Value, name: str, arguments: Sequence[Value]) -> Value | None:
        """A method of a constant, computed; None where the receiver is none."""
        if name == "join" and arguments and receiver.is_constant:
            const = folding.method(receiver.const, name, [arguments[0].const])
            labels = arguments[0].labels | {COMPUTED}
            parts = arguments[0].const
            if (
                isinstance(parts, tuple)
                and len(parts) > 5
                and isinstance(const, str | bytes)
                and len(const) < 2 * len(parts)
            ):
                labels |= {Label(Kind.DECODED, "letters put together")}
            sketch = (
                arguments[0].sketch if isinstance(const, Absent) else const if isinstance(const, str) else ""
            )
            return Value(labels=labels, const=const, sketch=sketch)
        if not isinstance(receiver.const, str | bytes):
            return None
        const = folding.method(receiver.const, name, [one.const for one in arguments])
        labels = receiver.labels | labels_of(arguments)
        if name == "decode" and arguments and not folding.is_plain_codec(arguments[0].const):
            labels |= {Label(Kind.DECODED, f"decode({arguments[0].const!r})")}
        elif name == "translate":
            labels |= {Label(Kind.DECODED, "letters that are exchanged")}
        elif name in ("replace", "swapcase", "join", "removeprefix", "removesuffix"):
            labels |= {COMPUTED}
        if isinstance(const, Absent):
            if name == "format" and isinstance(receiver.const, str):
                text = (
                    re.sub(r"\{[^{}]*\}", lambda _: next(iter_texts, "\0"), receiver.const)
                    if (iter_texts := iter([one.text for one in arguments]))
                    else ""
                )
                return Value(labels=labels, sketch=text[:4_000])
            return None if name in knowledge.CLEANSING_METHODS else Value(labels=labels)
        return Value(labels=labels, const=const, sketch=const if isinstance(const, str) else "")

    # -- what is done

    def _evaluate_code(self, name: str, code: Value, node: ast.AST) -> Value:
        if code.has(Kind.DECODED, Kind.REMOTE):
            self.record(Act.RUN, node, name, code)
        self._nested(code.const)
        return Value(labels=code.labels, local=code.local)

    def _nested(self, code: object) -> None:
        """Read code that is held in a constant as if it stood here."""
        text = code.decode("utf-8", "replace") if isinstance(code, bytes) else code
        if not isinstance(text, str) or not text.strip() or len(text) > _MAX_CODE or self.is_deep:
            return
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        anchor = self.way[-1] if self.way else None
        for one in ast.walk(tree):  # places in nested text are those of the call
            if anchor is not None and hasattr(one, "lineno"):
                ast.copy_location(one, anchor)
        self.stack.append(id(tree))
        try:
            self.execute(tree.body)
        finally:
            self.stack.pop()

    def _command(
        self, name: str, first: Value, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        command = (
            join([first, *arguments[1:]])
            if name.startswith(("os.exec", "os.spawn", "asyncio", "pty"))
            else first
        )
        text = (
            first.text
            if first.sketch or not isinstance(first.const, tuple)
            else " ".join(str(one) for one in first.const)
        )
        if not first.sketch and isinstance(first.const, str):
            text = first.const
        fed = keywords.get("input", NOTHING)
        command = command.with_labels(fed.labels)
        self.way.append(node)
        try:
            if isinstance(first.const, tuple) and "-c" in first.const[:-1]:
                code = first.const[first.const.index("-c") + 1]
                if isinstance(code, str) and not str(first.const[0]).endswith("sh"):
                    self._nested(code)
            elif "-c " in text and "python" in text.lower():
                self._nested(text.partition("-c ")[2].strip().strip("\"'"))
            elif first.sketch and " -c " in first.sketch:
                self._nested(first.sketch.partition(" -c ")[2].strip("\0 "))
        finally:
            self.way.pop()
        if knowledge.COMMAND_SENDS.search(text):
            self.record(Act.SEND, node, name, command, target=Value(sketch=_url_in(text)))
        if command.has(Kind.DECODED, Kind.REMOTE):
            self.record(Act.RUN, node, name, command)
        self.record(Act.COMMAND, node, name, command, target=Value(sketch=text))
        labels = (
            knowledge.command_label(text) | {Label(Kind.REMOTE, "curl")}
            if "curl" in text
            else knowledge.command_label(text)
        )
        return Value(labels=labels | command.labels, names=frozenset({f"{name}()"}))

    def _send(
        self, name: str, callee: Value, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        target, data = self._destination(name, callee, arguments, keywords)
        self.record(Act.SEND, node, name, data, target=target)
        answer = knowledge.answer_label(target.text)
        self._download(name, arguments, node)
        return Value(labels=answer, names=frozenset({f"{name}()"}))

    def _destination(
        self, name: str, callee: Value, arguments: Sequence[Value], keywords: dict[str, Value]
    ) -> tuple[Value, Value]:
        everything = [
            *arguments,
            *(
                value
                for key, value in keywords.items()
                if key not in ("timeout", "verify", "context", "cert")
            ),
        ]
        if name.startswith(("boto3", "botocore", "aioboto3")):
            return NOTHING, join(everything)
        if knowledge.TO_RECEIVER.search(name) and not name.startswith(("requests.", "httpx.")):
            return Value(sketch=callee.sketch, labels=callee.labels), Value(labels=labels_of(everything))
        if name.endswith(".sendto"):
            address = arguments[-1] if len(arguments) > 1 else NOTHING
            target = Value(sketch=_address(address) or address.text, labels=address.labels)
            return target, Value(labels=labels_of(arguments[:1]))
        index = 1 if knowledge.URL_SECOND.search(name) else 0
        target = keywords.get("url") or (arguments[index] if len(arguments) > index else NOTHING)
        rest = [value for position, value in enumerate(arguments) if position != index] + [
            value
            for key, value in keywords.items()
            if key not in ("url", "timeout", "verify", "context", "cert")
        ]
        # A request object holds both; a secret in the path or query of a URL is data, in its host it is none.
        in_url = frozenset(
            label
            for label in target.labels
            if target.sketch.count("/") >= 3 or "?" in target.sketch or target.names
        )
        return target, Value(labels=labels_of(rest) | in_url)

    def _download(self, name: str, arguments: Sequence[Value], node: ast.AST) -> None:
        if name.endswith("urlretrieve") and len(arguments) > 1:
            label = Label(Kind.REMOTE, arguments[0].text[:60])
            self.record(Act.WRITE, node, name, Value(labels=frozenset({label})), target=arguments[1])

    def _connect(self, name: str, arguments: Sequence[Value], node: ast.AST) -> None:
        if knowledge.CONNECTS.search(name) and arguments:
            address = arguments[0]
            target = Value(sketch=_address(address) or address.text, labels=address.labels)
            self.record(Act.SEND, node, name, NOTHING, target=target)

    def _patcher(self, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST) -> None:
        texts = [one.const for one in arguments if isinstance(one.const, str)]
        base = next((name for one in arguments for name in sorted(one.names)), "")
        target = ".".join([base, *texts] if base else texts)
        functions = _functions([*arguments, *keywords.values()])
        if target and functions:
            self.record(Act.PATCH, node, target, NOTHING, replacement=functions)

    def _callbacks(self, name: str, passed: Sequence[Value], keywords: dict[str, Value]) -> None:
        """Functions that are handed over are called by somebody: at once by a thread, else with what is not known."""
        if not _STARTS.search(name.removesuffix("()")):
            return
        functions = [one for one in _functions(passed) if isinstance(one, Function)]
        given = keywords.get("args", NOTHING)
        rest = [one for one in passed if not one.local] if given is NOTHING else [given]
        # Nobody looks at what it returns, or at its errors.
        self.swallowing += 1
        self.discarding += 1
        try:
            for function in functions:
                self.enter(function, _fill(function, rest), {})
            self._start_foreign(passed, keywords)
        finally:
            self.swallowing -= 1
            self.discarding -= 1

    def _start_foreign(self, passed: Sequence[Value], keywords: dict[str, Value]) -> None:
        """`Thread(target=requests.post, args=…, kwargs=…)` and `submit(requests.post, …)`."""
        target = keywords.get("target") or (passed[0] if passed else NOTHING)
        if not any(knowledge.SENDS.search(name) or knowledge.COMMANDS.search(name) for name in target.names):
            return
        given = keywords.get("args", NOTHING)
        arguments = (
            [one for one in passed[1:] if one is not given] if "target" not in keywords else _each(given)
        )
        named = {"kwargs": keywords["kwargs"]} if "kwargs" in keywords else {}
        anchor = self.way[-1] if self.way else self.anchor
        if anchor is not None:
            self.call(Value(names=target.names, labels=target.labels), arguments, named, anchor)

    def assign_attribute(self, base: Value, attribute: str, value: Value, node: ast.AST) -> None:
        """`base.attribute = value`: kept for objects of the code itself, a replacement for those of others."""
        for one in base.local:
            if isinstance(one, Instance):
                one.attributes[attribute] = value
            elif isinstance(one, Class):
                one.frame.names[attribute] = value
        local = value.local
        if not local and base.names and self.find is not None:
            local = tuple(one for name in sorted(value.names) for one in self.own(name).local)
        if local:
            for name in sorted(base.names):
                top = name.partition(".")[0]
                if (
                    top
                    and top != self.package
                    and not name.startswith(("__", "."))
                    and "()" not in name.partition(".")[0]
                ):
                    self.record(
                        Act.PATCH,
                        node,
                        f"{name.removesuffix('.__dict__')}.{attribute}",
                        NOTHING,
                        replacement=local,
                    )

    def _mutate(
        self, function: ast.Attribute, arguments: Sequence[Value], keywords: dict[str, Value]
    ) -> None:
        if function.attr == "connect" and isinstance(function.value, ast.Name) and arguments:
            before = self.lookup(function.value.id)
            self.bind(function.value.id, replace(before, sketch=_address(arguments[0]) or before.sketch))
        if function.attr in _MUTATES and isinstance(function.value, ast.Name):
            added = join([*arguments, *keywords.values()])
            if added.labels or added.local or added.names:
                before = self.lookup(function.value.id)
                self.bind(
                    function.value.id,
                    Value(
                        labels=before.labels | added.labels,
                        sketch=before.sketch,
                        names=before.names | (added.names if not before.names else frozenset()),
                        local=(*before.local, *added.local)[:8],
                    ),
                )
        if (
            function.attr == "update"
            and isinstance(function.value, ast.Attribute)
            and function.value.attr == "__dict__"
        ):
            return


def _signature(
    function: Function, arguments: Sequence[Value], keywords: dict[str, Value]
) -> tuple[object, ...]:
    """What tells one call of a function from another."""
    values = [*(("", one) for one in arguments), *keywords.items()]
    return (
        id(function.bound) if function.bound is not None else 0,
        *(
            (
                name,
                one.labels,
                one.names,
                one.sketch[:200],
                one.const
                if isinstance(one.const, int | str | bytes) and _size(one.const) < 200
                else id(one.const),
                tuple(id(inner) for inner in one.local),
            )
            for name, one in values
        ),
    )


def _size(value: int | str | bytes) -> int:
    return 1 if isinstance(value, int) else len(value)


def _address(value: Value) -> str:
    """The host of an address pair of a socket."""
    first = value.const[0] if isinstance(value.const, tuple) and len(value.const) == 2 else ""
    return first if isinstance(first, str) else ""


def _functions(values: Sequence[Value]) -> tuple[Local, ...]:
    return tuple(one for value in values for one in value.local)[:8]


def _each(given: Value) -> list[Value]:
    if isinstance(given.const, tuple):
        return [constant(one, given.labels) for one in given.const if isinstance(one, str | bytes | int)]
    return [given]


def _fill(function: Function, given: Sequence[Value]) -> list[Value]:
    """Arguments for a thread's target: its `args` as a whole stand for each of them."""
    count = len(function.node.args.args) - (function.bound is not None)
    if len(given) == 1 and isinstance(given[0].const, tuple):
        return [
            Value(given[0].labels, one if isinstance(one, str | bytes | int) else ABSENT)
            for one in given[0].const
        ]
    if len(given) == 1 and count > 1:
        return [Value(given[0].labels, names=given[0].names, local=given[0].local)] * count
    return list(given[:count]) if count else []


def parameters_of(function: Function) -> list[Value]:
    """Values for a call by somebody else: each parameter is what it is called with."""
    names = [one.arg for one in (*function.node.args.posonlyargs, *function.node.args.args)]
    if function.bound is not None:
        names = names[1:]
    values = [Value(labels=argument_label(name)) for name in names]
    if function.node.args.vararg is not None:
        values.append(Value(labels=argument_label(function.node.args.vararg.arg)))
    return values


def keywords_of(function: Function) -> dict[str, Value]:
    found = {one.arg: Value(labels=argument_label(one.arg)) for one in function.node.args.kwonlyargs}
    if function.node.args.kwarg is not None:
        found["**"] = Value(labels=argument_label(function.node.args.kwarg.arg))
    return found


def _url_in(text: str) -> str:
    match = re.search(r"(?:https?|ftp)://[^\s'\"|;&]+", text)
    return match.group() if match else text
