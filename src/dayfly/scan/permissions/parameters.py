"""What a parameter can be where its call is not seen: its default, and what its annotation says."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dayfly.scan.permissions.storing import Storing
from dayfly.scan.permissions.values import (
    FROM_RUN_TIME,
    NOTHING,
    Client,
    External,
    Instance,
    Resource,
    Type_,
    Value,
    Values,
    limited,
)

if TYPE_CHECKING:
    from dayfly.scan.permissions.program import Frame, Function

_TYPE = re.compile(r"[A-Za-z_][\w., |\[\]]{0,200}")  # that may be worth parsing


class Parameters(Storing):
    """Parameters of the project's functions, and declared attributes of its classes."""

    def _parameter(self, name: str, at: Frame) -> Values:
        assert at.function is not None
        arguments = at.function.node.args
        given = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip(reversed([a.arg for a in given]), reversed(arguments.defaults), strict=False))
        defaults |= {
            a.arg: d
            for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if d is not None
        }
        values = NOTHING
        if name in defaults and at.parent is not None:
            values = self.evaluate(defaults[name], at.parent)
        for parameter in (*given, *arguments.kwonlyargs):
            if parameter.arg == name and parameter.annotation is not None and at.parent is not None:
                values |= self.annotated(parameter.annotation, at.parent)
        if not values and name in defaults and not at.is_open:
            return NOTHING  # left out, and None or a number stands for it
        return values or FROM_RUN_TIME

    def annotated(self, annotation: ast.expr, frame: Frame) -> Values:
        """What a parameter's type says: an object of the project, a client of the SDK's stubs."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            if not _TYPE.fullmatch(annotation.value):
                return NOTHING
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except (SyntaxError, ValueError, MemoryError, RecursionError):
                return NOTHING
        if isinstance(annotation, ast.Subscript):
            inner = annotation.slice
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if isinstance(annotation.value, ast.Name) and annotation.value.id in ("Optional", "Union"):
                return limited({one for part in parts for one in self.annotated(part, frame)})
            return NOTHING
        if isinstance(annotation, ast.BinOp):
            return self.annotated(annotation.left, frame) | self.annotated(annotation.right, frame)
        out: set[Value] = set()
        for value in self.evaluate(annotation, frame):
            if isinstance(value, Type_):
                out.add(Instance(value.cls))
            elif isinstance(value, External):
                made = stub(value.name)
                if made is not None:
                    out.add(made)
        return frozenset(out)


def all_parameters(function: Function) -> list[ast.arg]:
    return [*function.parameters, *function.node.args.kwonlyargs]


def stub(name: str) -> Value | None:
    """The client or resource that a type of mypy_boto3_* or types_boto3_* stands for."""
    parts = name.split(".")
    for package in ("mypy_boto3_", "types_boto3_", "types_aiobotocore_", "types_aioboto3_"):
        if parts[0].startswith(package):
            service = parts[0].removeprefix(package).replace("_", "-")
            kind = parts[-1]
            if kind.endswith("Client"):
                return Client(service)
            if kind.endswith("ServiceResource"):
                return Resource(service, "")
            return Resource(service, kind)
    return None
