"""Broken hashes: `weak.hash`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.weak.names import FileNames

# RFC 6151 (MD5), RFC 6150 (MD4), RFC 6194 and https://shattered.io (SHA-1).
BROKEN = frozenset({"md2", "md4", "md5", "sha", "sha1", "sha-1", "md5-sha1", "mdc2", "ripemd"})
_CONSTRUCTORS = frozenset(
    {
        *(f"hashlib.{name}" for name in ("md5", "sha1", "md4")),
        *(f"_hashlib.openssl_{name}" for name in ("md5", "sha1")),
        "md5.new",
        "md5.md5",
        "sha.new",
        "sha.sha",
        *(
            f"{package}.Hash.{name}.new"
            for package in ("Crypto", "Cryptodome")
            for name in ("MD2", "MD4", "MD5", "SHA", "SHA1")
        ),
        *(
            f"passlib.hash.{name}.{method}"
            for name in ("md5_crypt", "hex_md5", "ldap_md5", "hex_sha1", "des_crypt")
            for method in ("hash", "encrypt", "using")
        ),
    }
)
_CRYPTOGRAPHY = "cryptography.hazmat.primitives.hashes"
_SIGNERS = frozenset({"sign", "verify"})
# Protocols that ask for this digest by name, and nothing else: S3's Content-MD5, an entity tag.
_ASKED_FOR = frozenset({"contentmd5", "content_md5", "content-md5", "etag"})


def find_hashes(names: FileNames) -> Iterator[tuple[ast.Call, str]]:
    """Calls that make a broken hash, with its name."""
    for call in names.calls:
        found = _broken(names, call)
        if found and not _is_asked_for(names, call):
            yield call, found


def _broken(names: FileNames, call: ast.Call) -> str:
    called = names.dotted(call.func)
    if not called:
        return ""
    if names.option(call, "usedforsecurity") == [False]:
        return ""
    if called in _CONSTRUCTORS:
        return called.rpartition(".")[2] if called.startswith("hashlib") else called
    if called in {"hashlib.new", "_hashlib.new", "Crypto.Hash.new"}:
        for value in names.option(call, "name", 0) or ():
            if isinstance(value, str) and value.lower() in BROKEN:
                return value
    if called == "hashlib.file_digest":
        digest = call.args[1] if len(call.args) > 1 else None
        digest = next((one.value for one in call.keywords if one.arg == "digest"), digest)
        if digest is not None:
            by_name = [str(one).lower() for one in names.constants(digest)]
            if names.dotted(digest) in _CONSTRUCTORS or any(one in BROKEN for one in by_name):
                return by_name[0] if by_name else names.dotted(digest).rpartition(".")[2]
    if called.startswith(_CRYPTOGRAPHY + ".") and called.rpartition(".")[2] in {"MD5", "SHA1"}:
        parent = names.parents.get(call)
        if isinstance(parent, ast.Call):
            outer = names.dotted(parent.func)
            is_signer = isinstance(parent.func, ast.Attribute) and parent.func.attr in _SIGNERS
            if outer == f"{_CRYPTOGRAPHY}.Hash" or is_signer:
                return called.rpartition(".")[2]
    return ""


def _is_asked_for(names: FileNames, call: ast.Call) -> bool:
    node: ast.AST = call
    for _ in range(12):
        parent = names.parents.get(node)
        if parent is None or isinstance(parent, ast.stmt | ast.Module):
            if isinstance(parent, ast.Assign):
                return any(
                    _name(target) in _ASKED_FOR or _is_handed_on(names, parent, target)
                    for target in parent.targets
                )
            return False
        if _asks(parent, node):
            return True
        node = parent
    return False


def _asks(holder: ast.AST, node: ast.AST) -> bool:
    """Whether an argument or an entry of a dict is one that asks for the digest."""
    if isinstance(holder, ast.keyword):
        return (holder.arg or "").lower() in _ASKED_FOR
    if isinstance(holder, ast.Dict):
        for key, value in zip(holder.keys, holder.values, strict=True):
            if value is node and isinstance(key, ast.Constant) and str(key.value).lower() in _ASKED_FOR:
                return True
    return False


def _is_handed_on(names: FileNames, statement: ast.stmt, target: ast.expr) -> bool:
    """Whether every use of a local name, in its function, is as such an argument or on the way to one."""
    scope: ast.AST | None = statement
    while scope is not None and not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        scope = names.parents.get(scope)
    if scope is None or not isinstance(target, ast.Name):
        return False
    uses = [
        one
        for one in ast.walk(scope)
        if isinstance(one, ast.Name) and one.id == target.id and isinstance(one.ctx, ast.Load)
    ]
    return bool(uses) and all(_reaches(names, one) for one in uses)


def _reaches(names: FileNames, node: ast.AST) -> bool:
    for _ in range(6):
        parent = names.parents.get(node)
        if parent is None or isinstance(parent, ast.stmt):
            return False
        if _asks(parent, node):
            return True
        node = parent
    return False


def _name(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id.lower()
    if isinstance(target, ast.Attribute):
        return target.attr.lower()
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value).lower()
    return ""
