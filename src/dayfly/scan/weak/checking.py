"""The family `weak`, one file at a time: what is certain without following the event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.checks import find_check
from dayfly.scan.model import Confidence, Finding, Note, NoteKind, Place, Step
from dayfly.scan.weak.ciphers import find_ciphers
from dayfly.scan.weak.cookies import SECURE, find_cookies
from dayfly.scan.weak.hashing import find_hashes
from dayfly.scan.weak.names import FileNames
from dayfly.scan.weak.randomness import find_draws

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from dayfly.scan.source.project import PythonFile

# Cheap to ask, and most files answer no.
_WORDS = (
    b"random",
    b"uuid1",
    b"hashlib",
    b"md5",
    b"sha1",
    b"SHA1",
    b"MD5",
    b"ookie",
    b"COOKIE",
    b"DES",
    b"ARC",
    b"AES",
    b"iphers",
    b"passlib",
)


def check_file(file: PythonFile) -> Iterator[Finding | Note]:
    """What is weak in one file: the draw, hash, cipher or cookie itself; a pure function of the file's content."""
    if not any(word in file.data for word in _WORDS):
        return
    tree = file.tree
    if tree is None:
        return
    try:
        names = FileNames(tree)
        found = [finding for node, finding in _find(file, names) if not names.is_dead(node)]
    except RecursionError:
        yield Note(
            NoteKind.BOUNDED, "is nested too deeply for the checks of the family weak", Place(file.path)
        )
        return
    yield from sorted(found, key=lambda one: (one.place, one.check))


def _find(file: PythonFile, names: FileNames) -> Iterator[tuple[ast.AST, Finding]]:
    for call, secret in find_draws(names):
        drawn = names.dotted(call.func).replace("()", "")
        yield _finding(
            file,
            "weak.randomness",
            call,
            f"{drawn} is predictable, and {secret} is made from it",
            (
                "An attacker who has seen values of this environment can predict the values of the next "
                "customers."
            ),
        )
    for call, algorithm in find_hashes(names):
        yield _finding(
            file,
            "weak.hash",
            call,
            f"{algorithm.upper()} is broken: an attacker can create two contents with the same digest",
            "An attacker can replace content that is identified by this digest.",
        )
    for call, cipher in find_ciphers(names):
        yield _finding(
            file,
            "weak.cipher",
            call,
            f"{cipher} does not protect the data that it encrypts",
            "An attacker can read customers' data.",
        )
    for check, node, cookie in find_cookies(names):
        named = f"the cookie {cookie!r}" if cookie else "a cookie"
        message = (
            f"{named} is set without Secure, so it is also sent over plain HTTP"
            if check == SECURE
            else f"{named} is set without HttpOnly, so scripts of the page can read it"
        )
        yield _finding(
            file, check, node, message, "An attacker who gets the cookie can act as that customer."
        )


def _finding(
    file: PythonFile, check_id: str, node: ast.AST, message: str, harm: str
) -> tuple[ast.AST, Finding]:
    check = find_check(check_id)
    place = file.place(node)
    return node, Finding(
        check_id,
        message,
        place,
        check.severity,
        Confidence.HIGH,
        steps=(Step(place, message),),
        harm=harm,
        fix=check.fix,
    )
