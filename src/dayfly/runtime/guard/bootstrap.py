"""Stands between AWS's loop and the handler: a refusal that comes out of the handler is an error of the invocation.

AWS leaves frames of "/bootstrap.py" out at the top of an error's stack trace: with this file's name there is no frame of
Dayfly's in one.
"""

from __future__ import annotations

from types import TracebackType

from awslambdaric import bootstrap

from dayfly.runtime.guard.refusal import Refused, RefusedRecord

_FOLDER = (lambda: 0).__code__.co_filename.removesuffix("bootstrap.py")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.runtime.guard.guarding import Guard

    Handler = Callable[[object, object], object]


def stand_between(guard: Guard) -> None:
    """Have every handler that AWS's loop loads from here on called through `guard`."""
    load = bootstrap._get_handler

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

    bootstrap._get_handler = load_guarded


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
        except BaseException:
            guard.leave()
            raise
        guard.leave()
        return answer

    return handle


def _functions_part(refused: BaseException) -> TracebackType | None:
    """Return a refusal's trace from the handler to where it was refused, without the guard's own steps."""
    entries: list[TracebackType] = []
    trace = refused.__traceback__
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(_FOLDER):
            entries.append(trace)
        trace = trace.tb_next
    rebuilt: TracebackType | None = None
    for entry in reversed(entries):
        rebuilt = TracebackType(rebuilt, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return rebuilt
