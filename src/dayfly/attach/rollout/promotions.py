"""Reads from attach's journal which promotions of a function were made and not taken back; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.live.history import was_applied
from dayfly.attach.live.journal import digest
from dayfly.attach.rollout.policylayer import is_policy_layer
from dayfly.attach.rollout.undo import SET, VARIABLE, Undo, UndoError, parse

PROMOTE = "promote"
ROLLBACK = "rollback"


class Promotions:
    """The journal's records of promotions, as stacks by ARN: a rollback takes the last one off."""

    def __init__(self, records: Iterable[Mapping[str, Any]]) -> None:
        self._stacks: dict[str, list[Mapping[str, Any]]] = {}
        self._pending: dict[str, Mapping[str, Any]] = {}
        for record in records:
            self._add(record)

    def last(self, facts: FunctionFacts) -> tuple[Undo, str | None] | None:
        """Return what takes back the last promotion, and what VARIABLE was before it; None where the journal does not know.

        Nor does it where the function is not as that promotion left it: somebody else changed it since, and what the
        function itself says is newer.
        """
        stack = list(self._stacks.get(facts.arn, ()))
        pending = self._pending.get(facts.arn)
        if pending is not None and was_applied(pending, facts):
            # A run was killed when Lambda had done it and nobody had written so.
            _take(stack, pending)
        if not stack or not _is_as_left(stack[-1], facts):
            return None
        record = stack[-1]
        former = {str(name): value for name, value in (record.get("former") or {}).items()}
        current = facts.environment.variables
        layer = next((str(arn) for arn in record.get("layers_before") or () if is_policy_layer(str(arn))), "")
        undo = Undo({name: former[name] if name in former else current.get(name) for name in SET}, layer)
        return undo, former.get(VARIABLE)

    def _add(self, record: Mapping[str, Any]) -> None:
        kind, arn = record.get("kind"), str(record.get("arn", ""))
        if kind == "intend":
            self._pending[arn] = record
        elif kind == "void":
            self._pending.pop(arn, None)
        elif kind == "lost":
            self._stacks.pop(arn, None)
        elif kind == "done" and (pending := self._pending.pop(arn, None)) is not None:
            _take(self._stacks.setdefault(arn, []), pending)


def _take(stack: list[Mapping[str, Any]], record: Mapping[str, Any]) -> None:
    command = record.get("command")
    if command == PROMOTE:
        stack.append(record)
    elif command == ROLLBACK and stack:
        stack.pop()
    elif command == "detach":
        stack.clear()


def _is_as_left(record: Mapping[str, Any], facts: FunctionFacts) -> bool:
    variables = facts.environment.variables
    salt, hashes = str(record.get("salt", "")), record.get("set") or {}
    policies = [arn for arn in record.get("layers_after") or () if is_policy_layer(str(arn))]
    return policies == [one.arn for one in facts.layers if is_policy_layer(one.arn)] and all(
        digest(salt, name, variables.get(name, "")) == known
        # What says nothing is no newer promotion: whoever spoils it must not keep the journal from taking this one back.
        or (name == VARIABLE and _is_spoilt(variables.get(name, "")))
        for name, known in hashes.items()
    )


def _is_spoilt(text: str) -> bool:
    try:
        parse(text)
    except UndoError:
        return bool(text)
    return False
