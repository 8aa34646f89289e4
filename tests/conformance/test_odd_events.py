"""An odd event costs itself at most: what awslambdaric serves comes out the same, the rest is answered with an error.

awslambdaric's client is C++ on curl: it takes nearly every byte in a header, and ends on a few.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.rie import Rie
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
ID = b"8476a536-e9f4-11e8-9739-2dfe598c3fcd"
CONTEXT, IDENTITY = b"Lambda-Runtime-Client-Context", b"Lambda-Runtime-Cognito-Identity"
DEADLINE, TRACE = b"Lambda-Runtime-Deadline-Ms", b"Lambda-Runtime-Trace-Id"
HEADERS = {
    b"Content-Type": b"application/json",
    b"Lambda-Runtime-Aws-Request-Id": ID,
    DEADLINE: b"%d" % ((time.time() + 600) * 1000),
    b"Lambda-Runtime-Invoked-Function-Arn": b"arn:aws:lambda:eu-central-1:123456789012:function:function",
    TRACE: b"Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
}
NAMES = (
    TRACE,
    b"Lambda-Runtime-Invoked-Function-Arn",
    b"Lambda-Runtime-Aws-Tenant-Id",
    b"Lambda-Runtime-Invocation-Id",
    b"X-Unknown",
)
BYTES = {"DEL": b"a\x7fb", "SOH": b"a\x01b", "carriage return": b"a\rb", "tab": b"a\tb", "nothing": b""}


def event(
    *lines: tuple[bytes, bytes],
    body: bytes = b"{}",
    without: Sequence[bytes] = (),
    frame: bytes | None = None,
    status: bytes = b"200 OK",
) -> bytes:
    """The reply to GET /next: Lambda's headers but those in `lines` and `without`, `lines`, and what ends the body."""
    left_out = {name for name, _ in lines} | set(without)
    pairs = [pair for pair in HEADERS.items() if pair[0] not in left_out] + list(lines)
    head = [b"HTTP/1.1 " + status, *(name + b": " + value for name, value in pairs)]
    head.append(b"Content-Length: %d" % len(body) if frame is None else frame)
    return b"\r\n".join([*head, b"", body])


def context(value: bytes) -> tuple[bytes, bytes]:
    return CONTEXT, b'{"custom": {"k": "' + value + b'"}}'


