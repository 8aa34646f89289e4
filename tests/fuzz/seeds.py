"""Streams as Dayfly and the platform really send them: where a fuzzer begins, and what structured strategies break."""

from __future__ import annotations

from tests.fuzz.targets import NONCE

from dayfly.core import frames, loglines
from dayfly.core.findings import WORKER_DIED, Where, finding_line
from dayfly.core.handshake import Ready
from dayfly.core.settings import SETTINGS

FINDING = finding_line(WORKER_DIED, Where(environment="e", function="f", version="1"), now=1.0, message="m")
NOTE = frames.pack_note(NONCE, b"Wapp.job\nDspans")
RESULT = frames.pack_answer_head(NONCE, frames.RESULT, b"application/json", 4) + b'"ok"'
ERROR = frames.pack_answer_head(NONCE, frames.ERROR, b'{"a":1}', 2) + b"{}"
REPORTS = (
    frames.pack_report(NONCE, finding=b"Grefused|python.structure||app.py:7 f|")
    + frames.pack_report(NONCE, error=b"{}")
    + frames.pack_report(bytes(16), finding=b"Gobserved|sql.x|||")
    + frames.pack_report(NONCE)
)
EVENT = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 7-a\r\n"
    b"Lambda-Runtime-Deadline-Ms: 1790000000000\r\n"
)

SEEDS: dict[str, list[bytes]] = {
    "answers": [RESULT, ERROR, NOTE + RESULT, RESULT + RESULT, NOTE + NOTE, REPORTS + NOTE + ERROR],
    "control_frames": [
        frames.pack_control(frames.FORKED, b"77") + frames.pack_control(frames.REAPED, b"77 256"),
        frames.pack_control(frames.READY, Ready(["a"], ["b"], 1.0).pack()),
        frames.pack_control(frames.CALL, b"GET\n/restore/next\n\n"),
    ],
    "replies": [
        EVENT + b"Content-Length: 2\r\n\r\n{}",
        EVENT + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nA: b\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\nno",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.0 200 OK\r\n\r\nrest",
    ],
    "requests": [
        b"GET /2020-01-01/extension/event/next HTTP/1.1\r\nLambda-Extension-Identifier: x\r\n\r\n",
        b'POST /2020-01-01/extension/register HTTP/1.1\r\nContent-Length: 2\r\nA: "b"\r\n\r\n{}',
    ],
    "log_lines": [FINDING, b"START\nplain\r\nlines", b"x" * 300 + FINDING.replace(b"D", b"\\u0044")],
    "telemetry": [
        loglines.telemetry_frame(loglines.TELEMETRY_INFO_JSON, bytes(8), b'{"a":1}') * 2,
        loglines.telemetry_frame(loglines.TELEMETRY_WARNING_JSON, bytes(8), FINDING),
    ],
    "ready": [Ready(["thread 'ä'", "socket"], ["note"], 1790000000.0).pack(), "E²".encode()],
    "process_records": [b"a) S 1 (b", b"x\ny) Z 1"],
    "settings": [bytes([at]) + b"=" + one.default.encode() for at, one in enumerate(SETTINGS)] + [b"\x02=9"],
    "activities": [
        b'{"resource":"/o/{id}","httpMethod":"GET","requestContext":{"identity":{"sourceIp":"2001:db8::1"}},"queryStringParameters":{"q":"\' or 1=1"}}',
        b'{"Records":[{"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:r:1:q","body":"{\\"a\\":[1]}"}]}',
        b'{"statusCode":"404","body":"x"}',
        b'{"requestContext":{"http":{"method":"POST"}},"routeKey":"$default","isBase64Encoded":true,"body":"YT0lMjc="}',
    ],
    "tenants": [
        b'{"requestContext":{"authorizer":{"claims":{"sub":"a"}}},"body":"x"}',
        b'{"requestContext":{"authorizer":{"claims":{"sub":"a","s\\u0075b":"b"}}}}',
        b'{"cognitoIdentityId":"eu-central-1:a"}',
        b"[" * 200_000,
        b'{"a":' + b"9" * 5000 + b"}",
    ],
    "answer_fields": [b"8476a536-e9f4-11e8-9739-2dfe598c3fcd", b"../../init/error", b"\x00\x00\x7f"],
}
