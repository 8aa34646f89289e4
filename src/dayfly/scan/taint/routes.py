"""Handlers that a web framework calls: found by their decorators and classes, and called with what a request brings."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.model import Step
from dayfly.scan.taint import attributes, calls, expressions, instances
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
    rb"@\s*[\w.]+\.\w+|@(?:route|get|post|put|delete|patch)\(|MethodView|View\)|\(Resource|HTTPEndpoint|add_url_rule|add_api_route|add_route"
    rb"|Route\(|def on_"
)
# What registers a function, and what a decorator would say instead.
_REGISTRARS = {
    "add_url_rule": "route",
    "add_api_route": "api_route",
    "add_route": "route",
    "Route": "route",
    "APIRoute": "api_route",
    "WebSocketRoute": "websocket",
}
# These get an exception, an answer or nothing: what they are called with is not the caller's, but for the request.
NO_REQUEST = {"errorhandler", "error", "before_request", "after_request", "exception_handler", "middleware"}
_FALCON = re.compile(r"on_(?:get|post|put|patch|delete|head|options)(?:_\w+)?")
_PACKAGES = {"powertools": "aws_lambda_powertools"}
_BARE = {"route", "get", "post", "put", "delete", "patch"}
_METHODS = {"get", "post", "put", "delete", "patch", "head", "options", "websocket", "any"}
_VIEW_METHODS = _METHODS | {"dispatch_request"}
_VIEW_BASES = {"MethodView", "View", "Resource", "HTTPEndpoint", "APIView"}
_HARMLESS_TYPES = {
    "int", "float", "bool", "complex", "UUID", "date", "datetime", "time", "timedelta", "Decimal", "UUID4", "PositiveInt",
    "NonNegativeInt", "IPv4Address", "IPv6Address", "PositiveFloat",
}  # fmt: skip
_CONVERTERS = {"int", "float", "uuid", "path", "re", "string", "str"}
_CONVERTER = re.compile(r"[<{](?:(?P<kind>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)(?::(?P<after>\w+)[^>}]*)?[>}]")


def find(project: Project, library: Library) -> tuple[Entry, ...]:
    """Every handler of a web framework in the project, by file and line."""
    return tuple(entry for file in project.own_files() for entry in find_in_file(file, library))


@dataclass(frozen=True, slots=True)
class Registration:
    """How a function became a handler: the word of the decorator or call, and the pattern of its route."""

    word: str
    pattern: str = ""
    returns_html: bool = False  # FastAPI's `response_class=HTMLResponse`


def find_in_file(file: PythonFile, library: Library) -> tuple[Entry, ...]:
    """Every handler of a web framework in one file."""
    found: list[Entry] = []
    tree = file.tree if _ROUTE_WORDS.search(file.data) else None
    if tree is not None:
        for qualname, node, _ in registrations(tree, library):
            function = LambdaFunction(
                f"{file.module}.{node.name}",
                f"{file.module}.{qualname}",
                file.place(node),
                triggers=(Trigger.UNKNOWN,),
            )
            found.append(Entry(function, file, qualname))
    return tuple(found)


def registrations(tree: ast.Module, library: Library) -> Iterator[tuple[str, FunctionNode, Registration]]:
    """The handlers of a module's web framework, and how each became one."""
    by_reference = dict(_referenced(tree))
    for qualname, node, owner in walk(tree):
        found = decorated(node, library)
        if found is None and owner is None and node.name in by_reference:
            found = by_reference[node.name]
        if found is None and _is_view(node, owner):
            found = Registration(f"on_{node.name}" if node.name.startswith("on_") else node.name)
        if found is not None:
            yield qualname, node, found


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


