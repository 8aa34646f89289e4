"""One judgement in one thread: what runs in the middle of it, and whose fault it is where it fails."""

from __future__ import annotations

import errno
from _thread import get_ident

from dayfly.runtime.guard import owncode
from dayfly.runtime.guard.refusal import RefusedRecord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from dayfly.runtime.guard.guarding import Guard
    from dayfly.runtime.guard.recording import Recorder

# Events within what the guard does about an event, that are not its own.
_MANY_DEEP = 3
_MANY_FRAMES = 400
# What a judgement may need of the stack: where less is left it would be a judge's error, which is taken for a text's that it cannot read.
_DEEPEST = 64
_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM))
# Where the guard's own work begins, each a module and a function of it; these call what they were handed, as a turn does.
_BEGINNINGS = frozenset(
    (
        (owncode.GUARD + "hooks", "hook"),
        (owncode.GUARD + "guarding", "_judge"),
        (owncode.GUARD + "guarding", "_begin_comparison"),
        (owncode.GUARD + "guarding", "_compare"),
        (owncode.GUARD + "capabilities", "ask_wrapped"),
    )
)
# The interpreter's own functions that call what they were handed where nobody called them: finalisers of `weakref`, of `multiprocessing`.
_UNCALLED = ("__call__", "__del__")
_TURN = (owncode.GUARD + "reentrancy", "take_turn")


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
        for is_last in (False, True):
            try:
                _probe_stack(_DEEPEST)
                act(*arguments)
                break
            except RefusedRecord:
                raise
            except Exception as fault:
                # Trust boundary: a fault of ours must not become the customer's; `guard_on_fault` says how it goes on.
                if guard.is_foreign(fault):
                    # A signal's handler, say: it would have ended the operation as well.
                    raise
                is_full = is_exhausted(fault)
                if is_full and guard.refuses("guard.fault"):
                    # An event can have these used up, which lets nothing pass.
                    raise
                # Ours comes again; what another thread has raised here, a timeout of the function's, does not.
                if is_last or is_full:
                    guard.fail(fault, frame)
                    break
    finally:
        if depth:
            busy[ident] = depth
        else:
            busy.pop(ident, None)


def is_exhausted(fault: Exception) -> bool:
    """Say whether the process has no more stack, memory or descriptors, or the machine none."""
    if isinstance(fault, OSError):
        return fault.errno in _EXHAUSTED
    return isinstance(fault, (RecursionError, MemoryError))


def read_beginning(path: str, most: int) -> bytes | None:
    """Return the first `most` bytes of a file, None where it cannot be read.

    Raises OSError where this process lacks what the file's reader may have: a descriptor, say.
    """
    try:
        with open(path, "rb") as file:
            return file.read(most)
    except (OSError, ValueError) as fault:
        if is_exhausted(fault):
            raise
        return None


def _probe_stack(frames: int) -> None:
    if frames:
        _probe_stack(frames - 1)


def is_at_work(guard: Guard | Recorder, frame: FrameType | None) -> bool:
    """Say whether the guard itself does this while it judges, and no code that it met on the way.

    Somebody may call Dayfly's functions with functions of his own to call: what begins the guard's work is not excused itself.
    """
    for number in range(_MANY_FRAMES):
        if frame is None:
            break
        function = owncode.function_of(frame)
        if function in _BEGINNINGS or (function == _TURN and number == 0):
            return number > 0
        if not function[0] and (frame.f_code.co_name in _UNCALLED or not guard.is_interpreters(frame.f_code)):
            break
        frame = frame.f_back
    return False
