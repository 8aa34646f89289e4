"""Stands between AWS's loop and the handler: a refusal that comes out of the handler is an error of the invocation.

AWS leaves frames of "/bootstrap.py" out at the top of an error's stack trace: with this file's name there is no frame of
Dayfly's in one.
"""

from __future__ import annotations

from types import CodeType, TracebackType

from awslambdaric import bootstrap

from dayfly.runtime.guard import owncode
from dayfly.runtime.guard.refusal import Refused, RefusedRecord, error_body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from dayfly.runtime.guard.guarding import Guard

    Handler = Callable[[object, object], object]

    class Client(Protocol):
        """What of AWS's client is called here."""

        def post_invocation_error(self, invoke_id: str, body: str, xray_fault: str) -> None:
            """Tell of an invocation's error."""


def stand_between(guard: Guard) -> None:
    """Have every handler that AWS's loop loads from here on called through `guard`, and the loop around it, too."""
    load, handle_request = bootstrap._get_handler, bootstrap.handle_event_request

    def load_guarded(name: str) -> Handler:
        guard.enter()
        try:
            handler = load(name)
        except Refused as refused:
            guard.leave(refused)
            raise RefusedRecord(str(refused)).with_traceback(_functions_part(refused)) from None
        finally:
            guard.leave()
        if refusal := guard.end_of_loading():
            # What it is after that is not what was deployed.
            raise RefusedRecord(refusal)
        return guarded(handler, guard)

    def handle_guarded(client: Client, handler: Handler, invoke_id: str, *rest: object) -> None:
        try:
            handle_request(client, handler, invoke_id, *rest)
        except (Refused, RefusedRecord) as refused:
            # While AWS's loop describes an error it catches nothing: an exception's own text may be code of the event's.
            guard.leave(refused)
            client.post_invocation_error(invoke_id, error_body(str(refused), invoke_id).decode(), "{}")

    # For who finds it within another tool's wrapper, which has taken these over.
    handle_guarded.guarded = handle_guarded  # type: ignore[attr-defined]
    handle_guarded.unguarded = handle_request  # type: ignore[attr-defined]
    bootstrap._get_handler = load_guarded
    bootstrap.handle_event_request = handle_guarded


def guarded(handler: Handler, guard: Guard) -> Handler:
    """Return `handler` with refusals turned into what AWS's loop catches."""

    def handle(event: object, context: object) -> object:
        guard.enter()
        try:
            answer = handler(event, context)
        except Refused as refused:
            guard.leave(refused)
            raise RefusedRecord(str(refused)).with_traceback(_functions_part(refused)) from None
        except RefusedRecord as refused:
            guard.leave(refused)
            raise refused.with_traceback(_functions_part(refused)) from None
        except BaseException as error:
            guard.leave()
            # Its trace has no frame that would not be there without the guard.
            error.__traceback__ = _functions_part(error)
            raise
        guard.leave()
        return answer

    return handle


# What calls every handler: while it is on the stack, the function runs.
HANDLE = next(one for one in guarded.__code__.co_consts if type(one) is CodeType)


def _functions_part(error: BaseException) -> TracebackType | None:
    """Return an error's trace from the handler to where it was raised, without the guard's own steps."""
    entries: list[TracebackType] = []
    trace = error.__traceback__
    while trace is not None:
        if not owncode.module_of(trace.tb_frame).startswith(owncode.GUARD):
            entries.append(trace)
        trace = trace.tb_next
    rebuilt: TracebackType | None = None
    for entry in reversed(entries):
        rebuilt = TracebackType(rebuilt, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return rebuilt
