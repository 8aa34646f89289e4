"""Cookies without `Secure` or `HttpOnly`: `weak.cookie` and `weak.cookie-script`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.weak.names import FileNames

SECURE = "weak.cookie"
SCRIPT = "weak.cookie-script"

# A cookie by which somebody is known. What a form's script must read (`csrf`) is none.
_WHO = re.compile(r"sess|sid|token|auth|jwt|login|remember|identity|credential", re.IGNORECASE)
_READ_BY_SCRIPTS = re.compile(r"csrf|xsrf", re.IGNORECASE)
_HEADER = re.compile(r"^\s*([!#$%&'*+.^_`|~0-9A-Za-z\0-]+)=", re.DOTALL)
_SECURE_POSITION, _HTTPONLY_POSITION = (
    6,
    7,
)  # Flask, Starlette, Django: key, value, max_age, expires, path, domain


def names_somebody(cookie: str) -> bool:
    """Whether a cookie of this name stands for its owner."""
    return _WHO.search(cookie) is not None and _READ_BY_SCRIPTS.search(cookie) is None


def find_cookies(names: FileNames) -> Iterator[tuple[str, ast.AST, str]]:
    """The check, the place, and the cookie's name ("" where it is not known)."""
    for call in names.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "set_cookie":
            yield from _set_cookie(names, call)
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "update":
            yield from _configured(names, call)
    for node in names.nodes:
        if isinstance(node, ast.Dict):
            yield from _headers(names, node)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            yield from _assigned(names, node)
    yield from _morsels(names)


def _set_cookie(names: FileNames, call: ast.Call) -> Iterator[tuple[str, ast.AST, str]]:
    name = next((str(one) for one in names.option(call, "key", 0) or names.option(call, "name", 0) or ()), "")
    if names.option(call, "value", 1) is None:
        return  # a cookie as an object, put into a jar of a client
    if names.option(call, "value", 1) == [""] or names.option(call, "max_age", 2) == [0]:
        return  # taken away
    if _is_off(names.option(call, "secure", _SECURE_POSITION)):
        yield SECURE, call, name
    if names_somebody(name) and _is_off(names.option(call, "httponly", _HTTPONLY_POSITION)):
        yield SCRIPT, call, name


def _is_off(values: list[object] | None) -> bool:
    """Not passed at all, or false wherever it is passed; unknown is no finding."""
    return values is None or (bool(values) and not any(values))


def _configured(names: FileNames, call: ast.Call) -> Iterator[tuple[str, ast.AST, str]]:
    """`app.config.update(SESSION_COOKIE_SECURE=False)`."""
    for option, check in (("SESSION_COOKIE_SECURE", SECURE), ("SESSION_COOKIE_HTTPONLY", SCRIPT)):
        values = next((names.constants(one.value) for one in call.keywords if one.arg == option), [])
        if values and not any(values):
            yield check, call, "session"


def _headers(names: FileNames, node: ast.Dict) -> Iterator[tuple[str, ast.AST, str]]:
    for key, value in zip(node.keys, node.values, strict=True):
        word = key.value.lower() if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        if word == "set-cookie":
            for one in value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]:
                yield from _header(names, one)
        elif word == "cookies" and isinstance(value, ast.List):
            # A Function URL's and an HTTP API's answer lists its cookies; whatever else is called so has no `; `.
            for one in value.elts:
                if (_text(names, one) or "").count("="):
                    yield from _header(names, one)


def _assigned(names: FileNames, node: ast.Assign) -> Iterator[tuple[str, ast.AST, str]]:
    target = node.targets[0]
    if not isinstance(target, ast.Subscript) or not isinstance(target.slice, ast.Constant):
        return
    key = target.slice.value
    if isinstance(key, str) and key.lower() == "set-cookie":
        yield from _header(names, node.value)
    elif key in {"SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY"}:
        values = names.constants(node.value)
        if values and not any(values):
            yield (SECURE if key == "SESSION_COOKIE_SECURE" else SCRIPT), node, "session"


