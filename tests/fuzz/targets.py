"""What must hold for any bytes that the supervisor, events or whoever writes settings sends.

Each target takes a stream and sizes of pieces, and fails by any exception but the documented one, by a result
that depends on the pieces, or by keeping more than it may. hypothesis and the coverage-guided fuzzer share them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from tests.fuzz.pieces import same_however_cut
from tests.fuzz.small import limit

from dayfly.core import frames
from dayfly.core.activity import Activity
from dayfly.core.frames import ControlReader, FrameError
from dayfly.core.proofs import FleetKey
from dayfly.core.settings import load_settings
from dayfly.errors import SettingError
from dayfly.testing.invocations import facts_of

CONTROL_HEAD_BYTES = 5
Target = Callable[[bytes, Sequence[int]], object]


def control_frames(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """Control frames come out as they went in, up to the first that announces too much."""

    def see(pieces: Sequence[bytes]) -> object:
        reader = ControlReader()
        found: list[tuple[int, bytes]] = []
        for piece in pieces:
            try:
                found += reader.feed(piece)
            except FrameError as fault:
                _assert_final(lambda: reader.feed(b"\0" * 8), FrameError)
                return str(fault)
            assert len(reader._buffer) <= CONTROL_HEAD_BYTES + limit(frames, "MAX_CONTROL_BYTES")
        packed = b"".join(frames.pack_control(kind, payload) for kind, payload in found)
        assert packed + bytes(reader._buffer) == b"".join(pieces)
        return found

    return same_however_cut(stream, sizes, see)


def settings(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """Any value of any setting is in bounds or a SettingError."""
    from dayfly.core.handshake import ZygoteOptions
    from dayfly.core.settings import SETTINGS

    name, _, value = stream.partition(b"=")
    index = (name[0] if name else 0) % len(SETTINGS)
    text = value.decode("utf-8", "surrogateescape").replace("\0", "")
    try:
        loaded = load_settings({SETTINGS[index].variable: text}, {})
    except SettingError as fault:
        return _told(fault)
    assert 1 <= loaded.max_invocations <= 10**9
    for seconds in (loaded.max_age, loaded.zygote_max_age, loaded.fork_deliver):
        assert 0 <= seconds <= 30 * 86400
    hooks = (loaded.zygote_prime, loaded.zygote_events, loaded.fork_before, loaded.fork_after)
    options = ZygoteOptions(
        prime=hooks[0], events=hooks[1], before=hooks[2], after=hooks[3], temporary=("/tmp",)
    )
    again = ZygoteOptions.unpack(options.pack())
    assert (again.prime, again.events, again.before, again.after) == hooks
    assert again.temporary == ("/tmp",)
    return None


def activities(stream: bytes, sizes: Sequence[int] = ()) -> object:
    """Whatever an event and an answer hold, an invocation's line is short ASCII, the same each time, and says nothing of theirs."""
    told = []
    for _ in range(2):
        activity = Activity()
        activity.read_event({}, stream, FleetKey(bytes(32)))
        activity.read_answer(stream, length=len(stream), is_result=True)
        told.append(facts_of(activity))
    assert told[0] == told[1]
    line = json.dumps(told[0])
    assert line.isascii()
    assert len(line) < 1024
    return told[0]


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        activities,
        control_frames,
        settings,
    )
}


def _assert_final(again: Callable[[], object], error: type[Exception]) -> None:
    """An error is final: a reader that lost its place never finds one again."""
    try:
        again()
    except error:
        return
    raise AssertionError(f"a reader went on after its {error.__name__}")


def _told(fault: SettingError) -> bytes:
    """Return what the user is told; a message that cannot be written would hide what is wrong."""
    assert fault.message
    assert fault.hint
    return f"{fault.message} {fault.hint}".encode()
