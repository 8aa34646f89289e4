"""Writes down calls of AWS: operations, transfers, signed addresses, and guesses."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Note, NoteKind, Place
from dayfly.scan.permissions.catalogue import load_catalogue
from dayfly.scan.permissions.containers import Arguments
from dayfly.scan.permissions.program import Frame
from dayfly.scan.permissions.resources import TRANSFERS
from dayfly.scan.permissions.usage import AwsCall
from dayfly.scan.permissions.values import (
    Client,
    Mapping,
    Operation,
    Values,
    call_line,
    constants,
)

if TYPE_CHECKING:
    from dayfly.scan.source.project import PythonFile


_HIGH, _MEDIUM, _LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


class Recorder:
    """What is seen of one handler; see `Usage`."""

    def __init__(self) -> None:
        self.calls: dict[tuple[object, ...], AwsCall] = {}
        self.notes: dict[Note, None] = {}
        self.open: set[str] = set()
        self.made: set[str] = set()  # services that clients are made of

    def clear(self) -> None:
        """Forget all but which clients are made."""
        self.calls.clear()
        self.notes.clear()
        self.open.clear()

    def note(self, kind: NoteKind, message: str, place: Place, hint: str = "") -> None:
        self.notes[Note(kind, message, place, hint)] = None

    def made_client(self, arguments: Arguments, call: ast.Call, file: PythonFile) -> None:
        names = arguments.value(0, "service_name")
        known = constants(names)
        self.made.update(known)
        if not known or len(known) < len(names):
            self.unresolved("", "the service of this client", call, file)
        for one in known:
            if one not in load_catalogue().services and not load_catalogue().has_resource(one):
                self.unresolved(one, f"the service {one!r}, which is not in the catalogue", call, file)

    def unresolved(self, service: str, what: str, node: ast.AST, file: PythonFile) -> None:
        self.open.add(load_catalogue().prefix(service) if service else "*")
        self.note(
            NoteKind.NOT_RESOLVED,
            f"could not resolve {what}: the required permissions are unknown",
            file.place(node),
            "use a constant, or list the action in the policy manually",
        )

    def operation(self, value: Operation, arguments: Arguments, call: ast.Call, file: PythonFile) -> None:
        if value.role in TRANSFERS:
            self._transfer(value, arguments, call, file)
            return
        given = {**dict(value.preset), **arguments.named}
        # A paginator's and a waiter's method: nothing is called before `.paginate()` or `.wait()`, which every
        # use of one has; the parameters are looked for there.
        self.record(
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
            self.record("s3", operation, given, call, file, is_open=arguments.is_open, how=value.role)

    def presigned(
        self, owner: Client, name: str, arguments: Arguments, call: ast.Call, file: PythonFile
    ) -> None:
        if name == "generate_presigned_post":
            given = {"Bucket": arguments.value(0, "Bucket"), "Key": arguments.value(1, "Key")}
            self.record("s3", "PutObject", given, call, file, how=name)
            return
        methods = constants(arguments.value(0, "ClientMethod"))
        if not methods:
            self.unresolved(owner.service, "which operation the URL is signed for", call, file)
        parameters: dict[str, Values] = {}
        for one in arguments.value(1, "Params"):
            if isinstance(one, Mapping):
                parameters.update(dict(one.items))
        for method in methods:
            operation = load_catalogue().operation(owner.service, method)
            if operation is not None:
                self.record(owner.service, operation, parameters, call, file, how=name)

    def record(
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

    def guess(self, method: str, arguments: Arguments, call: ast.Call, frame: Frame) -> None:
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
                    self.guess(name, Arguments(is_open=True), call, frame)
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
                    self.record(
                        service, operation, dict(arguments.named), call, file,
                        is_open=arguments.is_open, confidence=confidence,
                    )  # fmt: skip
                return
        if fitting:
            names = ", ".join(one[0] for one in fitting[:4])
            for one in fitting:
                self.open.add(catalogue.prefix(one[0]))
            self.note(
                NoteKind.NOT_RESOLVED,
                f"could not resolve to which client {method} belongs: {names} have it",
                file.place(call),
                "annotate the client's type, or create it in the same module",
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
