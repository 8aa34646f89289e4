"""Functions that are only mentioned in what was walked: a framework, a name or a hook may call them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dayfly.scan.permissions.program import Class, Function, Program
    from dayfly.scan.permissions.scopes import Scope


def find_mentioned(
    program: Program, scopes: Sequence[Scope], handler: str, is_framework: Callable[[Class], bool]
) -> list[Function]:
    """Functions that something may call which is not followed, in the order of the files.

    `scopes` were walked; `handler` is the qualified name of what is called anyway; `is_framework` tells
    whether somebody else's code calls the methods of a class.
    """
    mentions: set[str] = set()
    is_dynamic = False
    for scope in scopes:
        mentions |= scope.mentions
        is_dynamic = is_dynamic or scope.is_dynamic
    name = handler.rpartition(".")[2]
    walked = {scope.node for scope in scopes}
    out = []
    for node, function in program.functions.items():
        if isinstance(node, ast.Lambda):
            continue
        is_hook = (
            function.cls is not None and function.name.startswith("__") and function.cls.node.name in mentions
        )
        is_subclass = (
            function.cls is not None and is_framework(function.cls) and function.cls.node.name in mentions
        )
        if (
            function.name in mentions
            or is_hook
            or is_subclass
            or (function.is_decorated and function.name != name)
            or (is_dynamic and function.cls is not None)
        ) or function.scope.node in walked:
            out.append(function)
    return sorted(out, key=lambda one: (one.scope.file.path, one.node.lineno))
