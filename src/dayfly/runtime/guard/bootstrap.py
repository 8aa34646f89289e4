"""Stands between AWS's loop and the handler: a refusal that comes out of the handler is an error of the invocation.

AWS leaves frames of "/bootstrap.py" out at the top of an error's stack trace: with this file's name there is no frame of
Dayfly's in one.
"""

from __future__ import annotations

from awslambdaric import bootstrap

from dayfly.runtime.guard.refusal import Refused, RefusedRecord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.runtime.guard.guarding import Guard

    Handler = Callable[[object, object], object]


def stand_between(guard: Guard) -> None:
    """Have every handler that AWS's loop loads from here on called through `guard`."""
    load = bootstrap._get_handler

    def load_guarded(name: str) -> Handler:
        return guarded(load(name), guard)

    bootstrap._get_handler = load_guarded


def guarded(handler: Handler, guard: Guard) -> Handler:
    """Return `handler` with refusals turned into what AWS's loop catches."""

    def handle(event: object, context: object) -> object:
        guard.enter()
        try:
            answer = handler(event, context)
        except Refused as refused:
            guard.leave(refused)
            raise RefusedRecord(str(refused)).with_traceback(refused.__traceback__) from None
        except RefusedRecord as refused:
            guard.leave(refused)
            raise
        except BaseException:
            guard.leave()
            raise
        guard.leave()
        return answer

    return handle
