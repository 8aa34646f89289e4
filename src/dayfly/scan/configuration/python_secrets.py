"""Secrets in Python code: by the format of any string, and by the name that a string is bound to."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.configuration.formats import FORMATS, find_formats, formats_within
from dayfly.scan.configuration.secret_findings import format_finding, named_finding
from dayfly.scan.configuration.values import is_address_secret, judge
from dayfly.scan.model import Severity
from dayfly.scan.template.looks import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.configuration.formats import Format, Match
    from dayfly.scan.model import Finding
    from dayfly.scan.source.project import PythonFile

_GETTERS = frozenset({"get", "getenv", "setdefault", "pop", "config", "env"})
_MAX_NODES = 1_000_000
_MIN_VALUE = 6


def find_in_python(file: PythonFile) -> Iterator[Finding]:
    """Every secret of one file; a dependency's own code is not the function's to fix, and is left out."""
    if file.is_dependency or file.tree is None:
        return
    in_test = is_test(file.path)
    seen: set[int] = set()
    constants: list[ast.Constant] = []
    for count, node in enumerate(_walk(file.tree)):
        if count > _MAX_NODES:
            break
        if isinstance(node, ast.Constant):
            constants.append(node)
        else:
            for name, value, is_default in _bindings(node):
                yield from _judged(file, name, value, in_test, seen, is_default=is_default)
    # What no name told of: an argument, an element, a part of a longer text. What is put together of pieces on
    # several lines is seen above only: looking at every text for every format takes longer than all the rest.
    formats = formats_within(file.text)
    if formats:
        documentation = _documentation(file.tree)
        for constant in constants:
            if id(constant) not in seen and id(constant) not in documentation:
                for match in matches(_text(constant), formats):
                    yield format_finding(match, file.place(constant), in_test=in_test)


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node, in no order; `ast.walk` takes twice as long."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif isinstance(value, list):
                waiting.extend(one for one in value if isinstance(one, ast.AST))


def _judged(
    file: PythonFile,
    name: str,
    value: ast.expr,
    in_test: bool,
    seen: set[int],
    *,
    is_default: bool,
) -> Iterator[Finding]:
    text = _text(value)
    if len(text) < _MIN_VALUE:
        return
    parts = (
        [one for one in ast.walk(value) if isinstance(one, ast.Constant)]
        if not isinstance(value, ast.Constant)
        else [value]
    )
    if any(id(one) in seen for one in parts):
        return
    found = False
    for match in matches(text):
        found = True
        yield format_finding(match, file.place(value), name=name, in_test=in_test)
    if not found and not in_test:
        verdict = judge(name, text)
        if verdict is not None:
            found = True
            kind, confidence = verdict
            if is_default:
                yield named_finding(
                    "secret.default",
                    f"if {name} is not set, the code uses a hard-coded {kind}",
                    file.place(value),
                    name=name,
                    kind=kind,
                    value=text,
                    severity=Severity.MEDIUM,
                    confidence=confidence,
                    fix="read it without a default, so that the function fails if the setting is missing",
                )
            else:
                yield named_finding(
                    "secret.password",
                    f"{name} contains a {kind} in the code",
                    file.place(value),
                    name=name,
                    kind=kind,
                    value=text,
                    severity=Severity.HIGH,
                    confidence=confidence,
                )
    if found:
        seen.update(id(one) for one in parts)


def matches(text: str, formats: tuple[Format, ...] = FORMATS) -> Iterator[Match]:
    """Matches of formats; of passwords in addresses those that are real, once where two formats agree."""
    taken: list[tuple[int, int]] = []
    for match in find_formats(text, formats):
        if match.format.check == "secret.connection-string":
            host = text[match.end + 1 :].partition("/")[0].partition(":")[0].split("?")[0]
            if not is_address_secret(match.secret, host):
                continue
        if not any(start < match.end and match.start < end for start, end in taken):
            taken.append((match.start, match.end))
            yield match


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr, bool]]:
    """Names and the values that a node binds to them; True where the value only stands in for a missing one."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from ((name, node.value, False) for name in _names(target))
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for one, value in zip(target.elts, node.value.elts, strict=False):
                    yield from ((name, value, False) for name in _names(one))
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        yield from ((name, node.value, False) for name in _names(node.target))
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value, False
    elif isinstance(node, ast.Call):
        yield from ((one.arg, one.value, False) for one in node.keywords if one.arg)
        yield from _fallback(node)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        positional = [*node.args.posonlyargs, *node.args.args]
        for argument, default in zip(positional[::-1], node.args.defaults[::-1], strict=False):
            yield argument.arg, default, True
        for argument, keyword_default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if keyword_default is not None:
                yield argument.arg, keyword_default, True
    elif (
        isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.Eq, ast.NotEq))
    ):
        for one, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
            yield from ((name, other, False) for name in _names(one))
    elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and len(node.values) > 1:
        first = node.values[0]
        name = _environment_name(first)
        if name:
            yield name, node.values[-1], True


def _fallback(call: ast.Call) -> Iterator[tuple[str, ast.expr, bool]]:
    """`os.environ.get("API_KEY", "…")`, `config("SECRET", default="…")`, and headers as pairs."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if not call.args or not isinstance(call.args[0], ast.Constant) or not isinstance(call.args[0].value, str):
        return
    name = call.args[0].value
    if function in _GETTERS:
        if len(call.args) > 1:
            yield name, call.args[1], True
        yield from ((name, one.value, True) for one in call.keywords if one.arg == "default")
    elif function in ("setattr", "add_header", "putenv", "setenv") and len(call.args) > 1:
        yield name, call.args[1], False


def _environment_name(node: ast.expr) -> str:
    """The name in `os.environ.get("NAME")` or `os.getenv("NAME")`; "" for anything else."""
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if function in _GETTERS and isinstance(node.args[0].value, str):
            return node.args[0].value
    return ""


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute):
        yield target.attr
    elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        yield from (name for name in (target.slice.value,) if isinstance(name, str))


def _text(node: ast.expr) -> str:
    """The text of a literal, of literals added up, or of one within a call that only changes its form."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode("utf-8", "replace")
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts: list[str] = []
        current: ast.expr = node
        while isinstance(current, ast.BinOp) and isinstance(current.op, ast.Add):
            parts.append(_text(current.right) if isinstance(current.right, ast.Constant) else "")
            current = current.left
        parts.append(_text(current) if isinstance(current, ast.Constant) else "")
        return "".join(reversed(parts)) if all(parts) else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        inner = node.func.value
        return (
            _text(inner) if node.func.attr in ("encode", "strip") and isinstance(inner, ast.Constant) else ""
        )
    return ""


def _documentation(tree: ast.Module) -> set[int]:
    """Docstrings: what stands there explains, and examples of keys are what it explains them with."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add(id(first.value))
    return found
