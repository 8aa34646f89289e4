"""One judgement in one thread: what runs in the middle of it, and whose fault it is where it fails."""

from __future__ import annotations

from _thread import get_ident

from dayfly.runtime.guard.refusal import RefusedRecord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from dayfly.runtime.guard.guarding import Guard
    from dayfly.runtime.guard.recording import Recorder

# Events within what the guard does about an event, that are not its own.
_MANY_DEEP = 3


def take_turn(
    guard: Guard | Recorder, frame: FrameType, act: Callable[..., None], *arguments: object
) -> None:
    """Have `act` judge what happens in `frame`; raises what it refuses with, and what foreign code raised meanwhile."""
    busy, ident = guard.busy, get_ident()
    depth = busy.get(ident, 0)
    if depth >= _MANY_DEEP:
        # What it calls calls it: functions that it needs were replaced, or finalisers set for it.
        guard.refuse("guard.nested", frame)
        return
    busy[ident] = depth + 1
    try:
        act(*arguments)
    except (RefusedRecord, RecursionError, MemoryError):
        # Whoever has used up the stack is told so, and not let through.
        raise
    except Exception as fault:
        # Trust boundary: a fault of ours must not become the customer's; `guard_on_fault` says how it goes on.
        if guard.is_foreign(fault):
            # A signal's handler, say: it would have ended the operation as well.
            raise
        guard.fail(fault, frame)
    finally:
        if depth:
            busy[ident] = depth
        else:
            busy.pop(ident, None)
