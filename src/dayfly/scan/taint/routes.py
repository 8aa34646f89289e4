"""Handlers that a web framework calls: found by their decorators and classes, and called with what a request brings."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dayfly.scan.model import Step
from dayfly.scan.taint import attributes, calls, expressions
from dayfly.scan.taint.knowledge.model import Trust
from dayfly.scan.taint.machine import UnreachableError
from dayfly.scan.taint.values import (
    Class,
    Function,
    Hole,
    Label,
    Ref,
    Symbol,
    Table,
    Text,
    Thing,
    Trail,
    by_name,
)
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.taint.knowledge.library import Library
    from dayfly.scan.taint.knowledge.model import Route
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_ROUTE_WORDS = re.compile(
    rb"@\s*[\w.]+\.\w+\s*\(|MethodView|\(Resource|HTTPEndpoint|add_url_rule|add_api_route"
)
_METHODS = {"get", "post", "put", "delete", "patch", "head", "options", "websocket", "any"}
_VIEW_METHODS = _METHODS | {"dispatch_request"}
_VIEW_BASES = {"MethodView", "View", "Resource", "HTTPEndpoint", "APIView"}
_HARMLESS_TYPES = {
    "int", "float", "bool", "complex", "UUID", "date", "datetime", "time", "timedelta", "Decimal", "UUID4", "PositiveInt",
    "NonNegativeInt", "IPv4Address", "IPv6Address", "PositiveFloat",
}  # fmt: skip
_CONVERTER = re.compile(r"[<{](?:(?P<kind>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)(?::(?P<after>\w+)[^>}]*)?[>}]")


def find(project: Project, library: Library) -> tuple[Entry, ...]:
    """Every handler of a web framework in the project, by file and line."""
    return tuple(entry for file in project.own_files() for entry in find_in_file(file, library))


def find_in_file(file: PythonFile, library: Library) -> tuple[Entry, ...]:
    """Every handler of a web framework in one file."""
    found: list[Entry] = []
    tree = file.tree if _ROUTE_WORDS.search(file.data) else None
    if tree is not None:
        by_reference = set(_referenced(tree))
        for qualname, node, owner in walk(tree):
            if route_pattern(node, library) is not None or node.name in by_reference or _is_view(node, owner):
                function = LambdaFunction(
                    f"{file.module}.{node.name}",
                    f"{file.module}.{qualname}",
                    file.place(node),
                    triggers=(Trigger.UNKNOWN,),
                )
                found.append(Entry(function, file, qualname))
    return tuple(found)


def walk(tree: ast.Module) -> Iterator[tuple[str, FunctionNode, ast.ClassDef | None]]:
    """Every function of a module with its qualified name (`init.show`, `View.get`) and the class it is a method of."""
    pending: list[tuple[str, ast.AST, ast.ClassDef | None]] = [("", tree, None)]
    while pending:
        prefix, parent, owner = pending.pop(0)
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield prefix + node.name, node, owner
                pending.append((f"{prefix}{node.name}.", node, None))
            elif isinstance(node, ast.ClassDef):
                pending.append((f"{prefix}{node.name}.", node, node))
            elif isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While, ast.ExceptHandler)):
                pending.append((prefix, node, owner))


def route_pattern(node: FunctionNode, library: Library) -> str | None:
    """The pattern of a route that a decorator names, "" where it names none; None where there is no such decorator."""
    words = {word for row in library.routes for word in row.decorators} | {"route", *_METHODS}
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            continue
        word = decorator.func.attr
        if word not in words:
            continue
        first = decorator.args[0] if decorator.args else None
        first = first or next((one.value for one in decorator.keywords if one.arg in {"path", "rule"}), None)
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            if (
                word in {"route", "api_route"}
                or first.value.startswith(("/", "<", "{", "."))
                or first.value == ""
            ):
                return first.value
        elif word in {"route", "api_route"} or (
            isinstance(first, (ast.JoinedStr, ast.BinOp, ast.Name)) and word in _METHODS
        ):
            return ""
    return None


def _referenced(tree: ast.Module) -> Iterator[str]:
    """Functions that are registered by a call: `app.add_url_rule("/x", view_func=show)`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in {"add_url_rule", "add_api_route", "add_route"}:
            for value in (*node.args, *(one.value for one in node.keywords)):
                if isinstance(value, ast.Name):
                    yield value.id


def _is_view(node: FunctionNode, owner: ast.ClassDef | None) -> bool:
    if owner is None or node.name not in _VIEW_METHODS:
        return False
    return any(ast.unparse(base).rpartition(".")[2] in _VIEW_BASES for base in owner.bases)


def choose_row(file: PythonFile, project: Project, library: Library) -> Route | None:
    """The framework that a file's routes belong to: one it imports, else one that the project imports."""
    texts = [file.data, *(other.data for other in project.own_files() if other is not file)][:200]
    for data in texts:
        for row in library.routes:
            for kind in row.types:
                package = kind.partition(".")[0].encode()
                if re.search(rb"^\s*(?:from|import)\s+" + re.escape(package) + rb"\b", data, re.MULTILINE):
                    return row
    return library.routes[0] if library.routes else None


