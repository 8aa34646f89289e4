"""The audit hook: which of the interpreter's events concern the guard, in which thread, and whose doing they are.

What raises no event is out of reach here: native code, and a subinterpreter's own work.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from dayfly.runtime.guard.audit_events import ACTS
from dayfly.runtime.guard.reentrancy import is_at_work, take_turn
from dayfly.runtime.guard.refusal import Refused, RefusedRecord
from dayfly.runtime.guard.switch import HEARD_ACTIVE, HEARD_IDLE, HEARD_STARTING, make_switch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from dayfly.runtime.guard.audit_events import Act, Arguments
    from dayfly.runtime.guard.capabilities import Capabilities
    from dayfly.runtime.guard.guarding import Guard
    from dayfly.runtime.guard.recording import Recorder

# What the guard's own work causes: it reads texts, files and the heap, and loads modules for that.
_OWN_WORK = frozenset(
    "code.__new__ compile exec gc.get_objects gc.get_referrers import marshal.loads object.__setattr__ "
    "open os.listdir os.scandir".split()
)
# Whose code is whose has to be known of modules that the guard itself loads, and between events.
_ALWAYS = frozenset(("exec", "object.__setattr__"))


def arm(guard: Guard) -> str:
    """Install the hook; it stays as long as the interpreter does. Return why it is not the native one, "" where it is."""
    switch, limit = make_switch()
    guard.switch = switch
    uses = _uses(guard.capabilities) if guard.capabilities is not None else {}
    # Of this one the native seal alone takes note.
    events = [("object.__delattr__", 0)]
    for event in (ACTS | uses).keys() | _ALWAYS:
        when = HEARD_ACTIVE
        if event in uses or event in _ALWAYS:
            when |= HEARD_STARTING
        if event == "exec" or (event in uses and event in _ALWAYS):
            when |= HEARD_IDLE
        events.append((event, when))
    switch.install(make_hook(guard), tuple(events), (Refused, RefusedRecord), int(guard.is_starting))
    return limit


def make_hook(guard: Guard) -> Callable[[str, Arguments], None]:
    find, busy, ident_now, frame_at = ACTS.get, guard.busy, get_ident, sys._getframe
    is_active = guard.switch.is_active
    wrapper: CodeType | None = None
    uses: dict[str, Act] = {}
    if guard.capabilities is not None:
        from dayfly.runtime.guard.patched_builtins import WRAPPER

        wrapper = WRAPPER
        uses = _uses(guard.capabilities)
        find = _both(ACTS, uses).get
    find_use = uses.get

    def hook(event: str, arguments: Arguments) -> None:
        act = find(event)
        if act is None:
            return
        if event == "dayfly.guard":
            act(guard, arguments, frame_at())
            return
        if not is_active():
            act = find_use(event)
            if event != "exec" and (act is None or not (guard.is_starting or event in _ALWAYS)):
                return
        try:
            frame = frame_at(1)
        except ValueError:
            # A thread that runs nothing but a builtin.
            frame = frame_at()
        if event == "exec":
            guard.keep_module(arguments[0], frame)
        if act is None:
            return
        ident = ident_now()
        if frame.f_code is wrapper and frame.f_back is not None:
            # What stands in for a builtin is called by who calls that.
            frame = frame.f_back
        if ident in busy and event in _OWN_WORK and is_at_work(guard, frame):
            act = find_use(event) if event in _ALWAYS and guard.capabilities is not None else None
            if act is not None:
                act(guard, arguments, frame)
            return
        take_turn(guard, frame, act, guard, arguments, frame)

    return hook


def make_use_hook(recorder: Recorder) -> Callable[[str, Arguments], None]:
    """Return a hook that has uses noted, and judges nothing."""
    from dayfly.runtime.guard.patched_builtins import WRAPPER
    from dayfly.runtime.guard.uses import acts_for

    assert recorder.capabilities is not None
    capabilities, busy = recorder.capabilities, recorder.busy
    find = acts_for(capabilities.kinds).get

    def hook(event: str, arguments: Arguments) -> None:
        if (act := find(event)) is None or (ident := get_ident()) in busy:
            return
        busy[ident] = 1
        try:
            frame = sys._getframe(1)
            act(capabilities, arguments, frame.f_back or frame if frame.f_code is WRAPPER else frame)
        except Exception as fault:
            # Trust boundary: what is recorded must not become a failed test.
            recorder.fail(fault, None)
        finally:
            busy.pop(ident, None)

    return hook


def _uses(capabilities: Capabilities) -> dict[str, Act]:
    """Return what the policy's kinds have to do at which event."""
    from dayfly.runtime.guard.uses import acts_for

    def bound(use: Callable[[Capabilities, Arguments, FrameType], None]) -> Act:
        return lambda _guard, arguments, frame: use(capabilities, arguments, frame)

    return {event: bound(use) for event, use in acts_for(capabilities.kinds).items()}


def _both(acts: dict[str, Act], uses: dict[str, Act]) -> dict[str, Act]:
    """Return both for each event: what the event brought first, which says more."""

    def follow(act: Act, use: Act) -> Act:
        def follow_up(guard: Guard, arguments: Arguments, frame: FrameType) -> None:
            act(guard, arguments, frame)
            use(guard, arguments, frame)

        return follow_up

    return acts | {event: follow(acts[event], use) if event in acts else use for event, use in uses.items()}
