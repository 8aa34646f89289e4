"""Where a name promises a secret and the value can be foretold: `weak.randomness`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.promises import promises_secret
from dayfly.scan.taint.joining import direct_taint
from dayfly.scan.taint.values import Const, predictable

if TYPE_CHECKING:
    import ast

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

CHECK = "weak.randomness"


def check(machine: Machine, name: str | Value, value: Value, node: ast.AST) -> None:
    """A value gets a name: of a variable, an attribute, a key, a parameter or the function that returns it."""
    if machine.recorder is None:
        return
    labels = predictable(direct_taint(value))
    if not labels:
        return
    word = name.value if isinstance(name, Const) else name
    if isinstance(word, str) and promises_secret(word):
        machine.recorder.add_finding(machine, CHECK, node, labels, word)
