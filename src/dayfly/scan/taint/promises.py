"""Names that promise something: a secret that can be foretold (`weak.randomness`), a right the caller claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.promises import promises_secret
from dayfly.scan.taint.joining import direct_taint
from dayfly.scan.taint.judging import harmful_labels
from dayfly.scan.taint.knowledge.model import Danger, Part
from dayfly.scan.taint.values import Const, predictable

if TYPE_CHECKING:
    import ast

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value

CHECK = "weak.randomness"
# A right that the caller gives itself.
_RIGHTS = frozenset(
    {"is_admin", "isAdmin", "is_superuser", "is_staff", "is_root", "is_authenticated", "is_owner"}
)


def check(machine: Machine, name: str | Value, value: Value, node: ast.AST) -> None:
    """A value gets a name: of a variable, an attribute, a key, a parameter or the function that returns it."""
    if machine.recorder is None:
        return
    taint = direct_taint(value)
    if not taint:
        return
    word = name.value if isinstance(name, Const) else name
    if word in _RIGHTS and isinstance(name, str):
        claims = harmful_labels(machine.store, value, Danger.TRUST, Part.ANY)
        if claims:
            machine.recorder.add_finding(machine, "event.trust", node, claims, word)
    labels = predictable(taint)
    if labels and isinstance(word, str) and promises_secret(word):
        machine.recorder.add_finding(machine, CHECK, node, labels, word)
