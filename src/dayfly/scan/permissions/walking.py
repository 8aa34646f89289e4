"""Follows a handler through the project and writes down what it calls of AWS."""

from __future__ import annotations

import ast
import re
from collections import deque
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.permissions import libraries
from dayfly.scan.permissions.callbacks import find_callbacks
from dayfly.scan.permissions.containers import Arguments
from dayfly.scan.permissions.evaluating import Evaluator, TooMuchError
from dayfly.scan.permissions.foreign import FOREIGN, SESSIONS
from dayfly.scan.permissions.mentions import find_mentioned
from dayfly.scan.permissions.program import Class, Frame, Function, Program, Reader
from dayfly.scan.permissions.recording import Recorder
from dayfly.scan.permissions.resources import find_requests
from dayfly.scan.permissions.usage import Usage
from dayfly.scan.permissions.values import (
    FROM_EVENT,
    FROM_RUN_TIME,
    Callable_,
    Client,
    External,
    Guess,
    Instance,
    Made,
    Method,
    Operation,
    Resource,
    Type_,
    Value,
    constants,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.scan.source.project import Project
    from dayfly.scan.template.entries import Entry

# Nothing calls AWS without one of these somewhere.
_MARKS = re.compile(
    rb"boto|aws_|amazonaws|localhost:277|secretsmanager/get|parameters/get|[\"']aws[\"' ]", re.IGNORECASE
)
_EXTENSION = (
    ("/secretsmanager/get", "secretsmanager", "GetSecretValue"),
    ("/systemsmanager/parameters/get", "ssm", "GetParameter"),
    ("localhost:2772", "appconfigdata", "StartConfigurationSession"),
    ("localhost:2772", "appconfigdata", "GetLatestConfiguration"),
)


def find_usage(project: Project, entry: Entry, reader: Reader | None = None) -> Usage:
    """Everything `entry` calls of AWS, as far as it can be seen; never raises on what the files hold.

    `reader` is shared between the handlers of one project.
    """
    try:
        walker = _Walker(project, entry, reader if reader is not None else Reader())
    except RecursionError:
        note = Note(NoteKind.BOUNDED, "is nested too deeply to find its AWS calls", Place(entry.file.path))
        return Usage(
            (), (note,), frozenset({"*"}), frozenset({entry.file.path}), frozenset(), is_complete=False
        )
    try:
        walker.run()
    except TooMuchError:
        walker.stop("has too many paths: not every AWS call is known")
    except RecursionError:
        walker.stop("is nested too deeply: not every AWS call is known")
    return walker.usage()


class _Walker:
    def __init__(self, project: Project, entry: Entry, reader: Reader) -> None:
        self.entry = entry
        self.program = Program(project, entry.file, reader)
        self.evaluator = Evaluator(self.program, entry.function.environment)
        self.seen = Recorder()
        self.guesses: list[tuple[str, Arguments, ast.Call, Frame]] = []
        self.visited: set[Frame] = set()
        self.queue: deque[Frame] = deque()
        self.around: dict[ast.AST, Frame] = {}  # of functions within functions
        self.is_complete = True

    def usage(self) -> Usage:
        calls = sorted(self.seen.calls.values(), key=lambda one: (one.place, one.service, one.operation))
        files = frozenset(file.path for file in self.program.files)
        packages = frozenset(self.program.external)
        return Usage(
            tuple(calls), tuple(self.seen.notes), frozenset(self.seen.open), files, packages, self.is_complete
        )

    def stop(self, message: str) -> None:
        self.is_complete = False
        self.seen.open.add("*")
        self.seen.note(NoteKind.BOUNDED, message, Place(self.entry.file.path))

    def run(self) -> None:
        if not any(_MARKS.search(file.data) for file in self.program.files):
            self._foreign_packages()
            return
        for number in range(2):
            # Again: what a method keeps in `self` depends on the ways it is called, which the first round finds.
            if number and not self.evaluator.depends_on_order:
                break
            self.evaluator.forget()
            self.seen.clear()
            self.guesses.clear()
            self.visited.clear()
            self._round()
        self._foreign_packages()
        for guess in self.guesses:
            self.seen.guess(*guess)

    def _round(self) -> None:
        for file in self.program.files:
            self._enqueue(self.program.frames[file.path])
        self._handler()
        self._drain()
        # What is mentioned may be called in a way that was not followed: by a framework, through a name.
        reached: set[Function] = {frame.function for frame in self.visited if frame.function is not None}
        while True:
            more = [one for one in self._mentioned() if one not in reached]
            if not more:
                return
            for function in more:
                reached.add(function)
                self._enqueue(self.evaluator.open_frame(function, self._outer(function)))
            self._drain()

    def _outer(self, function: Function) -> Frame:
        """The frame a nested function sees around it."""
        return self.around.get(function.node) or self.program.frames[function.scope.file.path]

    def _mentioned(self) -> list[Function]:
        scopes = [frame.scope for frame in self.visited]
        return find_mentioned(self.program, scopes, self.entry.qualname, self._is_framework)

    def _is_framework(self, cls: Class) -> bool:
        """A class whose methods somebody else's code calls: it inherits from a package's class."""
        frame = self.program.frames[cls.scope.file.path]
        return any(
            isinstance(value, External)
            and not value.name.startswith(("builtins.", "enum.", "typing.", "abc."))
            for base in cls.node.bases
            for value in self.evaluator.evaluate(base, frame)
        )

    def _handler(self) -> None:
        module = self.program.frames[self.entry.file.path]
        first, *rest = self.entry.qualname.split(".")
        values = self.evaluator.name(first, module)
        for name in rest:
            values = frozenset(one for value in values for one in self.evaluator.attribute(value, name))
        found = False
        for value in values:
            if isinstance(value, Callable_):
                given = Arguments((FROM_EVENT, FROM_RUN_TIME))
                self._enqueue(self.evaluator.bind(value, given))
                found = True
            elif isinstance(value, Instance):
                self._call(value, Arguments((FROM_EVENT, FROM_RUN_TIME)))
                found = True
        if not found:
            # A framework's adapter, or something made at run time: every function of its files may be called.
            for function in self.program.functions.values():
                if function.scope.file is self.entry.file and not isinstance(function.node, ast.Lambda):
                    self._enqueue(self.evaluator.open_frame(function))

    def _enqueue(self, frame: Frame) -> None:
        if frame not in self.visited:
            self.visited.add(frame)
            self.queue.append(frame)
            if frame.function is not None:
                for node in frame.scope.functions:
                    self.around.setdefault(node, frame)

    def _drain(self) -> None:
        while self.queue:
            self._visit(self.queue.popleft())

    def _visit(self, frame: Frame) -> None:
        scope = frame.scope
        for call in scope.calls:
            arguments = self.evaluator.arguments(call, frame)
            for callee in self.evaluator.callees(call, frame):
                self._called(callee, arguments, call, frame)
        for load in scope.loads:
            for owner in self.evaluator.evaluate(load.value, frame):
                if isinstance(owner, Resource):
                    for request in find_requests(owner, load.attr):
                        self.seen.record(
                            request.service,
                            request.operation,
                            dict(request.preset),
                            load,
                            scope.file,
                            how=load.attr,
                        )
                elif isinstance(owner, Instance):
                    self._property(owner, load.attr)
        for constant in scope.strings:
            for path, service, operation in _EXTENSION:
                if path in str(constant.value):
                    self.seen.record(
                        service, operation, {}, constant, scope.file, is_open=True, how="its extension"
                    )
        for cls in scope.classes:
            found = self.program.classes[cls]
            self._enqueue(self.evaluator.body_of(found))

    def _property(self, owner: Instance, name: str) -> None:
        for cls in self.evaluator.classes(owner.cls):
            method = cls.methods.get(name)
            if method is not None:
                if method.is_property:
                    self._enqueue(self.evaluator.bind(Callable_(method, None, owner), Arguments()))
                return

    def _called(self, callee: Value, arguments: Arguments, call: ast.Call, frame: Frame) -> None:
        file = frame.scope.file
        match callee:
            case Callable_() | Type_() | Instance():
                self._call(callee, arguments)
                return
            case Operation():
                self.seen.operation(callee, arguments, call, file)
            case Method(owner=Client(), name="generate_presigned_url" | "generate_presigned_post"):
                assert isinstance(callee.owner, Client)
                self.seen.presigned(callee.owner, callee.name, arguments, call, file)
            case Method(owner=Client(), name="get_paginator" | "get_waiter"):
                assert isinstance(callee.owner, Client)
                if not constants(arguments.value(0, "operation_name") or arguments.value(0, "waiter_name")):
                    self.seen.unresolved(
                        callee.owner.service, f"for which operation {callee.name} is called", call, file
                    )
            case Method(owner=Resource(), name=name) if name == "batch_writer":
                pass
            case Method(owner=Made()):
                assert isinstance(callee.owner, Made)
                for one in libraries.follow_method(callee.owner, callee.name, arguments):
                    self.seen.record(one.service, one.operation, one.given, call, file, how=callee.name)
                if callee.owner.name == "boto3.Session" and callee.name in (
                    "client",
                    "resource",
                    "create_client",
                ):
                    self.seen.made_client(arguments, call, file)
            case External():
                self._external(callee.name, arguments, call, frame)
            case Guess():
                self.guesses.append((callee.method, arguments, call, frame))
            case _:
                pass
        if callee not in (FOREIGN, External("functools.partial")):
            for value, given in find_callbacks(arguments, call):
                if isinstance(value, Callable_):
                    self._enqueue(self.evaluator.bind(value, given))
                else:
                    self.seen.operation(value, given, call, file)

    def _call(self, callee: Value, arguments: Arguments) -> None:
        if isinstance(callee, Callable_):
            self._enqueue(self.evaluator.bind(callee, arguments))
        elif isinstance(callee, Type_):
            made = self.evaluator.instance(callee.cls, arguments)
            for name in ("__init__", "__post_init__", "__enter__", "__aenter__"):
                self._special(made, name, arguments if name == "__init__" else Arguments())
        elif isinstance(callee, Instance):
            self._special(callee, "__call__", arguments)

    def _special(self, owner: Instance, name: str, arguments: Arguments) -> None:
        for cls in self.evaluator.classes(owner.cls):
            if name in cls.methods:
                self._enqueue(self.evaluator.bind(Callable_(cls.methods[name], None, owner), arguments))
                return

    def _external(self, name: str, arguments: Arguments, call: ast.Call, frame: Frame) -> None:
        file = frame.scope.file
        module, _, function = name.rpartition(".")
        if module in SESSIONS and function in ("client", "resource", "create_client"):
            self.seen.made_client(arguments, call, file)
        elif name == "builtins.getattr" and not constants(arguments.value(1, "name")):
            for owner in arguments.value(0, "object"):
                if isinstance(owner, Client | Resource):
                    self.seen.unresolved(owner.service, "which operation is called", call, file)
        for prefix in libraries.shelled(name, arguments):
            self.seen.unresolved(prefix, "which AWS calls the `aws` command makes", call, file)
        for one in libraries.follow(name, arguments):
            self.seen.record(one.service, one.operation, one.given, call, file, how=name.rpartition(".")[2])

    def _foreign_packages(self) -> None:
        """Packages that call AWS in ways that are not followed, and modules that only run time names."""
        for file, node in self.program.dynamic:
            self.seen.unresolved("", "which module is imported", node, file)
        for package, (file, node) in sorted(self.program.external.items()):
            prefixes: Iterable[str] = libraries.UNFOLLOWED.get(package, ())
            if package in libraries.SIGNERS:
                prefixes = ("*",)
            if not prefixes:
                continue
            self.seen.open.update(prefixes)
            named = "AWS" if "*" in prefixes else ", ".join(prefixes)
            self.seen.note(
                NoteKind.NOT_RESOLVED,
                f"could not resolve which calls {package} makes to {named}",
                file.place(node),
                "add the actions to the policy manually",
            )
