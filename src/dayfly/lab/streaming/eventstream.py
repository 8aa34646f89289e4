"""Frames of `application/vnd.amazon.eventstream`, in which InvokeWithResponseStream answers; pure.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

MEDIA_TYPE = "application/vnd.amazon.eventstream"
# What one PayloadChunk holds at most; clients take 24 MiB, and read no frame before its end.
MAX_PAYLOAD_BYTES = 64 * 1024
_STRING = 7
_PRELUDE = struct.Struct(">II")
_CHECKSUM = struct.Struct(">I")


def encode_event(kind: str, content_type: str, payload: bytes) -> bytes:
    """Return one event as a message: prelude, headers, payload, and the checksums of the first and of all."""
    headers = _encode_headers({":event-type": kind, ":content-type": content_type, ":message-type": "event"})
    overhead = _PRELUDE.size + 2 * _CHECKSUM.size
    prelude = _PRELUDE.pack(overhead + len(headers) + len(payload), len(headers))
    head = prelude + _CHECKSUM.pack(zlib.crc32(prelude)) + headers + payload
    return head + _CHECKSUM.pack(zlib.crc32(head))


def _encode_headers(headers: Mapping[str, str]) -> bytes:
    encoded = bytearray()
    for name, value in headers.items():
        text = value.encode()
        encoded += bytes((len(name),)) + name.encode("ascii") + bytes((_STRING,))
        encoded += struct.pack(">H", len(text)) + text
    return bytes(encoded)
