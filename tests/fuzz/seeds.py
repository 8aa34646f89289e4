"""Streams as Dayfly and the platform really send them: where a fuzzer begins, and what structured strategies break."""

from __future__ import annotations

from dayfly.core import frames
from dayfly.core.handshake import Ready
from dayfly.core.settings import SETTINGS

SEEDS: dict[str, list[bytes]] = {
    "control_frames": [
        frames.pack_control(frames.FORKED, b"77") + frames.pack_control(frames.REAPED, b"77 256"),
        frames.pack_control(frames.READY, Ready(["a"], ["b"], 1.0).pack()),
        frames.pack_control(frames.CALL, b"GET\n/restore/next\n\n"),
    ],
    "settings": [bytes([at]) + b"=" + one.default.encode() for at, one in enumerate(SETTINGS)] + [b"\x02=9"],
    "activities": [
        b'{"resource":"/o/{id}","httpMethod":"GET","requestContext":{"identity":{"sourceIp":"2001:db8::1"}},"queryStringParameters":{"q":"\' or 1=1"}}',
        b'{"Records":[{"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:r:1:q","body":"{\\"a\\":[1]}"}]}',
        b'{"statusCode":"404","body":"x"}',
        b'{"requestContext":{"http":{"method":"POST"}},"routeKey":"$default","isBase64Encoded":true,"body":"YT0lMjc="}',
    ],
}
