"""Moves an alias to a new version, at once or by weights in steps, and moves it back where that goes wrong.

Every call names the alias's revision and expects the state it left: what somebody else made of the alias meanwhile is
never overwritten, forwards or backwards.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.attach.recycle.model import RecycleError, StoppedError
from dayfly.attach.recycle.planning import AliasMove, AliasState
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_TRIES = 6


class AliasChangedError(RecycleError):
    """Somebody else changed the alias meanwhile; it was left as they made it."""


class Guard(Protocol):
    """Says whether to go on."""

    def check(self, version: str = "", alias: str = "") -> None:
        """Raises StoppedError where alarms, errors or somebody's Ctrl-C say that it must end here."""

    def rest(self, seconds: float, version: str = "", alias: str = "") -> None:
        """Wait, and check meanwhile; raises StoppedError likewise."""


@dataclass(frozen=True, slots=True)
class Moved:
    """An alias that leads to the last of `states`, may lead to any of them, and led to `before`."""

    alias: str
    before: AliasState
    states: tuple[AliasState, ...]


# What is noted before and after each change, for whoever resumes: (event, fields).
Record = Callable[[str, dict[str, Any]], None]


class Shifter:
    """Moves the aliases of one function; `pause_s` lies between steps."""

    def __init__(
        self, caller: Caller, client: LambdaClient, guard: Guard, *, record: Record, pause_s: float
    ) -> None:
        self._caller = caller
        self._client = client
        self._guard = guard
        self._record = record
        self._pause_s = pause_s

    def shift(
        self, function: str, move: AliasMove, new: str, percents: Sequence[int]
    ) -> Generator[str, None, Moved]:
        """Yield in words what is done, step by step; the return value is what to undo.

        Raises AliasChangedError, StoppedError and RecycleError after moving it back where it was under way.
        """
        states = move.states(new, percents)
        moved = Moved(move.alias, move.before, states)
        at = move.before
        try:
            for number, state in enumerate(states):
                self._guard.check()
                self._record("moving", _noted(moved, new))
                self.set(function, move.alias, (at,), state)
                at = state
                is_last = number == len(states) - 1
                yield f"the alias {move.alias} points to {state}" + (
                    "" if is_last else f"; watching for errors for {self._pause_s:.0f} s"
                )
                if not is_last:
                    self._guard.rest(self._pause_s, new, move.alias)
        except AliasChangedError:
            self._record("left", {"alias": move.alias})
            raise
        except GeneratorExit:
            # Whoever watched is gone; half of a move must not stay.
            if at != states[-1]:
                self.put_back(function, moved)
            raise
        except (DayflyError, KeyboardInterrupt) as error:
            kind = StoppedError if isinstance(error, StoppedError | KeyboardInterrupt) else RecycleError
            raise kind(
                f"{_message(error)}; {self.put_back(function, moved)}",
                hint=error.hint if isinstance(error, DayflyError) else "",
            ) from error
        self._record("moved", _noted(moved, new))
        return moved

    def put_back(self, function: str, moved: Moved) -> str:
        """Move an alias back to where it was found, and say in words how that went; never raises DayflyError."""
        try:
            is_changed = self.set(function, moved.alias, moved.states, moved.before)
        except DayflyError as error:
            self._try_to_record("stuck", _noted(moved, ""))
            return (
                f"THE ALIAS {moved.alias} OF {function} WAS NOT MOVED BACK: it previously pointed to "
                f"{moved.before} ({error.message})"
            )
        self._try_to_record("moved-back", {"alias": moved.alias})
        if not is_changed:
            return f"the alias {moved.alias} points to {moved.before}, as before"
        return f"the alias {moved.alias} was moved back to {moved.before}, whose environments serve again"

    def _try_to_record(self, event: str, fields: dict[str, Any]) -> None:
        # A full disk must not keep an alias from going back; then the journal says "moving", and whoever resumes looks.
        with contextlib.suppress(DayflyError):
            self._record(event, fields)

    def set(self, function: str, alias: str, expected: Sequence[AliasState], wanted: AliasState) -> bool:
        """Lead `alias` to `wanted`, and say whether that was a change.

        Raises AliasChangedError where it is found neither there nor at one of `expected`.
        """
        what = f"the alias {alias} of {function}"
        for tries in range(1, _TRIES + 1):
            found = self._caller.call(
                self._client.get_alias, what=f"cannot read {what}", FunctionName=function, Name=alias
            )
            state = state_of(found)
            if state == wanted:
                # An answer that was lost, or nothing to do.
                return tries > 1
            if state not in expected:
                raise AliasChangedError(
                    f"{what} points to {state}, set by another user or tool, and was not changed",
                    hint="wait until that deployment ends, then run the command again",
                )
            named: dict[str, Any] = {"RevisionId": found["RevisionId"]} if found.get("RevisionId") else {}
            try:
                self._caller.call(
                    self._client.update_alias,
                    what=f"Lambda rejected moving {what}",
                    FunctionName=function,
                    Name=alias,
                    FunctionVersion=wanted.version,
                    # Left out, the old weights would stay.
                    RoutingConfig={"AdditionalVersionWeights": dict(wanted.weights)},
                    **named,
                )
                return True
            except CallError as error:
                if error.code not in ("PreconditionFailedException", "ResourceConflictException"):
                    raise
                self._caller.sleep(self._caller.delay(tries))
        raise RecycleError(f"another user or tool keeps changing {what}", hint="run it again later")


def state_of(answer: Mapping[str, Any]) -> AliasState:
    """Where an alias leads, as GetAlias tells it."""
    routed = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return AliasState(str(answer["FunctionVersion"]), tuple(sorted(routed.items())))


def _noted(moved: Moved, new: str) -> dict[str, Any]:
    def plain(state: AliasState) -> list[Any]:
        return [state.version, dict(state.weights)]

    return {
        "alias": moved.alias,
        "before": plain(moved.before),
        "states": [plain(state) for state in moved.states],
        "version": new,
    }


def _message(error: BaseException) -> str:
    return error.message if isinstance(error, DayflyError) else "interrupted"
