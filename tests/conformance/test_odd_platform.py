"""A Runtime API that misbehaves makes Dayfly end, never hang, and never serve what was not an event."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
BROKEN = {
    "server error": b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}",
    "forbidden": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}",
    "not http": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "no request id": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "bad length, no request id": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    "request id that is a path": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLambda-Runtime-Aws-Request-Id: ../../init/error\r\n\r\n{}"
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_answer_to_next_ends_the_runtime_unanswered(case: str) -> None:
    """As under plain awslambdaric, which dies of it; Lambda's documentation tells a runtime to exit promptly."""
    with RuntimeProcess(FUNCTIONS, "memory.leak", runtime="dayfly") as process:
        process.api.wait_until_ready()
        before = len(process.api.requests)
        process.api.send({}, raw=BROKEN[case], request_id="broken")
        status = process.wait_exit(60)
        answered = [one for one in process.api.requests[before:] if "response" in one.head.target]
    assert status != 0
    assert answered == []


def test_long_headers_arrive() -> None:
    context = '{"custom": {"k": "' + "v" * 100_000 + '"}}'
    with RuntimeProcess(FUNCTIONS, "view.context_fields", runtime="dayfly") as process:
        payload = process.invoke({}, Lambda_Runtime_Client_Context=context).payload
    assert isinstance(payload, dict)
    assert len(payload["client_context"][0]["k"]) == 100_000


def test_a_refused_answer_costs_only_its_invocation() -> None:
    """A worker cannot have answered meanwhile; the platform may still refuse, and says so with 4xx."""
    with RuntimeProcess(FUNCTIONS, "memory.leak", runtime="dayfly") as process:
        process.api.max_payload_bytes = 1
        assert process.invoke({}).status == 413
        process.api.max_payload_bytes = 1000
        assert process.invoke({}).payload == {"seen": 1, "environ": "1"}
