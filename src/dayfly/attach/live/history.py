"""Reads from the journal what was done to each function and what was there before; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.live.journal import digest
from dayfly.attach.live.model import is_dayfly_layer
from dayfly.attach.wrappers import WRAPPER_VARIABLE

# They change what attach set and put Dayfly on nothing: of a function that another machine attached they know nothing.
_BESIDE = ("promote", "rollback")


@dataclass(frozen=True, slots=True)
class Known:
    """What the journal knows of a function that Dayfly is on.

    `former` has what Dayfly's variables were before (None: not there), `names_before` those of Dayfly's that were there
    already. `is_whole` says that Dayfly was not on it before the first record, so that nothing is missing.
    """

    layers_before: tuple[str, ...]
    layers_after: tuple[str, ...]
    former: Mapping[str, str | None] = field(repr=False)
    names_before: frozenset[str]
    hashes: tuple[tuple[str, Mapping[str, str]], ...]
    is_whole: bool

    def was_set(self, name: str, value: str) -> bool:
        """Say whether `value` is what an attach set `name` to."""
        return any(hashes.get(name) == digest(salt, name, value) for salt, hashes in self.hashes)

    @property
    def layers_added(self) -> frozenset[str]:
        """The layers that were not there before."""
        return frozenset(self.layers_after) - frozenset(self.layers_before)

    def is_ours(self, name: str) -> bool:
        """Say whether an attach set `name` at all."""
        return any(name in hashes for _, hashes in self.hashes)


@dataclass(frozen=True, slots=True)
class Run:
    """A run of attach that has begun; `left` are the functions of which no end is written down."""

    id: str
    request: Mapping[str, Any]
    functions: tuple[str, ...]
    left: tuple[str, ...]
    is_ended: bool


class History:
    """The journal's records put together; grows with `add`, which raises nothing for records it does not know."""

    def __init__(self, records: Iterable[Mapping[str, Any]] = ()) -> None:
        self._known: dict[str, Known] = {}
        self._pending: dict[str, Mapping[str, Any]] = {}
        self._runs: dict[str, dict[str, Any]] = {}
        for record in records:
            self.add(record)

    def known(self, arn: str) -> Known | None:
        """What was done to the function and not taken back."""
        return self._known.get(arn)

    def pending(self, arn: str) -> Mapping[str, Any] | None:
        """The record of a call of which no end is written down: it was made or not."""
        return self._pending.get(arn)

    def attached(self) -> list[str]:
        """ARNs of all functions that the journal says Dayfly was put on."""
        return sorted(self._known.keys() | self._pending.keys())

    def last_run(self) -> Run | None:
        """The newest run of attach."""
        if not self._runs:
            return None
        key, run = list(self._runs.items())[-1]
        functions = tuple(run["functions"])
        left = tuple(name for name in functions if name not in run["ended"])
        return Run(key, run["request"], functions, left, run["is_ended"])

    def add(self, record: Mapping[str, Any]) -> None:
        """Take one record more."""
        kind, arn, run = record.get("kind"), str(record.get("arn", "")), str(record.get("run", ""))
        if kind == "begin":
            self._runs[run] = {
                "request": dict(record.get("request") or {}),
                "functions": [str(name) for name in record.get("functions") or ()],
                "ended": set(),
                "is_ended": False,
            }
        elif kind == "outcome" and run in self._runs:
            self._runs[run]["ended"].add(str(record.get("function", "")))
        elif kind == "end" and run in self._runs:
            self._runs[run]["is_ended"] = True
        elif kind == "intend":
            self._pending[arn] = record
        elif kind == "void":
            self._pending.pop(arn, None)
        elif kind == "lost":
            # Somebody took Dayfly off without this journal: what it knows is of another life.
            self._known.pop(arn, None)
        elif kind == "done" and (pending := self._pending.pop(arn, None)) is not None:
            command = pending.get("command")
            if command == "detach":
                self._known.pop(arn, None)
            elif command not in _BESIDE or arn in self._known:
                self._known[arn] = _put_together(self._known.get(arn), pending)


def was_applied(record: Mapping[str, Any], facts: FunctionFacts) -> bool:
    """Say from the function itself whether the call that `record` announces was carried out.

    Layers and variables go in one call, so a part of either stands for both.
    """
    variables = facts.environment.variables
    layers = {layer.arn for layer in facts.layers}
    before, after = (set(record.get(name) or ()) for name in ("layers_before", "layers_after"))
    if before != after:
        return after - before <= layers and not (before - after) & layers
    salt, hashes = str(record.get("salt", "")), record.get("set") or {}
    is_set = all(digest(salt, name, variables.get(name, "")) == known for name, known in hashes.items())
    return is_set and not any(name in variables for name in record.get("removed") or ())


def _put_together(known: Known | None, record: Mapping[str, Any]) -> Known:
    former = {str(name): value for name, value in (record.get("former") or {}).items()}
    hashes = (str(record.get("salt", "")), dict(record.get("set") or {}))
    after = tuple(map(str, record.get("layers_after") or ()))
    if known is None:
        return Known(
            layers_before=tuple(map(str, record.get("layers_before") or ())),
            layers_after=after,
            former=former,
            names_before=frozenset(map(str, record.get("names_before") or ())),
            hashes=(hashes,),
            is_whole=not record.get("was_attached"),
        )
    found = tuple(map(str, record.get("layers_before") or ()))
    if found == known.layers_after:
        before = known.layers_before
    else:
        # Somebody changed the layers since; what is theirs now is what has to stay.
        before = tuple(arn for arn in found if arn not in known.layers_added and not is_dayfly_layer(arn))
    # What the second attach found of a variable that the first had set is no former value.
    more = {name: value for name, value in former.items() if not known.is_ours(name)}
    return Known(
        layers_before=before,
        layers_after=after,
        former={**more, **known.former},
        names_before=known.names_before,
        hashes=(*known.hashes, hashes),
        is_whole=known.is_whole,
    )


def names_of_dayfly(variables: Iterable[str]) -> list[str]:
    """Return the names that Dayfly reads, or may, among a function's variables."""
    return sorted(name for name in variables if name.startswith("DAYFLY_") or name == WRAPPER_VARIABLE)
