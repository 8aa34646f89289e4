"""Records what code does: sends, runs, starts, replaces, hands over."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan import knowledge
from dayfly.scan.dependencies.trojan.arguments import (
    address_of,
    each_of,
    fill,
    functions_of,
    url_in,
)
from dayfly.scan.dependencies.trojan.builtin import Builtins
from dayfly.scan.dependencies.trojan.deed import Act
from dayfly.scan.dependencies.trojan.values import (
    NOTHING,
    Function,
    Kind,
    Label,
    Value,
    join,
    labels_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


_STARTS = re.compile(
    r"(?:^|\.)(?:Thread|Timer|Process|submit|apply_async|apply|start_new_thread|run_in_executor|call_soon|call_later|run|create_task|ensure_future|run_until_complete|register|map|filter|starmap|to_thread|gather)$"
)
_MAX_CODE = 400_000  # characters of nested code that is read


class Acts(Builtins):
    """Acts."""

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
            self.record(Act.SEND, node, name, command, target=Value(sketch=url_in(text)))
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
            target = Value(sketch=address_of(address) or address.text, labels=address.labels)
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
            target = Value(sketch=address_of(address) or address.text, labels=address.labels)
            self.record(Act.SEND, node, name, NOTHING, target=target)

    def _patcher(self, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST) -> None:
        texts = [one.const for one in arguments if isinstance(one.const, str)]
        base = next((name for one in arguments for name in sorted(one.names)), "")
        target = ".".join([base, *texts] if base else texts)
        functions = functions_of([*arguments, *keywords.values()])
        if target and functions:
            self.record(Act.PATCH, node, target, NOTHING, replacement=functions)

    def _callbacks(self, name: str, passed: Sequence[Value], keywords: dict[str, Value]) -> None:
        """Functions that are handed over are called by somebody: at once by a thread, else with what is not known."""
        if not _STARTS.search(name.removesuffix("()")):
            return
        functions = [one for one in functions_of(passed) if isinstance(one, Function)]
        given = keywords.get("args", NOTHING)
        rest = [one for one in passed if not one.local] if given is NOTHING else [given]
        # Nobody looks at what it returns, or at its errors.
        self.swallowing += 1
        self.discarding += 1
        try:
            for function in functions:
                self.enter(function, fill(function, rest), {})
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
            [one for one in passed[1:] if one is not given] if "target" not in keywords else each_of(given)
        )
        named = {"kwargs": keywords["kwargs"]} if "kwargs" in keywords else {}
        anchor = self.way[-1] if self.way else self.anchor
        if anchor is not None:
            self.call(Value(names=target.names, labels=target.labels), arguments, named, anchor)
