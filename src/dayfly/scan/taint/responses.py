"""The handler's answer as a sink: HTML that the caller wrote, headers and redirects."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.taint import texts
from dayfly.scan.taint.judging import harmful_labels
from dayfly.scan.taint.knowledge.model import Danger, Part
from dayfly.scan.taint.values import Const, Items, Ref, Text, Thing, alternatives

if TYPE_CHECKING:
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Table, Value

_HTML = ("text/html", "application/xhtml", "image/svg")
_MULTI = ("headers", "multiValueHeaders")


def check(machine: Machine, value: Value, node: ast.AST) -> None:
    """Report what the caller decides in the answer."""
    if machine.recorder is None:
        return
    for one in alternatives(value):
        table = machine.table(one)
        if table is not None and isinstance(one, Ref) and one.kind == "dict":
            _check_table(machine, table, node)
        elif machine.returns_html:
            _check_html(machine, one, node)


def _check_html(machine: Machine, value: Value, node: ast.AST) -> None:
    if isinstance(value, Items):
        # (body, status, headers), as frameworks take it.
        content_type = _content_type(machine, value.items[-1]) if len(value.items) > 1 else None
        if content_type is not None and not content_type.lower().startswith(_HTML):
            return
        if value.items:
            _check_html(machine, value.items[0], node)
        return
    if isinstance(value, (Text, Const)) or (isinstance(value, Thing) and value.kind in {"str", "bytes"}):
        _report(machine, value, Danger.HTML, Part.TEXT, "return", node)


def _check_table(machine: Machine, table: Table, node: ast.AST) -> None:
    headers: list[tuple[str, Value]] = []
    for name in _MULTI:
        inner = machine.table(table.entries.get(name, Const(None)))
        if inner is not None:
            headers += [(key.lower(), value) for key, value in inner.entries.items() if isinstance(key, str)]
    if "principalId" in table.entries and "policyDocument" in table.entries:
        # What an authorizer answers is an identity that everything behind it believes.
        _report(machine, table.entries["principalId"], Danger.TRUST, Part.ANY, "principalId", node)
    content_type = next((_text(value) for key, value in headers if key == "content-type"), None)
    body = table.entries.get("body")
    if body is not None and content_type is not None and content_type.lower().startswith(_HTML):
        _report(machine, body, Danger.HTML, Part.TEXT, "body", node)
    if "cookies" in table.entries and "statusCode" in table.entries:
        _check_cookies(machine, table.entries["cookies"], node)
        _report(machine, table.entries["cookies"], Danger.HEADER, Part.ANY, "cookies", node)
    for key, value in headers:
        if key == "location":
            _report(machine, value, Danger.REDIRECT, Part.TARGET, "Location", node)
        elif key == "set-cookie":
            _check_cookies(machine, value, node)
            _report(machine, value, Danger.HEADER, Part.ANY, key, node)
        elif key != "content-type":
            _report(machine, value, Danger.HEADER, Part.ANY, key, node)


def _check_cookies(machine: Machine, value: Value, node: ast.AST) -> None:
    """A cookie as text: its attributes stand behind the first semicolon."""
    assert machine.recorder is not None
    series = machine.series(value)
    found = [value] if series is None else [*series.items, *([] if series.rest is None else [series.rest])]
    for one in (part for each in found for part in alternatives(each)):
        parts = texts.parts_of(one) if isinstance(one, (Const, Text)) else None
        if not parts:
            continue
        spelt = "".join(part if isinstance(part, str) else "\0" for part in parts)
        pair, *attributes = (word.strip().lower() for word in spelt.split(";"))
        if any("\0" in word and "=" not in word for word in attributes):
            continue  # put together elsewhere
        if "max-age=0" in attributes or pair.endswith("="):
            continue  # taken away
        if "secure" not in attributes:
            machine.recorder.add_finding(machine, "weak.cookie", node, (), "Set-Cookie")
        if "httponly" not in attributes and names_somebody(pair.partition("=")[0]):
            machine.recorder.add_finding(machine, "weak.cookie-script", node, (), "Set-Cookie")


def names_somebody(name: str) -> bool:
    """Whether a cookie of this name says who its bearer is."""
    return any(word in name for word in ("sess", "sid", "auth", "jwt", "login", "remember", "token"))


def _content_type(machine: Machine, value: Value) -> str | None:
    table = machine.table(value)
    if table is None:
        return None
    for key, one in table.entries.items():
        if isinstance(key, str) and key.lower() == "content-type":
            return _text(one)
    return None


def _text(value: Value) -> str | None:
    """The constant beginning of a text."""
    for one in alternatives(value):
        if isinstance(one, Const) and isinstance(one.value, str):
            return one.value
        if isinstance(one, Text) and isinstance(one.parts[0], str):
            return one.parts[0]
    return None


def is_sent_otherwise(machine: Machine, call: ast.AST) -> bool:
    """Whether an answer that a call makes gets another type than HTML further down in its function.

    `answer = make_response(text)`, and then `answer.mimetype = "text/csv"`.
    """
    tree = machine.file.tree if machine.file is not None else None
    if tree is None or not isinstance(call, ast.Call):
        return False
    scopes = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    around = [one for one in scopes if one.lineno <= call.lineno <= (one.end_lineno or 0)]
    if not around:
        return False
    inside = [one for one in ast.walk(around[-1]) if isinstance(one, ast.Assign)]
    names = {
        target.id
        for one in inside
        if one.value is call
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    kinds = [one.value for one in inside for target in one.targets if _typed_name(target) in names]
    return bool(kinds) and all(
        isinstance(one, ast.Constant)
        and isinstance(one.value, str)
        and not one.value.strip().lower().startswith(_HTML)
        for one in kinds
    )


def _typed_name(target: ast.expr) -> str:
    """`answer` of `answer.mimetype = …` and of `answer.headers["Content-Type"] = …`."""
    if isinstance(target, ast.Attribute) and target.attr in {"mimetype", "content_type"}:
        return target.value.id if isinstance(target.value, ast.Name) else ""
    if (
        isinstance(target, ast.Subscript)
        and isinstance(target.slice, ast.Constant)
        and str(target.slice.value).lower() == "content-type"
        and isinstance(target.value, ast.Attribute)
        and target.value.attr == "headers"
        and isinstance(target.value.value, ast.Name)
    ):
        return target.value.value.id
    return ""


def _report(machine: Machine, value: Value, danger: Danger, part: Part, sink: str, node: ast.AST) -> None:
    assert machine.recorder is not None
    labels = harmful_labels(machine.store, value, danger, part)
    if labels:
        machine.recorder.add_finding(machine, f"event.{danger}", node, labels, sink)
