"""The lab's Runtime API and AWS's emulator answer the same scripted client alike."""

from __future__ import annotations

import base64
import contextlib
import time
import uuid
from collections.abc import Callable

import pytest
from tests.lab.differential.platforms import Emulator, Lab
from tests.lab.differential.script import BASE, NEXT, Script, record
from tests.lab.raw_http import RawConnection

BLOCKED_S = 0.3
TOO_LARGE = b'"' + b"a" * (6 * 1024 * 1024 + 200) + b'"'
_TRAILER_NAMES = "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"


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
    deadline = time.monotonic() + 60
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


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_lab_answers_as_the_emulator_does(
    scenario: Callable[[Script], None], emulator: Emulator, lab: Lab
) -> None:
    expected = record(scenario, emulator)
    assert len(expected) > 3, "a scenario that records nothing compares nothing"
    assert record(scenario, lab) == expected


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
    outcome = result.result(60)
    assert outcome.is_error
    assert outcome.payload == b'{"errorMessage":"boom"}'
