"""botocore reads the frames that are written."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from dayfly.lab.streaming.eventstream import encode_event


@pytest.mark.parametrize("payload", [b"", b"x", b"\0" * 70_000, "ü".encode()])
def test_a_frame_is_read_as_it_was_written_and_checksums_hold(payload: bytes) -> None:
    buffer = EventStreamBuffer()
    frame = encode_event("PayloadChunk", "application/octet-stream", payload)
    for byte in (frame[:7], frame[7:], frame):
        buffer.add_data(byte)
    messages = list(buffer)
    assert [message.payload for message in messages] == [payload, payload]
    headers: Any = messages[0].headers
    assert headers == {
        ":event-type": "PayloadChunk",
        ":content-type": "application/octet-stream",
        ":message-type": "event",
    }
