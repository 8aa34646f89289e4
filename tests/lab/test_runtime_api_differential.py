"""The lab's Runtime API and AWS's emulator answer the same scripted client alike."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from tests.lab.raw_http import RawAnswer, RawConnection
from tests.rie import rie_binary

from dayfly.lab.runtime_api import InvocationEvent, Outcome, RuntimeApi

BASE = "/2018-06-01/runtime"
NEXT = f"{BASE}/invocation/next"
BLOCKED_S = 0.3
TOO_LARGE = b'"' + b"a" * (6 * 1024 * 1024 + 200) + b'"'
# Dates and lengths vary; the rest of what the two send is compared.
_COMPARED_HEADERS = re.compile(r"content-type|allow|x-content-type-options|lambda-.*")
_TRAILER_NAMES = "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"


class Platform(Protocol):
    """One side: a Runtime API to which the test's client plays the runtime."""

    address: str

    def invoke(self, payload: bytes) -> Future[bytes]:
        """Start an invocation; resolves to the payload its caller gets."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Emulator:
    """AWS's emulator. Its own child sleeps: the runtime is the test's client."""

    def __init__(self, log: Path) -> None:
        runtime, front = _free_port(), _free_port()
        self.address = f"127.0.0.1:{runtime}"
        self._front = front
        self._log = log
        self._pool = ThreadPoolExecutor(4)
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                [
                    *(str(rie_binary()), "--log-level", "error"),
                    *("--runtime-api-address", self.address),
                    *("--runtime-interface-emulator-address", f"127.0.0.1:{front}"),
                    *("/bin/sleep", "300"),
                ],
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={
                    "PATH": "/usr/bin:/bin",
                    "AWS_LAMBDA_FUNCTION_TIMEOUT": "120",
                    "AWS_LAMBDA_FUNCTION_NAME": "function",
                },
                start_new_session=True,
            )
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", front), timeout=1).close()
                socket.create_connection(("127.0.0.1", runtime), timeout=1).close()
                return
            assert time.monotonic() < deadline, log.read_text()
            threading.Event().wait(0.02)

    def invoke(self, payload: bytes) -> Future[bytes]:
        def post() -> bytes:
            connection = http.client.HTTPConnection("127.0.0.1", self._front, timeout=60)
            with contextlib.closing(connection):
                connection.request("POST", "/2015-03-31/functions/function/invocations", payload)
                return connection.getresponse().read()

        future = self._pool.submit(post)
        # It starts its runtime with the first event, and drops whoever polls before that.
        deadline = time.monotonic() + 20
        while b"START RequestId" not in self._log.read_bytes():
            assert time.monotonic() < deadline, self._log.read_text()
            threading.Event().wait(0.01)
        return future

    def close(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # The emulator gave its child a process group of its own.
        for pid in _children_that_sleep(self._process.pid):
            os.kill(pid, signal.SIGKILL)
        self._pool.shutdown(wait=False, cancel_futures=True)


def _children_that_sleep(session: int) -> list[int]:
    """Processes of the emulator's session that outlived it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(") ")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.parent.name))
    return found