SERVED = {
    **{
        f"{name.decode()} with {kind}": event((name, value))
        for name in NAMES
        for kind, value in BYTES.items()
    },
    **{f"client context with {kind}": event(context(value)) for kind, value in BYTES.items()},
    **{
        f"identity with {kind}": event((IDENTITY, b'{"cognitoIdentityId": "%s"}' % v))
        for kind, v in BYTES.items()
    },
    **{f"no {name.decode()}": event(without=[name]) for name in (*NAMES, DEADLINE)},
    **{
        f"deadline {text.decode()}": event((DEADLINE, text))
        for text in (b"1", b"-5", b"+5", b"12 34", b"12\x7f", b"1790000000000.5", b"9" * 13)
    },
    **{
        f"client context {text[:12].decode()}": event((CONTEXT, text))
        for text in (b"", b"nope", b"[1]", b"5", b"null", b"[" * 50_000, b'{"custom": "x", "env": 3}')
    },
    "client context in UTF-8": event(context("äöü€😀\u2028\x85".encode())),
    "client context of 100,000 bytes": event(context(b"v" * 100_000)),
    "400 kB of headers": event(*((b"X-%d" % number, b"v" * 50_000) for number in range(8))),
    "4,000 headers": event(*((b"X-%d" % number, b"v") for number in range(4_000))),
    "client context twice": event(context(b"1"), context(b"2")),
    "trace twice": event((TRACE, b"1"), (TRACE, b"2")),
    "request id twice": event(
        (b"Lambda-Runtime-Aws-Request-Id", ID), (b"Lambda-Runtime-Aws-Request-Id", b"x")
    ),
    "unknown header that is not UTF-8": event((b"X-Unknown", b"\xff")),
    "header without a name": event((b"", b"x")),
    "header name with a space": event((b"X Y", b"x")),
    "length twice": event(frame=b"Content-Length: 2\r\nContent-Length: 2"),
    "chunks": event(frame=b"Transfer-Encoding: chunked", body=b"1;x=y\r\n{\r\n1\r\n}\r\n0\r\nX: y\r\n\r\n"),
    "lines that end in a line feed": event().replace(b"\r\n", b"\n"),
    "DEL in the status line": event(status=b"200 O\x7fK"),
    "status without a reason": event(status=b"200"),
    "status 201": event(status=b"201 Created"),
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + event(),
    **{
        f"body {number} {text[:30]!r}": event(body=text)
        for number, text in enumerate(
            (
                b"",
                b"{nope",
                b'"\xff"',
                b'"\0"',
                b"NaN",
                b"1" * 5_000,
                b"\xef\xbb\xbf{}",
                b'"\\ud800"',
                b'{"a": 1, "a": 2}',
                b"[" * 900 + b"]" * 900,
                b"[" * 100_000 + b"]" * 100_000,
                b'"' + b"x" * 6_000_000 + b'"',
                b'{"x": 1e999, "y": -0, "z": 123456789012345678901234567890}',
            )
        )
    },
}
# Of HTTP services: where the Runtime API is locked for them, an error is answered with status 502.
OF_HTTP = {
    f"HTTP {number} {text[:40]!r}": event(body=text)
    for number, text in enumerate(
        (
            b'{"resource": "/", "path": "/", "body": "\0"}',
            b'{"resource": "/", "path": "/", "body": "\\ud800\xff"}',
            b'{"resource": "/", "path": "/", "body": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            b'{"resource": "/", "path": "/", "body": ' + b"[" * 100_000,
            b'{"version": "2.0", "routeKey": "' + b"x" * 3_000_000 + b'"}',
            b'{"version": "2.0", "version": 3, "routeKey"',
        )
    )
}
# awslambdaric ends on these, and with it the environment.
REFUSED = {
    **{f"NUL in {name.decode()}": event((name, b"a\0b")) for name in (*NAMES, CONTEXT, IDENTITY)},
    **{f"line feed in {name.decode()}": event((name, b"a\nb")) for name in (*NAMES, CONTEXT, IDENTITY)},
    **{f"{name.decode()} not UTF-8": event((name, b"\xff")) for name in (*NAMES[:4], CONTEXT, IDENTITY)},
    **{
        f"deadline {text[:6].decode()}": event((DEADLINE, text))
        for text in (b"0", b"abc", b"9" * 30, b"9" * 4_800, b"", b"0x10", "١٢٣".encode())
    },
    "no content type": event(without=[b"Content-Type"]),
    "folded header": event((CONTEXT, b'{"custom":\r\n {}}')),
    "folded header with a tab": event((CONTEXT, b'{"custom":\r\n\t{}}')),
    "line without a colon": event(frame=b"Content-Length: 2\r\nnonsense"),
    "headers without an end": event((b"X-Long", b"v" * 3_000_000)),
    "NUL before the request id": event().replace(b"OK\r\n", b"OK\r\nX-First: a\0b\r\n"),
    "length that is negative": event(frame=b"Content-Length: -2"),
    "length that is a word": event(frame=b"Content-Length: two"),
    "lengths that differ": event(frame=b"Content-Length: 3\r\nContent-Length: 2"),
    "encoding that is not known": event(frame=b"Transfer-Encoding: gzip, chunked"),
    "chunk that is not one": event(frame=b"Transfer-Encoding: chunked", body=b"zz\r\n{}"),
    "body beyond every limit": event(frame=b"Content-Length: 999999999"),
}


def view(process: RuntimeProcess, raw: bytes) -> tuple[str, object]:
    """What the caller gets: kind and payload, without where in the code an error was raised."""
    outcome = process.settle(process.api.send(raw=raw, request_id=ID.decode()))
    payload = outcome.payload if outcome.body else None
    if isinstance(payload, dict):
        payload = {name: value for name, value in payload.items() if name not in ("stackTrace", "repr")}
    return outcome.kind, payload


@pytest.fixture(params=["invocation-http", "invocation-on", "invocation-off", "window-http", "process-http"])
def dayfly(request: pytest.FixtureRequest) -> object:
    isolation, lock = request.param.split("-")
    process = RuntimeProcess(
        FUNCTIONS,
        "view.context_fields",
        runtime="dayfly",
        environment={
            "DAYFLY_ISOLATION": isolation,
            "DAYFLY_API_LOCK": lock,
            "DAYFLY_SCOPE": "descendants",
        },
    )
    with process:
        process.api.wait_until_ready()
        yield process


def test_what_awslambdaric_serves_is_served_the_same(dayfly: RuntimeProcess) -> None:
    differing: dict[str, object] = {}
    with RuntimeProcess(FUNCTIONS, "view.context_fields", runtime="plain") as plain:
        for name, raw in (SERVED | OF_HTTP).items():
            expected, seen = view(plain, raw), view(dayfly, raw)
            if (
                name in OF_HTTP
                and expected[0] == "error"
                and isinstance(seen[1], dict)
                and "statusCode" in seen[1]
            ):
                seen = expected if seen[1]["statusCode"] == 502 else seen
            if seen != expected:
                differing[name] = (str(expected)[:500], str(seen)[:500])
            assert dayfly.process.poll() is None, f"{name} ended the runtime: {dayfly.output()[-500:]}"
            assert plain.process.poll() is None, f"{name} ended awslambdaric"
    assert differing == {}


def test_a_connection_that_has_said_more_or_closes_is_replaced(dayfly: RuntimeProcess) -> None:
    """awslambdaric ends on it or not, by what comes first."""
    for _ in range(3):
        assert view(dayfly, event(frame=b"Content-Length: 1"))[0] == "error"
        assert view(dayfly, event(frame=b"Content-Length: 2\r\nConnection: close"))[0] == "response"
        assert dayfly.invoke({}).kind == "response"


def test_what_awslambdaric_ends_on_is_answered_with_an_error_and_the_next_event_served(
    dayfly: RuntimeProcess,
) -> None:
    for name, raw in REFUSED.items():
        kind, payload = view(dayfly, raw)
        assert dayfly.process.poll() is None, f"{name} ended the runtime: {dayfly.output()[-500:]}"
        assert kind == "error", name
        assert isinstance(payload, dict)
        assert payload["errorType"] == "Runtime.UnmarshalError", name
        assert "Error: Unable to read the event: " in payload["errorMessage"]
        assert dayfly.invoke({"after": name}).payload["event"] == {"after": name}  # type: ignore[index]
    said = dayfly.output()
    assert said.count("was answered with an error") == len(REFUSED)
    assert "Traceback" not in said


def test_no_byte_of_a_client_context_ends_an_environment_of_awss_emulator() -> None:
    with Rie(FUNCTIONS, "view.context_fields", runtime="dayfly") as rie:
        for text in ("a\x7fb", "a\x01b", "a\x1bb", "a\0b", "äöü\x85", "a\r\nb"):
            raw = b'{"custom": {"k": "' + text.encode() + b'"}}'
            sent = {"X-Amz-Client-Context": base64.b64encode(raw).decode()}
            answer = rie.invoke({}, headers=sent)
            assert answer.error_type in ("", "Runtime.LambdaContextUnmarshalError", "Runtime.UnmarshalError")
            payload = rie.invoke({"after": text}).payload
            assert isinstance(payload, dict)
            assert payload["event"] == {"after": text}
        assert rie.logs().count('"environment.started"') == 1
