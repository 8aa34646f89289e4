"""What a dotted name in a file means, by the names that its imports bind."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def dotted(node: ast.expr, names: Mapping[str, str]) -> str:
    """`a.b.c` with its first part as `names` have it; "" for anything but a name and attributes of it."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([names.get(node.id, node.id), *reversed(parts)])