class Lab:
    """The lab's Runtime API on an event loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._api = self._run(self._start())
        self.address = self._api.address
        self._previous: asyncio.Task[None] | None = None

    def _run(self, work: object) -> RuntimeApi:
        assert asyncio.iscoroutine(work)
        result = asyncio.run_coroutine_threadsafe(work, self._loop).result(20)
        return result if isinstance(result, RuntimeApi) else self._api

    async def _start(self) -> RuntimeApi:
        api = RuntimeApi("function", "app.handler")
        await api.start()
        api.new_life()
        return api

    def invoke(self, payload: bytes) -> Future[bytes]:
        async def serve() -> bytes:
            return (await self._serve(payload)).payload

        return asyncio.run_coroutine_threadsafe(serve(), self._loop)

    def invoke_outcome(self, payload: bytes) -> Future[Outcome]:
        return asyncio.run_coroutine_threadsafe(self._serve(payload), self._loop)

    async def _serve(self, payload: bytes) -> Outcome:
        await self._api.settled.wait()
        deadline_ms = int(time.time() * 1000) + 60000
        self._api.deliver(InvocationEvent(str(uuid.uuid4()), payload, "arn:aws:lambda:x", deadline_ms))
        return await self._api.outcome

    def close(self) -> None:
        self._run(self._api.close())

        async def cancel_rest() -> None:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        self._run(cancel_rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client saw of one exchange, with what must differ masked."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


class Script:
    """Records named exchanges against one platform."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.seen: dict[str, Seen | str | bool] = {}
        self._connections: list[RawConnection] = []
        self._polling: set[RawConnection] = set()

    def connect(self) -> RawConnection:
        connection = RawConnection(self.platform.address)
        self._connections.append(connection)
        return connection

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def note(self, name: str, answer: RawAnswer) -> RawAnswer:
        assert name not in self.seen
        headers = sorted((k, v) for k, v in answer.headers if _COMPARED_HEADERS.fullmatch(k))
        self.seen[name] = Seen(
            answer.status, tuple((k, _mask(k, v)) for k, v in headers), _mask("", answer.body.decode()[:400])
        )
        return answer

    def take(self, connection: RawConnection, name: str, payload: bytes) -> tuple[str, Future[bytes]]:
        """Invoke, poll, and return the request id and what the caller will get."""
        result = self.platform.invoke(payload)
        if connection not in self._polling:
            connection.send_request("GET", NEXT)
        self._polling.discard(connection)
        answer = self.note(name, connection.read())
        return answer.header("lambda-runtime-aws-request-id"), result

    def payload(self, name: str, result: Future[bytes], connection: RawConnection) -> None:
        """Record what the caller got. The emulator lets it go only when the runtime polls again."""
        connection.send_request("GET", NEXT)
        self._polling.add(connection)
        self.seen[name] = result.result(20).decode()


def _mask(key: str, value: str) -> str:
    if key.endswith(("-deadline-ms", "-function-arn", "-event-identifier")):
        return "…"
    if key == "lambda-runtime-trace-id":
        return "…"
    value = re.sub(r'"handler":"[^"]*"', '"handler":"…"', value)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", value)


def before_any_event(script: Script) -> None:
    """Routes, and every refusal that does not need an event."""
    runtime = script.connect()
    first = script.platform.invoke(b'{"n": 0}')
    register, event = "/2020-01-01/extension/register", "/2020-01-01/extension/event/next"
    script.note("ping", runtime.request("GET", "/2018-06-01/ping"))
    script.note("unknown route", runtime.request("GET", "/2018-06-01/nothing"))
    script.note("wrong method", runtime.request("POST", "/2018-06-01/ping", b""))
    script.note("restore next", runtime.request("GET", f"{BASE}/restore/next"))
    script.note("response first", runtime.request("POST", f"{BASE}/invocation/x/response", b"{}"))
    script.note("error first", runtime.request("POST", f"{BASE}/invocation/x/error", b"{}"))
    script.note("register without a name", runtime.request("POST", register, b'{"events":["INVOKE"]}'))
    name = "Lambda-Extension-Name: inner"
    refused = b'{"events":["SHUTDOWN"]}'
    script.note("inner extension wants SHUTDOWN", runtime.request("POST", register, refused, name))
    script.note("unknown event type", runtime.request("POST", register, b'{"events":["BAD"]}', name))
    keys = b'{"events":[],"configurationKeys":["a"]}'
    script.note("configuration keys", runtime.request("POST", register, keys, name))
    script.note("event next without id", runtime.request("GET", event))
    identifier = "Lambda-Extension-Identifier: "
    script.note("event next with bad id", runtime.request("GET", event, None, identifier + "zz"))
    unknown = identifier + str(uuid.UUID(int=7))
    script.note("event next with unknown id", runtime.request("GET", event, None, unknown))
    answer = script.note("first next", runtime.request("GET", NEXT))
    request_id = answer.header("lambda-runtime-aws-request-id")
    late = runtime.request("POST", register, b'{"events":[]}', "Lambda-Extension-Name: late")
    script.note("register too late", late)
    path = f"{BASE}/invocation/{request_id}/response"
    script.note("first response", runtime.request("POST", path, b'"done"'))
    script.payload("first payload", first, runtime)


