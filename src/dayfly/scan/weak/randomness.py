"""Secrets that are drawn from a predictable generator: `weak.randomness`.

The generator is no weakness: dice, jitter and samples are what it is for. So both ends are looked at: the draw, and
a name or a place that promises a secret, in one function or one function apart.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.promises import promises_secret
from dayfly.scan.weak.cookies import names_somebody
from dayfly.scan.weak.names import FileNames, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAWS = frozenset(
    {
        "random",
        "randint",
        "randrange",
        "randbytes",
        "getrandbits",
        "choice",
        "choices",
        "sample",
        "shuffle",
        "uniform",
        "triangular",
        "betavariate",
        "binomialvariate",
        "expovariate",
        "gammavariate",
        "gauss",
        "lognormvariate",
        "normalvariate",
        "vonmisesvariate",
        "paretovariate",
        "weibullvariate",
    }
)
_NUMPY = frozenset(
    {
        "rand",
        "randn",
        "randint",
        "random",
        "bytes",
        "choice",
        "integers",
        "random_sample",
        "permutation",
        "uniform",
        "normal",
        "shuffle",
    }
)
# Version 1 is the clock and the machine's address (RFC 9562, section 8).
_GUESSED = frozenset({"uuid.uuid1"})
_COOKIE_VALUE = 1
_MAX_ROUNDS = 6


def is_draw(name: str) -> bool:
    """Whether a dotted name is a function of a predictable generator."""
    owner, _, method = name.rpartition(".")
    if owner in {"random", "random.Random()"}:
        return method in DRAWS
    if owner in {"numpy.random", "numpy.random.RandomState()", "numpy.random.default_rng()"}:
        return method in _NUMPY
    return name in _GUESSED


def find_draws(names: FileNames) -> Iterator[tuple[ast.Call, str]]:
    """Draws that become a secret, each once, with the name that says so."""
    draws = [call for call in names.calls if is_draw(names.dotted(call.func))]
    if not draws:
        return
    for call in draws:
        reason = _reason(names, call)
        if reason:
            yield call, reason


def _reason(names: FileNames, call: ast.Call) -> str:
    """The name of the secret that the value of this call becomes, "" where none is seen."""
    seen: set[tuple[ast.AST, str]] = set()
    pending: list[ast.expr] = [call]
    if isinstance(call.func, ast.Attribute) and call.func.attr == "shuffle" and call.args:
        pending = [*_uses(names, call.args[0], seen)]
    for _ in range(_MAX_ROUNDS):
        following: list[ast.expr] = []
        for one in pending:
            secret, more = _follow(names, one, seen)
            if secret:
                return secret
            following += more
        pending = following
        if not pending:
            break
    return ""


def _follow(names: FileNames, node: ast.AST, seen: set[tuple[ast.AST, str]]) -> tuple[str, list[ast.expr]]:
    """Climb from a value to what it becomes: a secret's name, or the further uses of a plain name."""
    while True:
        parent = names.parents.get(node)
        if parent is None or isinstance(
            parent, (ast.Compare, ast.Expr, ast.If, ast.While, ast.For, ast.Assert)
        ):
            return "", []
        # Which of several is taken depends on a path: the taint engine's business.
        if isinstance(parent, (ast.IfExp, ast.List, ast.Tuple, ast.Set, ast.DictComp)):
            return "", []
        if isinstance(parent, ast.Call):
            secret = _argument(names, parent, node)
            if secret:
                return secret, []
            if not _passes_on(names, parent, node):
                return "", []
        elif isinstance(parent, ast.keyword):
            if parent.arg and promises_secret(parent.arg):
                return parent.arg, []
            outer = names.parents.get(parent)
            if isinstance(outer, ast.Call) and not _passes_on(names, outer, node):
                secret = _argument(names, outer, node)
                return secret, []
        elif isinstance(parent, ast.Dict):
            for key, value in zip(parent.keys, parent.values, strict=True):
                if value is node and isinstance(key, ast.Constant) and promises_secret(str(key.value)):
                    return str(key.value), []
            return "", []
        elif isinstance(parent, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
            return _assigned(names, parent, seen)
        elif isinstance(parent, (ast.Return, ast.Yield)):
            return _returned(names, parent, seen)
        elif isinstance(parent, ast.stmt):
            return "", []
        node = parent


def _passes_on(names: FileNames, call: ast.Call, node: ast.AST) -> bool:
    """Whether a call's result is made of this argument: built-ins, methods of texts; not one's own or a library's."""
    called = names.dotted(call.func)
    if node is call.func:
        return True  # a method of the value itself
    if called in {
        "str",
        "int",
        "hex",
        "oct",
        "bin",
        "format",
        "bytes",
        "abs",
        "round",
        "chr",
        "list",
        "tuple",
        "map",
        "sorted",
        "repr",
        "float",
        "ord",
        "reversed",
    }:
        return True
    if called in {
        "math.floor",
        "base64.b64encode",
        "base64.urlsafe_b64encode",
        "binascii.hexlify",
        "uuid.UUID",
    } or called.startswith("hashlib."):
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr in {
        "join",
        "format",
        "zfill",
        "encode",
        "append",
        "randint",
        "randrange",
        "hexdigest",
    }


def _argument(names: FileNames, call: ast.Call, node: ast.AST) -> str:
    """A call that takes a secret here: a cookie's value, a session's, a key."""
    if isinstance(call.func, ast.Attribute):
        method = call.func.attr
        if method == "set_cookie":
            cookie = next((str(one) for one in names.option(call, "key", 0) or ()), "")
            is_value = len(call.args) > _COOKIE_VALUE and _holds(call.args[_COOKIE_VALUE], node)
            is_value = is_value or any(
                one.arg == "value" and _holds(one.value, node) for one in call.keywords
            )
            if is_value and (not cookie or names_somebody(cookie) or promises_secret(cookie)):
                return f"the cookie {cookie}".rstrip()
    called = names.dotted(call.func)
    if (
        called in {"hmac.new", "jwt.encode", "cryptography.fernet.Fernet"}
        and call.args
        and _holds(call.args[0], node)
    ):
        return "a key" if called != "jwt.encode" else ""
    return ""


def _holds(outer: ast.AST, inner: ast.AST) -> bool:
    return any(one is inner for one in ast.walk(outer))


def _assigned(
    names: FileNames,
    node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr,
    seen: set[tuple[ast.AST, str]],
) -> tuple[str, list[ast.expr]]:
    following: list[ast.expr] = []
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Name):
            if promises_secret(target.id):
                return target.id, []
            following += _uses(names, target, seen)
        elif isinstance(target, ast.Attribute):
            if promises_secret(target.attr):
                return target.attr, []
        elif isinstance(target, ast.Subscript):
            if names.dotted(target.value).endswith("flask.session") or names.dotted(target.value).endswith(
                ".session"
            ):
                return "the session", []
            key = target.slice.value if isinstance(target.slice, ast.Constant) else ""
            if promises_secret(str(key)):
                return str(key), []
            if isinstance(target.value, ast.Name) and promises_secret(target.value.id):
                return target.value.id, []
    return "", following


def _uses(names: FileNames, target: ast.expr, seen: set[tuple[ast.AST, str]]) -> list[ast.expr]:
    """Where a plain name is read in its own scope."""
    if not isinstance(target, ast.Name):
        return []
    scope = names.scope_of(target)
    if (scope, target.id) in seen or isinstance(scope, ast.Module):
        return []
    seen.add((scope, target.id))
    if len(names.bindings(target)) != 1:
        return []
    return [
        one
        for one in ast.walk(scope)
        if isinstance(one, ast.Name) and one.id == target.id and isinstance(one.ctx, ast.Load)
    ]


def _returned(names: FileNames, node: ast.AST, seen: set[tuple[ast.AST, str]]) -> tuple[str, list[ast.expr]]:
    scope = names.scope_of(node)
    if not isinstance(scope, Function):
        return "", []
    if promises_secret(scope.name):
        return scope.name, []
    if (scope, "return") in seen:
        return "", []
    seen.add((scope, "return"))
    calls: list[ast.expr] = [
        call
        for call in names.calls
        if (isinstance(call.func, ast.Name) and call.func.id == scope.name)
        or (isinstance(call.func, ast.Attribute) and call.func.attr == scope.name)
    ]
    return "", calls