def decorated(node: FunctionNode, library: Library) -> Registration | None:
    """What a decorator registers a function as; None where it does not."""
    words = {word for row in library.routes for word in row.decorators} | {"route", *_METHODS, *NO_REQUEST}
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Name) and isinstance(decorator, ast.Call) and called.id in _BARE:
            word = called.id  # Bottle's: `from bottle import route`
        elif isinstance(called, ast.Attribute) and called.attr in words:
            word = called.attr
        else:
            continue
        if word not in _METHODS and word not in {"route", "api_route"}:
            return Registration(word)
        if not isinstance(decorator, ast.Call):
            continue
        first = decorator.args[0] if decorator.args else None
        first = first or next((one.value for one in decorator.keywords if one.arg in {"path", "rule"}), None)
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            is_pattern = first.value.startswith(("/", "<", "{", ".")) or first.value == ""
            if is_pattern or (word not in _METHODS and isinstance(called, ast.Attribute)):
                return Registration(word, first.value, _names_html(decorator))
        elif isinstance(called, ast.Attribute) and (
            word not in _METHODS or isinstance(first, (ast.JoinedStr, ast.BinOp))
        ):
            return Registration(word)
    return None


def _names_html(call: ast.Call) -> bool:
    return any(
        one.arg == "response_class" and ast.unparse(one.value).rpartition(".")[2] == "HTMLResponse"
        for one in call.keywords
    )


def _referenced(tree: ast.Module) -> Iterator[tuple[str, Registration]]:
    """Functions that are registered by a call: `app.add_url_rule("/x", view_func=show)`, `Route("/x", show)`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in _REGISTRARS:
            continue
        first = node.args[0] if node.args else None
        pattern = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        for value in (*node.args, *(one.value for one in node.keywords)):
            if isinstance(value, ast.Name):
                yield value.id, Registration(_REGISTRARS[name], pattern)


def _is_view(node: FunctionNode, owner: ast.ClassDef | None) -> bool:
    if owner is None:
        return False
    if _FALCON.fullmatch(node.name):
        return len(node.args.args) >= 3
    if node.name not in _VIEW_METHODS:
        return False
    return any(ast.unparse(base).rpartition(".")[2] in _VIEW_BASES for base in owner.bases)


def choose_row(file: PythonFile, project: Project, library: Library, word: str) -> Route | None:
    """The framework that a file's routes belong to: one it imports, else one that the project imports."""
    rows = [row for row in library.routes if word in row.decorators] or list(library.routes)
    if word.startswith("on_") and not any(word in row.decorators for row in library.routes):
        return next((row for row in library.routes if row.framework == "Falcon"), None)
    texts = [file.data, *(other.data for other in project.own_files() if other is not file)][:200]
    for data in texts:
        for row in rows:
            if any(_imports(data, kind.partition(".")[0]) for kind in row.types):
                return row
    return rows[0] if rows else None


def _imports(data: bytes, package: str) -> bool:
    name = _PACKAGES.get(package, package).encode()
    return re.search(rb"^\s*(?:from|import)\s+" + re.escape(name) + rb"\b", data, re.MULTILINE) is not None


def arguments_of(
    machine: Machine,
    function: Function,
    pattern: str,
    row: Route | None,
    *,
    has_self: bool = False,
    is_aside: bool = False,
    depth: int = 0,
) -> calls.Arguments:
    """What the framework calls a handler with; one that `is_aside` is called beside it, with no part of the route."""
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
        if is_aside and one.arg != "request" and one.arg not in requests:
            made.keywords[one.arg] = Thing()
            continue
        made.keywords[one.arg] = _parameter(
            machine, function, one, defaults.get(one.arg), requests, row, pattern, depth
        )
    if spec.kwarg is not None:
        made.keyword_rest = _caller(machine, "the path", function.node)
    return made


def _read_converters(pattern: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _CONVERTER.finditer(pattern):
        name, kind = match["name"], match["kind"] or match["after"] or "string"
        if name in _CONVERTERS and kind not in _CONVERTERS:
            name, kind = kind, name  # Bottle and Starlette write the name first
        found[name] = kind
    return found


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
            kind, _, items = requests[key].partition("[")
            return Thing(kind, (), Symbol(), items.rstrip("]"))
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
        name, Trust.CALLER, trail=Trail(Step(machine.place(node), f"`{name}` comes from the caller"), None, 1)
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
            shown = instances.by_pattern(machine, statement, Text((Hole((label,), Symbol()),)))
            if shown is not None:
                entries.setdefault(name, shown)
                continue
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