def one_event_after_another(script: Script) -> None:
    """Answers, second answers and answers for the wrong event."""
    runtime, other = script.connect(), script.connect()
    request_id, result = script.take(runtime, "next", b'{"n": 1}')
    path = f"{BASE}/invocation/{request_id}"
    script.note("next while running", other.request("GET", NEXT))
    script.note("init error while running", runtime.request("POST", f"{BASE}/init/error", b"{}"))
    script.note("wrong id", runtime.request("POST", f"{BASE}/invocation/wrong/response", b"{}"))
    script.note("wrong id in error", runtime.request("POST", f"{BASE}/invocation/wrong/error", b"{}"))
    script.note("response", runtime.request("POST", f"{path}/response", b'{"a":1}'))
    script.note("second response", runtime.request("POST", f"{path}/response", b'{"a":2}'))
    script.note("error after response", runtime.request("POST", f"{path}/error", b"{}"))
    script.note("init error after response", runtime.request("POST", f"{BASE}/init/error", b"{}"))
    script.payload("payload", result, runtime)
    request_id, result = script.take(runtime, "next after response", b'{"n": 2}')
    path = f"{BASE}/invocation/{request_id}"
    kind = "Lambda-Runtime-Function-Error-Type: Function.Oops"
    script.note("error", runtime.request("POST", f"{path}/error", b'{"errorType":"X"}', kind))
    script.note("second error", runtime.request("POST", f"{path}/error", b"{}"))
    script.note("response after error", runtime.request("POST", f"{path}/response", b"{}"))
    script.payload("error payload", result, runtime)
    request_id, result = script.take(runtime, "next after error", b'"' + b"x" * 5000 + b'"')
    mode = "Lambda-Runtime-Function-Response-Mode: streaming"
    path = f"{BASE}/invocation/{request_id}/response"
    script.note("streaming mode", runtime.request("POST", path, b'["s"]', mode))
    script.payload("streamed payload", result, runtime)


def too_large(script: Script) -> None:
    """Answers beyond the limit: refused, and the runtime goes on."""
    runtime = script.connect()
    request_id, result = script.take(runtime, "next", b"{}")
    path = f"{BASE}/invocation/{request_id}"
    script.note("too large", runtime.request("POST", f"{path}/response", TOO_LARGE))
    runtime = script.connect()  # the emulator closes the connection of what it refused to read
    script.payload("too large for the caller", result, runtime)
    request_id, result = script.take(runtime, "next after too large", b"{}")
    holder = script.connect()
    script.note("held", holder.hold(f"{BASE}/invocation/{request_id}/response"))
    script.note("held too large", holder.finish(TOO_LARGE))
    script.payload("held too large for the caller", result, runtime)
    script.take(runtime, "next after held too large", b"{}")


def held_response(script: Script) -> None:
    """An open response locks the state until its end."""
    runtime = script.connect()
    request_id, result = script.take(runtime, "next", b"{}")
    path = f"{BASE}/invocation/{request_id}"
    holder = script.connect()
    script.note("held", holder.hold(f"{path}/response", "Content-Type: application/json"))
    script.note("next while held", runtime.request("GET", NEXT))
    script.note("init error while held", runtime.request("POST", f"{BASE}/init/error", b"{}"))
    script.note("ping while held", runtime.request("GET", "/2018-06-01/ping"))
    rivals = {
        "response": f"{path}/response",
        "error": f"{path}/error",
        "wrong response": f"{BASE}/invocation/wrong/response",
    }
    waiting: dict[str, RawConnection] = {}
    for name, rival_path in rivals.items():
        waiting[name] = script.connect()
        waiting[name].send_request("POST", rival_path, b'"evil"')
        script.seen[f"{name} while held is blocked"] = waiting[name].is_silent(BLOCKED_S)
    script.note("end of held", holder.finish(b'{"a":22}'))
    for name, connection in waiting.items():
        script.note(f"{name} after held", connection.read())
    script.payload("payload", result, runtime)
    request_id, result = script.take(runtime, "next after held", b"{}")
    holder = script.connect()
    path = f"{BASE}/invocation/{request_id}/response"
    holder.send_request("POST", path, None, "Transfer-Encoding: chunked")
    # Nothing answers a held request that asks for no interim answer: the refusal below shows it is in.
    deadline = time.monotonic() + 10
    while (answer := script.connect().request("GET", NEXT)).status != 403:
        assert time.monotonic() < deadline
    script.note("next while held without expect", answer)
    script.note("empty held", holder.finish(b""))
    script.payload("empty payload", result, runtime)


def held_with_trailers(script: Script) -> None:
    """Trailers turn a held response into an error."""
    runtime = script.connect()
    request_id, result = script.take(runtime, "next", b"{}")
    holder = script.connect()
    path = f"{BASE}/invocation/{request_id}/response"
    script.note("held", holder.hold(path, "Content-Type: application/json", _TRAILER_NAMES))
    error = b'{"errorMessage":"boom"}'
    body = base64.b64encode(error).decode()
    kind = "Lambda-Runtime-Function-Error-Type: Function.Boom"
    # The emulator hands the caller the body itself and shows no flag; the lab's flag is tested below.
    answer = holder.finish(error, kind, f"Lambda-Runtime-Function-Error-Body: {body}")
    script.note("end with trailers", answer)
    script.payload("payload", result, runtime)
    script.take(runtime, "next after trailers", b"{}")


