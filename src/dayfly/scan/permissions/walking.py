"""Follows a handler through the project and writes down what it calls of AWS."""

from __future__ import annotations

import ast
import re
from collections import deque
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Note, NoteKind, Place
from dayfly.scan.permissions import libraries
from dayfly.scan.permissions.catalogue import load_catalogue
from dayfly.scan.permissions.evaluating import Evaluator, TooMuchError
from dayfly.scan.permissions.foreign import FOREIGN, SESSIONS, TRANSFERS, Arguments, list_request
from dayfly.scan.permissions.program import Class, Frame, Function, Program, Reader
from dayfly.scan.permissions.usage import AwsCall, Usage
from dayfly.scan.permissions.values import (
    FROM_EVENT,
    FROM_RUN_TIME,
    Callable_,
    Client,
    Collection,
    External,
    Guess,
    Instance,
    Made,
    Mapping,
    Method,
    Operation,
    Resource,
    Sequence,
    Type_,
    Value,
    Values,
    call_line,
    constants,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.template.entries import Entry

_HIGH, _MEDIUM, _LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
# Nothing calls AWS without one of these somewhere.
_MARKS = re.compile(rb"boto|aws|localhost:277", re.IGNORECASE)
_EXTENSION = {
    "/secretsmanager/get": ("secretsmanager", "GetSecretValue"),
    "/systemsmanager/parameters/get": ("ssm", "GetParameter"),
}


def find_usage(project: Project, entry: Entry, reader: Reader | None = None) -> Usage:
    """Everything `entry` calls of AWS, as far as it can be seen; never raises on what the files hold.

    `reader` is shared between the handlers of one project.
    """
    try:
        walker = _Walker(project, entry, reader if reader is not None else Reader())
    except RecursionError:
        note = Note(NoteKind.BOUNDED, "is nested too deeply to look for AWS calls", Place(entry.file.path))
        return Usage(
            (), (note,), frozenset({"*"}), frozenset({entry.file.path}), frozenset(), is_complete=False
        )
    try:
        walker.run()
    except TooMuchError:
        walker.stop("has more ways through it than are followed: not every AWS call is known")
    except RecursionError:
        walker.stop("is nested too deeply: not every AWS call is known")
    return walker.usage()


class _Walker:
    def __init__(self, project: Project, entry: Entry, reader: Reader) -> None:
        self.entry = entry
        self.program = Program(project, entry.file, reader)
        self.evaluator = Evaluator(self.program, entry.function.environment)
        self.calls: dict[tuple[object, ...], AwsCall] = {}
        self.notes: dict[Note, None] = {}
        self.open: set[str] = set()
        self.made: set[str] = set()  # services that clients are made of
        self.guesses: list[tuple[str, Arguments, ast.Call, Frame]] = []
        self.visited: set[Frame] = set()
        self.queue: deque[Frame] = deque()
        self.around: dict[ast.AST, Frame] = {}  # of functions within functions
        self.is_complete = True

    def usage(self) -> Usage:
        calls = sorted(self.calls.values(), key=lambda one: (one.place, one.service, one.operation))
        files = frozenset(file.path for file in self.program.files)
        packages = frozenset(self.program.external)
        return Usage(tuple(calls), tuple(self.notes), frozenset(self.open), files, packages, self.is_complete)

    def stop(self, message: str) -> None:
        self.is_complete = False
        self.open.add("*")
        self.note(NoteKind.BOUNDED, message, Place(self.entry.file.path))

    def note(self, kind: NoteKind, message: str, place: Place, hint: str = "") -> None:
        self.notes[Note(kind, message, place, hint)] = None

    def run(self) -> None:
        if not any(_MARKS.search(file.data) for file in self.program.files):
            self._foreign_packages()
            return
        for number in range(2):
            # Again: what a method keeps in `self` depends on the ways it is called, which the first round finds.
            if number and not self.evaluator.depends_on_order:
                break
            self.evaluator.forget()
            self.calls.clear()
            self.notes.clear()
            self.open.clear()
            self.guesses.clear()
            self.visited.clear()
            self._round()
        self._foreign_packages()
        for guess in self.guesses:
            self._guess(*guess)

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
        mentions: set[str] = set()
        is_dynamic = False
        for frame in self.visited:
            mentions |= frame.scope.mentions
            is_dynamic = is_dynamic or frame.scope.is_dynamic
        name = self.entry.qualname.rpartition(".")[2]
        visited = {frame.scope.node for frame in self.visited}
        out = []
        for node, function in self.program.functions.items():
            if isinstance(node, ast.Lambda):
                continue
            is_hook = (
                function.cls is not None
                and function.name.startswith("__")
                and function.cls.node.name in mentions
            )
            is_subclass = (
                function.cls is not None
                and self._is_framework(function.cls)
                and function.cls.node.name in mentions
            )
            if (
                function.name in mentions
                or is_hook
                or is_subclass
                or (function.is_decorated and function.name != name)
                or (is_dynamic and function.cls is not None)
            ) or function.scope.node in visited:
                out.append(function)
        return sorted(out, key=lambda one: (one.scope.file.path, one.node.lineno))

    def _is_framework(self, cls: Class) -> bool:
        """A class whose methods somebody else's code calls: it inherits from a package's class."""
        frame = self.program.frames[cls.scope.file.path]
        for base in cls.node.bases:
            for value in self.evaluator.evaluate(base, frame):
                if isinstance(value, External) and not value.name.startswith(
                    ("builtins.", "enum.", "typing.", "abc.")
                ):
                    return True
        return False

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
                    self._loaded(owner, load, frame)
                elif isinstance(owner, Instance):
                    self._property(owner, load.attr)
        for constant in scope.strings:
            for path, (service, operation) in _EXTENSION.items():
                if path in str(constant.value):
                    self._record(
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

    def _loaded(self, owner: Resource, load: ast.Attribute, frame: Frame) -> None:
        """An attribute of a resource is fetched when it is looked at; a collection when it is iterated."""
        data = load_catalogue().resource(owner.service, owner.kind)
        if load.attr in data.get("m", {}):
            request = list_request(Collection(owner, load.attr))
            self._record(
                request.service,
                request.operation,
                dict(request.preset),
                load,
                frame.scope.file,
                how=load.attr,
            )
        elif load.attr in data.get("t", ()) and "load" in data.get("a", {}):
            is_known = any(load.attr == _snake(name) for name, _ in owner.identifiers)
            if not is_known and load.attr not in ("table_name", "name"):
                for value in self.evaluator.attribute(owner, "load"):
                    if isinstance(value, Operation):
                        self._record(
                            value.service,
                            value.operation,
                            dict(value.preset),
                            load,
                            frame.scope.file,
                            how=load.attr,
                        )

    def _called(self, callee: Value, arguments: Arguments, call: ast.Call, frame: Frame) -> None:
        file = frame.scope.file
        match callee:
            case Callable_() | Type_() | Instance():
                self._call(callee, arguments)
                return
            case Operation():
                self._operation(callee, arguments, call, file)
            case Method(owner=Client(), name="generate_presigned_url" | "generate_presigned_post"):
                assert isinstance(callee.owner, Client)
                self._presigned(callee.owner, callee.name, arguments, call, file)
            case Method(owner=Client(), name="get_paginator" | "get_waiter"):
                assert isinstance(callee.owner, Client)
                if not constants(arguments.value(0, "operation_name") or arguments.value(0, "waiter_name")):
                    self._unresolved(callee.owner.service, f"what {callee.name} is asked for", call, file)
            case Method(owner=Resource(), name=name) if name == "batch_writer":
                pass
            case Method(owner=Made()):
                assert isinstance(callee.owner, Made)
                for one in libraries.follow_method(callee.owner, callee.name, arguments):
                    self._record(one.service, one.operation, one.given, call, file, how=callee.name)
                if callee.owner.name == "boto3.Session" and callee.name in (
                    "client",
                    "resource",
                    "create_client",
                ):
                    self._client(arguments, call, file)
            case External():
                self._external(callee.name, arguments, call, frame)
            case Guess():
                self.guesses.append((callee.method, arguments, call, frame))
            case _:
                pass
        if callee not in (FOREIGN, External("functools.partial")):
            self._callbacks(arguments, call, file)

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

    def _callbacks(self, arguments: Arguments, call: ast.Call, file: PythonFile) -> None:
        """Functions and operations that are handed to a pool, a thread or an event loop."""
        for position, values in enumerate(arguments.positional):
            for value in values:
                if isinstance(value, Callable_):
                    rest = Arguments(arguments.positional[position + 1 :], arguments.named)
                    named = getattr(call.func, "attr", getattr(call.func, "id", ""))
                    is_passed_on = named in (
                        "submit",
                        "to_thread",
                        "run_in_executor",
                        "partial",
                        "apply_async",
                    )
                    self._enqueue(
                        self.evaluator.bind(value, rest if is_passed_on else Arguments(is_open=True))
                    )
                elif isinstance(value, Operation) and value.role not in ("paginate", "wait"):
                    self._operation(value, arguments, call, file)
        for name, values in arguments.named.items():
            for value in values:
                if isinstance(value, Callable_):
                    self._enqueue(self.evaluator.bind(value, self._thread(name, arguments)))

    def _thread(self, name: str, arguments: Arguments) -> Arguments:
        if name == "target":
            for one in arguments.named.get("args", frozenset()):
                if isinstance(one, Sequence) and not one.rest:
                    return Arguments(one.items)
        return Arguments(is_open=True)

    def _external(self, name: str, arguments: Arguments, call: ast.Call, frame: Frame) -> None:
        file = frame.scope.file
        module, _, function = name.rpartition(".")
        if module in SESSIONS and function in ("client", "resource", "create_client"):
            self._client(arguments, call, file)
        elif name == "builtins.getattr" and not constants(arguments.value(1, "name")):
            for owner in arguments.value(0, "object"):
                if isinstance(owner, Client | Resource):
                    self._unresolved(owner.service, "which operation is called", call, file)
        for one in libraries.follow(name, arguments):
            self._record(one.service, one.operation, one.given, call, file, how=name.rpartition(".")[2])

    def _client(self, arguments: Arguments, call: ast.Call, file: PythonFile) -> None:
        names = arguments.value(0, "service_name")
        known = constants(names)
        self.made.update(known)
        if not known or len(known) < len(names):
            self._unresolved("", "the service of this client", call, file)
        for one in known:
            if one not in load_catalogue().services and not load_catalogue().has_resource(one):
                self._unresolved(one, f"the service {one!r}, which is not in the catalogue", call, file)

    def _unresolved(self, service: str, what: str, node: ast.expr, file: PythonFile) -> None:
        self.open.add(load_catalogue().prefix(service) if service else "*")
        self.note(
            NoteKind.NOT_RESOLVED,
            f"could not resolve {what}: permissions that it needs are not known",
            file.place(node),
            "name it with a constant, or list the action in the policy by hand",
        )

    def _operation(self, value: Operation, arguments: Arguments, call: ast.Call, file: PythonFile) -> None:
        if value.role in TRANSFERS:
            self._transfer(value, arguments, call, file)
            return
        given = {**dict(value.preset), **arguments.named}
        # A paginator's and a waiter's method: nothing is called before `.paginate()` or `.wait()`, which every
        # use of one has; the parameters are looked for there.
        self._record(
            value.service, value.operation, given, call, file, is_open=arguments.is_open, how=value.role
        )

    def _transfer(self, value: Operation, arguments: Arguments, call: ast.Call, file: PythonFile) -> None:
        given = dict(value.preset)
        names = {
            "upload_file": ["Filename", "Bucket", "Key", "ExtraArgs"],
            "upload_fileobj": ["Fileobj", "Bucket", "Key", "ExtraArgs"],
            "download_file": ["Bucket", "Key", "Filename", "ExtraArgs"],
            "download_fileobj": ["Bucket", "Key", "Fileobj", "ExtraArgs"],
            "copy": ["CopySource", "Bucket", "Key", "ExtraArgs"],
        }[value.role]
        for position, name in enumerate(one for one in names if one not in given):
            found = arguments.value(position, name)
            if found:
                given[name] = found
        for extra in given.pop("ExtraArgs", frozenset()):
            if isinstance(extra, Mapping):
                given.update(dict(extra.items))
        if value.role.startswith("upload"):
            operations = ["PutObject", "AbortMultipartUpload"]
        elif value.role == "copy":
            operations = ["CopyObject", "AbortMultipartUpload"]
        else:
            operations = ["GetObject"]
        for operation in operations:
            self._record("s3", operation, given, call, file, is_open=arguments.is_open, how=value.role)

    def _presigned(
        self, owner: Client, name: str, arguments: Arguments, call: ast.Call, file: PythonFile
    ) -> None:
        if name == "generate_presigned_post":
            given = {"Bucket": arguments.value(0, "Bucket"), "Key": arguments.value(1, "Key")}
            self._record("s3", "PutObject", given, call, file, how=name)
            return
        methods = constants(arguments.value(0, "ClientMethod"))
        if not methods:
            self._unresolved(owner.service, "which operation the address is signed for", call, file)
        parameters: dict[str, Values] = {}
        for one in arguments.value(1, "Params"):
            if isinstance(one, Mapping):
                parameters.update(dict(one.items))
        for method in methods:
            operation = load_catalogue().operation(owner.service, method)
            if operation is not None:
                self._record(owner.service, operation, parameters, call, file, how=name)

    def _record(
        self,
        service: str,
        operation: str,
        given: dict[str, Values],
        node: ast.expr,
        file: PythonFile,
        *,
        is_open: bool = False,
        how: str = "",
        confidence: Confidence = _HIGH,
    ) -> None:
        place = file.place(node)
        call = AwsCall(
            service,
            operation,
            place,
            call_line(file, node),
            tuple(sorted(given.items())),
            is_open,
            confidence,
            how,
        )
        self.calls[(service, operation, place, call.given)] = call

    def _guess(self, method: str, arguments: Arguments, call: ast.Call, frame: Frame) -> None:
        """A method of something that is not known: an operation if its parameters and its object's name say so."""
        catalogue = load_catalogue()
        if method in ("paginate", "wait"):
            return
        services = list(catalogue.services_with(method))
        if method in TRANSFERS and method != "copy":
            services = ["s3"]
        if method in ("get_paginator", "get_waiter"):
            for name in constants(arguments.value(0, "operation_name")):
                if catalogue.services_with(name):
                    self._guess(name, Arguments(is_open=True), call, frame)
            return
        if not services or method in ("close", "copy"):
            return
        hint = _receiver(call.func)
        file = frame.scope.file
        fitting = []
        for service in services:
            operation = catalogue.operation(service, method) or ""
            known = {*catalogue.parameters(service, operation)}
            fits = bool(arguments.named) and all(name in known for name in arguments.named)
            is_named = service.split("-")[0] in hint
            if method in TRANSFERS:
                fits = len(arguments.positional) + len(arguments.named) >= 2 and (
                    is_named or "s3" in self.made
                )
            if fits or (is_named and not arguments.positional and not arguments.named):
                fitting.append((service, operation, is_named))
        named = [one for one in fitting if one[2]]
        made = [one for one in fitting if one[0] in self.made]
        for choice in (named, made, fitting):
            if len(choice) == 1:
                service, operation, _ = choice[0]
                confidence = _MEDIUM if choice is not fitting or arguments.named else _LOW
                if method in TRANSFERS:
                    found = Operation("s3", "", role=method)
                    self._transfer(found, arguments, call, file)
                else:
                    self._record(
                        service, operation, dict(arguments.named), call, file,
                        is_open=arguments.is_open, confidence=confidence,
                    )  # fmt: skip
                return
        if fitting and any("_" in method for _ in (0,)):
            names = ", ".join(one[0] for one in fitting[:4])
            for one in fitting:
                self.open.add(catalogue.prefix(one[0]))
            self.note(
                NoteKind.NOT_RESOLVED,
                f"could not resolve whose operation {method} is: {names} have it",
                file.place(call),
                "annotate the client's type, or make it where it can be seen",
            )

    def _foreign_packages(self) -> None:
        """Packages that call AWS in ways that are not followed."""
        for package, (file, node) in sorted(self.program.external.items()):
            prefixes: Iterable[str] = libraries.UNFOLLOWED.get(package, ())
            if package in libraries.SIGNERS:
                prefixes = ("*",)
            if not prefixes:
                continue
            self.open.update(prefixes)
            named = "AWS" if "*" in prefixes else ", ".join(prefixes)
            self.note(
                NoteKind.NOT_RESOLVED,
                f"could not resolve what {package} calls of {named}",
                file.place(node),
                "list the actions it needs in the policy by hand",
            )


def _receiver(node: ast.expr) -> str:
    """The last name of what a method is called on, in lower case."""
    if isinstance(node, ast.Attribute):
        owner = node.value
        if isinstance(owner, ast.Attribute):
            return owner.attr.lower()
        if isinstance(owner, ast.Name):
            return owner.id.lower()
        if isinstance(owner, ast.Call):
            return (
                _receiver(ast.Attribute(owner.func, ""))
                if not isinstance(owner.func, ast.Name)
                else owner.func.id.lower()
            )
    return ""


def _snake(name: str) -> str:
    return "".join(
        "_" + char.lower() if char.isupper() and i else char.lower() for i, char in enumerate(name)
    )