def _header(names: FileNames, node: ast.expr) -> Iterator[tuple[str, ast.AST, str]]:
    text = _text(names, node)
    if text is not None:
        for check, name in judge_header(text):
            yield check, _statement(names, node), name


def _statement(names: FileNames, node: ast.expr) -> ast.AST:
    """The `return` of an answer that is written out: what follows values reports the whole answer, too."""
    one: ast.AST | None = node
    while one is not None and not isinstance(one, (ast.stmt, ast.Module)):
        one = names.parents.get(one)
    return one if isinstance(one, ast.Return) else node


def judge_header(text: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a `Set-Cookie` line in which NUL stands for what is not known.

    Nothing is said where an attribute may be in an unknown part.
    """
    match = _HEADER.match(text)
    attributes = [part.strip().lower() for part in text.split(";")[1:]]
    if match is None or any("\0" in part and "=" not in part for part in attributes):
        return
    if "max-age=0" in attributes or any(part.startswith("expires=thu, 01 jan 1970") for part in attributes):
        return
    name = match.group(1).replace("\0", "")
    # A value that is not the last part may hold attributes of its own only if it is someone else's text.
    if "secure" not in attributes:
        yield SECURE, name
    if "httponly" not in attributes and names_somebody(name):
        yield SCRIPT, name


def _text(names: FileNames, node: ast.expr, depth: int = 0) -> str | None:
    """The text of an expression, NUL for its unknown parts; None where nothing of it is known."""
    if depth > 6:
        return None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(one.value) if isinstance(one, ast.Constant) else _known(names, one) for one in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(names, node.left, depth + 1), _text(names, node.right, depth + 1)
        return None if left is None and right is None else (left or "\0") + (right or "\0")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        template = names.constants(node.left)
        if len(template) == 1 and isinstance(template[0], str):
            return re.sub(r"%(?:\(\w+\))?[a-z]", "\0", template[0])
        return None
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "format"
        and len(template := names.constants(node.func.value)) == 1
    ):
        return re.sub(r"\{[^{}]*\}", "\0", str(template[0]))
    values = names.constants(node)
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    if isinstance(node, ast.Name):
        found = names.bindings(node)
        if len(found) == 1 and found[0] is not None:
            return _text(names, found[0], depth + 1)
    return None


def _known(names: FileNames, node: ast.expr) -> str:
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    values = names.constants(inner)
    return str(values[0]) if len(values) == 1 else "\0"


def _morsels(names: FileNames) -> Iterator[tuple[str, ast.AST, str]]:
    """`http.cookies`: `cookie[name] = value`, and what is then set of `cookie[name]`."""
    made: dict[tuple[ast.AST, str, str], ast.Assign] = {}
    given: dict[tuple[ast.AST, str, str], set[str]] = {}
    for node in names.nodes:
        if not (isinstance(node, ast.Assign) and len(node.targets) == 1):
            continue
        target = node.targets[0]
        if not isinstance(target, ast.Subscript):
            continue
        if isinstance(target.value, ast.Name) and _is_cookie(names, target.value):
            key = (names.scope_of(node), target.value.id, ast.dump(target.slice))
            made[key] = node
        elif (
            isinstance(target.value, ast.Subscript)
            and isinstance(target.value.value, ast.Name)
            and isinstance(target.slice, ast.Constant)
        ):
            key = (names.scope_of(node), target.value.value.id, ast.dump(target.value.slice))
            if not _is_off(names.constants(node.value) or [True]):
                given.setdefault(key, set()).add(str(target.slice.value).lower())
    for key, node in made.items():
        target = node.targets[0]
        assert isinstance(target, ast.Subscript)
        name = next((str(one) for one in names.constants(target.slice)), "")
        attributes = given.get(key, set())
        if "secure" not in attributes:
            yield SECURE, node, name
        if "httponly" not in attributes and names_somebody(name):
            yield SCRIPT, node, name


def _is_cookie(names: FileNames, node: ast.Name) -> bool:
    return names.dotted(node) in {
        "http.cookies.SimpleCookie()",
        "http.cookies.BaseCookie()",
        "Cookie.SimpleCookie()",
    }