def bad_mode(script: Script) -> None:
    """A response mode that does not exist leaves the state locked."""
    runtime = script.connect()
    request_id, _ = script.take(runtime, "next", b"{}")
    path = f"{BASE}/invocation/{request_id}"
    mode = "Lambda-Runtime-Function-Response-Mode: dripping"
    script.note("bad mode", runtime.request("POST", f"{path}/response", b"{}", mode))
    script.note("response after bad mode", runtime.request("POST", f"{path}/response", b"{}"))
    script.note("error after bad mode", runtime.request("POST", f"{path}/error", b"{}"))
    script.note("next after bad mode", runtime.request("GET", NEXT))


def cut_short(script: Script) -> None:
    """A held response whose sender hangs up locks the state for everybody else."""
    runtime = script.connect()
    request_id, _ = script.take(runtime, "next", b"{}")
    path = f"{BASE}/invocation/{request_id}"
    holder = script.connect()
    script.note("held", holder.hold(f"{path}/response"))
    holder.send(b"2\r\n{}\r\n")
    holder.close()
    # The lock is free again when a rival is judged rather than kept waiting.
    script.note("response after cut", runtime.request("POST", f"{path}/response", b"{}"))
    script.note("next after cut", runtime.request("GET", NEXT))


def inner_extension(script: Script) -> None:
    """An extension inside the runtime's process registers, polls and gets the event."""
    runtime, extension = script.connect(), script.connect()
    result = script.platform.invoke(b'{"n": 5}')
    name = "Lambda-Extension-Name: inner"
    register = "/2020-01-01/extension/register"
    answer = script.note("register", extension.request("POST", register, b'{"events":["INVOKE"]}', name))
    identifier = f"Lambda-Extension-Identifier: {answer.header('lambda-extension-identifier')}"
    script.note("register twice", script.connect().request("POST", register, b'{"events":[]}', name))
    extension.send_request("GET", "/2020-01-01/extension/event/next", None, identifier)
    answer = script.note("next", runtime.request("GET", NEXT))
    event = extension.read()
    script.seen["event status"] = event.status == 200 and b'"eventType":"INVOKE"' in event.body
    request_id = answer.header("lambda-runtime-aws-request-id")
    path = f"{BASE}/invocation/{request_id}/response"
    script.note("response", runtime.request("POST", path, b"1"))
    extension.send_request("GET", "/2020-01-01/extension/event/next", None, identifier)
    script.payload("payload", result, runtime)


SCENARIOS: tuple[Callable[[Script], None], ...] = (
    before_any_event,
    one_event_after_another,
    too_large,
    held_response,
    held_with_trailers,
    bad_mode,
    cut_short,
    inner_extension,
)


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    platform = Emulator(tmp_path / "emulator.log")
    yield platform
    platform.close()


@pytest.fixture
def lab() -> Iterator[Lab]:
    platform = Lab()
    yield platform
    platform.close()


def _record(scenario: Callable[[Script], None], platform: Platform) -> dict[str, Seen | str | bool]:
    script = Script(platform)
    try:
        scenario(script)
    finally:
        script.close()
    return script.seen


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_lab_answers_as_the_emulator_does(
    scenario: Callable[[Script], None], emulator: Emulator, lab: Lab
) -> None:
    expected = _record(scenario, emulator)
    assert len(expected) > 3, "a scenario that records nothing compares nothing"
    assert _record(scenario, lab) == expected


def test_an_error_trailer_makes_a_held_response_a_function_error(lab: Lab) -> None:
    connection = RawConnection(lab.address)
    with contextlib.closing(connection):
        result = lab.invoke_outcome(b"{}")
        answer = connection.request("GET", NEXT)
        path = f"{BASE}/invocation/{answer.header('lambda-runtime-aws-request-id')}/response"
        assert connection.hold(path, _TRAILER_NAMES).status == 100
        body = base64.b64encode(b'{"errorMessage":"boom"}').decode()
        kind = "Lambda-Runtime-Function-Error-Type: Function.Boom"
        connection.finish(b"ignored", kind, f"Lambda-Runtime-Function-Error-Body: {body}")
    outcome = result.result(20)
    assert outcome.is_error
    assert outcome.payload == b'{"errorMessage":"boom"}'