def arguments_of(
    machine: Machine,
    function: Function,
    pattern: str,
    row: Route | None,
    *,
    has_self: bool = False,
    depth: int = 0,
) -> calls.Arguments:
    """What the framework calls a handler with."""
    made = calls.Arguments()
    spec = function.node.args
    converters = _read_converters(pattern)
    requests = dict(row.request_parameters) if row is not None else {}
    parameters = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    defaults = dict(
        zip(
            [one.arg for one in (*spec.posonlyargs, *spec.args)][::-1],
            list(spec.defaults)[::-1],
            strict=False,
        )
    )
    defaults.update(
        {
            one.arg: value
            for one, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
            if value is not None
        }
    )
    harmless = set(row.harmless_converters) if row is not None else {"int", "float", "uuid"}
    for one in parameters[1 if has_self else 0 :]:
        if converters.get(one.arg) in harmless:
            made.keywords[one.arg] = Thing("int")
            continue
        made.keywords[one.arg] = _parameter(
            machine, function, one, defaults.get(one.arg), requests, row, pattern, depth
        )
    if spec.kwarg is not None:
        made.keyword_rest = _caller(machine, "the path", function.node)
    return made


def _read_converters(pattern: str) -> dict[str, str]:
    return {
        match["name"]: (match["kind"] or match["after"] or "string") for match in _CONVERTER.finditer(pattern)
    }


def _parameter(
    machine: Machine,
    function: Function,
    parameter: ast.arg,
    default: ast.expr | None,
    requests: dict[str, str],
    row: Route | None,
    pattern: str,
    depth: int,
) -> Value:
    annotation = parameter.annotation
    spelt = "" if annotation is None else ast.unparse(annotation).strip("\"'")
    last = spelt.rpartition(".")[2]
    for key in (spelt or parameter.arg, last):
        if key in requests:
            return Thing(requests[key], (), Symbol())
    dependency = _dependency(default) or _dependency(annotation)
    if dependency is not None:
        return _depend(machine, function, dependency, row, depth)
    inner = re.sub(r"^(?:typing\.)?(?:Annotated|Optional)\[(.*?)(?:,.*)?\]$", r"\1", spelt)
    inner = re.sub(r"\s*\|\s*None$", "", inner)
    if inner.rpartition(".")[2] in _HARMLESS_TYPES or inner.startswith(("Literal[", "typing.Literal[")):
        return Thing("int")
    if annotation is not None:
        with machine.within(function.scope):
            cls = expressions.evaluate(machine, annotation)
        if isinstance(cls, Class):
            if attributes.is_enum(machine, cls):
                return attributes.enum_member(machine, cls, Thing())
            return model_of(machine, cls, parameter)
    name = parameter.arg
    hole = Hole((_label(machine, name, parameter),), Symbol())
    # A segment of a path has no slash, unless its converter says so.
    if name in _read_converters(pattern) and _read_converters(pattern)[name] in {"string", "str"}:
        hole = Hole(hole.taint, hole.symbol, frozenset({"/", "^/"}))
    return Text((hole,))


def _label(machine: Machine, name: str, node: ast.AST) -> Label:
    return Label(
        name, Trust.CALLER, trail=Trail(Step(machine.place(node), f"`{name}` is the caller's"), None, 1)
    )


def _caller(machine: Machine, name: str, node: ast.AST) -> Value:
    return Thing("", (_label(machine, name, node),), Symbol(), is_structure=True)


def _dependency(node: ast.expr | None) -> ast.expr | None:
    """`f` of `Depends(f)`."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        return next((found for one in node.slice.elts if (found := _dependency(one)) is not None), None)
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"Depends", "Security"}:
        return node.args[0] if node.args else None
    return None


def _depend(machine: Machine, function: Function, node: ast.expr, row: Route | None, depth: int) -> Value:
    with machine.within(function.scope):
        target = expressions.evaluate(machine, node)
    if isinstance(target, Function) and depth < 3:
        try:
            made = calls.call(machine, target, arguments_of(machine, target, "", row, depth=depth + 1), node)
        except UnreachableError:
            return Thing()
        series = machine.series(made)
        if series is not None and len(series.items) == 1:
            return series.items[0]  # a generator's one yield
        return made
    return Thing()


def model_of(machine: Machine, cls: Class, node: ast.AST) -> Value:
    """An object of a class (a pydantic model) whose fields a request fills."""
    entries: dict[str, Value] = {}
    label = _label(machine, getattr(node, "arg", "the body"), node)
    for one in attributes.resolution_order(machine, cls):
        if one.node is None:
            continue
        for statement in one.node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            name = statement.target.id
            spelt = re.sub(r"\s*\|\s*None$", "", ast.unparse(statement.annotation))
            if spelt.rpartition(".")[2] in _HARMLESS_TYPES or spelt.startswith(
                ("Literal[", "typing.Literal[")
            ):
                entries.setdefault(name, Thing("int"))
                continue
            with machine.within(one.scope):
                inner = expressions.evaluate(machine, statement.annotation)
            if isinstance(inner, Class) and attributes.is_enum(machine, inner):
                entries.setdefault(name, attributes.enum_member(machine, inner, Thing()))
            elif spelt == "str":
                entries.setdefault(name, Text((Hole((label,), Symbol()),)))
            else:
                entries.setdefault(name, Thing("", (label,), Symbol(), is_structure=True))
    if not entries:
        return Thing("", (label,), Symbol(), is_structure=True)
    made: Ref = machine.allocate(Table(by_name(entries), kind="object"), "object", cls)
    return made
